"""What rdflib sees of a store: some of its graphs and triples besides, as one plain graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
from rdflib.plugins.stores.memory import SimpleMemory
from rdflib.store import Store

from communique import turtle
from communique.store.terms import Terms
from communique.validation.queries import Queried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rdflib import Graph, URIRef
    from rdflib.term import Node

    Pattern = tuple[Node | None, Node | None, Node | None]
    Triple = tuple[Node, Node, Node]


_DEFAULT: Final = ox.DefaultGraph()


class View(Store):
    """A read-only union of named graphs of an Oxigraph store and of graphs in memory.

    Nothing is copied.  A triple that is in several of the graphs appears once.

    Args:
        store: The store.
        seen: Whether the graph of a name is among those seen.
        besides: The graphs in memory.

    Attributes:
        graph: The plain graph.
    """

    context_aware = True
    graph_aware = True
    # So say all stores that pySHACL can have a graph on; it asks this one for the one graph only.

    def __init__(self, store: ox.Store, seen: Callable[[str], bool], *besides: Graph) -> None:
        super().__init__()
        self._base = store
        self._seen = seen
        self._besides = besides
        self._graphs: dict[object, bool] = {_DEFAULT: False}
        self._terms: dict[object, Node] = {}
        self._given: dict[Node, ox.NamedNode | ox.BlankNode | ox.Literal] = {}
        self._convert = Terms().term
        self._names = SimpleMemory()
        self.graph = Queried(self)

    def triples(
        self,
        triple_pattern: Pattern,
        context: object = None,  # noqa: ARG002 - rdflib's
    ) -> Iterator[tuple[Triple, Iterator[Graph]]]:
        """Yield the triples that match a pattern, as rdflib asks for them.

        Args:
            triple_pattern: Subject, predicate and object; None stands for any.
            context: The graph asked for, of which there is only one.
        """
        given: set[Triple] = set()
        for triple, _ in self.placed(triple_pattern):
            if triple not in given:
                given.add(triple)
                yield triple, iter((self.graph,))
        for graph in self._besides:
            for triple in graph.triples(triple_pattern):
                if triple not in given:
                    given.add(triple)
                    yield triple, iter((self.graph,))

    def placed(self, pattern: Pattern) -> Iterator[tuple[Triple, str]]:
        """Yield the triples of the store that match a pattern, each with the name of its graph.

        One may come more than once.

        Args:
            pattern: Subject, predicate and object; None stands for any.
        """
        subject, predicate, value = map(self._asked, pattern)
        if isinstance(subject, ox.Literal) or isinstance(predicate, ox.Literal | ox.BlankNode):
            return
        for quad in self._base.quads_for_pattern(subject, predicate, value, None):
            # The store takes equal values for the same literal, which rdflib does not.
            if value is not None and quad.object != value:
                continue
            quads: Iterable[ox.Quad] = (quad,)
            if subject is None and quad.graph_name == _DEFAULT:
                # The default graph comes first, and of a node that much points at, it has much.
                # Whoever only asks whether there is a triple need not wait for its end.
                quads = self._base.quads_for_pattern(
                    quad.subject, quad.predicate, quad.object, None
                )
            for one in quads:
                if self._sees(one.graph_name):
                    triple = (
                        self._term(one.subject),
                        self._term(one.predicate),
                        self._term(one.object),
                    )
                    yield triple, one.graph_name.value  # type: ignore[union-attr]

    def close(self, commit_pending_transaction: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - rdflib's
        """Let go of the store; nothing can be asked any more.

        Args:
            commit_pending_transaction: There is none.
        """
        del self._base

    def __len__(self, context: object = None) -> int:
        """Return 1, as counting would mean to look at everything: rdflib asks what is not empty.

        Args:
            context: The graph asked for, of which there is only one.
        """
        return 1

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:  # noqa: FBT001, FBT002 - rdflib's
        """Remember a prefix.

        Args:
            prefix: The prefix.
            namespace: The namespace.
            override: Whether another one gives way.
        """
        self._names.bind(prefix, namespace, override)

    def namespace(self, prefix: str) -> URIRef | None:
        """Return the namespace of a prefix.

        Args:
            prefix: The prefix.
        """
        return self._names.namespace(prefix)

    def prefix(self, namespace: URIRef) -> str | None:
        """Return the prefix of a namespace.

        Args:
            namespace: The namespace.
        """
        return self._names.prefix(namespace)

    def namespaces(self) -> Iterator[tuple[str, URIRef]]:
        """Yield the prefixes, each with its namespace."""
        return self._names.namespaces()

    def _sees(self, graph: object) -> bool:
        seen = self._graphs.get(graph)
        if seen is None:
            seen = self._graphs[graph] = self._seen(graph.value)  # type: ignore[attr-defined]
        return seen

    def _asked(self, term: Node | None) -> ox.NamedNode | ox.BlankNode | ox.Literal | None:
        if term is None:
            return None
        found = self._given.get(term)
        if found is None:
            found = self._given[term] = self._convert(term)
        return found

    def _term(self, term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Node:
        found = self._terms.get(term)
        if found is None:
            found = self._terms[term] = turtle.to_rdflib(term)
        return found
