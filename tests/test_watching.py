"""Tests of files edited by hand while the server runs, from outside."""

from __future__ import annotations

import json
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from communique import sources
from communique.cli import main
from communique.store import keeping
from conftest import MINI, edit, line_of
from test_serving import Server, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AGENTS = "graph/agents.ttl"
PATIENCE = 30
"""Seconds to wait for a small dataset to be built."""


class Watched:
    """A server that watches the files of a dataset.

    Args:
        server: The server.
        root: The dataset's folder.

    Attributes:
        lines: What its terminal has shown.
        patience: Seconds to wait for the dataset to be built.
    """

    def __init__(self, server: Server, root: Path) -> None:
        self.server = server
        self.root = root
        self.patience = PATIENCE
        self.lines: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.server.process.stderr is not None
        for line in self.server.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def wait(self, what: str, holds: Callable[[], bool]) -> None:
        """Waits until something holds."""
        limit = time.monotonic() + self.patience
        while not holds():
            assert time.monotonic() < limit, f"{what} in vain; the terminal has {self.lines}"
            time.sleep(0.05)

    def wait_for_line(self, text: str) -> None:
        """Waits until the terminal has a text."""
        self.wait(f"waited for {text!r}", lambda: any(text in line for line in self.lines))

    def digest(self) -> str:
        """Returns the version in service."""
        return self.server.ask("health").headers["Dataset-Version"]

    def status(self) -> dict[str, Any]:
        """Returns what the server says of the files."""
        found: dict[str, Any] = json.loads(self.server.ask("status").body)
        return found

    def wait_for_files(self) -> None:
        """Waits until what is in the files is in service."""
        digest = sources.discover(self.root).digest
        self.wait("waited for the files to be in service", lambda: self.digest() == digest)


@contextmanager
def watched(root: Path, generations: Path, *flags: str) -> Iterator[Watched]:
    """Runs a server."""
    with running(generations, "--dataset", str(root), *flags) as server:
        yield Watched(server, root)


@pytest.mark.slow
def test_good_bad_and_mended_edits(mini: Path, generations: Path) -> None:
    with watched(mini, generations, "--watch") as it:
        first = it.digest()
        assert it.status() == {"dataset": first, "files": "in service", "findings": []}

        edit(mini / AGENTS, '"League"', '"Leagues"')
        it.wait_for_files()
        second = it.digest()
        it.wait_for_line(f"the files are in service (dataset {second[:12]})")
        query = "sparql?format=csv&query=SELECT+?x+{+?x+?p+'Leagues'+}"
        query = query.replace("'Leagues'", "'Leagues'@en")
        assert len(it.server.ask(query).body.splitlines()) == 2

        edit(mini / AGENTS, "ex:status ex:active", "ex:status ex:dormant")
        it.wait_for_line("failed: 1 violation, 0 warnings; ")
        line = line_of(mini / AGENTS, "ex:dormant")
        place = f"{mini / AGENTS}:{line}: https://example.org/union"
        assert [each for each in it.lines if each.startswith(place)]
        assert it.digest() == second
        status = it.status()
        assert (status["dataset"], status["files"]) == (second, "rejected")
        [finding] = status["findings"]
        assert (finding["file"], finding["line"]) == (AGENTS, line)
        page = it.server.ask("status", Accept="text/html").body.decode()
        assert f"<code>{AGENTS}, line {line}</code>" in page
        assert "see what is wrong with them" in it.server.ask("").body.decode()
        ready = it.server.ask("ready")
        assert (ready.status, json.loads(ready.body)["files"]) == (200, "rejected")

        edit(mini / AGENTS, "ex:status ex:dormant", "ex:status ex:active")
        it.wait("waited for the mended file", lambda: it.status()["files"] == "in service")
        assert it.digest() == second
        assert "see what is wrong with them" not in it.server.ask("").body.decode()

        (mini / AGENTS).write_text("oops")
        it.wait_for_line(f"{mini / AGENTS}:1:")
        assert it.digest() == second
        (mini / AGENTS).write_bytes((MINI / AGENTS).read_bytes())
        it.wait_for_files()
        assert it.digest() == first


