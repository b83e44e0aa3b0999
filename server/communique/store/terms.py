"""Between rdflib's terms and the store's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox
from rdflib import Graph
from rdflib.term import BNode, Literal, URIRef

from communique import turtle
from communique.namespaces import RDF

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rdflib.term import Node

Triple = tuple["Node", "Node", "Node"]


class Terms:
    """Converts terms; blank nodes keep their labels."""

    def __init__(self) -> None:
        self._named: dict[URIRef, ox.NamedNode] = {}

    def quads(self, triples: Graph | Sequence[Triple], *graphs: str | None) -> Iterator[ox.Quad]:
        """Yield each triple once for each graph.

        Args:
            triples: The triples, with neither literal subjects nor blank predicates.
            graphs: The IRIs of the graphs; None is the default graph.
        """
        names = [ox.DefaultGraph() if graph is None else ox.NamedNode(graph) for graph in graphs]
        for subject, predicate, value in triples:
            terms = (self._resource(subject), self._name(predicate), self.term(value))
            for name in names:
                yield ox.Quad(*terms, name)

    def term(self, term: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
        """Convert a term.

        Args:
            term: The term.
        """
        if isinstance(term, Literal):
            if term.language is not None:
                return ox.Literal(str(term), language=term.language)
            if term.datatype is not None:
                return ox.Literal(str(term), datatype=self._name(term.datatype))
            return ox.Literal(str(term))
        return self._resource(term)

    def _resource(self, term: Node) -> ox.NamedNode | ox.BlankNode:
        return ox.BlankNode(term) if isinstance(term, BNode) else self._name(term)

    def _name(self, term: Node) -> ox.NamedNode:
        if not isinstance(term, URIRef):
            raise TypeError(f"no IRI: {term!r}")
        name = self._named.get(term)
        if name is None:
            name = self._named[term] = ox.NamedNode(str(term))
        return name


class Contents:
    """What a graph of a store holds, by rdflib's terms.

    Values that the store does not tell apart, such as ``01`` and ``1``, are the same here too.

    Args:
        store: The store.
        graph: The graph.
    """

    def __init__(self, store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> None:
        self._store = store
        self._graph = graph
        self._terms = Terms()

    def __contains__(self, triple: object) -> bool:
        """Tell whether the graph holds a triple."""
        if not isinstance(triple, tuple):
            return False
        [quad] = self._terms.quads([triple], None)
        return ox.Quad(quad.subject, quad.predicate, quad.object, self._graph) in self._store


def graph(store: ox.Store, name: str) -> Graph:
    """Return a copy of a named graph.

    Args:
        store: The store.
        name: The IRI of the graph.
    """
    found = Graph(bind_namespaces="none")
    for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(name)):
        subject, predicate, value = map(turtle.to_rdflib, quad.triple)
        found.add((subject, predicate, value))
    return found


def is_exact(triples: Iterable[Triple]) -> bool:
    """Say whether a store holds triples to the letter: it has one literal for ``01`` and ``1``.

    Args:
        triples: The triples.
    """
    convert = Terms().term
    typed = {
        convert(value)
        for _, _, value in triples
        if isinstance(value, Literal) and value.datatype is not None
    }
    store, node = ox.Store(), ox.NamedNode(RDF)
    store.extend(ox.Quad(node, node, literal) for literal in typed)
    return typed == {quad.object for quad in store}
