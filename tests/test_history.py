"""Tests of changes as commits of git: of exactly their files, in whatever state git is."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from checkouts import Checkout
from communique.edits import Author, Edit
from communique.errors import Conflict, GitFailure
from communique.repository import Repository, messages
from communique.repository import history as histories
from communique.repository.history import History
from conftest import MINI, edit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AGENTS = "graph/agents.ttl"
ONE = "graph/articles/one.ttl"
NEW = "graph/articles/two.ttl"
ANN = Author("Ann Editor", "ann@example.org")
VERSIONS = ("0" * 64, "1" * 64)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A repository in whose folder the small dataset lies, committed."""
    made = Checkout(tmp_path / "checkout")
    shutil.copytree(MINI, made.place / "data")
    made.commit("The dataset")
    return made


@pytest.fixture
def root(checkout: Checkout) -> Path:
    """The dataset's folder."""
    return checkout.place / "data"


def change(root: Path, name: str = AGENTS, text: str = "\n# changed\n") -> None:
    """Changes a file, as an accepted write does."""
    with (root / name).open("a") as file:
        file.write(text)


def record(root: Path, *files: str, author: Author = ANN, message: str = "A change") -> str:
    """Commits files."""
    return History(root).record(files, author, message, *VERSIONS)


def files_of(checkout: Checkout, commit: str = "HEAD") -> list[str]:
    """Returns the files that a commit changes."""
    words = ("diff-tree", "--root", "--no-commit-id", "--name-status", "-r", commit)
    return checkout.git(*words).splitlines()


def test_a_commit_says_who_what_and_of_which_versions(checkout: Checkout, root: Path) -> None:
    change(root)
    name = record(root, AGENTS, message="Correct the agents\n\nThey were wrong.")
    assert name == checkout.git("rev-parse", "HEAD")
    assert (
        checkout.git("log", "-1", "--format=%an <%ae>|%cn") == "Ann Editor <ann@example.org>|Test"
    )
    assert checkout.git("log", "-1", "--format=%B") == (
        "Correct the agents\n\nThey were wrong.\n\n"
        f"Dataset-Version-Before: {VERSIONS[0]}\nDataset-Version-After: {VERSIONS[1]}"
    )
    trailers = "--format=%(trailers:key=Dataset-Version-After,valueonly)"
    assert checkout.git("log", "-1", trailers) == VERSIONS[1]
    assert files_of(checkout) == ["M\tdata/graph/agents.ttl"]


def test_new_and_removed_files(checkout: Checkout, root: Path) -> None:
    (root / ONE).rename(root / NEW)
    record(root, ONE, NEW)
    assert files_of(checkout) == [
        "D\tdata/graph/articles/one.ttl",
        "A\tdata/graph/articles/two.ttl",
    ]
    assert checkout.status() == []


def test_other_changes_stay_as_they_are(checkout: Checkout, root: Path) -> None:
    change(root, ONE)
    checkout.git("add", "data/" + ONE)
    change(root, ONE, "\n# more, not staged\n")
    change(root, "ontology/mini.ttl")
    (checkout.place / "staged").write_text("staged")
    checkout.git("add", "staged")
    (checkout.place / "untracked").write_text("untracked")
    (root / "graph" / "editorial.ttl").unlink()
    checkout.git("rm", "--quiet", "--cached", "data/graph/editorial.ttl")
    before = checkout.status(), checkout.git("diff"), checkout.git("diff", "--cached")
    change(root)
    record(root, AGENTS)
    assert files_of(checkout) == ["M\tdata/graph/agents.ttl"]
    assert (checkout.status(), checkout.git("diff"), checkout.git("diff", "--cached")) == before


def test_other_branches_stay_as_they_are(checkout: Checkout, root: Path) -> None:
    checkout.git("branch", "other")
    first = checkout.git("rev-parse", "HEAD")
    change(root)
    name = record(root, AGENTS)
    assert checkout.git("rev-parse", "other") == first
    assert checkout.git("rev-parse", "trunk", "trunk^") == f"{name}\n{first}"


def test_again_changes_nothing(checkout: Checkout, root: Path) -> None:
    """As after a crash, when it is not known whether it was done."""
    change(root)
    name = record(root, AGENTS)
    assert record(root, AGENTS) == name
    assert checkout.git("rev-parse", "HEAD") == name


