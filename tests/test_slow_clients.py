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


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """The address of a server that gives a second for each thing."""
    for name in ("_IDLE", "_REQUEST", "_SENDING", "_CLEANUP"):
        monkeypatch.setattr(serving, name, 1)
    app = Flask(__name__)

    @app.get("/")
    def endless() -> Response:
        return Response(b"x" * 65536 for _ in iter(int, 1))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = serving._Server.create(app, listener, Settings(timeout=0.5))  # noqa: SLF001
        thread = threading.Thread(target=server.serve)
        thread.start()
        yield listener.getsockname()
        server.stop()
        thread.join()
        server.finish(0)
        server.end()


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


def test_who_does_not_read_is_cut_off(address: tuple[str, int]) -> None:
    """It reads a byte now and then, so that something happens all the time."""
    with socket.create_connection(address) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        threads = threading.active_count()
        time.sleep(6)
        received = 0
        with contextlib.suppress(OSError):
            connection.settimeout(2)
            while piece := connection.recv(2**20):
                received += len(piece)
        # What was on its way comes, and then the end.
        assert received < 64 * 2**20
        assert threading.active_count() <= threads


@pytest.mark.parametrize("begun", [b"GET / HTT", b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nx"])
def test_who_does_not_finish_asking_is_cut_off(address: tuple[str, int], begun: bytes) -> None:
    """It sends a byte now and then."""
    with socket.create_connection(address) as connection:
        connection.sendall(begun)
        assert closes_within(connection, 8, b"y")


def test_who_says_nothing_is_cut_off(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        assert closes_within(connection, 8)


def test_limits_of_an_application_without_workers() -> None:
    assert Limited().pool is None
