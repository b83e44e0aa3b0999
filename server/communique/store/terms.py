"""Between rdflib's terms and the store's."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pyoxigraph as ox
from rdflib import Graph
from rdflib.term import BNode, Literal, URIRef

from communique import turtle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rdflib.term import Node

Triple = tuple["Node", "Node", "Node"]


class Terms:
    """Converts terms, and names blank nodes by where they first occur.

    A blank node gets its label from the name of the graph it occurs in first and its number there,
    so that the same dataset gives the same labels wherever and whenever it is built.
    """

    def __init__(self) -> None:
        self._labels: dict[BNode, ox.BlankNode] = {}
        self._named: dict[URIRef, ox.NamedNode] = {}

    def quads(self, triples: Graph | Sequence[Triple], *graphs: str | None) -> Iterator[ox.Quad]:
        """Yield each triple once for each graph.

        Args:
            triples: The triples, with neither literal subjects nor blank predicates.
            graphs: The IRIs of the graphs; None is the default graph.
        """
        names = [ox.DefaultGraph() if graph is None else ox.NamedNode(graph) for graph in graphs]
        self._label(triples, next((graph for graph in graphs if graph is not None), ""))
        for subject, predicate, value in triples:
            terms = (self._resource(subject), self._name(predicate), self._term(value))
            for name in names:
                yield ox.Quad(*terms, name)

    def _label(self, triples: Iterable[Triple], graph: str) -> None:
        """Label the blank nodes that are new.

        Reading numbers those of a file in the order of the text, so by length and then by letter
        their own labels sort in that order; the rest of a label depends on where the file lies.
        """
        new = {
            term
            for subject, _predicate, value in triples
            for term in (subject, value)
            if isinstance(term, BNode) and term not in self._labels
        }
        scope = sha256(graph.encode()).hexdigest()[:12]
        for number, node in enumerate(sorted(new, key=lambda node: (len(node), node))):
            self._labels[node] = ox.BlankNode(f"b{scope}n{number}")

    def _term(self, term: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
        if isinstance(term, Literal):
            if term.language is not None:
                return ox.Literal(str(term), language=term.language)
            if term.datatype is not None:
                return ox.Literal(str(term), datatype=self._name(term.datatype))
            return ox.Literal(str(term))
        return self._resource(term)

    def _resource(self, term: Node) -> ox.NamedNode | ox.BlankNode:
        return self._labels[term] if isinstance(term, BNode) else self._name(term)

    def _name(self, term: Node) -> ox.NamedNode:
        if not isinstance(term, URIRef):
            raise TypeError(f"no IRI: {term!r}")
        name = self._named.get(term)
        if name is None:
            name = self._named[term] = ox.NamedNode(str(term))
        return name


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