def test_the_first_commit(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "new")
    shutil.copytree(MINI, checkout.place, dirs_exist_ok=True)
    record(checkout.place, AGENTS)
    assert files_of(checkout) == [f"A\t{AGENTS}"]


def test_ignored_files_are_committed(checkout: Checkout, root: Path) -> None:
    """The dataset's files are the dataset, whatever else is ignored."""
    (checkout.place / ".gitignore").write_text("two.ttl\n")
    (root / NEW).write_text("")
    record(root, NEW)
    assert files_of(checkout) == ["A\tdata/graph/articles/two.ttl"]


ODD_AUTHORS = [
    (Author("Åsa <script> Öberg\n", ""), "Åsa script Öberg <>"),
    (Author("--author=x"), "--author=x <>"),
    (Author("<>.,"), "unknown <>"),
    (Author("Ann", "a@example.org>\nx"), "Ann <a@example.orgx>"),
    (Author("\x1b[31mred"), "[31mred <>"),
]


def test_odd_authors(checkout: Checkout, root: Path) -> None:
    for author, told in ODD_AUTHORS:
        change(root)
        record(root, AGENTS, author=author)
        assert checkout.git("log", "-1", "--format=%an <%ae>") == told


ODD_MESSAGES = [
    ("# not a comment\n", "# not a comment"),
    ("--amend", "--amend"),
    ("\x1b]0;title\x07 \x00and", "]0;title and"),
    (f"Dataset-Version-After: {'f' * 64}", f"Dataset-Version-After: {'f' * 64}"),
    ("  \n\n ", "Change graph/agents.ttl"),
]


def test_odd_messages(checkout: Checkout, root: Path) -> None:
    trailers = "%(trailers:key=Dataset-Version-After,valueonly)"
    for message, told in ODD_MESSAGES:
        change(root)
        record(root, AGENTS, message=message)
        said = checkout.git("log", "-1", f"--format=%s%n{trailers}")
        assert said == f"{told}\n{VERSIONS[1]}"


