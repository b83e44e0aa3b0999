"""``SERVICE`` where it is allowed: what it answers, and that it calls nobody else."""

from __future__ import annotations

import json
import socket
import string
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import services
from communique.errors import QuerySyntaxError, RefusedQuery, ServiceFailed
from communique.store.federation import MAX_CLAUSES
from communique.store.generation import Generation
from communique.store.outbound import Outbound
from communique.store.query import ask
from communique.store.workers import messages
from conftest import MINI
from stores import EX, small
from test_serving import path, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from services import Service

LOCAL = "127.0.0.0/8"
GRAPH = f"{EX}there"
PREFIXES = f"PREFIX ex: <{EX}>\n"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """Endpoints on this machine, the good one of a few triples."""
    with services.serving() as served:
        for subject, value in (("bob", "Bob"), ("carol", "Carol"), ("carol", "Karol")):
            name = ox.NamedNode(f"{EX}name")
            served.store.add(ox.Quad(ox.NamedNode(EX + subject), name, ox.Literal(value)))
        age = ox.NamedNode(f"{EX}age")
        served.store.add(ox.Quad(ox.NamedNode(f"{EX}bob"), age, ox.Literal(40)))
        yield served


@pytest.fixture(scope="module")
def both(service: Service) -> Generation:
    """A small generation that also has what the endpoint has, in a graph."""
    generation = small()
    store = ox.Store()
    store.extend(generation.store)
    graph = ox.NamedNode(GRAPH)
    store.extend(ox.Quad(q.subject, q.predicate, q.object, graph) for q in service.store)
    return Generation(generation.path, generation.manifest, store)


def allowing(*endpoints: str) -> Outbound:
    """Allows endpoints of this machine."""
    return Outbound(endpoints, (LOCAL,))


def rows(generation: Generation, query: str, outbound: Outbound) -> list[str]:
    """Returns the rows of an answer, sorted."""
    answer = ask(generation, query, outbound=outbound)
    return [str(answer.boolean)] if answer.kind == "ask" else sorted(map(str, answer.rows))


QUERIES = (
    "SELECT * { SERVICE <there> { ?s ex:name ?n } }",
    "SELECT * { ?x ex:knows ?s . SERVICE <there> { ?s ex:name ?n } }",
    "SELECT * { SERVICE <there> { ?s ex:name ?n } ?x ex:knows ?s . }",
    "SELECT * { ?x ex:knows ?s OPTIONAL { SERVICE <there> { ?s ex:age ?n } } }",
    "SELECT * { { ?x ex:knows ?s } UNION { SERVICE <there> { ?s ex:name ?n . ?s ex:age ?a } } }",
    "SELECT * { ?x ex:knows ?s MINUS { SERVICE <there> { ?s ex:age ?n } } }",
    "SELECT * { ?x ex:knows ?s FILTER EXISTS { SERVICE <there> { ?s ex:age ?n } } }",
    "SELECT (COUNT(*) AS ?n) { SERVICE <there> { ?s ex:name ?n0 } }",
    "SELECT ?s (COUNT(?v) AS ?n) { SERVICE <there> { ?s ?p ?v } } GROUP BY ?s",
    "SELECT * { SERVICE <there> { SELECT ?s (COUNT(*) AS ?n) { ?s ex:name ?v } GROUP BY ?s } }",
    "SELECT * { SERVICE <there> { ?s ex:name ?n FILTER(?n > 'Bz') } }",
    "SELECT * { SERVICE <there> { ?s ex:name ?n OPTIONAL { ?s ex:age ?a } } }",
    "SELECT * { SERVICE <there> { ?s ex:name ?n } SERVICE <there> { ?s ex:age ?a } }",
    "SELECT * { { SELECT ?s { SERVICE <there> { ?s ex:name ?n } } } ?x ex:knows ?s }",
    "SELECT * { SERVICE <there> { ?s ex:none ?n } }",
    "SELECT * { SERVICE <there> { ex:bob ex:age 40 } }",
    "ASK { SERVICE <there> { ?s ex:age 40 } }",
    "ASK { service silent <there> { ?s ex:age 41 } }",
    "SELECT * { SERVICE <there> { ?s ex:name ?n } FILTER(?n != 'SERVICE') } ORDER BY ?n LIMIT 1",
)


@pytest.mark.parametrize("query", QUERIES)
def test_it_answers_as_if_the_data_were_here(
    both: Generation, service: Service, query: str
) -> None:
    there = f"{service.url}/sparql"
    outbound = allowing(there)
    called = rows(both, PREFIXES + query.replace("<there>", f"<{there}>"), outbound)
    here = query.replace("SERVICE <there>", f"GRAPH <{GRAPH}>")
    here = here.replace("service silent <there>", f"GRAPH <{GRAPH}>")
    assert called == rows(both, PREFIXES + here, Outbound())


