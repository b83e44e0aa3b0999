"""Calling another SPARQL endpoint, with all that the policy for it asks."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from communique import __version__
from communique.errors import RefusedQuery, ServiceFailed
from communique.store import outbound as policy

if TYPE_CHECKING:
    from communique.store.outbound import Outbound

MAX_SIZE: Final = 16 * 1024 * 1024
"""The most bytes that are read of an answer."""
PATIENCE: Final = 20.0
"""Seconds that the other endpoint may say nothing."""

_JSON: Final = "application/sparql-results+json"
_TYPES: Final = frozenset({_JSON, "application/json"})
_PIECE: Final = 64 * 1024


def select(endpoint: str, query: str, outbound: Outbound) -> bytes:
    """Ask another endpoint, and return its answer as SPARQL results in JSON.

    Args:
        endpoint: Its address, one of those that may be called.
        query: The query.
        outbound: Where queries may call.

    Raises:
        RefusedQuery: Its name leads to an address that may not be called.
        ServiceFailed: It gives no such answer.
    """
    parts = urlsplit(endpoint)
    host, port = parts.hostname or "", policy.port_of(parts)
    try:
        plain = _connect(_look_up(endpoint, host, port, outbound), port)
        connection = http.client.HTTPConnection(host, port)
        connection.auto_open = 0
        with closing(connection):
            connection.sock = plain
            if parts.scheme == "https":
                context = ssl.create_default_context()
                connection.sock = context.wrap_socket(plain, server_hostname=host)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
            body = urlencode({"query": query}).encode()
            for name, value in (
                ("Host", parts.netloc),
                ("Accept", _JSON),
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Content-Length", str(len(body))),
                ("User-Agent", f"communique/{__version__}"),
                ("Connection", "close"),
            ):
                connection.putheader(name, value)
            connection.endheaders(body)
            with connection.getresponse() as response:
                return _read(endpoint, response)
    except (OSError, http.client.HTTPException) as error:
        raise ServiceFailed(endpoint, str(error) or type(error).__name__) from error


def _look_up(endpoint: str, host: str, port: int, outbound: Outbound) -> list[str]:
    """Return the addresses of a host.

    Raises:
        RefusedQuery: One of its addresses may not be called.
        OSError: It has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(address[0]) for *_, address in found]
    for address in addresses:
        if not outbound.allows(ipaddress.ip_address(address)):
            raise RefusedQuery(
                f"SERVICE <{endpoint}> leads to an address that is not public",
                "ask whoever runs this server",
                clause="SERVICE",
            )
    return addresses


def _connect(addresses: list[str], port: int) -> socket.socket:
    """Connect to one of the very addresses that were looked at: a name could lead elsewhere by now.

    Raises:
        OSError: None listens.
    """
    for address in addresses[:-1]:
        with contextlib.suppress(OSError):
            return socket.create_connection((address, port), PATIENCE)
    return socket.create_connection((addresses[-1], port), PATIENCE)


def _read(endpoint: str, response: http.client.HTTPResponse) -> bytes:
    """Read an answer.

    Raises:
        ServiceFailed: It is none, or too long.
    """
    status = response.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise ServiceFailed(endpoint, f"it leads elsewhere ({status}), which is not followed")
    if status != HTTPStatus.OK:
        raise ServiceFailed(endpoint, f"it answers {status}")
    kind = response.headers.get_content_type()
    encoding = response.headers.get("Content-Encoding", "identity")
    if kind not in _TYPES or encoding != "identity":
        raise ServiceFailed(endpoint, f"it answers with {kind}, encoded as {encoding}")
    answer = bytearray()
    while piece := response.read(_PIECE):
        answer += piece
        if len(answer) > MAX_SIZE:
            raise ServiceFailed(endpoint, f"its answer is longer than {MAX_SIZE} bytes")
    return bytes(answer)
