"""Which of the triples that files say are facts: what is known without being inferred.

The one place that decides it, for whole datasets and for changes alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from communique import namespaces
from communique.sources import Kind
from communique.store import withdrawals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from communique.claims.retractions import Withdrawn
    from communique.store.generation import GraphEntry


@dataclass(frozen=True)
class Facts:
    """The facts of a dataset.

    Attributes:
        store: Holds the graph of each file under its name, and does not change any more.
        graphs: What the manifest says of the named graphs.
        known: What is withdrawn, where that is known already.
    """

    store: ox.Store
    graphs: Mapping[str, GraphEntry]
    known: Withdrawn | None = None

    @cached_property
    def withdrawn(self) -> Withdrawn:
        """What the editors have retracted or superseded."""
        return withdrawals.read(self.store, self.graphs) if self.known is None else self.known

    def counts(self, quad: ox.Quad) -> bool:
        """Tell whether a triple is fact, or axiom, for standing in a named graph.

        Args:
            quad: The triple, in the graph.
        """
        name, value = quad.graph_name, quad.object
        if not isinstance(name, ox.NamedNode) or name.value not in self.graphs:
            return False
        entry = self.graphs[name.value]
        if entry["kind"] != Kind.GRAPH:
            return entry["kind"] == Kind.ONTOLOGY
        return self.withdrawn.is_fact(
            name.value,
            accepted=entry["layer"] in namespaces.FACT_LAYERS,
            subject=quad.subject.value if isinstance(quad.subject, ox.NamedNode) else "",
            value=value.value if isinstance(value, ox.NamedNode) else None,
        )

    def asserts(self, triple: ox.Triple) -> bool:
        """Tell whether any graph asserts a triple.

        Args:
            triple: The triple.
        """
        terms = (triple.subject, triple.predicate, triple.object)
        return any(map(self.counts, self.store.quads_for_pattern(*terms, None)))

    def of(self, graph: str) -> Iterator[ox.Triple]:
        """Yield the facts that a graph asserts.

        Args:
            graph: Its IRI.
        """
        for quad in self.store.quads_for_pattern(None, None, None, ox.NamedNode(graph)):
            if self.counts(quad):
                yield quad.triple

    def doubtful(self, other: Facts) -> Iterator[ox.Triple]:
        """Yield the triples that may be fact in one state of a dataset alone.

        Those are left out that stand in other graphs in one state than in the other.

        Args:
            other: The other state.
        """
        differing, nodes = self.withdrawn.differs(other.withdrawn)
        graphs = {*differing, *self._moved(other)}
        for facts in (self, other):
            for graph in graphs:
                name = ox.NamedNode(graph)
                for quad in facts.store.quads_for_pattern(None, None, None, name):
                    yield quad.triple
            for node in map(ox.NamedNode, nodes):
                for quad in facts.store.quads_for_pattern(node, None, None, None):
                    yield quad.triple
                for quad in facts.store.quads_for_pattern(None, None, node, None):
                    yield quad.triple

    def _moved(self, other: Facts) -> Iterator[str]:
        """Yield the graphs that are of one layer in one state and of another in the other."""
        for name, entry in self.graphs.items():
            there = other.graphs.get(name, entry)
            if there is not entry and there["layer"] != entry["layer"]:
                yield name
