"""The query operation of the SPARQL 1.1 Protocol, at ``/sparql``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request, url_for

from communique.store.results import formats_of
from communique.store.workers.messages import EXCERPT, decode_excerpt
from communique.web import delegating, limits, negotiation, pages, protocol, versions
from communique.web.description import describe
from communique.web.negotiation import HTML, NotAcceptable, Offer
from communique.web.served import served

if TYPE_CHECKING:
    from collections.abc import Mapping

    from communique.store.results import Kind
    from communique.web.protocol import Operation

blueprint = Blueprint("sparql", __name__)

_KINDS: Final[tuple[Kind, ...]] = ("select", "ask", "graph")
_OFFERS: Final = {kind: tuple(negotiation.offers_of(formats_of(kind))) for kind in _KINDS}
_MEDIA_TYPES: Final = {kind: {f.name: f.media_type for f in formats_of(kind)} for kind in _KINDS}


@blueprint.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query; without one, describe the service, or show the page to write one on."""
    is_update = request.method == "POST" and request.mimetype == protocol.UPDATE
    if is_update and served().writable is not None:
        # Late, because reading needs none of the libraries that write.
        from communique.web import updating  # noqa: PLC0415

        return updating.update()
    operation = protocol.read(request)
    versions.ask(operation.version)
    if operation.query is None:
        # A worker does not know whether the server takes changes.
        is_writable = served().writable is not None
        response = (None if is_writable else delegating.delegate()) or _describe(operation)
    else:
        response = _answer(operation)
    response.vary.add("Accept")
    return response


def _describe(operation: Operation) -> Response:
    """Describe the service, or show the page to write a query on."""
    chosen = _choose("graph", operation)
    is_federated = bool(limits.limited().outbound.endpoints)
    is_writable = served().writable is not None
    etag = versions.tag("description", chosen.name, request.url_root, is_federated, is_writable)
    response = versions.unchanged(etag)
    if response is None:
        body: str | bytes
        if chosen == HTML:
            body = pages.query_page()
        else:
            here = url_for("sparql.endpoint", _external=True)
            answer = describe(
                versions.generation(), here, is_federated=is_federated, is_writable=is_writable
            )
            body = answer.serialize(_media_type("graph", chosen))
        response = Response(body, content_type=chosen.content_type)
    return versions.mark(response, etag)


def _answer(operation: Operation) -> Response:
    """Answer a query.

    What it is, a table or a graph, turns out only where it is read; so the format is chosen for
    each beforehand.

    Raises:
        NotAcceptable: None of the formats for the answer will do.
    """
    chosen: dict[Kind, Offer] = {}
    refused: dict[Kind, NotAcceptable] = {}
    for kind in _KINDS:
        try:
            chosen[kind] = _choose(kind, operation)
        except NotAcceptable as fault:
            refused[kind] = fault
    forms = {kind: _media_type(kind, chosen[kind]) if kind in chosen else None for kind in _KINDS}
    etag = _tag(operation, chosen)
    unchanged = versions.unchanged(etag, is_known=False)
    if unchanged is not None:
        return unchanged
    reply = limits.ask(versions.generation(), operation, forms, pages.MAX_ROWS)
    kind, is_repeatable = reply.head.kind, reply.head.is_repeatable
    if kind in refused:
        reply.close()
        raise refused[kind]
    if chosen[kind] == HTML:
        excerpt = decode_excerpt(b"".join(reply))
        page = pages.answer_page(operation, excerpt, is_repeatable=is_repeatable)
        response = Response(page, content_type=HTML.content_type)
    else:
        response = limits.respond(reply, chosen[kind].content_type)
    if not is_repeatable:
        response.headers["Cache-Control"] = "no-store"
    elif request.method != "POST":
        versions.mark(response, etag)
    return response


def _tag(operation: Operation, chosen: Mapping[Kind, Offer]) -> str:
    """Return the entity tag of an answer, in the formats chosen for whatever kind it may be."""
    formats = [chosen[kind].name if kind in chosen else None for kind in _KINDS]
    asked = (operation.query, operation.default_graphs, operation.named_graphs)
    if HTML not in chosen.values():
        return versions.tag("answer", formats, *asked)
    # A page also knows what else was asked and the sample questions.
    questions = [example.question for example in served().examples]
    return versions.tag("answer", formats, *asked, request.url, questions)


def _choose(kind: Kind, operation: Operation) -> Offer:
    """Choose the format for a kind of answer.

    Raises:
        NotAcceptable: None will do.
    """
    return negotiation.choose(_OFFERS[kind], request.headers.get("Accept"), operation.format)


def _media_type(kind: Kind, offer: Offer) -> str:
    """Return the media type of an offer's format, or that an excerpt is wanted for a page."""
    return _MEDIA_TYPES[kind].get(offer.name, EXCERPT)
