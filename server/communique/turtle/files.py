"""Files brought into the one layout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from communique.turtle.layout import format_text, head_end
from communique.turtle.reading import read_text
from communique.turtle.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_OWL_API: Final = re.compile(
    r"""
      \#{65}
    | \#[ ]{4}(?:Annotation[ ]properties|Annotations|Classes|Data[ ]properties|Datatypes
               |General[ ]axioms|Individuals|Object[ ]Properties|Rules)
    | \#\#\#[ ]{2}(?:Generated[ ]by[ ]the[ ]OWL[ ]API[ ].*|[A-Za-z][A-Za-z0-9+.-]*:\S*)
    """,
    re.VERBOSE,
)
"""The comments that the OWL API, and so Protégé, puts between the blocks of what it saves."""


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
        The line of each such comment, from 1; but not of those that the OWL API writes.

    Raises:
        TurtleSyntaxError: The file is not UTF-8.
    """
    text = read_text(path)
    end = head_end(text)
    return [
        token.line
        for token in tokens(text)
        if token.kind == "comment" and token.start >= end and not _OWL_API.fullmatch(token.text)
    ]
