"""Tests of the benchmark of endpoints: its queries, its clients, and how answers are compared."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from benchmarks import answers, corpus, endpoint_report, load, mix, servers
from benchmarks.endpoint_report import Measured
from benchmarks.servers import CACHED, NOTHING, OXIGRAPH, UNCACHED, Data
from benchmarks.workers import ours_generation
from communique.store.generation import open_generation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATE = "http://www.w3.org/2001/XMLSchema#dateTime"


def table(*values: dict[str, str]) -> bytes:
    """Returns an answer with one column."""
    bindings = [{"x": value} for value in values]
    return json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": bindings}}).encode()


def read(body: bytes) -> answers.Answer:
    return answers.read(body, mix.TABLE)


def test_rows_count_in_any_order() -> None:
    first, second = {"type": "uri", "value": "urn:a"}, {"type": "uri", "value": "urn:b"}
    assert read(table(first, second)) == read(table(second, first))
    assert read(table(first, second)) != read(table(first, first))
    assert read(table(first, second)).rows == 2


def test_a_value_counts_not_its_spelling() -> None:
    zulu = {"type": "literal", "value": "2005-11-01T00:00:00Z", "datatype": DATE}
    zero = {"type": "typed-literal", "value": "2005-11-01T00:00:00+00:00", "datatype": DATE}
    assert read(table(zulu)) == read(table(zero))
    other = zulu | {"value": "2005-11-01T00:00:01Z"}
    assert read(table(zulu)) != read(table(other))


def test_a_literal_is_no_iri_and_a_language_counts() -> None:
    plain = {"type": "literal", "value": "urn:a"}
    assert len({read(table(plain)), read(table(plain | {"type": "uri"}))}) == 2
    assert len({read(table(plain)), read(table(plain | {"xml:lang": "en"}))}) == 2


def test_triples_are_a_set_and_verdicts_are_told_in_several_ways() -> None:
    once, twice = b"<urn:a> <urn:b> 1, 2 .", b"<urn:a> <urn:b> 2 , 1 , 1 ."
    assert answers.read(once, mix.GRAPH) == answers.read(twice, mix.GRAPH)
    assert read(b'{"head": {}, "boolean": true}').rows == 1
    assert read(b'{"head": {}, "boolean": false}').rows == 0
    column = {"__ASK_RETVAL": {"type": "typed-literal", "value": "1"}}
    virtuoso = {"head": {"vars": list(column)}, "results": {"bindings": [column]}}
    assert read(json.dumps(virtuoso).encode()) == read(b'{"head": {}, "boolean": true}')


def query(name: str = "one") -> mix.Query:
    values = ({"x": "<urn:a>", "y": "1"}, {"x": "<urn:b>", "y": "2"})
    return mix.Query(name, "SELECT * WHERE { $x ?p $y }\n", values)


def test_parameters_are_filled_in() -> None:
    assert query().fill(0) == "SELECT * WHERE { <urn:a> ?p 1 }\n"
    assert query().fill(3) == "SELECT * WHERE { <urn:b> ?p 2 }\n"


def test_no_two_requests_that_vary_have_the_same_text() -> None:
    asked = [one.text for some in islice(mix.passes([query()], 1), 20) for one in some]
    assert len(set(asked)) == 20
    assert {re.sub("#.*\n", "", text) for text in asked} == {query().fill(0), query().fill(1)}


def test_repeated_requests_are_the_same_each_time() -> None:
    (first,), (second,) = mix.repeated([query()], 2)
    assert [first.text, second.text] == [query().fill(0), query().fill(1)]


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", b"\r\n", b"a", b"b"], 4),
        ([b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n", b"0\r\n\r\n"], 2),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"], 1),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], 1),
    ],
)
def test_a_response_is_known_to_be_whole(pieces: list[bytes], whole: int) -> None:
    response = load.Response()
    found = []
    for piece in pieces:
        response.data += piece
        found.append(response.is_whole())
    assert found == [False] * (whole - 1) + [True]


def test_a_failure_is_no_answer() -> None:
    response = load.Response(bytearray(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"))
    with pytest.raises(load.Refused, match="503 Busy"):
        response.is_whole()


@contextmanager
def nothing(folder: Path) -> Iterator[servers.Endpoint]:
    """Runs the endpoint that does nothing."""
    start = servers.start_nothing
    with start(Data(folder, folder, folder, folder), folder) as endpoint:
        yield endpoint


def test_clients_ask_whole_passes(tmp_path: Path) -> None:
    with nothing(tmp_path) as endpoint:
        queries = [query("one"), query("two")]
        plan = {
            "port": endpoint.port,
            "clients": 3,
            "seconds": 0.05,
            "passes": [
                [(number, mix.request("/sparql", one)) for number, one in enumerate(some)]
                for some in mix.repeated(queries, 2)
            ],
        }
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.load"],
            input=json.dumps(plan),
            capture_output=True,
            text=True,
            check=True,
            cwd=mix.FOLDER.parent.parent,
        )
    found = json.loads(done.stdout)
    asked = {name: len(some) for name, some in found["latencies"].items()}
    assert asked["0"] == asked["1"] > 1
    assert all(0 < latency < 30 for some in found["latencies"].values() for latency in some)


def test_the_report_says_what_was_reached() -> None:
    measured = [
        Measured(name, is_repeated, 1, 1.0, {"one": [1 / rate] * rate})
        for name, is_repeated, rate in (
            (UNCACHED, False, 90),
            (CACHED, True, 200),
            (OXIGRAPH, False, 100),
            (OXIGRAPH, True, 100),
            (NOTHING, False, 1000),
        )
    ]
    told = {"default": 10, "quads": 20}
    text = endpoint_report.write(measured, {"one": 3}, told, 5, {"x": "1"})
    assert "| varying ÷ Oxigraph | 1 | 0.90 | at least 0.8 | yes |" in text
    assert "| repeated ÷ Oxigraph | 1 | 2.00 | at least 3 | **no** |" in text
    assert "| one | 3 | 11.11 | 10.00 |" in text


@pytest.mark.slow
def test_every_query_has_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus.write(80, 1, tmp_path / "corpus")
    places = [tmp_path / name for name in ("corpus", "generations", "default.nt")]
    monkeypatch.setattr(sys, "argv", ["ours_generation", *map(str, places)])
    ours_generation.main()
    (path,) = places[1].iterdir()
    store = open_generation(path).store
    queries = mix.read(store, 50, 1)
    assert len(queries) == 10
    for one in queries:
        for number in range(len(one.values)):
            found = store.query(one.fill(number))
            assert bool(found) if isinstance(found, ox.QueryBoolean) else next(iter(found), None)
