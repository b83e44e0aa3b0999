"""The remote engine: by HTTP against Oxigraph, and against Fuseki and Virtuoso as they are."""

from __future__ import annotations

import dataclasses
import socket
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from rdflib import RDF, XSD, BNode, Graph, Literal

import endpoints
from closing import FACTS, INFERRED, close_in, closed, serve, stored
from communique import dataset, namespaces, reasoning, sources
from communique.errors import StoreAnswerUnreadable, StoreRefused, StoreUnreachable
from communique.reasoning import increments
from communique.store.memory import Memory
from communique.store.remote import Remote
from communique.store.virtuoso import Virtuoso
from ontologies import EX, Case, cases
from test_closure import CONTRADICTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.reasoning.closure import Engine
    from communique.reasoning.rules import Pattern
    from test_closure import Triple

TERMS: Final = (
    EX.b,
    Literal("plain"),
    Literal("Привет", lang="ru"),
    Literal("In Cyrl", lang="ru-Latn"),
    Literal("5", datatype=XSD.integer),
    Literal('"quoted"\\ \n and\tmore\r 😀'),
)


@pytest.fixture(scope="module")
def small() -> Iterator[str]:
    """The address of an endpoint in this process."""
    with endpoints.small() as url:
        yield url


# --- What the engine does by HTTP ----------------------------------------------------------------


def known(engine: Engine) -> set[Pattern]:
    """Return what is known, blank nodes aside: their labels differ from answer to answer."""
    rows = engine.select("SELECT ?s ?p ?o WHERE { ?s ?p ?o }")
    return {(s, p, o) for s, p, o in rows if not s.startswith("_:") and not o.startswith("_:")}


def empty(engine: Engine) -> None:
    """Forget all that a test left."""
    engine.update(f"DROP SILENT GRAPH <{FACTS}> ; DROP SILENT GRAPH <{INFERRED}>")
    engine.update("DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }")


def test_terms_are_written_as_by_the_embedded_engine(small: str) -> None:
    graph = Graph()
    for term in TERMS:
        graph.add((EX.a, EX.p, term))
    ours, theirs = Memory(), Remote(f"{small}/sparql", f"{small}/sparql")
    for engine in (ours, theirs):
        engine.load(graph, "urn:terms")
    assert len(stored(ours, "urn:terms")) == len(TERMS)
    assert stored(theirs, "urn:terms") == stored(ours, "urn:terms")


def test_blank_nodes_stay_the_same_node_when_loaded(small: str) -> None:
    graph, node = Graph(), BNode()
    for number in range(600):
        graph.add((EX[f"n{number}"], EX.p, EX.a))
        graph.add((node, EX.p, EX[f"n{number}"]))
    engine = Remote(f"{small}/sparql", f"{small}/sparql")
    engine.load(graph, "urn:blank")
    subjects = {subject for subject, _, _ in stored(engine, "urn:blank")}
    assert len(stored(engine, "urn:blank")) == 1200
    assert sum(subject.startswith("_:") for subject in subjects) == 1


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_closes_as_the_embedded_engine(small: str, case: Case) -> None:
    agree(Remote(f"{small}/sparql", f"{small}/sparql"), case)


def agree(remote: Remote, case: Case) -> None:
    """Hold a remote closure, and the contradictions in it, against the embedded one."""
    empty(remote)
    ours, schema = closed(case)
    close_in(remote, case)
    assert stored(remote, INFERRED) == stored(ours, INFERRED)
    graphs = (FACTS, INFERRED)
    found = [
        {str(one.rule) for one in reasoning.contradictions(engine, schema.rules, graphs)}
        for engine in (ours, remote)
    ]
    assert found[0] == found[1]


# --- Faults --------------------------------------------------------------------------------------


def test_refusal_says_what_the_store_said(small: str) -> None:
    engine = Remote(f"{small}/sparql", f"{small}/sparql")
    with pytest.raises(StoreRefused, match=r"/sparql answers 400: .*expected") as refusal:
        engine.update("INSERT NONSENSE")
    assert refusal.value.status == 400


def test_a_redirect_is_not_followed(small: str) -> None:
    engine = Remote(f"{small}/redirect", f"{small}/redirect")
    with pytest.raises(StoreRefused, match="answers 302: Found"):
        engine.select("SELECT (1 AS ?one) WHERE { }")


def test_an_answer_that_is_no_result(small: str) -> None:
    engine = Remote(f"{small}/page", f"{small}/sparql")
    with pytest.raises(StoreAnswerUnreadable, match="Welcome!"):
        engine.select("SELECT (1 AS ?one) WHERE { }")


def test_an_answer_with_an_unbound_variable(small: str) -> None:
    engine = Remote(f"{small}/sparql", f"{small}/sparql")
    with pytest.raises(StoreAnswerUnreadable):
        engine.select("SELECT ?one WHERE { }")


