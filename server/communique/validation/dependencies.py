"""What the verdict of a shape on a node depends on.

A *dependency* is a triple pattern with other edges that connect it to ``$this``, the focus node:
where a triple that matches the pattern comes or goes, the verdict can change only on those focus
nodes for which the edges hold too.  It has a sign, because most constraints can be broken in one
direction only: a missing value by what is taken away, a value too many by what is added.

Each dependency is a *relaxation*: of all that must hold for a triple to matter it keeps the edges
that are positive conditions (SHACL's paths, SPARQL's triple patterns outside of negation) and
drops filters, counts and the like.  So it may name nodes that the triple does not matter to, but
never misses one.  Why that is enough is said in :mod:`communique.validation.affected`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from pyparsing import ParseException
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS
from pyshacl.constraints.sparql.sparql_based_constraints import SPARQLBasedConstraint
from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ValidationFailure
from rdflib import RDF, SH, URIRef, Variable
from rdflib.paths import InvPath, Path, SequencePath

from communique.errors import CallError
from communique.validation import paths, queries
from communique.validation.algebra import variables
from communique.validation.scope import Scope, Unanalysable
from communique.validation.signs import ANY, Sign, combine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyshacl.shape import Shape
    from pyshacl.shapes_graph import ShapesGraph
    from rdflib import Graph
    from rdflib.term import Node

    from communique.validation.paths import Edge, Step

    Found = Iterator[tuple[Sign, Edge, tuple[Edge, ...]]]
    """The sign, the pattern and the edges of a dependency."""

THIS: Final = Variable("this")
"""The focus node."""

_ON_VALUES: Final = frozenset(
    {
        SH["class"],
        SH["in"],
        SH["not"],
        SH["and"],
        SH["or"],
        SH.closed,
        SH.datatype,
        SH.disjoint,
        SH.equals,
        SH.languageIn,
        SH.lessThan,
        SH.lessThanOrEquals,
        SH.maxCount,
        SH.maxExclusive,
        SH.maxInclusive,
        SH.maxLength,
        SH.minExclusive,
        SH.minInclusive,
        SH.minLength,
        SH.node,
        SH.nodeKind,
        SH.pattern,
        SH.property,
        SH.qualifiedMaxCount,
        SH.uniqueLang,
        SH.xone,
    }
)
"""The constraints that a further value can break."""
_ON_ABSENCE: Final = frozenset({SH.equals, SH.hasValue, SH.minCount, SH.qualifiedMinCount})
"""The constraints that a value less can break."""
_MODIFIERS: Final = frozenset(
    {
        SH.flags,
        SH.ignoredProperties,
        SH.qualifiedValueShape,
        SH.qualifiedValueShapesDisjoint,
        SH.sparql,
    }
)
"""What is read together with another parameter, or apart from the values."""
_SINGLE: Final = {SH.node: Sign.ADDED, SH.property: Sign.ADDED, SH["not"]: Sign.REMOVED}
"""Constraints with a shape, and how its verdict counts towards that of the whole."""
_LISTED: Final = {SH["and"]: Sign.ADDED, SH["or"]: Sign.ADDED, SH.xone: ANY}
"""Constraints with a list of shapes, and how their verdicts count."""
_QUALIFIED: Final = {SH.qualifiedMinCount: Sign.ADDED, SH.qualifiedMaxCount: Sign.REMOVED}
"""Bounds on how many values conform to a shape, and how its verdict counts."""
_SIBLINGS: Final = SequencePath(InvPath(SH.property), SH.property, SH.qualifiedValueShape)
_PAIRS: Final = {
    SH.disjoint: Sign.ADDED,
    SH.equals: ANY,
    SH.lessThan: Sign.ADDED,
    SH.lessThanOrEquals: Sign.ADDED,
}
"""Constraints that compare with another property, and how its values count."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One way in which a triple matters.

    Attributes:
        sign: Whether a finding can come about by adding or by removing the triple, or by both.
        pattern: The pattern that the triple matches.
        edges: What else must hold; connected with the pattern, and with :data:`THIS`.
    """

    sign: Sign
    pattern: Edge
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Dependencies:
    """What the verdicts of some shapes depend on.

    Attributes:
        shapes: The shapes that have each dependency.
        anything: The shapes whose dependencies could not be found: any change may matter to them,
            at any node.
    """

    shapes: Mapping[Dependency, frozenset[Node]]
    anything: frozenset[Node]
    _index: dict[Node | None, list[Dependency]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the dependencies by predicate."""
        index: dict[Node | None, list[Dependency]] = defaultdict(list)
        for dependency in self.shapes:
            predicate = dependency.pattern[1]
            index[predicate if isinstance(predicate, URIRef) else None].append(dependency)
        object.__setattr__(self, "_index", index)

    def on(self, predicate: Node) -> Iterator[Dependency]:
        """Yield the dependencies that a triple with this predicate may match.

        Args:
            predicate: The predicate.
        """
        for key in (predicate, None):
            yield from self._index.get(key, ())


