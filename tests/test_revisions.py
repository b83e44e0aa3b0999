"""Tests of what names mean: folders, digests, and revisions in git."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from communique import gate, revisions, sources
from communique.errors import BuildError, CallError, DatasetNotFound, UnusableVersion
from conftest import MINI, edit, line_of, require_tool

AGENTS = Path("graph", "agents.ttl")


class Repository:
    """A git repository in which the small dataset lies, with three commits.

    The first has no dataset, the second the small one, the third one that the gate rejects.
    """

    def __init__(self, place: Path) -> None:
        self._git = str(require_tool("git", "it holds the revisions that are compared"))
        self.root = place / "below" / "mini"
        self.root.parent.mkdir(parents=True)
        self._place = place
        self.git("init", "--quiet", "--initial-branch=trunk")
        self.commit("nothing", "first")
        shutil.copytree(MINI, self.root)
        self.commit("whole", "second")
        edit(self.root / AGENTS, "ex:status ex:active", "ex:status ex:dormant")
        self.commit("rejected", "third")
        edit(self.root / AGENTS, "ex:status ex:dormant", "ex:status ex:active")
        edit(self.root / AGENTS, '"League"', '"Leagues"')

    def commit(self, message: str, tag: str) -> None:
        """Commits all there is, and tags it."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        self.git("tag", tag)

    def git(self, *words: str) -> str:
        """Runs git, as nobody in particular."""
        someone = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
        settled = ["-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
        return subprocess.run(
            [self._git, *someone, *settled, *words],
            cwd=self._place,
            check=True,
            capture_output=True,
            encoding="utf-8",
        ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The repository."""
    return Repository(tmp_path / "repository")


def test_a_folder(generations: Path, mini: Path) -> None:
    found = revisions.find(str(mini), MINI, generations)
    assert found.digest == sources.discover(mini).digest


def test_a_digest_or_its_beginning(generations: Path) -> None:
    digest = gate.build(MINI, generations).digest
    for name in (digest, digest[:12]):
        assert revisions.find(name, MINI, generations).digest == digest


def test_the_beginning_of_several_digests(tmp_path: Path) -> None:
    for last in "12":
        (tmp_path / ("a" * 63 + last)).mkdir()
    with pytest.raises(CallError, match="2 kept generations begin with aaaa"):
        revisions.find("aaaa", MINI, tmp_path)
    with pytest.raises(BuildError, match="cannot be opened"):
        revisions.find("a" * 63 + "1", MINI, tmp_path)


@pytest.mark.parametrize("name", ["HEAD~1", "second", "trunk^"])
def test_a_revision(repository: Repository, generations: Path, name: str) -> None:
    found = revisions.find(name, repository.root, generations)
    assert found.digest == sources.discover(MINI).digest


def test_a_commit_by_the_beginning_of_its_hash(repository: Repository, generations: Path) -> None:
    name = repository.git("rev-parse", "--short=10", "second")
    found = revisions.find(name, repository.root, generations)
    assert found.digest == sources.discover(MINI).digest


def test_a_revision_is_read_without_the_files_of_now(
    repository: Repository, generations: Path
) -> None:
    before = sources.discover(repository.root).digest
    status = repository.git("status", "--porcelain")
    assert revisions.find("second", repository.root, generations).digest != before
    assert sources.discover(repository.root).digest == before
    assert repository.git("status", "--porcelain") == status


def test_a_revision_that_the_gate_rejects(repository: Repository, generations: Path) -> None:
    with pytest.raises(UnusableVersion, match="does not let HEAD pass") as raised:
        revisions.find("HEAD", repository.root, generations)
    [finding] = raised.value.findings
    # The line is that of the revision, in which it is where it is now.
    line = line_of(repository.root / AGENTS, "ex:status ex:active")
    assert (finding.file, finding.line) == (Path("HEAD:graph/agents.ttl"), line)


def test_a_folder_that_the_gate_rejects(mini: Path, generations: Path) -> None:
    edit(mini / AGENTS, "ex:status ex:active", "ex:status ex:dormant")
    with pytest.raises(UnusableVersion) as raised:
        revisions.find(str(mini), MINI, generations)
    [finding] = raised.value.findings
    assert finding.file == mini / AGENTS


def test_a_revision_without_a_dataset(repository: Repository, generations: Path) -> None:
    with pytest.raises(CallError, match="first has no dataset at"):
        revisions.find("first", repository.root, generations)


@pytest.mark.parametrize("name", ["HEAD~9", "nothing", "--all", "-h", "HEAD:graph", "ffff", ""])
def test_what_means_nothing(
    repository: Repository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(CallError):
        revisions.find(name, repository.root, tmp_path / "generations")


def test_where_there_is_no_git(mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(CallError, match=r"HEAD is no dataset's folder, .* no git revision"):
        revisions.find("HEAD", mini, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CallError, match=r"HEAD is no dataset's folder, .* no git revision"):
        revisions.find("HEAD", mini, tmp_path)


def test_a_folder_that_is_no_dataset_and_nothing_else(mini: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFound, match="is not a dataset"):
        revisions.find(str(mini / "graph"), mini, tmp_path)
