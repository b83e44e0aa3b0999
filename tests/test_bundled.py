"""The bundled dataset through the gate and the command line, whole and with one thing broken."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from communique import anchors, cli, dataset, sources
from communique.store.generation import Generation
from conftest import edit, missing

ARTICLE = "graph/articles/2005/11/edm-2-213.ttl"
C01 = "edm-2-213:C01-proposition"
POLARITY = (
    "The polarity is missing, is more than one, or is none of value:polarities. "
    "Give one cmq:polarity: value:positive or value:negative."
)
TEXT = Path(
    os.environ.get("COMMUNIQUE_SOURCES", Path(__file__).parent.parent.parent / "shared" / "source"),
    "edm-2-213.txt",
)
"""The text of the article, which the project does not contain."""


@pytest.fixture(scope="session")
def loaded() -> dataset.Dataset:
    """The bundled dataset, parsed."""
    return dataset.load(sources.discover(sources.bundled_root()))


@pytest.fixture(scope="session")
def text() -> bytes:
    """The text of the article."""
    if not TEXT.is_file():
        missing(f"the article's text is not at {TEXT}: set COMMUNIQUE_SOURCES to resolve anchors")
    return TEXT.read_bytes()


def check(root: Path) -> tuple[int, list[str]]:
    """Returns the exit status and the lines of a check."""
    result = CliRunner().invoke(cli.main, ["check", "--dataset", str(root)], catch_exceptions=False)
    return result.exit_code, result.stdout.splitlines()


def test_holds_what_the_files_say(bundled: Generation, loaded: dataset.Dataset) -> None:
    graphs = bundled.manifest["graphs"]
    assert {str(name) for name in loaded.graphs} < set(graphs)
    assert bundled.manifest["propositions"] > 23, "every claim has content"
    layers = {entry["layer"] for entry in graphs.values() if entry["kind"] == "graph"}
    assert {str(layer).rsplit("/", 1)[1] for layer in layers} == {
        "asserted",
        "background",
        "editorial",
    }


def test_every_graph_is_named_by_the_path_of_its_file(loaded: dataset.Dataset) -> None:
    for name, graph in loaded.graphs.items():
        if graph.file.kind is sources.Kind.GRAPH:
            path = graph.file.name.removesuffix(".ttl")
            assert str(name) == f"https://w3id.org/communique/{path}"


@pytest.mark.slow
def test_property_missing_is_told_with_file_line_node_shape_and_advice(bundled_copy: Path) -> None:
    path = bundled_copy / ARTICLE
    block = path.read_text().split(f"\n{C01}\n")[1].split("\n\n")[0]
    edit(path, block, block.replace("    cmq:polarity value:negative ;\n", ""))
    line = path.read_text().splitlines().index(C01) + 1
    status, lines = check(bundled_copy)
    assert status == 1
    [told] = [found for found in lines if f" {C01} " in found]
    place = f"{path}:{line}: {C01} cmq:polarity: shape:Polarity: "
    assert told == f"{place}{POLARITY}"
    assert lines[-1].startswith("failed: ")


@pytest.mark.slow
def test_claim_asserted_as_fact_is_told(bundled_copy: Path) -> None:
    path = bundled_copy / "graph" / "organizations.ttl"
    with path.open("a") as file:
        file.write("\nid:csto cmq:hasOnAgenda edm-2-213:additional-csto-bases .\n")
    edit(
        path,
        "@prefix owl:",
        "@prefix edm-2-213: <https://w3id.org/communique/id/edm-2-213/> .\n@prefix owl:",
    )
    status, lines = check(bundled_copy)
    assert status == 1
    assert any(C01 in line and " is no fact" in line for line in lines)


def test_syntax_error_is_told_with_line_and_column(bundled_copy: Path) -> None:
    path = bundled_copy / ARTICLE
    edit(path, f"\n{C01}\n    a cmq:Proposition ;", f"\n{C01}\n    a cmq:Proposition ,, ;")
    line = path.read_text().splitlines().index(C01) + 2
    status, lines = check(bundled_copy)
    assert status == 1
    assert lines[0].startswith(f"{path}:{line}:24: not valid Turtle: ")
    assert lines[-1] == "failed: 1 violation, 0 warnings"


def test_copy_with_nothing_broken_has_the_same_digest(bundled_copy: Path) -> None:
    digest = sources.discover(sources.bundled_root()).digest
    assert sources.discover(bundled_copy).digest == digest


def test_every_anchor_resolves(loaded: dataset.Dataset, text: bytes) -> None:
    report = anchors.resolve(loaded, text)
    assert report.passed
    assert report.mismatches == ()
    assert (report.unanchored, report.outside) == ((), ())
    assert report.totals["sentence"] == 39
    assert report.summary().startswith("39 of 39 sentences anchored, ")
    assert report.summary().endswith(", 0 mismatches")


def test_anchors_shifted_by_one_do_not_resolve(loaded: dataset.Dataset, text: bytes) -> None:
    report = anchors.resolve(loaded, b"\n" + text)
    assert not report.same_text
    assert report.unresolved["sentence"] == 39
    assert report.unresolved["quotation"] == report.totals["quotation"]


def test_text_itself_is_not_in_the_project(loaded: dataset.Dataset, text: bytes) -> None:
    # Only words between quotation marks, names and short phrases may be repeated.
    sentences = re.split(r"(?<=[.:])\s+", text.decode().split("\n", 3)[3])
    unquoted = [sentence for sentence in sentences if not {"“", "”"} & set(sentence)]
    assert len(unquoted) > 20
    for file in loaded.sources.files:
        written = file.path.read_text()
        assert not [sentence for sentence in unquoted if sentence.strip(" .") in written], file.name


@pytest.mark.slow
def test_check_passes(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "communique", "check", "--json"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    report = json.loads(result.stdout)
    assert [found for found in report["findings"] if found["severity"] == "violation"] == []
    assert (result.returncode, report["passed"]) == (0, True)
    assert "Traceback" not in result.stderr


def test_existing_generation_starts_in_under_a_second(bundled: Generation) -> None:
    command = [
        sys.executable,
        "-m",
        "communique",
        "build",
        "--generations",
        str(bundled.path.parent),
    ]
    before = os.times()
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    spent = after.children_user + after.children_system
    assert spent - before.children_user - before.children_system < 1
