"""A store in memory that reasoning works in before a generation is written."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique.store import terms
from communique.store.engine import Embedded, each

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rdflib import Graph

    from communique.reasoning.closure import Step
    from communique.store.terms import Triple

_LINES: Final = ox.RdfFormat.N_TRIPLES
_BLANK: Final = b"_:"


class Memory(Embedded):
    """An engine that starts empty and is gone when it is no longer used."""

    def __init__(self) -> None:
        super().__init__(ox.Store())
        # Oxigraph waits for its own lock while it holds Python's, and the other way round.
        self._writing = threading.Lock()

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

    def insert(self, steps: Sequence[Step], target: str) -> None:
        """Put into a graph what follows by rules.

        An update evaluates alone; queries run beside one another, and to write what they give in
        one go takes a fraction of the time.

        Args:
            steps: The rules, and where they are to be applied.
            target: The graph.
        """

        def draw(step: Step) -> None:
            found = self.store.query(step.query())
            if not isinstance(found, ox.QueryTriples):
                raise TypeError("a CONSTRUCT query is needed")
            lines = found.serialize(format=_LINES)
            if lines:
                with self._writing:
                    self._put(lines, target)

        for _ in each(draw, steps):
            pass

    def _put(self, lines: bytes, name: str) -> None:
        """Put triples into a graph.

        Args:
            lines: The triples as N-Triples, as the store has written them.
            name: The IRI of the graph.
        """
        if _BLANK not in lines:
            graph = ox.NamedNode(name)
            self.store.bulk_load(lines, format=_LINES, to_graph=graph, lenient=True)
            return
        # Loading a document gives its blank nodes new names.  These have theirs.
        quads = ox.parse(lines, format=_LINES, lenient=True, rename_blank_nodes=False)
        self.add((quad.triple for quad in quads), name)

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
