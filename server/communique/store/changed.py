"""Triples that come and go."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyoxigraph as ox


def within(graph: ox.NamedNode | ox.DefaultGraph, triple: ox.Triple) -> ox.Quad:
    """Return a triple in a graph.

    Args:
        graph: The graph.
        triple: The triple.
    """
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)


@dataclass(slots=True)
class Changed:
    """Triples that come and triples that go.

    Attributes:
        gained: Those that come.
        lost: Those that go.
    """

    gained: set[ox.Triple] = field(default_factory=set)
    lost: set[ox.Triple] = field(default_factory=set)

    def note(self, triple: ox.Triple, *, before: bool, after: bool) -> None:
        """Take note of a triple, if it comes or goes.

        Args:
            triple: The triple.
            before: Whether it is there before.
            after: Whether it is there after.
        """
        if after and not before:
            self.gained.add(triple)
        elif before and not after:
            self.lost.add(triple)

    @property
    def growth(self) -> int:
        """How many more there are after than before."""
        return len(self.gained) - len(self.lost)
