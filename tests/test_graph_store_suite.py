"""W3C's Graph Store Protocol suite over HTTP, against a writable server.

The graphs of the suite are called after the server; ours are called after their files, so that the
suite's host and path are renamed, in addresses and bodies alike.  What a graph holds is compared
less the header that every file has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
import pytest

from communique.namespaces import GRAPH
from communique.repository import Repository
from communique.sources import Kind
from communique.tokens import Scope, Tokens
from communique.web import create_app
from conftest import missing
from suite_server import Swappable, swappable
from test_sparql_suite import HERE, MF, ROOT, SUITES, Manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HT: Final = "http://www.w3.org/2011/http#"
CNT: Final = "http://www.w3.org/2011/content#"
HTS: Final = "http://www.w3.org/2011/http-statusCodes#"
STATUS: Final = {"OK": 200, "Created": 201, "NoContent": 204, "NotFound": 404}
DEFAULT: Final = GRAPH + "the-default"
"""The graph that stands for the default graph."""
LOCATION: Final = "$LOCATION$"


@dataclass(frozen=True)
class Request:
    """A request, and what is expected in response.

    Attributes:
        method: Its method.
        path: Its path and query.
        headers: Its headers.
        body: Its body.
        statuses: The statuses that will do.
        content: What the body of the response is to say; None if that does not matter.
        location: What later requests call the address that the response gives.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: str
    statuses: frozenset[int]
    content: str | None
    location: str | None


@dataclass(frozen=True)
class Case:
    """A test case: requests, one after the other."""

    name: str
    requests: tuple[Request, ...]


def cases(name: str = "graph-store-protocol/manifest.ttl") -> Iterator[Case]:
    """Yield each test case that a manifest leads to."""
    iri = HERE + name
    manifest = Manifest(iri)
    for included in manifest.list(iri, MF + "include"):
        yield from cases(included.removeprefix(HERE))
    for entry in manifest.list(iri, MF + "entries"):
        [action] = manifest.objects[entry, MF + "action"]
        requests = tuple(read(manifest, node) for node in manifest.list(action, HT + "requests"))
        yield Case(re.split("[#/]", entry)[-1], requests)


def read(manifest: Manifest, node: str) -> Request:
    """Read a request."""
    response = single(manifest, node, HT + "resp")
    return Request(
        method=single(manifest, node, HT + "methodName"),
        path=single(manifest, node, HT + "absolutePath"),
        headers=tuple(
            (single(manifest, each, HT + "fieldName"), single(manifest, each, HT + "fieldValue"))
            for each in manifest.list(node, HT + "headers")
        ),
        body=content(manifest, node) or "",
        statuses=frozenset(
            STATUS[each.removeprefix(HTS)]
            for each in manifest.objects[response, MF + "expectedStatus"]
        ),
        content=content(manifest, response),
        location=next(iter(manifest.objects.get((response, MF + "expectedLocation"), [])), None),
    )


def single(manifest: Manifest, node: str, predicate: str) -> str:
    """Return the one value of a property."""
    [value] = manifest.objects[node, predicate]
    return value


def content(manifest: Manifest, node: str) -> str | None:
    """Return the text of the body of a request or response."""
    for body in manifest.objects.get((node, HT + "body"), []):
        return single(manifest, body, CNT + "chars")
    return None


CASES: Final = list(cases()) if ROOT.is_dir() else []


def graph(text: str | bytes, header: str) -> ox.Dataset:
    """Return what a text in Turtle says, less the header of a file."""
    found = ox.Dataset(
        quad
        for quad in ox.parse(text, ox.RdfFormat.TURTLE)
        if not (isinstance(quad.subject, ox.NamedNode) and quad.subject.value == header)
    )
    found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return found


@pytest.fixture(scope="module")
def client() -> Iterator[Swappable]:
    """A server, of one dataset after the other."""
    with swappable() as started:
        yield started


@pytest.fixture
def secret(client: Swappable, tmp_path: Path) -> str:
    """A token for the server, of which an empty dataset is served that can be written."""
    root = tmp_path / "dataset"
    for kind in Kind:
        (root / kind).mkdir(parents=True)
    tokens = Tokens(tmp_path / "tokens" / "tokens.json")
    repository = Repository(root, tmp_path / "generations")
    first = repository.open()
    client.exchange(create_app(first, repository=repository, tokens=tokens, default_graph=DEFAULT))
    return tokens.create("W3C <w3c@example.org>", Scope.WRITE, ["*"], None)[1]


def test_suite_is_collected_whole() -> None:
    if not CASES:
        missing(f"W3C's test suites are not in {SUITES}")
    assert len(CASES) == 13
    assert sum(len(case.requests) for case in CASES) == 39
    assert all(request.statuses for case in CASES for request in case.requests)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(client: Swappable, secret: str, case: Case) -> None:
    given: dict[str, str] = {}
    for request in case.requests:
        path = rename(request.path, given)
        headers = {name.title(): value for name, value in request.headers}
        reply = client.ask(
            request.method,
            path,
            rename(request.body, given),
            Authorization=f"Bearer {secret}",
            **headers,
        )
        assert reply.status in request.statuses, (request.method, path, reply.body.decode())
        if request.location is not None:
            given[request.location] = reply.headers["Location"]
        if request.content is not None:
            assert reply.headers["Content-Type"].lower() == "text/turtle; charset=utf-8"
            name = named_by(path)
            expected = graph(rename(request.content, given), name)
            assert len(expected) > 0
            assert graph(reply.body, name) == expected
        if request.method == "HEAD":
            assert reply.body == b""


def rename(text: str, given: dict[str, str]) -> str:
    """Return an address or a body as it is for our server."""
    for name, value in given.items():
        text = text.replace(name, value)
    for old in ("http://www.example/gsp/", "http%3A%2F%2Fwww.example%2Fgsp%2F"):
        text = text.replace(old, GRAPH)
    direct = re.sub(r"^/gsp/", "/graph/", text)
    return re.sub(r"^/gsp(?=\?|$)", "/data", direct)


def named_by(path: str) -> str:
    """Return the IRI of the graph that a path is about."""
    if path.startswith("/graph/"):
        return GRAPH + path.removeprefix("/graph/")
    _, _, query = path.partition("?")
    if query == "default":
        return DEFAULT
    return re.sub("%([0-9A-Fa-f]{2})", lambda c: chr(int(c[1], 16)), query.partition("=")[2])
