"""Tests that hold docs/writing.md against the server: examples run, tables are whole."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from communique import sources
from communique.repository import Repository
from communique.repository.graphs import LONGEST
from communique.tokens import Scope, Tokens
from communique.web import changing, create_app, verdicts
from conftest import require_tool
from stores import small
from suite_server import swappable
from test_endpoint_docs import split
from writable import Writable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from communique.store.generation import Generation

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "writing.md").read_text(encoding="utf-8")
SECTION = PAGE.split("\n## Over HTTP\n", 1)[1].split("\n## ", 1)[0]
EXAMPLES = re.findall(r"^```console\n\$ (.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)


def table(part: str) -> list[list[str]]:
    """Returns the rows of the first table in a part of the page, without its head."""
    lines = re.search(r"(?:^\|.*\n)+", part, re.MULTILINE)
    assert lines is not None
    rows = [line.strip("|").split("|") for line in lines[0].splitlines()]
    return [[cell.strip() for cell in row] for row in rows[2:]]


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, bundled: Generation, generations: Path
) -> Iterator[tuple[str, str]]:
    """Where a copy of the bundled dataset is served and can be written, and a token."""
    folder = tmp_path_factory.mktemp("documented")
    root = folder / "dataset"
    for kind in sources.Kind:
        shutil.copytree(sources.bundled_root() / kind, root / kind)
    tokens = Tokens(folder / "tokens" / "tokens.json")
    repository = Repository(root, generations)
    first = repository.open()
    assert first.digest == bundled.digest
    with swappable() as started:
        started.exchange(create_app(first, root=root, repository=repository, tokens=tokens))
        secret = tokens.create(
            "Ada Lovelace <ada@example.org>",
            Scope.WRITE,
            ["https://w3id.org/communique/graph/*"],
            None,
        )[1]
        yield f"localhost:{started.port}", secret


@pytest.mark.slow
def test_examples(server: tuple[str, str]) -> None:
    """One after the other, since each builds on what those before it have changed."""
    address, secret = server
    curl = require_tool("curl", "the examples of docs/writing.md use it")
    bash = require_tool("bash", "the examples of docs/writing.md are for a shell")
    for example in EXAMPLES:
        command, expected = split(example)
        done = subprocess.run(
            [str(bash), "-c", command.replace("localhost:8000", address)],
            env={"PATH": f"{curl.parent}:/usr/bin:/bin", "TOKEN": secret},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
        found = done.stdout.replace("\r\n", "\n").strip()
        assert re.fullmatch(pattern, found, re.DOTALL), found


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4


def test_all_routes_for_writing_are_documented(tmp_path: Path, generations: Path) -> None:
    documented = {
        (route, method.strip())
        for routes, methods, _ in table(SECTION)
        for route in re.findall(r"`([^`]+)`", routes)
        for method in methods.split(",")
    }

    def routes(app: Flask) -> set[tuple[str, str]]:
        rules = app.url_map.iter_rules()
        return {(rule.rule, method) for rule in rules for method in rule.methods or ()}

    added = routes(Writable(tmp_path, generations).app) - routes(create_app(small()))
    assert documented - {("/sparql", "POST")} == {
        (route, method) for route, method in added if method not in {"HEAD", "OPTIONS"}
    }


def test_all_parameters_and_limits_are_documented() -> None:
    part = SECTION.split("\n### Answers\n", 1)[1]
    assert [re.findall(r"`([^`]+)`", row[0]) for row in table(part)] == [
        ["dry-run"],
        ["message"],
        ["format"],
    ]
    assert f"at most {changing.MAX_MESSAGE} characters" in part
    assert f"at most {verdicts.MAX_TRIPLES} of each" in part
    assert f"{LONGEST} at most" in SECTION