def test_the_program_commits_where_git_knows_nobody(
    checkout: Checkout, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("user.name", "user.email"):
        checkout.git("config", "--unset", name)
    checkout.git("config", "user.useConfigOnly", "true")
    change(root)
    record(root, AGENTS)
    assert checkout.git("log", "-1", "--format=%cn") == "communique"


# --- States in which nothing is committed ---------------------------------------------------------


def test_no_repository(mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(GitFailure, match="is in no git repository"):
        History(mini)


def test_no_git(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitFailure):
        History(root)


def _detach(checkout: Checkout) -> None:
    checkout.git("switch", "--quiet", "--detach")


def _in_two_minds(how: str) -> Callable[[Checkout], None]:
    def begin(checkout: Checkout) -> None:
        checkout.git("switch", "--quiet", "--create", "other")
        for branch in ("other", "trunk"):
            checkout.git("switch", "--quiet", branch)
            (checkout.place / "text").write_text(branch)
            checkout.commit(branch)
        with pytest.raises(subprocess.CalledProcessError):
            checkout.git(how, "other")

    return begin


@pytest.mark.parametrize(
    ("begin", "says"),
    [
        (_detach, "on no branch"),
        (_in_two_minds("merge"), "in the middle of a merge"),
        (_in_two_minds("cherry-pick"), "in the middle of a cherry-pick"),
        (_in_two_minds("rebase"), "on no branch"),
    ],
    ids=["detached", "merge", "cherry-pick", "rebase"],
)
def test_states_in_which_nothing_is_committed(
    checkout: Checkout, root: Path, begin: Callable[[Checkout], None], says: str
) -> None:
    begin(checkout)
    head, status = checkout.git("rev-parse", "HEAD"), checkout.status()
    with pytest.raises(GitFailure, match=says):
        History(root).check()
    change(root)
    with pytest.raises(GitFailure, match=says):
        record(root, AGENTS)
    assert checkout.git("rev-parse", "HEAD") == head
    assert checkout.status() == sorted([*status, " M data/graph/agents.ttl"], key=lambda s: s[3:])


def test_what_nobody_has_committed_is_not_written_over(checkout: Checkout, root: Path) -> None:
    history = History(root)
    history.check([AGENTS, NEW])
    change(root)
    with pytest.raises(Conflict, match=r"^graph/agents.ttl has changes that are not committed"):
        history.check([ONE, AGENTS])
    history.check([ONE])
    checkout.git("add", "data/" + AGENTS)
    with pytest.raises(Conflict, match="not committed"):
        history.check([AGENTS])
    (root / NEW).write_text("")
    with pytest.raises(Conflict, match=r"two\.ttl has changes"):
        history.check([NEW])
    (checkout.place / ".gitignore").write_text("two.ttl\n")
    with pytest.raises(Conflict, match=r"two\.ttl has changes"):
        history.check([NEW])


def hook(checkout: Checkout, name: str, *lines: str) -> None:
    """Gives a repository a hook."""
    path = checkout.place / ".git" / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


@pytest.mark.parametrize("name", ["pre-commit", "commit-msg"])
def test_a_hook_that_refuses(checkout: Checkout, root: Path, name: str) -> None:
    hook(checkout, name, "echo not on a Sunday >&2", "exit 1")
    change(root, ONE)
    head, status = checkout.git("rev-parse", "HEAD"), checkout.status()
    change(root)
    (root / NEW).write_text("")
    with pytest.raises(GitFailure, match="not on a Sunday"):
        record(root, AGENTS, NEW)
    (root / NEW).unlink()
    checkout.git("checkout", "--", "data/" + AGENTS)
    assert (checkout.git("rev-parse", "HEAD"), checkout.status()) == (head, status)


def test_a_hook_that_fails_too_late(checkout: Checkout, root: Path) -> None:
    """The commit is made already."""
    hook(checkout, "post-commit", "exit 1")
    change(root)
    assert record(root, AGENTS) == checkout.git("rev-parse", "HEAD")
    assert checkout.status() == []


def test_a_lock_is_waited_for(checkout: Checkout, root: Path) -> None:
    lock = checkout.place / ".git" / "index.lock"
    lock.touch()
    threading.Timer(0.3, lock.unlink).start()
    change(root)
    begun = time.monotonic()
    record(root, AGENTS)
    assert time.monotonic() - begun > 0.3
    assert files_of(checkout) == ["M\tdata/graph/agents.ttl"]


def test_a_lock_that_stays(checkout: Checkout, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "_PATIENCE", 0.2)
    (checkout.place / ".git" / "index.lock").touch()
    change(root)
    with pytest.raises(GitFailure, match="remove the file manually to continue"):
        record(root, AGENTS)


# --- Messages made from a change ------------------------------------------------------------------

HEAD = "@prefix : <https://example.org/> . : a <http://www.w3.org/2002/07/owl#Ontology> ."
CLAIMS = "".join(f":c{n} a :Claim ; :says [ :what {n} ] . " for n in range(4))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, f"{HEAD} {CLAIMS}", "Add x: 4 claims added"),
        (f"{HEAD} {CLAIMS}", None, "Remove x: 4 claims removed"),
        (f"{HEAD} :c0 a :Claim .", f"{HEAD} {CLAIMS}", "Change x: 3 claims added, 1 changed"),
        (
            f"{HEAD} :a a :Agency .",
            f"{HEAD} :b a :Bus . :c a :Bus .",
            "Change x: 2 buses added, 1 agency removed",
        ),
        (
            HEAD,
            f"{HEAD} :a a :OfficeHolding . :b a :Claim . :c a :NATOMember . :d a :D . :e :x 1 .",
            "Change x: 1 claim, 1 d, 1 nato member and 2 more added",
        ),
        (HEAD, f"# a comment\n{HEAD}", "Change x"),
        (f"{HEAD} {CLAIMS}", f"{HEAD} {CLAIMS} :c0 a :Claim .", "Change x"),
        ("oops", HEAD, "Change x"),
    ],
)
def test_a_message_is_made_from_the_change(
    before: str | None, after: str | None, told: str
) -> None:
    old, new = (None if text is None else text.encode() for text in (before, after))
    assert messages.describe([("x", old, new)]) == told


def test_a_message_for_several_files() -> None:
    old, new = HEAD.encode(), f"{HEAD} {CLAIMS}".encode()
    assert messages.describe([("x", old, new), ("y", None, new)]) == (
        "Change 2 files\n\n- Change x: 4 claims added\n- Add y: 4 claims added"
    )
    assert messages.describe([("x", new, None), ("y", new, None)]).startswith("Remove 2 files\n")


