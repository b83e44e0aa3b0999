"""What a generation says of one IRI, and its graphs as they are.

What queries see without naming a graph are the facts.  Statements that are only in an editorial
graph or among the shapes, or that are withdrawn, are told apart by the graph they are from; what a
proposition claims is in the proposition's own graph, and never among the statements about what it
claims something of.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, cast

import pyoxigraph as ox

from communique import namespaces
from communique.namespaces import INFERRED_GRAPH, RDF
from communique.store import writing
from communique.store.results import FORMATS, Format, Term, to_term
from communique.store.writing import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import IO

    from communique.store.generation import Generation
    from communique.store.writing import Output

TRIG: Final = Format("trig", "application/trig", "TriG", ("graph",), "trig")
GRAPH_FORMATS: Final = (*(each for each in FORMATS if "graph" in each.kinds), TRIG)
"""The formats that descriptions and graphs can be had in, the default first."""
DATASET_FORMATS: Final = (
    Format("nquads", "application/n-quads", "N-Quads", (), "nq"),
    TRIG,
)
"""The formats that the whole dataset can be had in, the default first."""
SIZE: Final = 500
"""How many statements a page has from the IRI, and how many to it."""

_DEPTH: Final = 4
"""How deep blank nodes are followed."""
_TYPE: Final = ox.NamedNode(RDF + "type")
_DEFAULT: Final = ox.DefaultGraph()
_INFERRED: Final = ox.NamedNode(INFERRED_GRAPH)


@dataclass(frozen=True, slots=True)
class Statement:
    """A triple, and where it is.

    Attributes:
        subject: Its subject.
        predicate: Its predicate.
        object: Its object.
        is_inferred: Whether it is a fact by reasoning alone.
        graph: The graph it is from, if it is no fact.
        parts: What is said of its object, if that is a blank node.
    """

    subject: Term
    predicate: Term
    object: Term
    is_inferred: bool
    graph: str | None
    parts: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """What a generation says of an IRI, as far as one page has it.

    Attributes:
        outgoing: The statements with the IRI as their subject.
        incoming: Those with it as their object.
        is_last: Whether there is no further page.
    """

    outgoing: tuple[Statement, ...]
    incoming: tuple[Statement, ...]
    is_last: bool


def knows(generation: Generation, iri: str) -> bool:
    """Tell whether a generation says anything of an IRI, or with it.

    Args:
        generation: The generation.
        iri: The IRI.
    """
    node = _node(iri)
    if node is None:
        return False
    patterns = ((node, None, None), (None, None, node), (None, node, None))
    return any(_has(generation.store, pattern) for pattern in patterns)


def describe(generation: Generation, iri: str, page: int = 1) -> Description:
    """Return a page of what a generation says of an IRI.

    Args:
        generation: The generation.
        iri: The IRI, one that is known.
        page: The number of the page, from 1.
    """
    outgoing, incoming, is_last = _page(generation, iri, page)
    return Description(
        tuple(_statement(generation, quad, _DEPTH) for quad in outgoing),
        tuple(_statement(generation, quad, 0) for quad in incoming),
        is_last,
    )


def write_description(
    generation: Generation, iri: str, page: int, format_: Format, output: Output
) -> None:
    """Write a page of what a generation says of an IRI.

    Formats for one graph have the facts, or what else is said where there are none.  TriG has all
    of it, each statement in the graphs it is from, and what a proposition claims in its own.

    Args:
        generation: The generation.
        iri: The IRI, one that is known.
        page: The number of the page, from 1.
        format_: One of :data:`GRAPH_FORMATS`.
        output: Where to.

    Raises:
        UnwritableAnswer: The format cannot express it.
    """
    quads = _quads(generation, iri, page)
    if format_ != TRIG:
        writing.write_triples(_triples(quads), format_.name, {}, output, UNBOUNDED)
        return
    named = dict.fromkeys(_in_sources(generation, quads))
    if page == 1:
        own = _node(iri)
        if own is not None:
            named |= dict.fromkeys(generation.store.quads_for_pattern(None, None, None, own))
    _write_quads(sorted(named, key=_order), output)


def triples(generation: Generation, iri: str, page: int) -> Iterator[tuple[Term, Term, Term]]:
    """Yield the triples that formats for one graph have.

    Args:
        generation: The generation.
        iri: The IRI, one that is known.
        page: The number of the page, from 1.
    """
    for triple in _triples(_quads(generation, iri, page)):
        yield to_term(triple.subject), to_term(triple.predicate), to_term(triple.object)


def holds_graph(generation: Generation, name: str) -> bool:
    """Tell whether a generation has a named graph.

    Args:
        generation: The generation.
        name: What may be the graph's IRI.
    """
    node = _node(name)
    return node is not None and generation.store.contains_named_graph(node)


def write_graph(
    generation: Generation, names: Iterable[str | None], format_: Format, output: Output
) -> None:
    """Write a graph, or the merge of several.

    Args:
        generation: The generation.
        names: The IRIs of named graphs that it holds; None is the default graph.
        format_: One of :data:`GRAPH_FORMATS`.
        output: Where to.

    Raises:
        UnwritableAnswer: The format cannot express it.
    """
    graphs = [_DEFAULT if name is None else ox.NamedNode(name) for name in names]
    quads = chain.from_iterable(
        generation.store.quads_for_pattern(None, None, None, graph) for graph in graphs
    )
    if format_ == TRIG:
        _write_quads(quads, output)
        return
    triples: Iterable[ox.Triple] = (quad.triple for quad in quads)
    if len(graphs) > 1:
        triples = dict.fromkeys(triples)
    writing.write_triples(triples, format_.name, {}, output, UNBOUNDED)


def write_dataset(generation: Generation, format_: Format, output: Output) -> None:
    """Write the whole of a generation, as queries see it, while it is read.

    Args:
        generation: The generation.
        format_: One of :data:`DATASET_FORMATS`.
        output: Where to.
    """
    target = cast("IO[bytes]", output)
    if format_ == TRIG:
        _write_quads(generation.store, output)
    else:
        generation.store.dump(target, format=ox.RdfFormat.N_QUADS)


def _quads(generation: Generation, iri: str, page: int) -> list[ox.Quad]:
    outgoing, incoming, _is_last = _page(generation, iri, page)
    return list(chain(_with_parts(generation.store, outgoing), incoming))


def _triples(quads: Sequence[ox.Quad]) -> Iterable[ox.Triple]:
    """Return the facts or, where there are none, what else is said, each once."""
    facts = [quad for quad in quads if quad.graph_name == _DEFAULT]
    return dict.fromkeys(quad.triple for quad in facts or quads)


def _page(generation: Generation, iri: str, page: int) -> tuple[list[ox.Quad], list[ox.Quad], bool]:
    node = ox.NamedNode(iri)
    first = (page - 1) * SIZE
    reach = slice(first, first + SIZE + 1)
    outgoing = list(islice(_said(generation, (node, None, None)), reach.start, reach.stop))
    incoming = list(islice(_said(generation, (None, None, node)), reach.start, reach.stop))
    is_last = max(len(outgoing), len(incoming)) <= SIZE
    return outgoing[:SIZE], incoming[:SIZE], is_last


_Pattern = tuple[ox.NamedNode | None, ox.NamedNode | None, ox.NamedNode | None]


def _said(generation: Generation, pattern: _Pattern) -> Iterator[ox.Quad]:
    """Yield the facts that match, and then what is written beside them.

    That is in editorial graphs and shapes, or withdrawn.
    """
    store = generation.store
    yield from store.quads_for_pattern(*pattern, _DEFAULT)
    is_something_gone = any(generation.manifest["withdrawn"].values())
    aside = {
        name
        for name, entry in generation.manifest["graphs"].items()
        if entry["kind"] == "shapes"
        or entry["layer"] == namespaces.LAYER_EDITORIAL
        or (is_something_gone and entry["kind"] in {"graph", "withdrawn"})
    }
    for quad in store.quads_for_pattern(*pattern, None) if aside else ():
        is_aside = isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value in aside
        if is_aside and ox.Quad(quad.subject, quad.predicate, quad.object) not in store:
            yield quad


def _with_parts(
    store: ox.Store, quads: Iterable[ox.Quad], depth: int = _DEPTH
) -> Iterator[ox.Quad]:
    """Yield statements, and what is said of the blank nodes that are their objects."""
    for quad in quads:
        yield quad
        if depth and isinstance(quad.object, ox.BlankNode):
            parts = store.quads_for_pattern(quad.object, None, None, quad.graph_name)
            yield from _with_parts(store, parts, depth - 1)


def _in_sources(generation: Generation, quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    """Yield statements in the named graphs they are from, those of propositions left out."""
    graphs = generation.manifest["graphs"]
    for quad in quads:
        same = generation.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        for found in same:
            if isinstance(found.graph_name, ox.NamedNode) and found.graph_name.value in graphs:
                yield found


def _order(quad: ox.Quad) -> tuple[str, str, bool, str]:
    """Sort statements by graph and subject, the types first."""
    predicate = quad.predicate
    return str(quad.graph_name), str(quad.subject), predicate != _TYPE, predicate.value


def _write_quads(quads: Iterable[ox.Quad], output: Output) -> None:
    """Write statements in their graphs, as TriG."""
    target = cast("IO[bytes]", output)
    ox.serialize(quads, target, format=ox.RdfFormat.TRIG, prefixes=namespaces.PREFIXES)


def _statement(generation: Generation, quad: ox.Quad, depth: int) -> Statement:
    store = generation.store
    is_fact = quad.graph_name == _DEFAULT
    parts: tuple[Statement, ...] = ()
    if depth and isinstance(quad.object, ox.BlankNode):
        below = store.quads_for_pattern(quad.object, None, None, quad.graph_name)
        parts = tuple(_statement(generation, part, depth - 1) for part in below)
    inferred = ox.Quad(quad.subject, quad.predicate, quad.object, _INFERRED)
    return Statement(
        to_term(quad.subject),
        to_term(quad.predicate),
        to_term(quad.object),
        is_inferred=is_fact and inferred in store,
        graph=None
        if is_fact or not isinstance(quad.graph_name, ox.NamedNode)
        else quad.graph_name.value,
        parts=parts,
    )


def _has(store: ox.Store, pattern: _Pattern) -> bool:
    return any(True for _ in store.quads_for_pattern(*pattern, None))


def _node(iri: str) -> ox.NamedNode | None:
    """Return an IRI as the engine has it, or None if it is no absolute IRI."""
    try:
        return ox.NamedNode(iri)
    except ValueError:
        return None
