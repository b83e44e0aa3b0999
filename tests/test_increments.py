"""Additions and removals: the closure is what closing from scratch would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, Graph

from closing import FACTS, INFERRED, add, closed, patterns, remove, serve, stored
from communique.reasoning.closure import SCRATCH
from ontologies import EX, Case, cases, facts

if TYPE_CHECKING:
    from communique.store.memory import Memory


def everything(engine: Memory) -> set[tuple[str, ...]]:
    return set(engine.select("SELECT ?s ?p ?o WHERE { ?s ?p ?o FILTER (!isBlank(?s)) }"))


def same_as_from_scratch(case: Case, data: st.DataObject) -> None:
    engine, schema = closed(case)
    serve(engine)
    present = set(case.data)
    for _ in range(data.draw(st.integers(1, 3))):
        if present and data.draw(st.sampled_from([True, False])):
            gone = data.draw(st.lists(st.sampled_from(sorted(present)), min_size=1, unique=True))
            remove(engine, schema, patterns(gone))
            present -= set(gone)
        else:
            new = data.draw(st.lists(facts, min_size=1, max_size=3))
            add(engine, schema, patterns(new))
            present |= set(new)
    fresh, _ = closed(Case(case.ontology, tuple(present)))
    serve(fresh)
    assert stored(engine, FACTS) == stored(fresh, FACTS)
    assert stored(engine, INFERRED) == stored(fresh, INFERRED)
    assert everything(engine) == everything(fresh)
    left = engine.select("SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }")
    assert not [graph for (graph,) in left if SCRATCH in graph]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(), st.data())
def test_random_changes(case: Case, data: st.DataObject) -> None:
    same_as_from_scratch(case, data)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(), st.data())
def test_random_changes_at_length(case: Case, data: st.DataObject) -> None:
    same_as_from_scratch(case, data)


def hierarchy() -> Graph:
    ontology = Graph()
    ontology.add((EX.A, RDFS.subClassOf, EX.B))
    ontology.add((EX.p, RDFS.domain, EX.A))
    ontology.add((EX.r, RDF.type, OWL.TransitiveProperty))
    return ontology


def test_what_has_another_reason_stays() -> None:
    case = Case(hierarchy(), ((EX.a, RDF.type, EX.A), (EX.a, EX.p, EX.b)))
    engine, schema = closed(case)
    serve(engine)
    change = remove(engine, schema, patterns([(EX.a, RDF.type, EX.A)]))
    typed = {(EX.a.n3(), RDF.type.n3(), EX.A.n3()), (EX.a.n3(), RDF.type.n3(), EX.B.n3())}
    assert typed <= stored(engine, INFERRED)
    assert (change.gained, change.lost) == (1, 0)


def test_a_cycle_does_not_hold_itself_up() -> None:
    case = Case(hierarchy(), ((EX.a, EX.r, EX.b), (EX.b, EX.r, EX.a)))
    engine, schema = closed(case)
    serve(engine)
    change = remove(engine, schema, patterns([(EX.b, EX.r, EX.a)]))
    related = {triple for triple in everything(engine) if triple[1] == EX.r.n3()}
    assert related == {(EX.a.n3(), EX.r.n3(), EX.b.n3())}
    assert change.lost == 2


def test_asserting_what_was_inferred_moves_it() -> None:
    engine, schema = closed(Case(hierarchy(), ((EX.a, EX.p, EX.b),)))
    serve(engine)
    triple = (EX.a.n3(), RDF.type.n3(), EX.A.n3())
    assert triple in stored(engine, INFERRED)
    add(engine, schema, [triple])
    assert triple not in stored(engine, INFERRED)
    assert triple in everything(engine)
    remove(engine, schema, [triple])
    assert triple in stored(engine, INFERRED)
