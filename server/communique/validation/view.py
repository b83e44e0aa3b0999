"""What rdflib sees of a store: some of its graphs and triples besides, as one plain graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.store import Store

from communique import turtle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rdflib.term import Node

    Pattern = tuple[Node | None, Node | None, Node | None]
    Triple = tuple[Node, Node, Node]


class View(Store):
    """A read-only union of named graphs of an Oxigraph store and of graphs in memory.

    Nothing is copied.  A triple that is in several of the graphs appears once.

    Args:
        store: The store.
        seen: Whether the graph of a name is among those seen.
        besides: The graphs in memory.
    """

    context_aware = True
    graph_aware = True
    # So say all stores that pySHACL can have a graph on; it asks this one for the one graph only.

    def __init__(self, store: ox.Store, seen: Callable[[str], bool], *besides: Graph) -> None:
        super().__init__()
        self._base = store
        self._seen = seen
        self._besides = besides
        self._graphs: dict[object, bool] = {ox.DefaultGraph(): False}
        self._terms: dict[object, Node] = {}

    def triples(
        self,
        triple_pattern: Pattern,
        context: object = None,  # noqa: ARG002 - rdflib's
    ) -> Iterator[tuple[Triple, Iterator[None]]]:
        """Yield the triples that match a pattern, as rdflib asks for them.

        Args:
            triple_pattern: Subject, predicate and object; None stands for any.
            context: The graph asked for, of which there is only one.
        """
        given: set[Triple] = set()
        for triple, _ in self.placed(triple_pattern):
            if triple not in given:
                given.add(triple)
                yield triple, iter(())
        for graph in self._besides:
            for triple in graph.triples(triple_pattern):
                if triple not in given:
                    given.add(triple)
                    yield triple, iter(())

    def placed(self, pattern: Pattern) -> Iterator[tuple[Triple, str]]:
        """Yield the triples of the store that match a pattern, each with the name of its graph.

        Args:
            pattern: Subject, predicate and object; None stands for any.
        """
        subject, predicate, value = pattern
        if isinstance(subject, Literal) or not isinstance(predicate, URIRef | None):
            return
        asked = None if value is None else _to_store(value)
        quads = self._base.quads_for_pattern(
            None if subject is None else _to_store(subject),  # type: ignore[arg-type]
            None if predicate is None else ox.NamedNode(predicate),
            asked,
            None,
        )
        for quad in quads:
            # The store takes equal values for the same literal, which rdflib does not.
            if self._sees(quad.graph_name) and (asked is None or quad.object == asked):
                triple = (
                    self._term(quad.subject),
                    self._term(quad.predicate),
                    self._term(quad.object),
                )
                yield triple, quad.graph_name.value  # type: ignore[union-attr]

    def __len__(self, context: object = None) -> int:
        """Return 1, as counting would mean to look at everything: rdflib asks what is not empty.

        Args:
            context: The graph asked for, of which there is only one.
        """
        return 1

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:  # noqa: FBT001, FBT002 - rdflib's
        """Bind no prefix.

        Args:
            prefix: The prefix.
            namespace: The namespace.
            override: Whether another one gives way.
        """

    def namespaces(self) -> Iterator[tuple[str, URIRef]]:
        """Yield no prefixes."""
        return iter(())

    def _sees(self, graph: object) -> bool:
        seen = self._graphs.get(graph)
        if seen is None:
            seen = self._graphs[graph] = self._seen(graph.value)  # type: ignore[attr-defined]
        return seen

    def _term(self, term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Node:
        found = self._terms.get(term)
        if found is None:
            found = self._terms[term] = turtle.to_rdflib(term)
        return found


def _to_store(term: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Give rdflib's term as the store's."""
    if isinstance(term, BNode):
        return ox.BlankNode(term)
    if not isinstance(term, Literal):
        return ox.NamedNode(str(term))
    if term.language is not None:
        return ox.Literal(str(term), language=term.language)
    if term.datatype is not None:
        return ox.Literal(str(term), datatype=ox.NamedNode(term.datatype))
    return ox.Literal(str(term))
