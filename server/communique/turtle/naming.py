"""How IRIs are written, and in which order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from communique.namespaces import ID, PREFIXES

if TYPE_CHECKING:
    from collections.abc import Mapping

NaturalKey = tuple[tuple[str | tuple[int, str], ...], str]

_NUMBER = re.compile(r"([0-9]+)")

# Turtle's grammar, productions PN_CHARS_BASE, PN_CHARS_U and PN_CHARS.
_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_INNER = f"{_BASE}_0-9\u00b7\u0300-\u036f\u203f-\u2040-"
# PN_LOCAL without escapes and without colons, which read like a second prefix.
_LOCAL = re.compile(f"[{_BASE}_0-9](?:[{_INNER}.]*[{_INNER}])?")
_PREFIX = re.compile(f"[{_BASE}](?:[{_INNER}.]*[{_INNER}])?")


def natural(text: str) -> NaturalKey:
    """Give the key to sort by, with numbers in order of size.

    Args:
        text: Any text, such as an IRI.

    Returns:
        A key: ``P2`` comes before ``P10``, and texts that differ have keys that differ.
    """
    parts = _NUMBER.split(text)
    numbers = (part.lstrip("0") for part in parts[1::2])
    key: list[str | tuple[int, str]] = [*parts]
    key[1::2] = [(len(number), number) for number in numbers]
    return tuple(key), str(text)  # a literal as such is compared by its value


class Names:
    """Writes IRIs, and remembers the prefixes that it used.

    The project's own prefixes come first, then an article's (``edm-2-213:`` for what is under
    ``id/edm-2-213/``), then those that the file declares.  A prefix of the project never stands
    for anything else.  The longest namespace wins; the empty prefix only where there is no other.

    Args:
        declared: The prefixes of the file.
    """

    def __init__(self, declared: Mapping[str, str]) -> None:
        self._prefix_of: dict[str, str] = {name: prefix for prefix, name in PREFIXES.items()}
        for prefix, name in sorted(declared.items(), reverse=True):
            if prefix and prefix not in PREFIXES and name not in PREFIXES.values():
                self._prefix_of[name] = prefix
        self._empty = declared.get("")
        self._lengths = sorted({len(name) for name in self._prefix_of}, reverse=True)
        self._taken = {prefix: name for name, prefix in self._prefix_of.items()}
        self.used: dict[str, str] = {}

    def write(self, iri: str) -> str:
        """Write an IRI.

        Args:
            iri: An absolute IRI.

        Returns:
            A prefixed name, or the IRI in angle brackets where no prefix fits without escapes.
        """
        found = self._split(iri)
        if found is None:
            return f"<{iri}>"
        prefix, local = found
        self.used[prefix] = iri.removesuffix(local)
        return f"{prefix}:{local}"

    def _split(self, iri: str) -> tuple[str, str] | None:
        article = self._article(iri)
        if article is not None:
            return article
        for length in self._lengths:
            prefix = self._prefix_of.get(iri[:length])
            if prefix is not None and _LOCAL.fullmatch(iri, length):
                return prefix, iri[length:]
        if self._empty and iri.startswith(self._empty):
            local = iri[len(self._empty) :]
            if _LOCAL.fullmatch(local):
                return "", local
        return None

    def _article(self, iri: str) -> tuple[str, str] | None:
        """Split the IRI of an article's node, unless its prefix stands for something else."""
        if not iri.startswith(ID):
            return None
        article, slash, local = iri[len(ID) :].partition("/")
        if not slash or not _PREFIX.fullmatch(article) or not _LOCAL.fullmatch(local):
            return None
        if self._taken.get(article, f"{ID}{article}/") != f"{ID}{article}/":
            return None
        return article, local
