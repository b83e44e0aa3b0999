"""A dataset's folder as a database: sessions change it through the gate, one at a time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from communique import gate, sources, turtle
from communique.edits import Author, Edit
from communique.errors import (
    Busy,
    Conflict,
    DataError,
    NoSourceFile,
    StorageError,
    TurtleSyntaxError,
    UnusableSources,
    ValidationFailed,
)
from communique.repository import Repository
from communique.store import query
from conftest import edit

if TYPE_CHECKING:
    from pathlib import Path

    from communique.store.generation import Generation

ANN = Author("Ann", "ann@example.org")
AGENTS = "graph/agents.ttl"
ARTICLE = "graph/articles/one.ttl"
FOUNDED = '"2003-09-18T00:00:00Z"^^xsd:dateTime'
LABEL = "SELECT ?o { <https://example.org/union> <http://www.w3.org/2000/01/rdf-schema#label> ?o }"


@pytest.fixture
def repository(mini: Path, generations: Path) -> Repository:
    """The small dataset in the one layout, opened."""
    turtle.format_files(file.path for file in sources.discover(mini).files)
    found = Repository(mini, generations, patience=0.2)
    found.open()
    return found


def renamed(repository: Repository, old: str, new: str, name: str = AGENTS) -> Edit:
    """Returns an edit that replaces the one occurrence of a text in a file."""
    text = (repository.root / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    return Edit(name, text.replace(old, new).encode())


def label(generation: Generation) -> str:
    """Returns what the union is called."""
    return query.ask(generation, LABEL).cells()[0][0]


def built(repository: Repository, directory: Path) -> Generation:
    """Returns the generation of the files as they are, built from them alone."""
    return gate.build(repository.root, directory)


def test_a_change_is_on_disk_and_in_service(repository: Repository, tmp_path: Path) -> None:
    before = repository.generation
    change = renamed(repository, '"Union"@en', '"Accord"@en')
    with repository.session() as session:
        assert session.generation is before
        outcome = session.change([change], ANN, "It has a new name.")
        assert session.read(AGENTS) == change.content
    assert (outcome.before, outcome.after) == (before.digest, repository.generation.digest)
    assert outcome.files == (AGENTS,)
    assert outcome.commit is None
    assert ("<https://example.org/union>", '"Accord"@en') in {
        (triple[0], triple[2]) for triple in outcome.gained
    }
    assert label(repository.generation) == "Accord"
    assert label(before) == "Union"
    assert repository.generation.digest == sources.discover(repository.root).digest
    scratch = built(repository, tmp_path / "scratch")
    assert scratch.digest == outcome.after
    assert set(scratch.store) == set(repository.generation.store)


def test_files_are_made_and_removed_in_one_change(repository: Repository) -> None:
    new = renamed(repository, "graph/one>", "graph/two>", ARTICLE)
    moved = Edit("graph/articles/2005/two.ttl", new.content)
    with repository.session() as session:
        outcome = session.change([moved, Edit(ARTICLE, None)], ANN)
        assert session.read(ARTICLE) is None
        assert session.read("graph/articles/2005/two.ttl") == new.content
    assert set(outcome.files) == {moved.name, ARTICLE}
    graphs = repository.generation.manifest["graphs"]
    assert graphs["https://example.org/graph/two"]["file"] == moved.name
    assert "https://example.org/graph/one" not in graphs
    left = {path.name for path in (repository.root / ".communique").iterdir()}
    assert left == {".gitignore", "lock"}


def test_a_dry_run_says_what_would_be_and_changes_nothing(repository: Repository) -> None:
    before = repository.generation
    content = (repository.root / AGENTS).read_bytes()
    change = renamed(repository, '"Union"@en', '"Accord"@en')
    with repository.session() as session:
        outcome = session.change([change], ANN, dry_run=True)
    assert outcome.after != outcome.before == before.digest
    assert len(outcome.lost) >= 1
    assert repository.generation is before
    assert (repository.root / AGENTS).read_bytes() == content
    with repository.session() as session:
        assert session.change([change], ANN).after == outcome.after


def test_what_the_gate_rejects_changes_nothing(repository: Repository) -> None:
    before = repository.generation
    content = (repository.root / AGENTS).read_bytes()
    for change, kind in (
        (renamed(repository, FOUNDED, '"never"'), ValidationFailed),
        (Edit(AGENTS, b"not turtle"), TurtleSyntaxError),
        (Edit(AGENTS, b"\xff"), TurtleSyntaxError),
        (Edit("graph/new.ttl", b""), UnusableSources),
        (Edit("README.md", b""), NoSourceFile),
    ):
        with repository.session() as session, pytest.raises(kind):
            session.change([change], ANN)
        assert repository.generation is before
        assert (repository.root / AGENTS).read_bytes() == content
        assert not (repository.root / "graph/new.ttl").exists()


def test_a_change_that_changes_nothing_is_none(repository: Repository) -> None:
    before = repository.generation
    told: list[Generation] = []
    repository.subscribe(told.append)
    status = (repository.root / AGENTS).stat()
    with repository.session() as session:
        outcome = session.change([Edit(AGENTS, session.read(AGENTS))], ANN)
    assert (outcome.before, outcome.after, outcome.files) == (before.digest, before.digest, ())
    assert (repository.root / AGENTS).stat() == status
    assert told == []


def test_content_is_brought_into_the_layout_and_keeps_the_comment_at_the_head(
    repository: Repository,
) -> None:
    path = repository.root / AGENTS
    text = path.read_text(encoding="utf-8")
    head, prefixes = "# Who there is.\n# One IRI each.", text.split("\n\n")[0]
    scrambled = prefixes + "\n# lost\n" + "\n\n".join(reversed(text.split("\n\n")[1:]))
    with repository.session() as session:
        session.change([Edit(AGENTS, f"{head}\n{scrambled}".encode())], ANN)
        assert session.read(AGENTS) == f"{head}\n\n{text}".encode()
        session.change([Edit(AGENTS, scrambled.replace("Union", "Accord").encode())], ANN)
        assert session.read(AGENTS) == f"{head}\n\n{text.replace('Union', 'Accord')}".encode()
        session.change([Edit(AGENTS, f"# New.\n{scrambled}".encode())], ANN)
        assert session.read(AGENTS) == f"# New.\n\n{text}".encode()


def test_subscribers_are_told_before_the_change_is_acknowledged(repository: Repository) -> None:
    told: list[str] = []
    repository.subscribe(lambda generation: told.append(generation.digest))
    with repository.session() as session:
        outcome = session.change([renamed(repository, '"Union"@en', '"Accord"@en')], ANN)
        assert told == [outcome.after]


def test_a_session_that_is_over_changes_nothing(repository: Repository) -> None:
    with repository.session() as session:
        pass
    with pytest.raises(RuntimeError, match="over"):
        session.change([], ANN)


def test_a_repository_that_is_not_open_serves_nothing(mini: Path, generations: Path) -> None:
    with pytest.raises(RuntimeError, match="not been opened"):
        _ = Repository(mini, generations).generation


def test_files_edited_by_hand_go_through_the_gate_first(repository: Repository) -> None:
    before = repository.generation
    edit(repository.root / AGENTS, '"Union"@en', '"Accord"@en')
    assert repository.generation is before
    assert label(repository.refresh()) == "Accord"
    edit(repository.root / AGENTS, '"Accord"@en', '"League of all"@en')
    with repository.session() as session:
        assert label(session.generation) == "League of all"
    assert repository.refresh() is repository.generation
    shutil.copy(repository.root / AGENTS, repository.root / "graph/.agents.ttl")  # an editor's
    (repository.root / ARTICLE).unlink()
    with repository.session() as session:
        graphs = session.generation.manifest["graphs"]
    assert [entry["file"] for entry in graphs.values() if entry["kind"] == "graph"] == [
        AGENTS,
        "graph/editorial.ttl",
    ]


def test_an_edit_by_hand_of_the_same_length_within_a_tick_is_seen(repository: Repository) -> None:
    with repository.session() as session:
        session.change([renamed(repository, '"Union"@en', '"Accord"@en')], ANN)
    path = repository.root / AGENTS
    status = path.stat()
    path.write_bytes(path.read_bytes().replace(b"Accord", b"Treaty"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert label(repository.refresh()) == "Treaty"


def test_as_long_as_a_file_edited_by_hand_is_at_fault_nothing_is_changed(
    repository: Repository,
) -> None:
    before = repository.generation
    path = repository.root / AGENTS
    good = path.read_bytes()
    edit(path, FOUNDED, '"never"')
    bad = path.read_bytes()
    for _ in range(2):
        with (
            pytest.raises(Conflict, match=r"by hand.* graph/agents\.ttl:\d+: "),
            repository.session(),
        ):
            pass
        with pytest.raises(DataError):
            repository.refresh()
    assert repository.generation is before
    assert path.read_bytes() == bad
    path.write_bytes(good)
    with repository.session() as session:
        assert session.generation is before
        session.change([renamed(repository, '"Union"@en', '"Accord"@en')], ANN)


def test_a_change_by_another_process_is_found(repository: Repository, generations: Path) -> None:
    other = Repository(repository.root, generations)
    other.open()
    with other.session() as session:
        outcome = session.change([renamed(other, '"Union"@en', '"Accord"@en')], ANN)
    assert label(repository.generation) == "Union"
    with repository.session() as session:
        assert session.generation.digest == outcome.after


def test_others_wait_for_a_session_to_end(repository: Repository, generations: Path) -> None:
    other = Repository(repository.root, generations, patience=0.1)
    with repository.session():
        for waiting in (repository, other):
            with pytest.raises(Busy, match="another change"), waiting.session():
                pass
    with repository.session():
        pass


def test_concurrent_changes_are_made_one_after_another(
    repository: Repository, generations: Path
) -> None:
    """Each adds a line to what it finds: nothing of any is lost."""
    other = Repository(repository.root, generations)
    patient = Repository(repository.root, generations)
    for each in (other, patient):
        each.open()
    start = threading.Barrier(3)

    def add(number: int) -> None:
        start.wait()
        with (other, patient)[number % 2].session() as session:
            content = session.read(AGENTS) or b""
            added = f'\nex:union <http://www.w3.org/2004/02/skos/core#altLabel> "{number}" .\n'
            session.change([Edit(AGENTS, content + added.encode())], ANN)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(add, range(3)))
    text = (repository.root / AGENTS).read_text(encoding="utf-8")
    assert all(f'"{number}"' in text for number in range(3))
    assert repository.refresh().digest == sources.discover(repository.root).digest


def test_a_lock_is_let_go_by_a_process_that_dies(repository: Repository) -> None:
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from communique.repository.locking import Lock\n"
        "with Lock(Path(sys.argv[1]), 1).held():\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(repository.root / ".communique")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(Busy), repository.session():
        pass
    process.kill()
    process.communicate()
    with repository.session():
        pass


def test_opening_puts_right_what_is_left_and_says_so(
    repository: Repository, generations: Path
) -> None:
    root = repository.root
    (root / "graph/.agents.ttl.1234.communique-new").write_bytes(b"half")
    (root / "graph/.agents.ttl.1234.communique-old").write_bytes(b"old")
    again = Repository(root, generations)
    assert again.open().digest == repository.generation.digest
    assert again.recovered == ("2 unfinished files of an interrupted change were removed",)
    assert not list((root / "graph").glob(".*"))


def test_a_folder_that_cannot_be_written_is_said_to_be(mini: Path, generations: Path) -> None:
    (mini / ".communique").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write"):
        Repository(mini, generations).open()
