"""The application factory, and what every response has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Flask, Response, request

from communique.store import notices
from communique.web import (
    data,
    description,
    explanations,
    health,
    limits,
    logs,
    metrics,
    pages,
    problems,
    protocol,
    rates,
    resources,
    sparql,
    status,
    versions,
)
from communique.web.limits import Limited
from communique.web.served import Served, Writable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from werkzeug.datastructures import Headers

    from communique.repository import Repository
    from communique.sources import Example
    from communique.store.generation import Generation
    from communique.tokens import Tokens

_READING: Final = ("GET", "HEAD", "POST", "OPTIONS")
"""The methods by which data is read: POST is how a long query is asked."""
MAX_BODY: Final = 1024 * 1024
"""The longest request body that is read, in bytes."""

_CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

_EXPOSED: Final = "Content-Location, Dataset-Version, ETag, Link, Retracted-Matter"
"""The headers that scripts of other sites may read."""


def _allow_cross_origin(response: Response) -> Response:
    """Tell a browser's preflight what a script of any page may send (Fetch standard, §3.2).

    That is what reads: a token, or a method that only changes, is not among it.
    """
    if request.method == "OPTIONS":
        methods = [method for method in _READING if method in response.allow]
        response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type, If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


def create_app(  # noqa: PLR0913 - of the parts given by name, an application may lack each
    generation: Generation,
    examples: Sequence[Example] = (),
    root: Path | None = None,
    limited: Limited | None = None,
    *,
    has_metrics: bool = True,
    repository: Repository | None = None,
    tokens: Tokens | None = None,
    default_graph: str = "",
) -> Flask:
    """Make the application that serves a generation.

    Args:
        generation: The generation.
        examples: The sample questions that the start page offers.
        root: The dataset's folder, for explanations to give lines; None if it is not at hand.
        limited: How queries are asked; without workers and limits if it is not given.
        has_metrics: Whether there is ``/metrics``.
        repository: What the dataset is changed in while it is served; None if it never is.
        tokens: Who may change it over HTTP; None if nobody may.
        default_graph: The IRI of the graph that changes of the default graph go to; empty if such
            changes are refused.
    """
    app = Flask("communique.web")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    served = Served(generation, tuple(examples), root, repository)
    if repository is not None and tokens is not None:
        served.writable = Writable(repository, tokens, default_graph)
    app.extensions["communique"] = served
    versions.register(app)
    for module in (pages, sparql, data, resources, description, explanations, health, status):
        app.register_blueprint(module.blueprint)
    limited = limited or Limited()
    counts = metrics.Metrics(served, limited) if has_metrics else None
    limits.register(app, limited)
    logs.register(app, counts)
    rates.register(app, limited.rate)
    if counts is not None:
        metrics.register(app, counts)
    problems.register(app)
    pages.register(app)
    if served.writable is not None:
        # Late, because reading needs none of the libraries that write.
        from communique.web import writing  # noqa: PLC0415

        writing.register(app)
    if repository is not None:

        def put_into_service(changed: Generation) -> None:
            """Have the requests to come answered by another generation."""
            if limited.pool is not None:
                limited.pool.prefer(changed.path)
            served.generation = changed

        repository.subscribe(put_into_service)

    app.after_request(_allow_cross_origin)

    @app.before_request
    def decodable() -> None:
        """Refuse a URL whose parameters no view could read."""
        protocol.check_encoding(request)

    @app.after_request
    def complete(response: Response) -> Response:
        """Add the headers that every response has."""
        headers = response.headers
        headers.setdefault("Dataset-Version", versions.current().digest)
        _name_left_out(headers)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
        headers["Referrer-Policy"] = "no-referrer"
        # Whoever may reach the endpoint may read it: there are no credentials to abuse.
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = _EXPOSED
        return response

    return app


def _name_left_out(headers: Headers) -> None:
    """Say how much is retracted or superseded, and left out where no graph is named."""
    left_out = notices.field(versions.current().manifest)
    if left_out:
        headers["Retracted-Matter"] = left_out
