"""The command ``git``, in the repository that a dataset lies in.

Only commands that git calls plumbing, or whose output it promises to keep, are read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cached_property
from typing import TYPE_CHECKING, Final

from communique.errors import GitFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_LOCAL: Final = frozenset(
    f"GIT_{name}"
    for name in (
        *("ALTERNATE_OBJECT_DIRECTORIES", "COMMON_DIR", "CONFIG", "CONFIG_COUNT"),
        *("CONFIG_PARAMETERS", "DIR", "GRAFT_FILE", "IMPLICIT_WORK_TREE", "INDEX_FILE"),
        *("INTERNAL_SUPER_PREFIX", "NAMESPACE", "NO_REPLACE_OBJECTS", "OBJECT_DIRECTORY"),
        *("PREFIX", "REPLACE_REF_BASE", "SHALLOW_FILE", "WORK_TREE"),
    )
)
"""What ``git rev-parse --local-env-vars`` lists: it is about the repository of whoever calls us."""
_TIMEOUT: Final = 120
"""Seconds that one command may take, hooks included."""
_AT_ONCE: Final = 500
"""How many objects are held in memory at once."""


class Git:
    """Git, as it sees a folder.

    Args:
        root: The folder, in a repository or not.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._program = shutil.which("git")

    @cached_property
    def prefix(self) -> str | None:
        """The folder relative to the top of its work tree, empty or with ``/`` at the end.

        None where it is in no work tree, or there is no git.
        """
        found = self.ask("rev-parse", "--show-prefix")
        return None if found is None else found.removesuffix("\n")

    def run(
        self, *words: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> bytes:
        """Run a command and return what it writes.

        Args:
            words: The command and its arguments.
            stdin: What it is given to read.
            environment: Variables for it beside those of this process.

        Raises:
            GitFailure: It cannot be run, takes too long, or says that it failed.
        """
        command = words[2] if words[0] == "-c" else words[0]
        try:
            done = self._run(words, stdin, environment or {})
        except subprocess.TimeoutExpired as error:
            reason = f"git {command} was stopped after {_TIMEOUT} seconds"
            raise GitFailure(reason, "see what it waits for: a hook, or a password") from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise GitFailure(
                f"git {command} failed: {said or f'its status is {done.returncode}'}",
                f"see to it in {self.root}, with git",
            )
        return done.stdout

    def ask(self, *words: str) -> str | None:
        """Run a command that may say no; None if it does, or there is no git.

        Args:
            words: The command and its arguments.
        """
        if self._program is None:
            return None
        try:
            done = self._run(words, b"", {})
        except subprocess.TimeoutExpired:
            return None
        return done.stdout.decode(errors="surrogateescape") if done.returncode == 0 else None

    def commit_of(self, name: str) -> str | None:
        """Return the commit that a name means, or None if it means none.

        Args:
            name: The name of a revision, as gitrevisions(7) has it.
        """
        if name.startswith("-"):
            return None
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        found = self.ask(*words)
        return found.strip() if found else None

    def objects(self, names: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield the contents of objects, some hundred at a time; None for what is not there.

        Args:
            names: Their names, such as the digests of blobs.
        """
        rest = list(names)
        while rest:
            chunk, rest = rest[:_AT_ONCE], rest[_AT_ONCE:]
            out = self.run("cat-file", "--batch", stdin="".join(f"{n}\n" for n in chunk).encode())
            place = 0
            for name in chunk:
                end = out.index(b"\n", place)
                head = out[place:end]
                place = end + 1
                if head.endswith(b" missing"):
                    yield name, None
                    continue
                size = int(head.rsplit(b" ", 1)[1])
                yield name, out[place : place + size]
                place += size + 1

    def _run(
        self, words: tuple[str, ...], stdin: bytes, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git by itself, with no terminal to ask anything, and in the language of its manual.

        Raises:
            GitFailure: There is no git.
        """
        if self._program is None:
            raise GitFailure("there is no program git", "install git, or do without")
        inherited = {name: value for name, value in os.environ.items() if name not in _LOCAL}
        settled = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true"}
        try:
            return subprocess.run(  # noqa: S603 - no shell; names come after an end of options
                [self._program, "--literal-pathspecs", "-C", str(self.root), *words],
                input=stdin,
                capture_output=True,
                check=False,
                env={**inherited, **settled, **environment},
                timeout=_TIMEOUT,
                # Ctrl-C ends the server, which waits for what git has begun.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise GitFailure(f"git cannot be run: {error}", "see to it with git") from error
