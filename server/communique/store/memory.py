"""A store in memory that reasoning works in before a generation is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from communique.store import terms
from communique.store.engine import Embedded

if TYPE_CHECKING:
    from rdflib import Graph


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
        self.store.bulk_extend(terms.Terms().quads(triples, name))

    def graph(self, name: str) -> Graph:
        """Return a copy of a graph.

        Args:
            name: The IRI of the graph.
        """
        return terms.graph(self.store, name)
