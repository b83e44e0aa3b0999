"""From rdflib's terms to the store's."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pyoxigraph as ox
from rdflib.term import BNode, Literal, URIRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rdflib.term import Node

Triple = tuple["Node", "Node", "Node"]


class Terms:
    """Converts terms, and names blank nodes by where they first occur.

    A blank node gets its label from the name of the graph it occurs in first and a running number,
    so that the same dataset gives the same labels wherever and whenever it is built.
    """

    def __init__(self) -> None:
        self._labels: dict[BNode, ox.BlankNode] = {}
        self._terms: dict[URIRef, ox.NamedNode] = {}

    def quads(self, triples: Iterable[Triple], *graphs: str | None) -> Iterator[ox.Quad]:
        """Yield each triple once for each graph.

        Args:
            triples: The triples, with neither literal subjects nor blank predicates.
            graphs: The IRIs of the graphs; None is the default graph.
        """
        names = [ox.DefaultGraph() if graph is None else ox.NamedNode(graph) for graph in graphs]
        scope = next((graph for graph in graphs if graph is not None), "")
        prefix = "b" + sha256(scope.encode()).hexdigest()[:12]
        for subject, predicate, value in triples:
            terms = (
                self._resource(subject, prefix),
                self._named(predicate),
                self._term(value, prefix),
            )
            for name in names:
                yield ox.Quad(*terms, name)

    def _term(self, term: Node, prefix: str) -> ox.NamedNode | ox.BlankNode | ox.Literal:
        if isinstance(term, Literal):
            if term.language is not None:
                return ox.Literal(str(term), language=term.language)
            if term.datatype is not None:
                return ox.Literal(str(term), datatype=self._named(term.datatype))
            return ox.Literal(str(term))
        return self._resource(term, prefix)

    def _resource(self, term: Node, prefix: str) -> ox.NamedNode | ox.BlankNode:
        if isinstance(term, BNode):
            label = self._labels.get(term)
            if label is None:
                label = ox.BlankNode(f"{prefix}n{len(self._labels)}")
                self._labels[term] = label
            return label
        return self._named(term)

    def _named(self, term: Node) -> ox.NamedNode:
        if not isinstance(term, URIRef):
            raise TypeError(f"no IRI: {term!r}")
        named = self._terms.get(term)
        if named is None:
            named = self._terms[term] = ox.NamedNode(str(term))
        return named
