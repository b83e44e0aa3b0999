"""The closure by compiled rules, held against owlrl."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal
from rdflib.collection import Collection

from closing import FACTS, INFERRED, about_data, closed, patterns, stored
from communique import dataset, reasoning, sources
from communique.reasoning import owl_rl
from communique.store.memory import Memory
from ontologies import AXIOMS, EX, Case, cases

if TYPE_CHECKING:
    from rdflib.term import Node

    from communique.reasoning.closure import Round

Triple: TypeAlias = "tuple[Node, Node, Node]"
GRAPHS: Final = (FACTS, INFERRED)

OWLRL_FAULTS: Final = {
    "key": "prp-key: the last property of a key is not compared (range(0, len(pis) - 1))",
    "all-disjoint-properties": "prp-adp: the last property of the list is never compared",
    "all-different": "eq-diff2, eq-diff3: the last individual of the list is never compared",
}
"""Axioms that owlrl 7.6.2 gets wrong; each has a test of its own below, that fails when mended."""

SOUND: Final = tuple(kind for kind in AXIOMS if kind not in OWLRL_FAULTS)


def by_owlrl(case: Case) -> owl_rl.Closure:
    whole = Graph()
    for triple in case.ontology:
        whole.add(triple)
    for triple in case.data:
        whole.add(triple)
    return owl_rl.close(whole)


def agree(case: Case) -> None:
    engine, schema = closed(case)
    theirs = by_owlrl(case)
    assert about_data(stored(engine, INFERRED)) == about_data(patterns(theirs.inferred))
    ours = list(reasoning.contradictions(engine, schema.rules, GRAPHS))
    assert bool(ours) == bool(theirs.inconsistencies), (ours, theirs.inconsistencies)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(kinds=SOUND))
def test_agrees_with_owlrl(case: Case) -> None:
    agree(case)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(kinds=SOUND))
def test_agrees_with_owlrl_at_length(case: Case) -> None:
    agree(case)


@pytest.mark.parametrize("kind", SOUND)
def test_every_axiom_is_drawn(kind: str) -> None:
    """The oracle test says something about every kind of axiom: each can be generated."""
    seen = []

    @settings(max_examples=5, deadline=None, database=None)
    @given(cases(axioms=1, kinds=(kind,)))
    def draw(case: Case) -> None:
        seen.append(len(case.ontology))

    draw()
    assert seen


def listed(graph: Graph, predicate: Node, kind: Node, members: list[Node]) -> None:
    node, head = BNode(), BNode()
    Collection(graph, head, members)
    graph.add((node, RDF.type, kind))
    graph.add((node, predicate, head))


def keyed() -> Case:
    ontology = Graph()
    head = BNode()
    Collection(ontology, head, [EX.p, EX.q])
    ontology.add((EX.A, OWL.hasKey, head))
    data = [(EX.a, EX.p, EX.c), (EX.b, EX.p, EX.c), (EX.a, EX.q, EX.c), (EX.b, EX.q, EX.d)]
    return Case(ontology, (*data, (EX.a, RDF.type, EX.A), (EX.b, RDF.type, EX.A)))


def test_key_needs_every_property() -> None:
    case = keyed()
    engine, _ = closed(case)
    assert not {triple for triple in stored(engine, INFERRED) if triple[1] == OWL.sameAs.n3()}
    both = Case(case.ontology, (*case.data, (EX.b, EX.q, EX.c)))
    engine, _ = closed(both)
    assert (EX.a.n3(), OWL.sameAs.n3(), EX.b.n3()) in stored(engine, INFERRED)


def test_owlrl_still_forgets_the_last_property_of_a_key() -> None:
    assert (EX.a, OWL.sameAs, EX.b) in by_owlrl(keyed()).inferred, OWLRL_FAULTS["key"]


def disjoint_properties() -> Case:
    ontology = Graph()
    listed(ontology, OWL.members, OWL.AllDisjointProperties, [EX.p, EX.q])
    return Case(ontology, ((EX.a, EX.p, EX.b), (EX.a, EX.q, EX.b)))


def different() -> Case:
    ontology = Graph()
    listed(ontology, OWL.members, OWL.AllDifferent, [EX.a, EX.b])
    return Case(ontology, ((EX.a, OWL.sameAs, EX.b),))


@pytest.mark.parametrize(
    ("case", "name"), [(disjoint_properties(), "prp-adp"), (different(), "eq-diff2")]
)
def test_last_member_of_a_list_counts(case: Case, name: str) -> None:
    engine, schema = closed(case)
    found = list(reasoning.contradictions(engine, schema.rules, GRAPHS))
    assert name in {contradiction.rule.name for contradiction in found}
    assert not by_owlrl(case).inconsistencies, "owlrl was mended: drop it from OWLRL_FAULTS"


CONTRADICTIONS: Final = [
    ("cax-dw", [(EX.A, OWL.disjointWith, EX.B)], [(EX.a, RDF.type, EX.A), (EX.a, RDF.type, EX.B)]),
    ("prp-irp", [(EX.p, RDF.type, OWL.IrreflexiveProperty)], [(EX.a, EX.p, EX.a)]),
    (
        "prp-asyp",
        [(EX.p, RDF.type, OWL.AsymmetricProperty)],
        [(EX.a, EX.p, EX.b), (EX.b, EX.p, EX.a)],
    ),
    (
        "prp-pdw",
        [(EX.p, OWL.propertyDisjointWith, EX.q)],
        [(EX.a, EX.p, EX.b), (EX.a, EX.q, EX.b)],
    ),
    (
        "prp-fp",
        [(EX.p, RDF.type, OWL.FunctionalProperty)],
        [(EX.a, EX.p, Literal(1)), (EX.a, EX.p, Literal(2))],
    ),
    (
        "prp-rng",
        [(EX.p, RDFS.range, XSD.dateTime)],
        [(EX.a, EX.p, Literal("2005-11-11", datatype=XSD.date, normalize=False))],
    ),
    (
        "prp-rng",
        [(EX.p, RDFS.range, XSD.integer)],
        [(EX.a, EX.p, Literal("eleven", datatype=XSD.integer, normalize=False))],
    ),
    ("cls-nothing2", [(EX.A, RDFS.subClassOf, OWL.Nothing)], [(EX.a, RDF.type, EX.A)]),
    ("eq-diff1", [], [(EX.a, OWL.sameAs, EX.b), (EX.a, OWL.differentFrom, EX.b)]),
]


@pytest.mark.parametrize(("name", "axioms", "data"), CONTRADICTIONS)
def test_contradiction_names_rule_axiom_and_triples(
    name: str, axioms: list[Triple], data: list[Triple]
) -> None:
    ontology = Graph()
    for axiom in axioms:
        ontology.add(axiom)
    engine, schema = closed(Case(ontology, tuple(data)))
    found = list(reasoning.contradictions(engine, schema.rules, GRAPHS))
    assert found
    names = {part for contradiction in found for part in contradiction.rule.names}
    assert name in names
    known = stored(engine, FACTS) | stored(engine, INFERRED)
    for contradiction in found:
        assert set(contradiction.premises) <= known
        assert contradiction.rule.name in str(contradiction)


@pytest.mark.parametrize(("name", "axioms", "data"), CONTRADICTIONS)
def test_without_one_of_its_triples_there_is_no_contradiction(
    name: str, axioms: list[Triple], data: list[Triple]
) -> None:
    ontology = Graph()
    for axiom in axioms:
        ontology.add(axiom)
    engine, schema = closed(Case(ontology, tuple(data[1:])))
    assert not list(reasoning.contradictions(engine, schema.rules, GRAPHS)), name


def test_integers_are_decimals() -> None:
    ontology = Graph()
    ontology.add((EX.p, RDFS.range, XSD.decimal))
    engine, schema = closed(Case(ontology, ((EX.a, EX.p, Literal(5)),)))
    assert not list(reasoning.contradictions(engine, schema.rules, GRAPHS))


@pytest.mark.slow
def test_real_graph_is_closed_as_by_owlrl() -> None:
    loaded = dataset.load(sources.discover(sources.bundled_root()))
    facts = loaded.facts + loaded.ontology
    schema = reasoning.close_schema(loaded.ontology)
    engine = Memory()
    engine.load(facts, FACTS)
    rounds: list[Round] = []
    reasoning.close(engine, schema, FACTS, INFERRED, rounds.append)
    ours = stored(engine, INFERRED)
    theirs = patterns(owl_rl.close(facts).inferred)
    assert ours - theirs == set()
    assert theirs - ours == set()
    assert len(rounds) > 1
    assert rounds[-1].found == 0
    assert not list(reasoning.contradictions(engine, schema.rules, GRAPHS))


def test_nodes_without_names_stay_who_they_are() -> None:
    ontology = Graph()
    ontology.add((EX.p, RDFS.range, EX.B))
    ontology.add((EX.B, RDFS.subClassOf, EX.C))
    engine, _ = closed(Case(ontology, ((EX.a, EX.p, BNode()), (EX.a, EX.p, Literal("_:b")))))
    query = (
        f"SELECT ?x WHERE {{ GRAPH <{FACTS}> {{ <{EX.a}> <{EX.p}> ?x }} "
        f"GRAPH <{INFERRED}> {{ ?x a <{EX.B}>, <{EX.C}> }} }}"
    )
    assert len(list(engine.select(query))) == 1


def close_often() -> None:
    ontology = Graph()
    for number in range(20):
        ontology.add((EX[f"p{number}"], RDFS.range, EX[f"B{number}"]))
    schema = reasoning.close_schema(ontology)
    facts = Graph()
    for number in range(200):
        facts.add((EX.a, EX[f"p{number % 20}"], BNode()))
    for _ in range(50):
        engine = Memory()
        engine.load(facts, FACTS)
        reasoning.close(engine, schema, FACTS, INFERRED)


def test_threads_that_write_do_not_wait_for_each_other_for_ever() -> None:
    """Of nodes without names the engine is told one by one, with its lock held, by Python."""
    # In a process of its own, because nothing of one that is stuck so would go on.
    process = multiprocessing.get_context("spawn").Process(target=close_often)
    process.start()
    process.join(60)
    if process.is_alive():
        process.kill()
        process.join()
    assert process.exitcode == 0


def test_a_class_of_a_node_without_a_name_follows_from_equal_values() -> None:
    """What is said of such nodes is left out on both sides of the comparison with owlrl."""
    ontology = Graph()
    restriction = BNode()
    ontology.add((restriction, OWL.onProperty, EX.q))
    ontology.add((restriction, OWL.hasValue, EX.a))
    ontology.add((EX.B, RDFS.subClassOf, restriction))
    agree(Case(ontology, ((EX.a, OWL.sameAs, EX.b), (EX.a, RDF.type, EX.B))))
