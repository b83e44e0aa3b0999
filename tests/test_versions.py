"""Tests of caching and citation: entity tags, and versions that are kept."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote

import pytest

from communique import gate
from communique.web import create_app, problems, versions
from communique.web.limits import Limited
from conftest import MINI
from stores import EX, small
from test_pages import Page
from test_serving import running

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from communique.store.generation import Generation

LATEST = "public, no-cache"
FIXED = "public, max-age=31536000, immutable"
SELECT = f"SELECT ?x {{ <{EX}alice> <{EX}knows> ?x }} ORDER BY ?x"
LABELS = (
    "SELECT ?thing ?name { ?thing <http://www.w3.org/2000/01/rdf-schema#label> ?name }"
    " ORDER BY ?thing ?name"
)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A client of a small dataset."""
    return create_app(small()).test_client()


def ask(client: FlaskClient, query: str = SELECT, **more: str) -> dict[str, str]:
    """Returns the headers of the answer to a query."""
    response = client.get("/sparql", query_string={"query": query, **more})
    assert response.status_code == 200
    return dict(response.headers)


# Entity tags


def test_the_tag_depends_on_all_that_the_answer_depends_on(client: FlaskClient) -> None:
    tags = [
        ask(client)["ETag"],
        ask(client, SELECT + " LIMIT 1")["ETag"],
        ask(client, format="csv")["ETag"],
        ask(client, format="html")["ETag"],
        ask(client, **{"default-graph-uri": EX + "one"})["ETag"],
        ask(client, **{"named-graph-uri": EX + "one"})["ETag"],
        client.get("/sparql").headers["ETag"],
        client.get("/data?default").headers["ETag"],
    ]
    assert len(set(tags)) == len(tags)
    assert all(tag.startswith('"') for tag in tags)  # strong
    assert ask(client)["ETag"] == tags[0]
    assert ask(client)["Cache-Control"] == LATEST


def test_equal_tags_mean_equal_bytes(client: FlaskClient) -> None:
    for accept in ("text/csv", "application/json", "text/html", "*/*"):
        got = [
            client.get("/sparql", query_string={"query": SELECT}, headers={"Accept": accept})
            for _ in range(2)
        ]
        assert got[0].headers["ETag"] == got[1].headers["ETag"]
        assert got[0].data == got[1].data


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path", ["/sparql?query=ASK+%7B%7D", "/sparql", "/data?default", "/.well-known/void"]
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_who_has_the_answer_does_not_get_it_again(
    client: FlaskClient, path: str, accept: str, method: str
) -> None:
    etag = client.get(path, headers={"Accept": accept}).headers["ETag"]
    for condition in (etag, f'"other", {etag}', f"W/{etag}"):
        headers = {"Accept": accept, "If-None-Match": condition}
        response = client.open(path, method=method, headers=headers)
        assert (response.status_code, response.data) == (304, b"")
        # RFC 9110, §15.4.5, on what "MUST" be there if a 200 had it.
        assert response.headers["ETag"] == etag
        assert response.headers["Cache-Control"] == LATEST
        assert "Accept" in response.headers["Vary"]
    for condition in ('"other"', "", etag.strip('"')[:-1]):
        headers = {"Accept": accept, "If-None-Match": condition}
        assert client.open(path, method=method, headers=headers).status_code == 200


class NoAnswers:
    """Fails when it is asked."""

    def ask(self, *_: object, **__: object) -> NoReturn:
        """Fails."""
        raise AssertionError


def test_who_has_the_answer_costs_no_query(client: FlaskClient) -> None:
    etag = ask(client)["ETag"]
    idle = create_app(small(), limited=Limited(asking=NoAnswers())).test_client()
    response = idle.get("/sparql", query_string={"query": SELECT}, headers={"If-None-Match": etag})
    assert response.status_code == 304


def test_any_answer_will_do_only_where_there_is_one(client: FlaskClient) -> None:
    """RFC 9110, §13.1.2: ``*`` is for any current representation."""
    headers = {"If-None-Match": "*"}
    assert client.get("/data?default", headers=headers).status_code == 304
    response = client.get("/sparql", query_string={"query": "oops"}, headers=headers)
    assert response.status_code == 400


@pytest.mark.parametrize("function", ["NOW()", "RAND()", "UUID()"])
def test_what_changes_each_time_is_not_kept(client: FlaskClient, function: str) -> None:
    headers = ask(client, f"SELECT ({function} AS ?x) {{}}")
    assert headers["Cache-Control"] == "no-store"
    assert "ETag" not in headers
    page = client.get(
        "/sparql", query_string={"query": f"SELECT ({function} AS ?x) {{}}", "format": "html"}
    )
    assert "permanent link" not in page.text


def test_answers_to_posts_have_no_tag(client: FlaskClient) -> None:
    response = client.post("/sparql", data={"query": SELECT})
    assert "ETag" not in response.headers


def test_errors_are_not_kept(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": "oops"})
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers


# Versions


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Generation, Generation, Path]:
    """Two versions of a dataset, and its folder as it is in the later one."""
    folder = tmp_path_factory.mktemp("versions")
    root = folder / "dataset"
    shutil.copytree(MINI, root)
    first = gate.build(root, folder / "generations")
    file = next(
        path for path in sorted((root / "graph").rglob("*.ttl")) if "rdfs:label" in path.read_text()
    )
    text = file.read_text(encoding="utf-8")
    start = text.index('"', text.index("rdfs:label"))
    file.write_text(text[: start + 1] + "New: " + text[start + 1 :], encoding="utf-8")
    second = gate.build(root, folder / "generations")
    assert first.digest != second.digest
    return first, second, root


@pytest.fixture(scope="module")
def later(two: tuple[Generation, Generation, Path]) -> FlaskClient:
    """A client of the later version."""
    return create_app(two[1]).test_client()


