"""Tests of the limits from outside: over HTTP, against a server in a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from communique import gate
from communique.store.workers.pool import SPARE
from communique.web import create_app
from communique.web.application import MAX_BODY
from conftest import MINI
from stores import small
from test_serving import Server, path, running

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"
LONG = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
DOUBLED = "".join(f" BIND(CONCAT(?x{i}, ?x{i}) AS ?x{i + 1})" for i in range(40))
HUGE = f"SELECT (STRLEN(?x40) AS ?n) {{ BIND('aaaaaaaa' AS ?x0) {DOUBLED} }}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small dataset, built."""
    place = tmp_path_factory.mktemp("limits")
    shutil.copytree(MINI, place / "mini")
    gate.build(place / "mini", place / "generations")
    return place


@contextmanager
def serving(place: Path, *arguments: str) -> Iterator[Server]:
    """Runs a server of the small dataset."""
    with running(place / "generations", "--dataset", str(place / "mini"), *arguments) as server:
        yield server


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Server]:
    """A server with little of everything."""
    arguments = ("--workers", "2", "--queue", "1", "--timeout", "3", "--memory", "128")
    with serving(place, *arguments, "--rows", "20000", "--cache", "4") as server:
        limit = time.monotonic() + 20
        while len(workers(server)) < 2 + SPARE:
            assert time.monotonic() < limit
            time.sleep(0.05)
        yield server


def problem(body: bytes) -> dict[str, object]:
    """Returns the members of a problem."""
    members = json.loads(body)
    assert isinstance(members, dict)
    return members


def workers(server: Server) -> set[int]:
    """Returns the process numbers of a server's workers."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        pytest.skip("this system does not list the children of a process")
    found: set[int] = set()
    for thread in Path(f"/proc/{pid}/task").iterdir():
        found |= set(map(int, (thread / "children").read_text(encoding="ascii").split()))
    return found


def connect(server: Server) -> http.client.HTTPConnection:
    """Opens a connection."""
    return http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)


def raw(server: Server, request: str) -> bytes:
    """Sends bytes, and returns all that comes back."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(request.encode())
        received = b""
        # Who is refused before all is read may find the connection reset.
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                received += piece
        return received


def test_a_query_is_stopped_at_its_deadline_and_others_are_answered_meanwhile(
    server: Server,
) -> None:
    before = workers(server)
    others: list[float] = []
    done = threading.Event()

    def go_on() -> None:
        number = 0
        while not done.is_set():
            number += 1
            begun = time.monotonic()
            assert server.ask(path(f"ASK {{ ?s ?p {number} }}")).status == 200
            others.append(time.monotonic() - begun)

    other = threading.Thread(target=go_on)
    other.start()
    begun = time.monotonic()
    reply = server.ask(path(ENDLESS, timeout="1"))
    took = time.monotonic() - begun
    gone = before - workers(server)
    done.set()
    other.join()
    assert reply.status == 504
    assert problem(reply.body)["type"] == "https://w3id.org/communique/problem/deadline"
    assert problem(reply.body)["seconds"] == 1
    assert 1 <= took < 2, "stopped within a second"
    assert len(gone) == 1
    assert len(others) > 5
    assert max(others) < 2


def test_no_client_gets_more_time_than_the_server_allows(server: Server) -> None:
    reply = server.ask(path(ENDLESS, timeout="1000"))
    assert (reply.status, problem(reply.body)["seconds"]) == (504, 3)


@pytest.mark.parametrize("timeout", ["0", "-1", "nan", "inf", "soon", "1e999", "\uff11", "1,5"])
def test_a_timeout_that_is_no_number_of_seconds_is_refused(timeout: str) -> None:
    client = create_app(small()).test_client()
    response = client.get(path("ASK {}", timeout=timeout))
    assert response.status_code == 400
    assert json.loads(response.data)["type"].endswith("/request")
    assert client.get(path("ASK {}", timeout="0.5")).status_code == 200
    assert client.get(path("ASK {}", timeout="") + "&timeout=1&timeout=1").status_code == 400


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux limits memory")
def test_a_query_is_stopped_over_its_memory(server: Server) -> None:
    reply = server.ask(path(HUGE))
    assert reply.status == 507
    assert "128 MiB" in str(problem(reply.body)["detail"])
    assert server.ask(path("ASK {}")).status == 200


