"""Tests of the grammar of SPARQL, by which faults in queries are found."""

import os
from pathlib import Path

import pyoxigraph as ox
import pytest

from communique.errors import QuerySyntaxError
from communique.store.grammar import Departure, departure
from communique.store.terminals import Token, read
from conftest import missing

SUITES = Path(
    os.environ.get("COMMUNIQUE_SUITES", Path(__file__).parent.parent.parent / "shared" / "suites")
)
SUITE = SUITES / "sparql11"
RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")

BEYOND_GRAMMAR = {
    "aggregates/agg08.rq": "an expression with a variable that is not grouped",
    "aggregates/agg09.rq": "a variable that is not grouped",
    "aggregates/agg10.rq": "a variable that is not grouped",
    "aggregates/agg11.rq": "an expression with a variable that is not grouped",
    "aggregates/agg12.rq": "a variable that is not grouped",
    "grouping/group06.rq": "a variable that is not grouped",
    "grouping/group07.rq": "a variable that is not grouped",
    "syntax-query/syn-bad-01.rq": "SELECT * with GROUP BY",
    "syntax-query/syn-bad-02.rq": "a variable that is not grouped",
    "syntax-query/syn-bad-03.rq": "a variable named twice",
    "syntax-query/syn-bad-values-too-few.rq": "a row with too few values",
    "syntax-query/syn-bad-values-too-many.rq": "a row with too many values",
    "syntax-query/syntax-BINDscope6.rq": "BIND to a variable in scope",
    "syntax-query/syntax-BINDscope7.rq": "BIND to a variable in scope",
    "syntax-query/syntax-BINDscope8.rq": "BIND to a variable in scope",
    "syntax-query/syntax-SELECTscope2.rq": "AS with a variable in scope",
}
"""W3C's negative tests that turn on a rule beside the grammar (the notes of §19.8)."""


def tokens(text: str) -> list[Token]:
    """Returns the tokens of a query, comments left out."""
    return [token for token in read(text).tokens if token.kind != "COMMENT"]


def departure_of(text: str) -> tuple[str, tuple[str, ...]]:
    """Returns the token where a query departs from the grammar, and what was expected."""
    found = departure(tokens(text))
    assert found is not None
    all_tokens = tokens(text)
    at_end = found.index == len(all_tokens)
    return "" if at_end else all_tokens[found.index].text, found.expected


@pytest.mark.parametrize(
    ("text", "token", "expected"),
    [
        ("", "", "SELECT"),
        ("SELEKT * {}", "SELEKT", "SELECT"),
        ("SELECT WHERE {}", "WHERE", "a variable"),
        ("SELECT * { ?s ?p }", "}", "an IRI"),
        ("SELECT * { ?s ?p ?o", "", "}"),
        ("SELECT * { ?s ?p ?o } ORDER ?s", "?s", "BY"),
        ("SELECT * { ?s ?p ?o } LIMIT x", "x", "a number"),
        ("SELECT * { ?s ?p ?o . . }", ".", "a variable"),
        ("SELECT * { FILTER ?x }", "?x", "("),
        ("SELECT (1 ?x) {}", "?x", "AS"),
        ("SELECT * {} }", "}", "the end of the query"),
        ("ASK { VALUES ?x { ?y } }", "?y", "UNDEF"),
        ("CONSTRUCT { ?s ?p ?o . FILTER(?x) } {}", "FILTER", "}"),
        ("DESCRIBE", "", "*"),
        ("SELECT * { ?s A ?o }", "A", "a"),
        ("SELECT * { FILTER(1 <2>3) }", "<2>", "<"),
    ],
)
def test_the_first_token_that_fits_no_query_is_found(text: str, token: str, expected: str) -> None:
    found, offered = departure_of(text)
    assert found == token
    assert expected in offered


def test_what_is_expected_is_exactly_what_may_stand_there() -> None:
    assert departure_of("SELECT ?x {} LIMIT")[1] == ("a number",)
    assert departure_of("SELECT ?x {} GROUP ?x")[1] == ("BY",)
    assert departure_of("ASK { ?s ?p oops }")[1] == (
        *("a blank node", "a number", "a string", "a variable", "an IRI"),
        *("(", "()", "[", "false", "true"),
    )


def test_nesting_takes_no_recursion() -> None:
    depth = 10_000
    assert departure(tokens("ASK " + "{" * depth + "}" * depth)) is None
    unclosed = departure(tokens("ASK " + "{" * depth))
    assert unclosed is not None
    assert unclosed.index == depth + 1


def suite() -> list[tuple[str, bool]]:
    """Returns each query of W3C's suite, by its path there, and whether it is a valid one."""
    mf = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
    action = ox.NamedNode(mf + "action")
    query = ox.NamedNode("http://www.w3.org/2001/sw/DataAccess/tests/test-query#query")
    valid = {"PositiveSyntaxTest11", "QueryEvaluationTest", "CSVResultFormatTest"}
    found = {}
    for manifest in sorted(SUITE.glob("*/manifest.ttl")):
        base = f"file:///{manifest.parent.name}/"
        store = ox.Store()
        store.load(path=manifest, format=ox.RdfFormat.TURTLE, base_iri=base)
        for entry in store.quads_for_pattern(None, action, None):
            kind = next(iter(store.quads_for_pattern(entry.subject, RDF_TYPE, None))).object
            assert isinstance(kind, ox.NamedNode)
            inner = entry
            if isinstance(entry.object, ox.BlankNode):
                inner = next(iter(store.quads_for_pattern(entry.object, query, None)), entry)
            if isinstance(inner.object, ox.NamedNode) and inner.object.value.endswith(".rq"):
                is_valid = kind.value.removeprefix(mf) in valid
                found[inner.object.value.removeprefix("file:///")] = is_valid
    return sorted(found.items())


def test_the_suite_is_there_and_whole() -> None:
    if not SUITE.is_dir():
        missing(f"W3C's suites are not in {SUITE}: set COMMUNIQUE_SUITES to check the grammar")
    queries = suite()
    assert sum(is_valid for _, is_valid in queries) == 363
    assert sum(not is_valid for _, is_valid in queries) == 40
    assert {name for name, is_valid in queries if not is_valid} >= BEYOND_GRAMMAR.keys()


@pytest.mark.parametrize(("name", "is_valid"), suite())
def test_w3c(name: str, *, is_valid: bool) -> None:
    found: Departure | QuerySyntaxError | None
    try:
        found = departure(tokens((SUITE / name).read_bytes().decode()))
    except QuerySyntaxError as error:
        found = error
    assert (found is None) == (is_valid or name in BEYOND_GRAMMAR), found
