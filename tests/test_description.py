"""Tests of the service description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import rdflib
from rdflib import RDF, VOID

from communique.web import create_app
from stores import EX, small

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from communique.store.generation import Generation

SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS = rdflib.Namespace("http://www.w3.org/ns/formats/")
ENDPOINT = rdflib.URIRef("http://localhost/sparql")


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A client of the application."""
    return create_app(small()).test_client()


@pytest.mark.parametrize(
    ("accept", "content_type", "parser"),
    [
        (None, "text/turtle; charset=utf-8", "turtle"),
        ("*/*", "text/turtle; charset=utf-8", "turtle"),
        ("application/rdf+xml", "application/rdf+xml", "xml"),
        ("application/n-triples", "application/n-triples", "nt"),
    ],
)
def test_the_endpoint_without_a_query_describes_itself(
    client: FlaskClient, accept: str | None, content_type: str, parser: str
) -> None:
    """SPARQL 1.1 Service Description, §2: "via HTTP GET from a SPARQL service"."""
    response = client.get("/sparql", headers={"Accept": accept} if accept else {})
    assert response.status_code == 200
    assert response.content_type == content_type
    graph = rdflib.Graph().parse(response.data, format=parser)
    assert (ENDPOINT, RDF.type, SD.Service) in graph
    assert (ENDPOINT, SD.endpoint, ENDPOINT) in graph
    assert set(graph.objects(ENDPOINT, SD.supportedLanguage)) == {SD.SPARQL11Query}
    formats = {str(name).removeprefix(FORMATS) for name in graph.objects(ENDPOINT, SD.resultFormat)}
    assert formats == {
        *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
        *("Turtle", "N-Triples", "RDF_XML", "JSON-LD"),
    }


def sizes(graph: rdflib.Graph) -> dict[str, int]:
    """Returns the number of triples that a description gives for each graph, "" for the default."""
    dataset = graph.value(ENDPOINT, SD.defaultDataset)
    assert dataset is not None
    default = graph.value(dataset, SD.defaultGraph)
    found = {"": graph.value(default, VOID.triples)}
    for named in graph.objects(dataset, SD.namedGraph):
        name = str(graph.value(named, SD.name))
        found[name] = graph.value(graph.value(named, SD.graph), VOID.triples)
    return {name: int(str(size)) for name, size in found.items()}


def test_the_dataset_is_described(client: FlaskClient) -> None:
    graph = rdflib.Graph().parse(client.get("/sparql").data, format="turtle")
    assert sizes(graph) == {"": 2, **dict.fromkeys([EX + "one", EX + "two"], 2)} | {
        EX + "named/SERVICE": 2
    }


def test_the_counts_are_those_of_the_store(bundled: Generation) -> None:
    client = create_app(bundled).test_client()
    described = sizes(rdflib.Graph().parse(client.get("/sparql").data, format="turtle"))
    asked = client.get(
        "/sparql",
        query_string={
            "query": "SELECT ?g (COUNT(*) AS ?n) { { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o } }"
            "GROUP BY ?g",
            "format": "csv",
        },
    )
    counted = dict(line.split(",") for line in asked.text.split("\r\n")[1:] if line)
    assert {name: int(counted[name]) for name in described} == described


def test_a_browser_gets_the_page_to_write_a_query_on(client: FlaskClient) -> None:
    response = client.get("/sparql", headers={"Accept": "text/html"})
    assert "<textarea" in response.text


@pytest.mark.parametrize("host", ["a>b", "a b", "[::1]:80", 'x"y', "é", "a<b", "..", "a/../b#c"])
def test_whatever_host_a_client_names(client: FlaskClient, host: str) -> None:
    response = client.get("/sparql", headers={"Host": host})
    assert response.status_code in {200, 400}
    if response.status_code == 200:
        rdflib.Graph().parse(response.data, format="turtle")


def test_the_description_names_the_version_and_the_graphs_to_choose_from(
    client: FlaskClient,
) -> None:
    graph = rdflib.Graph().parse(client.get("/sparql").data, format="turtle")
    dataset = graph.value(ENDPOINT, SD.defaultDataset)
    assert str(graph.value(dataset, rdflib.OWL.versionInfo)) == "0" * 64
    (collection,) = graph.objects(ENDPOINT, SD.availableGraphs)
    assert (collection, RDF.type, SD.GraphCollection) in graph
    available = set(graph.objects(collection, SD.namedGraph))
    assert available == set(graph.objects(dataset, SD.namedGraph))
    assert len(available) == 3
    (elsewhere,) = graph.objects(ENDPOINT, rdflib.RDFS.seeAlso)
    assert str(elsewhere) == "http://localhost/.well-known/void"
    assert client.get("/.well-known/void").status_code == 200
