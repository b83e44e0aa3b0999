"""What a worker does with a request for a document: an application of its own answers it."""

from __future__ import annotations

import io
import sys
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from flask import request

from communique.store.workers.answering import Pieces
from communique.web.application import create_app
from communique.web.delegating import DocumentHead, DocumentRequest
from communique.web.limits import Limited
from communique.web.representing import Streamed

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from communique.store.generation import Generation
    from communique.web.served import Served

decode: Final = DocumentRequest.decode
"""Reads a request as a worker gets it."""

_made: dict[tuple[object, ...], Flask] = {}
"""The application for each dataset's folder and each policy: one of each, as a server has."""


def answer(generation: Generation, asked: DocumentRequest, send: Callable[[bytes], object]) -> None:
    """Answer a request for a document.

    Args:
        generation: The latest generation.
        asked: The request.
        send: Takes the messages.
    """
    environ: dict[str, object] = {
        "wsgi.version": (1, 0),
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **dict(asked.environ),
    }
    app = _application(generation, asked)
    pieces = Pieces(send)
    with app.request_context(environ):
        # What nobody foresaw ends the worker, and the server says what it was.
        response = app.full_dispatch_request()
        body, _, headers = response.get_wsgi_response(environ)
        status = response.status_code
        is_repeatable = status == HTTPStatus.OK and "ETag" in response.headers
        send(DocumentHead(status, tuple(headers), is_repeatable).encode())
        with closing(cast("io.IOBase", body)):
            if isinstance(response, Streamed) and request.method != "HEAD":
                response.write_to(pieces)
            else:
                for piece in body:
                    pieces.write(piece)
    pieces.end()


def _application(generation: Generation, asked: DocumentRequest) -> Flask:
    """Return the application that answers, with a generation in service."""
    key = (asked.root, asked.outbound)
    found = _made.get(key)
    if found is None:
        root = None if asked.root is None else Path(asked.root)
        limited = Limited(outbound=asked.outbound)
        found = _made[key] = create_app(generation, (), root, limited, has_metrics=False)
    # A worker does one thing at a time, so nobody else uses the application meanwhile.
    cast("Served", found.extensions["communique"]).generation = generation
    return found
