"""A store in memory that reasoning works in before a generation is written."""

from __future__ import annotations

import pyoxigraph as ox
from rdflib import Graph

from communique import turtle
from communique.store.engine import Embedded
from communique.store.terms import Terms


class Memory(Embedded):
    """An engine that starts empty and is gone when it is no longer used."""

    def __init__(self) -> None:
        super().__init__(ox.Store())

    def load(self, triples: Graph, name: str) -> None:
        """Copy triples into a graph.

        Args:
            triples: The triples.
            name: The IRI of the graph.
        """
        self.store.bulk_extend(Terms().quads(triples, name))

    def graph(self, name: str) -> Graph:
        """Return a copy of a graph.

        Args:
            name: The IRI of the graph.
        """
        found = Graph(bind_namespaces="none")
        for quad in self.store.quads_for_pattern(None, None, None, ox.NamedNode(name)):
            subject, predicate, value = map(turtle.to_rdflib, quad.triple)
            found.add((subject, predicate, value))
        return found
