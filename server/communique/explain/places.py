"""Where triples and axioms are written: graph, file and line."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from rdflib import Literal

from communique import namespaces, sources, turtle
from communique.explain.terms import to_rdflib
from communique.reasoning import axioms
from communique.store import withdrawals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rdflib import Graph
    from rdflib.term import Node

    from communique.claims.retractions import Withdrawn
    from communique.reasoning.rules import Axiom, Pattern
    from communique.store.engine import Embedded
    from communique.store.generation import GraphEntry, Manifest


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written.

    Attributes:
        graph: The IRI of the graph.
        file: The file, relative to the dataset's folder; None where the manifest knows none.
        line: The line, from 1; None where the file is not at hand.
    """

    graph: str
    file: str | None
    line: int | None

    def __str__(self) -> str:
        """Write it as ``file:line``, as far as it is known."""
        name = self.file or namespaces.shorten(self.graph)
        return f"{name}:{self.line}" if self.line else name


@dataclass(frozen=True, slots=True)
class Standing:
    """In which graphs a triple stands.

    Attributes:
        asserted: Where it is asserted as fact or axiom.
        claimed: The IRIs of the propositions whose content it is.
        editorial: Where editors say it beside the source.
        withdrawn: Where it was asserted before editors retracted or superseded what said so.
    """

    asserted: tuple[Place, ...]
    claimed: tuple[str, ...]
    editorial: tuple[Place, ...]
    withdrawn: tuple[Place, ...]


class _File:
    """A file of the dataset, as it was when the generation was built from it.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = turtle.LineIndex(path)

    @cached_property
    def triples(self) -> Graph:
        """What it says, with the blank nodes that its lines are known by."""
        return turtle.parse(self._path)

    def line_of(self, triple: tuple[Node, Node, Node]) -> int | None:
        """Find the line of a triple, even if the store writes its value in another form."""
        subject, predicate, value = triple
        if isinstance(value, Literal) and triple not in self.triples:
            for same in self.triples.objects(subject, predicate):
                if isinstance(same, Literal) and _is_equal(same, value):
                    value = same
        return self._lines.line_of(subject, predicate, value)


@dataclass
class Places:
    """Finds where a generation's triples are written.

    Attributes:
        engine: The generation's store.
        manifest: What the generation says of itself.
        ontologies: The graphs of the ontology's files, by name.
        root: The dataset's folder, or None if it is not at hand.
    """

    engine: Embedded
    manifest: Manifest
    ontologies: Mapping[str, Graph]
    root: Path | None
    _files: dict[str, _File] = field(default_factory=dict, repr=False)
    _states: dict[str, tuple[int, int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """See whether the folder still holds what the generation was built from."""
        self._states = {}
        if self.root is None:
            return
        found = sources.discover(self.root)
        states = {file.name: _state(file.path) for file in found.files}
        if found.digest == self.manifest["digest"]:
            self._states = states

    @property
    def has_lines(self) -> bool:
        """Whether the files are those that the generation was built from."""
        return bool(self._states)

    def standing(self, triple: Pattern) -> Standing:
        """Find the graphs in which a triple stands.

        Args:
            triple: The triple.
        """
        asserted, claimed, editorial, withdrawn = [], [], [], []
        graphs = self.engine.select(f"SELECT ?g WHERE {{ GRAPH ?g {{ {' '.join(triple)} }} }}")
        for name in sorted(graph[1:-1] for (graph,) in graphs):
            entry = self.manifest["graphs"].get(name)
            if entry is None:
                claimed.append(name)
            elif self._is_fact(name, entry, triple):
                asserted.append(Place(name, entry["file"], self._line(entry, triple)))
            elif entry["layer"] == namespaces.LAYER_EDITORIAL:
                editorial.append(Place(name, entry["file"], self._line(entry, triple)))
            elif entry["layer"] is not None:
                withdrawn.append(Place(name, entry["file"], self._line(entry, triple)))
        return Standing(tuple(asserted), tuple(claimed), tuple(editorial), tuple(withdrawn))

    def axiom(self, axiom: Axiom) -> Place | None:
        """Find where an axiom is written.

        Args:
            axiom: The axiom.
        """
        for name, graph in self.ontologies.items():
            if axioms.find(graph, axiom) is None:
                continue
            entry = self.manifest["graphs"][name]
            file = self._file(entry)
            # Once more in the file itself, because blank nodes are others there.
            triple = axioms.find(file.triples, axiom) if file else None
            line = file.line_of(triple) if file and triple else None
            return Place(name, entry["file"], line)
        return None

    @cached_property
    def _withdrawn(self) -> Withdrawn:
        """What the editors have retracted or superseded."""
        return withdrawals.read(self.engine.store, self.manifest["graphs"])

    def _is_fact(self, name: str, entry: GraphEntry, triple: Pattern) -> bool:
        """Tell whether a triple is fact, or axiom, for standing in a graph of a file."""
        if entry["layer"] is None:
            return entry["kind"] == "ontology"
        subject, _, value = triple
        return self._withdrawn.is_fact(
            name,
            accepted=entry["layer"] in namespaces.FACT_LAYERS,
            subject=subject.strip("<>"),
            value=value[1:-1] if value.startswith("<") else None,
        )

    def _line(self, entry: GraphEntry, triple: Pattern) -> int | None:
        """Find the line of a triple of a graph."""
        file = self._file(entry)
        subject, predicate, value = map(to_rdflib, triple)
        return file.line_of((subject, predicate, value)) if file else None

    def _file(self, entry: GraphEntry) -> _File | None:
        """Return the file of a graph, unless it is not at hand or has changed."""
        name = entry["file"]
        if name is None or self.root is None or name not in self._states:
            return None
        path = self.root / name
        if not path.is_file() or _state(path) != self._states[name]:
            return None
        return self._files.setdefault(name, _File(path))


def _state(path: Path) -> tuple[int, int]:
    """Return what changes when a file does."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _is_equal(one: Literal, other: Literal) -> bool:
    """Tell whether literals have the same value, whatever its form."""
    return one.datatype == other.datatype and one.language is None and one.value == other.value
