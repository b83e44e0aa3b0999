"""The running server while its dataset changes: readers see one version whole, also after kills.

The union and the league of the small dataset are called by the same number, in one file; each write
gives them the next one.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import shutil
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from communique import gate, sources, turtle
from communique.store import keeping
from communique.tokens import Scope, Tokens
from conftest import MINI
from test_serving import Server, running

if TYPE_CHECKING:
    from collections.abc import Iterator

GRAPH = "https://example.org/graph/agents"
LABELS = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> PREFIX ex: <https://example.org/>
SELECT ?union ?league { ex:union rdfs:label ?union . ex:league rdfs:label ?league }"""
QUERY = "sparql?" + urllib.parse.urlencode({"query": LABELS, "format": "csv"})
DATA = "data?" + urllib.parse.urlencode({"graph": GRAPH, "format": "turtle"})
KILLS = 15
LIFE = 3.0
"""The most seconds that the server lives with writes."""
MOST = 8
"""How many generations a process has open at the most: in service, asked last, explained."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset that can be changed over HTTP.

    Attributes:
        folder: Where everything lies.
        secret: A token that allows it.
    """

    folder: Path
    secret: str

    @property
    def root(self) -> Path:
        """The dataset's folder."""
        return self.folder / "dataset"

    @property
    def generations(self) -> Path:
        """Where generations are kept."""
        return self.folder / "generations"

    @property
    def text(self) -> str:
        """The file that changes."""
        return (self.root / "graph/agents.ttl").read_text(encoding="utf-8")

    @contextlib.contextmanager
    def served(self, *arguments: str) -> Iterator[Server]:
        """Serves it."""
        tokens = str(self.folder / "tokens.json")
        given = ("--dataset", str(self.root), "--writable", "--tokens", tokens, *arguments)
        with running(self.generations, *given) as server:
            yield server

    def put(self, server: Server, number: int) -> str:
        """Gives the bodies the next number; returns the version that they have it in."""
        body = re.sub(r'"(?:Union|League|\d+)"@en', f'"{number}"@en', self.text)
        assert body.count(f'"{number}"@en') == 2
        headers = {"Authorization": f"Bearer {self.secret}", "Content_Type": "text/turtle"}
        reply = server.ask(DATA, body.encode(), "PUT", **headers)
        assert reply.status in {200, 204}, reply.body
        return reply.headers["Dataset-Version"]


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """The small dataset, and a token to change it."""
    root = shutil.copytree(MINI, tmp_path / "dataset", ignore=shutil.ignore_patterns(".comm*"))
    turtle.format_files(file.path for file in sources.discover(Path(root)).files)
    tokens = Tokens(tmp_path / "tokens.json")
    _, secret = tokens.create("Ann <ann@example.org>", Scope.WRITE, ["*"], None)
    return Dataset(tmp_path, secret)


def labels(body: bytes) -> set[str]:
    """Returns what the union and the league are called in an answer, of whatever format."""
    rows = body.decode().splitlines()
    if rows[0] == "union,league":
        return set(rows[1].split(","))
    return set(re.findall(r'"(Union|League|\d+)"@en', body.decode()))


@pytest.mark.slow
def test_every_answer_is_of_the_one_version_that_it_names(dataset: Dataset) -> None:
    """Queries, graphs and the state, read by six at once while thirty writes go on."""
    seen: list[tuple[str, frozenset[str]]] = []
    states: list[tuple[str, str]] = []
    over = threading.Event()

    with dataset.served("--workers", "2") as server:
        first = server.ask("health").headers["Dataset-Version"]

        def read(number: int) -> None:
            while not over.is_set():
                path = (QUERY, DATA, "health")[number % 3]
                reply = server.ask(path)
                assert reply.status == 200, reply.body
                version = reply.headers["Dataset-Version"]
                if path == "health":
                    states.append((version, json.loads(reply.body)["dataset"]["digest"]))
                else:
                    seen.append((version, frozenset(labels(reply.body))))

        with ThreadPoolExecutor(6) as pool:
            readers = [pool.submit(read, number) for number in range(6)]
            try:
                written = {dataset.put(server, number): number for number in range(30)}
            finally:
                over.set()
            for reader in readers:
                reader.result()
        last = server.ask(QUERY)
        old = server.ask(f"{QUERY}&version={first}")

    assert len(written) == 30
    assert all(version == digest for version, digest in states)
    for version, found in seen:
        number = written.get(version)
        expected = {"Union", "League"} if version == first else {str(number)}
        assert found == expected, version
    assert len({version for version, _ in seen}) > 10
    assert labels(last.body) == {"29"}
    assert labels(old.body) == {"Union", "League"}
    assert old.headers["Dataset-Version"] == first


