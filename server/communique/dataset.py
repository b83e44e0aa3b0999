"""A dataset in memory: one graph per file, named by the file's header, with its layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol, cast

from rdflib import Graph, URIRef
from rdflib.namespace import OWL, RDF

from communique import namespaces, turtle
from communique.errors import DataError, HeaderError, UnusableSources
from communique.sources import Kind, digest_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from rdflib.term import Identifier, Node

    from communique.sources import SourceFile, Sources

ONTOLOGY_SHAPES = "shapes/ontology.ttl"
"""The shapes that are about the ontology itself, and not about the data."""
INFERENCE_SHAPES = "shapes/inferences.ttl"
"""The shapes that are about what is known after reasoning, and not about what is written."""


@dataclass(frozen=True, slots=True)
class SourceGraph:
    """The graph of one file.

    Attributes:
        name: The IRI of the file's header, which names the graph.
        file: The file.
        layer: The IRI of its layer; None outside ``graph/``.
        triples: What the file says.
        sha256: SHA-256, in hexadecimal, of the bytes that say so.
    """

    name: URIRef
    file: SourceFile
    layer: URIRef | None
    triples: Graph
    sha256: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a dataset.

    Attributes:
        file: The file.
        line: The line, from 1; None where it is not known.
    """

    file: SourceFile
    line: int | None


class Located(Protocol):
    """What the gate asks of a dataset, or of as much of one as a change concerns."""

    @property
    def graphs(self) -> Container[URIRef]:
        """The names of the graphs of files."""

    @property
    def explicit(self) -> Graph:
        """What is written under ``graph/``, of every layer."""

    @property
    def ontology(self) -> Graph:
        """What is written under ``ontology/``."""

    def locate(
        self, node: Identifier, predicate: Identifier | None = None, value: Identifier | None = None
    ) -> Place | None:
        """Find where something is written.

        Args:
            node: The node it is about.
            predicate: The property, where one matters.
            value: The value, where one matters.
        """


@dataclass(frozen=True)
class Dataset:
    """The parsed dataset.

    Attributes:
        sources: The files it was read from.
        graphs: The graphs by name, in the order of the files.
    """

    sources: Sources
    graphs: Mapping[URIRef, SourceGraph]
    _lines: dict[URIRef, turtle.LineIndex] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def digest(self) -> str:
        """The digest of what was read, even if a file has changed since it was listed."""
        return digest_of((graph.file.name, graph.sha256) for graph in self.graphs.values())

    @cached_property
    def explicit(self) -> Graph:
        """All that is written under ``graph/``, of every layer."""
        return _union(graph.triples for graph in self.graphs.values() if graph.layer is not None)

    @cached_property
    def facts(self) -> Graph:
        """The asserted and the background layer, before anything in them is withdrawn."""
        return _union(
            graph.triples
            for graph in self.graphs.values()
            if graph.layer is not None and str(graph.layer) in namespaces.FACT_LAYERS
        )

    @cached_property
    def ontology(self) -> Graph:
        """The vocabulary: all that is written under ``ontology/``."""
        return self._of_kind(Kind.ONTOLOGY)

    @cached_property
    def shapes(self) -> Graph:
        """The shapes that the data must satisfy."""
        return _union(
            graph.triples
            for graph in self.graphs.values()
            if graph.file.kind is Kind.SHAPES
            and graph.file.name not in {ONTOLOGY_SHAPES, INFERENCE_SHAPES}
        )

    @cached_property
    def ontology_shapes(self) -> Graph:
        """The shapes that the ontology itself must satisfy."""
        return _union(
            graph.triples for graph in self.graphs.values() if graph.file.name == ONTOLOGY_SHAPES
        )

    @cached_property
    def inference_shapes(self) -> Graph:
        """The shapes that all that is known must satisfy after reasoning."""
        return _union(
            graph.triples for graph in self.graphs.values() if graph.file.name == INFERENCE_SHAPES
        )

    def locate(
        self, node: Identifier, predicate: Identifier | None = None, value: Identifier | None = None
    ) -> Place | None:
        """Find where the dataset says something, as exactly as it can.

        Args:
            node: The node it is about.
            predicate: The property, where one matters.
            value: The value, where one matters.

        Returns:
            The place of the triple; failing that of the node's values of the property; failing
            that of the node; None if the node occurs nowhere.
        """
        for pattern in searches(node, predicate, value):
            for graph in self.graphs.values():
                triple = next(graph.triples.triples(pattern), None)
                if triple is None:
                    continue
                index = self._lines.setdefault(graph.name, _lines(graph.file))
                if pattern[0] is None:
                    line = index.line_of(*(cast("Identifier", term) for term in triple))
                else:
                    line = index.line_of(node, predicate, value)
                return Place(graph.file, line)
        return None

    def _of_kind(self, kind: Kind) -> Graph:
        return _union(graph.triples for graph in self.graphs.values() if graph.file.kind is kind)


