"""Property paths: from SHACL's to SPARQL's, and which single triples a path is made of."""

from __future__ import annotations

from itertools import count, pairwise
from typing import TYPE_CHECKING, Final, Literal

from rdflib import RDF, SH, BNode, Graph, URIRef, Variable
from rdflib.paths import (
    AlternativePath,
    InvPath,
    MulPath,
    NegatedPath,
    Path,
    SequencePath,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib.term import Node

Step = URIRef | Path
"""A predicate or a path."""
Edge = tuple["Node", "Node | Path", "Node"]
"""A triple pattern, whose predicate may be a path.  Variables stand for what is not known."""

_REPEATED: Final[dict[Node, Literal["*", "+", "?"]]] = {
    SH.zeroOrMorePath: "*",
    SH.oneOrMorePath: "+",
    SH.zeroOrOnePath: "?",
}


def of_shape(shapes: Graph, path: Node) -> Step | None:
    """Return the path of a property shape as SPARQL has it (SHACL, section 2.3.1).

    Args:
        shapes: The shapes.
        path: The value of ``sh:path``.

    Returns:
        The path; None if it is not well-formed, or goes in a circle.
    """
    return _of_shape(shapes, path, frozenset())


def _of_shape(shapes: Graph, path: Node, above: frozenset[Node]) -> Step | None:
    if not isinstance(path, BNode) or path in above:
        return path if isinstance(path, URIRef) else None
    within = above | {path}
    if (path, RDF.first, None) in shapes:
        return _of_shapes(SequencePath, shapes, path, within)
    alternatives = shapes.value(path, SH.alternativePath)
    if alternatives is not None:
        return _of_shapes(AlternativePath, shapes, alternatives, within)
    for operator, inner in shapes.predicate_objects(path):
        step = _of_shape(shapes, inner, within)
        if step is not None and operator == SH.inversePath:
            return InvPath(step)
        if step is not None and operator in _REPEATED:
            return MulPath(step, _REPEATED[operator])
    return None


def _of_shapes(
    kind: type[SequencePath | AlternativePath], shapes: Graph, steps: Node, above: frozenset[Node]
) -> Path | None:
    """Return a path of several steps, if each is well-formed."""
    read = [_of_shape(shapes, step, above) for step in shapes.items(steps)]
    known = [step for step in read if step is not None]
    return kind(*known) if len(known) == len(read) else None


def expand(edge: Edge, fresh: Iterator[Variable]) -> list[Edge]:
    """Take sequences and inverses apart, which leaves edges that are matched independently.

    Args:
        edge: The edge.
        fresh: Variables that are used nowhere else.
    """
    subject, path, value = edge
    if isinstance(path, InvPath):
        return expand((value, path.arg, subject), fresh)
    if isinstance(path, SequencePath):
        nodes = [subject, *(next(fresh) for _ in path.args[1:]), value]
        return [
            part
            for step, (start, end) in zip(path.args, pairwise(nodes), strict=True)
            for part in expand((start, step, end), fresh)
        ]
    return [edge]


def occurrences(edge: Edge, fresh: Iterator[Variable]) -> Iterator[tuple[Edge, tuple[Edge, ...]]]:
    """Yield every triple pattern that a match of an edge can use.

    Args:
        edge: The edge.
        fresh: Variables that are used nowhere else.

    Yields:
        The pattern, whose predicate is an IRI or a variable, and the edges that lead from its ends
        to those of the edge.
    """
    parts = expand(edge, fresh)
    for number, (subject, path, value) in enumerate(parts):
        others = (*parts[:number], *parts[number + 1 :])
        if isinstance(path, AlternativePath):
            for step in path.args:
                for pattern, leading in occurrences((subject, step, value), fresh):
                    yield pattern, (*leading, *others)
        elif isinstance(path, MulPath) and not path.more:
            for pattern, leading in occurrences((subject, path.path, value), fresh):
                yield pattern, (*leading, *others)
        elif isinstance(path, MulPath):
            before, after = next(fresh), next(fresh)
            repeated = MulPath(path.path, "*")
            around = ((subject, repeated, before), (after, repeated, value))
            for pattern, leading in occurrences((before, path.path, after), fresh):
                yield pattern, (*leading, *around, *others)
        elif isinstance(path, NegatedPath):
            # Its matches are among all triples, in one direction and the other.
            yield (subject, next(fresh), value), others
            yield (value, next(fresh), subject), others
        else:
            yield (subject, path, value), others


def walk(graph: Graph, node: Node, path: Step, *, back: bool = False) -> set[Node]:
    """Return where a path leads.

    Args:
        graph: The graph.
        node: Where it begins.
        path: The path.
        back: Walk it from its end to its beginning.
    """
    if isinstance(path, InvPath):
        return walk(graph, node, path.arg, back=not back)
    if isinstance(path, SequencePath):
        reached = {node}
        for step in reversed(path.args) if back else path.args:
            reached = {end for start in reached for end in walk(graph, start, step, back=back)}
        return reached
    if isinstance(path, AlternativePath):
        return {end for step in path.args for end in walk(graph, node, step, back=back)}
    if isinstance(path, MulPath):
        first = walk(graph, node, path.path, back=back)
        reached, new = set(first), first
        while path.more and new:
            new = {end for start in new for end in walk(graph, start, path.path, back=back)}
            new -= reached
            reached |= new
        return reached | {node} if path.zero else reached
    if isinstance(path, NegatedPath):
        return set(graph.subjects(None, node)) | set(graph.objects(node))
    return set(graph.subjects(path, node) if back else graph.objects(node, path))


def variables(sign: str) -> Iterator[Variable]:
    """Yield variables, no two alike, of names that no query can have.

    Args:
        sign: What the names begin with.
    """
    return (Variable(f"{sign}{number}") for number in count())
