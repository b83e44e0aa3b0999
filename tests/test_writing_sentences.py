"""Sentences on writing that no other test has to itself; see the registers in ``protocol/``."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from communique.namespaces import INFERRED_GRAPH
from writable import AGENTS, EDITORIAL, SPARQL_UPDATE, TURTLE, Writable, X, accepted, problem

if TYPE_CHECKING:
    from pathlib import Path

EX = "https://example.org/"
BODY = f"<{EX}a> <{EX}b> <{EX}c> ."
THERE = f"<{EX}a> <{EX}b> <{EX}c>"
UNSUPPORTED = "unsupported-content"
INSERT = f"INSERT DATA {{ GRAPH <{X}> {{ {BODY} }} }}"


@pytest.fixture
def dataset(tmp_path: Path, generations: Path) -> Writable:
    """A dataset to be changed by the test."""
    return Writable(tmp_path, generations)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, generations: Path) -> Writable:
    """A dataset that no test changes."""
    return Writable(tmp_path_factory.mktemp("writable"), generations)


# SPARQL 1.1 Protocol, §2.2


def test_2_2_a_request_has_exactly_one_update(shared: Writable) -> None:
    for text in (f"{INSERT}\n{INSERT}", f"{INSERT} ASK {{}}"):
        problem(shared.update(text), 400, "query-syntax")
    problem(shared.update(INSERT, query="ASK {}"), 400, "request")
    problem(shared.update(INSERT, update=INSERT), 400, "request")
    assert not shared.ask("?s ?p ?o", X)


@pytest.mark.parametrize("type_", ["text/plain", "application/json", "application/sparql", None])
def test_2_2_an_update_comes_in_no_other_way(shared: Writable, type_: str | None) -> None:
    problem(shared.send("POST", "/sparql", INSERT, type_), 415, "unsupported-content")
    assert not shared.ask("?s ?p ?o", X)


def test_2_2_1_however_a_form_is_encoded_it_is_refused(shared: Writable) -> None:
    """The sentences on forms are for servers that take updates in them; a stranger can send one."""
    form = "application/x-www-form-urlencoded"
    for body in (f"update={quote(INSERT)}", f"a=b&update={quote(INSERT)}", "update="):
        assert shared.send("POST", "/sparql", body, form).status_code in {400, 403}
    assert not shared.ask("?s ?p ?o", X)


def test_2_2_2_the_body_is_the_update_and_nothing_else(shared: Writable) -> None:
    for body in (quote(INSERT), f"update={INSERT}", f"update={quote(INSERT)}"):
        problem(shared.update(body), 400, "query-syntax")


def test_2_2_2_the_content_type_is_that_of_updates(dataset: Writable) -> None:
    query = "application/sparql-query"
    assert dataset.send("POST", "/sparql", INSERT, query).status_code in {400, 403}
    assert not dataset.ask("?s ?p ?o", X)
    accepted(dataset.send("POST", "/sparql", INSERT, SPARQL_UPDATE))
    assert dataset.ask(THERE, X)


def test_2_2_5_what_cannot_be_executed_is_told_by_a_status_of_http(shared: Writable) -> None:
    problem(shared.update(f"CREATE GRAPH <{AGENTS}>"), 409, "conflict")
    problem(shared.update(f"CLEAR GRAPH <{X}>"), 409, "conflict")


# Graph Store HTTP Protocol, §5


def multipart(dataset: Writable, content: str, name: str, type_: str) -> Any:  # noqa: ANN401 - a response
    """Sends a form with a file: its content, its name, and its content type."""
    parts: Any = {"file": (io.BytesIO(content.encode()), name, type_)}
    return dataset.send("POST", body=parts, type_="multipart/form-data", graph=X)


def test_5_a_file_of_a_form_is_parsed_by_its_content_type(dataset: Writable) -> None:
    as_json = json.dumps({"@id": EX + "a", EX + "b": {"@id": EX + "c"}})
    accepted(multipart(dataset, as_json, "x.ttl", "application/ld+json"), 201)
    assert dataset.ask(THERE, X)
    problem(multipart(dataset, BODY, "x.ttl", "application/octet-stream"), 415, UNSUPPORTED)


def test_5_files_within_files_are_not_taken(shared: Writable) -> None:
    """What came after (RFC 7578, §4.3) has each file in a part of its own."""
    mixed = f'--x\r\nContent-Disposition: file; filename="a.ttl"\r\n\r\n{BODY}\r\n--x--\r\n'
    problem(multipart(shared, mixed, "", "multipart/mixed; boundary=x"), 415, UNSUPPORTED)


def test_5_the_name_of_a_file_says_its_type_where_nothing_else_does(dataset: Writable) -> None:
    problem(multipart(dataset, BODY, "x.unknown", ""), 415, UNSUPPORTED)
    accepted(multipart(dataset, BODY, "x.ttl", ""), 201)
    assert dataset.ask(THERE, X)


# §5.3 HTTP PUT


def test_5_3_what_is_there_is_replaced_by_its_modified_version(dataset: Writable) -> None:
    accepted(dataset.send("PUT", body=BODY, graph=X), 201)
    accepted(dataset.send("PUT", body=f"{BODY} <{EX}a> <{EX}b> <{EX}d> .", graph=X))
    assert dataset.ask(f"{THERE}, <{EX}d>", X)
    accepted(dataset.send("PUT", body=BODY, graph=X))
    assert not dataset.ask(f"<{EX}a> <{EX}b> <{EX}d>", X)


def test_5_3_a_graph_is_created_under_the_iri_of_the_request(dataset: Writable) -> None:
    response = dataset.send("PUT", body=BODY, graph=X)
    assert response.headers["Location"] == X
    assert dataset.client.get("/data", query_string={"graph": X}).status_code == 200


def test_5_3_a_new_graph_is_201_and_a_modified_one_is_not(dataset: Writable) -> None:
    statuses = [
        dataset.send("PUT", body=body, graph=X).status_code for body in (BODY, BODY, "", BODY)
    ]
    assert statuses == [201, 200, 200, 200]


def test_5_3_a_modified_graph_is_200_or_204(dataset: Writable) -> None:
    accepted(dataset.send("PUT", body=BODY, graph=X), 201)
    minimal = {"Prefer": "return=minimal"}
    assert dataset.send("PUT", body="", graph=X, headers=minimal).status_code == 204
    assert dataset.send("PUT", body=BODY, graph=X).status_code == 200


# §5.4 HTTP DELETE


def test_5_4_a_graph_that_does_not_exist_is_404(shared: Writable) -> None:
    problem(shared.send("DELETE", graph=X), 404, "unknown-graph")


def test_5_4_a_deleted_graph_is_200_or_204(dataset: Writable) -> None:
    accepted(dataset.send("PUT", body=BODY, graph=X), 201)
    minimal = {"Prefer": "return=minimal"}
    assert dataset.send("DELETE", graph=X, headers=minimal).status_code == 204
    accepted(dataset.send("DELETE", graph=EDITORIAL))


def test_5_4_success_is_not_told_of_what_is_not_deleted(shared: Writable) -> None:
    before = shared.files
    stale = {"If-Match": '"of-another-version"'}
    problem(shared.send("DELETE", graph=AGENTS, headers=stale), 412, "lost-update")
    told = accepted(shared.send("DELETE", graph=AGENTS, dry_run=""))
    assert told["status"] != "accepted"
    assert shared.files == before
    assert shared.client.get("/data", query_string={"graph": AGENTS}).status_code == 200


def test_5_4_a_graph_that_nobody_may_delete_is_403(shared: Writable) -> None:
    response = shared.send("DELETE", graph=INFERRED_GRAPH)
    assert response.status_code == 403, response.text
    for path in ("/graph/x", "/data"):
        unauthorized = shared.client.delete(path, query_string={"graph": X})
        assert unauthorized.status_code == 401


# §5.5 HTTP POST


def test_5_5_the_new_graph_is_named_in_location_with_201(dataset: Writable) -> None:
    response = dataset.send("POST", body=BODY, type_=TURTLE)
    accepted(response, 201)
    name = response.headers["Location"]
    assert not name.endswith("/data")
    assert dataset.ask(THERE, name)
