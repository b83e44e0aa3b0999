"""Who may change what over HTTP: RFC 6750, and that nothing else is a way in."""

from __future__ import annotations

import io
import json
import logging
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from communique import cli
from communique.tokens import Scope
from communique.web import create_app, logs
from conftest import MINI
from stores import small
from test_serving import running
from writable import AGENTS, EDITORIAL, SPARQL_UPDATE, TURTLE, Writable, X, accepted, problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug.test import TestResponse

    from test_serving import Server

BODY = "<http://example.org/a> <http://example.org/b> 1 ."
UPDATE = f"INSERT DATA {{ GRAPH <{X}> {{ {BODY} }} }}"
REQUESTS = [
    ("PUT", "/data", BODY, TURTLE, X),
    ("POST", "/data", BODY, TURTLE, X),
    ("DELETE", "/data", "", None, EDITORIAL),
    ("PATCH", "/data", f"INSERT DATA {{ {BODY} }}", SPARQL_UPDATE, EDITORIAL),
    ("PUT", "/graph/x", BODY, TURTLE, None),
    ("POST", "/data", BODY, TURTLE, None),
    ("POST", "/sparql", UPDATE, SPARQL_UPDATE, None),
]
"""A request of every kind that changes something."""
KINDS = [
    f"{method} {path} {'of a graph' if graph else ''}" for method, path, _, _, graph in REQUESTS
]
every_kind = pytest.mark.parametrize("sent", REQUESTS, ids=KINDS)
Sent = tuple[str, str, str, str | None, str | None]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, generations: Path) -> Writable:
    """A dataset that no test here changes."""
    return Writable(tmp_path_factory.mktemp("writable"), generations)


@pytest.fixture
def unchanged(shared: Writable) -> Iterator[Writable]:
    """That dataset, after which it must be as it was: files, generation and all."""
    yield shared
    assert shared.files == {
        path.relative_to(MINI).as_posix(): path.read_bytes() for path in MINI.rglob("*.ttl")
    }
    assert not shared.ask("?s ?p 1", X)


def send(dataset: Writable, sent: Sent, token: str, **parameters: Any) -> TestResponse:  # noqa: ANN401
    """Sends a request."""
    method, path, body, type_, graph = sent
    return dataset.send(method, path, body, type_, graph=graph, token=token, **parameters)


@every_kind
def test_without_a_token_it_is_401_with_a_challenge(unchanged: Writable, sent: Sent) -> None:
    method, path, body, type_, graph = sent
    asked = {"graph": graph} if graph else {}
    response = unchanged.client.open(
        path, method=method, query_string=asked, data=body, content_type=type_
    )
    problem(response, 401, "token-missing")
    # RFC 6750, §3.1: no error code where there is no authentication information.
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="communique"'


@every_kind
def test_an_unknown_token_is_401(unchanged: Writable, sent: Sent) -> None:
    response = send(unchanged, sent, "cmq_" + 43 * "x")
    problem(response, 401, "token-rejected")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


@every_kind
def test_an_expired_token_is_401(unchanged: Writable, sent: Sent) -> None:
    over = unchanged.token(expires=datetime.now(UTC) - timedelta(seconds=1))
    response = send(unchanged, sent, over)
    assert problem(response, 401, "token-rejected")["detail"] == "the token has expired"
    assert (
        'error="invalid_token", error_description="the token has expired"'
        in (response.headers["WWW-Authenticate"])
    )


@every_kind
def test_a_revoked_token_is_401_at_once(unchanged: Writable, sent: Sent) -> None:
    made, secret = unchanged.tokens.create("Ada <ada@example.org>", Scope.WRITE, ["*"], None)
    assert send(unchanged, sent, secret, dry_run="true").status_code == 200
    unchanged.tokens.revoke(made.id)
    response = send(unchanged, sent, secret)
    assert problem(response, 401, "token-rejected")["detail"] == "the token was revoked"


@every_kind
@pytest.mark.parametrize("scope", [Scope.READ, Scope.PROPOSE])
def test_a_token_of_less_scope_is_403(unchanged: Writable, sent: Sent, scope: Scope) -> None:
    response = send(unchanged, sent, unchanged.token(scope))
    problem(response, 403, "token-insufficient")
    assert 'error="insufficient_scope", scope="write"' in response.headers["WWW-Authenticate"]


