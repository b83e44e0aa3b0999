"""W3C's OWL 2 test cases in the profile OWL 2 RL, by the compiled rules.

Every premise is loaded whole as facts.  What of it is axioms is compiled as the ontology: all but
the triples that relate individuals, or say that one is another or belongs to a named class.  What
closing the ontology says about individuals is left out, so that nothing but the compiled rules can
draw a conclusion about them or find a contradiction.

A conclusion is drawn if its triples are among what is known, its blank nodes taken for something
that exists.  Rules draw no negation: that two things differ, or that one does not belong to a
class, follows if saying the opposite is a contradiction.  Declarations, and that something is an
``owl:Thing``, are left out of conclusions: the closure leaves them out, as trivial.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection

from closing import FACTS, INFERRED
from communique import reasoning
from communique.store.memory import Memory
from conftest import missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rdflib.term import Node

FILE: Final = (
    Path(os.environ.get("COMMUNIQUE_SUITES", Path(__file__).parents[2] / "shared" / "suites"))
    / "owl2-test-cases.rdf"
)
TEST: Final = Namespace("http://www.w3.org/2007/OWL/testOntology#")
KINDS: Final = {
    "Consistency": 50,
    "Inconsistency": 14,
    "PositiveEntailment": 28,
    "NegativeEntailment": 4,
}
"""The kinds of test, and how many of each the profile has."""

NO_ASSERTION: Final = (
    "the conclusion is an axiom: the rules are complete for assertions (OWL 2 Profiles, theorem "
    "PR1), and for axioms only as far as table 9 goes, which does not conclude this one"
)
UNKNOWN_EXPRESSION: Final = (
    "the conclusion is that a class expression exists that the premise does not have: rules "
    "give no names to what is new"
)
DATATYPES: Final = (
    "the conclusion is an axiom that follows from the value spaces of XML Schema's datatypes, "
    "which no rule of OWL 2 RL knows"
)
ANNOTATION: Final = (
    "the conclusion is an annotation: under the direct semantics, the only one of this case, it "
    "says nothing and follows from anything; under the rules it is a triple, and does not follow"
)
EXPECTED_FAILURES: Final = {
    "chain2trans1": NO_ASSERTION,
    "New-Feature-ReflexiveProperty-001": (
        "reflexive properties are not in OWL 2 RL (OWL 2 Profiles, section 4.2.5), though the "
        "suite counts the case in; no rule is about them"
    ),
    "Plus and Minus Zero are Distinct": (
        "xsd:float has two zeros, which OWL takes for two values and SPARQL's != for equal"
    ),
    "WebOnt-I4.6-005-Direct": ANNOTATION,
    "WebOnt-I5.26-010": UNKNOWN_EXPRESSION,
    "WebOnt-I5.5-005": UNKNOWN_EXPRESSION,
    "WebOnt-I5.8-006": DATATYPES,
    "WebOnt-I5.8-008": DATATYPES,
    "WebOnt-I5.8-009": DATATYPES,
    "WebOnt-I5.8-011": (
        "dt-type1: that xsd:integer is a datatype is true of every graph and left out as trivial"
    ),
    "WebOnt-equivalentClass-008-Direct": ANNOTATION,
}
"""Cases of which one test fails, each with the reason: an entailment not drawn, or in one case
(the two zeros) an inconsistency not found."""

DECLARATIONS: Final = {
    OWL.AnnotationProperty,
    OWL.Class,
    OWL.DatatypeProperty,
    OWL.NamedIndividual,
    OWL.ObjectProperty,
    OWL.Ontology,
    OWL.Thing,
    RDFS.Datatype,
}
BUILT_IN: Final = tuple(str(namespace) for namespace in (RDF, RDFS, OWL, XSD))

Triple = tuple["Node", "Node", "Node"]


class Case(NamedTuple):
    """A test case.

    Attributes:
        name: Its name in the suite.
        kind: The kind of test.
        premise: The ontology it starts from, and those that it imports.
        conclusion: What follows or does not; empty where the test is about consistency.
    """

    name: str
    kind: str
    premise: Graph
    conclusion: Graph


# --- The suite -----------------------------------------------------------------------------------


def cases() -> Iterator[Case]:
    """Yield the tests of the cases in the profile."""
    suite = Graph(bind_namespaces="none").parse(FILE, format="xml")
    for node in sorted(suite.subjects(TEST.profile, TEST.RL), key=str):
        assert (node, TEST.status, TEST.Approved) in suite
        premise = ontology(suite, node, "Premise")
        for imported in suite.objects(node, TEST.importedOntology):
            premise += ontology(suite, imported, "Input")
        for kind in KINDS:
            if (node, RDF.type, TEST[f"{kind}Test"]) in suite:
                conclusion = Graph(bind_namespaces="none")
                if kind.endswith("Entailment"):
                    role = "NonConclusion" if kind.startswith("Negative") else "Conclusion"
                    conclusion = ontology(suite, node, role)
                yield Case(str(suite.value(node, TEST.identifier)), kind, premise, conclusion)


def ontology(suite: Graph, node: Node, role: str) -> Graph:
    """Read an ontology of a case: from RDF/XML, or from functional syntax where that is all."""
    text = suite.value(node, TEST[f"rdfXml{role}Ontology"])
    graph = Graph(bind_namespaces="none")
    if text is not None:
        return graph.parse(data=str(text), format="xml", publicID="http://example.org/")
    for triple in functional(str(suite.value(node, TEST[f"fs{role}Ontology"]))):
        graph.add(triple)
    return graph


def functional(text: str) -> Iterator[Triple]:
    """Read the few constructs of the functional syntax that cases without RDF/XML consist of."""
    prefixes = dict(re.findall(r"Prefix\((\w*):=<([^>]*)>\)", text))

    def term(written: str) -> Node:
        value, quote, datatype = written.rpartition('"^^')
        if quote:
            return Literal(value[1:], datatype=URIRef(str(term(datatype))), normalize=False)
        prefix, _, local = written.partition(":")
        return URIRef(prefixes[prefix] + local)

    body = text[text.index("Ontology(") + len("Ontology(") :]
    for name, arguments in re.findall(r"(\w+)\(((?:[^()]|\([^()]*\))*)\)", body):
        terms = [term(one) for one in re.findall(r'"[^"]*"\^\^[\w:]+|(?<!\w)\w*:\w+', arguments)]
        if name == "FunctionalDataProperty":
            yield terms[0], RDF.type, OWL.FunctionalProperty
        elif name == "DataPropertyRange":
            yield terms[0], RDFS.range, terms[1]
        elif name == "DataPropertyAssertion":
            yield terms[1], terms[0], terms[2]
        elif name == "ClassAssertion" and arguments.startswith("DataHasValue("):
            expression = BNode()
            yield expression, RDF.type, OWL.Restriction
            yield expression, OWL.onProperty, terms[0]
            yield expression, OWL.hasValue, terms[1]
            yield terms[2], RDF.type, expression
        else:
            assert name == "Declaration", name


CASES: Final = tuple(cases()) if FILE.is_file() else ()

# --- What the rules make of it -------------------------------------------------------------------


def is_data(triple: Triple) -> bool:
    """Tell whether a triple is about individuals, and no axiom."""
    _, predicate, value = triple
    if predicate == RDF.type:
        named = isinstance(value, URIRef) and not str(value).startswith(BUILT_IN)
        return named or value in {OWL.Thing, OWL.Nothing}
    return predicate in {OWL.sameAs, OWL.differentFrom} or not str(predicate).startswith(BUILT_IN)


def closed(premise: Iterable[Triple]) -> tuple[Memory, list[reasoning.Contradiction]]:
    """Close a premise, and find the contradictions in it."""
    axioms, facts = Graph(bind_namespaces="none"), Graph(bind_namespaces="none")
    for triple in premise:
        facts.add(triple)
        if not is_data(triple):
            axioms.add(triple)
    schema = reasoning.close_schema(axioms)
    inferred = Graph(bind_namespaces="none")
    for triple in schema.inferred:
        if not is_data(triple):
            inferred.add(triple)
    engine = Memory()
    engine.load(facts, FACTS)
    reasoning.close(engine, dataclasses.replace(schema, inferred=inferred), FACTS, INFERRED)
    return engine, list(reasoning.contradictions(engine, schema.rules, (FACTS, INFERRED)))


def opposites(conclusion: Graph) -> dict[Triple, set[Triple]]:
    """Return the opposite of each negation in a conclusion, with the triples that negate it."""
    found: dict[Triple, set[Triple]] = {}
    for one, other in conclusion.subject_objects(OWL.differentFrom):
        found[one, OWL.sameAs, other] = {(one, OWL.differentFrom, other)}
    for node in conclusion.subjects(RDF.type, OWL.AllDifferent):
        syntax = set(below(conclusion, node))
        head = conclusion.value(node, OWL.members)
        assert head is not None
        for one, other in itertools.combinations(Collection(conclusion, head), 2):
            found[one, OWL.sameAs, other] = syntax
    for node, value in conclusion.subject_objects(OWL.complementOf):
        for instance in conclusion.subjects(RDF.type, node):
            syntax = {(instance, RDF.type, node), *below(conclusion, node)}
            found[instance, RDF.type, value] = syntax
    return found


def below(graph: Graph, node: Node) -> Iterator[Triple]:
    """Yield the triples of a blank node, and of those that are part of it."""
    for triple in graph.triples((node, None, None)):
        yield triple
        if isinstance(triple[2], BNode):
            yield from below(graph, triple[2])


def follows(case: Case) -> bool:
    """Tell whether the conclusion of a case follows from its premise by the rules."""
    said = {
        triple
        for triple in case.conclusion
        if triple[1] != RDF.type or triple[2] not in DECLARATIONS
    }
    negated = opposites(case.conclusion)
    said = said.difference(*negated.values())
    if not said and not negated:
        return False  # nothing is left that could be looked for
    for opposite in negated:
        _, contradictions = closed([*case.premise, opposite])
        if not contradictions:
            return False
    engine, _ = closed(case.premise)
    body = " ".join(" ".join(term.n3() for term in triple) + " ." for triple in said)
    known = f"FROM <{FACTS}> FROM <{INFERRED}>"
    return bool(list(engine.select(f"SELECT (1 AS ?one) {known} WHERE {{ {body} }} LIMIT 1")))


# --- The tests -----------------------------------------------------------------------------------


def expected_to_fail(case: Case) -> bool:
    return case.name in EXPECTED_FAILURES and case.kind in {"PositiveEntailment", "Inconsistency"}


def test_profile_is_collected_whole(capsys: pytest.CaptureFixture[str]) -> None:
    if not CASES:
        missing(f"W3C's test suites are not in {FILE.parent}")
    assert Counter(case.kind for case in CASES) == KINDS
    assert len({case.name for case in CASES}) == 64
    failures = [case for case in CASES if expected_to_fail(case)]
    assert sorted(case.name for case in failures) == sorted(EXPECTED_FAILURES)
    with capsys.disabled():
        print(f"\nOWL 2 RL: {len(CASES)} tests, of which {len(failures)} fail as listed")  # noqa: T201 - CI shows the count


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=f"{case.name}-{case.kind}",
            marks=[pytest.mark.xfail(reason=EXPECTED_FAILURES[case.name], raises=AssertionError)]
            if expected_to_fail(case)
            else [],
        )
        for case in CASES
    ],
)
def test_case(case: Case) -> None:
    if case.kind == "PositiveEntailment":
        assert follows(case)
    elif case.kind == "NegativeEntailment":
        assert not follows(case)
    else:
        _, contradictions = closed(case.premise)
        assert bool(contradictions) == (case.kind == "Inconsistency"), contradictions