def searches(
    node: Identifier, predicate: Identifier | None = None, value: Identifier | None = None
) -> Sequence[tuple[Identifier | None, Identifier | None, Identifier | None]]:
    """Return what to look for, one after another, to find where something is said.

    Args:
        node: The node it is about.
        predicate: The property, where one matters.
        value: The value, where one matters.
    """
    return (
        (node, predicate, value),
        (node, predicate, None),
        (node, RDF.type, None),
        (node, None, None),
        (None, None, node),
    )


def load(sources: Sources) -> Dataset:
    """Parse every file of a dataset.

    Args:
        sources: The files.

    Raises:
        UnusableSources: Files are not Turtle, or have no usable header.  Every fault is listed.
    """
    graphs: dict[URIRef, SourceGraph] = {}
    faults: list[DataError] = []
    for file in sources.files:
        try:
            graph = read(file)
            if graph.name in graphs:
                raise duplicate(graph, graphs[graph.name])
        except DataError as fault:
            faults.append(fault)
        else:
            graphs[graph.name] = graph
    if faults:
        raise UnusableSources(faults)
    return Dataset(sources, graphs)


def read(file: SourceFile) -> SourceGraph:
    """Parse one file and read its header.

    Args:
        file: The file.

    Raises:
        TurtleSyntaxError: It is not Turtle.
        HeaderError: Its header is missing, double or incomplete.
    """
    data = file.read()
    triples = turtle.parse_text(turtle.decode(data, file.path), file.path, file.nodes)
    name = _header(file, triples)
    layer = _layer(file, triples, name) if file.kind is Kind.GRAPH else None
    return SourceGraph(name, file, layer, triples, sha256(data).hexdigest())


def _header(file: SourceFile, triples: Graph) -> URIRef:
    """Return the one node that the file declares an ``owl:Ontology``."""
    headers = sorted(triples.subjects(RDF.type, OWL.Ontology), key=str)
    if not headers:
        message = "the file has no header, so its graph has no name"
        raise HeaderError(message, "start it with: <IRI> a owl:Ontology .", file=file.path, line=1)
    if len(headers) > 1:
        names = " and ".join(f"<{header}>" for header in headers)
        line = max(_line(file, header, RDF.type, OWL.Ontology) for header in headers)
        message = f"the file has {len(headers)} headers: {names}"
        raise HeaderError(message, "keep one owl:Ontology a file", file=file.path, line=line)
    header = headers[0]
    if not isinstance(header, URIRef):
        message = "the header is a blank node, so the graph has no name"
        raise HeaderError(message, "give the header an IRI", file=file.path, line=1)
    if str(header) in namespaces.GENERATED_GRAPHS:
        message = f"<{header}> is the name of a graph that is made when the dataset is built"
        line = _line(file, header)
        raise HeaderError(message, "give the header another IRI", file=file.path, line=line)
    return header


def _layer(file: SourceFile, triples: Graph, name: URIRef) -> URIRef:
    """Return the layer that the header of a file under ``graph/`` declares."""
    known = ", ".join(namespaces.shorten(layer) for layer in namespaces.LAYERS)
    layers = sorted(triples.objects(name, URIRef(namespaces.LAYER)), key=str)
    if len(layers) == 1 and isinstance(layers[0], URIRef) and str(layers[0]) in namespaces.LAYERS:
        return layers[0]
    if not layers:
        message = "the header does not say which layer the graph belongs to"
    elif len(layers) > 1:
        message = "the header gives more than one layer"
    else:
        message = f"the header's layer {namespaces.shorten(str(layers[0]))} is unknown"
    line = _line(file, name)
    advice = f"give the header one cmq:layer of {known}"
    raise HeaderError(message, advice, file=file.path, line=line)


def _line(file: SourceFile, *triple: Node) -> int:
    """Return the line of a header, or of its property or value."""
    return _lines(file).line_of(*(cast("Identifier", term) for term in triple)) or 1


def _lines(file: SourceFile) -> turtle.LineIndex:
    text = None if file.content is None else turtle.decode(file.content, file.path)
    return turtle.LineIndex(file.path, text, file.nodes)


def duplicate(second: SourceGraph, first: SourceGraph) -> HeaderError:
    """Return the fault that two files have headers of one name.

    Args:
        second: The graph of the file that comes later.
        first: That of the one before it.
    """
    return HeaderError(
        f"the graph name <{second.name}> is already that of {first.file.name}",
        "give each file a header IRI of its own",
        file=second.file.path,
        line=_line(second.file, second.name),
    )


def _union(graphs: Iterable[Graph]) -> Graph:
    """Return a plain graph with the triples of all graphs given."""
    whole = Graph(bind_namespaces="none")
    for prefix, name in namespaces.PREFIXES.items():
        whole.bind(prefix, name)
    for graph in graphs:
        whole += graph
    return whole
