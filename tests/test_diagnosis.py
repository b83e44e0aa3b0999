"""Tests of the messages for queries that the engine rejects."""

import pytest

from communique.errors import QuerySyntaxError
from communique.store.query import ask
from stores import small

GENERATION = small()


def fault(text: str) -> QuerySyntaxError:
    """Returns the error for a query."""
    with pytest.raises(QuerySyntaxError) as caught:
        ask(GENERATION, text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "reason", "line", "column"),
    [
        ("SELECT * WHERE {\n  ?s ?p oops .\n}", "unexpected oops; expected a blank node", 2, 9),
        ("SELEKT *", "unexpected SELEKT; expected ASK, BASE, CONSTRUCT", 1, 1),
        ("SELECT *\n{ ?s ?p ?o\n", "the query ends too early; expected", 3, 1),
        ("", "the query ends too early; expected ASK, BASE", 1, 1),
        ("# only a comment", "the query ends too early; expected ASK, BASE", 1, 17),
        ("SELECT * {}\n LIMIT -1", "unexpected -1; expected a number", 2, 8),
        ("ASK { ?s ?p '" + "x" * 60 + "' 1 }", "unexpected 1; expected", 1, 76),
        ("ASK { '" + "x" * 60 + "' }", "unexpected }; expected", 1, 70),
        ("ASK { ?s '" + "x" * 60 + "' }", f"unexpected '{'x' * 39}…; expected", 1, 10),
        ("ASK { ?s ?p <http://[> }", "<http://[> is no IRI", 1, 13),
        ("SELECT ?s\n{ ?s ?p ?o } GROUP BY ?o", "SELECT names a variable that is neither", 1, 1),
        ("SELECT (?s+1 AS ?x) {?s ?p ?o} GROUP BY ?o", "an expression in SELECT uses", 1, 1),
        ("SELECT * { ?s ?p ?o } GROUP BY ?s", "SELECT * cannot stand with GROUP BY", 1, 1),
        ("SELECT (1 AS ?x) (2 AS ?x) {}", "SELECT names a variable twice", 1, 1),
        ("ASK {\n BIND(1 AS ?x)\n BIND(2 AS ?x) }", "BIND assigns a variable that has a", 3, 2),
        ("ASK {\n VALUES (?x ?y) { (1) } }", "BIND assigns a variable that has a value", 2, 2),
        ("ASK { ?s ?p 'x'@abcdefghijkl }", "language tag parsing failed", 1, 16),
    ],
)
def test_reason_and_place(text: str, reason: str, line: int, column: int) -> None:
    error = fault(text)
    assert error.reason.startswith(reason)
    assert (error.line, error.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("ASK { ?s ?p oops }", "a variable begins with ?, a name has a prefix and a colon"),
        ("ASK { FILTER(1<?b&&?c>2) }", "if < is to compare, put a space behind it"),
        ("ASK {\n OPTIONAL { ?s ?p ?o", "close the { of line 2, column 11"),
        ("SELECT (COUNT(?x) AS ?n {} ", "correct the query"),
        ("ASK { } LIMIT", "complete the query"),
        ("ASK { ?s ?p 'a\\d' }", r"write a backslash in a string as \\"),
    ],
)
def test_advice(text: str, advice: str) -> None:
    assert fault(text).advice.startswith(advice)


def test_places_are_those_of_the_text_that_was_sent() -> None:
    """Comments, escapes and the line endings of an HTML form included."""
    error = fault("# a comment\r\n\\u0041SK {\r\n  # another\r\n  ?s ?p oops }")
    assert (error.line, error.column) == (4, 9)


def test_what_would_be_refused_is_not_offered() -> None:
    assert "SERVICE" not in fault("ASK { ?s ?p ?o FROM }").reason


def test_long_lists_of_expectations_are_cut_to_what_is_said_in_words() -> None:
    assert fault("SELECT * {} ORDER BY").reason == (
        "the query ends too early; expected a function, a variable, an IRI, an aggregate, …"
    )
    assert fault("ASK { ?s ?p ?o } }").reason.count(", ") < 10
