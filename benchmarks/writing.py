"""Measures guarded changes over HTTP, alone and beside readers, and writes docs/benchmarks.md.

    python -m benchmarks.writing

Takes about half an hour, after the corpora are made, and wants a machine that does nothing else.
The server runs with `--writable` and its defaults; a change is acknowledged when it is validated,
reasoned over, on disk and in service, and the clock stops when the client has the answer.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pyoxigraph as ox

from benchmarks import endpoint, environment, measuring, mix, report, servers
from communique import sources
from communique.tokens import Scope, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from benchmarks.mix import Query
    from benchmarks.servers import Data

    Latencies = list[float]

SIZES: Final = (100, 10_000)
CLIENTS: Final = 8
WARMING: Final = 10
"""How many changes of each kind are made before any is measured."""
_VALUES: Final = 200
_PASSES: Final = 500
_MILLI: Final = 1000
_PATIENCE: Final = 120
_PERCENTILES: Final = 100
KINDS: Final = {
    "add": "a new article",
    "rewrite": "an article rewritten",
    "remove": "an article removed",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a corpus of one size.

    Attributes:
        articles: How many articles it has.
        quads: How many quads its generation has.
        changes: The seconds of each change, by kind.
        writes: Those of the changes beside readers.
        seconds: How long that took.
        alone: What readers met without changes: queries for each second, and their latencies.
        beside: What they met beside changes.
    """

    articles: int
    quads: int
    changes: dict[str, Latencies]
    writes: Latencies
    seconds: float
    alone: tuple[float, Latencies]
    beside: tuple[float, Latencies]


class Writer:
    """A client that changes articles, one after another, on one connection.

    Args:
        port: The port of the server.
        secret: A token.
        root: The dataset's folder.
    """

    def __init__(self, port: int, secret: str, root: Path) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "text/turtle"}
        self._random = Random(endpoint.SEED)
        self._articles = sorted((root / "graph" / "articles").rglob("*.ttl"))
        self._numbers = itertools.count(1)
        self._added: list[str] = []
        self._originals: dict[str, str] = {}
        self._negative: set[str] = set()

    def add(self) -> float:
        """Add a new article like one that is there; return how long it took, in seconds."""
        slug, text = self._any()
        new = f"written-{next(self._numbers)}"
        text = re.sub(rf"\b{re.escape(slug)}\b", new, text)
        self._added.append(_graph(text))
        return self._send("PUT", _graph(text), text, HTTPStatus.CREATED)

    def rewrite(self) -> float:
        """Give an article another title, and one of its propositions the other polarity.

        What was positive becomes negative, and the next time positive again: the other way round
        would leave denials that deny nothing, which the shapes reject.
        """
        slug, text = self._any()
        text = self._originals.setdefault(slug, text)
        revision = self._random.randrange(10**9)
        title = f'dcterms:title "{slug}, revision {revision}: the encoding"@en'
        text = re.sub(r'dcterms:title "[^"]*: the encoding"@en', title, text)
        if slug not in self._negative:
            text = text.replace("value:positive", "value:negative", 1)
        self._negative ^= {slug}
        return self._send("PUT", _graph(text), text, HTTPStatus.NO_CONTENT)

    def remove(self) -> float:
        """Remove an article that was added."""
        return self._send("DELETE", self._added.pop(), "", HTTPStatus.NO_CONTENT)

    def _any(self) -> tuple[str, str]:
        """Return the name and the text of some article."""
        path = self._random.choice(self._articles)
        return path.stem, path.read_text(encoding="utf-8")

    def _send(self, method: str, graph: str, text: str, expected: int) -> float:
        target = f"/data?graph={quote(graph, safe='')}"
        begun = time.perf_counter()
        self._connection.request(method, target, text.encode(), self._headers)
        response = self._connection.getresponse()
        body = response.read()
        seconds = time.perf_counter() - begun
        if response.status not in {expected, HTTPStatus.OK}:
            raise RuntimeError(f"{method} {graph}: {response.status} {body[:2000].decode()}")
        return seconds


def _graph(text: str) -> str:
    """Return the name of the graph of a text."""
    found = re.search(r"^<([^>]+)>\s+a owl:Ontology", text, re.MULTILINE)
    if found is None:
        raise ValueError("the text has no header")
    return found[1]


def measure(articles: int, work: Path, changes: int, seconds: float) -> Measured:
    """Measure a corpus of one size.

    Args:
        articles: How many articles it has.
        work: The folder for it and its generation, which are kept.
        changes: How many changes of each kind are measured.
        seconds: How long readers read.
    """
    data, told = endpoint.prepare(articles, work)
    store = ox.Store()
    store.bulk_load(path=data.triples, format=ox.RdfFormat.N_TRIPLES)
    queries = mix.read(store, _VALUES, endpoint.SEED)
    del store
    with tempfile.TemporaryDirectory(dir=work) as place:
        folder = Path(place)
        copy = _copy(data, folder)
        tokens = Tokens(folder / "tokens.json")
        _, secret = tokens.create("The benchmark <benchmark@example.org>", Scope.WRITE, ["*"], None)
        with servers.writable(copy, folder, folder / "tokens.json") as served:
            writer = Writer(served.port, secret, copy.root)
            found = {}
            for kind in KINDS:
                act: Callable[[], float] = getattr(writer, kind)
                count = changes + WARMING * (kind != "remove")
                found[kind] = [act() for _ in range(count)][-changes:]
                sys.stderr.write(f"{articles} articles: {KINDS[kind]} {_told(found[kind])}\n")
            _read(served.port, queries, seconds / 2)  # to warm the workers
            alone = _read(served.port, queries, seconds)
            with ThreadPoolExecutor(1) as thread:
                reading = thread.submit(_read, served.port, queries, seconds)
                begun = time.perf_counter()
                writes = list(_while(reading, writer.rewrite))
                taken = time.perf_counter() - begun
            beside = reading.result()
    return Measured(articles, int(told["quads"]), found, writes, taken, alone, beside)


