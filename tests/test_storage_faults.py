"""The disk full and files that cannot be written: a clear fault, nothing changed, and on it goes.

They are real: a small file system in memory is filled up, files are made immutable, a file system
is mounted read-only. That takes a root user and Linux.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from communique import sources, turtle
from communique.edits import Author, Edit
from communique.errors import CommuniqueError, StorageError, StorageFull
from communique.repository import Repository
from communique.store import query
from conftest import MINI, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts as Linux does")

ANN = Author("Ann")
AGENTS = "graph/agents.ttl"
WORKING = shutil.ignore_patterns(".communique")
SIZE = 24
"""MiB of the file system that is filled up."""
LABEL = "SELECT ?o { <https://example.org/union> <http://www.w3.org/2000/01/rdf-schema#label> ?o }"


def run_as_root(*words: str | Path) -> None:
    """Runs a command that only root may run; ends the test if it cannot be run."""
    if os.geteuid() != 0:
        missing("fills up a disk and makes files immutable, which takes root")
    if shutil.which(str(words[0])) is None:
        missing(f"{words[0]} is not installed: makes what cannot be written")
    done = subprocess.run([str(word) for word in words], check=False, capture_output=True)
    if done.returncode:
        missing(f"{' '.join(map(str, words))}: {done.stderr.decode().strip()}")


@contextmanager
def mounted(place: Path, *options: str) -> Iterator[None]:
    """Mounts a file system for a while."""
    run_as_root("mount", *options, place)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)  # noqa: S607 - the system's own


@contextmanager
def immutable(*places: Path) -> Iterator[None]:
    """Makes files or folders immutable for a while: not even root can write them."""
    run_as_root("chattr", "+i", *places)
    try:
        yield
    finally:
        run_as_root("chattr", "-i", *places)


class Dataset:
    """A small dataset that is open.

    Args:
        folder: The folder of its files and its generations.
    """

    def __init__(self, folder: Path) -> None:
        self.root = Path(shutil.copytree(MINI, folder / "dataset", ignore=WORKING))
        turtle.format_files(file.path for file in sources.discover(self.root).files)
        self.repository = Repository(self.root, folder / "generations")
        self.repository.open()

    def contents(self) -> dict[str, bytes]:
        """Returns what there is in its folder."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
        }

    @property
    def label(self) -> str:
        """What the union is called, by the generation in service."""
        return query.ask(self.repository.generation, LABEL).cells()[0][0]

    def call(self, label: str, *, more: bool = True) -> None:
        """Calls the union otherwise; with more, another file changes too."""
        with self.repository.session() as session:
            text = (session.read(AGENTS) or b"").decode()
            edits = [Edit(AGENTS, text.replace(f'"{self.label}"', f'"{label}"').encode())]
            if more:
                extra = "graph/more/extra.ttl"
                name = f"<https://example.org/{label.replace(' ', '-')}>"
                head = "\n\n".join(text.replace("agents>", "extra>").split("\n\n")[:2])
                edits.append(Edit(extra, f'{head}\n\n{name} rdfs:label "{label}"@en .'.encode()))
            session.change(edits, ANN)


def fails(dataset: Dataset, kind: type[CommuniqueError], says: str, *, more: bool = True) -> None:
    """Makes a change that cannot be written, and looks that nothing has changed."""
    before, generation = dataset.contents(), dataset.repository.generation
    with pytest.raises(kind, match=says):
        dataset.call("Nobody", more=more)
    assert dataset.contents() == before
    assert dataset.repository.generation is generation


@pytest.mark.slow
def test_with_the_disk_full_nothing_changes_and_reading_goes_on(tmp_path: Path) -> None:
    """However much space is left: none at all, or just not enough for one step or another."""
    with mounted(tmp_path, "-t", "tmpfs", "-o", f"size={SIZE}m", "none"):
        dataset = Dataset(tmp_path)
        filler = tmp_path / "filler"
        refused = written = 0
        for left in range(0, 1024, 32):
            filler.write_bytes(b"")
            status = os.statvfs(tmp_path)
            size = status.f_bavail * status.f_frsize - left * 1024
            with filler.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size)
            before, label = dataset.contents(), dataset.label
            wanted = f"Union {left}"
            try:
                dataset.call(wanted)
            except StorageFull:
                refused += 1
                assert dataset.contents() == before
                assert dataset.label == label
            else:
                written += 1
                assert dataset.label == wanted
            assert sources.discover(dataset.root).digest == dataset.repository.generation.digest
        assert refused >= 3
        assert written >= 3
        filler.unlink()
        dataset.call("Union of all")
        assert dataset.label == "Union of all"
        again = Repository(dataset.root, tmp_path / "generations")
        assert again.open().digest == dataset.repository.generation.digest
        assert again.recovered == ()
        del dataset


@pytest.mark.parametrize("more", [False, True], ids=["one file", "several"])
@pytest.mark.parametrize("what", [AGENTS, "graph"], ids=["file", "folder"])
def test_what_is_immutable_is_left_alone(tmp_path: Path, what: str, *, more: bool) -> None:
    dataset = Dataset(tmp_path)
    with immutable(dataset.root / what):
        fails(dataset, StorageError, r"nothing was changed: cannot write.*not permitted", more=more)
    dataset.call("Union of all", more=more)
    assert dataset.label == "Union of all"


def test_a_read_only_file_system_is_left_alone(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    graph = dataset.root / "graph"
    with mounted(graph, "--bind", str(graph)):
        run_as_root("mount", "-o", "remount,ro,bind", graph)
        fails(dataset, StorageError, r"nothing was changed: cannot write.*Read-only file system")
    dataset.call("Union of all")
    assert dataset.label == "Union of all"


def test_generations_that_cannot_be_written_change_nothing(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path)
    with immutable(tmp_path / "generations"):
        fails(dataset, StorageError, r"nothing was changed: cannot write.*not permitted")
    dataset.call("Union of all")
    assert dataset.label == "Union of all"


def test_a_folder_to_work_in_that_cannot_be_made_is_said_to_be(tmp_path: Path) -> None:
    root = Path(shutil.copytree(MINI, tmp_path / "dataset", ignore=WORKING))
    with immutable(root), pytest.raises(StorageError, match=r"\.communique.*not permitted"):
        Repository(root, tmp_path / "generations").open()
