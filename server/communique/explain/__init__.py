"""Explaining: why a triple holds, down to files, lines and the words of the source.

Works on a generation alone; the dataset's folder adds the lines.  Not needed for serving queries,
so it is loaded when the first explanation is asked for.
"""

from __future__ import annotations

from communique.explain.explaining import Explainer, Explanation, Lack, Passage, Reason
from communique.explain.places import Place
from communique.explain.provenance import as_turtle
from communique.explain.structure import as_structure
from communique.explain.terms import read_triple
from communique.explain.text import as_text

__all__ = [
    "Explainer",
    "Explanation",
    "Lack",
    "Passage",
    "Place",
    "Reason",
    "as_structure",
    "as_text",
    "as_turtle",
    "read_triple",
]
