"""The query operation of the SPARQL 1.1 Protocol, at ``/sparql``."""

from __future__ import annotations

from flask import Blueprint, Response, request

from communique.store.query import ask
from communique.web import negotiation, pages, protocol
from communique.web.negotiation import HTML
from communique.web.problems import JSON, BadRequest
from communique.web.served import served

blueprint = Blueprint("sparql", __name__)


@blueprint.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query; without one, show a browser the page to write it on."""
    operation = protocol.read(request)
    accept = request.headers.get("Accept")
    if operation.query is None:
        if operation.format == HTML.name or negotiation.prefers(HTML, JSON, accept):
            return _negotiated(pages.query_page(), HTML.content_type)
        raise BadRequest("there is no query", "send it as the parameter query")
    answer = ask(
        served().generation,
        operation.query,
        default_graphs=operation.default_graphs,
        named_graphs=operation.named_graphs,
    )
    offers = negotiation.offers_of(answer.formats)
    chosen = negotiation.choose(offers, accept, operation.format)
    if chosen == HTML:
        return _negotiated(pages.answer_page(operation, answer), HTML.content_type)
    own = next(format_ for format_ in answer.formats if format_.name == chosen.name)
    return _negotiated(answer.serialize(own.media_type), chosen.content_type)


@blueprint.after_request
def allow_cross_origin(response: Response) -> Response:
    """Tell a browser's preflight what it may send (Fetch standard, §3.2)."""
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


def _negotiated(body: str | bytes, content_type: str) -> Response:
    return Response(body, content_type=content_type, headers={"Vary": "Accept"})
