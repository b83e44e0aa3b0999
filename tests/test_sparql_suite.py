"""W3C's SPARQL 1.1 suites over HTTP: query evaluation, syntax and result formats.

The data of each case is a generation's store, and a server answers for it.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import pyoxigraph as ox
import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

import sparql_results
from communique import turtle
from communique.namespaces import BASE
from conftest import missing
from suite_server import Reply, Swappable, swappable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

SUITES: Final = Path(
    os.environ.get("COMMUNIQUE_SUITES", Path(__file__).parents[2] / "shared" / "suites")
)
ROOT: Final = SUITES / "sparql11"
HERE: Final = "https://example.org/sparql11/"
MF: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT: Final = "http://www.w3.org/2009/sparql/tests/test-update#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

IN_SCOPE: Final = ("manifest-sparql11-query.ttl", "manifest-sparql11-results.ttl")
OUT_OF_SCOPE: Final = {
    "manifest-sparql11-update.ttl": (157, "updates: see test_update_suite.py"),
    "manifest-sparql11-fed.ttl": (10, "SERVICE is refused: the endpoint calls no other"),
    "entailment/manifest.ttl": (
        70,
        "the endpoint evaluates under simple entailment; what follows is put into the data first",
    ),
    "protocol/manifest.ttl": (
        34,
        "requests rather than queries: see test_protocol_suite.py",
    ),
    "graph-store-protocol/manifest.ttl": (13, "requests likewise, and of writing"),
    "http-rdf-update/manifest.ttl": (18, "an older edition of graph-store-protocol"),
    "service-description/manifest.ttl": (3, "in prose: see test_description.py"),
}
"""Manifests of other parts of the standard: how many cases each has, and why it is not for here."""
_EMPTY_PATH: Final = (
    "§18.4, ZeroLengthPath: the engine finds no path from a term of the query to itself unless the "
    "term is in the data"
)
_EACH_GRAPH: Final = (
    "§18.6, Graph(var, P): P is evaluated in each graph, and its name is joined to what that "
    "gives; the engine joins it to the triple patterns within P"
)
EXPECTED_FAILURES: Final = {
    "aggregates/agg-empty-group-count-graph": f"{_EACH_GRAPH}, of which an empty group has none",
    "aggregates/agg-groupconcat-04": (
        "§18.5.1.7: GROUP_CONCAT gives a simple literal; the engine keeps the language tag that "
        "all share"
    ),
    "aggregates/agg-groupconcat-06": "likewise",
    "bindings/graph": f"{_EACH_GRAPH}, of which VALUES has none",
    "csv-tsv-res/csv03": (
        "CSV Format, RDF terms: a literal is given by its lexical form; the engine keeps the "
        'value of a number alone, and "1.0E6" comes back as 1000000'
    ),
    "csv-tsv-res/tsv03": (
        "TSV Format, RDF terms: a literal is given with its datatype; the engine keeps types "
        "derived from xsd:integer as that, and an xsd:negativeInteger comes back as xsd:integer"
    ),
    "functions/bnode01": (
        "§17.4.2.9: BNODE with the same text gives a blank node of its own for each solution; the "
        "engine gives one for all"
    ),
    "negation/graph-minus": f"{_EACH_GRAPH}, so that both sides of MINUS share it",
    "property-path/zero_or_more_set_end": _EMPTY_PATH,
    "property-path/zero_or_more_set_start": _EMPTY_PATH,
    "property-path/zero_or_one_set_end": _EMPTY_PATH,
    "property-path/zero_or_one_set_start": _EMPTY_PATH,
}
"""Cases of evaluation that fail, each with the clause it turns on; all are the engine's."""
REFUSED: Final = {
    "syntax-query/test_4": "<http://example/function>",
    "syntax-query/test_42": "FROM",
}
"""Cases of valid syntax that are understood, and refused for the clause that the answer names."""
FORMATS: Final[dict[str, Callable[[bytes], sparql_results.Results]]] = {
    "application/sparql-results+json": sparql_results.read_json,
    "application/sparql-results+xml": sparql_results.read_xml,
    "text/tab-separated-values": sparql_results.read_tsv,
    "text/csv": sparql_results.read_csv,
}
READERS: Final[dict[str, Callable[[bytes], sparql_results.Results]]] = {
    ".srj": sparql_results.read_json,
    ".srx": sparql_results.read_xml,
    ".tsv": sparql_results.read_tsv,
    ".csv": sparql_results.read_csv,
}
ORDERED: Final = re.compile(r"ORDER\s+BY[^{}]*$", re.IGNORECASE)
"""An order of the outermost rows."""
GRAPHS: Final = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}


