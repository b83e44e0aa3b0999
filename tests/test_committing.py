"""Changes of files are brought to disk as a whole or not at all, at whatever step they are killed.

These tests are of the files alone, without a store, so that they can try every step; see
`test_repository_crashes.py` for the whole.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from communique import cli
from communique.edits import Author, Edit
from communique.errors import Conflict, NoSourceFile, StorageError
from communique.repository import files
from communique.repository.committing import Committer
from communique.repository.tidying import Replacement
from crashing import killed_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

pytestmark = pytest.mark.filterwarnings(
    # Other tests leave threads behind; the children here touch nothing but files.
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)

ANN = Author("Ann", "ann@example.org")
BEFORE = {"graph/a.ttl": b"a old\n", "graph/b.ttl": b"b old\n", "graph/deep/d.ttl": b"d\n"}
ONE = {"graph/a.ttl": b"a new\n"}
SEVERAL = {"graph/a.ttl": b"a new\n", "graph/b.ttl": None, "graph/new/year/c.ttl": b"c new\n"}


class RejectedError(Exception):
    """Publishing fails."""


def fail() -> None:
    """Fails, as publishing may."""
    raise RejectedError


@dataclass(frozen=True, slots=True)
class Folder:
    """A dataset's folder, as far as committing needs one.

    Attributes:
        root: Where it is.
    """

    root: Path

    @staticmethod
    def make(root: Path) -> Folder:
        """Makes one with the files from before."""
        for name in ("ontology", "shapes", ".communique"):
            (root / name).mkdir(parents=True)
        for name, content in BEFORE.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        return Folder(root)

    @property
    def committer(self) -> Committer:
        """What changes it."""
        return Committer(self.root, self.root / ".communique", None)

    def commit(
        self, change: Mapping[str, bytes | None], publish: Callable[[], object] = lambda: None
    ) -> None:
        """Changes it."""
        replacements = [
            Replacement(Edit(name, content), BEFORE.get(name)) for name, content in change.items()
        ]
        self.committer.commit(
            replacements, ANN, "why", before="0" * 64, after="1" * 64, publish=publish
        )

    def contents(self) -> dict[str, bytes]:
        """Returns all its files by name, hidden ones too."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
        }


