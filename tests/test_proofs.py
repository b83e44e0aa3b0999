"""Proofs: finite, right by a checker of their own, shortest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from rdflib import OWL, RDF, RDFS, Graph

from closing import FACTS, INFERRED, closed, patterns, serve, stored
from communique import dataset, reasoning, sources
from communique.namespaces import CMQ, ID
from communique.reasoning.proofs import SCHEMA, Proof, Prover, is_proof
from communique.store.memory import Memory
from ontologies import EX, Case, cases

if TYPE_CHECKING:
    from communique.reasoning.rules import Pattern, Rule

ARMENIA, RUSSIA, UZBEKISTAN, CSTO = (
    f"<{ID}{name}>" for name in ("armenia", "russia", "uzbekistan", "csto")
)
CO_MEMBER, MEMBER = f"<{CMQ}coMemberOf>", f"<{CMQ}memberOf>"


@pytest.fixture(scope="module")
def real() -> tuple[Memory, Prover, set[Rule]]:
    loaded = dataset.load(sources.discover(sources.bundled_root()))
    schema = reasoning.close_schema(loaded.ontology)
    engine = Memory()
    engine.load(loaded.facts + loaded.ontology, FACTS)
    reasoning.close(engine, schema, FACTS, INFERRED)
    serve(engine)
    return engine, Prover(engine, schema.steps, INFERRED), {*schema.steps, *SCHEMA}


def acyclic(proof: Proof, above: frozenset[Pattern] = frozenset()) -> bool:
    inside = above | {proof.triple}
    return proof.triple not in above and all(acyclic(one, inside) for one in proof.premises)


def test_every_inferred_triple_of_the_real_graph_has_a_proof(
    real: tuple[Memory, Prover, set[Rule]],
) -> None:
    engine, prover, rules = real
    asserted = stored(engine, FACTS)
    inferred = stored(engine, INFERRED)
    assert len(inferred) > 3000
    for triple in inferred:
        (proof,) = prover.prove(triple)
        assert proof.step is not None
        assert is_proof(proof, rules, asserted), proof
        assert acyclic(proof)


def test_asserted_triple_proves_itself(real: tuple[Memory, Prover, set[Rule]]) -> None:
    engine, prover, _ = real
    triple = next(iter(stored(engine, FACTS)))
    assert prover.prove(triple) == [Proof(triple)]


def test_co_members(real: tuple[Memory, Prover, set[Rule]]) -> None:
    _, prover, rules = real
    first, *others = prover.prove((ARMENIA, CO_MEMBER, RUSSIA), 3)
    assert first.step is not None
    assert first.step.rule.name == "prp-spo2"
    assert (first.steps, first.height) == (6, 4)
    assert len(set(first.leaves())) == 4
    assert [proof.steps for proof in others] == sorted(proof.steps for proof in others)
    assert all(proof.steps >= first.steps for proof in others)
    assert len({proof.step for proof in (first, *others)}) == 1 + len(others)
    assert rules


def test_what_does_not_hold_says_what_is_missing(real: tuple[Memory, Prover, set[Rule]]) -> None:
    _, prover, _ = real
    triple = (UZBEKISTAN, MEMBER, CSTO)
    assert prover.prove(triple) == []
    missing = prover.missing(triple)
    assert missing is not None
    assert missing.rule.name == "prp-spo2"
    assert len(missing.lacking) == 1
    assert UZBEKISTAN in missing.lacking[0]


def test_nothing_concludes_what_no_rule_is_about(real: tuple[Memory, Prover, set[Rule]]) -> None:
    _, prover, _ = real
    assert prover.missing((CSTO, f"<{CMQ}register>", '"C99"')) is None


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_random_closures_are_proved(case: Case) -> None:
    engine, schema = closed(case)
    serve(engine)
    prover = Prover(engine, schema.steps, INFERRED)
    rules = {*schema.steps, *SCHEMA}
    asserted = stored(engine, FACTS)
    for triple in stored(engine, INFERRED) - patterns(schema.inferred):
        proofs = prover.prove(triple, 3)
        assert proofs, triple
        for proof in proofs:
            assert is_proof(proof, rules, asserted)
            assert acyclic(proof)


def chain() -> Case:
    ontology = Graph()
    ontology.add((EX.r, RDF.type, OWL.TransitiveProperty))
    ontology.add((EX.A, RDFS.subClassOf, EX.B))
    return Case(ontology, ((EX.a, EX.r, EX.b), (EX.b, EX.r, EX.c), (EX.c, EX.r, EX.d)))


def test_checker_refuses_what_is_no_proof() -> None:
    engine, schema = closed(chain())
    serve(engine)
    triple = (EX.a.n3(), EX.r.n3(), EX.d.n3())
    (proof,) = Prover(engine, schema.steps, INFERRED).prove(triple)
    asserted = stored(engine, FACTS)
    rules = {*schema.steps, *SCHEMA}
    assert proof.steps == 2
    assert is_proof(proof, rules, asserted)
    wrong = (EX.d.n3(), EX.r.n3(), EX.a.n3())
    assert not is_proof(Proof(wrong, proof.step, proof.premises), rules, asserted)
    assert not is_proof(Proof(triple, proof.step, proof.premises[:1]), rules, asserted)
    assert not is_proof(proof, set(), asserted)
    assert not is_proof(Proof(triple), rules, asserted)