def test_the_endpoint_may_be_named_by_a_prefix_or_against_the_base(service: Service) -> None:
    there = f"{service.url}/sparql"
    expected = rows(small(), f"SELECT * {{ SERVICE <{there}> {{ ?s ?p ?o }} }}", allowing(there))
    for query in (
        f"PREFIX t: <{service.url}/> SELECT * {{ SERVICE t:sparql {{ ?s ?p ?o }} }}",
        f"PREFIX t: <{there}> SELECT * {{ SERVICE t: {{ ?s ?p ?o }} }}",
        f"BASE <{service.url}/x> SELECT * {{ SERVICE <sparql> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE#\n<{there}>{{ ?s ?p ?o }}}}",
        f"SELECT * {{ \\u0053ERVICE <{there}> {{ ?s ?p ?o }} }}",
    ):
        assert rows(small(), query, allowing(there)) == expected


def test_an_answer_is_not_repeatable(service: Service) -> None:
    there = f"{service.url}/sparql"
    query = f"ASK {{ SERVICE <{there}> {{ ?s ?p ?o }} }}"
    assert not ask(small(), query, outbound=allowing(there)).is_repeatable
    assert ask(small(), "ASK {}", outbound=allowing(there)).is_repeatable


def test_nothing_is_sent_but_the_pattern(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    there = f"{service.url}/sparql"
    service.seen.clear()
    rows(small(), f"SELECT * {{ SERVICE <{there}> {{ ?s ?p ?o }} }}", allowing(there))
    ((method, target, headers),) = service.seen
    assert (method, target) == ("POST", "/sparql")
    assert set(headers) == {
        *("Host", "Accept", "Content-Type", "Content-Length", "User-Agent", "Connection"),
    }
    assert headers["Host"] == urlsplit(there).netloc


# --- What is refused -----------------------------------------------------------------------------


def refused(query: str, outbound: Outbound) -> RefusedQuery:
    """Returns the refusal of a query."""
    with pytest.raises(RefusedQuery) as caught:
        ask(small(), query, outbound=outbound)
    assert caught.value.clause == "SERVICE"
    return caught.value


@pytest.mark.parametrize("silent", ["", "SILENT"])
@pytest.mark.parametrize(
    "name",
    [
        *("{url}/", "{url}/sparql/", "{url}/sparql?", "{url}/sparql#x", "{url}/x/../sparql"),
        *("{url}/SPARQL", "{url}/%73parql", "{url}@127.0.0.1/sparql", "{url}.evil.test/sparql"),
        *("http://user:pw@{host}/sparql", "http://127.0.0.1/sparql", "http://2130706433/sparql"),
        *("http://0x7f.1/sparql", "http://0177.0.0.1/sparql", "http://[::1]/sparql", "sparql"),
        *("http://[::ffff:127.0.0.1]/sparql", "http://localhost/sparql", "file:///etc/passwd"),
        *("http://169.254.169.254/latest/", "HTTP://{host}/sparql", "https://{host}/sparql"),
    ],
)
def test_no_other_address_is_called(service: Service, name: str, silent: str) -> None:
    url = name.replace("{url}", service.url).replace("{host}", urlsplit(service.url).netloc)
    service.seen.clear()
    fault = refused(
        f"SELECT * {{ SERVICE {silent} <{url}> {{ ?s ?p ?o }} }}",
        allowing(f"{service.url}/sparql"),
    )
    assert "is not allowed" in fault.message
    assert service.url in fault.advice
    assert service.seen == []


def test_variables_nesting_and_too_many_clauses_are_refused(service: Service) -> None:
    there = f"{service.url}/sparql"
    clause = f"SERVICE <{there}> {{ ?s ?p ?o }}"
    service.seen.clear()
    for query in (
        "SELECT * { SERVICE ?s { ?s ?p ?o } }",
        f"SELECT * {{ BIND(<{there}> AS ?g) SERVICE SILENT ?g {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE <{there}> {{ {clause} }} }}",
        f"SELECT * {{ SERVICE <{there}> {{ FILTER EXISTS {{ SERVICE ?s {{}} }} }} }}",
        f"SELECT * {{ {clause * (MAX_CLAUSES + 1)} }}",
    ):
        refused(query, allowing(there))
    assert service.seen == []


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE }",
        "SELECT * { SERVICE <{there}> }",
        "SELECT * { SERVICE <{there}> { ?s ?p ?o }",
        "SELECT * { SERVICE SILENT SILENT <{there}> { ?s ?p ?o } }",
        "SELECT * { SERVICE 'x' { ?s ?p ?o } }",
        "SELECT * { SERVICE <{there}>, <a> { ?s ?p ?o } }",
        "SELECT * { FILTER(true)SERVICESILENT<{there}>{} }",
        "SELECT * { ?s SERVICE <{there}> { ?s ?p ?o } }",
        "SERVICE",
        "SELECT (SERVICE <{there}> { ?s ?p ?o } AS ?x) {}",
        "SELECT SERVICE <{there}> { ?s ?p ?o } {}",
    ],
)
def test_what_is_no_clause_is_no_query(service: Service, query: str) -> None:
    there = f"{service.url}/sparql"
    with pytest.raises(QuerySyntaxError):
        ask(small(), query.replace("{there}", there), outbound=allowing(there))


