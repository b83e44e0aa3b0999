"""The SPARQL 1.1 Graph Store HTTP Protocol: a test per sentence on reading with MUST or SHOULD.

What it has on writing (§5.3 to §5.5) is answered with 405 here: nothing can be written.  For a
writable server, see test_graph_store_writing.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.compare import isomorphic

from communique import turtle
from communique.namespaces import INFERRED_GRAPH, ONTOLOGY_GRAPH
from communique.store.describing import GRAPH_FORMATS
from communique.web import create_app
from stores import EX, small

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from communique.store.generation import Generation

ONE = {"graph": EX + "one"}
WRITING = ["PUT", "POST", "DELETE", "PATCH"]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A client of a small dataset."""
    return create_app(small()).test_client()


@pytest.fixture(scope="module")
def whole(bundled: Generation) -> FlaskClient:
    """A client of the bundled dataset."""
    return create_app(bundled).test_client()


def graph(response: TestResponse) -> rdflib.Graph:
    """Returns the graph that a response has."""
    assert response.status_code == 200, response.text
    found = rdflib.Graph()
    if response.mimetype not in {"application/trig", "application/ld+json"}:
        return found.parse(data=response.data, format=response.mimetype)
    for quad in ox.parse(response.data, ox.RdfFormat.from_media_type(response.mimetype)):
        subject, predicate, value = map(turtle.to_rdflib, quad.triple)
        found.add((subject, predicate, value))
    return found


def names(found: rdflib.Graph) -> list[str]:
    """Returns the objects of a graph, shortened."""
    return sorted(str(value).removeprefix(EX) for value in found.objects())


# §2 and §3: what the server is


def test_2_requests_are_about_graphs_of_the_store(client: FlaskClient) -> None:
    """The subject of the operation is the graph that the request IRI indicates."""
    for name, found in ((EX + "one", ["bob", "carol"]), (EX + "two", ["bob", "dave"])):
        assert names(graph(client.get("/data", query_string={"graph": name}))) == found


def test_3_every_graph_of_the_store_can_be_asked_for(client: FlaskClient) -> None:
    query = {"query": "SELECT DISTINCT ?g { GRAPH ?g {} }", "format": "csv"}
    listed = client.get("/sparql", query_string=query).text.split()[1:]
    assert len(listed) == 3
    for name in listed:
        assert len(graph(client.get("/data", query_string={"graph": name}))) > 0


# §4.1 direct graph identification


def test_4_1_the_request_iri_identifies_the_graph_on_any_base(whole: FlaskClient) -> None:
    for name in (ONTOLOGY_GRAPH, INFERRED_GRAPH):
        path = name.removeprefix("https://w3id.org/communique")
        direct = whole.get(path, base_url="http://elsewhere.example:8000/")
        indirect = whole.get("/data", query_string={"graph": name})
        assert direct.data == indirect.data
        assert len(graph(direct)) > 100


# §4.2 indirect graph identification


def test_4_2_the_graph_is_the_one_in_the_query_after_percent_decoding(client: FlaskClient) -> None:
    assert names(graph(client.get("/data?graph=http%3A%2F%2Fexample.org%2Fone"))) == [
        "bob",
        "carol",
    ]
    assert names(graph(client.get("/data", query_string=ONE))) == ["bob", "carol"]


@pytest.mark.parametrize("iri", ["one", "/one", "//example.org/one", "", "?", "1:x"])
def test_4_2_a_relative_iri_is_400(client: FlaskClient, iri: str) -> None:
    assert client.get("/data", query_string={"graph": iri}).status_code == 400


def test_4_2_default_is_the_default_graph(client: FlaskClient) -> None:
    for query in ("default", "default="):
        assert names(graph(client.get("/data?" + query))) == ["Alice", "bob"]


@pytest.mark.parametrize(
    "query", ["", "default&graph=http://example.org/one", "graph=a:b&graph=a:c", "other=x"]
)
def test_4_2_neither_both_or_several_are_400(client: FlaskClient, query: str) -> None:
    assert client.get("/data?" + query).status_code == 400


# §5 graph management operations


@pytest.mark.parametrize("path", ["/data?default", "/data?graph=http://example.org/one"])
def test_5_without_accept_it_is_rdfxml_turtle_or_ntriples(client: FlaskClient, path: str) -> None:
    found = client.get(path).mimetype
    assert found in {"application/rdf+xml", "text/turtle", "application/n-triples"}


def test_5_conditional_requests_are_handled(client: FlaskClient) -> None:
    first = client.get("/data", query_string=ONE)
    again = client.get("/data", query_string=ONE, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    ("header", "status"),
    [("If-None-Match", 304), ("If-Match", 200), ("If-Modified-Since", 200), ("Range", 200)],
)
def test_5_7_conditions_are_those_of_http(client: FlaskClient, header: str, status: int) -> None:
    """RFC 9110, §13: what has no date is never unmodified; §14.2: a range may be passed over."""
    tag = client.get("/data", query_string=ONE).headers["ETag"]
    value = {"If-Modified-Since": "Tue, 15 Nov 2050 12:45:26 GMT", "Range": "bytes=0-1"}
    conditional = {header: value.get(header, tag)}
    assert client.get("/data", query_string=ONE, headers=conditional).status_code == status


