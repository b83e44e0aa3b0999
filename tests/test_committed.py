"""Tests of asking a version by a commit."""

from __future__ import annotations

import json
import shutil
import time
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from checkouts import Checkout
from communique import gate
from communique.repository.committed import Committed
from communique.repository.git import Git
from communique.store import generation as generations_
from communique.web import create_app
from conftest import MINI, edit
from test_serving import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

AGENTS = "graph/agents.ttl"
QUERY = {"query": "SELECT ?o { ?s ?p ?o FILTER(ISLITERAL(?o)) } ORDER BY ?o", "format": "csv"}


class Told:
    """A dataset with three commits, of which the first and the last are built.

    Args:
        place: Where to make it.
        directory: Where generations are kept.
    """

    def __init__(self, place: Path, directory: Path) -> None:
        self.checkout = Checkout(place / "checkout")
        self.root = self.checkout.place / "data"
        shutil.copytree(MINI, self.root)
        (self.root / "graph" / ".hidden.ttl").write_text("not read")
        self.first = self.checkout.commit("First")
        self.old = gate.build(self.root, directory)
        edit(self.root / AGENTS, '"League"', '"Leagues"')
        self.unbuilt = self.checkout.commit("Second")
        edit(self.root / AGENTS, '"Leagues"', '"Leagues of all"')
        self.last = self.checkout.commit("Third")
        self.new = gate.build(self.root, directory)
        self.directory = directory


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, generations: Path) -> Told:
    """The dataset."""
    return Told(tmp_path_factory.mktemp("told"), generations)


@pytest.fixture
def client(told: Told) -> FlaskClient:
    """A client of its latest version."""
    return create_app(told.new, root=told.root).test_client()


@pytest.mark.parametrize("length", [7, 12, 40])
def test_a_version_by_its_commit(client: FlaskClient, told: Told, length: int) -> None:
    for commit, built in ((told.first, told.old), (told.last, told.new)):
        by_commit, by_digest = (
            client.get("/sparql", query_string={**QUERY, "version": name})
            for name in (commit[:length], built.digest)
        )
        assert by_commit.status_code == 200
        assert by_commit.headers["Dataset-Version"] == built.digest
        assert by_commit.headers["Cache-Control"].endswith("immutable")
        assert by_commit.headers["ETag"] == by_digest.headers["ETag"]
        assert by_commit.data == by_digest.data


def test_in_a_form(client: FlaskClient, told: Told) -> None:
    response = client.post("/sparql", data={**QUERY, "version": told.first})
    assert response.headers["Dataset-Version"] == told.old.digest


def test_what_is_not_kept_is_unknown_and_not_built(client: FlaskClient, told: Told) -> None:
    before = sorted(told.directory.iterdir())
    unborn = "0" * 40
    for name in (told.unbuilt, told.unbuilt[:7], unborn, told.first[:6], "HEAD", "trunk", "-h"):
        response = client.get("/sparql", query_string={**QUERY, "version": name})
        assert response.status_code == 404, name
        problem = json.loads(response.data)
        assert problem["type"].endswith("/unknown-version")
        assert "by its digest or its commit" in problem["advice"]
    assert sorted(told.directory.iterdir()) == before


def test_another_branch_is_nobodys_business(client: FlaskClient, told: Told) -> None:
    told.checkout.git("branch", "--force", "secret", told.first)
    tree = told.checkout.git("rev-parse", f"{told.first}^{{tree}}")
    other = told.checkout.git("commit-tree", tree, "-m", "Not on this branch")
    assert client.get("/sparql", query_string={**QUERY, "version": other}).status_code == 404


def test_a_commit_made_over_changes_that_are_not_committed(told: Told, tmp_path: Path) -> None:
    """What it names as its version is another one than its files, so it is not answered by that."""
    checkout = Checkout(tmp_path / "checkout")
    root = checkout.place
    shutil.copytree(told.root, root, dirs_exist_ok=True)
    message = f"Fourth\n\nDataset-Version-After: {told.old.digest}"
    assert Committed(root).find(checkout.commit(message), told.directory) == told.new.digest


def test_a_version_that_another_release_built(told: Told, tmp_path: Path) -> None:
    """The commit names it, and it has the commit's files."""
    digest = "a" * 64
    kept = tmp_path / "kept"
    manifest = generations_.read_manifest(told.new.path)
    (kept / digest).mkdir(parents=True)
    (kept / digest / "manifest.json").write_text(json.dumps({**manifest, "digest": digest}))
    checkout = Checkout(tmp_path / "checkout")
    shutil.copytree(told.root, checkout.place, dirs_exist_ok=True)
    named = checkout.commit(f"Fourth\n\nDataset-Version-After: {digest}")
    assert Committed(checkout.place).find(named, kept) == digest
    edit(checkout.place / AGENTS, '"Leagues of all"', '"Leagues"')
    rebased = checkout.commit(f"Fifth\n\nDataset-Version-After: {digest}")
    assert Committed(checkout.place).find(rebased, kept) is None


def test_what_git_was_asked_once_it_is_not_asked_again(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = Committed(told.root)
    asked: list[tuple[str, ...]] = []
    objects = Git.objects

    def watched(git: Git, names: list[str]) -> Iterator[tuple[str, bytes | None]]:
        asked.append(tuple(names))
        return objects(git, names)

    monkeypatch.setattr(Git, "objects", watched)
    for commit in (told.first, told.unbuilt, told.last, told.first):
        committed.find(commit, told.directory)
    assert [len(names) for names in asked] == [5, 1, 1]


def test_names_that_strangers_make_up_cost_nothing(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = Committed(told.root)
    assert committed.find(told.first, told.directory) == told.old.digest
    asked: list[tuple[str, ...]] = []
    ask = Git.ask

    def watched(git: Git, *words: str) -> str | None:
        asked.append(words)
        return ask(git, *words)

    monkeypatch.setattr(Git, "ask", watched)
    names = {sha256(str(number).encode()).hexdigest()[:40] for number in range(1000)}
    assert not [name for name in names if committed.find(name, told.directory)]
    assert len(asked) <= 2


def test_a_new_commit_is_found(told: Told, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "checkout")
    shutil.copytree(told.root, checkout.place, dirs_exist_ok=True)
    committed = Committed(checkout.place)
    for message in ("One", "Two"):
        name = checkout.commit(message)
        limit = time.monotonic() + 10
        while committed.find(name, told.directory) is None:
            assert time.monotonic() < limit
            time.sleep(0.1)
        assert committed.find(name, told.directory) == told.new.digest


@pytest.mark.slow
def test_a_running_server(told: Told) -> None:
    """There, documents are made in workers, which ask no git."""
    with running(told.directory, "--dataset", str(told.root)) as server:
        for path in ("data?default", "sparql?query=ASK{}", "explain?s=a&p=a&o=a&format=html"):
            by_commit, by_digest = (
                server.ask(f"{path}&version={name}") for name in (told.first, told.old.digest)
            )
            assert by_commit.headers["Dataset-Version"] == told.old.digest
            assert (by_commit.status, by_commit.body) == (by_digest.status, by_digest.body)
        assert server.ask(f"data?default&version={told.unbuilt}").status == 404