def test_updates_stay_refused(service: Service) -> None:
    there = f"{service.url}/sparql"
    for query in (f"LOAD <{there}>", f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <{there}> {{}} }}"):
        with pytest.raises(RefusedQuery):
            ask(small(), query, outbound=allowing(there))


# --- Names and addresses -------------------------------------------------------------------------


@pytest.mark.parametrize("silent", ["", "SILENT"])
def test_a_name_that_leads_to_this_machine_is_refused(service: Service, silent: str) -> None:
    there = service.url.replace("127.0.0.1", "localhost") + "/sparql"
    service.seen.clear()
    fault = refused(f"ASK {{ SERVICE {silent} <{there}> {{}} }}", Outbound((there,)))
    assert "not public" in fault.message
    assert service.seen == []
    allowed = Outbound((there,), (LOCAL, "::1/128"))
    assert rows(small(), f"ASK {{ SERVICE <{there}> {{}} }}", allowed) == ["True"]


@pytest.mark.parametrize(
    "addresses",
    [
        *(["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"]),
        *(["93.184.216.34", "127.0.0.1"], ["2606:4700::1111", "fd00::1"], ["100.64.0.1"]),
        *(["64:ff9b::7f00:1"], ["0.1.2.3"], ["fe80::1%lo"], ["2002:7f00:1::"], ["224.0.0.1"]),
    ],
)
def test_a_name_with_an_address_that_is_not_public_is_refused(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, addresses)
    called: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *address: called.append(address))
    fault = refused(
        "ASK { SERVICE <http://example.org/sparql> {} }", Outbound(("http://example.org/sparql",))
    )
    assert "not public" in fault.message
    assert called == []


