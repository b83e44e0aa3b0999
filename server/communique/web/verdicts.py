"""What came of a change, as the client gets it: an outcome, or a rejection with its findings.

Either can be had as JSON, as a page, or as the W3C validation report in Turtle or JSON-LD.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import Response, render_template, request

from communique.errors import ChangeRejected, ValidationFailed
from communique.gate import findings_of
from communique.gate.findings import told
from communique.namespaces import shorten
from communique.web import authorization, negotiation, problems, protocol
from communique.web.negotiation import HTML, Offer
from communique.web.places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flask import Flask

    from communique.errors import DataError
    from communique.gate import Difference
    from communique.repository import Outcome
    from communique.validation import Report
    from communique.web.bodies import Body

MAX_TRIPLES: Final = 1000
"""The most triples of each kind that an outcome lists; it says how many there are."""

_JSON: Final = Offer("application/json", "json")
_TURTLE: Final = Offer("text/turtle", "turtle")
_JSONLD: Final = Offer("application/ld+json", "jsonld")
_OFFERS: Final = (_JSON, _TURTLE, _JSONLD, HTML)


def register(app: Flask) -> None:
    """Have an application answer a rejected change with what was found.

    Args:
        app: The application.
    """
    app.register_error_handler(ChangeRejected, _of_rejection)


def rejection(fault: DataError, bodies: Mapping[str, Body]) -> ChangeRejected:
    """Return the rejection of a change, with the places in what was sent.

    Args:
        fault: Why the gate rejects it.
        bodies: What was sent to be files, by their names.
    """
    places = Places(_root(), bodies)
    return ChangeRejected(fault, [places.locate(finding) for finding in findings_of(fault)])


def respond(
    outcome: Outcome, bodies: Mapping[str, Body], *, dry_run: bool, created: bool = False
) -> Response:
    """Return what came of a change.

    Args:
        outcome: What came of it.
        bodies: What was sent to be files, by their names.
        dry_run: Whether it was only to say what would come of it.
        created: Whether there is a new graph.

    Raises:
        NotAcceptable: None of the formats will do.
    """
    offer = choose()
    status = HTTPStatus.CREATED if created and not dry_run else HTTPStatus.OK
    wishes = {wish.strip().lower() for wish in request.headers.get("Prefer", "").split(",")}
    is_brief = "return=minimal" in wishes
    if is_brief and not dry_run:
        response = Response(status=HTTPStatus.CREATED if created else HTTPStatus.NO_CONTENT)
        response.headers["Preference-Applied"] = "return=minimal"  # RFC 7240, §3
    elif offer in {_TURTLE, _JSONLD}:
        response = _report(outcome.report, offer)
        response.status_code = status
    else:
        places = Places(_root(), bodies)
        said = {
            "status": "would be accepted" if dry_run else "accepted",
            "before": outcome.before,
            "after": outcome.after,
            "commit": outcome.commit,
            "files": list(outcome.files),
            "gained": _difference(outcome.gained),
            "lost": _difference(outcome.lost),
            "findings": [told(places.locate(found)) for found in places.of_report(outcome.report)],
        }
        if offer == HTML:
            page = render_template("change.html", outcome=said, shorten=shorten, dry_run=dry_run)
            response = Response(page, status, content_type=HTML.content_type)
        else:
            body = json.dumps(said, ensure_ascii=False, indent=2) + "\n"
            response = Response(body, status, content_type=_JSON.content_type)
    response.headers["Dataset-Version"] = outcome.before if dry_run else outcome.after
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    response.vary.add("Authorization")
    return response


def choose() -> Offer:
    """Return the format that what comes of a change will be given in.

    Raises:
        NotAcceptable: None will do.
    """
    wanted = protocol.parameters(request, ["format"]).get("format")
    return negotiation.choose(_OFFERS, request.headers.get("Accept"), wanted)


def _of_rejection(rejected: ChangeRejected) -> Response:
    """Return a rejection: the validation report for who asks for it, else a problem."""
    accept = request.headers.get("Accept")
    wanted = protocol.parameters(request, ["format"]).get("format")
    if isinstance(rejected.fault, ValidationFailed):
        for offer in (_TURTLE, _JSONLD):
            others = [*problems.JSON, *(each for each in _OFFERS if each != offer)]
            if wanted == offer.name or (not wanted and negotiation.prefers(offer, others, accept)):
                response = _report(rejected.fault.report, offer)
                response.status_code = problems.kind_of(rejected).status
                response.headers["Cache-Control"] = "no-store"
                response.vary.add("Accept")
                return response
    return problems.respond(rejected, findings=[told(each) for each in rejected.findings])


def _report(report: Report, offer: Offer) -> Response:
    """Return a validation report as W3C's SHACL has it."""
    written = (
        report.turtle() if offer == _TURTLE else report.graph.serialize(format="json-ld", indent=2)
    )
    return Response(written, content_type=offer.content_type)


def _difference(found: Difference) -> dict[str, Any]:
    """Return facts gained or lost as JSON has them, with their true numbers."""
    return {
        kind: {
            "count": len(triples),
            "triples": [" ".join((*triple, ".")) for triple in triples[:MAX_TRIPLES]],
        }
        for kind, triples in (("asserted", found.asserted), ("inferred", found.inferred))
    }


def _root() -> Path:
    """Return the dataset's folder."""
    return authorization.writable().repository.root
