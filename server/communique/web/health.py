"""Whether the server is up and can answer, and what it serves."""

from __future__ import annotations

import json
from http import HTTPStatus

from flask import Blueprint, Response

from communique import __version__
from communique.web import status, versions
from communique.web.limits import limited

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    """Return the state of the server, as JSON."""
    manifest = versions.latest().manifest
    state = {
        "status": "ok",
        "version": __version__,
        "dataset": {
            "digest": manifest["digest"],
            "triples": manifest["default_triples"],
            "quads": manifest["quads"],
            "graphs": len(manifest["graphs"]) + manifest["propositions"],
            "propositions": manifest["propositions"],
        },
    }
    return Response(
        json.dumps(state, indent=2) + "\n",
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


@blueprint.get("/ready")
def ready() -> Response:
    """Tell whether a query would be answered, by the status."""
    pool = limited().pool
    is_ready = pool is None or pool.is_open
    return Response(
        json.dumps({"status": "ready" if is_ready else "stopping", "files": status.files()}) + "\n",
        status=HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
