"""Tests that nobody keeps a connection for ever, with a server whose patience is short."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
from flask import Flask, Response

from communique.settings import Settings
from communique.web import serving
from communique.web.limits import Limited

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.slow


class Server:
    """A server in a thread.

    Args:
        inner: The server.
        address: Where it listens.
    """

    def __init__(self, inner: serving._Server, address: tuple[str, int]) -> None:
        self.inner = inner
        self.address = address

    def is_busy(self) -> bool:
        """Tells whether a connection is open, or a thread answers."""
        return bool(self.inner.active_channels) or self.inner.task_dispatcher.active_count > 0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that gives a second for each thing."""
    for name in ("_IDLE", "_REQUEST", "_SENDING", "_CLEANUP"):
        monkeypatch.setattr(serving, name, 1)
    app = Flask(__name__)

    @app.get("/")
    def endless() -> Response:
        return Response(b"x" * 65536 for _ in iter(int, 1))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        inner = serving._Server.create(app, listener, Settings(timeout=0.5))  # noqa: SLF001
        thread = threading.Thread(target=inner.serve)
        thread.start()
        yield Server(inner, listener.getsockname())
        inner.stop()
        thread.join()
        inner.finish(0)
        inner.end()


def closes_within(connection: socket.socket, seconds: float, drip: bytes = b"") -> bool:
    """Tells whether the other side closes a connection, on which a byte is sent now and then."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        time.sleep(0.2)
        try:
            connection.sendall(drip)
            connection.settimeout(0.01)
            with contextlib.suppress(TimeoutError):
                if not connection.recv(1):
                    return True
        except OSError:
            return True
    return False


def test_who_does_not_read_is_cut_off(server: Server) -> None:
    """Its connection is closed, and the thread is free that answered it."""
    with socket.create_connection(server.address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1)
        assert server.is_busy()
        limit = time.monotonic() + 20
        while server.is_busy():
            assert time.monotonic() < limit
            time.sleep(0.1)


@pytest.mark.parametrize("begun", [b"GET / HTT", b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nx"])
def test_who_does_not_finish_asking_is_cut_off(server: Server, begun: bytes) -> None:
    """It sends a byte now and then."""
    with socket.create_connection(server.address) as connection:
        connection.sendall(begun)
        assert closes_within(connection, 8, b"y")


def test_who_says_nothing_is_cut_off(server: Server) -> None:
    with socket.create_connection(server.address) as connection:
        assert closes_within(connection, 8)


def test_limits_of_an_application_without_workers() -> None:
    assert Limited().pool is None
