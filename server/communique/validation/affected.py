"""Which focus nodes a change can affect.

The claim: let a shape find nothing at a node before a change.  If it finds something there after
it, then the node is named here.  For say that what is found is a solution, such as a row of a
query.  Consider the triples that it matches positively, outside of any negation.

- If one of them was added, then a dependency with a pattern for it holds *after* the change, when
  all of them are there: it was asked for the added triple in the graph after the change.
- Otherwise all were there before, and so was the solution, but for a negation: something that must
  not be there was there, and now is not.  If one of the triples that it matched was removed, then
  a dependency with a pattern for it holds *before* the change, with the positive ones around it:
  it was asked for the removed triple in the graph before.  Otherwise all these are still there,
  and what matched no longer does because of a negation within the negation: and so on, inwards.

So added triples are asked for where the sign is even and in the graph after, removed ones where it
is odd and in the graph before; each in its own graph, as the other may lack what led from the
triple to the node.  A node that only now is a focus node has everything to be checked, so it is
named for every shape whose targets an added triple made it join.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final

from rdflib import RDF, RDFS, Graph, Variable
from rdflib.paths import Path

from communique.validation import paths
from communique.validation.dependencies import THIS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyshacl.shape import Shape
    from rdflib.term import Node

    from communique.validation.dependencies import Dependencies, Dependency
    from communique.validation.paths import Edge, Step
    from communique.validation.signs import Sign

Triple = tuple["Node", "Node", "Node"]
_MANY: Final = 250
"""So many triples of a node are read to see what properties it has."""
_FEW: Final = (2, 8, 64)
"""So many matches are looked for, of one edge after another, before more are."""


class Targets:
    """The focus nodes of shapes (SHACL, section 2.1.3).

    Args:
        shapes: The shapes.
        data: The data from which focus nodes are chosen.
        hierarchy: The subclass axioms besides.
    """

    def __init__(self, shapes: Iterable[Shape], data: Graph, hierarchy: Graph) -> None:
        self._data = data
        self._hierarchy = hierarchy
        self._classes: dict[Node, set[Node]] = defaultdict(set)
        self._subjects: dict[Node, set[Node]] = defaultdict(set)
        self._objects: dict[Node, set[Node]] = defaultdict(set)
        self._declared: dict[Node, tuple[set[Node], ...]] = {}
        self._above: dict[Node, set[Node]] = {}
        self._said: dict[Node, set[Node]] = {}
        for shape in shapes:
            targets = shape.target()  # type: ignore[no-untyped-call]
            nodes, classes, implicit, objects, subjects = map(set, targets)
            self._declared[shape.node] = (nodes, classes | implicit, subjects, objects)
            for declared, index in (
                (classes | implicit, self._classes),
                (subjects, self._subjects),
                (objects, self._objects),
            ):
                for term in declared:
                    index[term].add(shape.node)

    def joined(self, triples: Iterable[Triple]) -> Iterator[tuple[Node, Node]]:
        """Yield the shapes, each with a node, that triples make the node a focus node of.

        Args:
            triples: The triples.
        """
        for subject, predicate, value in triples:
            if predicate == RDF.type:
                for class_ in self._superclasses(value):
                    for shape in self._classes.get(class_, ()):
                        yield shape, subject
            for shape in self._subjects.get(predicate, ()):
                yield shape, subject
            for shape in self._objects.get(predicate, ()):
                yield shape, value

    def has(self, shape: Node, node: Node) -> bool:
        """Say whether a node is a focus node of a shape.

        Args:
            shape: The shape.
            node: The node.
        """
        nodes, classes, subjects, objects = self._declared[shape]
        if node in nodes:
            return True
        said = self._said_of(node)
        return (
            (RDF.type in said and bool(classes) and self._is_instance(node, classes))
            or not subjects.isdisjoint(said)
            or any((None, predicate, node) in self._data for predicate in objects)
        )

    def _is_instance(self, node: Node, classes: set[Node]) -> bool:
        types = self._data.objects(node, RDF.type)
        return any(not classes.isdisjoint(self._superclasses(type_)) for type_ in types)

    def _said_of(self, node: Node) -> set[Node]:
        """Return the properties that a node has."""
        found = self._said.get(node)
        if found is None:
            triples = self._data.triples((node, None, None))
            found = {predicate for _, predicate, _ in islice(triples, _MANY)}
            if next(triples, None) is not None:
                # What has so many values is better asked for the properties that matter.
                asked = (*self._subjects, RDF.type)
                found = {one for one in asked if (node, one, None) in self._data}
            self._said[node] = found
        return found

    def _superclasses(self, class_: Node) -> set[Node]:
        """Return a class and those above it."""
        found = self._above.get(class_)
        if found is None:
            found, new = {class_}, {class_}
            while new:
                new = {
                    above
                    for below in new
                    for graph in (self._data, self._hierarchy)
                    for above in graph.objects(below, RDFS.subClassOf)
                } - found
                found |= new
            self._above[class_] = found
        return found


def affected(
    dependencies: Dependencies, sign: Sign, triples: Iterable[Triple], graph: Graph
) -> dict[Node, set[Node]]:
    """Return the nodes, by shape, at which triples can matter.

    Args:
        dependencies: What the shapes depend on.
        sign: Whether the triples are added or removed.
        triples: The triples.
        graph: The graph that they are in: after the change if they are added, before it otherwise.
    """
    search = _Search(graph)
    found: dict[Dependency, set[Node]] = defaultdict(set)
    for triple in triples:
        for dependency in dependencies.on(triple[1]):
            if sign in dependency.sign:
                binding = _match(dependency.pattern, triple)
                if binding is not None:
                    search.extend(dependency.edges, binding, found[dependency])
    nodes: dict[Node, set[Node]] = defaultdict(set)
    for dependency, some in found.items():
        for shape in dependencies.shapes[dependency]:
            nodes[shape] |= some
    return nodes


def _match(pattern: Edge, triple: Triple) -> dict[Node, Node] | None:
    """Return what the variables of a pattern stand for in a triple, if it matches."""
    binding: dict[Node, Node] = {}
    for term, given in zip(pattern, triple, strict=True):
        if isinstance(term, Variable):
            if binding.setdefault(term, given) != given:
                return None
        elif term != given:
            return None
    return binding


class _Search:
    """Finds the focus nodes for which edges hold, always following the edge with least matches."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._walked: dict[tuple[Node, object, bool], set[Node]] = {}

    def extend(self, edges: tuple[Edge, ...], binding: dict[Node, Node], found: set[Node]) -> bool:
        """Add the focus nodes for which all edges hold.

        Args:
            edges: The edges.
            binding: What is known of their variables.
            found: Where to add them; what is there need not be found again.

        Returns:
            Whether the edges hold for some node.
        """
        this = binding.get(THIS)
        if this in found:
            return True
        if not edges:
            if this is not None:
                found.add(this)
            return True
        number, matches = self._best(edges, binding)
        rest = (*edges[:number], *edges[number + 1 :])
        held = False
        for match in matches:
            held = self.extend(rest, match, found) or held
            if held and THIS in binding:
                return True
        return held

    def _best(
        self, edges: tuple[Edge, ...], binding: dict[Node, Node]
    ) -> tuple[int, Iterable[dict[Node, Node]]]:
        """Choose the edge with the least matches, or nearly so, and return them."""
        begun = [
            (number, edge)
            for number, edge in enumerate(edges)
            if any(term in binding for term in edge if isinstance(term, Variable))
        ]
        for few in _FEW:
            found = [
                (number, matches)
                for number, edge in begun
                if len(matches := list(islice(self._matches(edge, binding), few))) < few
            ]
            if found:
                return min(found, key=lambda one: len(one[1]))
        whole = [(number, list(self._matches(edge, binding))) for number, edge in begun]
        return min(whole, key=lambda one: len(one[1]))

    def _matches(self, edge: Edge, binding: dict[Node, Node]) -> Iterator[dict[Node, Node]]:
        """Yield what is known after an edge is matched, once for each match."""
        subject, path, value = edge
        start, end = binding.get(subject, subject), binding.get(value, value)
        if not isinstance(path, Path):
            yield from self._lookup((start, binding.get(path, path), end), binding)
            return
        ends = [isinstance(term, Variable) for term in (start, end)]
        if ends[0] and not ends[1]:
            for node in self._walk(end, path, back=True):
                yield binding | {start: node}
        elif not ends[0]:
            for node in self._walk(start, path, back=False):
                if ends[1]:
                    yield binding | {end: node}
                elif node == end:
                    yield binding

    def _lookup(self, edge: Triple, binding: dict[Node, Node]) -> Iterator[dict[Node, Node]]:
        asked = [None if isinstance(term, Variable) else term for term in edge]
        # The store itself, as rdflib's graph looks at each term again.
        for triple, _ in self._graph.store.triples((asked[0], asked[1], asked[2]), self._graph):
            match = _match(edge, triple)
            if match is not None:
                yield binding | match

    def _walk(self, node: Node, path: Step, *, back: bool) -> set[Node]:
        key = (node, path, back)
        if key not in self._walked:
            self._walked[key] = paths.walk(self._graph, node, path, back=back)
        return self._walked[key]
