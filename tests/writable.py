"""A small dataset that can be written over HTTP, with a client that has a token."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

from communique.namespaces import GRAPH
from communique.repository import Repository
from communique.tokens import Scope, Tokens
from communique.web import create_app
from conftest import MINI

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from werkzeug.test import TestResponse

ADA: Final = "Ada Lovelace <ada@example.org>"
X: Final = GRAPH + "x"
"""The name of a graph that is not there yet."""
AGENTS: Final = "https://example.org/graph/agents"
"""One that is there, of facts."""
EDITORIAL: Final = "https://example.org/graph/editorial"
"""One that is there, of no facts."""
SPARQL_UPDATE: Final = "application/sparql-update"
TURTLE: Final = "text/turtle"


class Writable:
    """A copy of the small dataset, served.

    Args:
        folder: Where the copy and the tokens are put.
        generations: Where generations are kept.
        default_graph: The setting.
    """

    def __init__(self, folder: Path, generations: Path, default_graph: str = "") -> None:
        self.root = folder / "dataset"
        if not self.root.exists():
            shutil.copytree(MINI, self.root)
        self.tokens = Tokens(folder / "tokens" / "tokens.json")
        self.repository = Repository(self.root, generations)
        first = self.repository.open()
        self.app = create_app(
            first,
            root=self.root,
            repository=self.repository,
            tokens=self.tokens,
            default_graph=default_graph,
        )
        self.client = self.app.test_client()
        self.secret = self.token()

    def token(
        self,
        scope: Scope = Scope.WRITE,
        graphs: Sequence[str] = ("*",),
        expires: datetime | None = None,
    ) -> str:
        """Makes a token."""
        return self.tokens.create(ADA, scope, graphs, expires)[1]

    def send(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        path: str = "/data",
        body: Any = b"",  # noqa: ANN401 - as the client takes it
        type_: str | None = TURTLE,
        *,
        graph: str | list[str] | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        **parameters: Any,  # noqa: ANN401 - as the client takes them
    ) -> TestResponse:
        """Sends a request, with the token that allows everything unless another is given."""
        asked: dict[str, Any] = {
            name if name == "access_token" else name.replace("_", "-"): value
            for name, value in parameters.items()
        }
        if graph is not None:
            asked["graph"] = graph
        sent = {"Authorization": f"Bearer {self.secret if token is None else token}"}
        return self.client.open(
            path,
            method=method,
            query_string=asked,
            data=body,
            content_type=type_,
            headers=sent | dict(headers or {}),
        )

    def update(self, text: str | bytes, **more: Any) -> TestResponse:  # noqa: ANN401 - of send
        """Sends an update."""
        return self.send("POST", "/sparql", text, SPARQL_UPDATE, **more)

    def ask(self, pattern: str, graph: str | None = None) -> bool:
        """Asks whether something is there, over HTTP."""
        where = f"GRAPH <{graph}> {{ {pattern} }}" if graph else pattern
        answer = self.client.get("/sparql", query_string={"query": f"ASK {{ {where} }}"})
        assert answer.status_code == 200, answer.text
        found: bool = json.loads(answer.data)["boolean"]
        return found

    @property
    def files(self) -> dict[str, bytes]:
        """The content of all files of the dataset by their names."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*.ttl"))
        }

    def text(self, name: str) -> str:
        """The text of a file."""
        return (self.root / name).read_text(encoding="utf-8")


def problem(response: TestResponse, status: int, name: str) -> dict[str, Any]:
    """Returns the problem that a response tells, after a look at what all have in common."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    told: dict[str, Any] = json.loads(response.data)
    assert told["status"] == status
    assert told["type"] == f"https://w3id.org/communique/problem/{name}"
    assert told["title"]
    assert told["detail"]
    assert told["advice"]
    return told


def accepted(response: TestResponse, status: int = 200) -> dict[str, Any]:
    """Returns the outcome that a response tells."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    told: dict[str, Any] = json.loads(response.data)
    return told
