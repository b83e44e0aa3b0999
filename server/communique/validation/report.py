"""What the shapes find in a dataset, with file and line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from rdflib import RDF, SH, XSD, BNode, Graph, Literal, URIRef

from communique.errors import DataError
from communique.namespaces import PREFIXES, shorten, shorten_all
from communique.validation.shacl import named_shape, plain, run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rdflib.term import Identifier, Node

    from communique.dataset import Dataset, Located
    from communique.validation.shacl import Triple


class Severity(StrEnum):
    """How grave a finding is.  Only a violation fails the gate."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"


_SEVERITIES: Final[dict[Identifier | None, Severity]] = {
    SH.Warning: Severity.WARNING,
    SH.Info: Severity.INFO,
}


_KEPT: Final = 8
"""So many verdicts on ontologies are kept."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One finding of a shape against a node.

    Attributes:
        severity: How grave it is.
        file: The file at fault, where known.
        line: The line in it, from 1, where known.
        node: The focus node.
        path: The property it is about, as SPARQL writes paths; None if it is about the node.
        value: The offending value, where there is one.
        shape: The IRI of the shape, or of the named shape it is part of.
        message: What is wrong and what to do, in the shape's words.
    """

    severity: Severity
    file: Path | None
    line: int | None
    node: str
    path: str | None
    value: str | None
    shape: str
    message: str

    @property
    def place(self) -> str:
        """The place as ``file:line``, as far as it is known."""
        return ":".join(str(part) for part in (self.file, self.line) if part)

    def __str__(self) -> str:
        """Return the finding on one line."""
        parts = (self.place, shorten(self.node), shorten(self.shape), self.message)
        return ": ".join(part for part in parts if part)


@dataclass(frozen=True)
class Report:
    """What the shapes found.

    Attributes:
        violations: The findings that fail the gate, in order of place.
        warnings: The findings of lesser severity, likewise.
        graph: The report in SHACL's own terms.  Its ``sh:conforms`` follows the specification,
            by which a warning, too, makes it false.
    """

    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
    graph: Graph

    @property
    def passed(self) -> bool:
        """Whether the gate lets the dataset pass."""
        return not self.violations

    def with_warnings(self, other: Report) -> Report:
        """Return the report with the warnings of another as well.

        Args:
            other: The other, which has no violations.
        """
        if not other.warnings:
            return self
        return Report(
            self.violations, (*self.warnings, *other.warnings), merge(self.graph, other.graph)
        )

    def turtle(self) -> str:
        """Return the report as Turtle."""
        return self.graph.serialize(format="turtle")


def validate(dataset: Dataset) -> Report:
    """Hold the data against its shapes, and the ontology against the ontology's shapes.

    Args:
        dataset: The dataset.  Nothing in it is changed.

    Raises:
        DataError: A shape itself cannot be used.
    """
    try:
        graph = run(dataset.explicit, dataset.shapes, background=dataset.ontology)
        if len(dataset.ontology_shapes):
            about = _of_ontology(frozenset(dataset.ontology), frozenset(dataset.ontology_shapes))
            graph = merge(graph, about)
    except DataError as fault:
        raise placed(fault, dataset) from None
    return describe(graph, dataset.shapes + dataset.ontology_shapes, dataset)


def placed(fault: DataError, places: Located) -> DataError:
    """Say of a fault of a shape where that is written.

    Args:
        fault: The fault.
        places: Knows where.
    """
    place = places.locate(URIRef(fault.node)) if fault.node else None
    if place is not None:
        fault.file, fault.line = place.file.path, place.line
    return fault


def describe(graph: Graph, shapes: Graph, places: Located) -> Report:
    """Read a W3C validation report.

    Args:
        graph: The report.
        shapes: The shapes that it is about.
        places: Knows where the data and the shapes are written.
    """
    findings = sorted(
        (_violation(places, graph, shapes, result) for result in graph.objects(None, SH.result)),
        key=lambda found: (str(found.file), found.line or 0, found.node, str(found)),
    )
    return Report(
        violations=tuple(f for f in findings if f.severity is Severity.VIOLATION),
        warnings=tuple(f for f in findings if f.severity is not Severity.VIOLATION),
        graph=graph,
    )


