"""Why the engine rejects a query, and where: in words that help to correct it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique.errors import QuerySyntaxError
from communique.namespaces import BASE
from communique.store import guard, rewriting
from communique.store.grammar import departure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from communique.store.guard import Reading
    from communique.store.rewriting import Written
    from communique.store.terminals import Token

_MOST_EXPECTED: Final = 10
_LONGEST_SHOWN: Final = 40
_ENGINE_ERROR: Final = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_REASONS: Final = {
    "The SELECT contains a variable that is unbound": (
        "SELECT names a variable that is neither grouped nor aggregated"
    ),
    "The SELECT contains an expression with a variable that is unbound": (
        "an expression in SELECT uses a variable that is neither grouped nor aggregated"
    ),
    "SELECT * is not authorized with GROUP BY": "SELECT * cannot stand with GROUP BY",
    "Duplicated variable name in SELECT": "SELECT names a variable twice",
}
"""The engine's reasons, in words that say what to look for."""
_BEYOND_GRAMMAR: Final = (
    "BIND assigns a variable that has a value already, or a row of VALUES has more or fewer values "
    "than there are variables"
)
"""What the engine rejects without a reason."""


def syntax_error(
    reading: Reading, written: Written, message: str, unit: str = "Query"
) -> QuerySyntaxError:
    """Return the error for a query that the engine rejects.

    Args:
        reading: The query.
        written: It as the engine got it.
        message: The engine's message.
        unit: What it is to be, if no query: ``Update``.
    """
    departed = departure_error(reading, unit)
    if departed is not None:
        return departed
    fault = reading.query.fault
    for token in reading.tokens:
        if token.kind == "IRIREF" and not _is_iri(token):
            return fault(f"{token.text} is no IRI", token.start)
    place = _ENGINE_ERROR.match(message)
    if place is None:
        return QuerySyntaxError(message)
    offset = written.offset(int(place[1]), int(place[2]))
    # The rest of what it expected are signs, classes of characters and keywords.
    sentences = [part for part in place[3].split(", ") if " " in part and part[0] not in "\"'["]
    if not sentences:
        return fault(_BEYOND_GRAMMAR, _last(reading, offset, "BIND", "VALUES"))
    reasons = "; ".join(_REASONS.get(sentence, sentence) for sentence in sentences)
    is_select = any("SELECT" in sentence for sentence in sentences)
    return fault(reasons, _last(reading, offset, "SELECT") if is_select else offset)


def _is_iri(token: Token) -> bool:
    try:
        ox.Store().query(f"SELECT ({rewriting.write_token(token)} AS ?iri) {{}}", base_iri=BASE)
    except SyntaxError:
        return False
    return True


def _last(reading: Reading, offset: int, *words: str) -> int:
    """Return where the last of some keywords before an offset is, or the offset itself."""
    starts = [token.start for token in reading.tokens if token.is_word(*words)]
    return max((start for start in starts if start <= offset), default=offset)


def departure_error(reading: Reading, unit: str = "Query") -> QuerySyntaxError | None:
    """Return the error for the first token that fits no query, or None if all do.

    Args:
        reading: The query.
        unit: What it is to be, if no query: ``Update``.
    """
    found = departure(reading.tokens, unit)
    if found is None:
        return None
    query, tokens = reading.query, reading.tokens
    # SERVICE would be refused.
    offered = [name for name in found.expected if name != "SERVICE"]
    if len(offered) > _MOST_EXPECTED:
        # What comes first is said in words; of many signs and keywords none is the one.
        words = [name for name in offered if " " in name]
        offered = [*(words or offered[:_MOST_EXPECTED]), "…"]
    expected = ", ".join(offered)
    if found.index == len(tokens):
        reason = f"the query ends too early; expected {expected}"
        return query.fault(reason, len(query.text), _unclosed(reading) or "complete the query")
    token = tokens[found.index]
    shown = token.text if len(token.text) <= _LONGEST_SHOWN else f"{token.text[:_LONGEST_SHOWN]}…"
    return query.fault(
        f"unexpected {shown}; expected {expected}",
        token.start,
        _hint(token, found.expected) or "correct the query",
    )


def _unclosed(reading: Reading) -> str | None:
    """Return the advice to close the innermost bracket that is open at the end."""
    opened: list[Token] = []
    for token in reading.tokens:
        if token.kind == "PUNCTUATION" and token.text in guard.OPENING:
            opened.append(token)
        elif token.kind == "PUNCTUATION" and token.text in guard.CLOSING and opened:
            opened.pop()
    if not opened:
        return None
    line, column = reading.query.place(opened[-1].start)
    return f"close the {opened[-1].text} of line {line}, column {column}"


def _hint(token: Token, expected: Sequence[str]) -> str | None:
    """Return the advice for a token that is often misplaced for one reason."""
    if token.kind == "IRIREF" and "<" in expected:
        return "if < is to compare, put a space behind it: without one this is an IRI"
    if token.kind == "WORD" and "a variable" in expected:
        return (
            "a variable begins with ?, a name has a prefix and a colon (cmq:Claim), "
            "and text stands in quotes"
        )
    return None
