"""Closing an ontology with data in a store in memory, for the tests of reasoning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rdflib import OWL, RDFS, BNode, Graph

from communique import reasoning
from communique.reasoning import increments
from communique.store.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rdflib.term import Node

    from communique.reasoning.closure import Engine
    from communique.reasoning.rules import Pattern
    from communique.reasoning.schema import Schema
    from communique.store.remote import Remote
    from ontologies import Case

FACTS: Final = "urn:facts"
INFERRED: Final = "urn:inferred"
SCHEMA: Final = frozenset(
    term.n3()
    for term in (
        RDFS.subClassOf,
        RDFS.subPropertyOf,
        RDFS.domain,
        RDFS.range,
        OWL.equivalentClass,
        OWL.equivalentProperty,
    )
)


def patterns(triples: Iterable[tuple[Node, ...]]) -> set[Pattern]:
    """Write triples without blank nodes as rules do."""
    named = (triple for triple in triples if not any(isinstance(term, BNode) for term in triple))
    return {(subject.n3(), predicate.n3(), value.n3()) for subject, predicate, value in named}


def about_data(triples: Iterable[Pattern]) -> set[Pattern]:
    """Leave out what is about the schema or nodes without names, or trivial."""
    kinds = {OWL.Class.n3(), OWL.ObjectProperty.n3()}
    return {
        (subject, predicate, value)
        for subject, predicate, value in triples
        if predicate not in SCHEMA
        and value not in kinds
        and not subject.startswith("_:")
        and not value.startswith("_:")
        and not (predicate == OWL.sameAs.n3() and subject == value)
    }


def stored(engine: Engine, graph: str) -> set[Pattern]:
    """Return the triples of a named graph."""
    rows = engine.select(f"SELECT ?s ?p ?o WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")
    return {(subject, predicate, value) for subject, predicate, value in rows}


def closed(case: Case) -> tuple[Memory, Schema]:
    """Close an ontology with its data, in a store of its own."""
    engine = Memory()
    return engine, close_in(engine, case)


def close_in(engine: Memory | Remote, case: Case) -> Schema:
    """Close an ontology with its data, in a store that has neither graph."""
    schema = reasoning.close_schema(case.ontology)
    facts = Graph()
    for triple in case.ontology:
        facts.add(triple)
    for triple in case.data:
        facts.add(triple)
    engine.load(facts, FACTS)
    reasoning.close(engine, schema, FACTS, INFERRED)
    return schema


def serve(engine: Engine) -> None:
    """Make everything known the default graph, as in a generation."""
    engine.update(f"ADD GRAPH <{FACTS}> TO DEFAULT ; ADD GRAPH <{INFERRED}> TO DEFAULT")


def add(engine: Engine, schema: Schema, triples: Iterable[Pattern]) -> increments.Change:
    """Assert triples, and follow them up."""
    new = set(triples) - stored(engine, FACTS)
    for graph in (FACTS, increments.ADDED):
        engine.update(f"INSERT DATA {{ GRAPH <{graph}> {{ {_data(new)} }} }}")
    return increments.add(engine, schema.rules, INFERRED)


def remove(engine: Engine, schema: Schema, triples: Iterable[Pattern]) -> increments.Change:
    """Take triples back, and what rests on them."""
    gone = set(triples) & stored(engine, FACTS)
    engine.update(f"DELETE DATA {{ GRAPH <{FACTS}> {{ {_data(gone)} }} }}")
    engine.update(f"INSERT DATA {{ GRAPH <{increments.REMOVED}> {{ {_data(gone)} }} }}")
    return increments.remove(engine, schema.rules, INFERRED)


def _data(triples: Iterable[Pattern]) -> str:
    return " ".join(" ".join(triple) + " ." for triple in triples)
