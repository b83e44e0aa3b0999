"""The query operation of the SPARQL 1.1 Protocol, at ``/sparql``."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from communique.store.query import ask
from communique.web import negotiation, pages, protocol
from communique.web.description import describe
from communique.web.negotiation import HTML
from communique.web.served import served

blueprint = Blueprint("sparql", __name__)


@blueprint.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query; without one, describe the service, or show the page to write one on."""
    operation = protocol.read(request)
    generation = served().generation
    if operation.query is None:
        answer = describe(generation, url_for("sparql.endpoint", _external=True))
    else:
        answer = ask(
            generation,
            operation.query,
            default_graphs=operation.default_graphs,
            named_graphs=operation.named_graphs,
        )
    offers = negotiation.offers_of(answer.formats)
    chosen = negotiation.choose(offers, request.headers.get("Accept"), operation.format)
    body: str | bytes
    if chosen != HTML:
        media_type = next(f.media_type for f in answer.formats if f.name == chosen.name)
        body = answer.serialize(media_type)
    elif operation.query is None:
        body = pages.query_page()
    else:
        body = pages.answer_page(operation, answer)
    return Response(body, content_type=chosen.content_type, headers={"Vary": "Accept"})


@blueprint.after_request
def allow_cross_origin(response: Response) -> Response:
    """Tell a browser's preflight what it may send (Fetch standard, §3.2)."""
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
