"""Which files of a dataset somebody else has written, found without reading them all."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from communique.sources import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_TICK: Final = 100_000_000
"""Nanoseconds within which a file may be written twice and look the same (a tick of the clock that
file systems use takes some milliseconds)."""

Mark = tuple[int, int, int]
"""When a file was written, how long it is, and which file it is: all change when it is written."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the files of a dataset looked at some time.

    Attributes:
        marks: The mark of each file, by its name relative to the dataset's root.
        recent: The files written so shortly before that their marks say little.
    """

    marks: Mapping[str, Mark]
    recent: frozenset[str]

    def differing(self, later: Look) -> set[str]:
        """Return the files that may have been written since.

        Args:
            later: How they looked later.
        """
        here, there = self.marks, later.marks
        if here == there:
            return {name for name in self.recent if name in here}
        changed = {name for name, mark in there.items() if here.get(name) != mark}
        return changed | (here.keys() - there.keys()) | self.recent

    def with_written(self, root: Path, names: Iterable[str]) -> Look:
        """Return how it looks after one has written some of the files oneself.

        Args:
            root: The dataset's folder.
            names: The files.
        """
        marks = dict(self.marks)
        written = frozenset(names)
        for name in written:
            try:
                marks[name] = _mark((root / name).stat())
            except FileNotFoundError:
                marks.pop(name, None)
        return Look(marks, self.recent | written)


def look(root: Path) -> Look:
    """Look at the files of a dataset, the same that :func:`communique.sources.discover` lists.

    Args:
        root: The dataset's folder.

    Raises:
        OSError: A folder cannot be read.
    """
    now = time.time_ns()
    marks: dict[str, Mark] = {}
    folders = [(os.path.join(root, kind), kind.value) for kind in Kind]  # noqa: PTH118 - as below
    # Paths of pathlib would take several times as long, and there may be thousands.
    while folders:
        folder, name = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append((entry.path, f"{name}/{entry.name}"))
                elif entry.name.endswith(".ttl") and entry.is_file():
                    marks[f"{name}/{entry.name}"] = _mark(entry.stat())
    recent = frozenset(name for name, mark in marks.items() if mark[0] > now - _TICK)
    return Look(marks, recent)


def _mark(found: os.stat_result) -> Mark:
    return found.st_mtime_ns, found.st_size, found.st_ino
