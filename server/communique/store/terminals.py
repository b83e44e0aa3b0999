r"""The terminals of SPARQL 1.1: codepoint escapes (§19.2), then tokens (§19.8, rules 139 to 173).

A token is always the longest that fits, as the grammar's note 2 has it, so that ``SERVICE`` in a
string, an IRI, a comment, a prefixed name or a variable is never taken for the keyword.  What fits
no terminal is an error here, before any engine sees it.

The few terminals that SPARQL 1.2 adds (``<<(``, ``{|``, ``~``, a language tag with a direction) are
known too, because the engine knows them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from communique.errors import QuerySyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterator

_BASE: Final = (
    r"A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D"
    r"\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
"""PN_CHARS_BASE."""
_DIGITS_AND_MARKS: Final = r"0-9\u00B7\u0300-\u036F\u203F\u2040"
_CHARS: Final = rf"_\-{_BASE}{_DIGITS_AND_MARKS}"
"""PN_CHARS."""
_PLX: Final = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_PREFIX: Final = rf"(?:[{_BASE}](?:[{_CHARS}]|\.+(?=[{_CHARS}]))*+)?+:"
"""PNAME_NS."""
_LOCAL: Final = (
    rf"(?:[_:0-9{_BASE}]|{_PLX})(?:[:{_CHARS}]|{_PLX}|\.+(?=[:{_CHARS}]|%[0-9A-Fa-f]|\\))*+"
)
_SPACE: Final = r"[ \t\r\n]"
_ESCAPED: Final = r"""\\[tbnrf\\"']"""
_EXPONENT: Final = r"[eE][+-]?[0-9]+"

_TERMINALS: Final = {
    "COMMENT": r"#[^\r\n]*+",
    "IRIREF": r"""<[^<>"{}|^`\\\x00-\x20]*+>""",
    "PNAME_LN": _PREFIX + _LOCAL,
    "PNAME_NS": _PREFIX,
    "BLANK_NODE_LABEL": rf"_:[_0-9{_BASE}](?:[{_CHARS}]|\.+(?=[{_CHARS}]))*+",
    "VAR": rf"[?$][_0-9{_BASE}][_{_BASE}{_DIGITS_AND_MARKS}]*+",
    "LANGTAG": r"@[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[A-Za-z]++)?+",
    "DOUBLE": rf"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+){_EXPONENT}",
    "DECIMAL": r"[+-]?[0-9]*\.[0-9]+",
    "INTEGER": r"[+-]?[0-9]+",
    "STRING_LITERAL_LONG1": rf"'''(?:'{{0,2}}(?:[^'\\]|{_ESCAPED}))*+'''",
    "STRING_LITERAL_LONG2": rf'"""(?:"{{0,2}}(?:[^"\\]|{_ESCAPED}))*+"""',
    "STRING_LITERAL1": rf"'(?!'')(?:[^'\\\r\n]|{_ESCAPED})*+'",
    "STRING_LITERAL2": rf'"(?!"")(?:[^"\\\r\n]|{_ESCAPED})*+"',
    "NIL": rf"\({_SPACE}*+\)",
    "ANON": rf"\[{_SPACE}*+\]",
    "WORD": r"[A-Za-z][A-Za-z0-9_]*+",
    "PUNCTUATION": (r"<<\(|\)>>|<<|>>|\{\||\|\}|\^\^|\|\||&&|!=|<=|>=|[{}()\[\].;,*/|^?+\-!=<>~]"),
}
_ANY: Final = "|".join(f"(?P<{kind}>{body})" for kind, body in _TERMINALS.items())
_TOKEN: Final = re.compile(rf"{_SPACE}*+(?:{_ANY}|\Z)")
_ADVICE: Final = "correct the query"
_CODEPOINT: Final = re.compile(
    r"(?P<pair>\\\\)|\\u(?P<short>[0-9A-Fa-f]{4})|\\U(?P<long>[0-9A-Fa-f]{8})"
)
_LAST_CODEPOINT: Final = 0x10FFFF
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_END_OF_LINE: Final = re.compile(r"\r\n|\r|\n")


class Token(NamedTuple):
    """One terminal.

    Attributes:
        kind: Its name in the grammar; ``VAR`` for both kinds of variable, ``WORD`` for keywords,
            ``PUNCTUATION`` for the rest; numbers carry their sign in the text.
        text: It as written, codepoint escapes resolved.
        start: Where it starts in the resolved text, counted in code points.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends, exclusive."""
        return self.start + len(self.text)

    def is_word(self, *words: str) -> bool:
        """Tell whether it is one of the keywords, in whatever case."""
        return self.kind == "WORD" and self.text.upper() in words


@dataclass(frozen=True)
class Query:
    """A query's text, taken apart.

    Attributes:
        original: The text as it came.
        text: The text with its codepoint escapes resolved; what tokens count in.
        tokens: The terminals, comments included, white space not.
    """

    original: str
    text: str
    tokens: tuple[Token, ...]
    shifts: tuple[tuple[int, int], ...]
    """Pairs of an offset in ``text`` and the one in ``original``, where an escape was resolved."""

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column in the original text, both from 1.

        Args:
            offset: An offset in ``text``.
        """
        index = bisect_right(self.shifts, (offset, len(self.original))) - 1
        if index >= 0:
            resolved, written = self.shifts[index]
            offset = written + offset - resolved
        return _line_and_column(self.original, offset)

    def fault(
        self, reason: str, offset: int, advice: str = "correct the query"
    ) -> QuerySyntaxError:
        """Return the error that says what is wrong at a place.

        Args:
            reason: What is wrong.
            offset: Where, in ``text``.
            advice: What to do about it.
        """
        return QuerySyntaxError(reason, *self.place(offset), advice=advice)


def read(original: str) -> Query:
    """Resolve the codepoint escapes of a query, and split it into tokens.

    Args:
        original: The query.

    Raises:
        QuerySyntaxError: Something in it is no terminal of SPARQL.
    """
    text, shifts = _resolve(original)
    query = Query(original, text, (), shifts)
    surrogate = _SURROGATE.search(text)
    if surrogate:
        raise query.fault("half of a surrogate pair is not a character", surrogate.start())
    return Query(original, text, tuple(_tokens(query)), shifts)


def _resolve(original: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    r"""Replace ``\uXXXX`` and ``\UXXXXXXXX`` by what they stand for, once, wherever they are.

    An escaped backslash begins no escape: the string ``"\\u0041"`` has six characters.
    """
    parts: list[str] = []
    shifts: list[tuple[int, int]] = []
    length = done = 0
    for match in _CODEPOINT.finditer(original):
        if match["pair"]:
            continue
        number = int(match["short"] or match["long"], 16)
        if number > _LAST_CODEPOINT:
            line, column = _line_and_column(original, match.start())
            raise QuerySyntaxError(f"there is no character {match[0]}", line, column)
        parts += (original[done : match.start()], chr(number))
        length += match.start() - done + 1
        done = match.end()
        # The character itself stands where its escape begins, what follows where the escape ends.
        shifts += ((length - 1, match.start()), (length, done))
    parts.append(original[done:])
    return "".join(parts), tuple(shifts)


def _tokens(query: Query) -> Iterator[Token]:
    """Yield the tokens of a query whose escapes are resolved."""
    text, place = query.text, 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _no_terminal(query, len(text) - len(text[place:].lstrip(" \t\r\n")))
        kind = match.lastgroup
        if kind is not None:
            yield Token(kind, match[kind], match.start(kind))
        place = match.end()


def _no_terminal(query: Query, place: int) -> QuerySyntaxError:
    """Return the error for a place where no terminal fits."""
    text, character = query.text, query.text[place]
    if character in "\"'":
        is_long = text.startswith(3 * character, place)
        ends = character if is_long else character + "\r\n"
        body = re.compile(rf"(?:[^\\{ends}]|{_ESCAPED})*+").match(
            text, place + (3 if is_long else 1)
        )
        if body and text.startswith("\\", body.end()):
            escape = text[body.end() : body.end() + 2]
            advice = r"write a backslash in a string as \\"
            return query.fault(f"{escape} is no escape sequence", body.end(), advice)
        return query.fault(
            "this string has no end",
            place,
            "close it on the same line, or put it in three quotes to run over several",
        )
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return query.fault(f"unexpected character {shown}", place)


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return the line and column of an offset, both from 1."""
    line, start = 1, 0
    for match in _END_OF_LINE.finditer(text, 0, offset):
        line, start = line + 1, match.end()
    return line, offset - start + 1
