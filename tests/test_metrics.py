"""Tests of the counts for Prometheus, and that docs/operations.md lists them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from communique.store.workers.asking import Inline
from communique.store.workers.cache import Cached
from communique.store.workers.pool import Limits, Pool
from communique.web import create_app
from communique.web.limits import Limited
from stores import Finishing, small

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PAGE = Path(__file__).resolve().parent.parent / "docs" / "operations.md"


@pytest.fixture
def client() -> FlaskClient:
    """A client of an application of its own, which has asked nothing yet."""
    app = create_app(small())
    app.test_client_class = Finishing
    return app.test_client()


def counts(client: FlaskClient) -> dict[tuple[str, str], float]:
    """Returns the counts by name and labels."""
    response = client.get("/metrics")
    assert response.content_type.startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name, ",".join(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_requests_are_counted_by_route_method_and_status(client: FlaskClient) -> None:
    for path in ("/health", "/health", "/sparql?query=ASK{}", "/sparql?query=oops"):
        client.get(path)
    size = len(client.head("/health").data) + 2 * len(client.get("/health").data)
    found = counts(client)
    assert found["communique_requests_total", "GET,/health,200"] == 3
    assert found["communique_requests_total", "HEAD,/health,200"] == 1
    assert found["communique_requests_total", "GET,/sparql,200"] == 1
    assert found["communique_requests_total", "GET,/sparql,400"] == 1
    assert found["communique_request_seconds_count", "/health"] == 4
    assert found["communique_response_bytes_total", "/health"] == 3 * size / 2
    assert found["communique_dataset_info", f"{'0' * 64},0.1.0"] == 1


def test_made_up_paths_and_methods_are_counted_as_one(client: FlaskClient) -> None:
    before = len(counts(client))
    for number in range(20):
        client.get(f"/nothing/{number}")
        client.open("/health", method=f"BREW{number}")
    found = counts(client)
    assert found["communique_requests_total", "GET,other,404"] == 20
    assert len(found) - before < 60


def test_they_can_be_switched_off() -> None:
    client = create_app(small(), has_metrics=False).test_client()
    assert client.get("/metrics").status_code == 404


def test_all_are_documented(tmp_path: Path) -> None:
    pool = Pool(tmp_path, Limits(workers=1, queue=1, memory=0))
    try:
        limited = Limited(pool=pool, cache=Cached(Inline(), 1000))
        client = create_app(small(), limited=limited).test_client()
        client.get("/health")
        text = client.get("/metrics").text
    finally:
        pool.close()
    names = set(re.findall(r"^# TYPE (communique_\w+) ", text, re.MULTILINE))
    names = {name for name in names if not name.endswith("_created")}
    listed = set(re.findall(r"`(communique_\w+)`", PAGE.read_text(encoding="utf-8")))
    assert listed == names