def test_no_answer_in_time(small: str) -> None:
    engine = Remote(f"{small}/slow", f"{small}/slow", timeout=0.2)
    with pytest.raises(StoreUnreachable, match="timed out"):
        engine.update("CLEAR ALL")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    engine = Remote(f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{port}/")
    with pytest.raises(StoreUnreachable, match="check the address"):
        engine.select("SELECT (1 AS ?one) WHERE { }")


def test_addresses_are_those_of_http() -> None:
    with pytest.raises(ValueError, match="not an address of HTTP: file:"):
        Remote("file:///etc/hosts", "file:///etc/hosts")


def test_the_password_is_not_shown() -> None:
    shown = repr(Remote("http://a.example/", "http://a.example/", "editor", "horse"))
    assert "editor" in shown
    assert "horse" not in shown


# --- Real servers --------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["fuseki", "virtuoso"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Remote]:
    """A server that runs, as an engine."""
    start = {"fuseki": endpoints.fuseki, "virtuoso": endpoints.virtuoso}[request.param]
    with start(tmp_path_factory.mktemp(request.param)) as engine:
        yield engine


@pytest.mark.slow
def test_wrong_password(server: Remote) -> None:
    stranger = dataclasses.replace(server, password="wrong")  # noqa: S106 - that is the point
    with pytest.raises(StoreRefused) as refusal:
        stranger.update("CLEAR ALL")
    assert refusal.value.status == 401


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_closes_random_ontologies(server: Remote, case: Case) -> None:
    agree(server, case)


def is_malformed(data: list[Triple]) -> bool:
    return any(isinstance(value, Literal) and value.ill_typed for _, _, value in data)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "axioms", "data"), CONTRADICTIONS)
def test_finds_contradictions(
    server: Remote, name: str, axioms: list[Triple], data: list[Triple]
) -> None:
    if isinstance(server, Virtuoso) and is_malformed(data):
        pytest.skip("Virtuoso keeps no malformed literals: see the test of that")
    ontology = Graph()
    for axiom in axioms:
        ontology.add(axiom)
    assert name
    agree(server, Case(ontology, tuple(data)))
    agree(server, Case(ontology, tuple(data[1:])))


@pytest.mark.slow
def test_virtuoso_keeps_values_and_not_how_they_are_written(server: Remote) -> None:
    """Against RDF 1.1, section 3.3; ``docs/reasoning.md`` says what follows from it."""
    if not isinstance(server, Virtuoso):
        pytest.skip("about Virtuoso")
    empty(server)
    graph = Graph()
    for text in ("eleven", "007"):
        graph.add((EX.a, EX.p, Literal(text, datatype=XSD.integer, normalize=False)))
    graph.add((EX.a, EX.p, Literal("true", datatype=XSD.boolean)))
    server.load(graph, FACTS)
    values = {value.split("^^")[0] for _, _, value in stored(server, FACTS)}
    assert values == {'"0"', '"7"', '"1"'}


@pytest.mark.slow
def test_real_graph_with_an_article_more_and_less(server: Remote) -> None:
    """The closure, and what the increments make of it, are what closing embedded gives."""
    empty(server)
    loaded = dataset.load(sources.discover(sources.bundled_root()))
    layers = {
        graph.name: graph.triples
        for graph in loaded.graphs.values()
        if str(graph.layer) in namespaces.FACT_LAYERS
    }
    name = next(name for name in layers if "/articles/" in name)
    before = Graph()
    for part in (loaded.ontology, *(triples for one, triples in layers.items() if one != name)):
        for triple in part:
            before.add(triple)
    article = Graph()
    for triple in layers[name]:
        if triple not in before:
            article.add(triple)
    assert len(article) > 1000
    schema = reasoning.close_schema(loaded.ontology)
    expected = []
    for facts in (before, before + article):
        ours = Memory()
        ours.load(facts, FACTS)
        reasoning.close(ours, schema, FACTS, INFERRED)
        serve(ours)
        expected.append((stored(ours, INFERRED), known(ours)))
    without, with_it = expected

    server.load(before, FACTS)
    reasoning.close(server, schema, FACTS, INFERRED)
    assert not list(reasoning.contradictions(server, schema.rules, (FACTS, INFERRED)))
    serve(server)
    assert (stored(server, INFERRED), known(server)) == without

    server.load(article, FACTS)
    server.load(article, increments.ADDED)
    change = increments.add(server, schema.rules, INFERRED)
    assert change.gained > 1000
    assert (stored(server, INFERRED), known(server)) == with_it

    empty(server)
    server.load(before + article, FACTS)
    reasoning.close(server, schema, FACTS, INFERRED)
    serve(server)
    assert (stored(server, INFERRED), known(server)) == with_it

    gone = increments.REMOVED
    server.load(article, gone)
    server.update(
        f"DELETE {{ GRAPH <{FACTS}> {{ ?s ?p ?o }} }} WHERE {{ GRAPH <{gone}> {{ ?s ?p ?o }} }}"
    )
    increments.remove(server, schema.rules, INFERRED)
    assert (stored(server, INFERRED), known(server)) == without
    typed = {triple for triple in known(server) if triple[1] == RDF.type.n3()}
    assert typed
