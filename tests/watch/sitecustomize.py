"""Writes down each connection that a process wants to make to anything but this machine.

With this folder in PYTHONPATH and a file in WATCH, Python does so from its start, as do the
processes that it starts. The file also has a line for each process that is watched.
"""

import os
import sys
from pathlib import Path

HERE = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - nothing is bound


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Write down a connection (an audit hook, PEP 578)."""
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else None
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
    else:
        return
    name = host.decode("latin-1") if isinstance(host, bytes) else host
    if isinstance(name, str) and name and not name.startswith(HERE):
        note(f"{event} {arguments!r}")


def note(line: str) -> None:
    """Write a line."""
    with Path(os.environ["WATCH"]).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


if "WATCH" in os.environ:
    note(f"watched {os.getpid()}")
    sys.addaudithook(watch)
