"""A worker as the server sees it: a process, a socket, and what it wrote before it died."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Final, Literal

from communique.errors import (
    Busy,
    CommuniqueError,
    DeadlineExceeded,
    EngineFailure,
    MemoryExceeded,
)
from communique.store.workers import messages
from communique.store.workers.messages import READY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_POLL: Final = 0.25
"""Seconds between two looks whether anybody still waits."""
_DYING: Final = 0.25
"""Seconds that a killed process has to be gone before its client is told."""
_REPORT: Final = 4000
"""How many bytes are read of what a worker wrote before it died."""
_OUT_OF_MEMORY: Final = re.compile(
    r"memory allocation of \d+ bytes failed|std::bad_alloc|MemoryError|out of memory"
)

Reason = Literal["deadline", "abandoned", "stop"]


class Worker:
    """A worker process, just started.

    Args:
        path: The directory of the generation.
        memory: How many bytes a query may take; 0 for no limit.
        answerers: The modules to load that will be asked beside queries.

    Attributes:
        deadline: When it is to be killed, on the monotonic clock; None while it does nothing.
        seconds: How long the query may take that it runs.
        stopped: Why it was killed, if it was.
    """

    def __init__(self, path: Path, memory: int, answerers: Sequence[str] = ()) -> None:
        self._memory = memory
        self._is_ready = False
        self._received: deque[bytes] = deque()
        self.deadline: float | None = None
        self.seconds = 0.0
        self.stopped: Reason | None = None
        ours, theirs = socket.socketpair()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it is open as long as the worker
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [
                    *(sys.executable, "-P", "-X", "faulthandler"),
                    *("-m", "communique.store.workers.process"),
                    *(str(path), str(theirs.fileno()), str(memory), *answerers),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                pass_fds=(theirs.fileno(),),
                # A trace of the engine says no more than its message, and takes memory itself.
                env=os.environ | {"RUST_BACKTRACE": "0"},
            )
        self._socket = ours
        self._connection = Connection(os.dup(ours.fileno()))

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether it has started, as far as can be told without waiting."""
        return self._is_ready or self._connection.poll()

    def await_ready(self, seconds: float) -> None:
        """Wait until it has started, or is dead, or some time is over.

        Args:
            seconds: How long.
        """
        limit = time.monotonic() + seconds
        with contextlib.suppress(OSError):
            while not self._is_ready and time.monotonic() < limit:
                if self._connection.poll(_POLL):
                    return

    def make_ready(self, is_abandoned: Callable[[], bool]) -> None:
        """Wait until it has started.

        Args:
            is_abandoned: As for :meth:`receive`.

        Raises:
            CommuniqueError: It does not start.
        """
        if self._is_ready:
            return
        if self.receive(is_abandoned) != READY:
            raise EngineFailure("it did not start as it should")
        self._is_ready = True

    def send(self, message: bytes) -> None:
        """Send a message.

        Args:
            message: The message.

        Raises:
            CommuniqueError: The worker is dead.
        """
        try:
            self._connection.send_bytes(message)
        except OSError as error:
            raise self._cause() from error

    def receive(self, is_abandoned: Callable[[], bool]) -> bytes:
        """Wait for the next message.

        Args:
            is_abandoned: Tells whether nobody waits for it any more; then the worker is killed.

        Raises:
            CommuniqueError: The worker is dead.
        """
        try:
            if not self._received:
                while not self._connection.poll(_POLL):
                    if is_abandoned():
                        self.kill("abandoned")
                self._received.extend(messages.split(self._connection.recv_bytes()))
            return self._received.popleft()
        except (EOFError, OSError) as error:
            raise self._cause() from error

    def kill(self, reason: Reason) -> None:
        """Kill it, and remember why.

        Args:
            reason: Why.
        """
        if self.stopped is None:
            self.stopped = reason
        self._process.kill()
        # The kernel frees its memory before it closes its socket, which may take a while.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def end(self) -> str:
        """See to it that the process is gone, and its resources with it.

        Returns:
            What it wrote before, as far as anything went wrong.
        """
        self._process.kill()
        self._process.wait()
        report = self._report()
        self._connection.close()
        self._socket.close()
        self._log.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return report

    def _report(self) -> str:
        """Return the end of what it wrote."""
        if self._log.closed:
            return ""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _REPORT))
        return self._log.read().decode(errors="replace")

    def _cause(self) -> CommuniqueError:
        """Return the fault that its death stands for, once it is dead."""
        if self.stopped is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_DYING)
            return self._verdict()
        self._process.wait()
        if _OUT_OF_MEMORY.search(self._report()):
            return MemoryExceeded(self._memory)
        status = self._process.returncode
        if status >= 0:
            return EngineFailure(f"exit status {status}")
        known = {number.value: number.name for number in signal.Signals}
        return EngineFailure(known.get(-status, f"signal {-status}"))

    def _verdict(self) -> CommuniqueError:
        """Return why it was killed."""
        if self.stopped == "stop":
            return Busy("the server is stopping", 5)
        if self.stopped == "abandoned":
            return EngineFailure("nobody waited for it any more")
        if not self._is_ready:
            return Busy(f"no worker was ready within {self.seconds:g} seconds", 5)
        return DeadlineExceeded(self.seconds)
