"""Where in a request's body something is that the gate finds in the file made of it.

The gate sees the file in the one layout.  Who sent the body wants to know the line there, so what
the finding is about is looked up again in the body.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rdflib import BNode, URIRef

from communique import turtle
from communique.gate import findings
from communique.namespaces import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rdflib import Graph
    from rdflib.term import Node

    from communique.gate import Finding
    from communique.validation import Report
    from communique.web.bodies import Body

BODY: Final = Path("body")
"""What the request's body is called among the files."""


class Places:
    """Looks up places.

    Args:
        root: The dataset's folder.
        bodies: What was sent to be files, by their names.
    """

    def __init__(self, root: Path, bodies: Mapping[str, Body]) -> None:
        self._root = root
        self._bodies = bodies
        self._read: dict[str, tuple[Graph, turtle.LineIndex]] = {}

    @staticmethod
    def of_report(report: Report) -> Iterator[Finding]:
        """Yield the warnings of a report.

        Args:
            report: The report.
        """
        for warning in report.warnings:
            yield findings.of_violation(warning)

    def locate(self, finding: Finding) -> Finding:
        """Return a finding with its place in the body, or in a file relative to the dataset.

        A place in a file that is not to be had otherwise has no line: that of the layout would
        mislead.

        Args:
            finding: The finding, of the gate.
        """
        file = finding.file
        if file is None:
            return finding
        if file.is_absolute() and file.is_relative_to(self._root):
            file = file.relative_to(self._root)
        body = self._bodies.get(file.as_posix())
        if body is None:
            return replace(finding, file=file)
        if not body.has_lines:
            return replace(finding, file=BODY, line=None, column=None)
        return replace(finding, file=BODY, line=self._line(file.as_posix(), finding), column=None)

    def _line(self, name: str, finding: Finding) -> int | None:
        """Return the line of the body that a finding is about, as exactly as it can be told."""
        if name not in self._read:
            text = self._bodies[name].text
            graph = turtle.parse_text(text, BODY)
            self._read[name] = (graph, turtle.LineIndex(BODY, text))
        graph, lines = self._read[name]
        if finding.node is None:
            return None
        nodes: list[Node] = [URIRef(finding.node)]
        if finding.node.startswith("_:"):
            return None
        path = finding.path or ""
        *steps, last = [path] if "://" in path else path.split("/")
        line = lines.line_of(nodes[0])
        for step in steps:
            inner = [
                triple for triple in _values(graph, nodes, step) if isinstance(triple[2], BNode)
            ]
            if not inner:
                return line
            line = lines.line_of(*inner[0])
            nodes = [value for _, _, value in inner]
        found = _values(graph, nodes, last)
        exact = [triple for triple in found if str(triple[2]) == finding.value]
        for triple in (*exact, *found):
            return lines.line_of(*triple) or line
        return line


def _values(graph: Graph, nodes: Iterable[Node], path: str) -> list[tuple[Node, Node, Node]]:
    """Return what is said of nodes by one property, as findings write it."""
    return [
        triple
        for node in nodes
        for triple in graph.triples((node, None, None))
        if shorten(str(triple[1])) == path
    ]
