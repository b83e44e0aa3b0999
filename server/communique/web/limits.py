"""Asking within limits: the deadline, how large an answer may become, and how it leaves."""

from __future__ import annotations

import hashlib
import math
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from flask import Response, current_app, request

from communique.errors import CommuniqueError
from communique.settings import Settings
from communique.store.outbound import NOWHERE, Outbound
from communique.store.workers.asking import Inline, Question, never
from communique.store.workers.cache import Cached
from communique.store.workers.pool import Pool
from communique.store.writing import Bounds
from communique.web.problems import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import IO

    from flask import Flask

    from communique.store.generation import Generation
    from communique.store.results import Kind
    from communique.store.workers.asking import Asking, Reply
    from communique.store.workers.messages import Asked, Head, HeadT_co, Repeatable
    from communique.web.protocol import Operation

QUERY: Final = "communique.query"
"""The key in the WSGI environment for the digest and the length of the query."""
BROKEN: Final = "communique.broken"
"""The key for why an answer was broken off."""

_EXTENSION: Final = "communique.limits"
_IN_MEMORY: Final = 1024 * 1024


class BrokenOff(Exception):  # noqa: N818 - it says what happens, and is no fault of its own
    """Ends a response of which a part has left already, so that the client sees it is not whole."""


@dataclass(frozen=True, slots=True)
class Limited:
    """How an application asks.

    Attributes:
        asking: What answers.
        seconds: How long a query may take.
        bounds: How large an answer may become.
        pool: The workers, where there are any.
        cache: The answers that are kept, where any are.
        outbound: Which other services queries may call.
        rate: How many requests one address has for each second; 0 for any number.
    """

    asking: Asking = field(default_factory=Inline)
    seconds: float = Settings().timeout
    bounds: Bounds = field(default_factory=Bounds)
    pool: Pool | None = None
    cache: Cached | None = None
    outbound: Outbound = NOWHERE
    rate: float = 0.0

    @staticmethod
    def start(generation: Generation, settings: Settings, pool: Pool | None = None) -> Limited:
        """Start the workers that answer within the limits of the settings.

        Args:
            generation: The generation that will be asked most.
            settings: The settings.
            pool: The workers, if they are started already.

        Raises:
            CallError: They name services that are not to be called.
        """
        outbound = Outbound.parse(settings.services, settings.service_networks)
        pool = pool or Pool.start(generation.path, settings)
        cache = Cached(pool, settings.cache_bytes) if settings.cache else None
        return Limited(
            asking=cache or pool,
            seconds=settings.timeout,
            bounds=Bounds(settings.rows or None, settings.size_bytes or None),
            pool=pool,
            cache=cache,
            outbound=outbound,
            rate=settings.rate,
        )


def limited() -> Limited:
    """Return how the current application asks."""
    return cast("Limited", current_app.extensions[_EXTENSION])


def register(app: Flask, chosen: Limited) -> None:
    """Have an application ask in a certain way.

    Args:
        app: The application.
        chosen: The way.
    """
    app.extensions[_EXTENSION] = chosen


def deadline(asked: str | None) -> float:
    """Return how many seconds a query may take.

    Args:
        asked: What the parameter ``timeout`` says; more than the server allows is cut to that.

    Raises:
        BadRequest: It is no number of seconds.
    """
    most = limited().seconds
    if not asked:
        return most
    try:
        seconds = float(asked)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0 and asked.isascii()):
        message = f"the timeout {asked[:40]} is no number of seconds"
        raise BadRequest(message, "give a number greater than 0, such as 2.5")
    return min(seconds, most)


def ask(
    generation: Generation, operation: Operation, forms: Mapping[Kind, str | None], rows: int = 0
) -> Reply[Head]:
    """Ask a query, within the limits.

    Args:
        generation: The generation to ask.
        operation: The operation, which has a query.
        forms: The form that each kind of answer is to have.
        rows: How many rows an excerpt has.

    Raises:
        CommuniqueError: There is no answer.
    """
    seconds = deadline(operation.timeout)
    text = operation.query or ""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    request.environ[QUERY] = (digest, len(text))
    question = Question(
        text=text,
        default_graphs=operation.default_graphs,
        named_graphs=operation.named_graphs,
        forms=forms,
        rows=rows,
        bounds=limited().bounds,
        outbound=limited().outbound,
    )
    return ask_within(generation, question, seconds)


def ask_within(
    generation: Generation, question: Asked[HeadT_co], seconds: float
) -> Reply[HeadT_co]:
    """Ask whatever can be asked, as long as the client of the request is there.

    Args:
        generation: The generation to ask.
        question: What is asked.
        seconds: How long it may take.

    Raises:
        CommuniqueError: There is no answer.
    """
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", never)
    return limited().asking.ask(generation, question, seconds, gone)


def respond(reply: Reply[Repeatable], content_type: str) -> Response:
    """Return an answer as a response, which leaves while it is computed.

    Args:
        reply: The answer.
        content_type: Its media type.
    """
    if reply.whole is not None:
        return Response(reply.whole, content_type=content_type)
    if request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        # There, an answer that ends too early could not be told from a whole one.
        return _collected(reply, content_type)
    response = Response(_pieces(reply, request.environ), content_type=content_type)
    response.call_on_close(reply.close)
    return response


def _collected(reply: Reply[Repeatable], content_type: str) -> Response:
    """Return a whole answer as a response, with its length."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed at the end
    try:
        for piece in reply:
            file.write(piece)
    except CommuniqueError:
        file.close()
        raise
    finally:
        reply.close()
    length = file.tell()
    file.seek(0)
    response = Response(iter(lambda: file.read(_IN_MEMORY), b""), content_type=content_type)
    response.content_length = length
    response.call_on_close(file.close)
    return response


def _pieces(reply: Reply[Repeatable], environ: dict[str, object]) -> Iterator[bytes]:
    """Yield the pieces of an answer, and tell the WSGI environment if it is broken off.

    Raises:
        BrokenOff: The answer ends before it is whole.
    """
    try:
        yield from reply
    except CommuniqueError as fault:
        environ[BROKEN] = fault
        raise BrokenOff(str(fault)) from fault
