"""Errors as the client gets them: problem details (RFC 9457), or a page for a browser."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from flask import Response, render_template, request
from werkzeug.exceptions import HTTPException

from communique.errors import (
    BodySyntaxError,
    Busy,
    CallError,
    ChangeRejected,
    CommuniqueError,
    Conflict,
    DataError,
    DeadlineExceeded,
    EngineFailure,
    GitFailure,
    LostUpdate,
    MemoryExceeded,
    NoSuchGraph,
    OtherGraph,
    QuerySyntaxError,
    RefusedQuery,
    ServiceFailed,
    StorageError,
    StorageFull,
    TokenInsufficient,
    TokenMissing,
    TokenRejected,
    UnwritableAnswer,
)
from communique.namespaces import BASE
from communique.web import negotiation
from communique.web.negotiation import HTML, NotAcceptable, Offer
from communique.web.rates import TooManyRequests

if TYPE_CHECKING:
    from flask import Flask

TYPE: Final = BASE + "problem/"
"""What the types of our problems begin with."""


class BadRequest(CallError):  # noqa: N818 - named as HTTP names it
    """A request is not what the SPARQL 1.1 Protocol makes of it."""


class UnsupportedContent(CallError):  # noqa: N818 - likewise
    """A request's body is of a type that is not understood here."""


class Unknown(CallError):  # noqa: N818 - likewise
    """There is nothing here by the name that is asked."""


class UnknownVersion(Unknown):
    """A version of the dataset is asked that is not kept here."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of fault is told.

    Attributes:
        status: The HTTP status.
        name: What the problem's type ends with.
        title: What it is, the same for every occurrence.
    """

    status: HTTPStatus
    name: str
    title: str


KINDS: Final[dict[type[CommuniqueError], Kind]] = {
    QuerySyntaxError: Kind(HTTPStatus.BAD_REQUEST, "query-syntax", "Not a valid SPARQL query"),
    BadRequest: Kind(HTTPStatus.BAD_REQUEST, "request", "Not a valid request"),
    RefusedQuery: Kind(HTTPStatus.FORBIDDEN, "refused", "Refused"),
    NotAcceptable: Kind(HTTPStatus.NOT_ACCEPTABLE, "not-acceptable", "No acceptable format"),
    UnwritableAnswer: Kind(HTTPStatus.NOT_ACCEPTABLE, "unwritable", "Not expressible"),
    UnsupportedContent: Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-content", "Content type not supported"
    ),
    UnknownVersion: Kind(HTTPStatus.NOT_FOUND, "unknown-version", "No such version"),
    Unknown: Kind(HTTPStatus.NOT_FOUND, "unknown", "Nothing by this name"),
    NoSuchGraph: Kind(HTTPStatus.NOT_FOUND, "unknown-graph", "No such graph"),
    BodySyntaxError: Kind(HTTPStatus.BAD_REQUEST, "body-syntax", "Not of the type it says"),
    ChangeRejected: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "rejected", "Rejected by the gate"),
    OtherGraph: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "other-graph", "Of another graph as well"),
    Conflict: Kind(HTTPStatus.CONFLICT, "conflict", "In conflict with another change"),
    LostUpdate: Kind(HTTPStatus.PRECONDITION_FAILED, "lost-update", "Not what is there"),
    TokenMissing: Kind(HTTPStatus.UNAUTHORIZED, "token-missing", "A token is needed"),
    TokenRejected: Kind(HTTPStatus.UNAUTHORIZED, "token-rejected", "The token is not valid"),
    TokenInsufficient: Kind(
        HTTPStatus.FORBIDDEN, "token-insufficient", "The token does not allow this"
    ),
    StorageFull: Kind(HTTPStatus.INSUFFICIENT_STORAGE, "disk-full", "No space for the change"),
    StorageError: Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "storage", "Not to be kept"),
    GitFailure: Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "git", "Git does not commit it"),
    # RFC 9110, §15.6.3: "received an invalid response from an inbound server".
    ServiceFailed: Kind(HTTPStatus.BAD_GATEWAY, "service", "No answer from another endpoint"),
    # 504 rather than 503: the same query, sent again, will take as long again.
    DeadlineExceeded: Kind(HTTPStatus.GATEWAY_TIMEOUT, "deadline", "Stopped at its deadline"),
    # RFC 4918, 11.5: "unable to store the representation needed to successfully complete the
    # request", which is not to be repeated unasked.
    MemoryExceeded: Kind(HTTPStatus.INSUFFICIENT_STORAGE, "memory", "Stopped for its memory"),
    TooManyRequests: Kind(HTTPStatus.TOO_MANY_REQUESTS, "rate", "Too many requests"),
    Busy: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "busy", "Too much to do"),
    EngineFailure: Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "crash", "The query's process ended"),
    CallError: Kind(HTTPStatus.BAD_REQUEST, "call", "Not possible as asked"),
    DataError: Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "data", "The data is at fault"),
}
"""How each kind of fault is told; a subclass is told as its nearest ancestor here."""

