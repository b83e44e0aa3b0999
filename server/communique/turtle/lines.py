"""In which line of its file a node or a triple stands, for messages.

The strict parser gives triples without their places.  So a walk over the text finds the place of
each triple, and the parser says which terms the walk has met.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from rdflib import BNode

from communique.turtle.reading import Triple, read, read_text
from communique.turtle.tokens import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rdflib.term import Identifier, Node

    from communique.turtle.tokens import Mention

Key = tuple["Node", "Node | None", "Node | None"]


class LineIndex:
    """Finds lines in a Turtle file.

    The file is read when the first line is asked for.  Blank nodes are those that
    :func:`communique.turtle.parse` gave for the same file.

    Args:
        path: A file that is valid Turtle.
        text: Its text, where that is at hand.
        nodes: What the identifiers of its blank nodes begin with, where that was chosen.
    """

    def __init__(self, path: Path, text: str | None = None, nodes: str | None = None) -> None:
        self._path = path
        self._text = text
        self._nodes = nodes

    def line_of(
        self,
        subject: Node,
        predicate: Node | None = None,
        object: Node | None = None,  # noqa: A002 - RDF's word
    ) -> int | None:
        """Find the line of a triple, of a property of a node, or of a node.

        Args:
            subject: The node.
            predicate: A property of it, or nothing to ask for the node.
            object: A value of the property, or nothing to ask for the property.

        Returns:
            The first line where it stands, from 1.  What the file does not say gives the line of
            the next best: a value that is not there that of its property, a property that is not
            there that of its node.  Nothing if the node is not a subject in this file.

        Raises:
            TurtleSyntaxError: The file is not Turtle.
        """
        for key in ((subject, predicate, object), (subject, predicate, None)):
            if key in self._lines:
                return self._lines[key]
        return self._lines.get((subject, None, None))

    @cached_property
    def _lines(self) -> dict[Key, int]:
        text = read_text(self._path) if self._text is None else self._text
        triples = read(text, self._path, self._nodes).triples
        lines: dict[Key, int] = {}
        walk = Walk(text)
        met = _resolve(walk, self._path)
        same = _match(met, triples)
        for statement, (subject, predicate, object_) in zip(walk.statements, met, strict=True):
            node = same.get(subject, subject)
            lines.setdefault((node, None, None), statement.subject.line)
            lines.setdefault((node, predicate, None), statement.predicate.line)
            value = same.get(object_, object_)
            lines.setdefault((node, predicate, value), statement.object.line)
        return lines


def _resolve(walk: Walk, source: Path) -> list[Triple]:
    """Let the parser say which terms a walk has met, by a text with one of them in each triple."""
    mentions: dict[tuple[str, int], int] = {}
    text: list[str] = []
    directives = 0
    for mention in sorted(
        (mention for statement in walk.statements for mention in statement if mention.text),
        key=lambda mention: mention.number,
    ):
        if (mention.text, mention.number) not in mentions:
            text += walk.directives[directives : mention.number]
            directives = max(directives, mention.number)
            text.append(f"<urn:x-mention:subject> <urn:x-mention:is> {mention.text} .")
            mentions[mention.text, mention.number] = len(mentions)
    terms = [object_ for _, _, object_ in read("\n".join(text), source).triples]
    unnamed: dict[int, BNode] = defaultdict(BNode)

    def term(mention: Mention) -> Identifier:
        if not mention.text:
            return unnamed[mention.number]
        return terms[mentions[mention.text, mention.number]]

    return [(term(s), term(p), term(o)) for s, p, o in walk.statements]


def _match(met: Iterable[Triple], triples: Iterable[Triple]) -> dict[Identifier, Identifier]:
    """Match the blank nodes of two readings of one text.

    Nodes that nothing tells apart match in any order.

    Args:
        met: The triples of one.
        triples: The triples of the other.

    Returns:
        For each blank node of the one, that of the other.
    """
    partners = defaultdict(list)
    for node, colour in _colours(triples).items():
        partners[colour].append(node)
    return {node: partners[colour].pop() for node, colour in _colours(met).items()}


def _colours(triples: Iterable[Triple]) -> dict[Identifier, int]:
    """Colour the blank nodes by what is said of them, as finely as it tells them apart."""
    edges: dict[Identifier, list[tuple[bool, Identifier, Identifier]]] = defaultdict(list)
    for subject, predicate, object_ in set(triples):
        if isinstance(subject, BNode):
            edges[subject].append((True, predicate, object_))
        if isinstance(object_, BNode):
            edges[object_].append((False, predicate, subject))
    colours: dict[Identifier, int] = dict.fromkeys(edges, 0)
    classes = 0
    while classes < len(set(colours.values())):
        classes = len(set(colours.values()))
        colours = {
            node: hash(
                frozenset(
                    Counter((out, p, colours.get(other, other)) for out, p, other in around).items()
                )
            )
            for node, around in edges.items()
        }
    return colours
