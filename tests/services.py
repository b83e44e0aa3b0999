"""SPARQL endpoints for ``SERVICE`` to call: one that answers, and others that misbehave."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pyoxigraph as ox

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = "application/sparql-results+json"


def table(count: int, size: int) -> bytes:
    """Returns an answer of some rows of one text each."""
    rows = [{"x": {"type": "literal", "value": "x" * size}}] * count
    return json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": rows}}).encode()


CANNED = {
    "/broken": (500, b"{}", JSON),
    "/page": (200, b"<html>Welcome!</html>", "text/html"),
    "/zipped": (200, table(1, 1), JSON),
    "/verdict": (200, b'{"head": {}, "boolean": true}', JSON),
    "/large": (200, table(20_000, 1000), JSON),
    "/many": (200, table(100_001, 1), JSON),
}
"""What the paths answer that are not computed."""


@dataclass
class Service:
    """Endpoints on one port.

    Attributes:
        url: The address of the port.
        store: What ``/sparql`` is asked of.
        said: What ``/said`` answers.
        seen: The method, path and headers of each request.
    """

    url: str = ""
    store: ox.Store = field(default_factory=ox.Store)
    said: bytes = b""
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    """Answers as the path says."""

    service: Service

    def do_GET(self) -> None:
        """Answer what nobody should ask."""
        self.service.seen.append((self.command, self.path, dict(self.headers.items())))
        self._answer(404, b"", JSON)

    def do_POST(self) -> None:
        """Answer a form."""
        self.service.seen.append((self.command, self.path, dict(self.headers.items())))
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.path == "/slow":
            time.sleep(5)
        elif self.path == "/sparql":
            found = self.service.store.query(form["query"][0])
            assert not isinstance(found, ox.QueryTriples)
            self._answer(200, found.serialize(format=ox.QueryResultsFormat.JSON) or b"", JSON)
        elif self.path == "/said":
            self._answer(200, self.service.said, JSON + "; charset=utf-8")
        elif self.path == "/redirect":
            self._answer(302, b"", JSON, Location=f"{self.service.url}/sparql")
        else:
            status, body, kind = CANNED.get(self.path, (404, b"", JSON))
            headers = {"Content_Encoding": "gzip"} if self.path == "/zipped" else {}
            self._answer(status, body, kind, **headers)

    def _answer(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Service]:
    """Serves endpoints on this machine."""
    service = Service()
    handler = type("Handler", (_Handler,), {"service": service})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
