"""pySHACL on plain graphs.

Focus nodes are chosen from what is to be validated; the constraints then see the ontology as a
background besides, so that ``sh:class`` knows subclasses and value lists without the ontology's
own nodes being held against the shapes for data.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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
from rdflib.plugins.sparql import prepareQuery

from communique.errors import CallError, DataError, RefusedQuery
from communique.namespaces import PREFIXES
from communique.store import guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib.plugins.sparql.sparql import Query
    from rdflib.query import Result
    from rdflib.term import Node


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
    whole = _Compiling()
    whole += data
    if background is not None:
        targets = data + _class_hierarchy(background)
        whole += background
    # A copy, because pySHACL adds to the shapes it is given.
    validator = Validator(DataGraph.from_rdflib(whole), shacl_graph=shapes + Graph(), options={})
    executor = validator.make_executor()
    chosen = DataGraph.from_rdflib(targets)
    findings = []
    conforms = True
    with _usable(shapes, None):
        found_shapes = validator.shacl_graph.shapes
    for shape in found_shapes:
        with _usable(shapes, shape.node):
            focus = shape.focus_nodes(chosen)
            if focus:
                passed, found = shape.validate(executor, validator.data_graph, focus=sorted(focus))
                conforms = conforms and passed
                findings.extend(found)
    graph: Graph = validator.create_validation_report(validator.shacl_graph, conforms, findings)[0]
    for prefix, name in PREFIXES.items():
        graph.bind(prefix, name)
    return graph


class _Compiling(Graph):
    """A graph that parses each query once, where pySHACL asks it again for every focus node."""

    def __init__(self) -> None:
        super().__init__(bind_namespaces="none")
        self._compiled: dict[str, Query] = {}

    def query(self, query_object: str | Query, *args: Any, **kwargs: Any) -> Result:  # noqa: ANN401 - passed on
        """Ask the graph.

        Args:
            query_object: The query.
            args: Passed on.
            kwargs: Passed on.
        """
        if isinstance(query_object, str):
            compiled = self._compiled.get(query_object)
            if compiled is None:
                # rdflib would call the services and fetch the graphs that a query names.
                sources = guard.inspect(query_object).sources
                if sources:
                    raise RefusedQuery("FROM is refused", "ask the data graph", clause="FROM")
                compiled = prepareQuery(query_object)
                self._compiled[query_object] = compiled
            query_object = compiled
        return super().query(query_object, *args, **kwargs)


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


def _class_hierarchy(ontology: Graph) -> Graph:
    """Return the subclass axioms alone, by which ``sh:targetClass`` finds its nodes."""
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
