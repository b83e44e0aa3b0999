"""pySHACL on plain graphs.

Focus nodes are chosen from what is to be validated; the constraints then see the ontology as a
background besides, so that ``sh:class`` knows subclasses and value lists without the ontology's
own nodes being held against the shapes for data.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, cast

from pyparsing import ParseException
from pyshacl import Validator
from pyshacl.errors import (
    ConstraintLoadError,
    ReportableRuntimeError,
    ShapeLoadError,
    ValidationFailure,
)
from pyshacl.graph_abstraction import DataGraph
from rdflib import RDFS, BNode, Graph

from communique.errors import CallError, DataError
from communique.namespaces import PREFIXES
from communique.validation import dependencies
from communique.validation.queries import Queried

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from pyshacl.shape import Shape
    from rdflib.term import Node

    from communique.validation.dependencies import Dependencies

    Triple = tuple[Node, Node, Node]

_KEPT = 8
"""So many sets of shapes are kept as pySHACL has read them."""


def run(data: Graph, shapes: Graph, *, background: Graph | None = None) -> Graph:
    """Validate a graph and return the W3C validation report.

    SHACL Advanced Features stay off: rules would change the data that are being judged.

    Args:
        data: What to validate.
        shapes: The shapes.
        background: What constraints may see besides, without its being validated.

    Raises:
        DataError: A shape itself cannot be used.
    """
    targets = data
    whole = Queried()
    whole += data
    if background is not None:
        targets = data + class_hierarchy(background)
        whole += background
    chosen = DataGraph.from_rdflib(targets)

    def focus(shape: Shape) -> Collection[Node]:
        nodes: set[Node] = shape.focus_nodes(chosen)  # type: ignore[no-untyped-call]
        return nodes

    return read(shapes).check(whole, focus)


class Shapes:
    """Shapes as pySHACL has read them, which takes longer than to validate a small graph.

    Args:
        graph: The shapes.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        # A copy, because pySHACL adds to the shapes it is given.
        self._validator = Validator(
            DataGraph.from_rdflib(Graph()), shacl_graph=graph + Graph(), options={}
        )
        self._executor = self._validator.make_executor()

    @cached_property
    def each(self) -> list[Shape]:
        """The shapes, those without targets included.

        Raises:
            DataError: The shapes cannot be used.
        """
        with _usable(self._graph, None):
            shapes: list[Shape] = self._validator.shacl_graph.shapes
        return shapes

    @cached_property
    def dependencies(self) -> Dependencies:
        """What the verdicts of the shapes depend on.

        Raises:
            DataError: The shapes cannot be used.
        """
        return dependencies.analyse(self.each)

    def check(self, whole: Graph, focus: Callable[[Shape], Collection[Node]]) -> Graph:
        """Hold nodes against shapes, and return the W3C validation report.

        Args:
            whole: What constraints may see.
            focus: Which nodes to hold against a shape.

        Raises:
            DataError: A shape cannot be used.
        """
        data = DataGraph.from_rdflib(whole)
        findings = []
        conforms = True
        for shape in self.each:
            with _usable(self._graph, shape.node):
                nodes = focus(shape)
                if nodes:
                    passed, found = shape.validate(self._executor, data, focus=_sorted(nodes))
                    conforms = conforms and passed
                    findings.extend(found)
        report: Graph = self._validator.create_validation_report(
            self._validator.shacl_graph, conforms, findings
        )[0]
        for prefix, name in PREFIXES.items():
            report.bind(prefix, name)
        return report


def _sorted(nodes: Iterable[Node]) -> Any:  # noqa: ANN401 - rdflib cannot say that nodes have an order
    return sorted(cast("Any", nodes))


def read(shapes: Graph) -> Shapes:
    """Let pySHACL read shapes, unless it has done so already.

    Args:
        shapes: The shapes.
    """
    return _read(frozenset(shapes))


@lru_cache(maxsize=_KEPT)
def _read(triples: frozenset[Triple]) -> Shapes:
    return Shapes(plain(triples))


def plain(triples: Iterable[Triple]) -> Graph:
    """Return a graph of triples, which writes IRIs with the project's prefixes.

    Args:
        triples: The triples.
    """
    graph = Graph(bind_namespaces="none")
    for prefix, name in PREFIXES.items():
        graph.bind(prefix, name)
    for triple in triples:
        graph.add(triple)
    return graph


@contextmanager
def _usable(shapes: Graph, shape: Node | None) -> Iterator[None]:
    """Turn what pySHACL raises for a bad shape into a fault of the data."""
    try:
        yield
    except (
        ConstraintLoadError,
        NotImplementedError,
        CallError,
        ParseException,
        ReportableRuntimeError,
        ShapeLoadError,
        ValidationFailure,
    ) as error:
        reason = str(getattr(error, "message", None) or error)
    except Exception as error:
        # rdflib raises no better type for an undeclared prefix in a query.
        if type(error) is not Exception:
            raise
        reason = str(error)
    else:
        return
    raise DataError(
        f"the shape cannot be used: {' '.join(reason.split())}",
        "correct the shape",
        node=named_shape(shapes, shape) if shape is not None else None,
    )


def class_hierarchy(ontology: Graph) -> Graph:
    """Return the subclass axioms alone, by which ``sh:targetClass`` finds its nodes.

    Args:
        ontology: The ontology.
    """
    hierarchy = Graph(bind_namespaces="none")
    for triple in ontology.triples((None, RDFS.subClassOf, None)):
        hierarchy.add(triple)
    return hierarchy


def named_shape(shapes: Graph, shape: Node) -> str:
    """Return the IRI of a shape, or of the nearest named shape that it is part of.

    Args:
        shapes: The shapes.
        shape: A shape.
    """
    seen: set[Node] = set()
    while isinstance(shape, BNode) and shape not in seen:
        seen.add(shape)
        shape = next(shapes.subjects(None, shape), shape)
    return str(shape)
