"""A generation of a few triples, and a trap for outbound calls, for the tests of asking."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from flask.testing import FlaskClient

from communique.store.generation import Generation, GraphEntry, Manifest

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from werkzeug.test import TestResponse

EX = "http://example.org/"

_TRIPLES = """
PREFIX : <http://example.org/>
INSERT DATA {
  :alice :knows :bob ; :name "Alice"@en .
  GRAPH :one { :alice :knows :bob , :carol . }
  GRAPH :two { :alice :knows :bob , :dave . }
  GRAPH <http://example.org/named/SERVICE> { :alice :knows :erin . }
}
"""


def small() -> Generation:
    """Returns a generation in memory: two default triples and three named graphs, two overlapping.

    `:one` and `:two` both hold `:alice :knows :bob`.
    """
    store = ox.Store()
    store.update(_TRIPLES)
    graphs = [quad.value for quad in store.named_graphs() if isinstance(quad, ox.NamedNode)]
    manifest = Manifest(
        format=1,
        digest="0" * 64,
        versions={},
        default_triples=2,
        quads=len(store),
        propositions=0,
        withdrawn={"retracted": 0, "superseded": 0},
        graphs={
            graph: GraphEntry(
                kind="graph", file=None, sha256=None, exact=True, layer=None, triples=2
            )
            for graph in graphs
        },
    )
    return Generation(Path(), manifest, store)


class Finishing(FlaskClient):
    """A client that ends each response as a server does, with all that is done at its end."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:  # noqa: ANN401 - as above it
        """Sends a request."""
        return super().open(*arguments, **{"buffered": True, **options})


class Trap:
    """Listens on the loopback interface, answers nobody, and counts who calls."""

    def __init__(self) -> None:
        self.calls = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/sparql"
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        """Begins to listen."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stops listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # the listener is shut down
                return
            self.calls += 1
            connection.close()
