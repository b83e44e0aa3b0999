"""Answers: what a query found, as rows for a table or serialised in a standard format."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import pyoxigraph as ox

from communique.namespaces import shorten
from communique.store import writing
from communique.store.writing import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from communique.store.writing import Bounds, Output

Kind = Literal["select", "ask", "graph"]

_TABLES: Final[tuple[Kind, ...]] = ("select", "ask")
_GRAPHS: Final[tuple[Kind, ...]] = ("graph",)


@dataclass(frozen=True, slots=True)
class Format:
    """A format that answers are serialised in.

    Attributes:
        name: Its short name, for a command line or a parameter.
        media_type: Its registered media type, without parameters.
        label: Its name for people.
        kinds: The kinds of answer it is for.
        extension: The ending of file names.
        aliases: Other media types by which clients ask for it.
    """

    name: str
    media_type: str
    label: str
    kinds: tuple[Kind, ...]
    extension: str
    aliases: tuple[str, ...] = ()


FORMATS: Final = (
    Format(
        *("json", "application/sparql-results+json", "JSON", _TABLES, "srj"),
        aliases=("application/json",),
    ),
    Format(
        *("xml", "application/sparql-results+xml", "XML", _TABLES, "srx"),
        aliases=("application/xml", "text/xml"),
    ),
    Format("csv", "text/csv", "CSV", _TABLES, "csv"),
    Format("tsv", "text/tab-separated-values", "TSV", _TABLES, "tsv"),
    Format("turtle", "text/turtle", "Turtle", _GRAPHS, "ttl"),
    Format("ntriples", "application/n-triples", "N-Triples", _GRAPHS, "nt"),
    Format(
        *("rdfxml", "application/rdf+xml", "RDF/XML", _GRAPHS, "rdf"),
        aliases=("application/xml", "text/xml"),
    ),
    Format(
        *("jsonld", "application/ld+json", "JSON-LD", _GRAPHS, "jsonld"),
        aliases=("application/json",),
    ),
)
"""All formats; among those for one kind of answer the first is the default."""


@dataclass(frozen=True, slots=True)
class Term:
    """An RDF term in a row, free of any engine.

    Attributes:
        kind: As in SPARQL's JSON results: ``uri``, ``bnode``, ``literal`` or ``triple``.
        value: The IRI, the label, the lexical form, or the triple as N-Triples.
        datatype: The datatype's IRI, for a literal without a language.
        language: The language tag, for a literal with one.
    """

    kind: Literal["uri", "bnode", "literal", "triple"]
    value: str
    datatype: str | None = None
    language: str | None = None

    def __str__(self) -> str:
        """Return it for people: an IRI in its prefixed form, a literal without its quotes."""
        if self.kind == "uri":
            return shorten(self.value)
        return f"_:{self.value}" if self.kind == "bnode" else self.value


Row = tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of an answer, for a page.

    Attributes:
        kind: As for :class:`Answer`.
        variables: Likewise.
        boolean: Likewise.
        rows: The first rows of a table.
        turtle: The first triples of a graph, as Turtle.
        is_cut: Whether there are more.
    """

    kind: Kind
    variables: tuple[str, ...] = ()
    boolean: bool | None = None
    rows: tuple[Row, ...] = ()
    turtle: str = ""
    is_cut: bool = False

    @property
    def formats(self) -> tuple[Format, ...]:
        """The formats that the whole answer can be had in."""
        return formats_of(self.kind)


