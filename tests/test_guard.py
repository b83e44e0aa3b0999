"""Tests of what a query may ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.errors import CommuniqueError, QuerySyntaxError, RefusedQuery
from communique.store import guard
from communique.store.guard import MAX_DEPTH, MAX_TOKENS, inspect

EX = "PREFIX ex: <http://example.org/> "


def clause(text: str) -> str:
    """Returns the clause for which a query is refused."""
    with pytest.raises(RefusedQuery) as caught:
        inspect(text)
    assert caught.value.advice
    return caught.value.clause


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://a/> { ?s ?p ?o } }",
        "SELECT * { SERVICE SILENT <http://a/> { ?s ?p ?o } }",
        "SELECT * { service ?g { ?s ?p ?o } }",
        "SELECT * { SeRvIcE <http://a/> {} }",
        "SELECT * { { OPTIONAL { { SERVICE <http://a/> {} } } } }",
        "SELECT * { { SELECT ?s { SERVICE <http://a/> {} } } }",
        "SELECT * { FILTER EXISTS { SERVICE <http://a/> {} } }",
        "SELECT * { ?s ?p ?o FILTER(NOT EXISTS{SERVICE<http://a/>{}}) }",
        "ASK { ?s ?p 1.SERVICE <http://a/> {} }",
        "ASK { ?s ?p 'x'SERVICE <http://a/> {} }",
        "ASK { ?s ?p ?o #\nSERVICE <http://a/> {} }",
        "ASK { ?s ?p ?o #\rSERVICE <http://a/> {} }",
        r"ASK { \u0053ERVICE <http://a/> {} }",
        r"ASK { SERVIC\U00000045 <http://a/> {} }",
        "ASK { # \\u000ASERVICE <http://a/> {} }",
        "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <http://a/> { ?s ?p ?o } }",
        "DESCRIBE ?s { SERVICE <http://a/> { ?s ?p ?o } }",
        EX + "ASK { SERVICE ex:a {} }",
    ],
)
def test_service_is_refused(text: str) -> None:
    assert clause(text) == "SERVICE"


@pytest.mark.parametrize(
    "text",
    [
        "ASK { ?s ?p 'SERVICE <http://a/> {}' }",
        'ASK { ?s ?p "}SERVICE <http://a/> {" }',
        "ASK { ?s ?p '''\nSERVICE <http://a/> {}\n''' }",
        'ASK { ?s ?p """\n"SERVICE" <http://a/> {}\n""" }',
        r'ASK { ?s ?p "\"SERVICE <http://a/> {}" }',
        "ASK { ?s ?p 'x'@service }",
        "ASK { ?s ?p <http://a/SERVICE> }",
        "ASK { ?s ?p <service> }",
        "ASK { ?service ?SERVICE $Service }",
        "ASK { ?s ?p _:service }",
        "ASK { ?s ?p ?o } # SERVICE <http://a/> {}",
        "# SERVICE\nASK { ?s ?p ?o }",
        EX + "ASK { ?s ex:service ex:a.SERVICE }",
        "PREFIX service: <http://a/> ASK { service:a service:SERVICE service: }",
        "PREFIX SERVICE: <http://a/> ASK { SERVICE:a ?p ?o }",
        "BASE <http://a/service/> ASK {}",
    ],
)
def test_the_word_service_is_allowed_where_it_is_no_keyword(text: str) -> None:
    inspect(text)


@pytest.mark.parametrize("word", ["SERVICESILENT", "trueSERVICE", "Services", "xSERVICE"])
def test_words_that_the_engine_would_split_are_no_keywords(word: str) -> None:
    """Oxigraph needs no space behind a keyword; the standard does."""
    with pytest.raises(QuerySyntaxError, match="is no keyword"):
        inspect(f"ASK {{ {word} <http://a/> {{}} }}")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("INSERT DATA { <a:a> <a:b> 1 }", "INSERT"),
        ("insert { ?s ?p ?o } WHERE { ?s ?p ?o }", "INSERT"),
        ("DELETE DATA { <a:a> <a:b> 1 }", "DELETE"),
        ("DELETE WHERE { ?s ?p ?o }", "DELETE"),
        ("WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", "WITH"),
        ("LOAD <http://a/>", "LOAD"),
        ("LOAD SILENT <http://a/> INTO GRAPH <a:g>", "LOAD"),
        ("CLEAR ALL", "CLEAR"),
        ("CREATE GRAPH <a:g>", "CREATE"),
        ("DROP DEFAULT", "DROP"),
        ("COPY <a:g> TO <a:h>", "COPY"),
        ("MOVE <a:g> TO <a:h>", "MOVE"),
        ("ADD <a:g> TO <a:h>", "ADD"),
        ("# a comment\nBASE <http://a/> PREFIX a: <b> INSERT DATA {}", "INSERT"),
        (r"\u0049NSERT DATA {}", "INSERT"),
    ],
)
def test_every_kind_of_update_is_refused(text: str, word: str) -> None:
    assert clause(text) == word


