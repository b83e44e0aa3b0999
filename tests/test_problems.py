"""Tests of how faults are told over HTTP."""

from __future__ import annotations

import inspect
import json
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from communique import errors
from communique.errors import (
    CallError,
    CommuniqueError,
    DataError,
    QuerySyntaxError,
    RefusedQuery,
    TurtleSyntaxError,
)
from communique.web import create_app, problems
from stores import small

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def app() -> Flask:
    """The application, with a route for each fault that a test wants to see told."""
    return create_app(small())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the application."""
    return app.test_client()


def test_every_fault_has_its_status() -> None:
    """Also those that no request can bring about today, and those to come."""
    for _, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, (DataError, CallError)):
            assert any(ancestor in problems.KINDS for ancestor in kind.__mro__), kind
    fault = TurtleSyntaxError("a.ttl", 1, 2, "reason")
    assert problems.kind_of(fault).status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert problems.kind_of(QuerySyntaxError("reason")).status == HTTPStatus.BAD_REQUEST


def test_names_and_titles_are_unique() -> None:
    kinds = problems.KINDS.values()
    assert len({kind.name for kind in kinds}) == len({kind.title for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("fault", "members"),
    [
        (
            QuerySyntaxError("reason", 2, 3, advice="advice"),
            {
                "type": "https://w3id.org/communique/problem/query-syntax",
                "title": "Not a valid SPARQL query",
                "status": 400,
                "detail": "reason",
                "advice": "advice",
                "line": 2,
                "column": 3,
            },
        ),
        (
            RefusedQuery("message", clause="SERVICE"),
            {
                "type": "https://w3id.org/communique/problem/refused",
                "title": "Refused",
                "status": 403,
                "detail": "message",
                "clause": "SERVICE",
            },
        ),
    ],
)
def test_members_of_a_problem(
    app: Flask, fault: CommuniqueError, members: dict[str, object]
) -> None:
    """RFC 9457, §3.1 and §3.2."""

    @app.get("/fault")
    def view() -> str:
        raise fault

    response = app.test_client().get("/fault")
    assert response.status_code == members["status"]
    assert response.content_type == "application/problem+json"
    assert json.loads(response.data) == members
    assert response.headers["Vary"] == "Accept"
    assert response.headers["Cache-Control"] == "no-store"


def test_what_http_itself_refuses_is_a_problem_too(client: FlaskClient) -> None:
    response = client.get("/nothing/here")
    assert response.content_type == "application/problem+json"
    told = json.loads(response.data)
    assert (told["type"], told["title"], told["status"]) == ("about:blank", "Not Found", 404)


def test_a_fault_of_ours_is_500_and_tells_nothing(app: Flask) -> None:
    @app.get("/fault")
    def view() -> str:
        raise ZeroDivisionError("secret")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    response = app.test_client().get("/fault")
    assert response.status_code == 500
    assert response.content_type == "application/problem+json"
    assert b"secret" not in response.data


def test_a_browser_gets_a_page(client: FlaskClient) -> None:
    query = 'SELECT * WHERE {\n  ?s ?p oops . # "<script>"\n}'
    response = client.get("/sparql", query_string={"query": query}, headers=HTML)
    assert response.status_code == 400
    assert response.content_type == "text/html; charset=utf-8"
    assert "Line 2, column 9: unexpected oops" in response.text
    assert "A variable begins with ?" in response.text
    assert '<span class="line fault">  2    ?s ?p oops' in response.text
    assert "<script>" not in response.text
    assert "&lt;script&gt;" in response.text


def test_the_page_keeps_the_query_to_be_corrected(client: FlaskClient) -> None:
    query = "SELECT oops"
    for response in (
        client.get("/sparql", query_string={"query": query}, headers=HTML),
        client.post("/sparql", data={"query": query}, headers=HTML),
    ):
        assert f"\n{query}</textarea>" in response.text


def test_the_page_points_to_the_column(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": "ASK { ?s ?p oops }"}, headers=HTML)
    line, pointer = response.text.split('<span class="line fault">')[1].split("\n")[:2]
    assert pointer.index("▲") == line.index("oops")


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/problem+json"])
def test_a_program_gets_json(client: FlaskClient, accept: str | None) -> None:
    response = client.get("/sparql?query=oops", headers={"Accept": accept} if accept else {})
    assert response.content_type == "application/problem+json"


def test_who_accepts_neither_gets_json(client: FlaskClient) -> None:
    """RFC 9457, §3: problem details may be sent whatever the client accepts."""
    response = client.get("/sparql?query=oops", headers={"Accept": "text/csv"})
    assert (response.status_code, response.content_type) == (400, "application/problem+json")


def test_pages_for_other_problems(client: FlaskClient) -> None:
    for path, status, title in (
        ("/nothing/here", 404, "Not Found"),
        ("/sparql?query=ASK+%7BSERVICE+%3Ca:b%3E+%7B%7D%7D", 403, "Refused"),
        ("/sparql?query=ASK+%7B%7D&format=pdf", 406, "No acceptable format"),
    ):
        response = client.get(path, headers=HTML)
        assert response.status_code == status
        assert f"<h1>{title}</h1>" in response.text
