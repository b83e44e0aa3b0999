"""Which kept generation is that of a commit, found without building anything.

The files of a commit name a generation like any others, by their digest.  Git has them, and what
was hashed once is known by its name in git.  So a commit costs what it has that no other had.
"""

from __future__ import annotations

import re
import threading
import time
from bisect import bisect_left
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from communique import sources
from communique.errors import BuildError
from communique.repository.git import Git
from communique.repository.history import AFTER
from communique.sources import Kind
from communique.store import generation

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = re.compile(r"[0-9a-f]{7,64}")
"""What may be the name of a commit: at least as many digits as git shows."""

_FOLDERS: Final = tuple(kind.value for kind in Kind)
_FILES: Final = frozenset({"100644", "100755"})
"""The modes of plain files."""
_INTERVAL: Final = 1.0
"""Seconds for which what commits there are is not asked again."""
_MOST_COMMITS: Final = 1_000
_MOST_BLOBS: Final = 200_000
"""How much is remembered: some dozen megabytes."""


class Committed:
    """The commits of the branch that a dataset is on, and their generations.

    Args:
        root: The dataset's folder.
    """

    def __init__(self, root: Path) -> None:
        self._git = Git(root)
        # One at a time, so that strangers cannot have it hash everything many times at once.
        self._lock = threading.Lock()
        self._commits: list[str] = []
        self._listed = -_INTERVAL
        self._digests: dict[str, tuple[str, str]] = {}
        self._hashes: dict[str, str] = {}

    def find(self, name: str, directory: Path) -> str | None:
        """Return the digest of the kept generation of a commit; None if there is none.

        Args:
            name: The commit's name in git, or the first seven or more digits of it.
            directory: Where generations are kept.
        """
        if not NAME.fullmatch(name):
            return None
        with self._lock:
            commit = self._commit(name)
            found = None if commit is None else self._digests.get(commit) or self._look_up(commit)
        if found is None:
            return None
        digest, said = found
        if (directory / digest).is_dir():
            return digest
        # Another release of the program may have built it, which the commit names.
        return said if said and self._has_files(directory / said, digest) else None

    def _commit(self, name: str) -> str | None:
        """Return the commit of the branch that a name means; None if it means none, or several.

        What was never on the branch is nobody's business.  Git is not asked for every name that a
        stranger makes up.
        """
        if not self._matching(name) and time.monotonic() > self._listed + _INTERVAL:
            self._commits = sorted((self._git.ask("rev-list", "HEAD") or "").split())
            self._listed = time.monotonic()
        found = self._matching(name)
        return found[0] if len(found) == 1 else None

    def _matching(self, name: str) -> list[str]:
        """Return the first two of the known commits whose names begin so."""
        place = bisect_left(self._commits, name)
        return [each for each in self._commits[place : place + 2] if each.startswith(name)]

    def _look_up(self, commit: str) -> tuple[str, str]:
        """Return the digest of a commit's files, and the one that it names."""
        trailer = f"--format=%(trailers:key={AFTER},valueonly)"
        said = (self._git.ask("log", "--max-count=1", trailer, commit) or "").strip()
        found = (self._digest(commit), said if re.fullmatch(r"[0-9a-f]{64}", said) else "")
        self._digests[commit] = found
        while len(self._digests) > _MOST_COMMITS:
            del self._digests[next(iter(self._digests))]
        return found

    def _digest(self, commit: str) -> str:
        """Return the digest of the dataset's files in a commit."""
        listed = self._git.run("ls-tree", "-r", "-z", commit, "--", *_FOLDERS)
        blobs: dict[str, str] = {}
        for line in listed.decode("utf-8", "replace").split("\0")[:-1]:
            entry, _, file = line.partition("\t")
            mode, _kind, blob = entry.split(" ")
            is_hidden = any(part.startswith(".") for part in file.split("/"))
            if mode in _FILES and file.endswith(".ttl") and not is_hidden:
                blobs[file] = blob
        if len(self._hashes) > _MOST_BLOBS:
            self._hashes.clear()
        unknown = sorted(set(blobs.values()) - self._hashes.keys())
        for blob, content in self._git.objects(unknown):
            self._hashes[blob] = sha256(content or b"").hexdigest()
        return sources.digest_of((file, self._hashes[blob]) for file, blob in blobs.items())

    @staticmethod
    def _has_files(path: Path, digest: str) -> bool:
        """Tell whether a generation is kept that has the files of a digest."""
        try:
            graphs = generation.read_manifest(path)["graphs"].values()
        except BuildError:
            return False
        files = ((entry["file"], entry["sha256"]) for entry in graphs)
        return digest == sources.digest_of(
            (file, content) for file, content in files if file is not None and content is not None
        )
