"""What rdflib sees of a store: some of its graphs and triples besides, as one plain graph."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
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
    Placed = tuple[Triple, str]
    """A triple, and the name of its graph."""


_DEFAULT: Final = ox.DefaultGraph()
_MUCH: Final = 256
"""So many triples about a node, or to a node, are remembered."""
_KEPT: Final = 20_000
"""So many nodes are remembered."""


class Reader:
    """Reads the named graphs of a store, and remembers what it has read: the store stays as it is.

    Args:
        store: The store.
    """

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self._terms: dict[object, Node] = {}
        self._given: dict[Node, ox.NamedNode | ox.BlankNode | ox.Literal] = {}
        self._convert = Terms().term
        self._about: dict[Node, dict[Node, list[Placed]] | None] = {}
        self._towards: dict[tuple[Node | None, Node], list[Placed]] = {}

    def read(self, pattern: Pattern) -> Iterator[Placed]:
        """Yield the triples that match a pattern, each with the name of its graph.

        One may come more than once.

        Args:
            pattern: Subject, predicate and object; None stands for any.
        """
        subject, predicate, value = pattern
        about = None if subject is None else self._read_about(subject)
        if about is not None:
            kinds = about.values() if predicate is None else (about.get(predicate, ()),)
            for placed in kinds:
                for one in placed:
                    if value is None or one[0][2] == value:
                        yield one
        elif subject is None and value is not None:
            yield from self._read_towards(predicate, value)
        else:
            yield from self._quads(pattern)

    def close(self) -> None:
        """Let go of the store; nothing can be asked any more."""
        del self._store

    def _read_about(self, subject: Node) -> dict[Node, list[Placed]] | None:
        """Return what is said of a node, by property; None if it is too much to remember."""
        if subject not in self._about:
            if len(self._about) >= _KEPT:
                self._about.clear()
            read = list(islice(self._quads((subject, None, None)), _MUCH))
            found: dict[Node, list[Placed]] = defaultdict(list)
            for one in read:
                found[one[0][1]].append(one)
            self._about[subject] = found if len(read) < _MUCH else None
        return self._about[subject]

    def _read_towards(self, predicate: Node | None, value: Node) -> Iterator[Placed]:
        """Yield what points at a node."""
        known = self._towards.get((predicate, value))
        if known is not None:
            yield from known
            return
        if len(self._towards) >= _KEPT:
            self._towards.clear()
        read: list[Placed] = []
        for one in self._quads((None, predicate, value)):
            if len(read) < _MUCH:
                read.append(one)
            yield one
        if len(read) < _MUCH:
            self._towards[predicate, value] = read

    def _quads(self, pattern: Pattern) -> Iterator[Placed]:
        subject, predicate, value = map(self._asked, pattern)
        if isinstance(subject, ox.Literal) or isinstance(predicate, ox.Literal | ox.BlankNode):
            return
        for quad in self._store.quads_for_pattern(subject, predicate, value, None):
            # The store takes equal values for the same literal, which rdflib does not.
            if value is not None and quad.object != value:
                continue
            quads: Iterable[ox.Quad] = (quad,)
            if subject is None and quad.graph_name == _DEFAULT:
                # The default graph comes first, and of a node that much points at, it has much.
                # Whoever only asks whether there is a triple need not wait for its end.
                quads = self._store.quads_for_pattern(
                    quad.subject, quad.predicate, quad.object, None
                )
            for one in quads:
                if one.graph_name != _DEFAULT:
                    name = one.graph_name.value  # type: ignore[union-attr]
                    terms = (one.subject, one.predicate, one.object)
                    yield (self._term(terms[0]), self._term(terms[1]), self._term(terms[2])), name

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


class View(Store):
    """A read-only union of named graphs of an Oxigraph store and of graphs in memory.

    Nothing is copied.  A triple that is in several of the graphs appears once.

    Args:
        store: The store, or who reads it for several views.
        seen: Whether the graph of a name is among those seen.
        besides: The graphs in memory.

    Attributes:
        graph: The plain graph.
    """

    context_aware = True
    graph_aware = True
    # So say all stores that pySHACL can have a graph on; it asks this one for the one graph only.

    def __init__(
        self, store: ox.Store | Reader, seen: Callable[[str], bool], *besides: Graph
    ) -> None:
        super().__init__()
        self._reader = store if isinstance(store, Reader) else Reader(store)
        self._seen = seen
        self._besides = besides
        self._graphs: dict[str, bool] = {}
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

    def placed(self, pattern: Pattern) -> Iterator[Placed]:
        """Yield the triples of the store that match a pattern, each with the name of its graph.

        One may come more than once.

        Args:
            pattern: Subject, predicate and object; None stands for any.
        """
        for triple, name in self._reader.read(pattern):
            seen = self._graphs.get(name)
            if seen is None:
                seen = self._graphs[name] = self._seen(name)
            if seen:
                yield triple, name

    def close(self, commit_pending_transaction: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - rdflib's
        """Let go of the store; nothing can be asked any more.

        Args:
            commit_pending_transaction: There is none.
        """
        self._reader.close()

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
