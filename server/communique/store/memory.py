"""A store in memory that reasoning works in before a generation is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from communique.store import terms
from communique.store.engine import Embedded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rdflib import Graph

    from communique.store.terms import Triple


class Memory(Embedded):
    """An engine that starts empty and is gone when it is no longer used."""

    def __init__(self) -> None:
        super().__init__(ox.Store())

    def load(self, triples: Graph | Sequence[Triple], name: str) -> None:
        """Copy triples into a graph.

        Args:
            triples: The triples.
            name: The IRI of the graph.
        """
        self.store.bulk_extend(terms.Terms().quads(triples, name))

    def add(self, triples: Iterable[ox.Triple], name: str) -> None:
        """Put triples of the store's own into a graph.

        Args:
            triples: The triples.
            name: The IRI of the graph.
        """
        graph = ox.NamedNode(name)
        self.store.bulk_extend(
            ox.Quad(triple.subject, triple.predicate, triple.object, graph) for triple in triples
        )

    def size(self, name: str) -> int:
        """Count the triples of a graph.

        Args:
            name: The IRI of the graph.
        """
        return sum(1 for _ in self.store.quads_for_pattern(None, None, None, ox.NamedNode(name)))

    def contents(self, name: str) -> terms.Contents:
        """Return what is in a graph, to look single triples up.

        Args:
            name: The IRI of the graph.
        """
        return terms.Contents(self.store, ox.NamedNode(name))

    def graph(self, name: str) -> Graph:
        """Return a copy of a graph.

        Args:
            name: The IRI of the graph.
        """
        return terms.graph(self.store, name)
