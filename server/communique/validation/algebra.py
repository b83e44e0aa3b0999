"""SPARQL's algebra, as rdflib has it: what its parts require, and where they look for absence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rdflib import Variable
from rdflib.plugins.sparql.parserutils import CompValue

from communique.validation.signs import ANY, Sign, combine, flipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rdflib.term import Node

    from communique.validation.paths import Edge

_EXISTS: Final = {"Builtin_EXISTS": Sign.ADDED, "Builtin_NOTEXISTS": Sign.REMOVED}
_CHANCE: Final = frozenset(
    {"Builtin_BNODE", "Builtin_NOW", "Builtin_RAND", "Builtin_STRUUID", "Builtin_UUID"}
)
"""Functions whose value is not decided by their arguments."""
_MOST: Final = 16
"""So many alternatives are told apart."""
TRANSPARENT: Final = frozenset({"Distinct", "OrderBy", "Reduced", "SelectQuery"})
"""Parts that neither bind variables nor test them."""


def bound(part: CompValue) -> frozenset[Node]:
    """Return the variables that have a value in every solution of a part.

    Args:
        part: A part of the algebra.
    """
    return frozenset(set.intersection(*map(variables, required(part))))


def required(part: CompValue) -> list[list[Edge]]:
    """Return edges that hold in every solution of a part.

    Args:
        part: A part of the algebra.

    Returns:
        Alternatives: in each solution the edges of at least one of them hold.
    """
    if part.name == "BGP":
        return [list(part.triples)]
    if part.name == "Join":
        first, second = required(part.p1), required(part.p2)
        if len(first) * len(second) > _MOST:
            first, second = ([[]], second) if len(first) > len(second) else (first, [[]])
        return [[*one, *other] for one in first for other in second]
    if part.name == "Union":
        either = required(part.p1) + required(part.p2)
        return either if len(either) <= _MOST else [[]]
    if part.name in {"LeftJoin", "Minus"}:
        return required(part.p1)
    if part.name in TRANSPARENT | {"Filter", "Extend"}:
        return required(part.p)
    # A group may be empty, and what is not selected is unseen.
    return [[]]


def existing(expression: object, parity: Sign) -> Iterator[tuple[Any, Sign]]:
    """Yield the EXISTS and NOT EXISTS of an expression, and how a match counts towards its truth.

    Args:
        expression: The expression.
        parity: How the expression's truth counts.
    """
    if isinstance(expression, CompValue):
        if expression.name in _EXISTS:
            yield expression, combine(_EXISTS[expression.name], parity)
            return
        if expression.name == "UnaryNot":
            yield from existing(expression.expr, flipped(parity))
            return
        if expression.name not in {"ConditionalAndExpression", "ConditionalOrExpression"}:
            parity = ANY
        for part in expression.values():
            yield from existing(part, parity)
    elif isinstance(expression, list):
        for part in expression:
            yield from existing(part, parity)


def is_by_chance(expression: object) -> bool:
    """Say whether the value of an expression depends on more than the data.

    Args:
        expression: The expression.
    """
    if isinstance(expression, CompValue):
        if expression.name in _CHANCE:
            return True
        expression = list(expression.values())
    return isinstance(expression, list) and any(map(is_by_chance, expression))


def variables(edges: Iterable[Edge]) -> set[Node]:
    """Return the variables of edges.

    Args:
        edges: The edges.
    """
    return {term for edge in edges for term in edge if isinstance(term, Variable)}