def analyse(shapes: Iterable[Shape]) -> Dependencies:
    """Find what each shape with targets depends on.

    Args:
        shapes: The shapes, as pySHACL has read them.
    """
    found: dict[Dependency, set[Node]] = defaultdict(set)
    anything: set[Node] = set()
    for shape in shapes:
        if not has_targets(shape):
            continue
        try:
            own = {_connected(*part) for part in _Analysis(shape.sg).of(shape)}
        except _Unknown:
            anything.add(shape.node)
        else:
            for dependency in own:
                found[dependency].add(shape.node)
    return Dependencies({one: frozenset(some) for one, some in found.items()}, frozenset(anything))


def has_targets(shape: Shape) -> bool:
    """Say whether a shape has focus nodes of its own.

    Args:
        shape: The shape.
    """
    targets = shape.target()  # type: ignore[no-untyped-call]
    return any(next(iter(declared), None) is not None for declared in targets)


class _Unknown(Exception):  # noqa: N818 - no error: it leads to another way
    """The dependencies cannot be found."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A node whose conforming to shapes is being looked at.

    Attributes:
        term: The variable that stands for it.
        leading: The edges that lead to it.
        parity: Whether it counts that it does not conform, or that it does.
        above: The shapes through which it was reached.
    """

    term: Node
    leading: tuple[Edge, ...]
    parity: Sign
    above: tuple[Node, ...]


