"""Measures endpoints side by side on a mix of analysts' queries, and writes docs/benchmarks.md.

    python -m benchmarks.endpoint

Takes about half an hour with a thousand articles and wants a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from benchmarks import answers, corpus, endpoint_report, environment, mix, report, servers
from benchmarks.endpoint_report import Measured
from benchmarks.servers import NOTHING, OURS_OF, Data, Endpoint
from communique import sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.answers import Answer
    from benchmarks.mix import Query

SEED: Final = 1
VALUES: Final = 200
"""Most values that the parameters of a query take."""
REPEATED: Final = 5
"""How many values of each query are asked again and again where queries are repeated."""
CLIENTS: Final = (1, 8)
_PASSES: Final = 2000
"""Passes that are planned where no query is repeated; after the last comes the first again."""
_PATIENCE: Final = 600
"""Seconds that the slowest endpoint may take for one answer."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long is measured.

    Attributes:
        rounds: How often each endpoint's turn comes.
        seconds: The seconds of a turn, at the least one pass.
        warming: The seconds that an endpoint is asked before it is measured.
    """

    rounds: int
    seconds: float
    warming: float


class Bench:
    """Running endpoints with the same data.

    Args:
        endpoints: The endpoints by name.
        queries: The mix.
    """

    def __init__(self, endpoints: Mapping[str, Endpoint], queries: Sequence[Query]) -> None:
        self._endpoints = endpoints
        self._queries = queries
        self._seeds = itertools.count(SEED)

    def compare(self, values: int) -> dict[str, int]:
        """Make sure that all endpoints give the same answers.

        Args:
            values: How many values of each query are compared.

        Returns:
            The mean number of rows by query.

        Raises:
            ValueError: They do not, or an answer is empty.
        """
        rows: dict[str, int] = {}
        for query in self._queries:
            count = min(values, len(query.values))
            for number in range(count):
                found = {
                    name: self._ask(endpoint, query, number)
                    for name, endpoint in self._endpoints.items()
                    if name != NOTHING
                }
                if len(set(found.values())) > 1 or not all(one.rows for one in found.values()):
                    raise ValueError(f"different answers to {query.fill(number)}: {found}")
                rows[query.name] = rows.get(query.name, 0) + next(iter(found.values())).rows
            rows[query.name] = round(rows[query.name] / count)
        return rows

    def measure(self, length: Length) -> list[Measured]:
        """Measure the endpoints in turn, as many rounds as are asked for.

        Args:
            length: How long.
        """
        turns = [
            (name, is_repeated, clients)
            for clients in CLIENTS
            for is_repeated in (False, True)
            for name in self._endpoints
            if name in {OURS_OF[is_repeated], *self._endpoints} - {OURS_OF[not is_repeated]}
        ]
        for name, is_repeated, clients in turns:
            if clients == max(CLIENTS):
                sys.stderr.write(f"warming {name}\n")
                self._run(name, clients, length.warming, is_repeated=is_repeated)
        measured = []
        for number in range(length.rounds):
            for name, is_repeated, clients in turns:
                found = self._run(name, clients, length.seconds, is_repeated=is_repeated)
                one = Measured(name, is_repeated, clients, found["seconds"], found["latencies"])
                measured.append(one)
                sys.stderr.write(f"round {number + 1}: {one}\n")
        return measured

    def _run(self, name: str, clients: int, seconds: float, *, is_repeated: bool) -> dict[str, Any]:
        """Ask an endpoint for a while."""
        endpoint = self._endpoints[name]
        names = {query.name: number for number, query in enumerate(self._queries)}
        seed = next(self._seeds)
        endless = mix.passes(self._queries, seed)
        planned = (
            mix.repeated(self._queries, REPEATED)
            if is_repeated
            else list(itertools.islice(endless, _PASSES))
        )
        passes = [
            [(names[one.query.name], mix.request(endpoint.path, one)) for one in asked]
            for asked in planned
        ]
        plan = {"port": endpoint.port, "clients": clients, "seconds": seconds, "passes": passes}
        done = subprocess.run(  # our own command
            [sys.executable, "-m", "benchmarks.load"],
            input=json.dumps(plan),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=environment.ROOT,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        latencies = {self._queries[int(key)].name: some for key, some in found["latencies"].items()}
        return {"seconds": found["seconds"], "latencies": latencies}

    def _ask(self, endpoint: Endpoint, query: Query, number: int) -> Answer:
        target = mix.target(endpoint.path, query.fill(number))
        return answers.fetch(endpoint.port, target, query.media_type, _PATIENCE)


def prepare(articles: int, work: Path) -> tuple[Data, dict[str, Any]]:
    """Write a corpus and build its generation, unless they are there.

    Args:
        articles: How many articles.
        work: The folder for both.

    Returns:
        The data, and what building it reported.
    """
    work.mkdir(parents=True, exist_ok=True)
    root = work / f"corpus-{articles}"
    if not root.exists():
        with tempfile.TemporaryDirectory(dir=work) as unfinished:
            corpus.write(articles, SEED, Path(unfinished) / "corpus")
            (Path(unfinished) / "corpus").rename(root)
    generations, triples = work / "generations", work / f"default-{articles}.nt"
    command = [sys.executable, "-m", "benchmarks.workers.ours_generation"]
    done = subprocess.run(  # noqa: S603 # our own command
        [*command, root, generations, triples],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=environment.ROOT,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return Data(root, generations, Path(told["path"]), triples), told


def main() -> None:
    """Measure what is asked for, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endpoint", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("endpoints", nargs="*", help="all if none is named")
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8, help="of a turn")
    parser.add_argument("--warming", type=float, default=20, help="seconds before it is measured")
    parser.add_argument("--compared", type=int, default=3, help="values of each query compared")
    parser.add_argument("--work", type=Path, default=environment.ROOT / "build" / "endpoint")
    parser.add_argument("--print-only", action="store_true", help="leave docs/benchmarks.md alone")
    given = parser.parse_args()
    # Whoever stops it stops the endpoints as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    found = environment.set_up()
    work = given.work.resolve()
    data, told = prepare(given.articles, work)
    queries = mix.read(_store(data.triples), VALUES, SEED)
    starts = servers.available(found)
    chosen = given.endpoints or list(starts)
    with tempfile.TemporaryDirectory(dir=work) as place, ExitStack() as running:
        endpoints = {}
        for name in dict.fromkeys([NOTHING, *chosen]):
            folder = Path(tempfile.mkdtemp(dir=place))
            sys.stderr.write(f"starting {name}\n")
            endpoints[name] = running.enter_context(starts[name](data, folder))
        bench = Bench(endpoints, queries)
        rows = bench.compare(given.compared)
        measured = bench.measure(Length(given.rounds, given.seconds, given.warming))
    versions = {**sources.versions(), **found.versions, **servers.versions()}
    text = endpoint_report.write(measured, rows, told, given.articles, versions)
    (work / "measured.json").write_text(json.dumps([one.as_json() for one in measured]))
    if not given.print_only:
        report.insert(environment.ROOT / "docs" / "benchmarks.md", "endpoint", text)
    sys.stdout.write(text)


def _store(path: Path) -> ox.Store:
    store = ox.Store()
    store.bulk_load(path=path, format=ox.RdfFormat.N_TRIPLES)
    return store


if __name__ == "__main__":
    main()