def after(change: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """Returns what files there are after a change."""
    whole = {**BEFORE, **change}
    return {name: content for name, content in whole.items() if content is not None}


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: killing a process loses nothing that it wrote."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as place:
        yield Path(place).resolve()


@pytest.fixture
def folder(memory: Path) -> Folder:
    """A folder to change."""
    return Folder.make(memory / "dataset")


@pytest.mark.parametrize("change", [ONE, SEVERAL], ids=["one", "several"])
def test_a_change_leaves_its_files_and_nothing_else(
    folder: Folder, change: Mapping[str, bytes | None]
) -> None:
    folder.commit(change)
    assert folder.contents() == after(change)
    assert folder.committer.recover() is None


@pytest.mark.parametrize("change", [ONE, SEVERAL], ids=["one", "several"])
def test_what_cannot_be_published_changes_nothing(
    folder: Folder, change: Mapping[str, bytes | None]
) -> None:
    with pytest.raises(RejectedError):
        folder.commit(change, fail)
    assert folder.contents() == BEFORE
    assert folder.committer.recover() is None


@pytest.mark.parametrize("name", ["one", "several", "taken back"])
def test_killed_at_any_step_it_is_whole_or_not_at_all(memory: Path, name: str) -> None:
    change = ONE if name == "one" else SEVERAL
    seen = set()
    for step in itertools.count():
        folder = Folder.make(memory / str(step))

        def act(folder: Folder = folder) -> None:
            if name != "taken back":
                folder.commit(change)
                return
            with pytest.raises(RejectedError):
                folder.commit(change, fail)

        was_killed = killed_at(step, act, str(folder.root))
        said = folder.committer.recover()
        files.sweep(folder.root)
        found = folder.contents()
        assert found in (BEFORE, after(change)), f"killed at step {step}"
        assert folder.committer.recover() is None
        seen.add((found == BEFORE, said.rpartition(" ")[2] if said else None))
        shutil.rmtree(folder.root)
        if not was_killed:
            break
    assert step > (6 if name == "one" else 20)
    assert (
        seen
        == {
            "one": {(True, None), (False, None)},
            "several": {(True, None), (False, "completed"), (False, None)},
            "taken back": {(True, None), (False, "completed"), (True, "back")},
        }[name]
    )


@pytest.mark.slow
@pytest.mark.parametrize("publish", [lambda: None, fail], ids=["completed", "taken back"])
def test_killed_while_recovering_it_recovers_again(
    memory: Path, publish: Callable[[], object]
) -> None:
    """Every step of recovering, from what every step of changing leaves."""
    crashes = 0
    for first in itertools.count():
        left = Folder.make(memory / str(first))

        def act(left: Folder = left) -> None:
            with contextlib.suppress(RejectedError):
                left.commit(SEVERAL, publish)

        if not killed_at(first, act, str(left.root)):
            break
        for second in itertools.count():
            # Links, so that two names of one file stay two names of one.
            place = shutil.copytree(left.root, memory / "copy", copy_function=os.link)
            copy = Folder(Path(place))

            def again(copy: Folder = copy) -> None:
                copy.committer.recover()
                files.sweep(copy.root)

            was_killed = killed_at(second, again, str(copy.root))
            again()
            found = copy.contents()
            assert found in (BEFORE, after(SEVERAL)), f"killed at step {first}, then {second}"
            shutil.rmtree(copy.root)
            if not was_killed:
                break
            crashes += 1
    assert crashes > 50


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs names of descriptors")
def test_contents_are_on_disk_before_their_names_and_names_before_it_returns(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power failure could lose: no test can cut the power, so the order is looked at."""
    seen: list[tuple[str, str]] = []
    fsync, replace, mkdir, unlink = os.fsync, os.replace, os.mkdir, os.unlink

    def watch(name: str, whatever: Callable[..., None]) -> None:
        def watched(*places: object, **others: object) -> None:
            whatever(*places, **others)
            if name == "fsync":
                seen.append((name, str(Path(f"/proc/self/fd/{places[0]}").readlink())))
            else:
                seen.extend((name, str(place)) for place in places if isinstance(place, str | Path))

        monkeypatch.setattr(os, name, watched)

    for name, whatever in (
        ("fsync", fsync),
        ("replace", replace),
        ("rename", replace),
        ("mkdir", mkdir),
        ("unlink", unlink),
    ):
        watch(name, whatever)
    published: list[int] = []
    folder.commit(SEVERAL, lambda: published.append(len(seen)))

    renamed = [index for index, (name, _) in enumerate(seen) if name in {"replace", "rename"}]
    assert len(renamed) == 6  # two files and the journal, each with its old and its new name
    for index in renamed[::2]:
        assert ("fsync", seen[index][1]) in seen[:index]
    (journal,) = (
        index for index in renamed[1::2] if seen[index][1].endswith(".communique/forward.json")
    )
    assert seen.index(("fsync", str(folder.root / ".communique"))) == journal + 1
    assert all(index > journal + 1 for index in renamed if seen[index][1].endswith(".ttl"))
    for index, (name, place) in enumerate(seen):
        if name != "fsync" and place.endswith(".ttl"):
            assert ("fsync", str(Path(place).parent)) in seen[index : published[0]], place
        if name == "mkdir":
            assert ("fsync", str(Path(place).parent)) in seen[index:journal], place


def test_a_name_given_again_keeps_rights(folder: Folder) -> None:
    path = folder.root / "graph/a.ttl"
    path.chmod(0o640)
    folder.commit(ONE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_where_there_are_no_second_names_copies_do(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_names: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(RejectedError):
        folder.commit(SEVERAL, fail)
    assert folder.contents() == BEFORE
    folder.commit(SEVERAL)
    assert folder.contents() == after(SEVERAL)


@pytest.mark.parametrize("written", [b"by hand\n", None])
def test_what_was_written_meanwhile_is_not_written_over(
    folder: Folder, written: bytes | None
) -> None:
    path = folder.root / "graph/b.ttl"
    if written is None:
        path.unlink()
    else:
        path.write_bytes(written)
    before = folder.contents()
    with pytest.raises(Conflict, match=r"graph/b\.ttl was changed by somebody else"):
        folder.commit({"graph/a.ttl": b"a new\n", "graph/b.ttl": b"b new\n"})
    assert folder.contents() == before


def test_a_file_made_meanwhile_is_not_written_over(folder: Folder) -> None:
    (folder.root / "graph/c.ttl").write_bytes(b"by hand\n")
    before = folder.contents()
    with pytest.raises(Conflict, match=r"graph/c\.ttl was changed by somebody else"):
        folder.commit({"graph/c.ttl": b"c new\n"})
    assert folder.contents() == before


def interrupted(memory: Path, publish: Callable[[], object]) -> Folder:
    """Returns a folder in which a change was killed when it was written down, and had begun."""
    for step in itertools.count():
        folder = Folder.make(memory / str(step))

        def act(folder: Folder = folder) -> None:
            with contextlib.suppress(RejectedError):
                folder.commit(SEVERAL, publish)

        assert killed_at(step, act, str(folder.root))
        name = "forward" if publish is not fail else "back"
        if (folder.root / f".communique/{name}.json").exists():
            return folder
    raise AssertionError


def test_recovering_leaves_alone_what_was_written_since(memory: Path) -> None:
    folder = interrupted(memory, lambda: None)
    (folder.root / "graph/b.ttl").write_bytes(b"by hand\n")
    said = folder.committer.recover()
    assert said == (
        "an interrupted change of graph/a.ttl, graph/b.ttl, graph/new/year/c.ttl by Ann was "
        "completed, but somebody has written or removed graph/b.ttl since"
    )
    assert folder.contents() == after(SEVERAL) | {"graph/b.ttl": b"by hand\n"}


def test_taking_back_leaves_alone_what_was_written_since(memory: Path) -> None:
    folder = interrupted(memory, fail)
    (folder.root / "graph/new/year/c.ttl").write_bytes(b"by hand\n")
    said = folder.committer.recover()
    assert said is not None
    assert said.endswith(
        "taken back, but somebody has written or removed graph/new/year/c.ttl since"
    )
    assert folder.contents() == BEFORE | {"graph/new/year/c.ttl": b"by hand\n"}


def test_a_command_that_reads_the_files_mends_them_first(memory: Path) -> None:
    folder = interrupted(memory, lambda: None)
    done = CliRunner().invoke(cli.main, ["check", "--dataset", str(folder.root)])
    assert "an interrupted change of graph/a.ttl, graph/b.ttl, graph/new/year/c.ttl" in done.stderr
    assert "graph/new/year/c.ttl:1:" in done.stdout  # it is no Turtle, which is found as it is
    assert not (folder.root / ".communique/forward.json").exists()
    again = CliRunner().invoke(cli.main, ["check", "--dataset", str(folder.root)])
    assert "interrupted" not in again.stderr


def test_a_journal_that_says_nothing_is_a_fault(folder: Folder) -> None:
    (folder.root / ".communique/forward.json").write_text("{")
    with pytest.raises(StorageError, match=r"forward\.json cannot be read"):
        folder.committer.recover()


@pytest.mark.parametrize(
    "name",
    [
        "graph/../ontology/a.ttl",
        "graph/.hidden.ttl",
        "graph/a.txt",
        "graph//a.ttl",
        "/graph/a.ttl",
        "a.ttl",
        "tests/a.ttl",
        "graph/a\n.ttl",
        "graph/a\0.ttl",
        f"graph/{'a' * 300}.ttl",
        "graph/link/a.ttl",
        "graph/link.ttl",
    ],
)
def test_what_is_no_file_of_a_dataset_is_neither_read_nor_written(
    folder: Folder, tmp_path: Path, name: str
) -> None:
    (folder.root / "graph/link").symlink_to(tmp_path)
    (folder.root / "graph/link.ttl").symlink_to(tmp_path / "a.ttl")
    (tmp_path / "a.ttl").write_bytes(b"outside\n")
    with pytest.raises(NoSourceFile):
        files.read(folder.root, name)
    with pytest.raises(NoSourceFile):
        folder.commit({"graph/a.ttl": b"a new\n", name: b"inside\n"})
    assert (tmp_path / "a.ttl").read_bytes() == b"outside\n"
    assert (folder.root / "graph/a.ttl").read_bytes() == BEFORE["graph/a.ttl"]
