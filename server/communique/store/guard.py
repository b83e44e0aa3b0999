"""What a query may ask for, decided before any engine sees it.

Refused are federation (``SERVICE``), updates, and queries so large or so deep that the engine could
run out of stack.  Graphs that the store does not hold are refused in :mod:`communique.store.query`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from communique.errors import RefusedQuery
from communique.namespaces import ID, PREFIXES
from communique.store import federation, terminals
from communique.store.rewriting import NAMES, prefix_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from communique.store.federation import Clause
    from communique.store.terminals import Query, Token

MAX_DEPTH: Final = 64
"""How deep brackets may be nested."""
MAX_TOKENS: Final = 4000
"""How many tokens a query may have, the rows of ``VALUES`` not counted."""

_UPDATES: Final = (
    *("ADD", "CLEAR", "COPY", "CREATE", "DELETE"),
    *("DROP", "INSERT", "LOAD", "MOVE", "WITH"),
)
OPENING: Final = frozenset({"(", "[", "{", "<<", "<<(", "{|"})
CLOSING: Final = frozenset({")", "]", "}", ">>", ")>>", "|}"})
_ARTICLE: Final = re.compile(r"[a-z]+(?:-[a-z]+)*(?:-[0-9]+)+")
_KEYWORD: Final = re.compile("service", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """A graph that a query names in ``FROM`` or ``FROM NAMED``.

    Attributes:
        token: The IRI or prefixed name.
        is_named: Whether it is meant as a named graph.
    """

    token: Token
    is_named: bool


@dataclass(frozen=True)
class Reading:
    """A query that may be asked, as far as its text can tell.

    Attributes:
        query: The text and its tokens.
        tokens: The tokens, comments left out.
        prologue: Those of its ``BASE`` and ``PREFIX`` declarations.
        sources: The graphs it is asked of, where it names any.
        services: Where it calls other services, if it may.
    """

    query: Query
    tokens: tuple[Token, ...]
    prologue: tuple[Token, ...]
    sources: tuple[Source, ...]
    services: tuple[Clause, ...] = ()


def inspect(text: str, *, calls: bool = False) -> Reading:
    """Read a query, and refuse what is refused on principle.

    Args:
        text: The query.
        calls: Whether it may call other services, where their clauses are as they have to be.

    Raises:
        QuerySyntaxError: It is no SPARQL, already by its tokens or its prefixes.
        RefusedQuery: It asks for another service, is an update, or is too large.
    """
    query = terminals.read(text)
    tokens = tuple(token for token in query.tokens if token.kind != "COMMENT")
    prologue = prologue_of(tokens)
    _refuse_updates(tokens[len(prologue) :])
    refuse_service(query, tokens, calls=calls)
    refuse_size(query, tokens)
    services = federation.find(query, tokens) if calls else ()
    reading = Reading(query, tokens, prologue, tuple(_sources(tokens)), services)
    check_prefixes(reading)
    return reading


def prologue_of(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Return the declarations at the head of a query.

    Args:
        tokens: The tokens of the query, without comments.
    """
    end = 0
    while end < len(tokens):
        kinds = [token.kind for token in tokens[end + 1 : end + 3]]
        if tokens[end].is_word("BASE") and kinds[:1] == ["IRIREF"]:
            end += 2
        elif tokens[end].is_word("PREFIX") and kinds == ["PNAME_NS", "IRIREF"]:
            end += 3
        elif tokens[end].is_word("VERSION") and kinds and kinds[0].startswith("STRING"):
            end += 2
        else:
            break
    return tuple(tokens[:end])


def _refuse_updates(tokens: Sequence[Token]) -> None:
    if tokens and tokens[0].is_word(*_UPDATES):
        raise RefusedQuery(
            f"{tokens[0].text.upper()} is an update, not a query",
            "ask with SELECT, ASK, CONSTRUCT or DESCRIBE; where the server is writable, send an "
            "update by POST as application/sparql-update, with a token",
            clause=tokens[0].text.upper(),
        )


def refuse_service(query: Query, tokens: Sequence[Token], *, calls: bool) -> None:
    """Refuse to call other services, in whatever spelling the engine would understand.

    Args:
        query: The query.
        tokens: Its tokens, without comments.
        calls: Whether it may call some.

    Raises:
        RefusedQuery: It calls one.
        QuerySyntaxError: A word is no keyword, and the engine would take a part of it for one.
    """
    for token in tokens:
        if token.is_word("SERVICE"):
            if calls:
                continue
            raise RefusedQuery(
                "SERVICE is refused: this endpoint calls no other",
                "ask the other endpoint yourself, and give its answer to this one with VALUES",
                clause="SERVICE",
            )
        # The engine needs no space behind a keyword: SERVICESILENT and trueSERVICE would call too.
        if token.kind == "WORD" and _KEYWORD.search(token.text):
            raise query.fault(f"{token.text} is no keyword", token.start)


def refuse_size(query: Query, tokens: Sequence[Token]) -> None:
    """Refuse what is nested too deep or too long for the engine's stack.

    Args:
        query: The query.
        tokens: Those of its tokens that count, without comments.

    Raises:
        RefusedQuery: It is.
    """
    depth = count = 0
    rows_at: int | None = None
    is_values = False
    for token in tokens:
        if token.is_word("VALUES"):
            is_values = True
        if token.kind == "PUNCTUATION" and token.text in OPENING:
            if is_values and token.text == "{" and rows_at is None:
                rows_at = depth
            depth += 1
            if depth > MAX_DEPTH:
                line, column = query.place(token.start)
                raise RefusedQuery(
                    f"the query is nested more than {MAX_DEPTH} deep "
                    f"at line {line}, column {column}",
                    "write it flatter",
                    clause="nesting",
                )
        elif token.kind == "PUNCTUATION" and token.text in CLOSING:
            depth -= 1
            if rows_at is not None and depth <= rows_at:
                rows_at, is_values = None, False
        count += rows_at is None
    if count > MAX_TOKENS:
        raise RefusedQuery(
            f"the query has {count} words and signs, and {MAX_TOKENS} are the most",
            "give long lists of values in VALUES, whose rows do not count",
            clause="length",
        )


def _sources(tokens: Sequence[Token]) -> Iterator[Source]:
    """Yield the graphs named by the dataset clauses, which are outside all brackets."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "PUNCTUATION":
            depth += (token.text in OPENING) - (token.text in CLOSING)
        elif depth == 0 and token.is_word("FROM"):
            rest = tokens[index + 1 : index + 3]
            is_named = bool(rest) and rest[0].is_word("NAMED")
            for selector in rest[is_named : is_named + 1]:
                if selector.kind == "IRIREF" or selector.kind in NAMES:
                    yield Source(selector, is_named)


def check_prefixes(reading: Reading) -> None:
    """Make sure that all prefixes are declared.

    Args:
        reading: The query.

    Raises:
        QuerySyntaxError: One is not.
    """
    declared = {token.text for token in reading.prologue if token.kind == "PNAME_NS"}
    for token in reading.tokens[len(reading.prologue) :]:
        if token.kind in NAMES and prefix_of(token) not in declared:
            prefix = prefix_of(token)
            iri = PREFIXES.get(prefix[:-1]) or _article(prefix[:-1]) or "…"
            raise reading.query.fault(
                f"the prefix {prefix} is not declared",
                token.start,
                f"put PREFIX {prefix} <{iri}> at the head of the query",
            )


def _article(prefix: str) -> str | None:
    """Return the IRI that an article's own prefix, such as ``edm-2-213``, stands for."""
    return f"{ID}{prefix}/" if _ARTICLE.fullmatch(prefix) else None