# --- With the repository --------------------------------------------------------------------------


def edited(root: Path) -> Edit:
    """Returns an edit that the gate lets pass."""
    text = (root / AGENTS).read_text(encoding="utf-8")
    assert text.count('"League"') == 1
    return Edit(AGENTS, text.replace('"League"', '"Leagues"').encode())


def test_a_change_is_a_commit(checkout: Checkout, root: Path, generations: Path) -> None:
    repository = Repository(root, generations, History(root))
    before = repository.open().digest
    with repository.session() as session:
        outcome = session.change([edited(root)], ANN)
    assert outcome.commit == checkout.git("rev-parse", "HEAD")
    told = checkout.git("log", "-1", "--format=%an%n%B").splitlines()
    assert told == [
        "Ann Editor",
        "Change graph/agents.ttl: 1 bloc changed",
        "",
        f"Dataset-Version-Before: {before}",
        f"Dataset-Version-After: {outcome.after}",
    ]
    assert files_of(checkout) == ["M\tdata/graph/agents.ttl"]
    assert checkout.status() == []


def test_a_dry_run_is_no_commit(checkout: Checkout, root: Path, generations: Path) -> None:
    repository = Repository(root, generations, History(root))
    repository.open()
    head = checkout.git("rev-parse", "HEAD")
    with repository.session() as session:
        assert session.change([edited(root)], ANN, dry_run=True).commit is None
    assert checkout.git("rev-parse", "HEAD") == head


def test_what_a_hook_refuses_is_taken_back(
    checkout: Checkout, root: Path, generations: Path
) -> None:
    hook(checkout, "pre-commit", "exit 1")
    repository = Repository(root, generations, History(root))
    served = repository.open()
    head, content = checkout.git("rev-parse", "HEAD"), (root / AGENTS).read_bytes()
    with repository.session() as session, pytest.raises(GitFailure, match="git commit failed"):
        session.change([edited(root)], ANN)
    assert (root / AGENTS).read_bytes() == content
    assert checkout.git("rev-parse", "HEAD") == head
    assert checkout.status() == []
    assert repository.generation is served
    (checkout.place / ".git" / "hooks" / "pre-commit").unlink()
    with repository.session() as session:
        assert session.change([edited(root)], ANN).commit == checkout.git("rev-parse", "HEAD")


def test_uncommitted_edits_are_in_the_way(
    checkout: Checkout, root: Path, generations: Path
) -> None:
    repository = Repository(root, generations, History(root))
    repository.open()
    edit(root / AGENTS, '"League"', '"League of all"')
    with repository.session() as session, pytest.raises(Conflict, match="not committed"):
        session.change([Edit(AGENTS, None)], ANN)
    checkout.commit("By hand")


CRASH = """
import os, sys
from pathlib import Path
from communique.edits import Author, Edit
from communique.repository import Repository
from communique.repository.history import History

root, generations, when = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

class Crashing(History):
    def record(self, *arguments):
        if when == "before":
            os._exit(9)
        super().record(*arguments)
        os._exit(9)

repository = Repository(root, generations, Crashing(root))
repository.open()
text = (root / "graph/agents.ttl").read_text()
edit = Edit("graph/agents.ttl", text.replace('"League"', '"Leagues"').encode())
with repository.session() as session:
    session.change([edit], Author("Ann Editor", "ann@example.org"), "Before the crash")
"""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_after_a_crash_the_change_is_committed_once(
    checkout: Checkout, root: Path, generations: Path, when: str
) -> None:
    words = [sys.executable, "-c", CRASH, str(root), str(generations), when]
    assert subprocess.run(words, check=False).returncode == 9
    assert (root / AGENTS).read_text().count('"Leagues"') == 1
    repository = Repository(root, generations, History(root))
    repository.open()
    assert len(repository.recovered) == 1
    assert checkout.git("log", "--format=%an: %s").splitlines() == [
        "Ann Editor: Before the crash",
        "Test: The dataset",
    ]
    assert files_of(checkout) == ["M\tdata/graph/agents.ttl"]
    assert checkout.status() == []