@lru_cache(maxsize=_KEPT)
def _of_ontology(ontology: frozenset[Triple], shapes: frozenset[Triple]) -> Graph:
    """Hold an ontology against its shapes, once: it seldom changes, and takes as long as much data.

    Raises:
        DataError: A shape itself cannot be used.
    """
    return run(plain(ontology), plain(shapes))


def merge(first: Graph, second: Graph) -> Graph:
    """Return one report with the results of two.

    Args:
        first: The one.
        second: The other.
    """
    report = next(first.subjects(RDF.type, SH.ValidationReport))
    other = next(second.subjects(RDF.type, SH.ValidationReport))
    true = Literal("true", datatype=XSD.boolean)
    conforms = all((None, SH.conforms, true) in graph for graph in (first, second))
    merged = first + second
    for prefix, name in PREFIXES.items():
        merged.bind(prefix, name)
    merged.remove((other, None, None))
    for result in second.objects(other, SH.result):
        merged.add((report, SH.result, result))
    merged.set((report, SH.conforms, Literal(conforms)))
    return merged


def _violation(places: Located, graph: Graph, shapes: Graph, result: Node) -> Violation:
    """Read one ``sh:ValidationResult`` and find the place it is about."""
    focus, path, value, source, severity = (
        cast("Identifier | None", graph.value(result, term))
        for term in (
            SH.focusNode,
            SH.resultPath,
            SH.value,
            SH.sourceShape,
            SH.resultSeverity,
        )
    )
    if focus is None or source is None:
        raise TypeError(f"not a validation result: {result}")
    predicate = path if isinstance(path, URIRef) else None
    place = places.locate(focus, predicate, None if value == focus else value)
    named, steps = _named_node(places, focus)
    if path is not None:
        steps.append(_path(graph, path))
    return Violation(
        severity=_SEVERITIES.get(severity, Severity.VIOLATION),
        file=place.file.path if place else None,
        line=place.line if place else None,
        node=_write(named),
        path="/".join(steps) or None,
        value=_write(value) if value is not None else None,
        shape=named_shape(shapes, source),
        message=_message(graph.objects(result, SH.resultMessage)),
    )


def _named_node(places: Located, node: Node) -> tuple[Node, list[str]]:
    """Return the named node that a blank node hangs on, and the properties that lead there."""
    steps: list[str] = []
    seen: set[Node] = set()
    while isinstance(node, BNode) and node not in seen:
        seen.add(node)
        for graph in (places.explicit, places.ontology):
            for subject, predicate in graph.subject_predicates(node):
                steps.insert(0, shorten(str(predicate)))
                node = subject
                break
    return node, steps


def _message(messages: Iterable[Node]) -> str:
    """Choose the English message, or one without a language, or any."""
    literals = sorted(
        (message for message in messages if isinstance(message, Literal)),
        key=lambda message: (message.language not in {"en", None}, message.language or "", message),
    )
    return (
        shorten_all(" ".join(str(literals[0]).split()))
        if literals
        else "the shape is not satisfied"
    )


def _write(term: Node) -> str:
    """Write a term as its IRI, lexical form or blank node label."""
    return f"_:{term}" if isinstance(term, BNode) else str(term)


_PATHS: Final = {
    SH.inversePath: "^{}",
    SH.zeroOrMorePath: "{}*",
    SH.oneOrMorePath: "{}+",
    SH.zeroOrOnePath: "{}?",
}


def _path(graph: Graph, path: Node) -> str:
    """Write a SHACL path the way SPARQL writes it."""
    if not isinstance(path, BNode):
        return shorten(str(path))
    for operator, pattern in _PATHS.items():
        inner = graph.value(path, operator)
        if inner is not None:
            return pattern.format(_path(graph, inner))
    alternatives = graph.value(path, SH.alternativePath)
    if alternatives is not None:
        return "(" + "|".join(_path(graph, step) for step in graph.items(alternatives)) + ")"
    return "/".join(_path(graph, step) for step in graph.items(path))
