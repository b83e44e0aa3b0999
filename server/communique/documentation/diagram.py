"""A diagram of the core classes, as SVG.

Where the boxes stand is decided here; which lines join them, and what is written on them, is read
from the ontology: a line is a property whose domain and range are two of the classes and which the
data write, or a subclass.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from rdflib import RDFS, URIRef

from communique.documentation.vocabulary import anchor
from communique.namespaces import CMQ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.documentation.vocabulary import Vocabulary

_PLACES: Final = {
    "Document": (0, 0),
    "Report": (1, 0),
    "Claim": (2, 0),
    "Delegation": (3, 0),
    "Post": (4, 0),
    "SourceText": (0, 1),
    "NarratorStatement": (1, 1),
    "Statement": (2, 1),
    "Agent": (3, 1),
    "OfficeHolding": (4, 1),
    "Passage": (0, 2),
    "Proposition": (1, 2),
    "Hedge": (2, 2),
    "Event": (3, 2),
    "Membership": (4, 2),
    "Sentence": (0, 3),
    "Place": (2, 3),
    "Treaty": (3, 3),
    "Organization": (4, 3),
}
"""The core classes, with the column and row of each; lines join neighbouring columns only."""
_COLUMN: Final = 265
_ROW: Final = 150
_WIDTH: Final = 140
_HEIGHT: Final = 40
_MARGIN: Final = 20
_LINE: Final = 15
"""From one line of text to the next."""
_APART: Final = 9
"""How far a line is moved aside where two join the same classes."""
_HEAD: Final = """\
<svg class="diagram" viewBox="0 0 {width} {height}" role="img" aria-labelledby="diagram-title"
 xmlns="http://www.w3.org/2000/svg">
<title id="diagram-title">The core classes and the properties between them</title>
<defs>
<marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7"
 orient="auto"><path d="M0 0 8 4 0 8z"/></marker>
<marker id="is-a" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="11" markerHeight="11"
 orient="auto"><path d="M0 0 10 5 0 10z"/></marker>
</defs>"""


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one class to another.

    Attributes:
        source: The local name of the class it starts from.
        target: That of the class it leads to.
        properties: The local names of the properties that it stands for; none for a subclass.
    """

    source: str
    target: str
    properties: tuple[str, ...]


def edges(vocabulary: Vocabulary) -> list[Edge]:
    """Return the lines between core classes in the same column or in neighbouring ones.

    Args:
        vocabulary: The vocabulary.
    """
    graph = vocabulary.ontology
    joined: dict[tuple[str, str], list[str]] = defaultdict(list)
    for prop, domain in graph.subject_objects(RDFS.domain):
        if vocabulary.is_written(str(prop)):
            for range_ in graph.objects(prop, RDFS.range):
                ends = (str(domain).removeprefix(CMQ), str(range_).removeprefix(CMQ))
                joined[ends].append(str(prop).removeprefix(CMQ))
    found = []
    for source, (column, _) in _PLACES.items():
        for target, (other, _) in _PLACES.items():
            if source == target or abs(column - other) > 1:
                continue
            if (URIRef(CMQ + source), RDFS.subClassOf, URIRef(CMQ + target)) in graph:
                found.append(Edge(source, target, ()))
            if (source, target) in joined:
                found.append(Edge(source, target, tuple(sorted(joined[source, target]))))
    return found


def draw(vocabulary: Vocabulary) -> str:
    """Return the diagram as an SVG element for a page that describes the terms.

    Args:
        vocabulary: The vocabulary.
    """
    width = _COLUMN * max(column for column, _ in _PLACES.values()) + _WIDTH + 2 * _MARGIN
    height = _ROW * max(row for _, row in _PLACES.values()) + _HEIGHT + 2 * _MARGIN
    lines = [_HEAD.format(width=width, height=height)]
    drawn = edges(vocabulary)
    ends = [_ends(edge, drawn) for edge in drawn]
    lines += [_line(edge, place) for edge, place in zip(drawn, ends, strict=True)]
    lines += [text for edge, place in zip(drawn, ends, strict=True) for text in _label(edge, place)]
    lines += [box for name in _PLACES for box in _box(name)]
    lines.append("</svg>")
    return "\n".join(lines)


def _centre(name: str) -> tuple[float, float]:
    column, row = _PLACES[name]
    return (
        _MARGIN + column * _COLUMN + _WIDTH / 2,
        _MARGIN + row * _ROW + _HEIGHT / 2,
    )


def _border(start: str, end: str) -> tuple[float, float]:
    """Return where the line between two boxes' centres leaves the first."""
    (x1, y1), (x2, y2) = _centre(start), _centre(end)
    dx, dy = x2 - x1, y2 - y1
    scale = min(
        _WIDTH / 2 / abs(dx) if dx else float("inf"),
        _HEIGHT / 2 / abs(dy) if dy else float("inf"),
    )
    return x1 + dx * scale, y1 + dy * scale


_Ends = tuple[float, float, float, float]


def _ends(edge: Edge, drawn: list[Edge]) -> _Ends:
    """Return where a line begins and ends, aside from others between the same classes."""
    (x1, y1), (x2, y2) = _border(edge.source, edge.target), _border(edge.target, edge.source)
    pair = {edge.source, edge.target}
    beside = [other for other in drawn if {other.source, other.target} == pair]
    aside = (beside.index(edge) - (len(beside) - 1) / 2) * 2 * _APART
    length = math.hypot(x2 - x1, y2 - y1)
    # Measured to one side of the pair, whichever way the line leads.
    way = 1 if edge.source < edge.target else -1
    dx, dy = -(y2 - y1) / length * aside * way, (x2 - x1) / length * aside * way
    return x1 + dx, y1 + dy, x2 + dx, y2 + dy


def _line(edge: Edge, ends: _Ends) -> str:
    x1, y1, x2, y2 = ends
    kind, head = ("joins", "arrow") if edge.properties else ("is-a", "is-a")
    return (
        f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'marker-end="url(#{head})"/>'
    )


def _label(edge: Edge, ends: _Ends) -> Iterator[str]:
    x1, y1, x2, y2 = ends
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    first = y - _LINE * (len(edge.properties) - 1) / 2 + 4
    for number, name in enumerate(edge.properties):
        yield (
            f'<a href="#{anchor(CMQ + name)}"><text x="{x:.1f}" y="{first + number * _LINE:.1f}">'
            f"{escape(name)}</text></a>"
        )


def _box(name: str) -> Iterator[str]:
    x, y = _centre(name)
    yield (
        f'<a href="#{anchor(CMQ + name)}"><rect x="{x - _WIDTH / 2:.0f}" '
        f'y="{y - _HEIGHT / 2:.0f}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
        f'<text class="name" x="{x:.0f}" y="{y + 5:.0f}">{escape(name)}</text></a>'
    )
