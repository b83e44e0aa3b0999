"""One writer at a time, across threads and processes."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from communique.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK: Final = "lock"
_PAUSE: Final = 0.01
"""Seconds between two looks whether another process is done."""
_RETRY_AFTER: Final = 5
"""Seconds after which to try again."""


class Lock:
    """Lets one thread of one process in.

    The kernel lets go of the lock of a process that dies, whatever it dies of.

    Args:
        place: The folder of the repository's working data, where the file of the lock lies.
        patience: Seconds to wait for others.
    """

    def __init__(self, place: Path, patience: float) -> None:
        self._file = place / _LOCK
        self._patience = patience
        # Threads wait for one another here, where they are woken at once.
        self._threads = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock, and hold it.

        Raises:
            Busy: Others did not let go of it in time.
            OSError: The file of the lock cannot be written.
        """
        limit = time.monotonic() + self._patience
        if not self._threads.acquire(timeout=self._patience):
            raise self._busy()
        try:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                self._wait(descriptor, limit)
                yield
            finally:
                os.close(descriptor)
        finally:
            self._threads.release()

    def _wait(self, descriptor: int, limit: float) -> None:
        """Wait for other processes, until a time of the monotonic clock."""
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > limit:
                    raise self._busy() from None
                time.sleep(_PAUSE)
            else:
                return

    def _busy(self) -> Busy:
        message = f"another change was not finished within {self._patience:g} seconds"
        return Busy(message, _RETRY_AFTER)