@pytest.mark.parametrize(
    "text", ["ASK { ?insert ?load 'DROP ALL' }", EX + "ASK { ex:LOAD ex:clear ?x }"]
)
def test_the_words_of_updates_are_allowed_where_they_are_no_keywords(text: str) -> None:
    inspect(text)


def nested(depth: int, opening: str, closing: str) -> str:
    """Returns a query with brackets in brackets."""
    return "ASK { " + opening * (depth - 1) + closing * (depth - 1) + " }"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("{ ", "}"), ("( ", "1 )"), ("[ ?p ", "1 ]"), ("<<( ", ")>>"), ("OPTIONAL { ", "}")],
)
def test_nesting_has_a_limit(opening: str, closing: str) -> None:
    inspect(nested(MAX_DEPTH, opening, closing))
    assert clause(nested(MAX_DEPTH + 1, opening, closing)) == "nesting"


def test_brackets_in_strings_and_iris_do_not_nest() -> None:
    inspect("ASK { ?s '" + "(" * 100 + "' <http://a/" + "(" * 100 + "> }")


def test_length_has_a_limit() -> None:
    head = ["ASK", "{"]
    inspect(" ".join([*head, *["?x"] * (MAX_TOKENS - 3), "}"]))
    assert clause(" ".join([*head, *["?x"] * (MAX_TOKENS - 2), "}"])) == "length"


@pytest.mark.parametrize(
    "values",
    [
        "VALUES ?x { " + "<a:b> " * MAX_TOKENS + "}",
        "VALUES (?x ?y) { " + "(1 2) " * MAX_TOKENS + "}",
    ],
)
def test_rows_of_values_do_not_count(values: str) -> None:
    inspect("ASK { " + values + " ?s ?p ?o }")
    inspect("ASK { " + values + " " + values + "}")
    assert clause("ASK { " + values + " ?s" * MAX_TOKENS + "}") == "length"


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("ASK {}", []),
        ("ASK FROM <a:b> {}", [("<a:b>", False)]),
        ("ASK FROM NAMED <a:b> {}", [("<a:b>", True)]),
        ("SELECT * FROM <a:b> from named <a:c> WHERE {}", [("<a:b>", False), ("<a:c>", True)]),
        ("SELECT(1 AS ?x)FROM<a:b>{}", [("<a:b>", False)]),
        ("CONSTRUCT { ?s ?p ?o } FROM <a:b> {}", [("<a:b>", False)]),
        ("DESCRIBE ?x FROM <a:b>", [("<a:b>", False)]),
        (EX + "ASK FROM ex:g FROM NAMED ex: {}", [("ex:g", False), ("ex:", True)]),
        (r"ASK FR\u004FM <a:b> {}", [("<a:b>", False)]),
        ("ASK { ?s ?p 'FROM <a:b>' # FROM <a:b>\n}", []),
        ("ASK { ?from ?p <FROM> }", []),
    ],
)
def test_the_graphs_a_query_names_are_found(text: str, sources: list[tuple[str, bool]]) -> None:
    assert [(source.token.text, source.is_named) for source in inspect(text).sources] == sources


@pytest.mark.parametrize(
    ("prefix", "iri"),
    [
        ("cmq", "https://w3id.org/communique/ontology#"),
        ("edm-2-213", "https://w3id.org/communique/id/edm-2-213/"),
        ("other", "…"),
    ],
)
def test_a_prefix_must_be_declared(prefix: str, iri: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        inspect(f"ASK {{\n  ?s a {prefix}:Thing }}")
    assert caught.value.reason == f"the prefix {prefix}: is not declared"
    assert (caught.value.line, caught.value.column) == (2, 8)
    assert caught.value.advice == f"put PREFIX {prefix}: <{iri}> at the head of the query"


def test_a_declaration_counts_only_at_the_head() -> None:
    with pytest.raises(QuerySyntaxError, match="the prefix a: is not declared"):
        inspect("ASK { a:b ?p ?o } PREFIX a: <http://a/>")


@given(st.text(alphabet="SELCTAK*{}()?x'\"<>#\\u0 \n:.;service", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    faults: list[CommuniqueError] = []
    try:
        inspect(text)
    except CommuniqueError as error:
        faults.append(error)
    assert all(fault.message and fault.advice for fault in faults)


def test_the_limits_are_documented_by_the_errors() -> None:
    with pytest.raises(RefusedQuery, match=str(guard.MAX_DEPTH)):
        inspect(nested(MAX_DEPTH + 1, "{", "}"))
