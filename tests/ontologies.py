"""Small random ontologies with data, for tests that hold one reasoner against another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, Namespace
from rdflib.collection import Collection

if TYPE_CHECKING:
    from rdflib.term import Node

EX = Namespace("https://example.org/")
CLASSES = [EX[name] for name in "ABCD"]
PROPERTIES = [EX[name] for name in ("p", "q", "r")]
INDIVIDUALS = [EX[name] for name in ("a", "b", "c", "d")]

classes = st.sampled_from(CLASSES)
properties = st.sampled_from(PROPERTIES)
individuals = st.sampled_from(INDIVIDUALS)


@dataclass(frozen=True)
class Case:
    """An ontology and data.

    Attributes:
        ontology: The axioms.
        data: Facts about individuals.
    """

    ontology: Graph
    data: tuple[tuple[Node, Node, Node], ...]


def _list(graph: Graph, members: list[Node]) -> Node:
    head = BNode()
    Collection(graph, head, members)
    return head


@st.composite
def _tested(draw: st.DrawFn, graph: Graph, depth: int = 1) -> Node:
    """Draw a class expression that OWL 2 RL allows on the left of an axiom."""
    kinds = ["class"] * 3 + (["and", "or", "some", "some-thing", "has", "one"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "class":
        return draw(classes)
    node = BNode()
    graph.add((node, RDF.type, OWL.Class))
    if kind in {"and", "or"}:
        parts = [draw(_tested(graph, depth - 1)) for _ in range(2)]
        predicate = OWL.intersectionOf if kind == "and" else OWL.unionOf
        graph.add((node, predicate, _list(graph, parts)))
    elif kind == "one":
        values = draw(st.lists(individuals, min_size=1, max_size=2, unique=True))
        graph.add((node, OWL.oneOf, _list(graph, list(values))))
    else:
        graph.add((node, RDF.type, OWL.Restriction))
        graph.add((node, OWL.onProperty, draw(properties)))
        if kind == "has":
            graph.add((node, OWL.hasValue, draw(individuals)))
        else:
            filler = OWL.Thing if kind == "some-thing" else draw(_tested(graph, depth - 1))
            graph.add((node, OWL.someValuesFrom, filler))
    return node


@st.composite
def _drawn(draw: st.DrawFn, graph: Graph, depth: int = 1) -> Node:
    """Draw a class expression that OWL 2 RL allows on the right of an axiom."""
    kinds = ["class"] * 3 + (["and", "not", "all", "has", "max", "max-of"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "class":
        return draw(classes)
    node = BNode()
    graph.add((node, RDF.type, OWL.Class))
    if kind == "and":
        parts = [draw(_drawn(graph, depth - 1)) for _ in range(2)]
        graph.add((node, OWL.intersectionOf, _list(graph, parts)))
    elif kind == "not":
        graph.add((node, OWL.complementOf, draw(_tested(graph, 0))))
    else:
        graph.add((node, RDF.type, OWL.Restriction))
        graph.add((node, OWL.onProperty, draw(properties)))
        limit = Literal(draw(st.sampled_from("01")), datatype=XSD.nonNegativeInteger)
        if kind == "has":
            graph.add((node, OWL.hasValue, draw(individuals)))
        elif kind == "all":
            graph.add((node, OWL.allValuesFrom, draw(_drawn(graph, depth - 1))))
        elif kind == "max":
            graph.add((node, OWL.maxCardinality, limit))
        else:
            graph.add((node, OWL.maxQualifiedCardinality, limit))
            graph.add((node, OWL.onClass, draw(st.sampled_from([OWL.Thing, *CLASSES]))))
    return node


AXIOMS = (
    "subclass",
    "subclass-expression",
    "equivalent-class",
    "equivalent-expression",
    "disjoint",
    "all-disjoint",
    "subproperty",
    "equivalent-property",
    "domain",
    "range",
    "inverse",
    "chain",
    "key",
    "characteristic",
    "disjoint-properties",
    "all-disjoint-properties",
    "negative",
    "different",
    "all-different",
)
CHARACTERISTICS = (
    OWL.SymmetricProperty,
    OWL.TransitiveProperty,
    OWL.FunctionalProperty,
    OWL.InverseFunctionalProperty,
    OWL.IrreflexiveProperty,
    OWL.AsymmetricProperty,
)


@st.composite
def _axiom(draw: st.DrawFn, graph: Graph, kinds: tuple[str, ...]) -> None:  # noqa: C901, PLR0912, PLR0915 - a case an axiom
    """Add one random axiom to a graph."""
    kind = draw(st.sampled_from(kinds))
    node = BNode()
    if kind == "subclass":
        graph.add((draw(classes), RDFS.subClassOf, draw(classes)))
    elif kind == "subclass-expression":
        graph.add((draw(_tested(graph)), RDFS.subClassOf, draw(_drawn(graph))))
    elif kind == "equivalent-class":
        graph.add((draw(classes), OWL.equivalentClass, draw(classes)))
    elif kind == "equivalent-expression":
        # Both directions must be within the profile: an intersection of names, or a value.
        graph.add((node, RDF.type, OWL.Class))
        if draw(st.booleans()):
            graph.add((node, OWL.intersectionOf, _list(graph, [draw(classes), draw(classes)])))
        else:
            graph.add((node, RDF.type, OWL.Restriction))
            graph.add((node, OWL.onProperty, draw(properties)))
            graph.add((node, OWL.hasValue, draw(individuals)))
        graph.add((draw(classes), OWL.equivalentClass, node))
    elif kind == "disjoint":
        graph.add((draw(classes), OWL.disjointWith, draw(classes)))
    elif kind == "all-disjoint":
        members = draw(st.lists(classes, min_size=2, max_size=3, unique=True))
        graph.add((node, RDF.type, OWL.AllDisjointClasses))
        graph.add((node, OWL.members, _list(graph, list(members))))
    elif kind == "subproperty":
        graph.add((draw(properties), RDFS.subPropertyOf, draw(properties)))
    elif kind == "equivalent-property":
        graph.add((draw(properties), OWL.equivalentProperty, draw(properties)))
    elif kind == "domain":
        graph.add((draw(properties), RDFS.domain, draw(_drawn(graph))))
    elif kind == "range":
        graph.add((draw(properties), RDFS.range, draw(_drawn(graph))))
    elif kind == "inverse":
        graph.add((draw(properties), OWL.inverseOf, draw(properties)))
    elif kind == "chain":
        steps = draw(st.lists(properties, min_size=2, max_size=3))
        graph.add((draw(properties), OWL.propertyChainAxiom, _list(graph, list(steps))))
    elif kind == "key":
        keys = draw(st.lists(properties, min_size=1, max_size=2, unique=True))
        graph.add((draw(classes), OWL.hasKey, _list(graph, list(keys))))
    elif kind == "characteristic":
        graph.add((draw(properties), RDF.type, draw(st.sampled_from(CHARACTERISTICS))))
    elif kind == "disjoint-properties":
        graph.add((draw(properties), OWL.propertyDisjointWith, draw(properties)))
    elif kind == "all-disjoint-properties":
        graph.add((node, RDF.type, OWL.AllDisjointProperties))
        graph.add((node, OWL.members, _list(graph, list(PROPERTIES[:2]))))
    elif kind == "negative":
        graph.add((node, RDF.type, OWL.NegativePropertyAssertion))
        graph.add((node, OWL.sourceIndividual, draw(individuals)))
        graph.add((node, OWL.assertionProperty, draw(properties)))
        graph.add((node, OWL.targetIndividual, draw(individuals)))
    elif kind == "different":
        graph.add((draw(individuals), OWL.differentFrom, draw(individuals)))
    else:
        graph.add((node, RDF.type, OWL.AllDifferent))
        members = draw(st.lists(individuals, min_size=2, max_size=3, unique=True))
        graph.add((node, OWL.members, _list(graph, list(members))))


facts = st.one_of(
    st.tuples(individuals, st.just(RDF.type), classes),
    st.tuples(individuals, properties, individuals),
    st.tuples(individuals, properties, individuals),
)


@st.composite
def cases(draw: st.DrawFn, axioms: int = 5, size: int = 7, kinds: tuple[str, ...] = AXIOMS) -> Case:
    """Draw an ontology within OWL 2 RL, and data.

    Args:
        draw: Hypothesis's.
        axioms: How many axioms at the most.
        size: How many facts at the most.
        kinds: Which axioms.
    """
    ontology = Graph()
    for name in CLASSES:
        ontology.add((name, RDF.type, OWL.Class))
    for name in PROPERTIES:
        ontology.add((name, RDF.type, OWL.ObjectProperty))
    for _ in range(draw(st.integers(1, axioms))):
        draw(_axiom(ontology, kinds))
    data = draw(st.lists(facts, min_size=1, max_size=size, unique=True))
    return Case(ontology, tuple(data))
