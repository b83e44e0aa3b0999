"""The commands `export`, `generations` and `diff`: what they print where, and their status."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from communique import cli, gate, sources
from conftest import MINI, edit

EX = "https://example.org/"
AGENTS = Path("graph", "agents.ttl")


def run(*arguments: str | Path) -> Result:
    """Runs the command in this process."""
    return CliRunner().invoke(cli.main, [str(word) for word in arguments], catch_exceptions=False)


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands keep generations; the small dataset's is there."""
    place = tmp_path / "generations"
    monkeypatch.setenv("COMMUNIQUE_GENERATIONS", str(place))
    gate.build(MINI, place)
    return place


@pytest.fixture
def other(mini: Path) -> Path:
    """A dataset in which one triple is another, and so is one inference."""
    edit(mini / AGENTS, "ex:partOf ex:union", "ex:partOf ex:league")
    return mini


def test_export_tells_its_digest() -> None:
    result = run("export", "--dataset", MINI)
    assert result.exit_code == 0
    digest = hashlib.sha256(result.stdout_bytes).hexdigest()
    version = sources.discover(MINI).digest[:12]
    assert result.stderr == f"SHA-256 {digest} (243 quads, dataset {version})\n"
    lines = result.stdout_bytes.splitlines()
    assert len(lines) == 243
    assert lines == sorted(lines)


def test_export_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "export.nq"
    target.write_text("what was there before")
    result = run("export", "--output", target, "--dataset", MINI)
    assert (result.exit_code, result.stdout) == (0, "")
    assert target.read_bytes() == run("export", "--dataset", MINI).stdout_bytes
    assert f"SHA-256 {hashlib.sha256(target.read_bytes()).hexdigest()} " in result.stderr
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["export.nq"]