class _Analysis:
    """Walks through a shape and those that it refers to."""

    def __init__(self, shapes: ShapesGraph) -> None:
        self._graph: Graph = shapes.graph
        self._has_custom = bool(shapes.custom_constraints)
        self._fresh = paths.variables("-")

    def of(self, shape: Shape) -> Found:
        """Yield the dependencies of a shape on its focus node.

        Args:
            shape: The shape.

        Raises:
            _Unknown: They cannot be found.
        """
        if self._has_custom:
            raise _Unknown
        yield from self._shape(shape, _Node(THIS, (), Sign.ADDED, ()))

    def _shape(self, shape: Shape, focus: _Node) -> Found:
        """Yield the dependencies of a shape on a node."""
        if shape.deactivated:
            return
        given = set(self._graph.predicates(shape.node)) & set(ALL_CONSTRAINT_PARAMETERS)
        if shape.node in focus.above or given - _ON_VALUES - _ON_ABSENCE - _MODIFIERS:
            raise _Unknown
        focus = replace(focus, above=(*focus.above, shape.node))
        value = focus
        if shape.is_property_shape:
            edge = (focus.term, self._path(shape), next(self._fresh))
            yield from self._values(edge, given, focus)
            leading = (*focus.leading, *paths.expand(edge, self._fresh))
            value = replace(focus, term=edge[2], leading=leading)
        yield from self._triples(shape.node, given, focus, value)
        for node, sign in self._references(shape.node):
            other = shape.get_other_shape(node)  # type: ignore[no-untyped-call]
            if other is None:
                raise _Unknown
            inner = replace(value, parity=combine(sign, value.parity))
            yield from self._shape(other, inner)
        if SH.sparql in given:
            yield from self._queries(shape, focus)

    def _path(self, shape: Shape) -> Step:
        path = paths.of_shape(self._graph, shape.path())  # type: ignore[no-untyped-call]
        if path is None:
            raise _Unknown
        return path

    def _values(self, edge: Edge, given: set[Node], focus: _Node) -> Found:
        """Yield what the values of a path depend on."""
        sign = Sign(0)
        if given & _ON_VALUES:
            sign |= Sign.ADDED
        if given & _ON_ABSENCE:
            sign |= Sign.REMOVED
        if sign:
            for pattern, leading in paths.occurrences(edge, self._fresh):
                yield combine(sign, focus.parity), pattern, (*focus.leading, *leading)

    def _triples(self, node: Node, given: set[Node], focus: _Node, value: _Node) -> Found:
        """Yield what depends on other triples than those of the path."""
        if SH["class"] in given:
            # The subclasses are the ontology's, and a change of that is another matter.
            pattern = (value.term, RDF.type, next(self._fresh))
            yield combine(Sign.REMOVED, value.parity), pattern, value.leading
        if SH.closed in given:
            anything = (value.term, next(self._fresh), next(self._fresh))
            yield combine(Sign.ADDED, value.parity), anything, value.leading
        for constraint, sign in _PAIRS.items():
            for other in self._graph.objects(node, constraint):
                pair = (focus.term, other, next(self._fresh))
                yield combine(sign, focus.parity), pair, focus.leading

    def _references(self, node: Node) -> Iterator[tuple[Node, Sign]]:
        """Yield the shapes that a shape refers to, and how their verdicts count towards its own."""
        graph = self._graph
        for constraint, sign in _SINGLE.items():
            for other in graph.objects(node, constraint):
                yield other, sign
        for constraint, sign in _LISTED.items():
            for listed in graph.objects(node, constraint):
                for other in graph.items(listed):
                    yield other, sign
        for count, sign in _QUALIFIED.items():
            if (node, count, None) in graph:
                for other in graph.objects(node, SH.qualifiedValueShape):
                    yield other, sign
        yield from self._siblings(node)

    def _siblings(self, node: Node) -> Iterator[tuple[Node, Sign]]:
        """Yield the shapes that values may be asked not to conform to besides."""
        graph = self._graph
        if (node, SH.qualifiedValueShapesDisjoint, None) in graph:
            for other in paths.walk(graph, node, _SIBLINGS):
                yield other, ANY

    def _queries(self, shape: Shape, focus: _Node) -> Found:
        """Yield what the queries of a shape depend on."""
        scope = Scope(self._fresh, focus.term, focus.leading)
        try:
            for constraint in SPARQLBasedConstraint(shape).sparql_constraints:
                _, text = constraint.pre_bind_variables(focus.term)
                query = queries.compiled(constraint.apply_prefixes(text))
                yield from scope.dependencies(query, focus.parity)
        except _UNUSABLE as error:
            raise _Unknown from error


_UNUSABLE: Final = (
    CallError,
    ConstraintLoadError,
    NotImplementedError,
    ParseException,
    ReportableRuntimeError,
    ValidationFailure,
    Unanalysable,
)
"""What is raised for a query that cannot be used or seen through.

That it cannot be used is said when it is asked, as long as there is a node to ask it of.
"""


def _connected(sign: Sign, pattern: Edge, edges: Iterable[Edge]) -> Dependency:
    """Keep the edges that are connected with the pattern, and number the variables.

    Raises:
        _Unknown: The focus node is not among the nodes connected.
    """
    kept: list[Edge] = []
    left = list(dict.fromkeys(edges))
    known = variables([pattern])
    while True:
        new = [edge for edge in left if known & variables([edge])]
        if not new:
            break
        kept += new
        left = [edge for edge in left if edge not in new]
        known |= variables(new)
    if THIS not in known:
        raise _Unknown
    names: dict[Node, Node] = {THIS: THIS}

    def name(term: Node) -> Node:
        if not isinstance(term, Variable):
            return term
        return names.setdefault(term, Variable(str(len(names))))

    def renamed(edge: Edge) -> Edge:
        subject, path, value = edge
        return name(subject), path if isinstance(path, Path) else name(path), name(value)

    return Dependency(sign, renamed(pattern), tuple(map(renamed, kept)))
