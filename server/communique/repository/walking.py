"""The commits that changed some files, and what the files held after each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from communique import sources
from communique.repository.history import AFTER, BEFORE
from communique.sources import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from communique.repository.git import Git

_FOLDERS: Final = tuple(kind.value for kind in Kind)
_TRAILERS: Final = (BEFORE, AFTER)
_FORMAT: Final = "%n".join(
    (
        *("%H", "%P", "%aI", "%aN", "%aE"),
        *(f"%(trailers:key={name},valueonly,separator=%x20)" for name in _TRAILERS),
        "%B",
    )
)
_HEAD: Final = _FORMAT.count("%n")
"""Lines of a commit before its message."""
_ENDING: Final = re.compile(rf"\n*(?:(?:{'|'.join(_TRAILERS)}): .*\n*)+\Z")
"""The trailers at the end of a message, which are told by themselves."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit; or what is in the files and not committed yet.

    Attributes:
        name: Its name in git, in full; empty for what is not committed.
        parents: The commits before it that changed the files.
        date: When its author made it, in ISO 8601.
        author: Who made it.
        email: Their address.
        message: What they say of it, without the trailers that name versions.
        before: The digest of the dataset's version before, if it names one.
        after: The digest of the version after, likewise.
    """

    name: str = ""
    parents: tuple[str, ...] = ()
    date: str = ""
    author: str = ""
    email: str = ""
    message: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What the files held after a commit.

    Attributes:
        commit: The commit.
        versions: What names each file's content; a file that was not there is not in it.
    """

    commit: Commit
    versions: Mapping[str, str]


class Walk:
    """The history of those files of a dataset that ever held something.

    Args:
        git: The repository.
        has_it: Tells from a file's content whether it holds that.

    Attributes:
        contents: The content of every version of these files, by what names it.
    """

    def __init__(self, git: Git, has_it: Callable[[bytes], bool]) -> None:
        self._git = git
        ever: dict[str, set[str]] = {}
        for file, version in self._ever():
            ever.setdefault(version, set()).add(file)
        now = {file.name: file.path.read_bytes() for file in sources.discover(git.root).files}
        found = {name for name, content in now.items() if has_it(content)}
        for version, content in git.objects(sorted(ever)):
            if content is not None and not ever[version] <= found and has_it(content):
                found |= ever[version]
        self._files = sorted(found)
        self._now = {name: f"now {name}" for name in self._files if name in now}
        self.contents = {version: now[name] for name, version in self._now.items()}
        held = [version for version, files in ever.items() if not found.isdisjoint(files)]
        for version, content in git.objects(sorted(held)):
            if content is not None:
                self.contents[version] = content

    def steps(self) -> Iterator[Step]:
        """Yield the commits, the parents before the children; at last what is not committed."""
        commits = self._commits()
        prefix = self._git.prefix or ""
        names = "".join(f"{c.name}:{prefix}{file}\n" for c in commits for file in self._files)
        out = self._git.run(
            "cat-file",
            "--batch-check=%(objectname)",
            stdin=names.encode("utf-8", "surrogateescape"),
        )
        found = iter(out.decode("utf-8", "surrogateescape").splitlines())
        for commit in commits:
            versions = {file: next(found) for file in self._files}
            held = {file: v for file, v in versions.items() if not v.endswith(" missing")}
            yield Step(commit, held)
        last = Commit(parents=tuple(commit.name for commit in commits[-1:]))
        yield Step(last, self._now)

    def _ever(self) -> Iterator[tuple[str, str]]:
        """Yield the files that git ever had, and the versions of each."""
        if self._git.commit_of("HEAD") is None:
            return
        words = ("log", "-m", "--raw", "--no-abbrev", "--no-renames", "--relative", "-z")
        out = self._git.run(*words, "--format=", "HEAD", "--", *_FOLDERS)
        parts = iter(out.decode("utf-8", "surrogateescape").split("\0"))
        for part in parts:
            if part.startswith(":"):
                version, file = part.split(" ")[3], next(parts)
                if file.endswith(".ttl") and version.strip("0"):
                    yield file, version

    def _commits(self) -> Sequence[Commit]:
        """Return the commits that changed the files, the parents before the children."""
        if not self._files or self._git.commit_of("HEAD") is None:
            return []
        words = ("log", "-z", "--topo-order", "--reverse", "--parents", f"--format={_FORMAT}")
        out = self._git.run(*words, "HEAD", "--", *self._files)
        texts = out.decode("utf-8", "replace").split("\0")
        return [_commit(text) for text in texts if text]


def _commit(text: str) -> Commit:
    *head, message = text.split("\n", _HEAD)
    name, parents, date, author, email, before, after = head
    return Commit(
        name=name,
        parents=tuple(parents.split()),
        date=date,
        author=author,
        email=email,
        message=_ENDING.sub("", message).strip(),
        before=before,
        after=after,
    )
