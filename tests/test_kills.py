"""At least 500 writers killed at random moments: nothing acknowledged is lost, nothing is half.

`killing.py` says how. After *each* kill the next process, which opens the repository as `communique
serve` does, compares every file byte for byte with what the log says, the digest and the manifest
of the generation in service with the files, and the triples of every file's graph in the store with
the file (those of graphs with blank nodes by number); with git it looks that the last commit is of
this version and nothing else lies about. Every 25 kills, and at the end, it builds a generation of
the files alone and compares all quads, claims and inferences among them, and runs the whole of
`communique check`. What is killed is a process with three writers and two readers; the server is
killed, by fewer blows, in `test_writing_server.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import require_tool

PROGRAM = Path(__file__).resolve().parent / "killing.py"
SHARES = ((180, 1, ()), (180, 2, ()), (150, 3, ("--git",)))
"""How many kills, by what seed, and with which options: at once, one process each."""
COUNTED = ("kills", "begun", "acknowledged", "rejected", "recovered")
LIMIT = 3600
"""Seconds that one of them may take."""


def run(folder: Path, *arguments: str) -> dict[str, int]:
    """Runs the killer, and returns what it counted."""
    require_tool("git", "a part of the writers commits to git")
    folder.mkdir()
    root = PROGRAM.parent.parent
    done = subprocess.run(
        [sys.executable, PROGRAM, folder, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    sys.stderr.write(f"{done.stdout}\n")  # shown by pytest -s, or when the test fails
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


@pytest.mark.slow
def test_500_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    with ThreadPoolExecutor(len(SHARES)) as pool:
        started = [
            pool.submit(run, tmp_path / str(seed), str(kills), str(seed), *options)
            for kills, seed, options in SHARES
        ]
        found = [each.result() for each in started]
    total = {name: sum(counts.get(name, 0) for counts in found) for name in COUNTED}
    assert total["kills"] >= 500
    # Or else the kills would have hit nothing.
    assert total["acknowledged"] >= 300
    assert total["rejected"] >= 50
    assert total["begun"] - total["acknowledged"] - total["rejected"] >= 300
    assert total["recovered"] >= 10


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--git",)], ids=["files", "git"])
def test_killed_at_every_step_a_change_is_whole_or_not_at_all(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Also the steps of bringing the generation to disk, which `test_committing.py` leaves out."""
    counts = run(tmp_path / "steps", "0", "0", "--every-step", *options)
    assert counts["kills"] > 20
    # Some of the steps are those of taking the lock, before anything is begun.
    assert counts["kills"] - 5 < counts["begun"] <= counts["kills"] + 1
    assert counts["recovered"] > 1
    # It is acknowledged after the last of its steps.
    assert counts["acknowledged"] == 1
