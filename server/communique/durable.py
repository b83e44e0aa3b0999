"""Bringing what was written to disk, so that a crash does not take it back."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to disk, where the platform can open it.

    Args:
        path: The file or folder.

    Raises:
        OSError: That cannot be done.
    """
    if path.is_dir() and sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Bring every file and folder below a folder, and itself, to disk.

    Args:
        folder: The folder.

    Raises:
        OSError: That cannot be done.
    """
    for place, _folders, files in os.walk(folder):
        for name in files:
            sync(Path(place) / name)
        sync(Path(place))
