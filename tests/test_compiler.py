"""What the compiler makes of axioms that random ontologies do not hold against owlrl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from rdflib import OWL, RDF, RDFS, XSD, Graph, URIRef

from closing import FACTS, INFERRED, about_data, closed, patterns, stored
from communique import reasoning, turtle
from communique.reasoning import owl_rl
from communique.reasoning.compiler import compile_rules
from ontologies import EX, Case

if TYPE_CHECKING:
    from rdflib.term import Node

    from communique.reasoning import Contradiction
    from communique.reasoning.rules import Pattern

PREFIXES: Final = f"""
@prefix : <{EX}> .
@prefix owl: <{OWL}> .
@prefix rdfs: <{RDFS}> .
@prefix xsd: <{XSD}> .
"""


def graph(text: str) -> Graph:
    return turtle.parse_text(PREFIXES + text, "a test")


def case(axioms: str, data: str) -> Case:
    return Case(graph(axioms), tuple(graph(data)))


def inferred(axioms: str, data: str) -> set[Pattern]:
    engine, _ = closed(case(axioms, data))
    return about_data(stored(engine, INFERRED))


def contradictions(axioms: str, data: str) -> list[Contradiction]:
    engine, schema = closed(case(axioms, data))
    return list(reasoning.contradictions(engine, schema.rules, (FACTS, INFERRED)))


def follows(subject: URIRef, predicate: URIRef, value: Node) -> Pattern:
    return subject.n3(), predicate.n3(), value.n3()


def test_anonymous_classes_that_are_disjoint_with_one_another_can_be_written() -> None:
    rules = compile_rules(
        graph("""
            _:one a owl:Class ; owl:intersectionOf ( :A ) ; owl:disjointWith _:other .
            _:other a owl:Class ; owl:intersectionOf ( :B ) ; owl:disjointWith _:one .
        """)
    )
    axioms = {str(rule.axiom) for rule in rules if rule.name == "cax-dw"}
    one, other = (f"[ owl:intersectionOf ( {EX[name]} ) ]" for name in "AB")
    assert axioms == {f"{one} owl:disjointWith {other}", f"{other} owl:disjointWith {one}"}


MEMBERSHIPS: Final = [
    ("[ a owl:Restriction ; owl:onProperty :p ; owl:hasValue :b ]", "", (EX.a, EX.p, EX.b)),
    (
        "[ a owl:Restriction ; owl:onProperty :p ; owl:allValuesFrom :A ]",
        ":a :p :b .",
        (EX.b, RDF.type, EX.A),
    ),
    (
        "[ a owl:Restriction ; owl:onProperty :p ; owl:maxCardinality 1 ]",
        ":a :p :b , :c .",
        (EX.b, OWL.sameAs, EX.c),
    ),
    ("[ a owl:Class ; owl:intersectionOf ( :A :B ) ]", "", (EX.a, RDF.type, EX.B)),
]


@pytest.mark.parametrize(("expression", "data", "triple"), MEMBERSHIPS)
def test_membership_in_an_expression(
    expression: str, data: str, triple: tuple[URIRef, URIRef, URIRef]
) -> None:
    assert follows(*triple) in inferred(f":a a {expression} .", data)
    assert follows(*triple) not in inferred(f":d a {expression} .", data)


def test_membership_in_the_complement_of_a_class() -> None:
    axiom = ":a a [ a owl:Class ; owl:complementOf :A ] ."
    assert [found.rule.names for found in contradictions(axiom, ":a a :A .")] == [("cls-com",)]
    assert not contradictions(axiom, ":b a :A .")


INVERSES: Final = [
    "_:i rdfs:subPropertyOf :q .",
    ":q rdfs:subPropertyOf _:i .",
    ":q owl:equivalentProperty _:i .",
    ":q owl:propertyChainAxiom ( _:i :r ) .",
    "_:i rdfs:domain :A . _:i rdfs:range :B .",
    "_:i a owl:FunctionalProperty .",
    "_:i a owl:TransitiveProperty .",
    ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty _:i ; owl:hasValue :d ] .",
    ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty _:i ; owl:allValuesFrom :B ] .",
    ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty _:i ; owl:maxCardinality 1 ] .",
    "[ a owl:Restriction ; owl:onProperty _:i ; owl:someValuesFrom :A ] rdfs:subClassOf :B .",
    "[ a owl:Restriction ; owl:onProperty _:i ; owl:hasValue :a ] rdfs:subClassOf :B .",
]


@pytest.mark.parametrize("axiom", INVERSES)
def test_inverse_without_a_name_is_like_one_with_a_name(axiom: str) -> None:
    """What follows with the name, by owlrl, is what follows without it, less what uses it."""
    data = """
        :a :p :b , :c ; :r :d ; a :A .
        :b :p :c , :e .
        :c a :A .
        :d :p :c ; :q :c ; a :A .
    """
    inverse = "_:i owl:inverseOf :p ."
    ours = inferred(axiom + inverse, data)
    named = (axiom + inverse).replace("_:i", ":i")
    theirs = about_data(patterns(owl_rl.close(graph(named + data)).inferred))
    theirs = {
        triple for triple in theirs if EX.i.n3() not in triple and OWL.inverseOf.n3() not in triple
    }
    assert ours
    assert ours == theirs


def test_inverse_without_a_name_as_a_key() -> None:
    found = inferred(":A owl:hasKey ( _:i ) . _:i owl:inverseOf :p .", ":x :p :a , :b . :a a :A .")
    assert not found
    found = inferred(
        ":A owl:hasKey ( _:i ) . _:i owl:inverseOf :p .", ":x :p :a , :b . :a a :A . :b a :A ."
    )
    assert follows(EX.a, OWL.sameAs, EX.b) in found


def test_inverse_without_a_name_contradicts() -> None:
    axioms = "_:i owl:inverseOf :p ; owl:propertyDisjointWith :q ."
    assert contradictions(axioms, ":a :p :b . :b :q :a .")
    assert not contradictions(axioms, ":a :p :b . :a :q :b .")


def test_a_literal_of_another_value_space_does_not_fit() -> None:
    axiom = ":p rdfs:range xsd:nonNegativeInteger ."
    (found,) = contradictions(axiom, ':a :p "five" .')
    assert found.rule.names == ("prp-rng", "dt-not-type")
    assert not contradictions(axiom, ":a :p 5 .")
    assert not contradictions(axiom, ":a :p 5.0 .")


def test_one_value_at_most() -> None:
    axioms = """
        :A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:maxCardinality 1 ] .
    """
    (found,) = contradictions(axioms, ":a a :A ; :p 1 , 2 .")
    assert found.rule.names == ("cax-sco", "cls-maxc2", "dt-diff")
    assert not contradictions(axioms, ":a a :A ; :p 1 , 1.0 .")


def test_values_of_a_datatype_are_not_counted_as_of_any() -> None:
    axioms = """
        :A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ;
            owl:maxQualifiedCardinality 1 ; owl:onDataRange xsd:integer ] .
    """
    assert not contradictions(axioms, ':a a :A ; :p 1 , "one" .')