@every_kind
def test_to_propose_takes_the_scope_for_it(unchanged: Writable, sent: Sent) -> None:
    response = send(unchanged, sent, unchanged.token(Scope.READ), dry_run="")
    problem(response, 403, "token-insufficient")
    assert 'scope="propose"' in response.headers["WWW-Authenticate"]
    told = accepted(send(unchanged, sent, unchanged.token(Scope.PROPOSE), dry_run=""))
    assert told["status"] == "would be accepted"


@every_kind
@pytest.mark.parametrize("pattern", [AGENTS, "https://w3id.org/communique/graph/xx*", "*/Graph/x"])
def test_a_token_for_other_graphs_is_403(unchanged: Writable, sent: Sent, pattern: str) -> None:
    response = send(unchanged, sent, unchanged.token(graphs=[pattern]))
    problem(response, 403, "token-insufficient")
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("header", "status", "name"),
    [
        ("", 401, "token-missing"),
        ("Basic YTpi", 401, "token-missing"),
        ("Token {}", 401, "token-missing"),
        ("{}", 401, "token-missing"),
        ("Bearer", 400, "request"),
        ("Bearer {} {}", 400, "request"),
        ("Bearer {},{}", 400, "request"),
        ("Bearer a b", 400, "request"),
        ("Bearer é", 400, "request"),
    ],
)
def test_other_headers_are_refused(
    unchanged: Writable, header: str, status: int, name: str
) -> None:
    headers = {"Authorization": header.replace("{}", unchanged.secret)}
    response = unchanged.send("PUT", body=BODY, graph=X, headers=headers)
    problem(response, status, name)


def test_the_scheme_is_not_case_sensitive(unchanged: Writable) -> None:
    headers = {"Authorization": f"bearer {unchanged.secret}"}
    accepted(unchanged.send("PUT", body=BODY, graph=X, headers=headers, dry_run=""))


@every_kind
def test_a_token_in_the_url_is_refused(unchanged: Writable, sent: Sent) -> None:
    response = send(unchanged, sent, unchanged.secret, access_token=unchanged.secret)
    told = problem(response, 400, "request")
    assert "token does not belong into the URL" in told["detail"]
    assert unchanged.secret not in response.text


def test_a_token_in_the_url_is_refused_for_reading_too(unchanged: Writable) -> None:
    for path in ("/", "/sparql", "/data"):
        response = unchanged.client.get(path, query_string={"access_token": unchanged.secret})
        assert response.status_code == 400
        assert unchanged.secret not in response.text


def test_a_token_in_a_form_is_refused(unchanged: Writable) -> None:
    form = {"access_token": unchanged.secret, "update": UPDATE}
    response = unchanged.client.post("/sparql", data=form)
    assert "token does not belong into the form" in problem(response, 400, "request")["detail"]
    response = unchanged.client.post("/data", query_string={"graph": X}, data=form)
    problem(response, 401, "token-missing")


@pytest.mark.parametrize(
    "type_", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]
)
@pytest.mark.parametrize("path", ["/sparql", "/data", "/graph/x"])
def test_what_a_form_of_another_site_can_send_changes_nothing(
    unchanged: Writable, path: str, type_: str
) -> None:
    """A page elsewhere can send these types without asking first, but no Authorization."""
    parameters = {"graph": X} if path == "/data" else {}
    bodies: list[object] = [UPDATE, BODY, f"update={UPDATE}", {"update": UPDATE}]
    if type_ == "multipart/form-data":
        bodies = [{"update": UPDATE}, {"x.ttl": (io.BytesIO(BODY.encode()), "x.ttl", TURTLE)}]
    for body in bodies:
        response = unchanged.client.post(
            path,
            query_string=parameters,
            data=body,
            content_type=type_,
            headers={"Origin": "https://evil.example", "Cookie": "a=b"},
        )
        assert response.status_code in {400, 401, 403, 415}, response.text


