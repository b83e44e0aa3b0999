"""Tests of the query operation, by the sections of the SPARQL 1.1 Protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest

from communique.store.results import FORMATS
from communique.web import create_app
from communique.web.application import MAX_BODY
from stores import EX, small
from writable import problem

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from communique.store.results import Format

SELECT = f"SELECT ?x WHERE {{ <{EX}alice> <{EX}knows> ?x }}"
CONSTRUCT = f"CONSTRUCT {{ ?x <{EX}p> 1 }} WHERE {{ <{EX}alice> <{EX}knows> ?x }}"
NAMED = f"SELECT ?x WHERE {{ GRAPH ?g {{ <{EX}alice> <{EX}knows> ?x }} }}"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A client of the application that serves the small generation."""
    return create_app(small()).test_client()


def asked(
    client: FlaskClient,
    method: str,
    parameters: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> TestResponse:
    """Returns the response to parameters in the URL or, by POST, in a form."""
    if method == "get":
        return client.get("/sparql", query_string=parameters, headers=headers)
    return client.post("/sparql", data=parameters, headers=headers)


def values(response: TestResponse) -> list[str]:
    """Returns the values of the first column of an answer in JSON."""
    assert response.status_code == 200, response.text
    bindings = json.loads(response.data)["results"]["bindings"]
    return sorted(next(iter(row.values()))["value"].removeprefix(EX) for row in bindings)


# §2.1 query operation


def test_2_1_1_query_via_get(client: FlaskClient) -> None:
    assert values(client.get("/sparql", query_string={"query": SELECT})) == ["bob"]


def test_2_1_1_parameters_are_percent_encoded_utf8(client: FlaskClient) -> None:
    query = "SELECT ('привет +&=' AS ?x) {}"
    assert values(client.get("/sparql?" + urlencode({"query": query}))) == ["привет +&="]


def test_2_1_2_query_via_post_with_parameters(client: FlaskClient) -> None:
    assert values(client.post("/sparql", data={"query": SELECT})) == ["bob"]


def test_2_1_2_the_form_may_name_its_charset(client: FlaskClient) -> None:
    body = urlencode({"query": "SELECT ('é' AS ?x) {}"})
    for charset in ("utf-8", "UTF-8"):
        content_type = f"{FORM}; charset={charset}"
        assert values(client.post("/sparql", data=body, content_type=content_type)) == ["é"]


def test_2_1_3_query_via_post_directly(client: FlaskClient) -> None:
    assert values(client.post("/sparql", data=SELECT, content_type=QUERY)) == ["bob"]


def test_2_1_3_the_body_is_utf8(client: FlaskClient) -> None:
    body = "SELECT ('é' AS ?x) {}".encode()
    for content_type in (QUERY, QUERY + "; charset=utf-8", QUERY + ';charset="UTF-8"'):
        assert values(client.post("/sparql", data=body, content_type=content_type)) == ["é"]


def test_2_1_3_the_dataset_is_in_the_url(client: FlaskClient) -> None:
    response = client.post(
        "/sparql",
        query_string={"default-graph-uri": EX + "one"},
        data=SELECT,
        content_type=QUERY,
    )
    assert values(response) == ["bob", "carol"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_2_1_4_default_graphs(client: FlaskClient, method: str) -> None:
    parameters = {"query": SELECT, "default-graph-uri": [EX + "one", EX + "two"]}
    assert values(asked(client, method, parameters)) == ["bob", "carol", "dave"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_2_1_4_named_graphs(client: FlaskClient, method: str) -> None:
    parameters = {"query": NAMED, "named-graph-uri": [EX + "one", EX + "two"]}
    assert values(asked(client, method, parameters)) == ["bob", "bob", "carol", "dave"]


def test_2_1_4_the_request_goes_before_the_query(client: FlaskClient) -> None:
    query = SELECT.replace("WHERE", f"FROM <{EX}two> WHERE")
    assert values(client.get("/sparql", query_string={"query": query})) == ["bob", "dave"]
    parameters = {"query": query, "default-graph-uri": EX + "one"}
    assert values(client.get("/sparql", query_string=parameters)) == ["bob", "carol"]


@pytest.mark.parametrize("parameter", ["default-graph-uri", "named-graph-uri"])
def test_2_1_4_graphs_outside_are_refused(client: FlaskClient, parameter: str) -> None:
    parameters = {"query": SELECT, parameter: "http://elsewhere/"}
    told = problem(client.get("/sparql", query_string=parameters), 403, "refused")
    assert told["clause"] == parameter


@pytest.mark.parametrize(
    ("query", "accept", "content_type"),
    [
        (SELECT, "application/sparql-results+xml", "application/sparql-results+xml"),
        (SELECT, "application/sparql-results+json", "application/sparql-results+json"),
        (SELECT, "text/csv", "text/csv; charset=utf-8"),
        (SELECT, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("ASK {}", "application/sparql-results+xml", "application/sparql-results+xml"),
        (CONSTRUCT, "text/turtle", "text/turtle; charset=utf-8"),
        (CONSTRUCT, "application/n-triples", "application/n-triples"),
        (CONSTRUCT, "application/rdf+xml", "application/rdf+xml"),
        (CONSTRUCT, "application/ld+json", "application/ld+json"),
        (f"DESCRIBE <{EX}alice>", "application/rdf+xml", "application/rdf+xml"),
        (SELECT, "application/json", "application/json"),
        (CONSTRUCT, "text/html", "text/html; charset=utf-8"),
    ],
)
def test_2_1_5_content_negotiation(
    client: FlaskClient, query: str, accept: str, content_type: str
) -> None:
    for method in ("get", "post"):
        response = asked(client, method, {"query": query}, {"Accept": accept})
        assert response.status_code == 200
        assert response.content_type == content_type
        assert response.headers["Vary"] == "Accept"
        assert response.data


def test_2_1_5_nothing_acceptable(client: FlaskClient) -> None:
    response = client.get(
        "/sparql", query_string={"query": SELECT}, headers={"Accept": "image/png"}
    )
    told = problem(response, 406, "not-acceptable")
    assert "text/csv" in told["offered"]
    assert response.headers["Vary"] == "Accept"


def test_2_1_5_the_format_parameter(client: FlaskClient) -> None:
    parameters = {"query": SELECT, "format": "csv"}
    for response in (
        client.get("/sparql", query_string=parameters, headers={"Accept": "text/html"}),
        client.post("/sparql", data=parameters),
        client.post("/sparql?format=csv", data=SELECT, content_type=QUERY),
    ):
        assert response.data == f"x\r\n{EX}bob\r\n".encode()
    problem(
        client.get("/sparql", query_string=parameters | {"format": "turtle"}),
        406,
        "not-acceptable",
    )
    # A form sends what is left empty, too.
    assert values(client.get("/sparql", query_string=parameters | {"format": ""})) == ["bob"]


def test_2_1_6_success_is_200(client: FlaskClient) -> None:
    for query in (SELECT, "ASK {}", CONSTRUCT, f"DESCRIBE <{EX}alice>"):
        assert client.get("/sparql", query_string={"query": query}).status_code == 200


def test_2_1_7_a_query_that_is_none_is_400(client: FlaskClient) -> None:
    told = problem(
        client.get("/sparql", query_string={"query": "SELECT *\n{ ?s ?p oops }"}),
        400,
        "query-syntax",
    )
    assert (told["line"], told["column"]) == (2, 9)
    assert told["detail"].startswith("unexpected oops")


@pytest.mark.parametrize(
    ("query", "clause"),
    [
        ("SELECT * { SERVICE <http://elsewhere/> { ?s ?p ?o } }", "SERVICE"),
        ("SELECT * FROM <http://elsewhere/> { ?s ?p ?o }", "FROM"),
        ("INSERT DATA { <a:a> <a:b> 1 }", "INSERT"),
        ("LOAD <http://elsewhere/>", "LOAD"),
        ("ASK " + "{" * 100 + "}" * 100, "nesting"),
        (f"SELECT (<{EX}f>(1) AS ?x) {{}}", f"<{EX}f>"),
    ],
)
def test_2_1_7_a_query_that_is_refused_is_403(client: FlaskClient, query: str, clause: str) -> None:
    told = problem(client.get("/sparql", query_string={"query": query}), 403, "refused")
    assert told["clause"] == clause


def test_an_answer_that_its_format_cannot_express_is_406(client: FlaskClient) -> None:
    parameters = {"query": r"SELECT ('\u0001' AS ?x) {}", "format": "xml"}
    problem(client.get("/sparql", query_string=parameters), 406, "unwritable")


# §2.1: "query string parameters: query (exactly 1)"


def test_2_1_a_post_without_a_query_is_400(client: FlaskClient) -> None:
    problem(client.post("/sparql", data={"other": "x"}), 400, "request")
    problem(client.post("/sparql", data="", content_type=FORM), 400, "request")


def test_2_1_an_empty_query_is_no_query_of_the_grammar(client: FlaskClient) -> None:
    problem(client.get("/sparql?query="), 400, "query-syntax")
    problem(client.post("/sparql", data="", content_type=QUERY), 400, "query-syntax")


def test_2_1_two_queries_are_400(client: FlaskClient) -> None:
    url = "/sparql?" + urlencode({"query": SELECT})
    problem(client.get(url + "&" + urlencode({"query": "ASK {}"})), 400, "request")
    problem(client.post("/sparql", data={"query": [SELECT, SELECT]}), 400, "request")
    problem(client.post(url, data={"query": SELECT}), 400, "request")
    problem(client.post(url, data=SELECT, content_type=QUERY), 400, "request")


def test_of_two_formats_accept_decides(client: FlaskClient) -> None:
    """SPARQLWrapper names one format in several ways at once."""
    parameters = {"query": SELECT, "format": ["csv", "json"]}
    headers = {"Accept": "text/tab-separated-values"}
    answer = client.get("/sparql", query_string=parameters, headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "text/tab-separated-values")


def test_what_is_not_utf8_is_400(client: FlaskClient) -> None:
    problem(client.get("/sparql?query=ASK+%7B%7D%23%FF"), 400, "request")
    problem(client.post("/sparql", data=b"query=%FF", content_type=FORM), 400, "request")
    problem(client.post("/sparql", data=b"query=\xff", content_type=FORM), 400, "request")
    problem(client.post("/sparql", data=b"ASK {} # \xff", content_type=QUERY), 400, "request")


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/plain", "application/json", "multipart/form-data; boundary=x", "nonsense", ""),
        *(QUERY + "; charset=utf-16", QUERY + "; charset=latin-1", FORM + "; charset=latin-1"),
    ],
)
def test_other_bodies_are_415(client: FlaskClient, content_type: str) -> None:
    response = client.post("/sparql", data=SELECT, content_type=content_type)
    problem(response, 415, "unsupported-content")


def test_a_body_over_the_limit_is_413(client: FlaskClient) -> None:
    body = "ASK {} #" + "x" * MAX_BODY
    response = client.post("/sparql", data=body, content_type=QUERY)
    assert response.status_code == 413
    assert json.loads(response.data)["status"] == 413


def test_2_1_2_parameters_come_in_any_order(client: FlaskClient) -> None:
    form = f"format=json&default-graph-uri={EX}two&query=" + urlencode({"": SELECT})[1:]
    for text in (form, "&".join(reversed(form.split("&")))):
        response = client.post("/sparql", data=text, content_type=FORM)
        assert values(response) == values(client.get("/sparql?" + text)) == ["bob", "dave"]


def test_2_1_4_without_a_dataset_there_is_a_default_one(client: FlaskClient) -> None:
    assert values(client.get("/sparql", query_string={"query": SELECT})) == ["bob"]
    assert values(client.get("/sparql", query_string={"query": NAMED})) != []


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
def test_2_1_5_the_content_type_is_that_of_the_format(client: FlaskClient, format_: Format) -> None:
    """The content type of a successful response MUST be the media type of the body's format."""
    query = SELECT if "select" in format_.kinds else f"DESCRIBE <{EX}alice>"
    parameters = {"query": query}
    response = client.get(
        "/sparql", query_string=parameters, headers={"Accept": format_.media_type}
    )
    assert response.mimetype == format_.media_type
    beginning = {"json": b"{", "xml": b"<?xml", "rdfxml": b"<?xml", "jsonld": b"["}
    assert response.data.startswith(beginning.get(format_.name, b""))


@pytest.mark.parametrize("accept", ["text/html", "application/json", "application/problem+json"])
def test_2_1_7_the_body_of_a_failure_is_negotiated(client: FlaskClient, accept: str) -> None:
    response = client.get("/sparql?query=oops", headers={"Accept": accept})
    assert response.status_code == 400
    assert (response.mimetype == "text/html") == (accept == "text/html")


def test_2_3_a_relative_iri_is_resolved_against_the_services_own_base(client: FlaskClient) -> None:
    query = "SELECT (<id/csto> AS ?x) {}"
    for base in ("http://localhost/", "https://data.example/"):
        found = client.get("/sparql", query_string={"query": query}, base_url=base)
        assert values(found) == ["https://w3id.org/communique/id/csto"]


def test_2_3_the_querys_own_base_goes_before(client: FlaskClient) -> None:
    query = f"BASE <{EX}a/> SELECT (<b> AS ?x) {{}}"
    assert values(client.get("/sparql", query_string={"query": query})) == ["a/b"]


# Sentences with MUST or SHOULD that the tests above leave out; see protocol/sparql11-protocol.tsv


def test_2_the_rules_of_http_hold(client: FlaskClient) -> None:
    """RFC 9110: HEAD (§9.3.2), Allow with a 405 (§15.5.6), Vary (§12.5.5), Retry-After apart."""
    assert client.head("/sparql", query_string={"query": SELECT}).data == b""
    assert client.put("/sparql").headers["Allow"]
    found = client.get("/sparql", query_string={"query": SELECT})
    assert int(found.headers["Content-Length"]) == len(found.data)
    assert found.headers["Vary"] == "Accept"


def test_2_1_a_query_is_asked_by_get_or_post_and_in_no_other_way(client: FlaskClient) -> None:
    for method in ("get", "post"):
        assert values(asked(client, method, {"query": SELECT})) == ["bob"]
    for method in ("PUT", "DELETE", "PATCH"):
        asked_otherwise = client.open("/sparql", method=method, query_string={"query": SELECT})
        assert asked_otherwise.status_code == 405


def test_2_1_parameters_come_in_one_of_three_ways(client: FlaskClient) -> None:
    in_url = client.get("/sparql", query_string={"query": SELECT})
    in_form = client.post("/sparql", data={"query": SELECT})
    as_body = client.post("/sparql", data=SELECT, content_type=QUERY)
    assert values(in_url) == values(in_form) == values(as_body) == ["bob"]
    for content_type in ("text/plain", "multipart/form-data; boundary=x"):
        otherwise = client.post("/sparql", data=SELECT, content_type=content_type)
        problem(otherwise, 415, "unsupported-content")


def test_2_1_1_parameters_are_separated_by_ampersands_alone(client: FlaskClient) -> None:
    query = urlencode({"query": SELECT})
    graph = urlencode({"default-graph-uri": EX + "one"})
    assert values(client.get(f"/sparql?{query}&{graph}")) == ["bob", "carol"]
    assert client.get(f"/sparql?{query};{graph}").status_code == 400


def test_2_1_1_a_body_of_a_get_says_nothing(client: FlaskClient) -> None:
    """RFC 9110, §9.3.1: content in a GET request has no defined meaning."""
    query = {"query": SELECT}
    for body, content_type in ((NAMED, QUERY), (urlencode({"query": "ASK {}"}), FORM)):
        response = client.get("/sparql", query_string=query, data=body, content_type=content_type)
        assert values(response) == ["bob"]
    described = client.get("/sparql", data=SELECT, content_type=QUERY)
    assert described.mimetype == "text/turtle"  # there is no query: the service is described


def test_2_1_2_parameters_of_the_form_are_percent_encoded(client: FlaskClient) -> None:
    body = "query=SELECT%20('%D0%BF+%2B%26%3D'%20AS%20%3Fx)%20%7B%7D"
    assert values(client.post("/sparql", data=body, content_type=FORM)) == ["п +&="]


def test_2_1_2_parameters_of_the_form_are_separated_by_ampersands(client: FlaskClient) -> None:
    query = urlencode({"query": SELECT})
    graph = urlencode({"default-graph-uri": EX + "one"})
    found = client.post("/sparql", data=f"{graph}&{query}", content_type=FORM)
    assert values(found) == ["bob", "carol"]
    assert client.post("/sparql", data=f"{query};{graph}", content_type=FORM).status_code == 400


def test_2_1_2_the_content_type_is_that_of_forms(client: FlaskClient) -> None:
    body = urlencode({"query": SELECT})
    assert values(client.post("/sparql", data=body, content_type=FORM)) == ["bob"]
    problem(client.post("/sparql", data=body, content_type=QUERY), 400, "query-syntax")
    problem(client.post("/sparql", data=body), 415, "unsupported-content")


def test_2_1_3_the_body_is_the_query_as_it_is_and_nothing_else(client: FlaskClient) -> None:
    for body in (quote(SELECT), f"query={SELECT}", f"{SELECT}&format=csv", f"{SELECT}\n{SELECT}"):
        response = client.post("/sparql", data=body, content_type=QUERY)
        problem(response, 400, "query-syntax")


def test_2_1_3_the_content_type_is_that_of_queries(client: FlaskClient) -> None:
    assert values(client.post("/sparql", data=SELECT, content_type=QUERY)) == ["bob"]
    assert values(client.post("/sparql", data=SELECT, content_type=QUERY.upper())) == ["bob"]
    for content_type in ("", "application/sparql", "text/plain", "application/x-sparql-query"):
        response = client.post("/sparql", data=SELECT, content_type=content_type)
        problem(response, 415, "unsupported-content")


def test_2_1_6_the_content_type_is_that_of_the_body_whoever_asked(client: FlaskClient) -> None:
    """Whether by `Accept`, by `format` or by nothing, the type says what the body is."""
    xml = client.get("/sparql", query_string={"query": SELECT, "format": "xml"})
    assert (xml.mimetype, xml.data[:5]) == ("application/sparql-results+xml", b"<?xml")
    json_ = client.get("/sparql", query_string={"query": SELECT})
    assert json_.mimetype == "application/sparql-results+json"
    assert json.loads(json_.data)
    turtle = client.get("/sparql", query_string={"query": CONSTRUCT})
    assert turtle.mimetype == "text/turtle"
    assert len(list(ox.parse(turtle.data, format=ox.RdfFormat.TURTLE))) == 1


def test_4_1_iris_that_look_alike_are_different(client: FlaskClient) -> None:
    """Whether a letter is Cyrillic or composed is for who writes the query to know."""
    for alice in ("\u0430lice", "alice\u0301", "Alice", "%61lice"):
        query = SELECT.replace("alice", alice)
        assert values(client.get("/sparql", query_string={"query": query})) == []


def test_5_the_query_operation_is_implemented(client: FlaskClient) -> None:
    """§5 asks for one of the two operations: each form of a query has its answer."""
    for query in (SELECT, "ASK {}"):
        assert json.loads(client.get("/sparql", query_string={"query": query}).data)
    for query in (CONSTRUCT, f"DESCRIBE <{EX}alice>"):
        body = client.get("/sparql", query_string={"query": query}).data
        assert list(ox.parse(body, format=ox.RdfFormat.TURTLE))


def test_5_what_section_4_allows_to_refuse_is_refused(client: FlaskClient) -> None:
    """§4.1 allows to refuse what costs too much, and to call nobody for a client."""
    for query in ("SELECT * { SERVICE <http://elsewhere/> {} }", "ASK " + "{" * 100 + "}" * 100):
        problem(client.get("/sparql", query_string={"query": query}), 403, "refused")


# §2.2 update operation: there is none here


def test_2_2_updates_are_refused(client: FlaskClient) -> None:
    update = "INSERT DATA { <a:a> <a:b> 1 }"
    for response in (
        client.post("/sparql", data=update, content_type="application/sparql-update"),
        client.post("/sparql", data={"update": update}),
        client.get("/sparql", query_string={"update": update}),
        client.post("/sparql", data={"update": update, "query": SELECT}),
    ):
        assert problem(response, 403, "refused")["clause"] == "update"


# HTTP (RFC 9110)


def test_head_is_get_without_the_body(client: FlaskClient) -> None:
    arguments: dict[str, Any] = {
        "query_string": {"query": SELECT},
        "headers": {"Accept": "text/csv"},
    }
    get, head = client.get("/sparql", **arguments), client.head("/sparql", **arguments)
    assert (head.status_code, head.data) == (200, b"")
    differing = {name for name, value in head.headers if get.headers[name] != value}
    assert differing <= {"X-Request-Id"}
    assert set(head.headers.keys()) == set(get.headers.keys())
    assert int(head.headers["Content-Length"]) == len(get.data)


def test_options_names_the_methods(client: FlaskClient) -> None:
    response = client.options("/sparql")
    assert response.status_code == 200
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_405(client: FlaskClient, method: str) -> None:
    response = client.open("/sparql", method=method, data=SELECT, content_type=QUERY)
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert response.content_type == "application/problem+json"


def test_a_browser_may_ask_from_any_page(client: FlaskClient) -> None:
    """Fetch standard, §3.2: simple requests, and the preflight of the others."""
    origin = {"Origin": "https://elsewhere.example"}
    simple = client.get("/sparql", query_string={"query": SELECT}, headers=origin)
    assert simple.headers["Access-Control-Allow-Origin"] == "*"
    assert "Dataset-Version" in simple.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in simple.headers
    preflight = client.options(
        "/sparql",
        headers=origin
        | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "Content-Type, If-None-Match",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    allowed = preflight.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"Content-Type", "If-None-Match"} <= set(allowed)
    for path in ("/data", "/doc/id/x", "/ontology", "/explain", "/.well-known/void"):
        headers = client.options(path, headers=origin).headers
        assert headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
        assert "If-None-Match" in headers["Access-Control-Allow-Headers"]
    refused = client.get("/sparql", query_string={"query": "oops"}, headers=origin)
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
