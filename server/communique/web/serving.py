"""Running the application in Waitress, a production WSGI server."""

from __future__ import annotations

import signal
import socket
import threading
from typing import TYPE_CHECKING, Final, NoReturn

from waitress.server import create_server

from communique import __version__
from communique.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from flask import Flask

_IDENT: Final = f"communique/{__version__}"
"""The Server header."""
_THREADS: Final = 8
_STACK: Final = 16 * 1024 * 1024
"""Bytes for each thread: the engine recurses, and some platforms give threads half a megabyte."""


def serve(app: Flask, host: str, port: int, announce: Callable[[str], None] = print) -> None:
    """Serve an application until SIGTERM or SIGINT.

    Args:
        app: The application.
        host: The name or address to listen at.
        port: The port; 0 for any that is free.
        announce: Is told the URL as soon as it can be asked.

    Raises:
        CallError: The address cannot be listened at.
    """
    with _listen(host, port) as listener:
        threading.stack_size(_STACK)
        server = create_server(app, sockets=[listener], threads=_THREADS, ident=_IDENT)
        before = signal.signal(signal.SIGTERM, _stop)
        shown = f"[{host}]" if ":" in host else host
        announce(f"http://{shown}:{listener.getsockname()[1]}/")
        try:
            server.run()  # a signal's exception ends it, after the requests under way
        finally:
            server.close()
            signal.signal(signal.SIGTERM, before)


def _listen(host: str, port: int) -> socket.socket:
    """Open the socket to serve at.

    Raises:
        CallError: It cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        message = f"cannot listen at {host}, port {port}: {error.strerror or error}"
        raise CallError(message, "choose another address with --host or --port") from error


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Stop as for Ctrl-C."""
    raise KeyboardInterrupt
