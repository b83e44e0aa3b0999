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
    """A client with a connection that is kept alive as long as the endpoint keeps it.

    Args:
        port: The port of the endpoint.
        selector: Tells what has arrived.
    """

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self._port = port
        self._selector = selector
        self._request = b""
        self.query = 0
        self.begun = 0.0
        self.response = Response()
        self._connect()

    def ask(self, query: int, request: bytes) -> None:
        """Send a request.

        Args:
            query: The number of the query.
            request: The request.
        """
        self.query = query
        self.response = Response()
        self._request = request
        self.begun = time.perf_counter()
        try:
            self._socket.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            self._ask_again()

    def hear(self) -> bool:
        """Receive what has arrived, and tell whether the response is whole.

        Raises:
            Refused: The endpoint closed the connection within a response.
        """
        try:
            data = self._socket.recv(_CHUNK)
        except ConnectionResetError:
            data = b""
        if data:
            self.response.data += data
            return self.response.is_whole()
        if self.response.data:
            raise Refused("the connection was closed before the response was whole")
        # RFC 9112, section 9.3.1: a client may ask again where an idle connection was closed.
        self._ask_again()
        return False

    def close(self) -> None:
        """Close the connection."""
        self._selector.unregister(self._socket)
        self._socket.close()

    def _ask_again(self) -> None:
        self.close()
        self._connect()
        self._socket.sendall(self._request)

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(self._socket, selectors.EVENT_READ, self)


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
        for _ in range(clients):
            client = Client(port, selector)
            request = next(waiting, None)
            if request is None:
                client.close()
            else:
                client.ask(*request)
        while selector.get_map():
            for key, _ in selector.select():
                client = key.data
                if not client.hear():
                    continue
                latency = time.perf_counter() - client.begun
                latencies.setdefault(client.query, []).append(latency)
                request = next(waiting, None)
                if request is None:
                    client.close()
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
