"""What a query of a shape depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rdflib import Variable

from communique.validation import paths
from communique.validation.algebra import (
    TRANSPARENT,
    existing,
    is_by_chance,
    required,
    variables,
)
from communique.validation.signs import ANY, Sign, flipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rdflib.plugins.sparql.parserutils import CompValue
    from rdflib.plugins.sparql.sparql import Query
    from rdflib.term import Node

    from communique.validation.paths import Edge

    Found = Iterator[tuple[Sign, Edge, list[Edge]]]
    """How a match counts, its pattern, and edges that hold wherever it does."""

_THIS: Final = Variable("this")


class Unanalysable(Exception):  # noqa: N818 - no error: it leads to another way
    """It cannot be found what a query depends on."""


@dataclass
class Scope:
    """Finds what a query depends on.

    Attributes:
        fresh: Variables that are used nowhere else.
        focus: The node that the query is asked for.
        leading: The edges that lead to it from the focus node of the shape with targets.
    """

    fresh: Iterator[Variable]
    focus: Node
    leading: tuple[Edge, ...]

    def dependencies(
        self, query: Query, parity: Sign
    ) -> Iterator[tuple[Sign, Edge, tuple[Edge, ...]]]:
        """Yield what the query's having an answer depends on.

        Args:
            query: The query.
            parity: Whether it counts that it has an answer, or that it has none.

        Raises:
            Unanalysable: That cannot be found.
        """
        for sign, pattern, edges in self._part(query.algebra, [], parity):
            first, *others = self._renamed([pattern, *edges], {_THIS: self.focus})
            yield sign, first, (*self.leading, *others)

    def _part(self, part: CompValue, around: list[Edge], parity: Sign) -> Found:
        """Yield the patterns of a part, each with edges that hold wherever a match of it counts.

        Args:
            part: A part of the algebra.
            around: Edges that hold of every solution of the part that counts.
            parity: How its solutions count.
        """
        if part.name in TRANSPARENT:
            return self._part(part.p, around, parity)
        if part.name in {"AggregateJoin", "Group"}:
            return self._part(part.p, around, ANY)
        if part.name == "Slice":
            # Any solution may displace any other.
            return self._part(part.p, [], ANY)
        if part.name == "Project":
            return self._part(part.p, self._hidden(around, part), parity)
        read = {
            "BGP": self._patterns,
            "Extend": self._extend,
            "Filter": self._filter,
            "Join": self._join,
            "LeftJoin": self._optional,
            "Minus": self._minus,
            "ToMultiSet": self._values,
            "Union": self._union,
        }.get(part.name)
        if read is None:
            raise Unanalysable
        return read(part, around, parity)

    def _patterns(self, bgp: CompValue, around: list[Edge], parity: Sign) -> Found:
        for number, edge in enumerate(bgp.triples):
            others = [*bgp.triples[:number], *bgp.triples[number + 1 :]]
            for pattern, leading in paths.occurrences(edge, self.fresh):
                yield parity, pattern, [*leading, *self._expanded(others), *self._expanded(around)]

    def _join(self, join: CompValue, around: list[Edge], parity: Sign) -> Found:
        for edges in required(join.p2):
            yield from self._part(join.p1, around + edges, parity)
        for edges in required(join.p1):
            yield from self._part(join.p2, around + edges, parity)

    def _union(self, union: CompValue, around: list[Edge], parity: Sign) -> Found:
        yield from self._part(union.p1, around, parity)
        yield from self._part(union.p2, around, parity)

    def _optional(self, join: CompValue, around: list[Edge], parity: Sign) -> Found:
        yield from self._part(join.p1, around, parity)
        for inner in self._inside(join.p1, around):
            # A match makes one solution, and unmakes the one without it.
            yield from self._part(join.p2, inner, ANY)
            for edges in required(join.p2):
                yield from self._expression(join.expr, inner + edges, ANY)

    def _minus(self, minus: CompValue, around: list[Edge], parity: Sign) -> Found:
        yield from self._part(minus.p1, around, parity)
        for inner in self._inside(minus.p1, around):
            yield from self._part(minus.p2, inner, flipped(parity))

    def _filter(self, part: CompValue, around: list[Edge], parity: Sign) -> Found:
        yield from self._part(part.p, around, parity)
        for inner in self._inside(part.p, around):
            yield from self._expression(part.expr, inner, parity)

    def _extend(self, part: CompValue, around: list[Edge], parity: Sign) -> Found:
        yield from self._part(part.p, around, parity)
        for inner in self._inside(part.p, around):
            yield from self._expression(part.expr, inner, ANY)

    def _values(self, part: CompValue, around: list[Edge], parity: Sign) -> Found:
        if part.p.name != "values":
            yield from self._part(part.p, around, parity)

    def _expression(self, expression: object, around: list[Edge], parity: Sign) -> Found:
        if is_by_chance(expression):
            raise Unanalysable
        for node, sign in existing(expression, parity):
            yield from self._part(node.graph, around, sign)

    def _expanded(self, edges: Iterable[Edge]) -> list[Edge]:
        return [part for edge in edges for part in paths.expand(edge, self.fresh)]

    def _inside(self, part: CompValue, around: list[Edge]) -> Iterator[list[Edge]]:
        """Yield the edges that hold of a solution of a part that something within looks at.

        Within, a variable that the solution has no value for is another than that of the same name
        outside.
        """
        for edges in required(part):
            yield [*self._rename(around, variables(around) - variables(edges)), *edges]

    def _hidden(self, around: list[Edge], project: CompValue) -> list[Edge]:
        """Rename the variables of edges that a selection hides."""
        if around and _THIS not in project.PV:
            raise Unanalysable
        return self._rename(around, variables(around) - set(project.PV))

    def _rename(self, edges: list[Edge], terms: set[Node]) -> list[Edge]:
        """Rename variables, other than the focus node, to some that are used nowhere else."""
        return self._renamed(edges, {t: next(self.fresh) for t in terms if t != _THIS})

    def _renamed(self, edges: list[Edge], names: Mapping[Node, Node]) -> list[Edge]:
        def name(term: Node) -> Node:
            return names.get(term, term) if isinstance(term, Variable) else term

        return [(name(s), name(p) if isinstance(p, Variable) else p, name(o)) for s, p, o in edges]
