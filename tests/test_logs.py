"""Tests of what the log says of a request, and what it does not."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from communique.web import create_app
from communique.web.logs import REQUEST_ID, Json, Observation, configure
from stores import EX, Finishing, small

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

SECRET = f"SELECT * {{ ?s <{EX}what-nobody-should-know> ?o }}"


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A client of the application."""
    app = create_app(small())
    app.test_client_class = Finishing
    return app.test_client()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log, with every request."""
    with caplog.at_level(logging.INFO, "communique"):
        yield caplog


def seen(lines: pytest.LogCaptureFixture) -> Observation:
    """Returns what was seen of the only request."""
    (record,) = lines.records
    found = vars(record)["seen"]
    assert isinstance(found, Observation)
    return found


def test_a_request_is_one_line(client: FlaskClient, lines: pytest.LogCaptureFixture) -> None:
    response = client.get("/health", headers={REQUEST_ID: "a-1.b_2"})
    entry = json.loads(Json().format(lines.records[0]))
    assert response.headers[REQUEST_ID] == "a-1.b_2"
    assert entry.pop("seconds") < 5
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", entry.pop("time"))
    assert entry == {
        "level": "info",
        "logger": "communique.access",
        "request_id": "a-1.b_2",
        "client": "127.0.0.1",
        "method": "GET",
        "path": "/health",
        "route": "/health",
        "status": 200,
        "size": len(response.data),
    }
    assert str(seen(lines)).startswith("127.0.0.1 GET /health 200 ")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_query_is_not_in_the_log(
    client: FlaskClient, lines: pytest.LogCaptureFixture, method: str
) -> None:
    parameters = urlencode({"query": SECRET})
    if method == "GET":
        client.get(f"/sparql?{parameters}")
    else:
        client.post("/sparql", data={"query": SECRET})
    found = seen(lines)
    text = Json().format(lines.records[0]) + str(found) + lines.records[0].getMessage()
    assert "nobody" not in text
    assert re.fullmatch("[0-9a-f]{16}", found.query or "")
    assert found.query_length == len(SECRET)


def test_faults_are_seen_too(client: FlaskClient, lines: pytest.LogCaptureFixture) -> None:
    client.get("/sparql?query=oops")
    assert (seen(lines).status, seen(lines).route) == (400, "/sparql")


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", 'a"b', "é", "a\tb", "../x"])
def test_a_request_id_that_is_not_sane_is_replaced(
    client: FlaskClient, lines: pytest.LogCaptureFixture, given: str
) -> None:
    response = client.get("/health", headers={REQUEST_ID: given})
    assert re.fullmatch("[0-9a-f]{16}", response.headers[REQUEST_ID])
    assert seen(lines).request_id == response.headers[REQUEST_ID]


def test_request_ids_differ(client: FlaskClient) -> None:
    assert len({client.get("/health").headers[REQUEST_ID] for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "path", ["/a%0A2026 WARNING forged", "/a%0D%0Ab", "/a%1B[31m", "/%E2%80%A8"]
)
def test_a_request_cannot_forge_a_line(
    client: FlaskClient, lines: pytest.LogCaptureFixture, path: str
) -> None:
    client.get(path)
    for text in (Json().format(lines.records[0]), logging.Formatter().format(lines.records[0])):
        assert text.isascii()
        assert text.isprintable()


def test_a_long_path_is_cut(client: FlaskClient, lines: pytest.LogCaptureFixture) -> None:
    client.get("/" + "x" * 5000)
    assert len(seen(lines).path) == 200


def test_json_has_faults_of_the_program_with_their_traceback() -> None:
    error = ValueError("this")
    info = (type(error), error, None)
    record = logging.LogRecord("communique.x", logging.ERROR, "", 1, "it %s", ("failed",), info)
    entry = json.loads(Json().format(record))
    assert (entry["level"], entry["message"]) == ("error", "it failed")
    assert "ValueError: this" in entry["traceback"]


@pytest.mark.parametrize(
    ("form", "pattern"),
    [("quiet", ""), ("plain", r".* INFO communique\.access: it\n"), ("json", r"\{.*\}\n")],
)
def test_the_log_has_the_form_that_is_chosen(
    form: str, pattern: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root, ours = logging.getLogger(), logging.getLogger("communique")
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(ours, "level", ours.level)
    configure(form)
    logging.getLogger("communique.access").info("it")
    assert re.fullmatch(pattern, capsys.readouterr().err)
    ours.setLevel(logging.NOTSET)
