"""An endpoint that does nothing: whatever it is asked, it gives the same short answer at once.

What the load generator gets from it is the most that it could get from any endpoint.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

_BODY: Final = b'{"head":{"vars":["x"]},"results":{"bindings":[]}}'
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)
_END: Final = b"\r\n\r\n"


class Nothing(asyncio.Protocol):
    """A connection on which every request has the same answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer.

        Args:
            transport: The connection.
        """
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - it is a socket's
        self._transport = transport
        self._begun = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole.

        Args:
            data: What has arrived.
        """
        *whole, self._begun = (self._begun + data).split(_END)
        if whole:
            self._transport.write(_ANSWER * len(whole))


async def main(port: int) -> None:
    """Answer until the process is ended.

    Args:
        port: The port to listen at.
    """
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Nothing, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