@pytest.mark.slow
def test_workers_let_old_generations_go(dataset: Dataset) -> None:
    """However many versions pass, the memory and the open files of each process stay bounded."""

    def held(pid: str) -> set[str]:
        with contextlib.suppress(OSError):
            links = list(Path(f"/proc/{pid}/fd").iterdir())
            names = "\n".join(str(link.readlink()) for link in links)
            return set(re.findall(r"generations/([0-9a-f]{64})", names))
        return set()

    def processes(server: Server) -> list[str]:
        pid = server.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        threads = Path(f"/proc/{pid}/task").iterdir()
        found = {child for task in threads for child in (task / "children").read_text().split()}
        return [str(pid), *found] if children.exists() else []

    def resident(pid: str) -> int:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * 4096

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs to see what files a process has open")
    with dataset.served("--workers", "1", "--no-metrics") as server:
        sizes = []
        for number in range(40):
            dataset.put(server, number)
            for path in (QUERY, DATA, "/"):
                assert server.ask(path.removeprefix("/")).status == 200
            if number in {15, 39}:
                pids = processes(server)
                assert len(pids) >= 3
                assert max(len(held(pid)) for pid in pids) <= MOST
                sizes.append(sum(map(resident, pids)))
    assert sizes[1] < 1.25 * sizes[0]


@pytest.mark.slow
def test_a_generation_that_a_reader_holds_can_be_pruned(dataset: Dataset) -> None:
    """What is open stays readable; what is not, is no longer there, and it is said so."""
    with dataset.served("--workers", "1") as server:
        versions = [dataset.put(server, number) for number in range(8)]
        asked = f"{QUERY}&version={versions[6]}"
        assert labels(server.ask(asked).body) == {"6"}
        removed = keeping.prune(keeping.kept(dataset.generations), 1, versions[-1])
        assert len(removed) == 8
        assert labels(server.ask(QUERY).body) == {"7"}
        assert server.ask(f"{QUERY}&version={versions[0]}").status == 404
        other = "sparql?" + urllib.parse.urlencode({"query": f"# again\n{LABELS}", "format": "csv"})
        assert labels(server.ask(f"{other}&version={versions[6]}").body) == {"6"}
        assert dataset.put(server, 9) not in versions
        assert labels(server.ask(QUERY).body) == {"9"}


@pytest.mark.slow
def test_the_server_itself_is_killed(dataset: Dataset, tmp_path: Path) -> None:
    """The whole server, over HTTP, by fewer blows than the writers of `test_kills.py`."""
    chance = random.Random(6)  # noqa: S311 - no secret depends on it
    acknowledged, begun = -1, -1
    for _ in range(KILLS):
        with dataset.served("--workers", "1") as server:
            found = labels(server.ask(QUERY).body)
            now = -1 if found == {"Union", "League"} else int(found.pop())
            assert acknowledged <= now <= begun
            acknowledged = begun = now
            digest = server.ask("health").headers["Dataset-Version"]
            assert digest == sources.discover(dataset.root).digest
            timer = threading.Timer(chance.uniform(0, LIFE), server.process.kill)
            timer.start()
            with contextlib.suppress(OSError, HTTPException):
                while True:
                    begun += 1
                    dataset.put(server, begun)
                    acknowledged = begun
            timer.join()
    assert acknowledged >= KILLS / 3
    report = gate.check(dataset.root)
    assert report.passed
    anew = gate.build(dataset.root, tmp_path / "anew")
    with dataset.served() as server:
        assert server.ask("health").headers["Dataset-Version"] == anew.digest
        said = server.ask("data?default", Accept="application/n-triples").body
    assert len(said.splitlines()) == anew.manifest["default_triples"]