_MANY: Final = 1000
_REALM: Final = 'Bearer realm="communique"'
_MEMBERS: Final = ("line", "column", "clause", "offered", "seconds", "cause")
"""What faults may know beside their message and advice."""
JSON: Final = (
    Offer("application/problem+json", "json"),
    Offer("application/json", "json", is_alias=True),
)
"""The form of a problem for all that is no browser."""


def register(app: Flask) -> None:
    """Have an application answer every fault with a problem.

    Args:
        app: The application.
    """
    app.register_error_handler(CommuniqueError, respond)
    app.register_error_handler(HTTPException, _of_http)


def kind_of(fault: CommuniqueError) -> Kind:
    """Return how a fault is told.

    Args:
        fault: The fault.
    """
    return next(KINDS[ancestor] for ancestor in type(fault).__mro__ if ancestor in KINDS)


def respond(fault: CommuniqueError, **members: object) -> Response:
    """Return a fault as a problem.

    Args:
        fault: The fault.
        members: What the problem says beside what all say.
    """
    kind = kind_of(fault)
    problem: dict[str, Any] = {
        "type": TYPE + kind.name,
        "title": kind.title,
        "status": kind.status.value,
        # Its place has members of its own.
        "detail": fault.reason if isinstance(fault, QuerySyntaxError) else fault.message,
        "advice": fault.advice,
    }
    problem |= {name: getattr(fault, name, None) for name in _MEMBERS} | members
    said = {name: value for name, value in problem.items() if value not in (None, "")}
    response = _respond(said, _in_url("query") or _in_form("query") or "")
    if isinstance(fault, Busy):
        response.headers["Retry-After"] = str(fault.retry_after)
    challenge = _challenge(fault)
    if challenge:
        response.headers["WWW-Authenticate"] = challenge
    return response


def _challenge(fault: CommuniqueError) -> str | None:
    """Return how to come again to what was refused for a token (RFC 6750, §3)."""
    if isinstance(fault, TokenMissing):
        return _REALM
    if isinstance(fault, TokenRejected):
        return f'{_REALM}, error="invalid_token", error_description="{fault.message}"'
    if isinstance(fault, TokenInsufficient):
        return f'{_REALM}, error="insufficient_scope", scope="{fault.scope}"'
    return None


def _in_url(name: str) -> str | None:
    """Return a parameter of the URL, however badly it is encoded."""
    return _first(request.query_string, name)


def _in_form(name: str) -> str | None:
    """Return a parameter of the form, likewise."""
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    return _first(request.get_data(), name) if is_form else None


def _first(encoded: bytes, name: str) -> str | None:
    """Return the first value of a parameter, unless there are so many that reading takes long."""
    if encoded.count(b"&") >= _MANY:
        return None
    given = parse_qs(encoded.decode("ascii", "replace"), errors="replace")
    return given[name][0] if name in given else None


def _of_http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
    }
    if error.description:
        problem["detail"] = error.description.rstrip(".")
    response = _respond(problem)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value  # such as Allow, which 405 must have
    return response


def _respond(problem: dict[str, Any], query: str = "") -> Response:
    """Return a problem in the form that the client would rather have.

    Args:
        problem: Its members.
        query: The query it is about, for a page to show.
    """
    wants_page = _in_url("format") == HTML.name or negotiation.prefers(
        HTML, JSON, request.headers.get("Accept")
    )
    if wants_page:
        page = render_template("problem.html", problem=problem, query=query)
        response = Response(page, content_type=HTML.content_type)
    else:
        body = json.dumps(problem, ensure_ascii=False, indent=2) + "\n"
        response = Response(body, content_type=JSON[0].media_type)
    response.status_code = problem["status"]
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = "no-store"
    return response