def test_the_address_that_was_looked_at_is_the_one_that_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that leads elsewhere the second time gains nothing (DNS rebinding)."""
    resolve(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    called: list[object] = []

    def connect(address: object, _timeout: float) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ServiceFailed, match="ConnectionRefusedError"):
        ask(
            small(),
            "ASK { SERVICE <http://example.org/sparql> {} }",
            outbound=Outbound(("http://example.org/sparql",)),
        )
    assert called == [("93.184.216.34", 80)]


def resolve(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Has names lead to addresses: to the first the first time, and so on."""
    left = list(answers)

    def look_up(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        found = left.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


# --- Failures ------------------------------------------------------------------------------------

FAILURES = {
    "redirect": "leads elsewhere",
    "broken": "answers 500",
    "page": "answers with text/html",
    "zipped": "encoded as gzip",
    "verdict": "answers with a verdict",
    "large": "longer than",
    "many": "more than 100000 solutions",
    "nothing": "answers 404",
}


@pytest.mark.parametrize("name", FAILURES)
def test_an_endpoint_that_fails(service: Service, name: str) -> None:
    there = f"{service.url}/{name}"
    service.seen.clear()
    query = f"SELECT * {{ VALUES ?x {{ 1 }} SERVICE <{there}> {{ ?s ?p ?o }} }}"
    with pytest.raises(ServiceFailed, match=FAILURES[name]) as caught:
        ask(small(), query, outbound=allowing(there))
    assert [target for _, target, _ in service.seen] == [f"/{name}"]
    silent = query.replace("SERVICE", "SERVICE SILENT")
    assert len(rows(small(), silent, allowing(there))) == 1
    told = messages.decode_fault(messages.encode_fault(caught.value)[1:])
    assert (type(told), str(told)) == (ServiceFailed, str(caught.value))


def test_nobody_listens(service: Service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    there = f"http://127.0.0.1:{port}/sparql"
    with pytest.raises(ServiceFailed):
        ask(small(), f"ASK {{ SERVICE <{there}> {{}} }}", outbound=allowing(there))
    assert service.url


def said(service: Service, *terms: dict[str, str]) -> list[str]:
    """Returns the terms of an answer as they come out of a query."""
    bindings = [{"x": term} for term in terms]
    service.said = json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": bindings}}).encode()
    there = f"{service.url}/said"
    answer = ask(small(), f"SELECT ?x {{ SERVICE <{there}> {{}} }}", outbound=allowing(there))
    return [term.value if term else "" for (term,) in answer.rows]


@settings(max_examples=200, deadline=None)
@given(value=st.text(), language=st.sampled_from([None, "en", "ru-Latn"]))
def test_any_text_comes_through(service: Service, value: str, language: str | None) -> None:
    term = {"type": "literal", "value": value} | ({"xml:lang": language} if language else {})
    assert said(service, term) == [value]


@given(
    st.text(string.printable, max_size=8).map(
        lambda text: f'{text}" }} SERVICE <http://127.0.0.1/> {{ ?s ?p ?o }} #'
    )
)
@settings(max_examples=50, deadline=None)
def test_no_text_becomes_a_query(service: Service, value: str) -> None:
    assert said(service, {"type": "literal", "value": value}) == [value]


@pytest.mark.parametrize(
    "iri", ["http://a/service", "http://a/é", "urn:x?SERVICE#a", "http://a/%20"]
)
def test_iris_come_through(service: Service, iri: str) -> None:
    assert said(service, {"type": "uri", "value": iri}) == [iri]
    assert said(service, {"type": "literal", "value": "1", "datatype": iri}) == ["1"]


@pytest.mark.parametrize(
    "term",
    [
        *(
            {"type": "uri", "value": iri}
            for iri in ("", "a", "http://a/>", "http://a/ b", "http://a/\\")
        ),
        {"type": "literal", "value": "1", "datatype": "http://a/> } #"},
        {"type": "literal", "value": "1", "xml:lang": "en } SERVICE"},
        {"type": "thing", "value": "1"},
    ],
)
def test_terms_that_are_none_are_a_failure(service: Service, term: dict[str, str]) -> None:
    with pytest.raises(ServiceFailed):
        said(service, term)


def test_blank_nodes_come_as_iris_others_in_each_answer(service: Service) -> None:
    node = {"type": "bnode", "value": "b0"}
    one, same = said(service, node, node)
    (other,) = said(service, node)
    assert one == same != other
    assert one.startswith(f"{service.url}/.well-known/genid/")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"head": {}}', b"\xff", b'{"results": {}}'])
def test_an_answer_that_is_none(service: Service, body: bytes) -> None:
    service.said = body
    there = f"{service.url}/said"
    with pytest.raises(ServiceFailed):
        ask(small(), f"SELECT * {{ SERVICE <{there}> {{}} }}", outbound=allowing(there))


# --- Over HTTP -----------------------------------------------------------------------------------


def test_it_is_to_be_had_over_http_within_the_deadline(service: Service, generations: Path) -> None:
    there = f"{service.url}/sparql"
    slow = f"{service.url}/slow"
    options = ("--services", f"{there} {slow}", "--service-networks", LOCAL)
    with running(generations, "--dataset", str(MINI), *options) as server:
        query = f"SELECT ?s ?age {{ SERVICE <{there}> {{ ?s <{EX}age> ?age }} }}"
        reply = server.ask(path(query), Accept="text/csv")
        assert (reply.status, reply.body) == (200, f"s,age\r\n{EX}bob,40\r\n".encode())
        assert "ETag" not in reply.headers
        assert reply.headers["Cache-Control"] == "no-store"
        begun = time.monotonic()
        reply = server.ask(path(f"ASK {{ SERVICE <{slow}> {{}} }}", timeout="0.5"))
        assert reply.status == 504
        assert time.monotonic() - begun < 3
        reply = server.ask(path(f"ASK {{ SERVICE <{service.url}/broken> {{}} }}"))
        assert (reply.status, json.loads(reply.body)["clause"]) == (403, "SERVICE")
        reply = server.ask("sparql", Accept="text/turtle")
        assert b"sd:BasicFederatedQuery" in reply.body


def test_a_failure_is_a_problem_of_its_own(service: Service, generations: Path) -> None:
    there = f"{service.url}/broken"
    options = ("--services", there, "--service-networks", LOCAL)
    with running(generations, "--dataset", str(MINI), *options) as server:
        reply = server.ask(path(f"ASK {{ SERVICE <{there}> {{}} }}"))
        assert reply.status == 502
        assert json.loads(reply.body)["type"].endswith("/problem/service")
        assert server.ask(path(f"ASK {{ SERVICE SILENT <{there}> {{}} }}")).status == 200


@pytest.mark.parametrize(
    "options",
    [
        ("--services", "http://127.0.0.1/sparql"),
        ("--services", "https://query.wikidata.org/sparql ftp://example.org/"),
        ("--services", "https://a/", "--service-networks", "everywhere"),
    ],
)
def test_with_bad_configuration_the_server_does_not_start(
    generations: Path, options: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "communique", "serve", "--port", "0", "--dataset", str(MINI)),
            *("--generations", str(generations), *options),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode not in {0, 1}
    assert "http://127.0.0.1:" not in done.stderr
    assert options[1].split()[-1] in done.stderr or options[-1] in done.stderr
    assert "Traceback" not in done.stderr
