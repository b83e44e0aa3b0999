"""Tests of the running server, from outside: a process, a socket, and Python's own HTTP client."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from waitress.adjustments import Adjustments

import queries
from communique.web import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.store.generation import Generation

FOLDER = Path(__file__).resolve().parent / "competency"
QUESTIONS = sorted(FOLDER.glob("*.rq"))


class Reply(NamedTuple):
    """What the server sent."""

    status: int
    headers: dict[str, str]
    body: bytes


class Server:
    """A server in a process of its own.

    Args:
        process: The process, just started.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.url = ""
        assert process.stderr is not None
        for line in process.stderr:
            found = re.search(r"http://\S+/", line)
            if found:
                self.url = found[0]
                break
        assert self.url, "the server ended before it listened"

    def ask(
        self,
        path: str,
        data: bytes | None = None,
        method: str | None = None,
        **headers: str,
    ) -> Reply:
        """Sends a request; underscores in the names of headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(  # noqa: S310 - our own server
            self.url + path, data, named, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
                return Reply(reply.status, dict(reply.headers), reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, dict(error.headers), error.read())


@contextmanager
def running(generations: Path, *arguments: str) -> Iterator[Server]:
    """Runs a server, and ends it."""
    command = [sys.executable, "-m", "communique", "serve", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--generations", str(generations), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Server(process)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def server(bundled: Generation) -> Iterator[Server]:
    """A server of the bundled dataset, already built."""
    with running(bundled.path.parent) as started:
        yield started


def path(query: str, **parameters: str) -> str:
    """Returns the path of a query."""
    return "sparql?" + urllib.parse.urlencode({"query": query, **parameters})


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.stem)
def test_every_sample_question_has_its_exact_answer(server: Server, question: Path) -> None:
    query = question.read_text(encoding="utf-8")
    reply = server.ask(path(query), Accept="text/csv")
    assert reply.status == 200
    header, *rows = csv.reader(io.StringIO(reply.body.decode(), newline=""))
    expected = queries.read_csv(question.with_suffix(".csv"))
    assert tuple(header) == expected.header
    assert sorted(map(tuple, rows)) == sorted(expected.rows)


def test_get_post_form_and_post_direct_agree(server: Server) -> None:
    query = "SELECT ?c (COUNT(?x) AS ?n) { ?x a ?c } GROUP BY ?c ORDER BY DESC(?n) ?c"
    form = urllib.parse.urlencode({"query": query}).encode()
    direct = {"Content_Type": "application/sparql-query"}
    replies = [
        server.ask(path(query), Accept="text/csv"),
        server.ask("sparql", form, Accept="text/csv"),
        server.ask("sparql", query.encode(), Accept="text/csv", **direct),
    ]
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1


def test_the_dataset_version_is_the_generation(server: Server, bundled: Generation) -> None:
    health = server.ask("health")
    assert json.loads(health.body)["dataset"]["digest"] == bundled.digest
    assert health.headers["Dataset-Version"] == bundled.digest
    assert health.headers["Server"].startswith("communique/")


def test_head_sends_no_body(server: Server) -> None:
    reply = server.ask(path("ASK {}"), method="HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.headers["Content-Length"]) > 0


def test_many_at_once(server: Server) -> None:
    query = QUESTIONS[0].read_text(encoding="utf-8")
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: server.ask(path(query)), range(64)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1


def test_an_error_does_not_disturb_what_follows(server: Server) -> None:
    for query in ("oops", "ASK " + "{" * 50_000, "ASK { SERVICE <http://127.0.0.1:9/> {} }"):
        assert server.ask(path(query)).status in {400, 403}
        assert server.ask("health").status == 200


def test_a_long_query_may_be_posted(server: Server) -> None:
    query = "ASK { VALUES ?x { " + "<http://example.org/x> " * 20_000 + "} }"
    reply = server.ask("sparql", query.encode(), Content_Type="application/sparql-query")
    assert (reply.status, json.loads(reply.body)["boolean"]) == (200, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_at_once_and_cleanly(bundled: Generation, number: int) -> None:
    with running(bundled.path.parent) as started:
        assert started.ask("health").status == 200
        begun = time.monotonic()
        started.process.send_signal(number)
        assert started.process.wait(timeout=10) == 0
        assert time.monotonic() - begun < 5


def test_an_address_in_use_is_a_fault_of_the_call(bundled: Generation, server: Server) -> None:
    port = server.url.rsplit(":", 1)[1].strip("/")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "communique", "serve", "--port", port),
            *("--generations", str(bundled.path.parent)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "cannot listen at 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_ipv6(bundled: Generation) -> None:
    try:
        with running(bundled.path.parent, "--host", "::1") as started:
            assert started.url.startswith("http://[::1]:")
            assert started.ask("health").status == 200
    except AssertionError:
        if Path("/proc/net/if_inet6").exists() and Path("/proc/net/if_inet6").read_text():
            raise
        pytest.skip("this machine has no IPv6")


def test_a_refused_request_has_a_path_for_the_log() -> None:
    """Waitress logs the path when the sender has gone, and had none where it refused the header."""
    parser = serving._Channel.parser_class(Adjustments())  # noqa: SLF001 - Waitress calls it
    parser.received(b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n: no name\r\n\r\n")
    assert parser.error is not None
    assert parser.path == ""
