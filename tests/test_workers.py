"""Tests of the workers: what is stopped is stopped for real, and nobody else notices."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from communique.errors import (
    Busy,
    DeadlineExceeded,
    EngineFailure,
    MemoryExceeded,
    QuerySyntaxError,
    RefusedQuery,
    UnwritableAnswer,
)
from communique.store.generation import Generation, open_generation
from communique.store.workers import messages
from communique.store.workers.asking import Inline, Question
from communique.store.workers.messages import EXCERPT
from communique.store.workers.pool import SPARE, Limits, Pool
from communique.store.writing import Bounds
from stores import EX, small

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = "application/sparql-results+json"
FORMS = {"select": JSON, "ask": JSON, "graph": "text/turtle"}
MEMORY = 128 * 1024 * 1024
ROWS = 200_000
NUMBERS = " ".join(map(str, range(2000)))
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o VALUES ?x {{ {NUMBERS} }} }}"
"""It takes time and no memory."""
DOUBLED = "".join(f" BIND(CONCAT(?x{i}, ?x{i}) AS ?x{i + 1})" for i in range(40))
LONG = f"SELECT ?s ?o ?x {{ ?s ?p ?o VALUES ?x {{ {NUMBERS} }} }}"
"""Four hundred million rows, the first of which are there at once."""
HUGE = {
    "a string": f"SELECT (STRLEN(?x40) AS ?n) {{ BIND('aaaaaaaa' AS ?x0) {DOUBLED} }}",
    "distinct rows": "SELECT DISTINCT ?a ?c ?d ?f { ?a ?b ?c . ?d ?e ?f }",
}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """A generation of many triples."""
    place = tmp_path_factory.mktemp("large")
    store = ox.Store(str(place / "store"))
    predicate = ox.NamedNode(f"{EX}p")
    store.bulk_extend(
        ox.Quad(ox.NamedNode(f"{EX}s{i}"), predicate, ox.Literal(f"the value {i}"))
        for i in range(ROWS)
    )
    store.flush()
    (place / "manifest.json").write_text('{"digest": "0"}', encoding="utf-8")
    del store
    return open_generation(place)


@pytest.fixture(scope="module")
def shared(large: Generation) -> Iterator[Pool]:
    """A pool of two workers, with little memory, that ends as it began."""
    pool = Pool(large.path, Limits(workers=2, queue=1, memory=MEMORY))
    wait_until(lambda: pool.state.idle == 2 + SPARE)
    yield pool
    assert pool.state.busy == pool.state.waiting == 0
    wait_until(lambda: pool.state.idle == 2 + SPARE)
    pids = pool.pids
    pool.close()
    assert not any(map(is_alive, pids))


def question(text: str, bounds: Bounds | None = None) -> Question:
    """Returns a question whose answer is to have a common form."""
    return Question(text, forms=FORMS, bounds=bounds or Bounds())  # type: ignore[arg-type]


def ask(pool: Pool, generation: Generation, text: str, seconds: float = 60) -> bytes:
    """Returns the whole answer to a query."""
    with pool.ask(generation, question(text), seconds) as stream:
        return b"".join(stream)


def is_alive(pid: int) -> bool:
    """Tells whether there is a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition: object, seconds: float = 20) -> None:
    """Waits for something to become true."""
    assert callable(condition)
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_workers_answer_as_the_process_itself_does(large: Generation, shared: Pool) -> None:
    inline = Inline()
    for text in (
        f"SELECT ?o {{ <{EX}s7> ?p ?o }}",
        f"ASK {{ <{EX}s7> ?p 'another' }}",
        f"DESCRIBE <{EX}s7>",
        "SELECT ?s ?o { ?s ?p ?o } LIMIT 9000",
    ):
        expected = inline.ask(large, question(text), 1)
        with shared.ask(large, question(text), 60) as stream:
            assert stream.head == expected.head
            assert b"".join(stream) == expected.whole


def test_a_short_answer_is_whole_at_once(large: Generation, shared: Pool) -> None:
    with shared.ask(large, question("ASK {}"), 60) as stream:
        assert stream.whole == b'{"head":{},"boolean":true}'


