"""One real HTTP server for many small datasets, each a generation in memory."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pyoxigraph as ox
from waitress.server import create_server

from communique.store.generation import FORMAT, Generation, GraphEntry, Manifest
from communique.web import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

STACK: Final = 16 * 1024 * 1024
"""Bytes of the stack of each thread, as `communique serve` has them."""


class Reply(NamedTuple):
    """What a server sent."""

    status: int
    headers: dict[str, str]
    body: bytes


def generation(quads: Iterable[ox.Quad]) -> Generation:
    """Make a generation in memory, of any quads at all, without the gate.

    Args:
        quads: What it holds.
    """
    store = ox.Store()
    store.extend(quads)
    graphs = {
        str(graph.value): GraphEntry(
            kind="graph",
            file=None,
            sha256=None,
            exact=True,
            layer=None,
            triples=sum(1 for _ in store.quads_for_pattern(None, None, None, graph)),
        )
        for graph in store.named_graphs()
    }
    facts = store.quads_for_pattern(None, None, None, ox.DefaultGraph())
    manifest = Manifest(
        format=FORMAT,
        digest="0" * 64,
        versions={},
        default_triples=sum(1 for _ in facts),
        quads=len(store),
        propositions=0,
        withdrawn={"retracted": 0, "superseded": 0},
        graphs=graphs,
    )
    return Generation(Path(), manifest, store)


class Swappable:
    """A server whose application can be exchanged while it runs.

    Attributes:
        port: Where it listens.
    """

    def __init__(self) -> None:
        self._app: Flask | None = None
        self._key: object = None
        threading.stack_size(STACK)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(listener.getsockname()[1])
        self._server = create_server(self._answer, sockets=[listener], threads=2)
        self._is_closing = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        threading.stack_size(0)
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def _run(self) -> None:
        try:
            self._server.run()
        except OSError:
            if not self._is_closing:  # else its sockets were closed while it waited for them
                raise

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        assert self._app is not None
        return self._app(environ, start)

    def serve(self, key: object, quads: Callable[[], Iterable[ox.Quad]]) -> None:
        """Serve a dataset.

        Args:
            key: What tells it from others; the same one is not loaded again.
            quads: Reads it.
        """
        if key != self._key:
            self._app = create_app(generation(quads()))
            self._key = key

    def exchange(self, app: Flask) -> None:
        """Serve another application.

        Args:
            app: The application.
        """
        self._app = app
        self._key = None

    def ask(self, method: str, path: str, body: str | bytes = b"", **headers: str) -> Reply:
        """Send a request; underscores in the names of headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = body.encode() if isinstance(body, str) else body
        self._connection.request(method, path, sent or None, named)
        with self._connection.getresponse() as response:
            return Reply(response.status, dict(response.getheaders()), response.read())

    def close(self) -> None:
        """Stop."""
        self._connection.close()
        self._is_closing = True
        self._server.close()
        self._thread.join()


@contextmanager
def swappable() -> Iterator[Swappable]:
    """Run a server whose application can be exchanged, and stop it."""
    server = Swappable()
    try:
        yield server
    finally:
        server.close()
