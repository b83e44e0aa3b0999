"""The tokens of a Turtle text with their lines, and the triples they make.

For text that the strict parser has accepted; what is not Turtle gives nonsense here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN: Final = re.compile(
    r'''
      (?P<space>[ \t\r\n]+)
    | (?P<comment>\#[^\r\n]*)
    | (?P<iri><[^<>]*>)
    | (?P<string>
          """(?:"{0,2}(?:[^"\\]|\\.))*"""
        | \'\'\'(?:'{0,2}(?:[^'\\]|\\.))*\'\'\'
        | "(?:[^"\\]|\\.)*"
        | '(?:[^'\\]|\\.)*')
    | (?P<at>@[A-Za-z0-9-]+)
    | (?P<mark>\^\^|[][();,])
    | (?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+|[+-]?[0-9]*\.?[0-9]+)
    | (?P<name>(?:\\.|[^][()<>"';,.@^\#\s\\]|\.+(?=[^][()<>"';,.@^\#\s]))+)
    | (?P<dot>\.)
    ''',
    re.VERBOSE | re.DOTALL,
)
_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")


class Token(NamedTuple):
    """A token.

    Args:
        kind: The name of its group in the pattern of tokens.
        text: The token as it stands.
        line: Its line, from 1.
        start: Its offset.
    """

    kind: str
    text: str
    line: int
    start: int


def tokens(text: str) -> Iterator[Token]:
    """Split a Turtle text.

    Args:
        text: Valid Turtle.

    Yields:
        Each token, comments included, white space left out.
    """
    starts = [match.end() for match in _LINE_BREAK.finditer(text)]
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "space":
            line = bisect_right(starts, match.start()) + 1
            yield Token(kind, match.group(), line, match.start())


@dataclass(frozen=True)
class Mention:
    """A term at its place in the text.

    Args:
        text: The term in Turtle; empty for a node that the text does not name.
        number: Which node without a name it is; for a term with a name, how many directives
            stand before it.
        line: Its line, from 1.
    """

    text: str
    number: int
    line: int


class Statement(NamedTuple):
    """A triple at its place in the text."""

    subject: Mention
    predicate: Mention
    object: Mention


_RDF: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#{}>"


class Walk:
    """A walk over a Turtle text.

    Args:
        text: Valid Turtle.

    Attributes:
        statements: The triples of the text; those of lists and brackets as well.
        directives: The directives of the text, as they stand.
    """

    def __init__(self, text: str) -> None:
        self._tokens = [token for token in tokens(text) if token.kind != "comment"]
        self._next = 0
        self._unnamed = 0
        self.statements: list[Statement] = []
        self.directives: list[str] = []
        while self._next < len(self._tokens):
            self._statement()

    def _take(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _is_next(self, *texts: str) -> bool:
        return self._next < len(self._tokens) and self._tokens[self._next].text in texts

    def _unnamed_node(self, line: int) -> Mention:
        self._unnamed += 1
        return Mention("", self._unnamed, line)

    def _rdf(self, name: str, line: int) -> Mention:
        return Mention(_RDF.format(name), 0, line)

    def _statement(self) -> None:
        """Take a directive or a block of triples, with the dot at its end."""
        first = self._tokens[self._next]
        word = first.text.lower().removeprefix("@")
        if first.kind in {"at", "name"} and word in {"prefix", "base"}:
            self._next += 1
            parts = [self._take().text for _ in range(2 if word == "prefix" else 1)]
            self.directives.append(f"@{word} {' '.join(parts)} .")
            if first.kind == "at":
                self._next += 1
            return
        subject = self._term()
        if not self._is_next("."):
            self._properties(subject)
        self._next += 1

    def _properties(self, subject: Mention) -> None:
        """Take properties and their values, up to the ``.`` or ``]`` after them."""
        while not self._is_next(".", "]"):
            if self._is_next(";"):
                self._next += 1
                continue
            predicate = self._term()
            if predicate.text == "a":
                predicate = self._rdf("type", predicate.line)
            while True:
                self.statements.append(Statement(subject, predicate, self._term()))
                if not self._is_next(","):
                    break
                self._next += 1

    def _term(self) -> Mention:
        """Take a term, with all that stands in its brackets or parentheses."""
        token = self._take()
        if token.text == "[":
            node = self._unnamed_node(token.line)
            self._properties(node)
            self._next += 1
            return node
        if token.text == "(":
            return self._list(token.line)
        text = token.text
        if token.kind == "string":
            if self._is_next("^^"):
                text += self._take().text + self._take().text
            elif self._next < len(self._tokens) and self._tokens[self._next].kind == "at":
                text += self._take().text
        return Mention(text, len(self.directives), token.line)

    def _list(self, line: int) -> Mention:
        """Take the members of a list; its first cell stands where the parenthesis does."""
        head = link = None
        while not self._is_next(")"):
            member = self._term()
            cell = self._unnamed_node(member.line if head else line)
            self.statements.append(Statement(cell, self._rdf("first", member.line), member))
            if link is not None:
                self.statements.append(Statement(link, self._rdf("rest", member.line), cell))
            head = head or cell
            link = cell
        end = self._rdf("nil", self._take().line)
        if head is None or link is None:
            return self._rdf("nil", line)
        self.statements.append(Statement(link, self._rdf("rest", end.line), end))
        return head