class Answer:
    """What a query found.

    The rows or triples come as they are computed, and only once: read :attr:`rows`, or serialise.

    Args:
        result: What the engine returned.
        prefixes: The namespaces of prefixes, for the formats that have any; the project's own are
            known.
        is_repeatable: See below.

    Attributes:
        is_repeatable: Whether asking again gives the same answer; not so with ``NOW`` or ``RAND``.
        kind: ``select``, ``ask`` or ``graph`` (for CONSTRUCT and DESCRIBE).
        variables: The names of the columns; none unless ``kind`` is ``select``.
        boolean: The verdict; None unless ``kind`` is ``ask``.
    """

    def __init__(
        self,
        result: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples,
        prefixes: Mapping[str, str] = MappingProxyType({}),
        *,
        is_repeatable: bool = True,
    ) -> None:
        self._result = result
        self._prefixes = prefixes
        self.is_repeatable = is_repeatable
        self.kind: Kind = "graph"
        self.variables: tuple[str, ...] = ()
        self.boolean: bool | None = None
        if isinstance(result, ox.QueryBoolean):
            self.kind = "ask"
            self.boolean = bool(result)
        elif isinstance(result, ox.QuerySolutions):
            self.kind = "select"
            self.variables = tuple(variable.value for variable in result.variables)

    @property
    def formats(self) -> tuple[Format, ...]:
        """The formats it can be serialised in, the default first."""
        return formats_of(self.kind)

    @property
    def rows(self) -> Iterator[Row]:
        """The rows, a term or None (unbound) for each variable; for a graph its triples."""
        if isinstance(self._result, ox.QuerySolutions):
            for solution in self._result:
                yield tuple(map(_cell, solution))
        elif isinstance(self._result, ox.QueryTriples):
            for triple in self._result:
                yield tuple(map(to_term, (triple.subject, triple.predicate, triple.object)))

    def cells(self) -> list[tuple[str, ...]]:
        """Return all rows as people read them; an unbound variable is an empty cell."""
        return [tuple("" if term is None else str(term) for term in row) for row in self.rows]

    def excerpt(self, count: int) -> Excerpt:
        """Return the beginning of the answer.

        Args:
            count: How many rows or triples it has at the most.
        """
        if isinstance(self._result, ox.QueryTriples):
            triples = list(islice(self._result, count + 1))
            output = io.BytesIO()
            writing.write_triples(triples[:count], "turtle", self._prefixes, output, UNBOUNDED)
            turtle = output.getvalue().decode()
            return Excerpt("graph", turtle=turtle, is_cut=len(triples) > count)
        rows = tuple(islice(self.rows, count + 1))
        is_cut = len(rows) > count
        return Excerpt(self.kind, self.variables, self.boolean, rows[:count], is_cut=is_cut)

    def serialize(self, media_type: str) -> bytes:
        """Return the whole answer in a format, as UTF-8.

        Args:
            media_type: The media type of one of :attr:`formats`, without parameters.

        Raises:
            ValueError: The media type is not one of them.
            UnwritableAnswer: The format cannot express the answer, as XML cannot every character.
        """
        output = io.BytesIO()
        self.write(media_type, output)
        return output.getvalue()

    def write(self, media_type: str, output: Output, bounds: Bounds = UNBOUNDED) -> None:
        """Write the answer in a format, as UTF-8, while it is computed.

        Args:
            media_type: As for :meth:`serialize`.
            output: Where to; it gets about 8 KiB at a time.
            bounds: How large it may become.

        Raises:
            ValueError: As for :meth:`serialize`.
            UnwritableAnswer: As for :meth:`serialize`.
            RefusedQuery: It is larger.
        """
        chosen = next((f for f in self.formats if f.media_type == media_type), None)
        if chosen is None:
            raise ValueError(f"no format for an answer of kind {self.kind}: {media_type}")
        if isinstance(self._result, ox.QueryTriples):
            writing.write_triples(self._result, chosen.name, self._prefixes, output, bounds)
        else:
            writing.write_table(self._result, chosen.name, output, bounds)


def formats_of(kind: Kind) -> tuple[Format, ...]:
    """Return the formats for a kind of answer, the default first.

    Args:
        kind: The kind.
    """
    return tuple(format_ for format_ in FORMATS if kind in format_.kinds)


def _cell(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> Term | None:
    return None if term is None else to_term(term)


def to_term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Term:
    """Convert a term of the engine's.

    Args:
        term: The term.
    """
    if isinstance(term, ox.NamedNode):
        return Term("uri", term.value)
    if isinstance(term, ox.BlankNode):
        return Term("bnode", term.value)
    if isinstance(term, ox.Literal):
        language = term.language
        return Term("literal", term.value, None if language else term.datatype.value, language)
    return Term("triple", str(term))
