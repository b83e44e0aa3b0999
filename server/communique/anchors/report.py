"""What was resolved in a text, and what was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Span = tuple[int, int]
"""Start and end in Unicode code points, end exclusive."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An anchor that does not resolve.

    Attributes:
        kind: What kind of anchor: ``sentence``, ``heading``, ``quotation``, ``mention``,
            ``date phrase``, ``hedge`` or ``anchor``.
        node: The IRI of the node at fault.
        file: The file that describes it, where known.
        line: The line in it, from 1, where known.
        message: What does not agree.
    """

    kind: str
    node: str
    file: Path | None
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class AnchorReport:
    """What was resolved in a text, and what was not.

    Attributes:
        text: The IRI of the source text the dataset describes.
        expected: The digest that the dataset gives for it.
        found: The digest of the text at hand.
        totals: How many of each kind there are.
        unresolved: How many of each kind do not resolve.
        unanchored: Sentences that nothing in the dataset points at.
        outside: Stretches of the text that belong to no passage, as spans of code points.
        mismatches: The anchors that do not resolve, in order of place.
    """

    text: str
    expected: str
    found: str
    totals: dict[str, int]
    unresolved: dict[str, int]
    unanchored: tuple[str, ...]
    outside: tuple[Span, ...]
    mismatches: tuple[Mismatch, ...]

    @property
    def same_text(self) -> bool:
        """Whether the text at hand is the one that was encoded."""
        return self.expected == self.found

    @property
    def passed(self) -> bool:
        """Whether it is the text that was encoded and every anchor resolves in it."""
        return self.same_text and not self.mismatches

    def summary(self) -> str:
        """Return the counts in one line."""
        sentences = self.totals.get("sentence", 0)
        anchored = sentences - max(self.unresolved.get("sentence", 0), len(self.unanchored))
        parts = [f"{anchored} of {sentences} sentences anchored"]
        for kind, total in self.totals.items():
            if kind != "sentence":
                plural = "date phrases" if kind == "date phrase" else f"{kind}s"
                parts.append(f"{total - self.unresolved.get(kind, 0)} of {total} {plural}")
        count = len(self.mismatches)
        parts.append(f"{count} mismatch{'' if count == 1 else 'es'}")
        return ", ".join(parts)
