"""What is withdrawn, as a generation holds it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypedDict

import pyoxigraph as ox

from communique.claims import retractions
from communique.claims.retractions import Withdrawn
from communique.namespaces import FACT_LAYERS, RDF, WITHDRAWN_GRAPH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from communique.store.generation import GraphEntry

_TYPE = ox.NamedNode(RDF + "type")


class WithdrawnCount(TypedDict):
    """How many articles and claims are withdrawn, without what goes with them."""

    retracted: int
    superseded: int


def count(withdrawn: Withdrawn) -> WithdrawnCount:
    """Count the articles and claims that are withdrawn.

    Args:
        withdrawn: What is withdrawn.
    """
    return WithdrawnCount(retracted=len(withdrawn.retracted), superseded=len(withdrawn.superseded))


def marks(withdrawn: Withdrawn) -> Iterator[ox.Quad]:
    """Yield the quads that name what does not count as fact.

    Args:
        withdrawn: What is withdrawn.
    """
    graph, predicate = ox.NamedNode(WITHDRAWN_GRAPH), ox.NamedNode(retractions.WITHDRAWN_BY)
    for node, decision in withdrawn.marks():
        yield ox.Quad(ox.NamedNode(node), predicate, ox.NamedNode(decision), graph)


def read(store: ox.Store, graphs: Mapping[str, GraphEntry]) -> Withdrawn:
    """Find what is withdrawn in a store that holds the graphs of a dataset's files.

    Args:
        store: The store.
        graphs: The named graphs that are of files, as the manifest has them.
    """
    return retractions.find(_Stored(store, graphs))


def marked(store: ox.Store, graphs: Mapping[str, GraphEntry]) -> Withdrawn:
    """Return what is withdrawn in a generation, which has marks of it.

    Args:
        store: The store of the generation.
        graphs: What its manifest says of the named graphs.
    """
    if WITHDRAWN_GRAPH not in graphs:
        return Withdrawn()
    nodes: dict[str, set[str]] = defaultdict(set)
    marks = store.quads_for_pattern(None, None, None, ox.NamedNode(WITHDRAWN_GRAPH))
    for node, decision, _ in _iris(marks):
        nodes[node].add(decision)
    return retractions.known(_Stored(store, graphs), nodes)


def follow(
    before: Withdrawn,
    store: ox.Store,
    graphs: Mapping[str, GraphEntry],
    touched: Iterable[ox.Triple],
) -> Withdrawn:
    """Find what is withdrawn after a change, at a cost of its own unless it concerns that.

    Args:
        before: What was withdrawn before.
        store: The store after the change.
        graphs: The named graphs that are of files, after the change.
        touched: The triples that have come into graphs, or gone out of them.
    """
    written = _Stored(store, graphs)
    triples = (
        (
            triple.subject.value if isinstance(triple.subject, ox.NamedNode) else "",
            triple.predicate.value,
            triple.object.value if isinstance(triple.object, ox.NamedNode) else "",
        )
        for triple in touched
    )
    if any(retractions.concerns(before, written, triple) for triple in triples):
        return retractions.find(written)
    return before


class _Stored:
    """What a store holds of ``graph/``, as :mod:`communique.claims.retractions` asks it."""

    def __init__(self, store: ox.Store, graphs: Mapping[str, GraphEntry]) -> None:
        self._store = store
        layers = {name: entry["layer"] for name, entry in graphs.items()}
        self._graphs = {name for name, layer in layers.items() if layer is not None}
        self._accepted = {name for name, layer in layers.items() if layer in FACT_LAYERS}

    def decisions(self, predicate: str) -> Iterator[tuple[str, str]]:
        """Yield who decides on what, whatever the layer."""
        found = self._store.quads_for_pattern(None, ox.NamedNode(predicate), None, None)
        for subject, value, graph in _iris(found):
            if graph in self._graphs:
                yield subject, value

    def values(self, subject: str, predicate: str) -> Iterator[str]:
        """Yield the IRIs that are values of a property of a node."""
        terms = (ox.NamedNode(subject), ox.NamedNode(predicate))
        found = self._store.quads_for_pattern(*terms, None, None)
        return (value for _, value, graph in _iris(found) if graph in self._accepted)

    def subjects(self, predicate: str, value: str) -> Iterator[str]:
        """Yield the nodes of which a property has a value."""
        terms = (ox.NamedNode(predicate), ox.NamedNode(value))
        found = self._store.quads_for_pattern(None, *terms, None)
        return (subject for subject, _, graph in _iris(found) if graph in self._accepted)

    def homes(self, node: str) -> set[str]:
        """Return the graphs that give a node a class."""
        found = self._store.quads_for_pattern(ox.NamedNode(node), _TYPE, None, None)
        return {
            quad.graph_name.value
            for quad in found
            if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value in self._accepted
        }

    def described(self, graph: str) -> Iterator[str]:
        """Yield the nodes to which a graph gives a class."""
        found = self._store.quads_for_pattern(None, _TYPE, None, ox.NamedNode(graph))
        return (quad.subject.value for quad in found if isinstance(quad.subject, ox.NamedNode))


def _iris(quads: Iterator[ox.Quad]) -> Iterator[tuple[str, str, str]]:
    """Yield subject, object and graph of the quads in which all three are IRIs."""
    for quad in quads:
        subject, value, graph = quad.subject, quad.object, quad.graph_name
        if (
            isinstance(subject, ox.NamedNode)
            and isinstance(value, ox.NamedNode)
            and isinstance(graph, ox.NamedNode)
        ):
            yield subject.value, value.value, graph.value