@pytest.mark.parametrize("path", ["/sparql", "/data", "/graph/x", "/ontology"])
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_a_script_of_another_site_is_not_allowed_to_send_a_token(
    unchanged: Writable, path: str, method: str
) -> None:
    """Fetch standard, §4.8: both must be allowed by name, since no wildcard covers the header."""
    response = unchanged.client.options(
        path,
        headers={
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )
    allowed = response.headers.get("Access-Control-Allow-Headers", "").lower()
    assert "authorization" not in allowed
    assert "*" not in allowed
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_reading_needs_no_token_and_minds_none(unchanged: Writable) -> None:
    for headers in ({}, {"Authorization": "Bearer cmq_wrong"}):
        for path in ("/data?default", "/sparql?query=ASK%7B%7D", "/ontology", "/health"):
            assert unchanged.client.get(path, headers=headers).status_code in {200, 404}


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/data?graph=a:b", "/graph/x", "/ontology", "/shapes/x"])
def test_without_writable_there_is_no_way_to_write(method: str, path: str) -> None:
    response = create_app(small()).test_client().open(path, method=method)
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_without_writable_an_update_is_refused() -> None:
    response = (
        create_app(small()).test_client().post("/sparql", data=UPDATE, content_type=SPARQL_UPDATE)
    )
    assert problem(response, 403, "refused")["clause"] == "update"


def test_tokens_that_cannot_be_read_let_nobody_in(tmp_path: Path, generations: Path) -> None:
    dataset = Writable(tmp_path, generations)
    place = tmp_path / "tokens" / "tokens.json"
    place.chmod(0o644)
    told = problem(dataset.send("PUT", body=BODY, graph=X), 500, "storage")
    assert str(tmp_path) not in str(told)
    shutil.rmtree(place.parent)
    problem(dataset.send("PUT", body=BODY, graph=X), 401, "token-rejected")
    assert "graph/x.ttl" not in dataset.files


def test_tokens_never_appear_in_the_log_or_in_answers(
    unchanged: Writable, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "communique")
    stale = unchanged.token(expires=datetime.now(UTC) - timedelta(seconds=1))
    secrets = [
        unchanged.secret,
        stale,
        unchanged.token(Scope.READ),
        unchanged.token(graphs=["urn:other"]),
    ]
    answers = []

    def note(response: TestResponse) -> None:
        with response:  # it is logged when all of it has been read
            answers.append(response.text + str(response.headers))

    for secret in secrets:
        for sent in REQUESTS:
            note(send(unchanged, sent, secret, dry_run=""))
            note(send(unchanged, sent, secret, dry_run="", access_token=secret))
        headers = {"Authorization": f"Bearer {secret}, {secret}"}
        note(unchanged.send("PUT", body="oops", graph=X, headers=headers))
        note(unchanged.send("GET", "/data", graph=X, access_token=secret))
    written = [form.format(record) for record in caplog.records for form in (logs.Json(), plain())]
    assert len(written) >= 2 * len(answers) > 100
    for secret in secrets:
        random = secret.removeprefix("cmq_")
        assert not any(random in line for line in (*written, *answers))


def plain() -> logging.Formatter:
    """Returns the form of the plain log."""
    return logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")


def test_the_log_says_by_which_token(unchanged: Writable, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "communique.access")
    made, secret = unchanged.tokens.create("Ada <ada@example.org>", Scope.WRITE, ["*"], None)
    response = unchanged.send("PUT", body=BODY, graph=X, token=secret, dry_run="")
    accepted(response)
    response.close()
    [line] = [logs.Json().format(record) for record in caplog.records]
    assert f'"token": "{made.id}"' in line
    assert '"method": "PUT"' in line


@pytest.mark.slow
def test_a_token_is_made_used_and_revoked_while_the_server_runs(
    mini: Path, tmp_path: Path, generations: Path
) -> None:
    """As who runs it would; its log, which has every request, does not have the token."""
    place = tmp_path / "tokens.json"

    def command(*words: str) -> str:
        done = CliRunner().invoke(cli.main, ["token", words[0], "--tokens", str(place), *words[1:]])
        assert done.exit_code == 0
        return done.stdout.strip()

    def send(server: Server, secret: str) -> int:
        headers = {"Content_Type": SPARQL_UPDATE, "Authorization": f"Bearer {secret}"}
        return server.ask("sparql", UPDATE.encode(), **headers).status

    given = ("--dataset", str(mini), "--writable", "--tokens", str(place), "--log", "json")
    with running(generations, *given) as server:
        secret = command("create", "--name", "Ada <ada@example.org>", "--scope", "write")
        assert send(server, secret) == 200
        [listed] = json.loads(command("list", "--json"))
        command("revoke", listed["id"])
        assert send(server, secret) == 401
        server.process.terminate()
        output, errors = server.process.communicate(timeout=30)
    assert "INSERT DATA" not in output + errors
    assert f'"token": "{listed["id"]}"' in errors
    assert secret.removeprefix("cmq_") not in output + errors
    assert (mini / "graph" / "x.ttl").exists()
