"""Whether what is in the files is what is in service, at ``/status``: a page, or JSON."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

from communique.gate.findings import findings_of, told
from communique.web import negotiation, protocol
from communique.web.negotiation import HTML, Offer
from communique.web.served import served
from communique.web.versions import latest

blueprint = Blueprint("status", __name__)

UNWATCHED: Final = "not watched"
CURRENT: Final = "in service"
REJECTED: Final = "rejected"

_JSON: Final = Offer("application/json", "json")
_OFFERS: Final = (_JSON, HTML)


@blueprint.get("/status")
def status() -> Response:
    """Tell which version is in service, and why edited files are not."""
    wanted = protocol.parameters(request, ["format"]).get("format")
    offer = negotiation.choose(_OFFERS, request.headers.get("Accept"), wanted)
    said = {"dataset": latest().digest, "files": files(), "findings": _findings()}
    if offer == HTML:
        body = render_template("status.html", status=said, rejected=REJECTED, unwatched=UNWATCHED)
    else:
        body = json.dumps(said, ensure_ascii=False, indent=2) + "\n"
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    return Response(body, content_type=offer.content_type, headers=headers)


def files() -> str:
    """Return whether the files are in service."""
    repository = served().repository
    if repository is None:
        return UNWATCHED
    return CURRENT if repository.rejected is None else REJECTED


def _findings() -> list[dict[str, Any]]:
    """Return why the gate does not let edited files pass, as JSON has it."""
    repository = served().repository
    fault = None if repository is None else repository.rejected
    if repository is None or fault is None:
        return []
    return [told(finding, repository.root) for finding in findings_of(fault)]
