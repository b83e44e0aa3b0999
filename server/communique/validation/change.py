"""Validation of a change: the same verdict as validating everything, without looking at it.

The base has no violations, or it would not be a generation.  So after a change there can be one
only at a node that the change can affect, and only those are held against their shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, cast

from rdflib import RDFS, Graph

from communique import dataset as datasets
from communique import sources
from communique.dataset import INFERENCE_SHAPES, ONTOLOGY_SHAPES, Dataset
from communique.errors import DataError
from communique.sources import Kind, Sources, order
from communique.store import terms
from communique.validation.affected import Targets, affected
from communique.validation.report import Report, describe, placed
from communique.validation.shacl import class_hierarchy, read
from communique.validation.signs import Sign
from communique.validation.view import Reader, View

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping
    from pathlib import Path

    from pyshacl.shape import Shape
    from rdflib.term import Identifier, Node, URIRef

    from communique.dataset import Place, SourceGraph
    from communique.sources import SourceFile
    from communique.store.generation import Generation
    from communique.validation.affected import Triple
    from communique.validation.shacl import Shapes
    from communique.validation.view import Pattern


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the files under ``graph/``.

    Attributes:
        root: The dataset's folder, where the files are that stay as they are.
        written: The graphs of the files that are new or rewritten, by name.  Nothing of them needs
            to be on disk or in a store.
        removed: The names of the graphs that there are no longer: those of the files removed, and
            the former ones of the files whose header has another name now.
    """

    root: Path
    written: Mapping[str, SourceGraph]
    removed: frozenset[str]


@dataclass(frozen=True)
class Verdict:
    """What was found of a change.

    Attributes:
        graph: The W3C validation report.
        checked: The focus nodes that were held against each shape.
        revision: Knows the dataset before and after the change.
    """

    graph: Graph
    checked: Mapping[str, frozenset[str]]
    revision: Revision

    @cached_property
    def report(self) -> Report:
        """The findings, with the places where the data are written."""
        return describe(self.graph, self.revision.vocabulary.shapes, self.revision)

    def close(self) -> None:
        """Let go of the generation; what has not been asked cannot be any more."""
        self.revision.close()


def validate_change(base: Generation, change: Change) -> Verdict:
    """Hold what a change can affect against its shapes.

    The shapes and the ontology are those of the base: a change of theirs is another matter, and
    means to validate everything.

    Args:
        base: The generation that is changed.  It is only read.
        change: The change.

    Returns:
        What :func:`communique.validation.validate` finds in the dataset after the change: exactly
        the same violations, and the warnings of the nodes that the change can affect.  Whoever
        gets it closes it.

    Raises:
        DataError: A shape itself cannot be used.
    """
    revision = Revision(base, change)
    shapes = read(revision.vocabulary.shapes)
    try:
        focus = _focus(revision, shapes)
        graph = shapes.check(revision.after, lambda shape: focus.get(shape.node, ()))
    except DataError as fault:
        raise placed(fault, revision) from None
    checked = {str(shape): frozenset(map(str, nodes)) for shape, nodes in focus.items()}
    return Verdict(graph, checked, revision)


def _focus(revision: Revision, shapes: Shapes) -> Mapping[Node, set[Node]]:
    """Return the nodes to hold against each shape."""
    if revision.is_unclear:
        return {shape.node: revision.all_of(shape) for shape in shapes.each}
    gone, new = revision.difference
    found: dict[Node, set[Node]] = {}
    for sign, triples, graph in (
        (Sign.REMOVED, gone, revision.before),
        (Sign.ADDED, new, revision.after),
    ):
        for shape, nodes in affected(shapes.dependencies, sign, triples, graph).items():
            found.setdefault(shape, set()).update(nodes)
    hierarchy = revision.vocabulary.hierarchy
    targets = Targets(shapes.each, revision.explicit, hierarchy)
    focus = {
        shape: {node for node in nodes if targets.has(shape, node)}
        for shape, nodes in found.items()
    }
    former = Targets(shapes.each, revision.former, hierarchy)
    for shape, node in targets.joined(new):
        if not former.has(shape, node):
            focus.setdefault(shape, set()).add(node)
    if gone or new:
        for one in shapes.each:
            if one.node in shapes.dependencies.anything:
                focus[one.node] = revision.all_of(one)
    return focus


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """What a dataset is validated by.

    Attributes:
        shapes: The shapes for the data.
        ontology: The ontology.
        hierarchy: The subclass axioms of it.
    """

    shapes: Graph
    ontology: Graph
    hierarchy: Graph


_VOCABULARIES: Final[dict[tuple[tuple[str, str | None], ...], _Vocabulary]] = {}
"""By the digests of the files."""