def test_the_faults_of_a_query_are_told_as_they_are(large: Generation, shared: Pool) -> None:
    with pytest.raises(QuerySyntaxError) as syntax:
        ask(shared, large, "SELECT *\nWHERE { oops }")
    assert (syntax.value.line, syntax.value.column) == (2, 9)
    with pytest.raises(RefusedQuery) as refused:
        ask(shared, large, "ASK { SERVICE <http://example.org/> {} }")
    assert refused.value.clause == "SERVICE"
    xml = Question(
        "SELECT ?x { BIND('\\u0001' AS ?x) }", forms={"select": "application/sparql-results+xml"}
    )
    with pytest.raises(UnwritableAnswer):
        shared.ask(large, xml, 60)
    assert ask(shared, large, "ASK {}")


def test_a_query_over_its_deadline_is_stopped_and_others_do_not_notice(
    large: Generation, shared: Pool
) -> None:
    before = set(shared.pids)
    others: list[float] = []
    done = threading.Event()

    def go_on() -> None:
        while not done.is_set():
            begun = time.monotonic()
            assert ask(shared, large, f"ASK {{ <{EX}s1> ?p ?o }}")
            others.append(time.monotonic() - begun)

    other = threading.Thread(target=go_on)
    other.start()
    begun = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="1 seconds"):
        ask(shared, large, ENDLESS, 1)
    over = time.monotonic() - begun - 1
    gone = before - set(shared.pids)
    done.set()
    other.join()
    assert len(gone) == 1
    assert not is_alive(gone.pop())
    assert 0 <= over < 1
    assert len(others) > 5
    assert max(others) < 1.5
    assert shared.state.ended["deadline"] == 1


def test_the_deadline_holds_while_the_answer_is_read(large: Generation, shared: Pool) -> None:
    with shared.ask(large, question(LONG), 1) as stream:
        assert stream.whole is None
        with pytest.raises(DeadlineExceeded):
            for _ in stream:
                pass


def test_the_deadline_holds_when_nobody_reads(large: Generation, shared: Pool) -> None:
    with shared.ask(large, question(LONG), 0.5) as stream:
        time.sleep(1)
        with pytest.raises(DeadlineExceeded):
            list(stream)


def test_who_does_not_read_keeps_no_worker_beyond_the_deadline(
    large: Generation, shared: Pool
) -> None:
    held = [shared.ask(large, question(LONG), 0.5) for _ in range(2)]
    assert ask(shared, large, "ASK {}", 20)
    wait_until(lambda: shared.state.idle == 2 + SPARE)
    assert shared.state.busy == 0
    for stream in held:
        with pytest.raises(DeadlineExceeded):
            list(stream)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits private memory")
