"""Git repositories for tests: made quickly, with the commits that a test wants."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conftest import require_tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SETTLED = """
[user]
    name = Test
    email = test@example.org
[commit]
    gpgsign = false
[tag]
    gpgsign = false
[core]
    hooksPath = .git/hooks
"""
"""What must not depend on the settings of whoever runs the tests."""


@dataclass(frozen=True)
class Planned:
    """A commit to be made.

    Args:
        files: All files that there are after it, with their content.
        message: Its message.
        parents: The places of its parents among the commits; None for the one before it.
    """

    files: Mapping[str, str]
    message: str = "A change"
    parents: Sequence[int] | None = None


@dataclass
class Checkout:
    """A git repository with a work tree.

    Args:
        place: Its folder, which is made if need be.
        names: The names of the commits that were planned.
    """

    place: Path
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Makes it."""
        self.place.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=trunk")
        with (self.place / ".git" / "config").open("a") as file:
            file.write(SETTLED)

    def git(self, *words: str, stdin: str | None = None) -> str:
        """Runs git, and returns what it says."""
        program = require_tool("git", "it holds the history of the files")
        return subprocess.run(
            [program, *words],
            cwd=self.place,
            check=True,
            capture_output=True,
            encoding="utf-8",
            input=stdin,
        ).stdout.strip("\n")

    def commit(self, message: str) -> str:
        """Commits all there is, and returns the commit's name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def status(self) -> list[str]:
        """Returns what git says of the files, a line each."""
        return self.git("status", "--porcelain", "--untracked-files=all").splitlines()

    def make(self, commits: Sequence[Planned]) -> None:
        """Makes commits in the place of all that there are, and checks out the last."""
        lines = []
        for number, planned in enumerate(commits):
            parents = planned.parents
            if parents is None:
                parents = [number - 1] if number else []
            date = 1_700_000_000 + number * 60
            lines += [
                "commit refs/heads/trunk",
                f"mark :{number + 1}",
                f"author Author {number} <a{number}@example.org> {date} +0000",
                f"committer Test <test@example.org> {date} +0000",
                _data(planned.message),
                *(f"{'merge' if place else 'from'} :{p + 1}" for place, p in enumerate(parents)),
                "deleteall",
            ]
            for name, content in planned.files.items():
                lines += [f"M 100644 inline {name}", _data(content)]
            lines.append("")
        marks = self.place / ".git" / "marks"
        stream = "\n".join(lines) + "\n"
        self.git("fast-import", "--quiet", "--force", f"--export-marks={marks}", stdin=stream)
        found = dict(line.split() for line in marks.read_text().splitlines())
        self.names = [found[f":{number + 1}"] for number in range(len(commits))]
        self.git("reset", "--quiet", "--hard", self.names[-1])


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}"
