"""Documents in workers: the same as without, and stopped for real when they take too long."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from communique import sources
from communique.namespaces import BASE, ID
from communique.settings import Settings
from communique.store.generation import Generation, Manifest, open_generation
from communique.store.outbound import Outbound
from communique.store.workers.pool import DOCUMENTS, SPARE, Limits, Pool
from communique.web import Limited, create_app
from communique.web.delegating import DocumentHead, DocumentRequest
from stores import EX, Finishing
from test_workers import is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

TRIPLE = "s=id:armenia&p=cmq:memberOf&o=id:csto"
PATHS = (
    *("/doc/id/csto", "/doc/id/csto?format=jsonld", "/doc/id/csto?page=2", "/id/csto", "/doc/id/x"),
    *("/data", "/data?default&format=ntriples", "/data?graph=urn:x", "/ontology", "/shapes"),
    *("/.well-known/void", "/sparql", f"/explain?{TRIPLE}", "/explain", "/explain?s=a"),
    *("/sitemap.xml", "/sitemap/1.xml", "/context.jsonld", "/robots.txt", "/problem/deadline"),
    *("/dump", "/dump?format=trig", "/dump?format=turtle", "/doc/id/csto?version=0"),
    *("/ontology/0", "/graph/none", "/doc/id/csto?format=none", "/value/negative"),
)
HUB = 300_000
SECONDS = 0.5
"""The deadline for what is too much: it takes a second at the least."""
MOMENT = 0.01
"""The deadline for what is too much in that already: it takes a tenth of a second."""


@pytest.fixture(scope="module")
def apps(bundled: Generation) -> Iterator[tuple[Flask, Flask]]:
    """The application with workers and without."""
    limited = Limited.start(bundled, Settings(workers=1))
    assert limited.pool is not None
    root = sources.bundled_root()
    yield create_app(bundled, (), root, limited), create_app(bundled, (), root)
    limited.pool.close()


def clients(apps: tuple[Flask, Flask]) -> tuple[FlaskClient, FlaskClient]:
    """Returns a client of each."""
    one, other = (Finishing(app, app.response_class) for app in apps)
    return one, other


def comparable(response: TestResponse) -> tuple[int, dict[str, str], bytes]:
    """Returns what is to be the same of a response."""
    unlike = {"X-Request-Id"}
    if "attachment" in response.headers.get("Content-Disposition", ""):
        unlike.add("Content-Length")  # the client of the tests adds one to what comes in pieces
    headers = {name: value for name, value in response.headers if name not in unlike}
    return response.status_code, headers, response.data


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize("path", PATHS)
def test_a_worker_makes_the_same(apps: tuple[Flask, Flask], path: str, accept: str) -> None:
    with_workers, without = clients(apps)
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        made, expected = (
            client.open(path, method=method, headers={"Accept": accept})
            for client in (with_workers, without)
        )
        assert comparable(made) == comparable(expected), (method, path)
        etag = made.headers.get("ETag")
        if etag and method == "GET" and made.status_code == HTTPStatus.OK and "problem" not in path:
            again = with_workers.get(path, headers={"Accept": accept, "If-None-Match": etag})
            assert (again.status_code, again.data) == (304, b"")


def test_addresses_are_as_the_client_knows_them(apps: tuple[Flask, Flask]) -> None:
    with_workers, without = clients(apps)
    for client in (with_workers, without):
        response = client.get(
            "/.well-known/void",
            base_url="https://data.example.org:8443/",
            headers={"Accept": "*/*"},
        )
        assert b"<https://data.example.org:8443/sparql>" in response.data


def test_a_document_is_made_once(apps: tuple[Flask, Flask]) -> None:
    app, _ = apps
    cache = app.extensions["communique.limits"].cache
    client = Finishing(app, app.response_class)
    first = client.get("/doc/id/russia?format=turtle")
    hits = cache.state.hits
    assert client.get("/doc/id/russia?format=turtle").data == first.data
    assert cache.state.hits == hits + 1
    client.get("/doc/id/nothing-at-all")
    client.get("/doc/id/nothing-at-all")
    assert cache.state.hits == hits + 1, "a fault is not kept"


def test_documents_are_to_be_had_while_queries_keep_the_workers_busy(
    apps: tuple[Flask, Flask],
) -> None:
    app, _ = apps
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    pool = app.extensions["communique.limits"].pool
    wait_until(lambda: pool.state.idle == 1 + SPARE)
    asking = threading.Thread(
        target=lambda: app.test_client().get(
            "/sparql", query_string={"query": endless, "timeout": "4"}
        )
    )
    asking.start()
    wait_until(lambda: pool.state.busy == 1)
    begun = time.monotonic()
    assert Finishing(app, app.response_class).get("/doc/id/armenia").status_code == 200
    assert time.monotonic() - begun < 3
    assert pool.state.busy == 1
    asking.join()


# --- What takes too long -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """A generation in which everything is linked to one thing."""
    place = tmp_path_factory.mktemp("hub")
    store = ox.Store(str(place / "store"))
    middle, predicate = ox.NamedNode(f"{ID}hub"), ox.NamedNode(f"{EX}linked")
    store.bulk_extend(
        ox.Quad(ox.NamedNode(f"{ID}n{number}"), predicate, middle) for number in range(HUB)
    )
    store.flush()
    manifest = Manifest(
        format=1,
        digest="2" * 64,
        versions={},
        default_triples=HUB,
        quads=HUB,
        propositions=0,
        withdrawn={"retracted": 0, "superseded": 0},
        graphs={},
    )
    (place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    del store
    return open_generation(place)


@pytest.fixture(scope="module")
def strict(hub: Generation) -> Iterator[Pool]:
    """Workers for applications that give little time."""
    pool = Pool(hub.path, Limits(workers=1, queue=4, memory=0), [DOCUMENTS])
    yield pool
    pool.close()


def patient(hub: Generation, pool: Pool, seconds: float) -> Flask:
    """Returns an application that gives some time."""
    return create_app(hub, limited=Limited(asking=pool, seconds=seconds, pool=pool))


@pytest.mark.parametrize(
    ("path", "seconds"),
    [
        ("/data?default&format=turtle", SECONDS),
        ("/data?default&format=jsonld", SECONDS),
        ("/.well-known/void", SECONDS),
        ("/dump?format=trig", SECONDS),
        (f"/explain?s=%3C{ID}hub%3E&p=%3C{EX}linked%3E&o=%3C{ID}hub%3E", MOMENT),
    ],
)
def test_what_takes_too_long_is_stopped_for_real(
    hub: Generation, strict: Pool, path: str, seconds: float
) -> None:
    pool = strict
    client = patient(hub, pool, seconds).test_client()
    wait_until(lambda: pool.state.idle == 1 + SPARE)
    # The worker that is used next has loaded what it needs.
    assert patient(hub, pool, 60).test_client().get("/doc/id/n1").status_code == 200
    pids = set(pool.pids)
    begun = time.monotonic()
    response = client.get(path, headers={"Accept": "*/*"})
    over = time.monotonic() - begun - seconds
    if response.status_code == 200:
        with pytest.raises(Exception, match=re.escape(f"stopped after {seconds} second")):
            assert response.data
        over = time.monotonic() - begun - seconds
    else:
        assert response.status_code == 504, response.data
        problem = json.loads(response.data)
        assert problem["type"] == f"{BASE}problem/deadline"
        assert problem["seconds"] == seconds
    assert over < 1
    gone = pids - set(pool.pids)
    assert len(gone) == 1
    wait_until(lambda: not any(map(is_alive, gone)), 5)
    assert client.get("/health").status_code == 200


@pytest.mark.slow
def test_a_page_of_a_hub_is_made_in_time(hub: Generation) -> None:
    pool = Pool(hub.path, Limits(workers=1, queue=4, memory=0), [DOCUMENTS])
    try:
        app = patient(hub, pool, 60)
        client = Finishing(app, app.response_class)
        assert client.get("/doc/id/hub?page=600").status_code == 200
        assert client.get("/doc/id/hub", headers={"Accept": "text/html"}).status_code == 200
    finally:
        pool.close()


def test_what_nobody_foresaw_is_a_problem_and_the_log_says_it(
    hub: Generation, caplog: pytest.LogCaptureFixture
) -> None:
    """Here a manifest that lacks what every one has."""
    broken = Generation(hub.path.parent / "broken", hub.manifest, hub.store)
    broken.path.mkdir()
    manifest = {key: value for key, value in hub.manifest.items() if key != "graphs"}
    (broken.path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (broken.path / "store").symlink_to(hub.path / "store")
    pool = Pool(broken.path, Limits(workers=1, queue=4, memory=0))
    try:
        app = patient(broken, pool, 60)
        response = app.test_client().get("/doc/id/hub")
        assert response.status_code == 500
        assert json.loads(response.data)["type"] == f"{BASE}problem/crash"
        assert "KeyError" in caplog.text
        assert app.test_client().get("/health").status_code == 200
    finally:
        pool.close()


def test_what_is_asked_survives_the_way() -> None:

    asked = DocumentRequest((("PATH_INFO", "/é"),), "/a", Outbound(("http://a/",), ("10.0.0.0/8",)))
    assert DocumentRequest.decode(json.loads(json.dumps(asked.encode()))) == asked
    head = DocumentHead(200, (("ETag", '"x"'), ("Vary", "a")), is_repeatable=True)
    assert DocumentRequest.decode_head(head.encode()[1:]) == head
    assert asdict(head)["status"] == 200
