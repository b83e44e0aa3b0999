"""Answers: what a query found, as rows for a table or serialised in a standard format."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import pyoxigraph as ox

from communique.errors import UnwritableAnswer
from communique.namespaces import RDF, XSD, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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

_RESULTS: Final = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
_RDF: Final = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}


_PREFIXED: Final = frozenset({"turtle", "rdfxml"})
"""The formats in which prefixes are used."""
_TYPE: Final = ox.NamedNode(RDF + "type")
_WRITTEN_SHORT: Final = frozenset(
    {_TYPE.value, RDF + "langString"}
    | {XSD + name for name in ("string", "boolean", "integer", "decimal", "double")}
)
"""What formats with prefixes write without one."""
_NOT_XML: Final = re.compile(rb"[\x00-\x08\x0B\x0C\x0E-\x1F]|\xEF\xBF[\xBE\xBF]")
"""What is no Char of XML 1.0, in UTF-8."""
_ELEMENT: Final = re.compile(r"[^\W\d][\w.\-]*$")
"""What an IRI has to end with to be the name of an element."""


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


class Answer:
    """What a query found.

    The rows or triples come as they are computed, and only once: read :attr:`rows`, or serialise.

    Args:
        result: What the engine returned.
        prefixes: The namespaces of prefixes, for the formats that have any; the project's own are
            known.

    Attributes:
        kind: ``select``, ``ask`` or ``graph`` (for CONSTRUCT and DESCRIBE).
        variables: The names of the columns; none unless ``kind`` is ``select``.
        boolean: The verdict; None unless ``kind`` is ``ask``.
    """

    def __init__(
        self,
        result: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples,
        prefixes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._result = result
        self._prefixes = prefixes
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
        return tuple(format_ for format_ in FORMATS if self.kind in format_.kinds)

    @property
    def rows(self) -> Iterator[Row]:
        """The rows, a term or None (unbound) for each variable; for a graph its triples."""
        if isinstance(self._result, ox.QuerySolutions):
            for solution in self._result:
                yield tuple(map(_term, solution))
        elif isinstance(self._result, ox.QueryTriples):
            for triple in self._result:
                yield tuple(map(_term, (triple.subject, triple.predicate, triple.object)))

    def cells(self) -> list[tuple[str, ...]]:
        """Return all rows as people read them; an unbound variable is an empty cell."""
        return [tuple("" if term is None else str(term) for term in row) for row in self.rows]

    def serialize(self, media_type: str) -> bytes:
        """Return the whole answer in a format, as UTF-8.

        Args:
            media_type: The media type of one of :attr:`formats`, without parameters.

        Raises:
            ValueError: The media type is not one of them.
            UnwritableAnswer: The format cannot express the answer, as XML cannot every character.
        """
        chosen = next((f for f in self.formats if f.media_type == media_type), None)
        if chosen is None:
            raise ValueError(f"no format for an answer of kind {self.kind}: {media_type}")
        output = io.BytesIO()
        if isinstance(self._result, ox.QueryTriples):
            triples = _grouped(self._result)
            if chosen.name == "rdfxml":
                _refuse_predicates(triples)
            prefixes = _used(self._prefixes, triples) if chosen.name in _PREFIXED else None
            ox.serialize(triples, output, format=_RDF[chosen.name], prefixes=prefixes)
        else:
            self._result.serialize(output, format=_RESULTS[chosen.name])
        if chosen.name in {"xml", "rdfxml"} and _NOT_XML.search(output.getbuffer()):
            raise UnwritableAnswer(
                "the answer has a character that XML cannot express", "ask for another format"
            )
        return output.getvalue()


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> Term | None:
    """Convert a term of the engine's."""
    if term is None:
        return None
    if isinstance(term, ox.NamedNode):
        return Term("uri", term.value)
    if isinstance(term, ox.BlankNode):
        return Term("bnode", term.value)
    if isinstance(term, ox.Literal):
        language = term.language
        return Term("literal", term.value, None if language else term.datatype.value, language)
    return Term("triple", str(term))


def _refuse_predicates(triples: Sequence[ox.Triple]) -> None:
    """Refuse triples whose predicates RDF/XML cannot write as elements.

    Raises:
        UnwritableAnswer: There is such a predicate.
    """
    for iri in {triple.predicate.value for triple in triples}:
        if not _ELEMENT.search(iri):
            message = f"RDF/XML cannot express the predicate <{iri}>"
            raise UnwritableAnswer(message, "ask for another format")


def _grouped(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Bring the triples of each subject together, its types first, else in their order."""
    subjects: dict[ox.NamedNode | ox.BlankNode | ox.Triple, dict[ox.NamedNode, list[ox.Triple]]]
    subjects = {}
    for triple in triples:
        subjects.setdefault(triple.subject, {_TYPE: []}).setdefault(triple.predicate, []).append(
            triple
        )
    return [
        triple
        for predicates in subjects.values()
        for same in predicates.values()
        for triple in same
    ]


def _used(prefixes: Mapping[str, str], triples: Sequence[ox.Triple]) -> dict[str, str]:
    """Return the prefixes that Turtle or RDF/XML need for triples.

    Args:
        prefixes: The namespaces of the prefixes that may be used beside the project's own.
        triples: The triples.
    """
    iris: set[str] = set()
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            named = term.datatype if isinstance(term, ox.Literal) else term
            if isinstance(named, ox.NamedNode) and named.value not in _WRITTEN_SHORT:
                iris.add(named.value)
    known = {}
    for iri in iris:
        prefix, _, local = shorten(iri).partition(":")
        if f"{prefix}:{local}" != iri and local and iri.endswith(local):
            known[prefix] = iri.removesuffix(local)
    asked = {
        prefix: namespace
        for prefix, namespace in prefixes.items()
        if any(iri.startswith(namespace) and iri != namespace for iri in iris)
    }
    # Of two prefixes for one namespace the query's own is used.
    known = {prefix: name for prefix, name in known.items() if name not in asked.values()}
    return dict(sorted((known | asked).items()))