def _copy(data: Data, folder: Path) -> Data:
    """Copy a dataset, with links to its generation, so that it can be changed."""
    root = Path(shutil.copytree(data.root, folder / "dataset"))
    generation = folder / "generations" / data.generation.name
    shutil.copytree(data.generation, generation, copy_function=os.link)
    return servers.Data(root, generation.parent, generation, data.triples)


def _read(port: int, queries: Sequence[Query], seconds: float) -> tuple[float, Latencies]:
    """Have clients read; return how many queries that were for each second, and their latencies."""
    names = {query.name: number for number, query in enumerate(queries)}
    planned = itertools.islice(mix.passes(queries, endpoint.SEED), _PASSES)
    passes = [
        [(names[one.query.name], mix.request("/sparql", one)) for one in asked] for asked in planned
    ]
    plan = {"port": port, "clients": CLIENTS, "seconds": seconds, "passes": passes}
    done = subprocess.run(  # our own command
        [sys.executable, "-m", "benchmarks.load"],
        check=True,
        input=json.dumps(plan),
        stdout=subprocess.PIPE,
        text=True,
        cwd=environment.ROOT,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    latencies = [latency for some in found["latencies"].values() for latency in some]
    return len(latencies) / found["seconds"], latencies


def _while(reading: Future[Any], act: Callable[[], float]) -> Iterator[float]:
    """Make changes as long as readers read."""
    while not reading.done():
        yield act()


def write(measured: Sequence[Measured], versions: dict[str, str]) -> str:
    """Write the chapter.

    Args:
        measured: What was measured, by size.
        versions: The versions of all that took part.
    """
    first, last = measured[0], measured[-1]
    head = ["change"]
    for one in measured:
        head += [f"of {one.articles:,}, median ms", "p99 ms"]
    rows = []
    for kind, name in KINDS.items():
        row = [name]
        for one in measured:
            row += [_ms(statistics.median(one.changes[kind])), _ms(_p99(one.changes[kind]))]
        small, large = (statistics.median(one.changes[kind]) for one in (first, last))
        rows.append([*row, f"{large / small:.2f}"])
    beside = []
    for one in measured:
        median = _ms(statistics.median(one.writes))
        row = [f"{one.articles:,}", f"{len(one.writes) / one.seconds:.1f}", median]
        row.append(_ms(_p99(one.writes)))
        for rate, latencies in (one.alone, one.beside):
            row += [f"{rate:,.0f}", _ms(_p99(latencies))]
        beside.append(row)
    names = ", ".join(f"{name} {versions[name]}" for name in sorted(versions))
    counts = ", ".join(f"{one.articles:,} articles are {one.quads:,} quads" for one in measured)
    number = len(first.changes["add"])
    made = (
        f"Corpora: {counts}. Their first generations were made without the shapes, which take long "
        f"and change nothing of what is measured. {number} changes of each kind, after {WARMING} "
        "that are not counted."
    )
    columns = ["articles", "changes/s", "median ms", "p99 ms", "queries/s alone", "p99 ms"]
    return (
        "\n\n".join(
            [
                f"Machine: {measuring.machine()}.",
                f"Versions: {names}.",
                made,
                "### One article, from request to answer",
                measuring.table([*head, "growth of the median"], rows).strip(),
                f"### Changes as fast as they come, beside {CLIENTS} readers",
                measuring.table([*columns, "queries/s beside changes", "p99 ms"], beside).strip(),
            ]
        )
        + "\n"
    )


def _told(latencies: Latencies) -> str:
    return f"{_ms(statistics.median(latencies))} ms, p99 {_ms(_p99(latencies))} ms"


def _ms(seconds: float) -> str:
    return f"{seconds * _MILLI:,.0f}"


def _p99(latencies: Latencies) -> float:
    if len(latencies) == 1:
        return latencies[0]
    return statistics.quantiles(latencies, n=_PERCENTILES, method="inclusive")[-1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for, and write the report.

    Args:
        arguments: The arguments; those of the process if None.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.writing", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--articles", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--changes", type=int, default=300, help="of each kind")
    parser.add_argument("--seconds", type=float, default=60, help="that readers read")
    parser.add_argument("--work", type=Path, default=environment.ROOT / "build" / "writing")
    parser.add_argument("--print-only", action="store_true", help="leave docs/benchmarks.md alone")
    given = parser.parse_args(arguments)
    work = given.work.resolve()
    measured = [measure(size, work, given.changes, given.seconds) for size in given.articles]
    text = write(measured, sources.versions())
    if not given.print_only:
        report.insert(environment.ROOT / "docs" / "benchmarks.md", "writing", text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
