"""A worker process: opens generations read-only, and answers one question after another.

``python -m communique.store.workers.process GENERATION DESCRIPTOR MEMORY MODULE…``: the directory
of the generation that will be asked most, the socket to the server, how many bytes a query may take
beyond what the worker itself needs (0: no limit), and modules to load before they are asked.
Standard input says nothing; its end is the end of the server, and so of the worker, whatever it is
doing.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import traceback
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from communique.errors import CallError, MemoryExceeded
from communique.store import generation, query
from communique.store.workers import messages

if TYPE_CHECKING:
    from communique.store.generation import Generation

_STACK: Final = 64 * 1024 * 1024
"""Bytes for the thread that asks: the engine recurses."""
_NICENESS: Final = 5
_KEPT: Final = 4
"""How many generations are held open."""
_FAILED: Final = 70
"""The exit status after an error that nobody foresaw (EX_SOFTWARE of sysexits.h)."""


@dataclass(frozen=True)
class Memory:
    """How much memory a query may take.

    The kernel counts what is private and writable (RLIMIT_DATA), and not the mapped files of the
    store.  Beyond the limit the engine's next allocation fails, at once, and it aborts.

    Attributes:
        limit: Bytes beyond those at the start; 0 for no limit.
        at_start: Bytes at the start.
    """

    limit: int
    at_start: int

    @staticmethod
    def confine(limit: int) -> Memory:
        """Set the limit for this process.

        Args:
            limit: Bytes beyond those it has now; 0 for no limit.
        """
        if not limit or sys.platform != "linux":
            return Memory(0, 0)
        import resource  # noqa: PLC0415 - not every platform has it

        at_start = _private()
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (at_start + limit, hard))
        return Memory(limit, at_start)

    @property
    def is_tight(self) -> bool:
        """Whether so much was not given back that the next query may lack it."""
        return bool(self.limit) and _private() - self.at_start > self.limit // 2


def _private() -> int:
    """Return the bytes of private, writable memory of this process (proc(5), statm)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    return pages * os.sysconf("SC_PAGE_SIZE")


class _Opened:
    """The open generations, the one asked last at the end.

    Args:
        first: The one that will be asked most.
    """

    def __init__(self, first: Generation) -> None:
        self._held = {first.path: first}

    def get(self, path: Path) -> Generation:
        """Return a generation, opened if need be.

        Args:
            path: Its directory.
        """
        found = self._held.pop(path, None) or generation.open_generation(path)
        self._held[path] = found
        while len(self._held) > _KEPT:
            del self._held[next(iter(self._held))]
        return found


def serve(first: Generation, connection: Connection, limit: int, is_ready: threading.Event) -> None:
    """Answer questions until the server closes the connection.

    Args:
        first: The generation that will be asked most.
        connection: The connection to the server.
        limit: How many bytes a query may take; 0 for no limit.
        is_ready: Is set when it can be asked.
    """
    opened = _Opened(first)
    query.ask(first, "ASK { ?s ?p ?o }")  # has the engine make what it makes once
    memory = Memory.confine(limit)
    sender = messages.Sender(connection.send_bytes)
    sender.send(messages.READY)
    sender.flush()
    is_ready.set()
    while True:
        try:
            said = json.loads(connection.recv_bytes())
        except EOFError:
            os._exit(0)
        is_short = False
        try:
            answerer = import_module(said["answerer"])
            asked = answerer.decode(said["asked"])
            answerer.answer(opened.get(Path(said["path"])), asked, sender.send)
        except CallError as fault:  # the generation cannot be opened
            sender.send(messages.encode_fault(fault))
        except MemoryError:
            is_short = True
            sender.send(messages.encode_fault(MemoryExceeded(limit)))
        if is_short or memory.is_tight:
            sender.send(messages.RETIRED)
            sender.flush()
            os._exit(0)
        sender.send(messages.DONE)
        sender.flush()


def _fail(failure: threading.ExceptHookArgs) -> None:
    """End the process after an error that nobody foresaw; the server reads what it was."""
    traceback.print_exception(failure.exc_value)
    sys.stderr.flush()
    os._exit(_FAILED)


def main(path: str, descriptor: str, limit: str, *answerers: str) -> None:
    """Run a worker.

    Args:
        path: The generation's directory.
        descriptor: The number of the socket to the server.
        limit: How many bytes a query may take; 0 for no limit.
        answerers: The modules to load that will be asked beside queries.
    """
    # Whatever a query takes, the server itself goes before.
    os.nice(_NICENESS)
    # Whoever stops the server by a signal to its whole group stops the workers by way of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.excepthook = _fail
    threading.stack_size(_STACK)
    first = generation.open_generation(Path(path))
    connection = Connection(int(descriptor))
    is_ready = threading.Event()
    arguments = (first, connection, int(limit), is_ready)
    threading.Thread(target=serve, args=arguments, daemon=True, name="worker").start()
    is_ready.wait()
    with contextlib.suppress(MemoryError):  # they are loaded again when they are needed
        for name in answerers:
            import_module(name)
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
