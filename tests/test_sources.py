"""Datasets are found, listed in stable order, and named by a digest of all that matters."""

import shutil
from pathlib import Path

import pytest

from communique import sources
from communique.errors import DatasetNotFound
from communique.sources import Kind, SourceFile, Sources
from conftest import MINI, edit


def test_bundled_dataset_has_the_three_folders() -> None:
    root = sources.bundled_root()
    assert all((root / kind).is_dir() for kind in Kind)
    assert sources.find_root() == root


def test_files_come_in_stable_order(mini: Path) -> None:
    (mini / "graph" / ".hidden").mkdir()
    (mini / "graph" / ".hidden" / "no.ttl").write_text("no")
    (mini / "graph" / ".#agents.ttl").write_text("an editor's lock file")
    (mini / "graph" / "notes.txt").write_text("no Turtle")
    assert [file.name for file in sources.discover(mini).files] == [
        "ontology/mini.ttl",
        "graph/agents.ttl",
        "graph/articles/one.ttl",
        "graph/editorial.ttl",
        "shapes/agents.ttl",
    ]


def test_missing_folder_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFound, match="there is no folder") as raised:
        sources.find_root(tmp_path / "nowhere")
    assert "ontology/, graph/ and shapes/" in raised.value.advice


def test_folder_without_shapes_is_no_dataset(mini: Path) -> None:
    shutil.rmtree(mini / "shapes")
    with pytest.raises(DatasetNotFound, match="it has no shapes/"):
        sources.find_root(mini)


def test_digest_is_the_same_wherever_the_dataset_lies(mini: Path) -> None:
    assert sources.discover(mini).digest == sources.discover(MINI).digest


@pytest.mark.parametrize(
    "name", ["ontology/mini.ttl", "graph/articles/one.ttl", "shapes/agents.ttl"]
)
def test_digest_changes_with_a_byte(mini: Path, name: str) -> None:
    before = sources.discover(mini).digest
    with (mini / name).open("a") as file:
        file.write("\n")
    assert sources.discover(mini).digest != before


def test_digest_changes_with_a_name(mini: Path) -> None:
    before = sources.discover(mini).digest
    (mini / "graph" / "agents.ttl").rename(mini / "graph" / "actors.ttl")
    assert sources.discover(mini).digest != before


def test_digest_tells_apart_where_one_file_ends(mini: Path) -> None:
    first, second = mini / "graph" / "agents.ttl", mini / "graph" / "editorial.ttl"
    files = tuple(SourceFile(path, path.name, Kind.GRAPH) for path in (first, second))
    first.write_text("ab")
    second.write_text("c")
    before = Sources(mini, files).digest
    first.write_text("a")
    second.write_text("bc")
    assert Sources(mini, files).digest != before


def test_digest_changes_with_an_engine(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sources.discover(mini).digest
    versions = sources.versions()
    assert set(versions) == {"communique", "owlrl", "pyoxigraph", "pyshacl", "rdflib"}
    monkeypatch.setattr(sources, "versions", lambda: versions | {"owlrl": "0"})
    assert sources.discover(mini).digest != before


def test_digest_does_not_change_with_what_is_not_built(mini: Path) -> None:
    before = sources.discover(mini).digest
    edit(mini / "tests" / "competency" / "01.rq", "Union", "League")
    assert sources.discover(mini).digest == before


def test_every_build_module_exists() -> None:
    for pattern in sources.BUILD_MODULES:
        assert list(sources.PACKAGE.glob(pattern)), pattern


def test_examples_carry_their_question() -> None:
    [example] = sources.examples(MINI)
    assert (example.name, example.question) == ("01", "Who belongs to the Union?")
    assert "SELECT ?member" in example.query


def test_dataset_without_examples_has_none(mini: Path) -> None:
    shutil.rmtree(mini / "tests")
    assert sources.examples(mini) == []
