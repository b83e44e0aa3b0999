"""Tests of what every response has in common, and of the state of the server."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from communique import __version__
from communique.web import create_app
from stores import small

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PATHS = ["/", "/sparql?query=ASK+%7B%7D", "/sparql?query=oops", "/health", "/nothing", "/static/x"]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A client of the application."""
    return create_app(small()).test_client()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_every_response_names_the_dataset_version(
    client: FlaskClient, path: str, method: str
) -> None:
    assert client.open(path, method=method).headers["Dataset-Version"] == "0" * 64


@pytest.mark.parametrize("path", PATHS)
def test_every_response_is_hardened_and_open_for_reading(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in headers


def test_health(client: FlaskClient) -> None:
    response = client.get("/health")
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert json.loads(response.data) == {
        "status": "ok",
        "version": __version__,
        "dataset": {
            "digest": "0" * 64,
            "triples": 2,
            "quads": 7,
            "graphs": 3,
            "propositions": 0,
        },
    }
    assert response.headers["Cache-Control"] == "no-store"


def test_serving_does_not_load_what_only_building_needs() -> None:
    """Else the start would take seconds."""
    code = (
        "import sys, communique.web, communique.store.query, communique.store.generation;"
        "print([name for name in ('rdflib', 'pyshacl', 'owlrl') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