def test_export_that_fails_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "export.nq"
    target.write_text("what was there before")

    def full(self: Path, _content: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    result = run("export", "--output", target, "--dataset", MINI)
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert target.read_text() == "what was there before"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["export.nq"]


def test_export_to_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "communique", "export"]
    command += ["--dataset", str(MINI), "--output", str(pipe)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        content = pipe.read_bytes()
        assert process.wait(timeout=30) == 0
    assert content.count(b"\n") == 243
    assert pipe.is_fifo()


def test_export_of_a_graph_in_a_form() -> None:
    graph = f"{EX}graph/agents"
    result = run("export", "--format", "turtle", "--graph", graph, "--dataset", MINI)
    assert result.stdout.startswith("@prefix ")
    assert "(20 triples, " in result.stderr


def test_export_without_inferences() -> None:
    lines = run("export", "--no-inferred", "--dataset", MINI).stdout.splitlines()
    assert len(lines) < 243
    assert not [line for line in lines if "graph/inferred>" in line]


@pytest.mark.parametrize(
    "arguments",
    [
        ["export", "--format", "docx"],
        ["export", "--graph", "nowhere"],
        ["export", "--output", "/nowhere/export.nq"],
        ["generations", "--prune", "-1"],
        ["generations", "--prune", "all"],
        ["diff"],
        ["diff", "HEAD"],
        ["diff", "/nowhere", "/nowhere"],
    ],
)
def test_wrong_call(arguments: list[str]) -> None:
    result = run(*arguments, "--dataset", MINI)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.strip()


def test_generations_are_listed(other: Path) -> None:
    run("build", "--dataset", other)
    result = run("generations", "--dataset", MINI)
    header, _rule, *rows = (line.split() for line in result.stdout.splitlines())
    assert header == ["digest", "built", "size", "triples", "versions"]
    digests = [sources.discover(root).digest[:12] for root in (MINI, other)]
    assert sorted(row[row[0] == "*"] for row in rows) == sorted(digests)
    assert [row[1] for row in rows if row[0] == "*"] == digests[:1]
    assert "pyoxigraph" in rows[0]


def test_generations_as_json(directory: Path, other: Path) -> None:
    run("build", "--dataset", other)
    digests = [sources.discover(root).digest for root in (MINI, other)]
    listing = json.loads(run("generations", "--json", "--dataset", other).stdout)
    assert (listing["directory"], listing["current"]) == (str(directory), digests[1])
    assert listing["removed"] == []
    found = {entry["digest"]: entry for entry in listing["generations"]}
    assert [found[digest]["current"] for digest in digests] == [False, True]
    one = found[digests[0]]
    assert (one["quads"], one["triples"], one["versions"]) == (243, 101, sources.versions())
    assert one["size"] > 10_000
    assert one["built"].startswith("20")
    assert one["built"].endswith("+00:00")


def test_prune_keeps_the_current_one(directory: Path, other: Path) -> None:
    run("build", "--dataset", other)
    unfinished = directory / ".building-young"
    unfinished.mkdir()
    result = run("generations", "--prune", "0", "--dataset", MINI)
    assert result.exit_code == 0
    assert result.stderr.startswith("removed 1, which frees ")
    left = {path.name for path in directory.iterdir()}
    assert left == {sources.discover(MINI).digest, unfinished.name}
    assert len(result.stdout.splitlines()) == 3


def test_prune_as_json(other: Path) -> None:
    removed = json.loads(run("generations", "--prune", "0", "--json", "--dataset", other).stdout)
    assert removed["generations"] == []
    assert removed["removed"] == [sources.discover(MINI).digest]


def test_no_generation_is_kept(tmp_path: Path) -> None:
    result = run("generations", "--generations", tmp_path / "none", "--dataset", MINI)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no built dataset is kept in" in result.stderr


def test_an_unreadable_generation_is_listed(directory: Path) -> None:
    (directory / sources.discover(MINI).digest / "manifest.json").unlink()
    result = run("generations", "--dataset", MINI)
    assert result.exit_code == 0
    assert "cannot be read; delete that directory" in result.stdout
    [entry] = json.loads(run("generations", "--json", "--dataset", MINI).stdout)["generations"]
    assert (entry["triples"], entry["versions"]) == (None, None)


def test_diff_of_what_is_equal() -> None:
    result = run("diff", MINI, sources.discover(MINI).digest[:8])
    assert (result.exit_code, result.output) == (0, "")


def test_diff(other: Path) -> None:
    result = run("diff", MINI, other)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"graph/agents.ttl <{EX}graph/agents>: 1 triple gained, 1 lost",
        f"  <{EX}council>",
        f"    - <{EX}partOf> <{EX}union>",
        f"    + <{EX}partOf> <{EX}league>",
        "",
        "inferences: 1 triple gained, 1 lost",
        f"  <{EX}office>",
        f"    - <{EX}partOf> <{EX}union>",
        f"    + <{EX}partOf> <{EX}league>",
    ]
    written = run("diff", "--no-inferred", MINI, other).stdout
    assert written.splitlines() == result.stdout.splitlines()[:4]


def test_diff_as_json(other: Path) -> None:
    result = run("diff", "--json", MINI, other)
    assert result.exit_code == 1
    entry = json.loads(result.stdout)
    assert entry["versions"] == [
        {"name": str(root), "digest": sources.discover(root).digest} for root in (MINI, other)
    ]
    [graph] = entry["graphs"]
    assert graph["lost"] == [[f"<{EX}council>", f"<{EX}partOf>", f"<{EX}union>"]]
    same = run("diff", "--json", MINI, MINI)
    assert same.exit_code == 0
    assert json.loads(same.stdout)["equal"] is True


def test_diff_with_what_the_gate_rejects(mini: Path) -> None:
    edit(mini / AGENTS, "ex:status ex:active", "ex:status ex:dormant")
    result = run("diff", MINI, mini)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{mini / AGENTS}:" in result.stderr
    assert f"the gate does not let {mini} pass" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["export"], ["generations"], ["diff", str(MINI), str(MINI)]], ids=lambda a: a[0]
)
def test_existing_generations_need_no_build_library(arguments: list[str]) -> None:
    program = """
import sys
from communique import cli
cli.main(sys.argv[1:], standalone_mode=False)
print(*({"rdflib", "pyshacl", "owlrl", "rich", "flask"} & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-c", program, *arguments, "--dataset", MINI],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    assert result.stdout.splitlines()[-1] == ""