def test_a_worker_that_crashes_is_a_problem_that_names_the_cause(server: Server) -> None:
    before = workers(server)

    def kill() -> None:
        for pid in before:
            os.kill(pid, signal.SIGSEGV)

    killer = threading.Timer(0.7, kill)
    killer.start()
    reply = server.ask(path(ENDLESS))
    killer.join()
    assert (reply.status, problem(reply.body)["cause"]) == (500, "SIGSEGV")
    # The other worker was idle; whoever gets it next is told, and then all is well.
    assert {server.ask(path(f"ASK {{ ?s ?p 'x{i}' }}")).status for i in range(2)} <= {200, 500}
    assert {server.ask(path(f"ASK {{ ?s ?p 'y{i}' }}")).status for i in range(4)} == {200}


def test_a_large_answer_leaves_before_it_is_whole_and_breaks_off_at_a_limit(
    server: Server,
) -> None:
    """The beginning comes at once, and the end is no end: the client can tell."""
    connection = connect(server)
    begun = time.monotonic()
    connection.request("GET", "/" + path(LONG), headers={"Accept": "text/csv"})
    reply = connection.getresponse()
    assert reply.status == 200
    assert reply.headers["Transfer-Encoding"] == "chunked"
    first = reply.read(1000)
    assert first.startswith(b"a,b,c,d,e,f")
    with pytest.raises(http.client.IncompleteRead):
        reply.read()
    assert time.monotonic() - begun < 10
    connection.close()


def test_an_answer_over_a_limit_from_the_start_is_a_problem(place: Path) -> None:
    with serving(place, "--rows", "5") as server:
        reply = server.ask(path("SELECT * { ?s ?p ?o }"))
        assert (reply.status, problem(reply.body)["clause"]) == (403, "rows")
        assert server.ask(path("SELECT * { ?s ?p ?o } LIMIT 5")).status == 200


