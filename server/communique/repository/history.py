"""Accepted changes as commits of git: each of exactly its files, whatever else is going on there.

The user's other changes, staged or not, stay as they are.  Hooks and settings are the user's: what
a hook refuses is not done.  Files with changes that nobody has committed are not written over, so
that a commit holds one author's change and no one else's.
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Final

from communique.errors import Conflict, GitFailure
from communique.repository import messages
from communique.repository.git import Git

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from communique.edits import Author

BEFORE: Final = "Dataset-Version-Before"
AFTER: Final = "Dataset-Version-After"
"""The trailers of a commit that name the versions of the dataset."""

_UNDER_WAY: Final = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
}
"""What git may be in the middle of, by the file that says so."""
_DURABLY: Final = ("-c", "core.fsync=committed,reference")
"""What is committed is on disk (git 2.36 and later; earlier ones do not know this setting)."""
_PATIENCE: Final = 10.0
"""Seconds to wait for another git to finish."""
_PAUSE: Final = 0.1
_PROGRAM: Final = {"GIT_COMMITTER_NAME": "communique", "GIT_COMMITTER_EMAIL": ""}
"""Who commits where git has not been told a name."""
_NOBODY: Final = "unknown"


class History:
    """The git repository that a dataset lies in, for its changes to be committed to.

    Args:
        root: The dataset's folder.

    Raises:
        GitFailure: It lies in no work tree of git.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._git = Git(root)
        if self._git.prefix is None:
            raise GitFailure(
                f"{root} is in no git repository, so no change of it can be committed",
                "make one (git init), or do without --git",
            )

    def check(self, files: Sequence[str] = ()) -> None:
        """Make sure that a change could be committed now.

        Args:
            files: The files that are to change, relative to the dataset's root.

        Raises:
            GitFailure: HEAD is on no branch, or git is in the middle of something.
            Conflict: One of the files has changes that are not committed.
        """
        if self._git.ask("symbolic-ref", "--quiet", "HEAD") is None:
            message = "the git repository is on no branch (HEAD is detached)"
            raise GitFailure(message, f"git switch to a branch in {self._root}")
        words = [word for name in _UNDER_WAY for word in ("--git-path", name)]
        places = self._git.run("rev-parse", *words).decode().splitlines()
        for place, doing in zip(places, _UNDER_WAY.values(), strict=True):
            if (self._root / place).exists():
                message = f"the git repository is in the middle of {doing}"
                raise GitFailure(message, f"finish or abort it in {self._root}")
        if not files:
            return
        words = [
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=all",
            "--ignored",
            "--no-renames",
        ]
        if self._git.run(*words, "--", *files):
            dirty = next(name for name in files if self._git.run(*words, "--", name))
            message = f"{dirty} has changes that are not committed to git"
            raise Conflict(message, "commit them, or undo them, and make the change again")

    def record(
        self, files: Sequence[str], author: Author, message: str, before: str, after: str
    ) -> str:
        """Commit files as they are now, and nothing else.

        Doing it again changes nothing, so that it may be repeated after a crash.

        Args:
            files: The files that have changed, relative to the dataset's root.
            author: Who changed them.
            message: What for; made from the change if it is empty.
            before: The digest of the version before.
            after: The digest of the version after.

        Returns:
            The commit.

        Raises:
            GitFailure: It is refused.  Git is as it was before; the files are as they are.
        """
        self.check()
        head = self._git.commit_of("HEAD")
        # Whoever has the files open in git at the moment is done in a moment.
        self._patiently("update-index", "--add", "--remove", "--replace", "--", *files)
        changed = self._differing(head, files)
        if changed:
            plain = "".join(sign for sign in message if sign.isprintable() or sign in "\n\t")
            text = plain.strip() or self._describe(head, changed)
            trailers = f"{BEFORE}: {before}\n{AFTER}: {after}\n"
            try:
                self._commit(changed, author, f"{text}\n\n{trailers}")
            except GitFailure:
                now = self._git.commit_of("HEAD")
                if now == head or self._differing(now, files):
                    self._unstage(head, files)
                    raise
        found = self._git.ask("rev-list", "--max-count=1", "HEAD", "--", *files) or ""
        return found.strip()

    def _commit(self, files: Sequence[str], author: Author, text: str) -> None:
        name = "".join(sign for sign in author.name if sign.isprintable() and sign not in "<>")
        is_named = any(sign.isalnum() for sign in name)
        who = {
            "GIT_AUTHOR_NAME": name if is_named else _NOBODY,
            "GIT_AUTHOR_EMAIL": author.email.replace("\0", ""),
            **self._committer,
        }
        self._patiently(
            *(*_DURABLY, "commit", "--quiet", "--no-status", "--only"),
            *("--cleanup=whitespace", "--file=-", "--", *files),
            stdin=text.encode("utf-8", "replace"),
            environment=who,
        )

    @cached_property
    def _committer(self) -> dict[str, str]:
        """Who commits, where git has not been told."""
        is_told = self._git.ask("var", "GIT_COMMITTER_IDENT") is not None
        return {} if is_told else _PROGRAM

    def _patiently(
        self, *words: str, stdin: bytes = b"", environment: dict[str, str] | None = None
    ) -> None:
        """Run a command, again and again as long as another git has the repository locked."""
        limit = time.monotonic() + _PATIENCE
        while True:
            try:
                self._git.run(*words, stdin=stdin, environment=environment)
            except GitFailure as fault:
                if ".lock': File exists" not in fault.message or time.monotonic() > limit:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def _differing(self, head: str | None, files: Sequence[str]) -> list[str]:
        """Return those of the files that are staged as they are not in a commit."""
        tree = head or self._git.run("hash-object", "-t", "tree", "--stdin").decode().strip()
        words = ("diff-index", "--cached", "--name-only", "--no-renames", "--relative", "-z", tree)
        found = self._git.run(*words, "--", *files)
        return [name for name in found.decode("utf-8", "surrogateescape").split("\0") if name]

    def _unstage(self, head: str | None, files: Sequence[str]) -> None:
        words = ("reset",) if head else ("rm", "--cached", "--ignore-unmatch")
        self._patiently(*words, "--quiet", "--", *files)

    def _describe(self, head: str | None, files: Sequence[str]) -> str:
        names = [f"{head or 'HEAD'}:{self._git.prefix}{name}" for name in files]
        found = dict(self._git.objects(names))
        changes = []
        for name, place in zip(files, names, strict=True):
            path = self._root / name
            changes.append((name, found[place], path.read_bytes() if path.is_file() else None))
        return messages.describe(changes)
