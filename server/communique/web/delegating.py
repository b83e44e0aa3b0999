"""Documents are made in workers, as queries are asked there: with a deadline and little memory.

What a stranger may make slow, such as a page on something with a million links, a long proof or
counts of everything, is the work of a worker, which can be stopped for real.  The request goes to
it as it is, and :mod:`communique.web.delegated` answers it there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from flask import request

from communique.store.outbound import Outbound
from communique.store.workers.messages import HEAD
from communique.store.workers.pool import DOCUMENTS
from communique.web import limits, versions
from communique.web.served import served

if TYPE_CHECKING:
    from collections.abc import Hashable

    from flask import Response

_READING: Final = frozenset({"GET", "HEAD"})
_PASSED: Final = (
    *("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT"),
    *("HTTP_HOST", "HTTP_ACCEPT", "HTTP_IF_NONE_MATCH", "wsgi.url_scheme"),
)
"""What documents depend on."""


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """What is said of a document before all else.

    Attributes:
        status: The HTTP status.
        headers: The headers.
        is_repeatable: Whether asking again gives the same.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    is_repeatable: bool

    def encode(self) -> bytes:
        """Return it as a message."""
        return HEAD + json.dumps(asdict(self)).encode()

    @staticmethod
    def decode(body: bytes) -> DocumentHead:
        """Read it from a message.

        Args:
            body: The message, without its letter.
        """
        said = json.loads(body)
        headers = tuple((str(name), str(value)) for name, value in said["headers"])
        return DocumentHead(int(said["status"]), headers, bool(said["is_repeatable"]))


@dataclass(frozen=True, slots=True)
class DocumentRequest:
    """A request for a document, as a worker can be asked it.

    Attributes:
        environ: What WSGI says of it, as far as documents depend on that.
        root: The dataset's folder, where it is at hand.
        outbound: Which other services queries may call, as the description says.
    """

    environ: tuple[tuple[str, str], ...]
    root: str | None
    outbound: Outbound
    answerer: ClassVar[str] = DOCUMENTS
    is_brief: ClassVar[bool] = True

    @property
    def key(self) -> Hashable:
        """All that the document depends on beside the generation."""
        return (*self.environ, self.root, self.outbound)

    def encode(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @staticmethod
    def decode(said: dict[str, Any]) -> DocumentRequest:
        """Read it.

        Args:
            said: It, as JSON has it.
        """
        environ = tuple((name, value) for name, value in said["environ"])
        return DocumentRequest(environ, said["root"], Outbound.decode(said["outbound"]))

    @staticmethod
    def decode_head(body: bytes) -> DocumentHead:
        """Read what is said of the document.

        Args:
            body: The message, without its letter.
        """
        return DocumentHead.decode(body)


def delegate() -> Response | None:
    """Have a worker answer the request; return None where there are no workers, or it changes data.

    Raises:
        CommuniqueError: The worker was stopped, or none is free.
    """
    if request.method not in _READING or limits.limited().pool is None:
        return None
    root = served().root
    environ = request.environ | {"QUERY_STRING": versions.settled_query()}
    asked = DocumentRequest(
        tuple((name, str(environ[name])) for name in _PASSED if name in environ),
        None if root is None else str(root),
        limits.limited().outbound,
    )
    reply = limits.ask_within(versions.latest(), asked, limits.limited().seconds)
    response = limits.respond(reply, "")
    response.status_code = reply.head.status
    length = response.headers.get("Content-Length")
    response.headers.clear()
    response.headers.extend(reply.head.headers)
    # Of what is written while it leaves, HEAD knows no length.
    response.automatically_set_content_length = request.method != "HEAD"
    has_length = "Content-Length" in response.headers or request.method == "HEAD"
    if length is not None and not has_length:
        response.headers["Content-Length"] = length
    return response
