"""An edit of the graph, the register of the operators that make edits, and what they share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from rdflib import OWL, RDF, Graph, Literal, URIRef
from rdflib.term import Identifier

from mutation.vocabulary import CMQ, ID, VALUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Triple = tuple[Identifier, URIRef, Identifier]
Edit = tuple[tuple[Triple, ...], tuple[Triple, ...]]
"""The triples to take out, and those to put in."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One edit of the graph.

    Attributes:
        operator: The kind of slip.
        removed: The triples taken out.
        added: The triples put in.
    """

    operator: str
    removed: tuple[Triple, ...] = ()
    added: tuple[Triple, ...] = ()

    def __str__(self) -> str:
        """Return the edit on one line, fit for a list of survivors."""
        signs = (("-", self.removed), ("+", self.added))
        parts = [f"{sign} {_write(t)}" for sign, some in signs for t in sorted(some, key=_write)]
        return f"{self.operator}: " + "; ".join(parts)


OPERATORS: Final[dict[str, Callable[[Graph], Iterator[Edit]]]] = {}
"""The operators by name. Each yields only edits that leave a graph which is wrong.

Where the graph would merely say less, or another thing that may well be so, no shape can tell, and
an operator passes over.
"""


def operator(function: Callable[[Graph], Iterator[Edit]]) -> Callable[[Graph], Iterator[Edit]]:
    """Register a function as an operator of its own name.

    Args:
        function: Yields the edits that it can make of a graph.
    """
    OPERATORS[function.__name__.replace("_", "-")] = function
    return function


def mutants(graph: Graph) -> Iterator[Mutant]:
    """Make every edit of every operator, in a stable order.

    Args:
        graph: The graph.
    """
    for name, make in OPERATORS.items():
        found = {str(mutant): mutant for mutant in (Mutant(name, *edit) for edit in make(graph))}
        yield from (found[text] for text in sorted(found))


def triples(graph: Graph, *predicates: URIRef) -> Iterator[Triple]:
    """Yield the triples of the graph, or those with given properties."""
    for predicate in predicates or (None,):
        for triple in graph.triples((None, predicate, None)):
            yield cast("Triple", triple)


def of_class(graph: Graph, class_: URIRef) -> list[Identifier]:
    """Return the nodes of a class."""
    return cast("list[Identifier]", list(graph.subjects(RDF.type, class_)))


def value(graph: Graph, node: Identifier, property_: URIRef) -> Identifier:
    """Return the one value of a property."""
    return cast("Identifier", graph.value(node, property_))


def values(graph: Graph, node: Identifier | None, property_: URIRef) -> list[Identifier]:
    """Return the values of a property, at a node or anywhere, in a stable order."""
    return sorted(set(cast("Iterator[Identifier]", graph.objects(node, property_))))


def is_ours(term: Identifier) -> bool:
    """Say whether a term is a node, a term or a value of the project."""
    return isinstance(term, URIRef) and str(term).startswith((ID, CMQ, VALUE))


def is_our_property(triple: Triple) -> bool:
    """Say whether a triple has a property of our vocabulary."""
    return str(triple[1]).startswith(CMQ)


def is_header(graph: Graph, node: Identifier) -> bool:
    """Say whether a node is the header of a file."""
    return (node, RDF.type, OWL.Ontology) in graph


def is_text(term: Identifier) -> bool:
    """Say whether a term is a text in some language."""
    return isinstance(term, Literal) and term.language is not None


def is_only(graph: Graph, triple: Triple) -> bool:
    """Say whether a node has no other value of the property."""
    return len(values(graph, triple[0], triple[1])) == 1


def replace(old: Triple, new: Identifier) -> Edit:
    """Return the edit that gives a triple another object."""
    return (old,), ((old[0], old[1], new),)


def add(*triple: Identifier) -> Edit:
    """Return the edit that adds a triple."""
    return (), (cast("Triple", triple),)


def _write(triple: Triple) -> str:
    return " ".join(map(_short, triple))


@cache
def _short(term: Identifier) -> str:
    return term.n3().replace("https://w3id.org/communique/", "")
