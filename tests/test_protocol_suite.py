"""W3C's suite of the SPARQL 1.1 Protocol: its requests, sent to a real server as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
import pytest
from rdflib import Graph, Namespace
from rdflib.collection import Collection
from rdflib.namespace import RDF, RDFS

from conftest import missing
from suite_server import Reply, Swappable, swappable
from test_sparql_suite import FORMATS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib.term import Node

CNT: Final = Namespace("http://www.w3.org/2011/content#")
HT: Final = Namespace("http://www.w3.org/2011/http#")
MF: Final = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
UT: Final = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
FOLDER: Final = ROOT / "protocol"
DATA: Final = "http://kasei.us/2009/09/sparql/data/"
ASKED: Final = {"boolean": "application/sparql-results+xml", "RDF": "text/turtle"}
"""What a client accepts that wants a format of a kind."""
UPDATES: Final = frozenset(
    f"update_{name}"
    for name in (
        *("base_uri", "dataset_default_graph", "dataset_default_graphs", "dataset_full"),
        *("dataset_named_graphs", "post_direct", "post_form"),
    )
)
"""Cases that are to succeed, and are refused: a stranger may write nothing."""


@dataclass(frozen=True)
class Request:
    """A request of a case, and what is expected of the response."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    statuses: frozenset[int]
    kind: str | None
    verdict: bool | None


@dataclass(frozen=True)
class Case:
    """A case of the suite."""

    name: str
    graphs: dict[str, str]
    requests: tuple[Request, ...]


def read() -> list[Case]:
    """Reads the manifest."""
    path = FOLDER / "manifest.ttl"
    if not path.exists():
        return []
    manifest = Graph().parse(path, publicID="https://example.org/protocol/manifest.ttl")
    (entries,) = manifest.objects(None, MF.entries)
    return [case(manifest, node) for node in Collection(manifest, entries)]


def case(manifest: Graph, node: Node) -> Case:
    """Reads a case."""
    graphs = {
        str(manifest.value(data, RDFS.label)): str(manifest.value(data, UT.graph)).split("/")[-1]
        for data in manifest.objects(node, UT.graphData)
    }
    action = manifest.value(node, MF.action)
    requests = manifest.value(action, HT.requests)
    assert requests is not None
    read = (request(manifest, one) for one in Collection(manifest, requests))
    return Case(str(node).split("#")[-1], graphs, tuple(read))


def request(manifest: Graph, node: Node) -> Request:
    """Reads a request."""
    text = manifest.value(node, HT.body)
    encoding = str(manifest.value(text, CNT.characterEncoding)) if text else ""
    chars = str(manifest.value(text, CNT.chars)) if text else ""
    listed = manifest.value(node, HT.headers)
    headers = {
        str(manifest.value(header, HT.fieldName)): str(manifest.value(header, HT.fieldValue))
        for header in (Collection(manifest, listed) if listed else ())
    }
    response = manifest.value(node, HT.resp)
    statuses = {
        100 * int(str(status)[-3])  # hts:StatusCode2xx
        for status in manifest.objects(response, MF.expectedStatus)
    }
    verdict = manifest.value(response, MF.expectedBoolean)
    kind = manifest.value(response, MF.expectedFormat)
    return Request(
        str(manifest.value(node, HT.methodName)),
        str(manifest.value(node, HT.absolutePath)).replace("/sparql/", "/sparql", 1),
        headers,
        chars.encode(encoding) if text else b"",
        frozenset(statuses),
        None if kind is None else str(kind),
        None if verdict is None else bool(verdict.toPython()),  # type: ignore[attr-defined]
    )


CASES: Final = read()


@pytest.fixture(scope="module")
def server() -> Iterator[Swappable]:
    """A server that has the graphs of all cases, and the one that some name and none describes."""
    if not CASES:
        missing(f"W3C's test suites are not in {ROOT}")
    with swappable() as running:
        running.serve("protocol", quads)
        yield running


def quads() -> Iterator[ox.Quad]:
    """Yields the graphs that the cases ask for."""
    graphs = {name: file for one in CASES for name, file in one.graphs.items()}
    for name, file in graphs.items():
        for quad in ox.parse(path=FOLDER / file, format=ox.RdfFormat.N_TRIPLES):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(name))
    undescribed = ox.NamedNode(DATA + "data0.rdf")
    kind = ox.NamedNode(str(RDFS.Resource))
    yield ox.Quad(undescribed, ox.NamedNode(str(RDF.type)), kind, undescribed)


def ask(server: Swappable, one: Request) -> Reply:
    """Sends a request."""
    headers = one.headers if one.kind not in ASKED else {"accept": ASKED[one.kind]} | one.headers
    return server.ask(one.method, one.path, one.body, **headers)


def test_the_suite_is_collected_whole() -> None:
    if not CASES:
        missing(f"W3C's test suites are not in {ROOT}")
    assert len(CASES) == 34
    assert sum(len(one.requests) for one in CASES) == 39
    assert {one.name for one in CASES if one.name.startswith("update")} == UPDATES


@pytest.mark.parametrize(
    "one", [one for one in CASES if one.name not in UPDATES], ids=lambda one: one.name
)
def test_protocol(server: Swappable, one: Case) -> None:
    for request in one.requests:
        reply = ask(server, request)
        assert reply.status // 100 * 100 in request.statuses, reply.body.decode()
        if request.verdict is not None:
            assert (f"<boolean>{request.verdict}</boolean>".lower()) in reply.body.decode()
        media_type = reply.headers["Content-Type"].partition(";")[0]
        if request.kind == "tabular":
            assert media_type in FORMATS
            FORMATS[media_type](reply.body)
        elif request.kind is not None:
            assert media_type == ASKED[request.kind]
        if request.kind == "RDF":
            list(ox.parse(reply.body, format=ox.RdfFormat.TURTLE))


@pytest.mark.parametrize(
    "one", [one for one in CASES if one.name in UPDATES], ids=lambda one: one.name
)
def test_a_stranger_updates_nothing(server: Swappable, one: Case) -> None:
    first, *_ = one.requests
    before = ask_everything(server)
    assert ask(server, first).status in {401, 403}
    assert ask_everything(server) == before


def ask_everything(server: Swappable) -> bytes:
    """Returns all that the server has, in some order of its own."""
    query = "SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o"
    return server.ask("POST", "/sparql", query, content_type="application/sparql-query").body