@dataclass(frozen=True)
class Case:
    """A test case.

    Attributes:
        name: Its folder and its name there.
        kind: The local name of its class.
        query: The file of the query.
        default: The files of the default graph.
        named: The files of the named graphs.
        result: The file of the result; none for a test of the syntax.
    """

    name: str
    kind: str
    query: Path
    default: tuple[Path, ...] = ()
    named: tuple[Path, ...] = ()
    result: Path | None = None


def parse(path: Path, base: str) -> list[ox.Quad]:
    """Read a file of the suite, with blank nodes of its own."""
    format_ = ox.RdfFormat.from_extension(path.suffix[1:])
    return list(ox.parse(path=path, format=format_, base_iri=base, rename_blank_nodes=True))


class Manifest:
    """A manifest's triples."""

    def __init__(self, iri: str) -> None:
        self.objects: dict[tuple[str, str], list[str]] = {}
        for quad in parse(ROOT / iri.removeprefix(HERE), iri):
            assert not isinstance(quad.subject, ox.Triple)
            assert not isinstance(quad.object, ox.Triple)
            key = (quad.subject.value, quad.predicate.value)
            self.objects.setdefault(key, []).append(quad.object.value)

    def list(self, subject: str, predicate: str) -> Iterator[str]:
        """Yield the members of the lists that are a property's values."""
        for node in self.objects.get((subject, predicate), []):
            rest = node
            while rest != RDF + "nil":
                yield self.objects[rest, RDF + "first"][0]
                [rest] = self.objects[rest, RDF + "rest"]

    def files(self, subject: str, predicate: str) -> tuple[Path, ...]:
        """Return the files that are a property's values."""
        iris = self.objects.get((subject, predicate), [])
        return tuple(sorted(ROOT / iri.removeprefix(HERE) for iri in iris))


def cases(name: str) -> Iterator[Case]:
    """Yield each test case that a manifest leads to."""
    iri = HERE + name
    manifest = Manifest(iri)
    for included in manifest.list(iri, MF + "include"):
        yield from cases(included.removeprefix(HERE))
    for entry in manifest.list(iri, MF + "entries"):
        kind = manifest.objects[entry, RDF + "type"][0].removeprefix(MF)
        kind = kind.removeprefix(UT)
        [action] = manifest.objects.get((entry, MF + "action"), [""])
        folder = name.split("/", maxsplit=1)[0]
        label = f"{folder}/{re.split('[#/]', entry)[-1]}"
        if (action, QT + "query") in manifest.objects:
            [query] = manifest.files(action, QT + "query")
            default, named = (manifest.files(action, QT + n) for n in ("data", "graphData"))
            [result] = manifest.files(entry, MF + "result") or [None]
            yield Case(label, kind, query, default, named, result)
        else:
            yield Case(label, kind, ROOT / action.removeprefix(HERE))


CASES: Final = (
    sorted(
        (case for name in IN_SCOPE for case in cases(name)),
        key=lambda case: (case.default, case.named, case.name),  # those of one dataset together
    )
    if ROOT.is_dir()
    else []
)


def quads(case: Case) -> Iterator[ox.Quad]:
    """Yield the data of a case; its files have the IRIs that the queries call them by."""
    for path in case.default:
        yield from parse(path, BASE + path.name)
    for path in case.named:
        graph = ox.NamedNode(BASE + path.name)
        for quad in parse(path, graph.value):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


@pytest.fixture(scope="module")
def server() -> Iterator[Swappable]:
    """A server to load the data of one case after the other."""
    with swappable() as started:
        yield started


def ask(server: Swappable, case: Case, accept: str = "*/*") -> Reply:
    """Serve the data of a case, and ask its query."""
    server.serve((case.default, case.named), lambda: quads(case))
    query = case.query.read_bytes()
    return server.ask(
        "POST", "/sparql", query, Content_Type="application/sparql-query", Accept=accept
    )


def graph(found: Iterable[ox.Quad]) -> Graph:
    """Make a graph that can be compared up to the labels of blank nodes."""
    made = Graph(bind_namespaces="none")
    for quad in found:
        subject, predicate, value = map(
            turtle.to_rdflib, (quad.subject, quad.predicate, quad.object)
        )
        made.add((subject, predicate, value))
    return made


class Named(Protocol):
    """What a case of any suite has."""

    @property
    def name(self) -> str:
        """Its name, unique in its suite."""

    @property
    def kind(self) -> str:
        """The local name of its class."""


