"""Graphs by name: which file a graph is, or would be, and the header that every file has.

A named graph that can be changed is one Turtle file.  A new one gets its file by its name:
``https://w3id.org/communique/graph/articles/2006/01/x`` is ``graph/articles/2006/01/x.ttl``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique.errors import Conflict, RefusedChange
from communique.namespaces import (
    CMQ,
    GENERATED_GRAPHS,
    GRAPH,
    LAYER_EDITORIAL,
    OWL,
    RDF,
    SHAPES_GRAPH,
)
from communique.sources import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from communique.store.generation import Generation

TYPE: Final = ox.NamedNode(RDF + "type")
ONTOLOGY: Final = ox.NamedNode(OWL + "Ontology")
LAYER: Final = ox.NamedNode(CMQ + "layer")
LONGEST: Final = 200
"""The most characters of the part of a graph's name that becomes the file's."""

_SEGMENT: Final = re.compile(r"(?:[A-Za-z0-9_~-]|%[0-9A-F]{2})(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*")
_HIDDEN: Final = re.compile(r"%(?:[01][0-9A-F]|2F|2E|5C|7F)")
"""Characters that are not to be in a file's name, in whatever way they are written."""


@dataclass(frozen=True, slots=True)
class Target:
    """A graph that can be changed.

    Attributes:
        iri: Its IRI.
        file: Its file, relative to the dataset's root.
        sha256: The SHA-256 of the file; None if there is no such graph yet.
        layer: The IRI of the layer it is in; a new one is editorial, so that nothing becomes fact
            unless it says so.  None outside ``graph/``.
    """

    iri: str
    file: str
    sha256: str | None
    layer: str | None

    @property
    def exists(self) -> bool:
        """Whether there is such a graph."""
        return self.sha256 is not None

    def header(self, triples: Iterable[ox.Triple]) -> list[ox.Triple]:
        """Return what triples lack to be a file: that they are this graph, and in which layer.

        Args:
            triples: What the file is to say.
        """
        name = ox.NamedNode(self.iri)
        has_type = has_layer = False
        for triple in triples:
            if triple.subject == name:
                has_type |= triple.predicate == TYPE and triple.object == ONTOLOGY
                has_layer |= triple.predicate == LAYER
        lacking = [] if has_type else [ox.Triple(name, TYPE, ONTOLOGY)]
        if self.layer is not None and not has_layer:
            lacking.append(ox.Triple(name, LAYER, ox.NamedNode(self.layer)))
        return lacking


def target(generation: Generation, iri: str) -> Target:
    """Return the graph of a name, to be changed.

    Args:
        generation: The generation in service.
        iri: The IRI of the graph, absolute.

    Raises:
        RefusedChange: It is derived, or no new one can have that name.
        Conflict: Its file is there already, and is another graph.
    """
    entry = generation.manifest["graphs"].get(iri)
    if entry is not None and entry["file"] is not None and entry["sha256"] is not None:
        return Target(iri, entry["file"], entry["sha256"], entry["layer"])
    if iri in GENERATED_GRAPHS:
        raise RefusedChange(
            f"<{iri}> is made from what the files say, and changes by itself",
            "change the facts that it follows from",
            clause="graph",
        )
    file = file_of(iri)
    if _holds(generation, iri):
        raise RefusedChange(
            f"<{iri}> is made from what the dataset says of it",
            "change the graph of the file that says so",
            clause="graph",
        )
    for name, other in generation.manifest["graphs"].items():
        taken = other["file"]
        if taken is not None and taken.lower() == file.lower():
            message = f"the file {taken}, which <{iri}> would have, is the graph <{name}>"
            raise Conflict(message, "choose another name")
    return Target(iri, file, None, LAYER_EDITORIAL if file.startswith(f"{Kind.GRAPH}/") else None)


def file_of(iri: str) -> str:
    """Return the file that a new graph would be.

    Args:
        iri: The IRI of the graph.

    Raises:
        RefusedChange: No new graph can have that name.
    """
    for start, kind in ((GRAPH, Kind.GRAPH), (SHAPES_GRAPH, Kind.SHAPES)):
        if not iri.startswith(start):
            continue
        name = iri.removeprefix(start)
        is_plain = all(
            _SEGMENT.fullmatch(part) and not part.endswith(".") for part in name.split("/")
        )
        if not is_plain or _HIDDEN.search(name) or len(name) > LONGEST:
            raise RefusedChange(
                f"<{iri}> cannot be the name of a file",
                f"take letters, digits, '-', '_' and '.' between single '/', at most {LONGEST} "
                "characters in all, no part beginning or ending with '.'",
                clause="graph",
            )
        return f"{kind}/{name}.ttl"
    raise RefusedChange(
        f"<{iri}> is no name that a new graph can have here",
        f"new graphs are called {GRAPH}…, after their file",
        clause="graph",
    )


def _holds(generation: Generation, iri: str) -> bool:
    try:
        return generation.store.contains_named_graph(ox.NamedNode(iri))
    except ValueError:
        raise RefusedChange(f"<{iri}> is no IRI", "give an absolute IRI", clause="graph") from None
