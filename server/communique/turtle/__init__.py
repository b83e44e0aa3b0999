"""Turtle: read strictly, written in one layout, with lines for messages.

The one place that reads Turtle for rdflib.  Literals keep their lexical form, and blank nodes of
two texts never meet.
"""

from __future__ import annotations

from communique.turtle.files import format_files, lost_comments
from communique.turtle.layout import format_text, head, head_end
from communique.turtle.lines import LineIndex
from communique.turtle.reading import UnsupportedTermError, decode, parse, parse_text, to_rdflib

__all__ = [
    "LineIndex",
    "UnsupportedTermError",
    "decode",
    "format_files",
    "format_text",
    "head",
    "head_end",
    "lost_comments",
    "parse",
    "parse_text",
    "to_rdflib",
]
