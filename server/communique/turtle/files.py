"""Files brought into the one layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from communique.turtle.layout import format_text, head_end
from communique.turtle.lines import comment_lines
from communique.turtle.reading import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def format_files(paths: Iterable[Path], *, check: bool = False) -> list[Path]:
    """Bring Turtle files into the one layout.

    Args:
        paths: The files.
        check: Only look; change nothing.

    Returns:
        The files that were not in the layout, in the order given.

    Raises:
        TurtleSyntaxError: A file is not Turtle.  Files before it may have been changed.
        OSError: A file cannot be read or written.
    """
    changed = []
    for path in paths:
        formatted = format_text(read_text(path), path).encode()
        if path.read_bytes() != formatted:
            changed.append(path)
            if not check:
                path.write_bytes(formatted)
    return changed


def lost_comments(path: Path) -> list[int]:
    """Find the comments that the layout does not keep: those below the head of the file.

    Args:
        path: A Turtle file.

    Returns:
        The line of each such comment, from 1.

    Raises:
        TurtleSyntaxError: The file is not UTF-8.
    """
    text = read_text(path)
    return comment_lines(text, head_end(text))