def paths(generation: Generation) -> list[str]:
    """Returns addresses of what a version says."""
    graph = next(name for name, entry in generation.manifest["graphs"].items() if entry["layer"])
    return [
        f"/sparql?query={quote(LABELS)}&format=csv",
        f"/sparql?query={quote(LABELS)}&format=json",
        "/sparql?query=CONSTRUCT WHERE { ?s ?p ?o }&format=turtle",
        "/data?default&format=turtle",
        f"/data?graph={graph}&format=trig",
        f"/data?graph={graph}&format=rdfxml",
        "/.well-known/void?format=turtle",
        "/sparql?format=turtle",
    ]


def test_a_kept_version_gives_the_same_bytes(
    two: tuple[Generation, Generation, Path], later: FlaskClient
) -> None:
    first, second, _root = two
    earlier = create_app(first).test_client()
    changed = 0
    for path in paths(first):
        before = earlier.get(path)
        assert before.status_code == 200, before.text
        now = later.get(path)
        again = later.get(f"{path}&version={first.digest}")
        assert again.data == before.data
        assert again.headers["Dataset-Version"] == first.digest
        assert again.headers["ETag"] == before.headers["ETag"] != now.headers["ETag"]
        assert again.headers["Cache-Control"] == FIXED
        assert now.headers["Dataset-Version"] == second.digest
        changed += now.data != before.data
    assert changed > 3


def test_a_version_can_be_named_in_a_form(
    two: tuple[Generation, Generation, Path], later: FlaskClient
) -> None:
    data = {"query": LABELS, "version": two[0].digest, "format": "csv"}
    response = later.post("/sparql", data=data)
    assert response.headers["Dataset-Version"] == two[0].digest
    assert b"New: " not in response.data
    del data["version"]
    assert b"New: " in later.post("/sparql", data=data).data


@pytest.mark.parametrize("version", ["0" * 64, "x", "../generations", "..", "%D9%A0" * 64])
@pytest.mark.parametrize(
    "path", ["/sparql", "/sparql?query=ASK{}", "/data?default", "/ontology", "/id/x", "/doc/id/x"]
)
def test_a_version_that_is_not_kept_is_404(later: FlaskClient, path: str, version: str) -> None:
    join = "&" if "?" in path else "?"
    response = later.get(f"{path}{join}version={version}")
    assert response.status_code == 404
    assert json.loads(response.data)["type"] == problems.TYPE + "unknown-version"


def test_several_versions_are_400(later: FlaskClient) -> None:
    for path in ("/sparql?query=ASK{}&", "/ontology?"):
        assert later.get(f"{path}version=a&version=b").status_code == 400


def test_the_page_of_an_answer_has_a_permanent_link(
    two: tuple[Generation, Generation, Path], later: FlaskClient
) -> None:
    first, second, _root = two
    query = {"query": LABELS, "format": "html"}
    shown = Page(later.get("/sparql", query_string=query).text)
    (link,) = (a["href"] for a in shown.all("a") if "version=" in (a["href"] or ""))
    assert link is not None
    assert f"version={second.digest}" in link
    assert Page(later.get(link, headers={"Accept": "text/html"}).text).cells() == shown.cells()
    old = Page(later.get("/sparql", query_string=query | {"version": first.digest}).text)
    assert "not the latest" in " ".join(old.texts["p"])
    assert "not the latest" not in " ".join(shown.texts["p"])
    assert [a["value"] for a in old.all("input")] == [first.digest]
    downloads = [a["href"] or "" for a in old.all("a") if "download" in a]
    assert all(f"version={first.digest}" in address for address in downloads)


def test_links_on_the_pages_of_a_version_stay_in_it(
    two: tuple[Generation, Generation, Path], later: FlaskClient
) -> None:
    digest = two[0].digest
    name = next(name for name, entry in two[0].manifest["graphs"].items() if entry["layer"])
    response = later.get(f"/data?graph={name}&version={digest}", headers={"Accept": "text/html"})
    entries = [
        a["href"] or ""
        for a in Page(response.text).all("a")
        if (a["href"] or "").startswith("/value/")
    ]
    assert entries
    assert all(f"version={digest}" in entry for entry in entries)
    thing = later.get(entries[0])
    assert f"version={digest}" in thing.headers["Location"]


def test_only_so_many_versions_are_open(two: tuple[Generation, Generation, Path]) -> None:
    first, _second, _root = two
    app = create_app(two[1])
    with app.test_request_context(f"/sparql?version={first.digest}"):
        found = versions.generation()
        assert found.digest == first.digest
    with app.test_request_context(f"/sparql?version={first.digest}"):
        assert versions.generation() is found


def test_the_running_server_keeps_versions(two: tuple[Generation, Generation, Path]) -> None:
    first, second, root = two
    with running(second.path.parent, "--dataset", str(root)) as server:
        query = "sparql?format=csv&query=" + quote(LABELS)
        latest = server.ask(query)
        assert latest.headers["Dataset-Version"] == second.digest
        assert b"New: " in latest.body
        old = server.ask(f"{query}&version={first.digest}")
        assert old.headers["Dataset-Version"] == first.digest
        assert b"New: " not in old.body
        assert server.ask(query, If_None_Match=latest.headers["Etag"]).status == 304
        assert server.ask(f"{query}&version={'0' * 64}").status == 404
        document = server.ask("data?default", Accept="text/turtle")
        assert document.status == 200
        assert document.headers["Content-Type"].startswith("text/turtle")
        assert int(document.headers["Content-Length"]) == len(document.body)
        assert server.ask("data?default", method="HEAD").body == b""
        assert server.ask("data?default", data=b"x", method="PUT").status == 405
