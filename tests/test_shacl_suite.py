"""W3C's SHACL test suite (core and SPARQL), through our own way of running pySHACL."""

import os
from collections import Counter
from pathlib import Path
from urllib.parse import urljoin

import pyoxigraph as ox
import pytest
from rdflib import RDF, SH, BNode, Graph, Namespace, URIRef
from rdflib.term import Node

from communique import turtle
from communique.errors import DataError
from communique.validation.shacl import run
from conftest import missing

SUITES = Path(os.environ.get("COMMUNIQUE_SUITES", Path(__file__).parents[2] / "shared" / "suites"))
BASE = "https://example.org/suite/"
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")

EXPECTED_FAILURES = {
    "core/property/uniqueLang-002": (
        'pySHACL takes sh:uniqueLang "1"^^xsd:boolean for true unless it changes rdflib globally'
    ),
    "sparql/node/prefixes-001": "pySHACL does not follow owl:imports to the prefixes of a query",
    "sparql/pre-binding/shapesGraph-001": "pySHACL does not bind $shapesGraph, which is optional",
}
"""Cases that fail, each with the reason."""


def read(iri: str) -> Graph:
    """Returns the graph of a file of the suite, with its relative IRIs resolved."""
    path = SUITES / "shacl" / iri.removeprefix(BASE)
    graph = Graph(bind_namespaces="none")
    for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri=iri):
        subject, predicate, value = (
            turtle.to_rdflib(term) for term in (quad.subject, quad.predicate, quad.object)
        )
        graph.add((subject, predicate, value))
    return graph


def cases(iri: str = f"{BASE}manifest.ttl") -> list[tuple[str, str]]:
    """Returns the file and the IRI of each test case that a manifest leads to."""
    graph = read(iri)
    found = [(iri, str(case)) for case in graph.subjects(RDF.type, SHT.Validate)]
    for _, included in graph.subject_objects(MF.include):
        found += cases(str(included))
    return found


CASES = sorted(cases()) if (SUITES / "shacl").is_dir() else []


def path_of(graph: Graph, node: Node | None) -> str:
    """Writes a path so that equal paths look alike, whatever their blank nodes."""
    if not isinstance(node, BNode):
        return str(node)
    if (node, RDF.first, None) in graph:
        return "(" + " ".join(path_of(graph, item) for item in graph.items(node)) + ")"
    return " ".join(f"[{p} {path_of(graph, o)}]" for p, o in sorted(graph.predicate_objects(node)))


def results(graph: Graph, report: Node) -> Counter[tuple[str, ...]]:
    """Returns what a report's results say, blank nodes taken for equal."""
    found: Counter[tuple[str, ...]] = Counter()
    for result in graph.objects(report, SH.result):
        plain = (SH.focusNode, SH.value, SH.resultSeverity, SH.sourceConstraintComponent)
        values = [graph.value(result, term) for term in (*plain, SH.sourceShape)]
        written = ["_" if isinstance(value, BNode) else repr(value) for value in values]
        found[path_of(graph, graph.value(result, SH.resultPath)), *written] += 1
    return found


def test_suite_is_collected_whole() -> None:
    if not CASES:
        missing(f"W3C's test suites are not in {SUITES}")
    assert len(CASES) == 120
    assert set(EXPECTED_FAILURES) <= {name.removeprefix(BASE) for _, name in CASES}


@pytest.mark.parametrize(
    ("file", "case"),
    [
        pytest.param(
            file,
            case,
            id=case.removeprefix(BASE),
            marks=[
                pytest.mark.xfail(
                    reason=EXPECTED_FAILURES[name], raises=(AssertionError, DataError)
                )
            ]
            if (name := case.removeprefix(BASE)) in EXPECTED_FAILURES
            else [],
        )
        for file, case in CASES
    ],
)
def test_case(file: str, case: str) -> None:
    manifest = read(file)
    action = manifest.value(URIRef(case), MF.action)
    expected = manifest.value(URIRef(case), MF.result)
    data, shapes = (
        read(urljoin(file, str(manifest.value(action, term))))
        for term in (SHT.dataGraph, SHT.shapesGraph)
    )
    if expected == SHT.Failure:
        with pytest.raises(DataError):
            run(data, shapes)
        return
    assert expected is not None
    found = run(data, shapes)
    [report] = found.subjects(RDF.type, SH.ValidationReport)
    assert str(found.value(report, SH.conforms)) == str(manifest.value(expected, SH.conforms))
    assert results(found, report) == results(manifest, expected)
