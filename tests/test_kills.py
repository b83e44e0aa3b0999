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
LIMIT = 1800
"""Seconds that one of them may take."""


@pytest.mark.slow
def test_500_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    require_tool("git", "a part of the writers commits to git")

    def run(share: tuple[int, int, tuple[str, ...]]) -> dict[str, int]:
        kills, seed, options = share
        folder = tmp_path / str(seed)
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, PROGRAM, folder, str(kills), str(seed), *options],
            check=False,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            cwd=PROGRAM.parent.parent,
            env=os.environ | {"PYTHONPATH": str(PROGRAM.parent.parent)},
        )
        assert done.returncode == 0, done.stderr[-4000:]
        counts: dict[str, int] = json.loads(done.stdout)
        return counts

    with ThreadPoolExecutor(len(SHARES)) as pool:
        found = list(pool.map(run, SHARES))
    sys.stderr.write(f"{found}\n")  # shown by pytest -s, or when the test fails
    total = {name: sum(counts.get(name, 0) for counts in found) for name in found[0]}
    assert total["kills"] >= 500
    # Or else the kills would have hit nothing.
    assert total["acknowledged"] >= 300
    assert total["rejected"] >= 50
    assert total["begun"] - total["acknowledged"] - total["rejected"] >= 300
    assert sum(counts.get("recovered", 0) for counts in found) >= 10
