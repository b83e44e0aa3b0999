"""A load generator: clients that ask an endpoint one query after another, each on its connection.

    python -m benchmarks.load < plan.json

It runs in a process of its own, in one thread, and does as little as will do for each request, so
that the endpoint has the machine to itself as far as possible.  The plan says port, requests by
pass, clients and seconds; what it prints is JSON: seconds, and each request's latency by query.
"""

from __future__ import annotations

import itertools
import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    Passes = list[list[tuple[int, str]]]
    """The number of the query and the request, of each request of each pass."""

_CHUNK: Final = 256 * 1024
_OK: Final = b"200"
_END: Final = b"\r\n\r\n"


class Refused(Exception):  # noqa: N818 - it says what happens
    """Is raised where a response is not the answer to the query."""


@dataclass(slots=True)
class Response:
    """A response as it arrives.

    Attributes:
        data: What has arrived.
    """

    data: bytearray = field(default_factory=bytearray)
    _length: int | None = None
    _is_chunked: bool = False
    _is_known: bool = False

    def is_whole(self) -> bool:
        """Tell whether all of it has arrived.

        Raises:
            Refused: Its status is not 200, or it does not say how long it is.
        """
        if not self._is_known:
            end = self.data.find(_END)
            if end < 0:
                return False
            self._read_head(bytes(self.data[:end]).lower(), end + len(_END))
        if self._length is not None:
            return len(self.data) >= self._length
        return self._is_chunked and self.data.endswith(b"\r\n0\r\n\r\n")

    def _read_head(self, head: bytes, body: int) -> None:
        if head[9:12] != _OK:
            raise Refused(bytes(self.data[:1000]).decode(errors="replace"))
        at = head.find(b"\r\ncontent-length:")
        if at >= 0:
            self._length = body + int(head[at + 17 :].split(b"\r\n", 1)[0])
        elif b"\r\ntransfer-encoding: chunked" in head:
            self._is_chunked = True
        else:
            raise Refused(f"a response of unknown length: {head.decode(errors='replace')}")
        self._is_known = True


class Client:
    """A client with a connection that is kept alive.

    Args:
        port: The port of the endpoint.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.socket = self._connect()
        self.query = 0
        self.begun = 0.0
        self.response = Response()

    def ask(self, query: int, request: bytes) -> None:
        """Send a request.

        Args:
            query: The number of the query.
            request: The request.
        """
        self.query = query
        self.response = Response()
        self.begun = time.perf_counter()
        self.socket.sendall(request)

    def hear(self) -> bool:
        """Receive what has arrived, and tell whether the response is whole.

        Raises:
            Refused: The endpoint closed the connection.
        """
        data = self.socket.recv(_CHUNK)
        if not data:
            raise Refused("the connection was closed before the response was whole")
        self.response.data += data
        return self.response.is_whole()

    def _connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


def run(port: int, passes: Passes, clients: int, seconds: float) -> dict[str, Any]:
    """Ask for a while, and to the end of the pass that has begun then.

    Args:
        port: The port of the endpoint.
        passes: The requests, by pass: the number of the query, and the request.
        clients: How many clients ask at once.
        seconds: How long.

    Returns:
        ``seconds`` in all, and ``latencies`` by query.
    """
    latencies: dict[int, list[float]] = {}
    start = time.perf_counter()
    waiting = _requests(passes, start + seconds)
    with selectors.DefaultSelector() as selector:
        asking = 0
        for client in [Client(port) for _ in range(clients)]:
            request = next(waiting, None)
            if request is not None:
                client.ask(*request)
                selector.register(client.socket, selectors.EVENT_READ, client)
                asking += 1
        while asking:
            for key, _ in selector.select():
                client = key.data
                if not client.hear():
                    continue
                latency = time.perf_counter() - client.begun
                latencies.setdefault(client.query, []).append(latency)
                request = next(waiting, None)
                if request is None:
                    selector.unregister(client.socket)
                    client.socket.close()
                    asking -= 1
                else:
                    client.ask(*request)
    return {"seconds": time.perf_counter() - start, "latencies": latencies}


def _requests(passes: Passes, end: float) -> Iterator[tuple[int, bytes]]:
    """Yield requests until time is over, but at least one pass, and the last to its end."""
    for number, asked in enumerate(itertools.cycle(passes)):
        if number and time.perf_counter() > end:
            return
        for query, request in asked:
            yield query, request.encode()


def main() -> None:
    """Carry out the plan on standard input."""
    plan = json.load(sys.stdin)
    result = run(plan["port"], plan["passes"], plan["clients"], plan["seconds"])
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
