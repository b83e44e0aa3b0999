r"""Writing a query for the engine so that it can be read in one way only.

The engine reads by a grammar of its own, which breaks some text into tokens otherwise than the
standard does.  It takes ``FILTER(1<?b)SERVICE?g#>`` for a comparison and a call, where the
standard sees the IRI ``<?b)SERVICE?g#>``; and ``SERVICEex:a`` for a call of ``ex:a``, where the
standard sees a prefixed name.  So the text it gets is written anew from the tokens, with the same
meaning: comments are gone, and what is not plain in an IRI, or could pass for the keyword in a
string or a name, is written as an escape.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from communique.store.federation import Clause
    from communique.store.guard import Reading
    from communique.store.terminals import Token

NAMES: Final = frozenset({"PNAME_LN", "PNAME_NS"})
"""The kinds of token that are prefixed names."""

_KEYWORD: Final = re.compile("service", re.IGNORECASE)
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9:/._~%\-\u0080-\U0010FFFF]")
_TWO_DOTS: Final = re.compile(r"\..*\.")
"""The engine reads one dot at most in the local part of a name."""


@dataclass(frozen=True)
class Written:
    """A query as the engine gets it.

    Attributes:
        text: The text.
        starts: Where each token starts in the text.
        offsets: Where each token starts in the query as it was read.
    """

    text: str
    starts: tuple[int, ...]
    offsets: tuple[int, ...]

    def offset(self, line: int, column: int) -> int:
        """Return the offset, in the query as read, of a place the engine reports.

        Args:
            line: From 1.
            column: From 1, in code points.
        """
        start = 0
        for _ in range(line - 1):
            start = self.text.find("\n", start) + 1
        index = bisect_right(self.starts, start + column - 1) - 1
        return self.offsets[index] if index >= 0 else 0


def prefixes_to_resolve(reading: Reading) -> tuple[str, ...]:
    """Return the prefixes, colon included, whose IRIs are needed to write a query.

    Args:
        reading: The query.
    """
    names = {source.token for source in reading.sources}
    names.update(clause.name for clause in reading.services)
    names.update(token for token in reading.tokens[len(reading.prologue) :] if _is_odd(token))
    return tuple(sorted({prefix_of(name) for name in names if name.kind in NAMES}))


def write(
    reading: Reading,
    namespaces: Mapping[str, str],
    answers: Mapping[Clause, str] = MappingProxyType({}),
) -> Written:
    """Write a query so that the engine can read it in one way only.

    Args:
        reading: The query.
        namespaces: The IRIs of its :func:`prefixes_to_resolve`, as far as they are known.
        answers: What stands in the place of each of its clauses that call a service.
    """
    parts: list[str] = []
    starts: list[int] = []
    offsets: list[int] = []
    length = end = 0
    replaced = {clause.start: (clause, text) for clause, text in answers.items()}
    following = 0
    for index, token in enumerate(reading.tokens):
        if index < following:
            continue
        if (token.start > end or index == following) and parts:
            parts.append(" ")
            length += 1
        end = token.end
        starts.append(length)
        offsets.append(token.start)
        if index in replaced:
            clause, text = replaced[index]
            following = clause.end
            parts.append(text)
        else:
            parts.append(write_token(token, namespaces if index >= len(reading.prologue) else {}))
        length += len(parts[-1])
    return Written("".join(parts), tuple(starts), tuple(offsets))


def write_token(token: Token, namespaces: Mapping[str, str] | None = None) -> str:
    """Write one token so that the engine can read it in one way only.

    Args:
        token: The token.
        namespaces: The IRIs of prefixes, colon included.
    """
    if token.kind == "IRIREF":
        return write_iri(token.text[1:-1])
    if token.kind.startswith("STRING"):
        return write_string(token.text)
    if namespaces and _is_odd(token) and prefix_of(token) in namespaces:
        return write_iri(expand(token, namespaces))
    return token.text


def write_iri(iri: str) -> str:
    """Write an IRI in angle brackets; what is not plain or could pass for a keyword as an escape.

    Args:
        iri: The IRI.
    """
    plain = _NOT_PLAIN.sub(_escape_first, iri)
    return f"<{_KEYWORD.sub(_escape_first, plain)}>"


def write_string(text: str) -> str:
    """Write a string with its quotation marks; what could pass for a keyword as an escape.

    Args:
        text: The string, quoted and escaped already.
    """
    return _KEYWORD.sub(_escape_first, text)


def expand(name: Token, namespaces: Mapping[str, str]) -> str:
    """Return the IRI of a prefixed name.

    Args:
        name: The name.
        namespaces: The IRIs of prefixes, colon included, its own among them.
    """
    prefix = prefix_of(name)
    return namespaces[prefix] + re.sub(r"\\(.)", r"\1", name.text[len(prefix) :])


def prefix_of(name: Token) -> str:
    """Return the prefix of a prefixed name, colon included."""
    return name.text[: name.text.index(":") + 1]


def _is_odd(token: Token) -> bool:
    """Tell whether it is a name that the engine may read otherwise than the standard."""
    if token.kind not in NAMES:
        return False
    local = token.text[len(prefix_of(token)) :]
    return bool(_KEYWORD.search(token.text) or _TWO_DOTS.search(local))


def _escape_first(match: re.Match[str]) -> str:
    """Write the first character of a match as an escape."""
    return f"\\u{ord(match[0][0]):04X}{match[0][1:]}"
