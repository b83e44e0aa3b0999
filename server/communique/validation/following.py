"""Shapes that hold of everything known: held after reasoning, against facts and inferences alike.

They are those of one file, ``shapes/inferences.ttl``, if there is such a file.  The other shapes
say what may be *written*, and most of what follows may not be written.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, cast

import pyoxigraph as ox
from pyshacl.graph_abstraction import DataGraph
from rdflib import RDFS, Graph

from communique.errors import DataError
from communique.namespaces import BASE
from communique.turtle import to_rdflib
from communique.validation.affected import Targets, affected
from communique.validation.report import describe, placed
from communique.validation.shacl import read
from communique.validation.signs import Sign
from communique.validation.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from rdflib.term import Node

    from communique.dataset import Located
    from communique.validation.affected import Triple
    from communique.validation.report import Report
    from communique.validation.shacl import Shapes

_KNOWN = ox.NamedNode(BASE + "scratch/known")
_NOTHING = Graph()


def validate_known(
    store: ox.Store, graphs: Collection[str], shapes: Graph, places: Located
) -> Report:
    """Hold all that is known against shapes.

    Args:
        store: The store.
        graphs: The graphs that hold together all that is known.
        shapes: The shapes.
        places: Knows where things are written.

    Raises:
        DataError: A shape itself cannot be used.
    """
    with contextlib.closing(View(store, graphs.__contains__)) as view:
        known = view.graph
        return _report(known, shapes, places, lambda found: _all_of(found, known))


def validate_known_change(
    stores: tuple[ox.Store, ox.Store],
    lost: Iterable[ox.Triple],
    gained: Iterable[ox.Triple],
    shapes: Graph,
    places: Located,
) -> Report:
    """Hold against shapes what a change of what is known can affect.

    Args:
        stores: The stores before and after the change, whose default graphs are all that is known.
        lost: What is no longer known.
        gained: What is known now and was not.
        shapes: The shapes.
        places: Knows where things are written.

    Returns:
        Exactly the violations of the whole, and the warnings of what the change can affect.

    Raises:
        DataError: A shape itself cannot be used.
    """
    gone, new = (set(map(_triple, triples)) for triples in (lost, gained))
    with contextlib.ExitStack() as stack:
        views = [View(cast("ox.Store", _Default(store)), bool) for store in stores]
        before, after = (stack.enter_context(contextlib.closing(view)).graph for view in views)
        return _report(after, shapes, places, lambda found: _focus(found, before, after, gone, new))


def _report(
    known: Graph,
    shapes: Graph,
    places: Located,
    focus: Callable[[Shapes], Mapping[Node, set[Node]]],
) -> Report:
    try:
        found = read(shapes)
        nodes = focus(found)
        graph = found.check(known, lambda shape: nodes.get(shape.node, ()))
    except DataError as fault:
        raise placed(fault, places) from None
    return describe(graph, shapes, places)


def _all_of(shapes: Shapes, known: Graph) -> dict[Node, set[Node]]:
    data = DataGraph.from_rdflib(known)
    return {shape.node: shape.focus_nodes(data) for shape in shapes.each}  # type: ignore[no-untyped-call]


def _focus(
    shapes: Shapes, before: Graph, after: Graph, gone: set[Triple], new: set[Triple]
) -> dict[Node, set[Node]]:
    """Return the nodes to hold against each shape, by :mod:`communique.validation.affected`."""
    if any(predicate == RDFS.subClassOf for _, predicate, _ in gone | new):
        return _all_of(shapes, after)
    found: dict[Node, set[Node]] = {}
    for sign, triples, graph in ((Sign.REMOVED, gone, before), (Sign.ADDED, new, after)):
        for shape, nodes in affected(shapes.dependencies, sign, triples, graph).items():
            found.setdefault(shape, set()).update(nodes)
    targets = Targets(shapes.each, after, _NOTHING)
    focus = {
        shape: {node for node in nodes if targets.has(shape, node)}
        for shape, nodes in found.items()
    }
    for shape, node in targets.joined(new):
        focus.setdefault(shape, set()).add(node)
    if shapes.dependencies.anything and (gone or new):
        everything = _all_of(shapes, after)
        focus |= {shape: everything[shape] for shape in shapes.dependencies.anything}
    return focus


def _triple(triple: ox.Triple) -> Triple:
    return to_rdflib(triple.subject), to_rdflib(triple.predicate), to_rdflib(triple.object)


class _Default:
    """The default graph of a store, as a store that has it as its one named graph.

    Args:
        store: The store.
    """

    def __init__(self, store: ox.Store) -> None:
        self._store = store

    def quads_for_pattern(
        self,
        subject: ox.NamedNode | ox.BlankNode | None,
        predicate: ox.NamedNode | None,
        value: ox.NamedNode | ox.BlankNode | ox.Literal | None,
        _graph: None,
    ) -> Iterator[ox.Quad]:
        """Yield the quads that match a pattern.

        Args:
            subject: The subject, or any.
            predicate: The predicate, or any.
            value: The object, or any.
        """
        for quad in self._store.quads_for_pattern(subject, predicate, value, ox.DefaultGraph()):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, _KNOWN)
