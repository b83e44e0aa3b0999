"""Tests of listing and removing the generations that are kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from communique import gate
from communique.errors import BuildError
from communique.store import generation, keeping
from conftest import MINI

NAMES = [letter * 64 for letter in "abcd"]


@pytest.fixture
def directory(tmp_path: Path, generations: Path) -> Path:
    """Four generations, built a minute after one another, and what is none."""
    built = gate.build(MINI, generations)
    place = tmp_path / "generations"
    for minute, name in enumerate(NAMES):
        shutil.copytree(built.path, place / name)
        os.utime(place / name, (60.0 * minute, 60.0 * minute))
    (place / ".building-young").mkdir()
    (place / "notes").mkdir()
    (place / ("e" * 64)).write_text("a file")
    return place


def names(found: list[keeping.Kept]) -> str:
    """Returns the first letters of the digests."""
    return "".join(entry.digest[0] for entry in found)


def test_lists_the_newest_first(directory: Path) -> None:
    found = keeping.kept(directory)
    assert names(found) == "dcba"
    assert found[0].built.timestamp() == 180.0
    assert found[0].manifest is not None
    assert found[0].manifest["propositions"] == 1
    files = [path for path in (directory / NAMES[3]).rglob("*") if path.is_file()]
    assert found[0].size == sum(len(path.read_bytes()) for path in files) > 0


def test_one_that_cannot_be_read_is_listed(directory: Path) -> None:
    (directory / NAMES[1] / "manifest.json").write_text("{")
    os.utime(directory / NAMES[1], (60.0, 60.0))
    found = keeping.kept(directory)
    assert names(found) == "dcba"
    assert [entry.manifest is None for entry in found] == [False, False, True, False]


def test_nothing_is_kept_where_nothing_is(tmp_path: Path) -> None:
    assert keeping.kept(tmp_path / "nowhere") == []
    assert keeping.digests(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("keep", "current", "left"),
    [(9, "a", "dcba"), (2, "d", "dc"), (2, "a", "dca"), (0, "b", "b"), (0, "x", ""), (1, "x", "d")],
)
def test_the_newest_and_the_current_one_stay(
    directory: Path, keep: int, current: str, left: str
) -> None:
    found = keeping.kept(directory)
    removed = keeping.prune(found, keep, current * 64)
    assert names(keeping.kept(directory)) == left
    assert sorted(names(removed) + left) == list("abcd")
    others = {path.name for path in directory.iterdir()} - set(NAMES)
    assert others == {".building-young", "notes", "e" * 64}


def test_one_removed_meanwhile_is_no_fault(directory: Path) -> None:
    found = keeping.kept(directory)
    shutil.rmtree(directory / NAMES[0])
    assert names(keeping.prune(found, 0, "x")) == "dcba"
    assert keeping.kept(directory) == []


def test_one_that_cannot_be_removed_is_told(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_self: Path, _target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(BuildError, match="cannot be removed"):
        generation.remove(directory / NAMES[0])
    assert len(keeping.kept(directory)) == 4


def test_digests_by_their_beginning(directory: Path) -> None:
    assert keeping.digests(directory) == NAMES
    assert keeping.digests(directory, "bb") == [NAMES[1]]
    assert keeping.digests(directory, "bc") == []
