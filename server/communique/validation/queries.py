"""The queries of shapes: prepared for being asked again and again, and seen through.

rdflib parses a query whenever it is asked, joins what could be looked up, and takes a bound ``0``
at the end of a sequence path for no value at all.  So a query is parsed once, and its algebra is
put in order for the one way it is asked: with ``$this`` known.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rdflib import RDF, Graph, URIRef, Variable
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.parserutils import CompValue

from communique.errors import RefusedQuery
from communique.store import guard
from communique.validation import paths
from communique.validation.algebra import bound, existing, variables
from communique.validation.signs import Sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rdflib.plugins.sparql.sparql import Query
    from rdflib.query import Result
    from rdflib.store import Store
    from rdflib.term import Node

    from communique.validation.paths import Edge

_KEPT: Final = 1024
"""So many queries are kept; the bundled shapes have some seventy."""
_THIS: Final = Variable("this")


class Queried(Graph):
    """A graph that is asked the same queries for one focus node after another.

    Args:
        store: What it is a view of; memory of its own if nothing is given.
    """

    def __init__(self, store: Store | None = None) -> None:
        super().__init__(store if store is not None else "default", bind_namespaces="none")

    def query(self, query_object: str | Query, *args: Any, **kwargs: Any) -> Result:  # noqa: ANN401 - passed on
        """Ask the graph.

        Args:
            query_object: The query.
            args: Passed on.
            kwargs: Passed on.
        """
        if isinstance(query_object, str):
            query_object = compiled(query_object)
        return super().query(query_object, *args, **kwargs)


@lru_cache(maxsize=_KEPT)
def compiled(text: str) -> Query:
    """Parse a query of a shape, and put it in order for being asked with ``$this`` known.

    Args:
        text: The query.

    Raises:
        RefusedQuery: It names services or graphs, which rdflib would fetch.
    """
    sources = guard.inspect(text).sources
    if sources:
        raise RefusedQuery("FROM is refused", "ask the data graph", clause="FROM")
    query = prepareQuery(text)
    _Planner(paths.variables("+")).plan(query.algebra, frozenset({_THIS}))
    return query


class _Planner:
    """Puts the parts of a query in order."""

    def __init__(self, fresh: Iterator[Variable]) -> None:
        self._fresh = fresh

    def plan(self, part: CompValue, known: frozenset[Node]) -> CompValue:
        """Put a part in order, in place as far as possible.

        Args:
            part: A part of the algebra.
            known: The variables that have a value when it is evaluated.

        Returns:
            What to evaluate in its place.
        """
        if part.name == "BGP":
            return self._lookups(part, known)
        if part.name == "Join":
            return self._join(part, known)
        after = known
        for name in ("p", "p1", "p2"):
            inner = part.get(name)
            if isinstance(inner, CompValue):
                if name == "p2" and part.name == "LeftJoin":
                    after = known | bound(part.p1)
                part[name] = self.plan(inner, after if name == "p2" else known)
        if part.name in {"Filter", "Extend"}:
            self._within(part.expr, known | bound(part.p))
        elif part.name == "LeftJoin":
            self._within(part.expr, after | bound(part.p2))
        return part

    def _join(self, join: CompValue, known: frozenset[Node]) -> CompValue:
        """Look up the second half with what the first one gave, where that changes nothing."""
        if join.p1.name == "BGP" and not join.p1.triples:
            return self.plan(join.p2, known)
        join["lazy"] = join.lazy or _is_plain(join.p2)
        first = bound(join.p1)
        join["p1"] = self.plan(join.p1, known)
        join["p2"] = self.plan(join.p2, known | first if join.lazy else known)
        return join

    def _lookups(self, bgp: CompValue, known: frozenset[Node]) -> CompValue:
        """Order triple patterns so that each begins, if possible, at a subject that is known."""
        left = [part for edge in bgp.triples for part in paths.expand(edge, self._fresh)]
        order: list[Edge] = []
        have = set(known)
        while left:
            best = min(left, key=lambda edge: _cost(edge, have))
            left.remove(best)
            order.append(best)
            have |= {term for term in best if isinstance(term, Variable)}
        if order == sorted(order, key=lambda edge: _unknown(edge, known)):
            # rdflib sorts them so itself.
            bgp["triples"] = order
            return bgp
        joined = _lookup(order[0])
        for number, edge in enumerate(order[1:], 2):
            joined = CompValue(
                "Join", p1=joined, p2=_lookup(edge), lazy=True, _vars=variables(order[:number])
            )
        return joined

    def _within(self, expression: object, known: frozenset[Node]) -> None:
        for node, _ in existing(expression, Sign.ADDED):
            node.graph = self.plan(node.graph, known)


def _lookup(edge: Edge) -> CompValue:
    return CompValue("BGP", triples=[edge], _vars=variables([edge]))


def _unknown(edge: Edge, known: Iterable[Node]) -> int:
    return sum(isinstance(term, Variable) and term not in known for term in edge)


def _cost(edge: Edge, known: Iterable[Node]) -> tuple[int, int]:
    """Guess how many matches there are to try, and sort by what is unknown where they are few."""
    subject, predicate, value = edge
    free = [isinstance(term, Variable) and term not in known for term in (subject, value)]
    if not any(free):
        return 0, _unknown(edge, known)
    if not free[0]:
        return 1, _unknown(edge, known)
    if free[1]:
        return 5, _unknown(edge, known)
    if value == _THIS:
        return 2, _unknown(edge, known)
    hub = predicate == RDF.type or isinstance(value, URIRef)
    return 4 if hub else 3, _unknown(edge, known)


def _is_plain(part: CompValue) -> bool:
    """Say whether a part gives the same with some of its variables known beforehand."""
    if part.name == "BGP":
        return True
    return part.name in {"Join", "Union"} and _is_plain(part.p1) and _is_plain(part.p2)