def test_over_http_1_0_an_answer_is_whole_or_a_problem(server: Server) -> None:
    """There a client could not tell an answer that breaks off from a whole one."""
    few = quote("SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 5000")
    received = raw(server, f"GET /sparql?query={few} HTTP/1.0\r\nAccept: text/csv\r\n\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert body.count(b"\r\n") == 5001
    received = raw(server, f"GET /sparql?query={quote(LONG)} HTTP/1.0\r\n\r\n")
    assert received.startswith(b"HTTP/1.0 403 ")
    assert json.loads(received.partition(b"\r\n\r\n")[2])["clause"] == "rows"


def test_a_full_queue_is_503_with_retry_after_and_the_state_is_to_be_had(server: Server) -> None:
    replies: list[int] = []
    threads = [
        threading.Thread(
            target=lambda n=n: replies.append(server.ask(path(f"{ENDLESS} #{n}")).status)
        )
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    time.sleep(1)
    reply = server.ask(path("ASK { ?s ?p 'unasked' }"))
    assert reply.status == 503
    assert int(reply.headers["Retry-After"]) > 0
    assert problem(reply.body)["type"] == "https://w3id.org/communique/problem/busy"
    for name in ("health", "ready", "metrics", ""):
        assert server.ask(name).status == 200
    for thread in threads:
        thread.join()
    assert set(replies) == {503, 504}
    assert replies.count(503) >= 3


def test_a_query_whose_client_has_gone_is_stopped(server: Server) -> None:
    before = workers(server)
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(
            f"GET /sparql?query={quote(ENDLESS)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        )
        time.sleep(0.5)
    limit = time.monotonic() + 2  # before the deadline
    while not before - workers(server):
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_a_repeated_query_is_answered_from_the_cache(server: Server) -> None:
    query = "SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o . ?s ?q ?x } GROUP BY ?s ORDER BY ?s"
    first = server.ask(path(query))
    hits = count(server, 'communique_cache_questions_total{outcome="hit"}')
    assert server.ask(path(f"\n{query}\n")).body == first.body
    assert count(server, 'communique_cache_questions_total{outcome="hit"}') == hits + 1
    assert server.ask(path(query), Accept="text/csv").body != first.body
    now = [server.ask(path("SELECT (UUID() AS ?x) {}")).body for _ in range(2)]
    assert now[0] != now[1]


def count(server: Server, name: str) -> float:
    """Returns a count of a server's metrics."""
    lines = server.ask("metrics").body.decode().splitlines()
    return next(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + " "))


def test_large_requests_are_refused(server: Server) -> None:
    body = b"ASK {} #" + b"x" * MAX_BODY
    reply = server.ask("sparql", body, Content_Type="application/sparql-query")
    assert reply.status == 413
    received = raw(
        server,
        "POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    )
    assert received.startswith(b"HTTP/1.1 413 ")
    received = raw(server, f"GET / HTTP/1.1\r\nHost: x\r\nX: {'x' * 300_000}\r\n\r\n")
    assert not received or b" 431 " in received.split(b"\r\n", 1)[0]
    assert server.ask("health").status == 200


@pytest.mark.slow
def test_memory_of_the_server_stays_flat_while_it_sends(place: Path) -> None:
    """A hundred megabytes pass through; the server holds none of them."""
    with serving(place, "--rows", "0", "--size", "100") as server:
        status = Path(f"/proc/{server.process.pid}/status")
        if not status.exists():
            pytest.skip("this system does not tell the memory of a process")
        assert server.ask(path("ASK {}")).status == 200
        connection = connect(server)
        connection.request("GET", "/" + path(LONG))
        reply = connection.getresponse()
        size, largest = 0, 0
        before = resident(status)
        with contextlib.suppress(http.client.IncompleteRead):
            while piece := reply.read(1024 * 1024):
                size += len(piece)
                largest = max(largest, resident(status))
        connection.close()
        assert size > 90 * 1024 * 1024
        assert largest - before < 32 * 1024 * 1024


def resident(status: Path) -> int:
    """Returns the memory of its own that a process has, in bytes."""
    lines = status.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def test_stopping_lets_what_runs_finish_and_then_stops_the_rest(place: Path) -> None:
    with serving(place, "--grace", "2", "--timeout", "30") as server:
        statuses: list[int] = []

        def run(query: str, timeout: str) -> None:
            statuses.append(server.ask(path(query, timeout=timeout)).status)

        threads = [
            threading.Thread(target=run, args=[ENDLESS, "1.5"]),
            threading.Thread(target=run, args=[ENDLESS + "#", "20"]),
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.8)
        children = workers(server)
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        assert server.process.wait(timeout=10) == 0
        assert time.monotonic() - begun < 6
        assert statuses == [504, 503]
        assert not any(Path(f"/proc/{pid}").exists() for pid in children)


def test_a_server_that_is_killed_takes_its_workers_with_it(place: Path) -> None:
    with serving(place) as server:
        assert server.ask(path("ASK {}")).status == 200
        children = workers(server)
        assert children
        server.process.kill()
        server.process.wait()
        limit = time.monotonic() + 5
        while any(Path(f"/proc/{pid}").exists() for pid in children):
            assert time.monotonic() < limit
            time.sleep(0.05)


def test_serving_an_existing_generation_starts_in_under_a_second_of_its_own_time(
    place: Path,
) -> None:
    with serving(place) as server:
        assert server.ask(path("ASK {}")).status == 200
        stat = Path(f"/proc/{server.process.pid}/stat")
        if not stat.exists():
            pytest.skip("this system does not tell the time of a process")
        fields = stat.read_text(encoding="ascii").rsplit(")", 1)[1].split()
        seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        assert seconds < 1
