"""Writing answers in the standard formats, while they are computed.

A table goes from the engine's serialiser straight to the output.  A graph of moderate size is
brought into order first, so that people can read it; a larger one is written as it comes.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, cast

import pyoxigraph as ox

from communique.errors import RefusedQuery, UnwritableAnswer
from communique.namespaces import PREFIXES, RDF, XSD, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import IO

GROUPED: Final = 10_000
"""The most triples that are held in memory to group them by subject."""

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
_XML: Final = frozenset({"xml", "rdfxml"})
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
_ROW: Final = {
    "xml": re.compile(rb"<result>"),
    "csv": re.compile(rb"\n"),
    "tsv": re.compile(rb"\n"),
    "json": re.compile(rb"\}\},|\{\},"),
}
"""What comes once with each row, outside quotation marks where the format has any."""
_FREE: Final = {"xml": 0, "csv": 1, "tsv": 1, "json": -1}
"""How often it comes without one: CSV and TSV have a header, JSON has no comma after the last."""
_REACH: Final = 7
"""How far back it may begin before the last byte."""
_ESCAPED: Final = re.compile(rb"\\.", re.DOTALL)


class Output(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Take bytes, and return how many.

        Args:
            data: The bytes.
        """
        ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large an answer may become; None is as large as it likes.

    Attributes:
        rows: Of a table, or triples of a graph.
        size: In bytes, as written.
    """

    rows: int | None = None
    size: int | None = None

    def check_rows(self, count: int) -> None:
        """Refuse more rows than there may be.

        Args:
            count: How many there are.

        Raises:
            RefusedQuery: There are more.
        """
        if self.rows is not None and count > self.rows:
            raise RefusedQuery(
                f"the answer has more than {self.rows} rows or triples, which are the most here",
                "ask for fewer, or for one part after another with ORDER BY, LIMIT and OFFSET",
                clause="rows",
            )

    def check_size(self, size: int) -> None:
        """Refuse more bytes than there may be.

        Args:
            size: How many there are.

        Raises:
            RefusedQuery: There are more.
        """
        if self.size is not None and size > self.size:
            raise RefusedQuery(
                f"the answer is longer than {self.size} bytes, which are the most here",
                "ask for less, or for one part after another with ORDER BY, LIMIT and OFFSET",
                clause="bytes",
            )


UNBOUNDED: Final = Bounds()


class _Watched:
    """An output that refuses what is too large, and what XML cannot express.

    Args:
        output: Where all goes that is in order.
        name: The format.
        bounds: How large it may become.
    """

    def __init__(self, output: Output, name: str, bounds: Bounds) -> None:
        self._output = output
        self._name = name
        self._bounds = bounds
        self._size = 0
        self._rows = -_FREE.get(name, 0)
        self._is_quoted = False
        self._escape = b""
        self._outside = b""
        self._last = b""

    def write(self, data: bytes, /) -> int:
        """Pass bytes on.

        Args:
            data: The bytes.

        Raises:
            RefusedQuery: They are too many.
            UnwritableAnswer: There is a character among them that XML cannot express.
        """
        self._size += len(data)
        self._bounds.check_size(self._size)
        if self._bounds.rows is not None and self._name in _RESULTS:
            self._rows += self._rows_in(data)
            self._bounds.check_rows(self._rows)
        if self._name in _XML and _NOT_XML.search(self._last + data):
            raise UnwritableAnswer(
                "the answer has a character that XML cannot express", "ask for another format"
            )
        self._last = (self._last + data)[-2:]
        self._output.write(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: the engine asks for it, and the output needs none."""

    def _rows_in(self, data: bytes) -> int:
        """Return how many rows there are in the next bytes."""
        if self._name == "json":
            data = self._escape + data
            # A backslash at the end belongs to what follows.
            ends = (len(data) - len(data.rstrip(b"\\"))) % 2
            self._escape = data[len(data) - ends :]
            data = _ESCAPED.sub(b"", data[: len(data) - ends])
        if self._name in {"csv", "json"}:
            parts = data.split(b'"')
            data = b"".join(parts[self._is_quoted :: 2])
            self._is_quoted ^= len(parts) % 2 == 0
        pattern, before = _ROW[self._name], self._outside
        self._outside = (before + data)[-_REACH:]
        return len(pattern.findall(before + data)) - len(pattern.findall(before))


def write_table(
    result: ox.QuerySolutions | ox.QueryBoolean, name: str, output: Output, bounds: Bounds
) -> None:
    """Write rows, or a verdict.

    Args:
        result: What the engine returned.
        name: The name of the format.
        output: Where to.
        bounds: How large it may become.

    Raises:
        UnwritableAnswer: The format cannot express it.
        RefusedQuery: It is too large.
    """
    watched = cast("IO[bytes]", _Watched(output, name, bounds))
    result.serialize(watched, format=_RESULTS[name])


def write_triples(
    result: Iterable[ox.Triple],
    name: str,
    prefixes: Mapping[str, str],
    output: Output,
    bounds: Bounds,
) -> None:
    """Write triples.

    Args:
        result: The triples.
        name: The name of the format.
        prefixes: The namespaces of the prefixes that may be used beside the project's own.
        output: Where to.
        bounds: How large it may become.

    Raises:
        UnwritableAnswer: The format cannot express them.
        RefusedQuery: They are too many.
    """
    triples = _counted(result, bounds)
    head = list(itertools.islice(triples, GROUPED + 1))
    is_whole = len(head) <= GROUPED
    if is_whole:
        head = _grouped(head)
    ordered = iter(head) if is_whole else itertools.chain(head, triples)
    used: dict[str, str] | None = None
    if name in _PREFIXED:
        used = _used(prefixes, head) if is_whole else PREFIXES | dict(prefixes)
    if name == "rdfxml":
        ordered = _with_elements(ordered)
    watched = cast("IO[bytes]", _Watched(output, name, bounds))
    ox.serialize(ordered, watched, format=_RDF[name], prefixes=used)


def _counted(triples: Iterable[ox.Triple], bounds: Bounds) -> Iterator[ox.Triple]:
    """Yield triples, and refuse too many."""
    for count, triple in enumerate(triples, 1):
        bounds.check_rows(count)
        yield triple


def _with_elements(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """Yield triples, and refuse those whose predicates RDF/XML cannot write as elements.

    Raises:
        UnwritableAnswer: There is such a predicate.
    """
    for triple in triples:
        if not _ELEMENT.search(triple.predicate.value):
            message = f"RDF/XML cannot express the predicate <{triple.predicate.value}>"
            raise UnwritableAnswer(message, "ask for another format")
        yield triple


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