class Revision:
    """A dataset before and after a change."""

    def __init__(self, base: Generation, change: Change) -> None:
        self._base = base
        self._change = change
        self._entries = base.manifest["graphs"]
        self._known: dict[str, SourceGraph] = {}
        self._reader = Reader(base.store)

    def close(self) -> None:
        """Let go of the generation; nothing can be asked any more.

        What refers to it hangs together in circles, in which it would stay open until Python
        collects them.
        """
        self._reader.close()
        del self._base

    @cached_property
    def vocabulary(self) -> _Vocabulary:
        """The shapes and the ontology."""
        names = tuple(
            name
            for name, entry in self._entries.items()
            if entry["kind"] in {Kind.ONTOLOGY, Kind.SHAPES}
        )
        key = tuple((name, self._entries[name]["sha256"]) for name in names)
        if key not in _VOCABULARIES:
            # One dataset is served at a time, so only the latest is kept.
            _VOCABULARIES.clear()
            _VOCABULARIES[key] = self._read_vocabulary(names)
        return _VOCABULARIES[key]

    @property
    def graphs(self) -> Container[URIRef]:
        """The graphs of files before the change."""
        return cast("Container[URIRef]", self._entries)

    @property
    def ontology(self) -> Graph:
        """The ontology."""
        return self.vocabulary.ontology

    @cached_property
    def explicit(self) -> Graph:
        """The data after the change."""
        return self._view(self._stays, None, *self._change.written.values())

    @cached_property
    def former(self) -> Graph:
        """The data before the change."""
        return self._view(self._is_data, None)

    @cached_property
    def before(self) -> Graph:
        """What constraints saw before the change."""
        return self._view(self._is_data, self.ontology)

    @cached_property
    def after(self) -> Graph:
        """What constraints see after the change."""
        return self._view(self._stays, self.ontology, *self._change.written.values())

    def all_of(self, shape: Shape) -> set[Node]:
        """Return all focus nodes of a shape after the change.

        Args:
            shape: The shape.
        """
        hierarchy = self.vocabulary.hierarchy
        targets = self._view(self._stays, hierarchy, *self._change.written.values())
        found: set[Node] = shape.focus_nodes(targets)  # type: ignore[no-untyped-call]
        return found

    @cached_property
    def is_unclear(self) -> bool:
        """Whether it cannot be told what the change can affect.

        That is so where the store does not say to the letter what there was before, and where the
        data say which class is a subclass of which, which is for the ontology to say.
        """
        changed = (name for name in self._changed if name in self._entries)
        if not all(self._entries[name]["exact"] for name in changed):
            return True
        return any(
            predicate == RDFS.subClassOf for part in self.difference for _, predicate, _ in part
        )

    @cached_property
    def difference(self) -> tuple[set[Triple], set[Triple]]:
        """The triples that are no longer there, and those that are new."""
        gone: set[Triple] = set()
        new: set[Triple] = set()
        for name in self._changed:
            was: set[Triple] = set()
            if name in self._entries:
                was.update(terms.graph(self._base.store, name))
            written = self._change.written.get(name)
            now = set(written.triples) if written is not None else set()
            gone |= was - now
            new |= now - was
        # What another file says too neither comes nor goes.
        return (
            {triple for triple in gone if triple not in self.explicit},
            {triple for triple in new if triple not in self.former},
        )

    def locate(
        self, node: Identifier, predicate: Identifier | None = None, value: Identifier | None = None
    ) -> Place | None:
        """Find where something is written, as :meth:`Dataset.locate` does.

        Args:
            node: The node it is about.
            predicate: The property, where one matters.
            value: The value, where one matters.
        """
        for pattern in datasets.searches(node, predicate, value):
            graph = min(self._saying(pattern), key=lambda one: order(one.file), default=None)
            if graph is not None:
                alone = Dataset(Sources(self._change.root, (graph.file,)), {graph.name: graph})
                return alone.locate(node, predicate, value)
        return None

    def _saying(self, pattern: Pattern) -> Iterator[SourceGraph]:
        """Yield the graphs that say what matches a pattern."""
        for graph in (*self._restored.values(), *self._change.written.values()):
            if pattern in graph.triples:
                yield graph
        view = View(self._reader, self._is_of_file)
        for name in {name for _, name in view.placed(pattern)}:
            yield self._read(name)

    def _read(self, name: str) -> SourceGraph:
        """Read a file that stays, once."""
        if name not in self._known:
            self._known[name] = datasets.read(self._file(name))
        return self._known[name]

    @property
    def _changed(self) -> set[str]:
        return {*self._change.removed, *self._change.written}

    @cached_property
    def _restored(self) -> Mapping[str, SourceGraph]:
        """The graphs that stay, and that the store does not hold to the letter."""
        return {
            name: self._read(name)
            for name, entry in self._entries.items()
            if entry["kind"] == Kind.GRAPH and not entry["exact"] and name not in self._changed
        }

    def _read_vocabulary(self, names: Iterable[str]) -> _Vocabulary:
        """Read the shapes and the ontology, from the files where the store is not exact."""
        shapes, ontology = Graph(bind_namespaces="none"), Graph(bind_namespaces="none")
        for name in names:
            entry = self._entries[name]
            if entry["file"] in {ONTOLOGY_SHAPES, INFERENCE_SHAPES}:
                continue
            part = shapes if entry["kind"] == Kind.SHAPES else ontology
            if entry["exact"]:
                part += terms.graph(self._base.store, name)
            else:
                part += self._read(name).triples
        return _Vocabulary(shapes, ontology, class_hierarchy(ontology))

    def _is_data(self, name: str) -> bool:
        """Say whether a graph is that of a file under ``graph/``, and the store has it exactly."""
        entry = self._entries.get(name)
        return entry is not None and entry["kind"] == Kind.GRAPH and name not in self._restored

    def _stays(self, name: str) -> bool:
        return self._is_data(name) and name not in self._changed

    def _is_of_file(self, name: str) -> bool:
        """Say whether a graph is that of a file that stays, and the store has it exactly."""
        entry = self._entries.get(name)
        if entry is None or entry["file"] is None:
            return False
        return name not in self._restored and name not in self._changed

    def _file(self, name: str) -> SourceFile:
        return sources.place(self._change.root, self._entries[name]["file"] or "")

    def _view(
        self, seen: Callable[[str], bool], background: Graph | None, *written: SourceGraph
    ) -> Graph:
        besides = [graph.triples for graph in (*self._restored.values(), *written)]
        if background is not None:
            besides.append(background)
        return View(self._reader, seen, *besides).graph
