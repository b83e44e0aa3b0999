"""Tests of asking a generation."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from communique.errors import QuerySyntaxError, RefusedQuery
from communique.store.guard import MAX_DEPTH, MAX_TOKENS
from communique.store.query import ask
from stores import EX, small

if TYPE_CHECKING:
    from communique.store.generation import Generation

GENERATION = small()
P = f"PREFIX : <{EX}> "
ONE, TWO = EX + "one", EX + "two"
KNOWN = "SELECT ?x WHERE { :alice :knows ?x }"
KNOWN_WHERE = "SELECT ?g ?x WHERE { GRAPH ?g { :alice :knows ?x } }"


def rows(text: str, *, default: tuple[str, ...] = (), named: tuple[str, ...] = ()) -> list[str]:
    """Returns the rows of an answer in order, IRIs without the part that all share."""
    answer = ask(GENERATION, P + text, default_graphs=default, named_graphs=named)
    return sorted(" ".join(row).replace(EX, "") for row in answer.cells())


def test_a_query_sees_the_default_graph() -> None:
    assert rows(KNOWN) == ["bob"]


def test_every_named_graph_is_there_by_its_name() -> None:
    assert rows(KNOWN_WHERE) == [
        *("named/SERVICE erin", "one bob", "one carol", "two bob", "two dave"),
    ]


@pytest.mark.parametrize(
    ("dataset", "default", "named"),
    [
        ("FROM :one", ["bob", "carol"], []),
        ("FROM :one FROM :one", ["bob", "carol"], []),
        ("FROM :one FROM :two", ["bob", "carol", "dave"], []),
        ("FROM NAMED :one", [], ["one bob", "one carol"]),
        ("FROM :two FROM NAMED :one", ["bob", "dave"], ["one bob", "one carol"]),
        ("FROM :one FROM :two FROM NAMED :two", ["bob", "carol", "dave"], ["two bob", "two dave"]),
        (f"FROM <{EX}named/SERVICE>", ["erin"], []),
        ("FROM :named\\/SERVICE", ["erin"], []),
        (r"FROM <http://example.org/\u006Fne>", ["bob", "carol"], []),
    ],
)
def test_from_makes_the_dataset(dataset: str, default: list[str], named: list[str]) -> None:
    """SPARQL 1.1, §13.2: the default graph is the merge, in which a triple is there once."""
    assert rows(KNOWN.replace("WHERE", f"{dataset} WHERE")) == default
    assert rows(KNOWN_WHERE.replace("WHERE", f"{dataset} WHERE")) == named


@pytest.mark.parametrize(
    ("default", "named"),
    [
        (["bob", "carol", "dave"], []),
        ([], ["one bob", "one carol", "two bob", "two dave"]),
        (["bob", "carol", "dave"], ["two bob", "two dave"]),
    ],
)
def test_graphs_given_beside_the_query_make_the_dataset(
    default: list[str], named: list[str]
) -> None:
    """SPARQL 1.1 Protocol, §2.1.4: they replace what the query says, whatever it says."""
    graphs = {
        "default": (ONE, TWO) if default else (),
        "named": tuple(dict.fromkeys(EX + row.split()[0] for row in named)),
    }
    assert rows(KNOWN, **graphs) == default
    assert rows(KNOWN_WHERE, **graphs) == named
    assert rows(KNOWN.replace("WHERE", "FROM <http://elsewhere/> WHERE"), **graphs) == default


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("ASK FROM <http://elsewhere/> {}", "FROM"),
        ("ASK FROM :one FROM <http://elsewhere/> {}", "FROM"),
        ("ASK FROM NAMED <file:///etc/passwd> {}", "FROM NAMED"),
        ("ASK FROM <relative> {}", "FROM"),
        ("ASK FROM :missing {}", "FROM"),
        ("BASE <http://elsewhere/> ASK FROM <one> {}", "FROM"),
        ("PREFIX : <http://elsewhere/> ASK FROM :one {}", "FROM"),
        ("DESCRIBE :alice FROM <http://elsewhere/>", "FROM"),
        ("CONSTRUCT FROM <http://elsewhere/> WHERE { ?s ?p ?o }", "FROM"),
    ],
)
def test_graphs_that_the_store_does_not_hold_are_refused(text: str, clause: str) -> None:
    with pytest.raises(RefusedQuery) as caught:
        ask(GENERATION, P + text)
    assert caught.value.clause == clause
    assert "does not hold" in caught.value.message


@pytest.mark.parametrize("iri", ["http://elsewhere/", "no iri", "", "relative"])
def test_graphs_given_beside_the_query_must_be_held_too(iri: str) -> None:
    for default, named in (([iri], []), ([], [ONE, iri])):
        with pytest.raises(RefusedQuery, match="does not hold"):
            ask(GENERATION, "ASK {}", default_graphs=default, named_graphs=named)


@pytest.mark.parametrize(
    "head",
    [
        "BASE <http://example.org/> ASK FROM <one>",
        "BASE <http://example.org/a/b> ASK FROM <../one>",
        "BASE <http://elsewhere/> BASE <http://example.org/> ASK FROM <one>",
        "BASE <http://example.org/> PREFIX x: <on> ASK FROM x:e",
        "PREFIX x: <http://elsewhere/> PREFIX x: <http://example.org/> ASK FROM x:one",
        "PREFIX service: <http://example.org/> ASK FROM service:one",
        "PREFIX x: <http://example.org/on> BASE <http://elsewhere/> ASK FROM x:e",
        "VERSION '1.2' BASE <http://example.org/> ASK FROM <one>",
    ],
)
def test_graphs_are_named_after_base_and_prefixes(head: str) -> None:
    text = head + " { <http://example.org/alice> ?p <http://example.org/carol> }"
    assert ask(GENERATION, text).boolean is True


def test_relative_iris_resolve_against_the_project() -> None:
    assert ask(GENERATION, "SELECT (<id/csto> AS ?x) {}").cells() == [("id:csto",)]


def test_a_function_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(RefusedQuery) as caught:
        ask(GENERATION, P + "SELECT (:f(1) AS ?x) {}")
    assert caught.value.clause == f"<{EX}f>"


def test_names_with_several_dots_are_read() -> None:
    """Oxigraph by itself rejects them."""
    assert rows("SELECT (:a.b.c AS ?x) {}") == ["a.b.c"]


@pytest.mark.parametrize("text", ["ASK { FROM }", "ASK FROM {}", "ASK FROM NAMED {}"])
def test_from_without_its_graph_is_a_syntax_error(text: str) -> None:
    with pytest.raises(QuerySyntaxError, match="unexpected"):
        ask(GENERATION, text)


def test_a_prologue_that_the_engine_rejects_is_a_syntax_error() -> None:
    for text in ("PREFIX : <http://[> ASK FROM :one {}", "BASE <http://[> ASK FROM <one> {}"):
        with pytest.raises(QuerySyntaxError, match="is no IRI"):
            ask(GENERATION, text)


LARGEST = {
    "braces": lambda n: "ASK { " + "{" * n + "}" * n + " }",
    "subqueries": lambda n: "ASK " + "{ SELECT * " * n + "{}" + "}" * n,
    "brackets": lambda n: "ASK { FILTER(" + "(" * (n - 1) + "1" + ")" * (n - 1) + ") }",
    "functions": lambda n: "ASK { FILTER(" + "STR(" * (n - 1) + "1" + ")" * (n - 1) + ") }",
    "exists": lambda n: "ASK { " + "FILTER EXISTS { " * n + "}" * n + " }",
    "graphs": lambda n: "ASK { " + "GRAPH ?g { " * n + "}" * n + " }",
    "triples": lambda n: "ASK { ?s ?p " + "<<( ?s ?p " * n + "1 " + ")>> " * n + " }",
    "inverse": lambda n: "ASK { ?s " + "^(" * n + "<a:a>" + ")" * n + " ?o }",
}
LONGEST = {
    "or": lambda n: "ASK { FILTER(1" + "||?x" * (n // 2) + ") }",
    "and": lambda n: "ASK { FILTER(1" + "&&?x" * (n // 2) + ") }",
    "not": lambda n: "ASK { FILTER(" + "!" * n + "1) }",
    "sum": lambda n: "ASK { FILTER(1" + "+?x" * (n // 2) + ") }",
    "union": lambda n: "ASK { {}" + "UNION{}" * (n // 3) + " }",
    "minus": lambda n: "ASK { " + "MINUS{}" * (n // 3) + " }",
    "filter": lambda n: "ASK { " + "FILTER(1)" * (n // 4) + " }",
    "bind": lambda n: "ASK { " + "".join(f"BIND(1 AS ?v{i})" for i in range(n // 6)) + " }",
    "columns": lambda n: "SELECT " + "".join(f"(1 AS ?v{i})" for i in range(n // 5)) + " {}",
    "alternatives": lambda n: "ASK { ?s <a:a>" + "|<a:a>" * (n // 2) + " ?o }",
    "order": lambda n: "SELECT * {} ORDER BY" + " ?x" * n,
    "template": lambda n: "CONSTRUCT { " + "?s ?p ?o ." * (n // 4) + " } {}",
}
HIDDEN = "ASK { FILTER(1<" + "(" * 20_000 + "1" + ")" * 20_000 + "&&1>2) }"
"""Brackets inside what the standard reads as an IRI, and the engine as a comparison."""
CRASH = """
import sys, threading
sys.path[:0] = sys.argv[1:]
from stores import small
from test_query import HIDDEN, LARGEST, LONGEST, MAX_DEPTH, MAX_TOKENS, QuerySyntaxError
from communique.store.query import ask
def run():
    for make in LARGEST.values():
        list(ask(small(), make(MAX_DEPTH - 2)).rows)
    for make in LONGEST.values():
        list(ask(small(), make(MAX_TOKENS - 10)).rows)
    try:
        ask(small(), HIDDEN)
    except QuerySyntaxError:
        print("answered all")
threading.stack_size(8 * 1024 * 1024)
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""


def test_the_largest_queries_that_are_let_pass_do_not_end_the_process() -> None:
    """The engine recurses: without limits, a query of a few kilobytes overflows its stack."""
    command = [sys.executable, "-c", CRASH, *sys.path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == "answered all\n", done.stderr[-2000:]


def test_without_limits_the_engine_would_end_the_process() -> None:
    """If this fails, the engine has learnt to look after its stack, and the limits may go."""
    code = "import pyoxigraph as ox; ox.Store().query('ASK ' + '{' * 100000 + '}' * 100000)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode < 0


def test_the_bundled_dataset_is_asked_alike(bundled: Generation) -> None:
    assert MAX_DEPTH < MAX_TOKENS
    text = "PREFIX cmq: <https://w3id.org/communique/ontology#> ASK { ?claim a cmq:Claim }"
    assert ask(bundled, text).boolean is True
