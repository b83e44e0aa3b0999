"""Tests that hold the pages on the endpoint against it: examples run, tables are whole."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from communique.settings import Settings
from communique.store.describing import SIZE
from communique.store.guard import MAX_DEPTH, MAX_TOKENS
from communique.store.results import FORMATS
from communique.store.writing import GROUPED
from communique.web import create_app, explanations, pages, problems
from communique.web.application import MAX_BODY
from conftest import require_tool
from stores import small
from test_serving import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.store.generation import Generation

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "endpoint.md").read_text(encoding="utf-8")
LINKED_DATA = (ROOT / "docs" / "linked-data.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"^```console\n\$ (.*?)^```$", PAGE + "\n" + LINKED_DATA, re.DOTALL | re.MULTILINE
)
ADDRESS = "localhost:8000"


def table(heading: str) -> list[list[str]]:
    """Returns the rows of the table below a heading, without its first line."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def quoted(text: str) -> set[str]:
    """Returns what is in backquotes."""
    return set(re.findall(r"`([^`]+)`", text))


@pytest.fixture(scope="module")
def address(bundled: Generation) -> Iterator[str]:
    """The address of a server of the bundled dataset."""
    with running(bundled.path.parent) as server:
        yield server.url.removeprefix("http://").removesuffix("/")


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(address: str, example: str) -> None:
    curl = require_tool("curl", "the examples of docs/endpoint.md use it")
    bash = require_tool("bash", "the examples of docs/endpoint.md are for a shell")
    command, expected = split(example)
    done = subprocess.run(
        [str(bash), "-c", command.replace(ADDRESS, address)],
        cwd=ROOT,
        env={"PATH": f"{curl.parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    found = done.stdout.replace(address, ADDRESS).replace("\r\n", "\n").strip()
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    assert re.fullmatch(pattern, found, re.DOTALL), found


def split(example: str) -> tuple[str, str]:
    """Returns the command of an example, up to the first line not continued, and what it prints."""
    lines = example.splitlines(keepends=True)
    length = next(
        number
        for number in range(1, len(lines) + 1)
        if is_whole("".join(lines[:number])) and not lines[number - 1].endswith("\\\n")
    )
    return "".join(lines[:length]), "".join(lines[length:])


def is_whole(command: str) -> bool:
    """Tells whether all quotes of a command are closed."""
    return command.count("'") % 2 == 0


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 10


def test_all_routes_are_documented() -> None:
    documented = {
        route: {method.strip() for method in methods.split(",")}
        for routes, methods, _ in table("Routes")
        for route in quoted(routes)
    }
    app = create_app(small())
    routes = {
        rule.rule: set(rule.methods or ()) - {"HEAD", "OPTIONS"}
        for rule in app.url_map.iter_rules()
    }
    assert documented == routes


def test_all_formats_are_documented() -> None:
    documented = {
        (name.strip("`"), *sorted(quoted(media_type)), *sorted(quoted(aliases)))
        for _, name, media_type, aliases in table("Formats")
    }
    formats = {(f.name, f.media_type, *sorted(f.aliases)) for f in FORMATS}
    assert documented == formats | {("html", "text/html")}


def test_all_problems_are_documented() -> None:
    documented = {(name.strip("`"), int(status)) for name, status, _ in table("Errors")}
    assert documented == {(kind.name, kind.status.value) for kind in problems.KINDS.values()}
    assert problems.TYPE in PAGE


def test_all_limits_are_documented() -> None:
    assert f"more than {MAX_DEPTH} deep" in PAGE
    assert f"More than {MAX_TOKENS} words" in PAGE
    assert f"at most {pages.MAX_ROWS} rows" in PAGE
    assert f"at most {SIZE} statements from the thing and {SIZE} to it" in LINKED_DATA
    defaults = Settings()
    limits = {row[0]: row[1] for row in table("Limits")}
    assert limits["Time"].startswith(f"{defaults.timeout:g} seconds")
    assert limits["Memory"] == f"{defaults.memory // 1024} GiB"
    assert limits["Rows or triples"] == f"{defaults.rows:,}"
    assert limits["Bytes of the answer"] == f"{defaults.size} MiB"
    assert f"{defaults.queue} more wait" in limits["Queries at once"]
    assert f"at most {GROUPED:,} of them" in PAGE
    assert MAX_BODY == 1024 * 1024
    assert "a body over 1 MiB" in PAGE


def test_parameters_of_explanations_are_documented() -> None:
    named = set().union(*(quoted(row[0]) for row in table("Explaining")))
    assert named == {"s", "p", "o", "more", "format"}
    assert f"0 to {explanations.MAX_MORE} |" in PAGE
    assert {offer.name for offer in explanations.OFFERS} <= quoted(table("Explaining")[-1][2])


def test_all_parameters_are_documented() -> None:
    assert {next(iter(quoted(row[0]))) for row in table("Asking")} == {
        *("query", "default-graph-uri", "named-graph-uri", "format", "timeout", "version"),
    }
