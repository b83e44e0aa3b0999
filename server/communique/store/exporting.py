"""A generation as one file: equal datasets give equal bytes.

Blank nodes are named as W3C's RDF Dataset Canonicalization (RDFC-1.0, Recommendation of 21 May
2024) names them, and statements are in order.  As N-Quads the file is the recommendation's
canonical form (section 5), so that other programs come to the same digest.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique.errors import CallError
from communique.namespaces import INFERRED_GRAPH, PREFIXES, RDF
from communique.store import writing
from communique.store.writing import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from communique.store.generation import Generation

FORMATS: Final = ("nquads", "trig", "turtle", "jsonld")
"""What a generation can be exported as, the default first."""
DEFAULT: Final = "default"
"""Stands for the default graph among the names of graphs."""

_DATASETS: Final = {"trig": ox.RdfFormat.TRIG, "jsonld": ox.RdfFormat.JSON_LD}
_TYPE: Final = ox.NamedNode(RDF + "type")
_Graph = ox.NamedNode | ox.DefaultGraph


@dataclass(frozen=True, slots=True)
class Export:
    """A generation as one file.

    Attributes:
        content: The file's bytes.
        statements: How many triples or quads it holds.
    """

    content: bytes
    statements: int

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def export(
    generation: Generation, form: str, graphs: Sequence[str] = (), *, inferred: bool = True
) -> Export:
    """Write a generation as one file.

    Turtle has no named graphs: it has the default graph, or the merge of those asked for.

    Args:
        generation: The generation.
        form: One of :data:`FORMATS`.
        graphs: The IRIs of the graphs that are wanted, :data:`DEFAULT` for the default graph; all
            of them if none is given.
        inferred: Whether to include what reasoning added.

    Raises:
        CallError: The generation has no such graph, or what was inferred is asked for and left out.
    """
    names = list(_graphs(generation, graphs, inferred=inferred))
    if form == "turtle" and not graphs:
        names = [ox.DefaultGraph()]
    dataset = ox.Dataset()
    for name in names:
        for quad in _quads(generation, name, inferred=inferred):
            dataset.add(ox.Quad(*quad.triple) if form == "turtle" else quad)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return Export(_serialize(dataset, form), len(dataset))


def _graphs(generation: Generation, graphs: Sequence[str], *, inferred: bool) -> Iterator[_Graph]:
    """Yield the graphs that are wanted, each once."""
    if not graphs:
        yield ox.DefaultGraph()
        for held in generation.store.named_graphs():
            if isinstance(held, ox.NamedNode) and (inferred or held.value != INFERRED_GRAPH):
                yield held
        return
    for name in dict.fromkeys(graphs):
        if name == DEFAULT:
            yield ox.DefaultGraph()
            continue
        if name == INFERRED_GRAPH and not inferred:
            message = "what was inferred is both asked for and left out"
            raise CallError(message, "leave out --no-inferred, or that --graph")
        yield _held(generation, name)


def _held(generation: Generation, name: str) -> ox.NamedNode:
    """Return a named graph that a generation holds.

    Raises:
        CallError: It holds none of that name.
    """
    try:
        node = ox.NamedNode(name)
        if generation.store.contains_named_graph(node):
            return node
    except ValueError:  # it is no absolute IRI
        pass
    known = ", ".join([DEFAULT, *sorted(generation.manifest["graphs"])])
    message = f"the dataset has no graph {name}"
    raise CallError(message, f"choose one of {known}, or the IRI of a proposition")


def _quads(generation: Generation, name: _Graph, *, inferred: bool) -> Iterator[ox.Quad]:
    """Yield the quads of a graph; the default graph has a copy of what was inferred."""
    store = generation.store
    added = ox.NamedNode(INFERRED_GRAPH)
    for quad in store.quads_for_pattern(None, None, None, name):
        is_copy = isinstance(name, ox.DefaultGraph) and not inferred
        if not is_copy or ox.Quad(quad.subject, quad.predicate, quad.object, added) not in store:
            yield quad


def _serialize(dataset: ox.Dataset, form: str) -> bytes:
    output = io.BytesIO()
    if form == "nquads":
        ox.serialize(dataset, output, format=ox.RdfFormat.N_QUADS)
        # Line breaks within literals are escaped.
        lines = output.getvalue().split(b"\n")[:-1]
        return b"".join(line + b"\n" for line in sorted(lines))
    quads = sorted(dataset, key=_order)
    if form == "turtle":
        triples = (quad.triple for quad in quads)
        writing.write_triples(triples, "turtle", {}, output, UNBOUNDED)
    else:
        ox.serialize(quads, output, format=_DATASETS[form], prefixes=PREFIXES)
    return output.getvalue()


def _order(quad: ox.Quad) -> tuple[str, str, bool, str, str]:
    """Sort by graph, the default graph first, and by subject, its types first."""
    graph = quad.graph_name
    return (
        "" if isinstance(graph, ox.DefaultGraph) else str(graph),
        str(quad.subject),
        quad.predicate != _TYPE,
        quad.predicate.value,
        str(quad.object),
    )
