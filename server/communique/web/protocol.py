"""What a client asks for, by the SPARQL 1.1 Protocol (§2.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from communique.errors import RefusedQuery
from communique.web.problems import BadRequest, UnsupportedContent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Request

_FORM: Final = "application/x-www-form-urlencoded"
_QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
"""The type of an update request."""

_PARAMETERS: Final = "communique.parameters"
"""The key in the WSGI environment for the parameters of the URL."""
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^<>\"{}|^`\\\x00-\x20]+")

MAX_PARAMETERS: Final = 1000
"""How many parameters are read of a URL or a form."""

Parameters = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Operation:
    """A query operation.

    Attributes:
        query: The query; None if the request has none.
        default_graphs: The IRIs given as ``default-graph-uri``.
        named_graphs: The IRIs given as ``named-graph-uri``.
        format: The representation asked for by the ``format`` parameter.
        timeout: What the ``timeout`` parameter says.
        version: The digest that the ``version`` parameter names.
    """

    query: str | None
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    format: str | None
    timeout: str | None = None
    version: str | None = None


def read(request: Request) -> Operation:
    """Read the operation that a request asks for.

    Args:
        request: A GET or POST request.

    Raises:
        BadRequest: A parameter is missing, given more than once, or not UTF-8.
        UnsupportedContent: The body is of a type that no query comes in.
        RefusedQuery: It is an update.
    """
    parameters = [*_of_url(request)]
    queries = [value for name, value in parameters if name == "query"]
    if request.method == "POST":
        content_type = request.mimetype
        charset = request.mimetype_params.get("charset", "utf-8")
        if charset.lower().replace("-", "") != "utf8":
            message = f"the charset {charset} is not understood"
            raise UnsupportedContent(message, "send UTF-8")
        if content_type == _FORM:
            form = _decode(request.get_data(), "the form")
            parameters += form
            queries += [value for name, value in form if name == "query"]
        elif content_type == _QUERY:
            queries.append(_text(request.get_data()))
        elif content_type == UPDATE:
            raise _update()
        else:
            sent = f"the content type {content_type}" if content_type else "a body without its type"
            raise UnsupportedContent(
                f"{sent} is not understood", f"send a query as {_QUERY}, or a form as {_FORM}"
            )
    if any(name == "update" for name, _ in parameters):
        raise _update()
    if len(queries) > 1:
        raise BadRequest(f"there are {len(queries)} queries", "send one query in each request")
    if request.method == "POST" and not queries:
        raise BadRequest("there is no query", "send it as the parameter query of the form")
    return Operation(
        query=queries[0] if queries else None,
        default_graphs=_values(parameters, "default-graph-uri"),
        named_graphs=_values(parameters, "named-graph-uri"),
        format=_format(parameters),
        timeout=_single(parameters, "timeout"),
        version=_single(parameters, "version"),
    )


def check_encoding(request: Request) -> None:
    """Make sure that the parameters of a URL can be read, whoever reads them.

    Args:
        request: The request.

    Raises:
        BadRequest: They are not UTF-8, encoded in percent.
    """
    _of_url(request)


def parameters(request: Request, names: Iterable[str]) -> dict[str, str]:
    """Read the parameters of a URL of which each is given at most once; others are passed over.

    Args:
        request: A GET request.
        names: The names of the parameters.

    Returns:
        Those that are given and not empty.

    Raises:
        BadRequest: One is given more than once, or is not UTF-8.
    """
    given = _of_url(request)
    found = {}
    for name in names:
        values = _values(given, name)
        if len(values) > 1:
            message = f"the parameter {name} is given more than once"
            raise BadRequest(message, "give it once")
        if values:
            found[name] = values[0]
    return found


def using(request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the IRIs of the graphs that an update reads, by the parameters of the URL (§2.2.3).

    Args:
        request: A POST request.

    Returns:
        Those of the default graph, and those of the named graphs.

    Raises:
        BadRequest: One is no absolute IRI, the parameters are those of queries, or there is another
            update or query beside the body.
    """
    given = _of_url(request)
    for name in ("update", "query"):
        if any(key == name for key, _ in given):
            message = f"the URL has the parameter {name}, and the body is an update already"
            raise BadRequest(message, "send one update in each request")
    for name in ("default-graph-uri", "named-graph-uri"):
        if _values(given, name):
            message = f"{name} is a parameter of queries, and this is an update"
            raise BadRequest(message, "give using-graph-uri or using-named-graph-uri")
    found = _values(given, "using-graph-uri"), _values(given, "using-named-graph-uri")
    for iri in (*found[0], *found[1]):
        if not _IRI.fullmatch(iri):
            raise BadRequest(f"<{iri}> is no absolute IRI", "give the whole IRI of the graph")
    return found


def _format(parameters: Parameters) -> str | None:
    """Return the format asked for; none where several are, so that ``Accept`` decides.

    SPARQLWrapper names one format in several ways at once, and says in ``Accept`` which it means.
    """
    values = _values(parameters, "format")
    return values[0] if len(values) == 1 else None


def _single(parameters: Parameters, name: str) -> str | None:
    """Return the value of a parameter that is given at most once.

    Raises:
        BadRequest: It is given more than once.
    """
    values = _values(parameters, name)
    if len(values) > 1:
        raise BadRequest(f"the parameter {name} is given more than once", "give it once")
    return values[0] if values else None


def _values(parameters: Parameters, name: str) -> tuple[str, ...]:
    """Return the values of a parameter, those left empty in a form not counted."""
    return tuple(value for key, value in parameters if key == name and value)


def _of_url(request: Request) -> Parameters:
    """Return the parameters of the URL, which are decoded once for each request.

    Raises:
        BadRequest: As :func:`_decode`.
    """
    found: Parameters | None = request.environ.get(_PARAMETERS)
    if found is None:
        found = request.environ[_PARAMETERS] = _decode(request.query_string, "the URL")
    return found


def _decode(encoded: bytes, source: str) -> Parameters:
    """Return the parameters of a URL's query or of a form.

    Raises:
        BadRequest: They are not UTF-8, or too many, or a token is among them.
    """
    if encoded.count(b"&") >= MAX_PARAMETERS:
        message = f"there are more than {MAX_PARAMETERS} parameters in {source}"
        raise BadRequest(message, "send fewer")
    try:
        found = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        message = f"the parameters in {source} are not percent-encoded UTF-8"
        raise BadRequest(message, "encode them as UTF-8, then in percent") from error
    if any(name == "access_token" for name, _ in found):
        raise BadRequest(
            f"a token does not belong into {source}, which others may see",
            "send it in the header Authorization, and revoke this one",
        )
    return found


def _text(body: bytes) -> str:
    """Return the text of a body.

    Raises:
        BadRequest: It is not UTF-8.
    """
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest("the query is not UTF-8", "send it in UTF-8") from error


def _update() -> RefusedQuery:
    return RefusedQuery(
        "updates are not taken here, or not in this way",
        f"ask with the parameter query; where the server is writable, send an update by POST as "
        f"{UPDATE}, with a token",
        clause="update",
    )
