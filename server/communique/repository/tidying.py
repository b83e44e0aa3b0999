"""Edits brought into shape: one for each file, in the one layout, and only what changes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from communique.edits import Edit
from communique.repository import files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Replacement:
    """An edit, with what it replaces.

    Attributes:
        edit: The edit, in the one layout.
        before: What the file holds; None if there is none.
    """

    edit: Edit
    before: bytes | None


def tidy(root: Path, edits: Iterable[Edit]) -> list[Replacement]:
    """Bring edits into shape, and leave out those that change nothing.

    Of several edits of one file the last one counts.  A file keeps the comment at its head unless
    the new content has one.

    Args:
        root: The dataset's folder.
        edits: The edits.

    Raises:
        NoSourceFile: An edit is about what cannot be a file of a dataset.
        TurtleSyntaxError: The new content of a file is not Turtle.
        StorageError: A file cannot be read.
    """
    latest = {edit.name: edit.content for edit in edits}
    found = []
    for name, content in latest.items():
        before = files.read(root, name)
        after = None if content is None else _in_layout(root / name, content, before)
        if after != before:
            found.append(Replacement(Edit(name, after), before))
    return found


def _in_layout(path: Path, content: bytes, before: bytes | None) -> bytes:
    # Late, because serving an existing generation must not load rdflib.
    from communique import turtle  # noqa: PLC0415

    text = turtle.decode(content, path)
    written = turtle.format_text(text, path)
    if before is not None and not turtle.head(text):
        comment = turtle.head(before.decode("utf-8-sig", errors="replace"))
        written = "\n\n".join(part for part in (comment, written) if part)
    return written.encode()