@pytest.mark.parametrize("name", HUGE)
def test_a_query_over_its_memory_is_stopped(large: Generation, shared: Pool, name: str) -> None:
    with pytest.raises(MemoryExceeded, match="128 MiB"):
        ask(shared, large, HUGE[name])
    assert ask(shared, large, "ASK {}")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_crash_is_told_with_its_cause_and_survived(
    large: Generation, shared: Pool, number: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    before = set(shared.pids)

    def kill() -> None:
        for pid in busy(shared):
            os.kill(pid, number)

    killer = threading.Timer(0.5, kill)
    killer.start()
    with pytest.raises(EngineFailure, match=number.name):
        ask(shared, large, ENDLESS)
    killer.join()
    assert len(before - set(shared.pids)) == 1
    assert ask(shared, large, "ASK {}")
    assert number.name in caplog.text


def busy(pool: Pool) -> list[int]:
    """Returns the workers that run a query."""
    return [worker.pid for worker in pool._busy]  # noqa: SLF001 - nobody else needs to know


def test_an_idle_worker_that_dies_is_replaced(large: Generation) -> None:
    pool = Pool(large.path, Limits(workers=1, queue=1, memory=0))
    wait_until(lambda: pool.state.idle == 1 + SPARE)
    pids = pool.pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for _ in pids:
        with pytest.raises(EngineFailure):
            ask(pool, large, "ASK {}")
    assert ask(pool, large, "ASK {}")
    pool.close()


def test_the_first_rows_leave_before_the_last_is_computed(large: Generation, shared: Pool) -> None:
    with shared.ask(large, question(LONG), 60) as stream:
        pieces = iter(stream)
        assert next(pieces).startswith(b'{"head":{"vars":["s","o","x"]}')
        assert next(pieces)


@pytest.mark.slow
def test_memory_stays_flat_however_large_the_answer(large: Generation, shared: Pool) -> None:
    size = rows = 0
    with shared.ask(
        large, question("SELECT ?s ?o ?x { ?s ?p ?o VALUES ?x { 1 2 3 } }"), 120
    ) as stream:
        before = memory(os.getpid())
        for piece in stream:
            size += len(piece)
            rows += piece.count(b'"s":{')
            assert memory(os.getpid()) - before < 16 * 1024 * 1024
    assert size > 60_000_000
    # One may lie across the border of two pieces.
    assert rows > 3 * ROWS * 0.99
    assert all(memory(pid) < 96 * 1024 * 1024 for pid in shared.pids)


def memory(pid: int) -> int:
    """Returns the resident memory of a process that is its own, in bytes."""
    if not Path(f"/proc/{pid}/status").exists():
        pytest.skip("only Linux tells it")
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def test_an_answer_that_nobody_reads_on_is_stopped(large: Generation, shared: Pool) -> None:
    stream = shared.ask(large, question(LONG), 60)
    stream.close()
    assert shared.state.busy == 0
    stream = shared.ask(large, question(LONG), 60)
    del stream
    assert shared.state.busy == 0


def test_a_query_is_stopped_when_its_client_has_gone(large: Generation, shared: Pool) -> None:
    begun = time.monotonic()
    with pytest.raises(EngineFailure, match="nobody"):
        shared.ask(large, question(ENDLESS), 60, lambda: time.monotonic() - begun > 0.5)
    assert time.monotonic() - begun < 5


def test_no_more_wait_than_may(large: Generation, shared: Pool) -> None:
    """Two run, one waits, and the next is turned away."""
    faults: list[Exception] = []

    def run(seconds: float) -> None:
        with pytest.raises((Busy, DeadlineExceeded)) as caught:
            ask(shared, large, ENDLESS, seconds)
        faults.append(caught.value)

    threads = [threading.Thread(target=run, args=[seconds]) for seconds in (3, 3, 0.5)]
    for thread in threads[:2]:
        thread.start()
    wait_until(lambda: shared.state.busy == 2)
    threads[2].start()
    wait_until(lambda: shared.state.waiting == 1)
    with pytest.raises(Busy, match="too many") as caught:
        ask(shared, large, "ASK {}")
    assert caught.value.retry_after > 0
    for thread in threads:
        thread.join()
    assert [type(fault) for fault in faults] == [Busy, DeadlineExceeded, DeadlineExceeded]
    assert ask(shared, large, "ASK {}")


def test_what_is_brief_finds_a_worker_while_queries_keep_the_others_busy(
    large: Generation, shared: Pool
) -> None:
    wait_until(lambda: shared.state.idle == 2 + SPARE)
    running = [shared.ask(large, question(LONG), 60) for _ in range(2)]
    with pytest.raises(Busy, match="no query finished within"):
        ask(shared, large, "ASK {}", 0.1)
    with shared.ask(large, Brief("ASK {}", forms=FORMS), 60) as stream:  # type: ignore[arg-type]
        assert b"".join(stream) == b'{"head":{},"boolean":true}'
    for stream in running:
        stream.close()


class Brief(Question):
    """A question that is known to be answered soon."""

    is_brief = True


def test_bounds_hold_in_a_worker(large: Generation, shared: Pool) -> None:
    with pytest.raises(RefusedQuery, match="more than 5 rows"):
        shared.ask(large, question("SELECT * { ?s ?p ?o } LIMIT 6", Bounds(rows=5)), 60)
    # Here the beginning has left before it is known.
    with (
        shared.ask(large, question("SELECT * { ?s ?p ?o }", Bounds(size=9_000_000)), 60) as stream,
        pytest.raises(RefusedQuery, match="longer than 9000000 bytes"),
    ):
        list(stream)
    assert ask(shared, large, "ASK {}")


def test_closing_waits_for_what_runs_as_long_as_it_may(large: Generation) -> None:
    pool = Pool(large.path, Limits(workers=1, queue=1, memory=0))
    assert ask(pool, large, "ASK {}")
    with pool.ask(large, question("SELECT * { ?s ?p ?o } LIMIT 50000"), 60) as stream:
        closing = threading.Thread(target=pool.close, args=[30])
        closing.start()
        wait_until(lambda: not pool.is_open)
        with pytest.raises(Busy, match="stopping"):
            ask(pool, large, "ASK {}")
        assert b"".join(stream).endswith(b"]}}")
    closing.join()
    assert pool.state.busy == pool.state.idle == 0


def test_closing_stops_what_runs_longer(large: Generation) -> None:
    pool = Pool(large.path, Limits(workers=1, queue=1, memory=0))
    faults: list[BaseException] = []

    def run() -> None:
        with pytest.raises(Busy) as caught:
            ask(pool, large, ENDLESS)
        faults.append(caught.value)

    running = threading.Thread(target=run)
    running.start()
    wait_until(lambda: pool.state.busy == 1)
    pool.close(0.3)
    running.join()
    assert "stopping" in str(faults[0])
    assert pool.pids == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits private memory")
def test_a_worker_that_grew_too_large_gives_way_to_a_new_one(large: Generation) -> None:
    """So little that the store's own cache fills half of it, or that a query lacks it."""
    pool = Pool(large.path, Limits(workers=1, queue=1, memory=20 * 1024 * 1024))
    first = pool.pids
    for _ in range(20):
        with contextlib.suppress(MemoryExceeded):
            ask(pool, large, "SELECT * { ?s ?p ?o } ORDER BY ?o LIMIT 1")
        if pool.state.ended:
            break
    assert set(pool.state.ended) <= {"retired", "memory"}
    assert pool.pids != first
    assert ask(pool, large, "ASK {}")
    pool.close()


def test_a_worker_ends_with_the_server_whatever_it_is_doing(large: Generation) -> None:
    code = f"""
import os, threading
from pathlib import Path
from communique.store.generation import open_generation
from communique.store.workers.pool import Limits, Pool
from communique.store.workers.asking import Question
generation = open_generation(Path({str(large.path)!r}))
pool = Pool(generation.path, Limits(1, 1, 0))
threading.Timer(1, lambda: (print(*pool.pids, flush=True), os._exit(1))).start()
pool.ask(generation, Question({ENDLESS!r}, forms={{"select": {JSON!r}}}), 60)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )
    pids = list(map(int, done.stdout.split()))
    assert pids
    wait_until(lambda: not any(map(is_alive, pids)), 5)


def test_a_generation_that_cannot_be_opened_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pool = Pool(tmp_path, Limits(workers=1, queue=1, memory=0))
    with pytest.raises(EngineFailure, match="exit status 1"):
        ask(pool, small(), "ASK {}")
    assert "cannot be opened" in caplog.text
    pool.close()


@pytest.mark.parametrize(
    "fault",
    [
        QuerySyntaxError("a reason", 1, 2, "do this"),
        RefusedQuery("a message", "an advice", clause="SERVICE"),
        UnwritableAnswer("a message", "an advice"),
        MemoryExceeded(2**20),
    ],
)
def test_faults_survive_the_way(fault: RefusedQuery) -> None:
    read = messages.decode_fault(messages.encode_fault(fault)[1:])
    assert type(read) is type(fault)
    assert str(read) == str(fault)
    assert vars(read) == vars(fault)


def test_excerpts_survive_the_way() -> None:
    generation: Generation = small()
    forms = {"select": EXCERPT, "ask": EXCERPT, "graph": EXCERPT}
    texts = (
        "SELECT ?s ?o ?u { ?s ?p ?o }",
        "SELECT * { ?s ?p ?o }",
        "ASK {}",
        "CONSTRUCT WHERE { ?s ?p ?o }",
    )
    for text in texts:
        for rows in (1, 5):
            reply = Inline().ask(
                generation,
                Question(text, forms=forms, rows=rows),  # type: ignore[arg-type]
                1,
            )
            excerpt = messages.decode_excerpt(reply.whole or b"")
            assert messages.encode_excerpt(excerpt) == reply.whole
            assert excerpt.is_cut == (rows == 1 and excerpt.kind != "ask")
            assert len(excerpt.rows) == (min(rows, 2) if excerpt.kind == "select" else 0)


def test_messages_leave_together_but_a_piece_leaves_at_once() -> None:
    written: list[bytes] = []
    sender = messages.Sender(written.append)
    for message in (b"Hhead", b"Dpiece", b"Llast", b"", b"E"):
        sender.send(message)
    sender.flush()
    assert [list(messages.split(one)) for one in written] == [
        [b"Hhead", b"Dpiece"],
        [b"Llast", b"", b"E"],
    ]


@pytest.mark.parametrize("written", [b"\0\0", b"\0\0\0\2x", b"\0\0\0\1xy", b"nonsense"])
def test_a_worker_that_writes_what_nobody_understands_is_told_so(written: bytes) -> None:
    with pytest.raises(EngineFailure, match="nobody understands"):
        list(messages.split(written))
