"""What is seen of each request, for the log and the counts.

A query itself is never logged, since it may say what somebody looks for: only the beginning of its
SHA-256, by which two can be told apart, and its length.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from flask import request
from werkzeug.wsgi import ClosingIterator

from communique.web.limits import BROKEN, QUERY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from _typeshed import OptExcInfo
    from flask import Flask

    from communique.web.metrics import Metrics

BEARER: Final = "communique.bearer"
"""The key in the WSGI environment for what a token is called by, which is no secret."""
REQUEST_ID: Final = "X-Request-Id"
"""The header by which a request is followed through the logs of several programs."""
OTHER: Final = "other"
"""The route of a request that none fits, and the method of one that no route knows."""

_ROUTE: Final = "communique.route"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
_SANE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ACCESS: Final = logging.getLogger("communique.access")
_LONGEST_PATH: Final = 200


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of a request.

    Attributes:
        request_id: What names it.
        client: The address that it came from.
        method: Its method, ``other`` if no route knows it.
        path: Its path, percent-encoded and without the query string.
        route: The pattern that the path fits, or ``other``.
        status: The status of the response.
        size: The bytes of its body.
        seconds: The time from the request to the last byte.
        query: The beginning of the query's SHA-256, where there is one.
        query_length: Its length in characters.
        token: What the token is called that came with it, where one did.
        broken: Why the response was broken off, if it was.
    """

    request_id: str
    client: str
    method: str
    path: str
    route: str
    status: int
    size: int
    seconds: float
    query: str | None
    query_length: int | None
    token: str | None
    broken: str | None

    def __str__(self) -> str:
        """Return it on one line, for people."""
        line = (
            f"{self.client} {self.method} {self.path} {self.status} {self.size} bytes "
            f"{self.seconds:.3f} s {self.request_id}"
        )
        if self.query is not None:
            line += f" query {self.query} of {self.query_length}"
        if self.token is not None:
            line += f" token {self.token}"
        return f"{line} broken off: {self.broken}" if self.broken else line


class Observer:
    """WSGI middleware that names each request, and logs and counts it when it is done.

    Args:
        application: What answers.
        metrics: Where to count.
    """

    def __init__(self, application: WSGIApplication, metrics: Metrics | None) -> None:
        self._application = application
        self._metrics = metrics

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request.

        Args:
            environ: As WSGI has it.
            start_response: Likewise.
        """
        begun = time.monotonic()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _SANE.fullmatch(given) else secrets.token_hex(8)
        status = 0
        size = 0

        def start(
            line: str, headers: list[tuple[str, str]], exc_info: OptExcInfo | None = None
        ) -> Callable[[bytes], object]:
            nonlocal status
            status = int(line.split(" ", 1)[0])
            return start_response(line, [*headers, (REQUEST_ID, request_id)], exc_info)

        def done() -> None:
            query, length = environ.get(QUERY, (None, None))
            broken = environ.get(BROKEN)
            method = str(environ.get("REQUEST_METHOD", ""))
            path = quote(str(environ.get("PATH_INFO", "")).encode("latin-1", "replace"))
            self._observe(
                Observation(
                    request_id=request_id,
                    client=str(environ.get("REMOTE_ADDR", "")),
                    method=method if method in _METHODS else OTHER,
                    path=path[:_LONGEST_PATH],
                    route=str(environ.get(_ROUTE, OTHER)),
                    status=status,
                    size=size,
                    seconds=time.monotonic() - begun,
                    query=query,
                    query_length=length,
                    token=environ.get(BEARER),
                    broken=None if broken is None else str(broken),
                )
            )

        def counted(pieces: Iterable[bytes]) -> Iterator[bytes]:
            nonlocal size
            for piece in pieces:
                size += len(piece)
                yield piece

        body = self._application(environ, start)
        closing = [getattr(body, "close", lambda: None), done]
        return ClosingIterator(counted(body), closing)

    def _observe(self, seen: Observation) -> None:
        if self._metrics is not None:
            self._metrics.observe(seen)
        level = logging.WARNING if seen.broken else logging.INFO
        _ACCESS.log(level, "%s", seen, extra={"seen": seen})


def register(app: Flask, metrics: Metrics | None) -> None:
    """Have all requests to an application seen.

    Args:
        app: The application.
        metrics: Where to count them.
    """

    @app.before_request
    def note_route() -> None:
        rule = request.url_rule
        request.environ[_ROUTE] = OTHER if rule is None else rule.rule

    app.wsgi_app = Observer(app.wsgi_app, metrics)  # type: ignore[method-assign] # as Flask has it


class Json(logging.Formatter):
    """One line of JSON for each record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line.

        Args:
            record: The record.
        """
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        seen = getattr(record, "seen", None)
        if isinstance(seen, Observation):
            fields = asdict(seen) | {"seconds": round(seen.seconds, 6)}
            entry |= {name: value for name, value in fields.items() if value is not None}
        else:
            entry["message"] = record.getMessage()
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def configure(form: str) -> None:
    """Write the log to standard error.

    Args:
        form: ``quiet`` for warnings and errors alone, ``plain`` or ``json`` for every request.
    """
    handler = logging.StreamHandler()
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(Json() if form == "json" else plain)
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("communique").setLevel(logging.WARNING if form == "quiet" else logging.INFO)
