"""Graphs made of our own terms, for what the program says itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from communique.store import writing
from communique.store.describing import TRIG
from communique.store.results import Term
from communique.store.writing import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from communique.store.results import Format
    from communique.store.writing import Output

Triple = tuple[Term, str, Term]
"""Subject, the IRI of the predicate, and object."""


def iri(value: str) -> Term:
    """Return an IRI as a term.

    Args:
        value: The IRI.
    """
    return Term("uri", value)


def text(value: str, language: str | None = None) -> Term:
    """Return a text as a term.

    Args:
        value: The text.
        language: Its language, if it is in one.
    """
    return Term("literal", value, None if language else ox.Literal("").datatype.value, language)


def number(value: int) -> Term:
    """Return a number as a term.

    Args:
        value: The number.
    """
    return Term("literal", str(value), ox.Literal(0).datatype.value)


def write(
    triples: Sequence[Triple], prefixes: Mapping[str, str], format_: Format, output: Output
) -> None:
    """Write triples.

    Args:
        triples: The triples.
        prefixes: The namespaces of the prefixes that may be used beside the project's own.
        format_: One of :data:`communique.store.describing.GRAPH_FORMATS`.
        output: Where to.

    Raises:
        UnwritableAnswer: The format cannot express them.
    """
    found = dict.fromkeys(_triples(triples))
    # One graph without a name is the same in TriG as in Turtle.
    name = "turtle" if format_ == TRIG else format_.name
    writing.write_triples(found, name, prefixes, output, UNBOUNDED)


def _triples(triples: Iterable[Triple]) -> Iterable[ox.Triple]:
    for subject, predicate, value in triples:
        found = _resource(subject)
        yield ox.Triple(found, ox.NamedNode(predicate), _term(value))


def _resource(term: Term) -> ox.NamedNode | ox.BlankNode:
    return ox.BlankNode(term.value) if term.kind == "bnode" else ox.NamedNode(term.value)


def _term(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if term.kind != "literal":
        return _resource(term)
    if term.language is not None:
        return ox.Literal(term.value, language=term.language)
    datatype = None if term.datatype is None else ox.NamedNode(term.datatype)
    return ox.Literal(term.value, datatype=datatype)