def parametrized(
    cases: Iterable[Named], failures: Mapping[str, str], *kinds: str
) -> pytest.MarkDecorator:
    """Give a test the cases of some kinds, of which some are expected to fail, for a reason."""
    return pytest.mark.parametrize(
        "case",
        [
            pytest.param(
                case,
                id=case.name,
                marks=[pytest.mark.xfail(reason=failures[case.name], raises=AssertionError)]
                if case.name in failures
                else [],
            )
            for case in cases
            if case.kind in kinds
        ],
    )


def parameters(*kinds: str) -> pytest.MarkDecorator:
    """Give a test the cases of some kinds."""
    return parametrized(CASES, EXPECTED_FAILURES, *kinds)


def test_suite_is_collected_whole(capsys: pytest.CaptureFixture[str]) -> None:
    if not CASES:
        missing(f"W3C's test suites are not in {SUITES}")
    kinds = Counter(case.kind for case in CASES)
    with capsys.disabled():
        expected = f"{len(EXPECTED_FAILURES)} expected to fail, {len(REFUSED)} refused"
        print(f"\n{len(CASES)} cases, {expected}: {dict(kinds)}")  # noqa: T201 - CI shows it
    assert kinds == {
        "QueryEvaluationTest": 232,
        "CSVResultFormatTest": 3,
        "PositiveSyntaxTest11": 63,
        "NegativeSyntaxTest11": 40,
    }
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert EXPECTED_FAILURES.keys() | REFUSED.keys() <= set(names)


@pytest.mark.parametrize("name", OUT_OF_SCOPE)
def test_what_is_out_of_scope_is_counted(name: str) -> None:
    if not CASES:
        missing(f"W3C's test suites are not in {SUITES}")
    count, _reason = OUT_OF_SCOPE[name]
    assert len(list(cases(name))) == count


def test_nothing_else_is_in_the_suites() -> None:
    if not CASES:
        missing(f"W3C's test suites are not in {SUITES}")
    known = {case.name for name in (*IN_SCOPE, *OUT_OF_SCOPE) for case in cases(name)}
    assert {case.name for case in cases("manifest-all.ttl")} <= known


@parameters("PositiveSyntaxTest11")
def test_valid_syntax_is_accepted(server: Swappable, case: Case) -> None:
    reply = ask(server, case)
    if case.name in REFUSED:
        assert reply.status == 403
        assert json.loads(reply.body)["clause"] == REFUSED[case.name]
    else:
        assert reply.status == 200, reply.body.decode()


@parameters("NegativeSyntaxTest11")
def test_invalid_syntax_is_told_from_other_faults(server: Swappable, case: Case) -> None:
    reply = ask(server, case)
    assert reply.status == 400
    problem = json.loads(reply.body)
    assert problem["type"] == f"{BASE}problem/query-syntax"
    assert (problem["line"], problem["column"]) >= (1, 1)


@parameters("QueryEvaluationTest", "CSVResultFormatTest")
def test_evaluation(server: Swappable, case: Case) -> None:
    assert case.result is not None
    query = case.query.read_text(encoding="utf-8")
    if re.search(r"^\s*CONSTRUCT", query, re.IGNORECASE | re.MULTILINE):
        expected_graph = graph(parse(case.result, BASE + case.result.name))
        for media_type, format_ in GRAPHS.items():
            reply = ask(server, case, media_type)
            assert (reply.status, reply.headers["Content-Type"].split(";")[0]) == (200, media_type)
            assert isomorphic(graph(ox.parse(reply.body, format=format_)), expected_graph)
        return
    expected = read(case.result)
    is_csv = case.result.suffix == ".csv"
    if is_csv:
        media_types = ["text/csv"]
    elif isinstance(expected, bool):
        media_types = ["application/sparql-results+json", "application/sparql-results+xml"]
    else:
        media_types = [media_type for media_type in FORMATS if media_type != "text/csv"]
    is_ordered = case.result.suffix in {".srx", ".srj"} and bool(ORDERED.search(query))
    for media_type in media_types:
        reply = ask(server, case, media_type)
        assert reply.status == 200, reply.body.decode()
        assert reply.headers["Content-Type"].split(";")[0] == media_type
        found = FORMATS[media_type](reply.body)
        assert sparql_results.same(found, expected, is_ordered=is_ordered), (
            f"{media_type}:\n{found}\ninstead of\n{expected}"
        )


def read(path: Path) -> sparql_results.Results:
    """Read the results that a case expects."""
    if path.suffix in READERS:
        return READERS[path.suffix](path.read_bytes())
    return sparql_results.read_graph(parse(path, BASE + path.name))
