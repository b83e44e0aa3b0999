"""A graph that tests can edit, and the shapes that any part of it can be held against.

pySHACL's set-up and the parsing of the shapes' queries cost more than what is asked of them, so a
bench does that once for many edits.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, cast

from pyshacl import Validator
from pyshacl.graph_abstraction import DataGraph
from rdflib import RDF, RDFS, SH, Graph, Literal

from communique.validation import shacl
from communique.validation.queries import Queried

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rdflib.term import Identifier, Node, URIRef

Triple = tuple["Identifier", "URIRef", "Identifier"]

CROWD: Final = 20
"""So many nodes pointing at one are no longer its neighbourhood."""


class Bench:
    """A graph under edit.

    Args:
        data: The graph; it is edited in place.
        shapes: The shapes.
        background: What the constraints may see besides, without its being validated.
    """

    def __init__(self, data: Graph, shapes: Graph, background: Graph) -> None:
        self.data = data
        self._shapes = shapes
        self._background = background
        self._whole = Queried()
        self._whole += data
        self._whole += background
        self._validator = Validator(
            DataGraph.from_rdflib(self._whole), shacl_graph=shapes + Graph(), options={}
        )
        self._executor = self._validator.make_executor()
        self._named = {shape.node: shape for shape in self._validator.shacl_graph.shapes}
        self._by_class = self._index(SH.targetClass)
        self._by_subject = self._index(SH.targetSubjectsOf)
        self._by_object = self._index(SH.targetObjectsOf)

    def edit(self, removed: Iterable[Triple], added: Iterable[Triple]) -> None:
        """Take triples out, and put others in.

        Args:
            removed: The triples to take out.
            added: The triples to put in.
        """
        for graph in (self.data, self._whole):
            for triple in removed:
                graph.remove(triple)
            for triple in added:
                graph.add(triple)

    def look_around(
        self, nodes: set[Node], steps: int, only: set[Node] | None = None
    ) -> Iterator[Graph]:
        """Hold nodes against their shapes, then those a step away, and so on.

        A node's verdict does not depend on which other nodes are looked at: what is found here is
        what a look at everything finds too.

        Args:
            nodes: The nodes to begin with.
            steps: How many steps to go.
            only: The shapes to hold them against, where not all are of interest.

        Yields:
            The validation report of each step.
        """
        seen: set[Node] = set()
        ring = {node for node in nodes if not isinstance(node, Literal)}
        for _ in range(steps + 1):
            yield self._look_at(ring, only)
            seen |= ring
            ring = self._around(ring) - seen

    def look_everywhere(self) -> Graph:
        """Hold the whole graph against all shapes, by the gate's own code."""
        return shacl.run(self.data, self._shapes, background=self._background)

    def _look_at(self, nodes: Iterable[Node], only: set[Node] | None) -> Graph:
        focus: dict[Node, set[Node]] = defaultdict(set)
        for node in nodes:
            shapes = self._targeting(node)
            for shape in shapes if only is None else shapes & only:
                focus[shape].add(node)
        found: list[Any] = []
        for shape in sorted(focus, key=str):
            check, data = self._named[shape].validate, self._validator.data_graph
            found += check(self._executor, data, focus=sorted(focus[shape], key=str))[1]
        report: Graph = self._validator.create_validation_report(
            self._validator.shacl_graph, not found, found
        )[0]
        return report

    def _around(self, nodes: set[Node]) -> set[Node]:
        """Return what the nodes point at, and what points at them unless that is a crowd."""
        around: set[Node] = set()
        for node in nodes:
            around.update(self.data.objects(node))
            pointing = set(self.data.subjects(None, node))
            if len(pointing) <= CROWD:
                around |= pointing
        return {node for node in around if not isinstance(node, Literal)}

    def _index(self, target: URIRef) -> dict[Node, set[Node]]:
        shapes: dict[Node, set[Node]] = defaultdict(set)
        for shape, term in self._shapes.subject_objects(target):
            shapes[term].add(shape)
        return shapes

    def _targeting(self, node: Node) -> set[Node]:
        """Return the shapes that have the node as a focus node."""
        shapes: set[Node] = set()
        for class_ in self.data.objects(node, RDF.type):
            for above in self._background.transitive_objects(class_, RDFS.subClassOf):
                shapes |= self._by_class.get(cast("Node", above), set())
        for predicate, _ in self.data.predicate_objects(node):
            shapes |= self._by_subject.get(predicate, set())
        for _, predicate in self.data.subject_predicates(node):
            shapes |= self._by_object.get(predicate, set())
        return shapes
