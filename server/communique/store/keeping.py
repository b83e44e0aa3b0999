"""Which generations are kept, and removing those that are no longer wanted.

A generation that is being built has no name yet, and is neither listed nor removed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from communique.errors import BuildError
from communique.store import generation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from communique.store.generation import Manifest

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A generation that is kept.

    Attributes:
        path: Its directory, named by its digest.
        built: When it was built.
        size: The bytes of its files.
        manifest: What it says of itself; None if that cannot be read.
    """

    path: Path
    built: datetime
    size: int
    manifest: Manifest | None

    @property
    def digest(self) -> str:
        """The digest that names it."""
        return self.path.name


def kept(directory: Path) -> list[Kept]:
    """List the generations that are kept, the newest first.

    Args:
        directory: Where generations are kept; if there is no such directory, none is.
    """
    found = []
    for digest in digests(directory):
        try:
            found.append(_look(directory / digest))
        except FileNotFoundError:  # it was removed meanwhile
            continue
    return sorted(found, key=lambda entry: (entry.built, entry.digest), reverse=True)


def digests(directory: Path, prefix: str = "") -> list[str]:
    """List the digests of the generations that are kept, in order.

    Args:
        directory: Where generations are kept.
        prefix: What they are to begin with.
    """
    if not directory.is_dir():
        return []
    names = (path.name for path in directory.iterdir() if path.is_dir())
    return sorted(name for name in names if _DIGEST.fullmatch(name) and name.startswith(prefix))


def prune(found: Sequence[Kept], keep: int, current: str) -> list[Kept]:
    """Remove all but the newest generations and the current one.

    Args:
        found: The generations, the newest first.
        keep: How many of the newest stay.
        current: The digest of the one that stays in any case.

    Returns:
        What was removed.
    """
    removed = [entry for entry in found[keep:] if entry.digest != current]
    for entry in removed:
        generation.remove(entry.path)
    return removed


def _look(path: Path) -> Kept:
    """Look at a generation.

    Raises:
        FileNotFoundError: It is no longer there.
    """
    built = path.stat().st_mtime
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    try:
        manifest = generation.read_manifest(path)
    except BuildError:
        manifest = None
    return Kept(path, datetime.fromtimestamp(built, UTC), size, manifest)