@pytest.mark.slow
def test_as_editors_save(mini: Path, generations: Path) -> None:
    """By a temporary file that is renamed, in place and in steps, and whole folders at a time."""
    with watched(mini, generations, "--watch") as it:
        text = (mini / AGENTS).read_text()
        temporary = mini / "graph" / ".agents.ttl.swp"
        temporary.write_text(text.replace('"League"', '"Leagues"'))
        temporary.replace(mini / AGENTS)
        it.wait_for_files()

        with (mini / AGENTS).open("w") as file:
            for line in text.splitlines(keepends=True):
                file.write(line)
                file.flush()
        it.wait_for_files()

        (mini / "graph" / "articles").rename(mini / "graph" / "texts")
        it.wait_for_files()
        (mini / "graph" / "texts" / "one.ttl").unlink()
        it.wait_for_files()
        (mini / "graph" / "more" / "below").mkdir(parents=True)
        made = mini / "graph" / "more" / "below" / "one.ttl"
        made.write_bytes((MINI / "graph" / "articles" / "one.ttl").read_bytes())
        it.wait_for_files()
        assert not [line for line in it.lines if "Traceback" in line]


@pytest.mark.slow
def test_a_folder_that_is_replaced_is_looked_at(mini: Path, generations: Path) -> None:
    """As when another branch is checked out."""
    with watched(mini, generations, "--watch") as it:
        (mini / "graph").rename(mini / "old")
        (mini / "new").mkdir()
        for path in (mini / "old").rglob("*.ttl"):
            target = mini / "new" / path.relative_to(mini / "old")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text().replace('"League"', '"Leagues"'))
        (mini / "new").rename(mini / "graph")
        it.wait_for_files()
        edit(mini / AGENTS, '"Leagues"', '"League"')
        it.wait_for_files()


@pytest.mark.slow
def test_on_request(mini: Path, generations: Path) -> None:
    """Without --watch, files are looked at when the server gets SIGHUP, or a change is made."""
    with watched(mini, generations, "--writable") as it:
        first = it.digest()
        edit(mini / AGENTS, '"League"', '"Leagues"')
        time.sleep(1)
        assert it.digest() == first
        it.server.process.send_signal(signal.SIGHUP)
        it.wait_for_files()
        assert it.digest() != first


@pytest.mark.slow
def test_queries_are_answered_while_files_change(mini: Path, generations: Path) -> None:
    """Each answer is of one version, and no request fails."""
    with watched(mini, generations, "--watch") as it:
        known = set(keeping.digests(generations))
        answers: list[tuple[int, str, bytes]] = []
        done = threading.Event()

        def ask() -> None:
            query = "sparql?format=csv&query=SELECT+?s+{+?s+?p+?o+}"
            while not done.is_set():
                reply = it.server.ask(query)
                answers.append((reply.status, reply.headers["Dataset-Version"], reply.body))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(4):
            edit(mini / AGENTS, f'"League{"s" * number}"', f'"League{"s" * (number + 1)}"')
            it.wait_for_files()
        done.set()
        for thread in threads:
            thread.join()
        assert {status for status, _version, _body in answers} == {200}
        versions = {version for _status, version, _body in answers}
        assert len(versions) >= 4
        assert versions <= known | set(keeping.digests(generations))
        assert len({(version, body) for _status, version, body in answers}) == len(versions)


def test_what_cannot_be_served_so(
    mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for flags, says in (
        (["--git"], "--git commits changes over HTTP, and there are none"),
        (["--git", "--writable"], "is in no git repository"),
    ):
        result = CliRunner().invoke(main, ["serve", "--dataset", str(mini), *flags])
        assert result.exit_code == 2
        assert says in result.stderr