# §5.1 status codes


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/data?graph=http://example.org/one", "*/*", 200),
        ("/data?graph=one", "*/*", 400),
        ("/data?graph=http://example.org/three", "*/*", 404),
        ("/data?graph=http://example.org/one", "image/png", 406),
    ],
)
def test_5_1_status_codes_are_those_of_http(
    client: FlaskClient, path: str, accept: str, status: int
) -> None:
    assert client.get(path, headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize("method", WRITING)
@pytest.mark.parametrize(
    "path",
    ["/data?graph=http://example.org/one", "/data?default", "/data", "/ontology", "/graph/x"],
)
def test_5_1_an_unsupported_method_is_405(client: FlaskClient, path: str, method: str) -> None:
    response = client.open(path, method=method, data=b"<a:a> <a:b> <a:c> .")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path", ["/data?graph=http://example.org/three", "/data?graph=urn:x:y", "/graph/x", "/ontology"]
)
def test_5_1_a_graph_that_does_not_exist_is_404(
    client: FlaskClient, path: str, method: str
) -> None:
    assert client.open(path, method=method).status_code == 404


# §5.2 HTTP GET


@pytest.mark.parametrize("format_", GRAPH_FORMATS, ids=lambda format_: format_.name)
@pytest.mark.parametrize("name", [EX + "one", None])
def test_5_2_get_is_the_same_as_construct(
    client: FlaskClient, format_: object, name: str | None
) -> None:
    where = f"GRAPH <{name}> {{ ?s ?p ?o }}" if name else "?s ?p ?o"
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {where} }}"
    constructed = graph(client.get("/sparql", query_string={"query": query}))
    media_type = getattr(format_, "media_type", "")
    asked = {"graph": name} if name else {"default": ""}
    response = client.get("/data", query_string=asked, headers={"Accept": media_type})
    assert response.mimetype == media_type
    assert isomorphic(graph(response), constructed)


def test_5_2_the_response_is_cacheable(client: FlaskClient) -> None:
    response = client.get("/data", query_string=ONE)
    assert response.headers["Cache-Control"] == "public, no-cache"
    assert response.headers["ETag"].startswith('"')
    assert "Accept" in response.headers["Vary"]


def test_5_2_caches_are_told_by_the_headers_of_http(client: FlaskClient) -> None:
    """Caches may keep it, and ask by its tag whether it is still so (RFC 9111, §5.2.2.4)."""
    response = client.get("/data", query_string=ONE)
    assert "no-store" not in response.headers["Cache-Control"]
    asked = {"If-None-Match": response.headers["ETag"]}
    again = client.get("/data", query_string=ONE, headers=asked)
    assert again.headers["Cache-Control"] == response.headers["Cache-Control"]


def test_5_2_a_format_that_is_not_supported_is_406(client: FlaskClient) -> None:
    response = client.get("/data", query_string=ONE, headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert "application/trig" in response.text


def test_5_2_1_a_graph_is_an_information_resource(whole: FlaskClient) -> None:
    assert whole.get("/graph/states").status_code == 200


def test_every_graph_of_the_manifest_can_be_had(whole: FlaskClient, bundled: Generation) -> None:
    for name, entry in bundled.manifest["graphs"].items():
        response = whole.get("/data", query_string={"graph": name, "format": "ntriples"})
        assert len(response.data.splitlines()) == entry["triples"]


def test_a_graph_in_trig_has_its_name(whole: FlaskClient) -> None:
    name = "https://w3id.org/communique/id/edm-2-213/C01-proposition"
    response = whole.get("/data", query_string={"graph": name, "format": "trig"})
    quads = list(ox.parse(response.data, ox.RdfFormat.TRIG))
    assert [str(quad.graph_name) for quad in quads] == [f"<{name}>"]


# §5.6 HTTP HEAD


@pytest.mark.parametrize("accept", ["text/turtle", "application/rdf+xml", "text/html"])
def test_5_6_head_is_get_without_the_body(client: FlaskClient, accept: str) -> None:
    got = client.get("/data", query_string=ONE, headers={"Accept": accept})
    head = client.head("/data", query_string=ONE, headers={"Accept": accept})
    assert head.status_code == 200
    assert head.data == b""
    differing = {name for name, value in head.headers if got.headers[name] != value}
    assert differing <= {"X-Request-Id"}  # which every response has its own
    assert set(head.headers.keys()) == set(got.headers.keys())


def test_5_6_a_tag_changes_with_what_it_is_the_tag_of(client: FlaskClient) -> None:
    """A cache that sees another tag in the answer to HEAD knows that its own is stale."""
    one = client.head("/data", query_string=ONE).headers["ETag"]
    assert client.head("/data", query_string=ONE).headers["ETag"] == one
    other = client.head("/data", query_string={"graph": EX + "two"}).headers["ETag"]
    rdf_xml = {"Accept": "application/rdf+xml"}
    in_xml = client.head("/data", query_string=ONE, headers=rdf_xml).headers["ETag"]
    changed = small()
    changed.manifest["digest"] = "1" * 64
    later = create_app(changed).test_client().head("/data", query_string=ONE).headers["ETag"]
    assert len({one, other, in_xml, later}) == 4


def test_5_6_head_is_as_cacheable_as_get(client: FlaskClient) -> None:
    head, got = client.head("/data", query_string=ONE), client.get("/data", query_string=ONE)
    for name in ("Cache-Control", "ETag", "Vary", "Content-Length"):
        assert head.headers[name] == got.headers[name]


# §6 security considerations


def test_6_nothing_is_written_for_a_stranger(client: FlaskClient) -> None:
    before = client.get("/data", query_string=ONE).data
    for method in WRITING:
        response = client.open("/data", method=method, query_string=ONE, data=b"<a:a> <a:b> 1 .")
        assert response.status_code in {401, 403, 405}
    assert client.get("/data", query_string=ONE).data == before
