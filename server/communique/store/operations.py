"""The operations of a SPARQL 1.1 Update request, and which graphs each writes.

A request is taken apart by its tokens.  What an operation writes without naming a graph is written
to one that is named for it: the default graph is no file, but made of several.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from communique.errors import RefusedQuery
from communique.store import diagnosis, guard, query, terminals
from communique.store.guard import CLOSING, MAX_DEPTH, OPENING, Reading
from communique.store.operation import ALL, DEFAULT, NAMED, Defaults, Operation
from communique.store.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from communique.store.terminals import Query, Token

__all__ = ["ALL", "DEFAULT", "NAMED", "Defaults", "Operation", "Request", "read"]

_HEADER: Final = re.compile(r"(?:layer|Ontology)>?$")
"""What names end with that the headers of files have."""


@dataclass(frozen=True, slots=True)
class Request:
    """An update request.

    Attributes:
        operations: Its operations, in order.
        default: The IRI of the graph that stands for the default graph; empty if none does.
        minds_headers: Whether it names what the headers of files say.
        prefixes: The prefixes it declares, and their namespaces.
    """

    operations: tuple[Operation, ...]
    default: str
    minds_headers: bool
    prefixes: Mapping[str, str]

    @property
    def graphs(self) -> frozenset[str]:
        """The IRIs of the graphs that it says it writes."""
        found: set[str] = set()
        for operation in self.operations:
            written = operation.graphs
            if operation.word in {"ADD", "COPY"}:
                written = written[1:]
            found.update(written)
        return frozenset(found - {DEFAULT, NAMED, ALL})


def read(text: str, defaults: Defaults) -> Request:
    """Take a request apart, and refuse what is refused on principle.

    Args:
        text: The request.
        defaults: What stands for graphs that it does not name.

    Raises:
        QuerySyntaxError: It is no SPARQL 1.1 Update, by its tokens, its grammar or its prefixes.
        RefusedQuery: It loads a document, calls another service, writes the default graph where
            nothing stands for it, or is too large.
    """
    source = terminals.read(text)
    tokens = tuple(token for token in source.tokens if token.kind != "COMMENT")
    guard.refuse_service(source, tokens, calls=False)
    whole = Reading(source, tokens, (), ())
    departed = diagnosis.departure_error(whole, "Update")
    if departed is not None:
        raise departed
    _refuse_load(tokens)
    _refuse_size(source, tokens)
    prologue: tuple[Token, ...] = ()
    operations = []
    labels: set[str] = set()
    for part in _split(tokens):
        declared = guard.prologue_of(part)
        prologue += declared
        rest = part[len(declared) :]
        if rest:
            reading = Reading(source, prologue + rest, prologue, ())
            guard.check_prefixes(reading)
            _check_labels(source, rest, labels)
            operations.append(Reader(reading, rest, defaults).read())
    return Request(
        operations=tuple(operations),
        default=defaults.graph,
        minds_headers=any(_HEADER.search(token.text) for token in tokens),
        prefixes=query.declared(prologue),
    )


def _check_labels(source: Query, tokens: Sequence[Token], labels: set[str]) -> None:
    """Refuse a label of a blank node in two INSERT DATA (§19.8, note 9).

    Raises:
        QuerySyntaxError: There is one.
    """
    if not (tokens[0].is_word("INSERT") and tokens[1].is_word("DATA")):
        return
    own = {token.text: token for token in tokens if token.kind == "BLANK_NODE_LABEL"}
    for label in sorted(own.keys() & labels):
        raise source.fault(
            f"{label} is in another INSERT DATA already",
            own[label].start,
            "give each blank node a label of its own, or write one INSERT DATA",
        )
    labels.update(own)


def _refuse_load(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.is_word("LOAD"):
            raise RefusedQuery(
                "LOAD is refused: this endpoint fetches nothing",
                "get the document yourself, and send it by PUT or POST to /data",
                clause="LOAD",
            )


def _refuse_size(source: Query, tokens: Sequence[Token]) -> None:
    """Refuse what is too large for the engine; data may be long, but not deep."""
    counted: list[Token] = []
    depth = 0
    data_at: int | None = None
    is_data = False
    for token in tokens:
        is_data |= token.is_word("DATA")
        if token.kind == "PUNCTUATION" and token.text in OPENING:
            if is_data and data_at is None:
                data_at, is_data = depth, False
            depth += 1
            if depth > MAX_DEPTH:
                line, column = source.place(token.start)
                raise RefusedQuery(
                    f"the update is nested more than {MAX_DEPTH} deep "
                    f"at line {line}, column {column}",
                    "write it flatter",
                    clause="nesting",
                )
        elif token.kind == "PUNCTUATION" and token.text in CLOSING:
            depth -= 1
            if data_at == depth:
                data_at = None
        if data_at is None:
            counted.append(token)
    guard.refuse_size(source, counted)


def _split(tokens: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    """Yield the operations, each with the declarations before it."""
    start = depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "PUNCTUATION":
            depth += (token.text in OPENING) - (token.text in CLOSING)
            if depth == 0 and token.text == ";":
                yield tuple(tokens[start:index])
                start = index + 1
    yield tuple(tokens[start:])
