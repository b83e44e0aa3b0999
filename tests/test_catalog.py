"""Tests of the description of the dataset in VoID and DCAT: what it counts is what there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import rdflib
from rdflib import DCAT, DCTERMS, OWL, PROV, RDF, VOID, URIRef

from communique.namespaces import BASE, INFERRED_GRAPH, LAYER, ONTOLOGY_GRAPH
from communique.store.describing import DATASET_FORMATS, GRAPH_FORMATS
from communique.web import create_app
from communique.web.catalog import DATASET
from stores import EX, small
from test_pages import Page

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from communique.store.generation import Generation

IT = URIRef(DATASET)
ARTICLE = URIRef(BASE + "graph/articles/2005/11/edm-2-213")


@pytest.fixture(scope="module")
def client(bundled: Generation) -> FlaskClient:
    """A client of the bundled dataset."""
    return create_app(bundled).test_client()


@pytest.fixture(scope="module")
def described(client: FlaskClient) -> rdflib.Graph:
    """The description."""
    return rdflib.Graph().parse(client.get("/.well-known/void").data, format="turtle")


def number(graph: rdflib.Graph, subject: URIRef, predicate: URIRef) -> int:
    """Returns the one value of a property, a number."""
    (value,) = graph.objects(subject, predicate)
    return int(str(value))


def counts(graph: rdflib.Graph) -> dict[URIRef, int]:
    """Counts what is in a graph."""
    return {
        VOID.triples: len(graph),
        VOID.distinctSubjects: len(set(graph.subjects())),
        VOID.properties: len(set(graph.predicates())),
        VOID.distinctObjects: len(set(graph.objects())),
        VOID.classes: len(set(graph.objects(predicate=RDF.type))),
        VOID.entities: len({s for s in graph.subjects() if str(s).startswith(BASE)}),
    }


def held(client: FlaskClient, **asked: str) -> rdflib.Graph:
    """Returns a graph as the server has it."""
    data = client.get("/data", query_string=asked | {"format": "ntriples"}).data
    return rdflib.Graph().parse(data, format="nt")


def test_the_counts_of_the_facts_are_true(client: FlaskClient, described: rdflib.Graph) -> None:
    facts = held(client, default="")
    told = {predicate: number(described, IT, predicate) for predicate in counts(facts)}
    assert told == counts(facts)


@pytest.mark.parametrize("name", [str(ARTICLE), INFERRED_GRAPH, ONTOLOGY_GRAPH])
def test_the_counts_of_the_graphs_are_true(
    client: FlaskClient, described: rdflib.Graph, name: str
) -> None:
    graph = held(client, graph=name)
    told = {predicate: number(described, URIRef(name), predicate) for predicate in counts(graph)}
    assert told == counts(graph)


def test_the_counts_of_classes_and_properties_are_true(
    client: FlaskClient, described: rdflib.Graph
) -> None:
    facts = held(client, default="")
    for part in described.objects(IT, VOID.classPartition):
        class_ = described.value(part, VOID["class"])
        expected = len(set(facts.subjects(RDF.type, class_)))
        assert number(described, URIRef(str(part)), VOID.entities) == expected
    used = {}
    for part in described.objects(IT, VOID.propertyPartition):
        used[described.value(part, VOID.property)] = number(
            described, URIRef(str(part)), VOID.triples
        )
    assert sum(used.values()) == len(facts)
    assert set(used) == set(facts.predicates())


def test_the_dataset_is_described(described: rdflib.Graph, bundled: Generation) -> None:
    assert (IT, RDF.type, VOID.Dataset) in described
    assert (IT, RDF.type, DCAT.Dataset) in described
    assert str(described.value(IT, OWL.versionInfo)) == bundled.digest
    assert (
        str(described.value(IT, DCTERMS.license)) == "https://creativecommons.org/licenses/by/4.0/"
    )
    assert str(described.value(IT, VOID.sparqlEndpoint)) == "http://localhost/sparql"
    assert str(described.value(IT, VOID.uriSpace)) == BASE
    assert {str(graph) for graph in described.objects(IT, VOID.subset)} == set(
        bundled.manifest["graphs"]
    )


def test_every_graph_has_a_title_a_licence_and_an_origin(
    described: rdflib.Graph, bundled: Generation
) -> None:
    for name, entry in bundled.manifest["graphs"].items():
        graph = URIRef(name)
        assert (graph, DCTERMS.title, None) in described
        assert (graph, DCTERMS.license, None) in described
        assert number(described, graph, VOID.triples) == entry["triples"]
        if entry["kind"] == "inferred":
            (activity,) = described.objects(graph, PROV.wasGeneratedBy)
            sources = set(described.objects(activity, PROV.used))
            assert ARTICLE in sources
            assert not any("editorial" in str(source) for source in sources)
        else:
            assert (graph, DCTERMS.creator, None) in described
            assert str(described.value(graph, DCTERMS.identifier)) == entry["file"]
        assert described.value(graph, URIRef(LAYER)) == (entry["layer"] and URIRef(entry["layer"]))
    assert (ARTICLE, PROV.wasGeneratedBy, None) in described


def test_every_distribution_can_be_had(client: FlaskClient, described: rdflib.Graph) -> None:
    found = set()
    for distribution in described.objects(IT, DCAT.distribution):
        response = client.get(str(described.value(distribution, DCAT.downloadURL)))
        assert response.status_code == 200
        media_type = str(described.value(distribution, DCAT.mediaType)).rpartition("media-types/")[
            2
        ]
        assert response.mimetype == media_type
        found.add(media_type)
    assert found == {format_.media_type for format_ in (*GRAPH_FORMATS, *DATASET_FORMATS)}


def test_the_page_has_the_counts_and_metadata_for_search_engines(
    client: FlaskClient, bundled: Generation
) -> None:
    shown = Page(client.get("/.well-known/void", headers={"Accept": "text/html"}).text)
    assert len(shown.texts["tr"]) == 1 + len(bundled.manifest["graphs"])
    assert f"{bundled.manifest['default_triples']:,} triples" in " ".join(shown.texts["li"])
    told = json.loads(shown.texts["script"][0])
    assert (told["@type"], told["version"]) == ("Dataset", bundled.digest)
    for distribution in told["distribution"]:
        assert client.head(distribution["contentUrl"]).mimetype == distribution["encodingFormat"]


@pytest.mark.parametrize("host", ["a>b", 'x"y', "é", "a b", "[::1]:80", "a<b"])
def test_whatever_host_a_client_names(host: str) -> None:
    response = create_app(small()).test_client().get("/.well-known/void", headers={"Host": host})
    assert response.status_code in {200, 400}
    if response.status_code == 200:
        rdflib.Graph().parse(response.data, format="turtle")


def test_a_dataset_that_says_little_is_described_too() -> None:
    client = create_app(small()).test_client()
    described = rdflib.Graph().parse(client.get("/.well-known/void").data, format="turtle")
    assert number(described, IT, VOID.triples) == 2
    assert number(described, URIRef(EX + "one"), VOID.triples) == 2
    page = client.get("/.well-known/void", headers={"Accept": "text/html"})
    assert page.status_code == 200
