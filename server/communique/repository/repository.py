"""The repository: which generation is in service, and how it gives way to the next one.

A change is put through the gate beside what is in service, then its files are written, then the
new generation gets its name, then git takes note of it; only then it is in service and
acknowledged.  A crash on the way leaves the files as they were, or as they were to be.
"""

from __future__ import annotations

import contextlib
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from communique import gate
from communique.edits import Edit
from communique.errors import BuildError, Conflict, DataError
from communique.repository import files, looking, tidying
from communique.repository.committing import Committer
from communique.repository.journal import Journal
from communique.repository.locking import Lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from communique.edits import Author
    from communique.gate import Difference, Progress
    from communique.repository.history import History
    from communique.repository.looking import Look
    from communique.store.generation import Generation
    from communique.validation import Report

WORKING: Final = ".communique"
"""The folder, in the dataset's, of what a repository works with: its lock and its journal."""
PATIENCE: Final = 10.0
"""Seconds that a change waits for others."""
_LOGGER: Final = logging.getLogger("communique.repository")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a change.

    Attributes:
        before: The digest of the version before.
        after: The digest of the version after; the same if nothing changes.
        report: What the shapes found of what the change can affect; warnings only.
        gained: The triples that are known after and were not before, asserted and inferred.
        lost: The triples that were known before and are not after, asserted and inferred.
        files: The names of the files that changed, or would change.
        commit: The commit in git, where there is one.
    """

    before: str
    after: str
    report: Report
    gained: Difference
    lost: Difference
    files: tuple[str, ...]
    commit: str | None


class Repository:
    """A dataset's folder, with one generation in service.

    Args:
        root: The dataset's folder.
        directory: Where generations are kept.
        history: Takes note of changes; None if nothing does.
        patience: Seconds that a change waits for others.

    Attributes:
        root: The dataset's folder.
        recovered: What was put right after a crash, in sentences without full stops.
    """

    def __init__(
        self,
        root: Path,
        directory: Path,
        history: History | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.root = root
        self.recovered: tuple[str, ...] = ()
        self._directory = directory
        self._history = history
        self._place = root / WORKING
        self._committer = Committer(root, self._place, history)
        self._lock = Lock(self._place, patience)
        self._subscribers: list[Callable[[Generation], None]] = []
        self._service: tuple[Generation, Look] | None = None
        self._rejected: tuple[Look, DataError] | None = None

    @property
    def generation(self) -> Generation:
        """The generation in service.

        Raises:
            RuntimeError: The repository has not been opened.
        """
        return self._in_service[0]

    def open(self, progress: Progress = gate.silent) -> Generation:
        """Put right what a crash has left, and put what is on disk into service.

        Args:
            progress: Is told of each stage of building.

        Raises:
            DataError: The gate does not let the dataset pass.
            BuildError: The generation cannot be written or opened.
            StorageError: The dataset's folder cannot be written.
            Busy: Another process was changing it for too long.
        """
        with self._held():
            swept = files.sweep(self.root)
            if swept:
                self._say(f"{swept} unfinished files of an interrupted change were removed")
            while True:
                look = looking.look(self.root)
                built = gate.build(self.root, self._directory, progress)
                # Somebody may have written files while they were read.
                if looking.look(self.root).marks == look.marks:
                    break
            self._service = (built, look)
        return built

    def refresh(self, progress: Progress = gate.silent) -> Generation:
        """Put files that were written by hand through the gate and into service.

        Args:
            progress: Is told of each stage of the gate.

        Returns:
            The generation in service, which is the same as before if no file differs.

        Raises:
            DataError: The gate does not let them pass; what was in service stays.
            BuildError: The generation cannot be written or opened.
            StorageError: The dataset's folder cannot be written.
            Busy: A change was being made for too long.
        """
        with self._held():
            self._catch_up(progress)
            return self.generation

    @property
    def rejected(self) -> DataError | None:
        """Why files that were written by hand are not in service; None if none is known."""
        return None if self._rejected is None else self._rejected[1]

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend a session: as long as it lasts, nobody else changes anything by a repository.

        Raises:
            Conflict: Files were written by hand, and the gate does not let them pass.
            BuildError: The generation cannot be written or opened.
            StorageError: The dataset's folder cannot be written.
            Busy: Another change was being made for too long.
        """
        with self._held():
            try:
                self._catch_up(gate.silent)
            except DataError as fault:
                raise _conflict(self.root, fault) from fault
            session = Session(self)
            try:
                yield session
            finally:
                session.is_open = False

    @contextmanager
    def quiet(self) -> Iterator[Committer]:
        """Let nobody change files by a repository, with what a crash has left put right.

        What is lent writes files as they are, past the gate; for backups, which are as good as
        what they are of.  The repository need not be open, and has to be opened afterwards.

        Raises:
            StorageError: The dataset's folder cannot be written.
            Busy: A change was being made for too long.
        """
        with self._held():
            yield self._committer

    def subscribe(self, told: Callable[[Generation], None]) -> None:
        """Have somebody told of each generation that is put into service from now on.

        Args:
            told: Is told, before the change is acknowledged.
        """
        self._subscribers.append(told)

    def change(
        self, edits: Sequence[Edit], author: Author, message: str, *, dry_run: bool
    ) -> Outcome:
        """Change files; for :meth:`Session.change`, which holds the lock."""
        base, look = self._in_service
        replacements = tidying.tidy(self.root, edits)
        changed = [replacement.edit for replacement in replacements]
        if self._history is not None and not dry_run:
            self._history.check([edit.name for edit in changed])
        with (
            _told(),
            gate.propose(base, self.root, changed, self._directory) as candidate,
        ):
            commit = None
            if candidate.digest != base.digest and not dry_run:
                published, commit = self._committer.commit(
                    replacements,
                    author,
                    message,
                    before=base.digest,
                    after=candidate.digest,
                    publish=candidate.publish,
                )
                names = [edit.name for edit in changed]
                self._serve(published, look.with_written(self.root, names))
            return Outcome(
                before=base.digest,
                after=candidate.digest,
                report=candidate.report,
                gained=candidate.gained,
                lost=candidate.lost,
                files=tuple(edit.name for edit in changed),
                commit=commit,
            )

    @property
    def _in_service(self) -> tuple[Generation, Look]:
        if self._service is None:
            raise RuntimeError("the repository has not been opened")
        return self._service

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the lock, with what a crash has left behind put right."""
        with contextlib.ExitStack() as stack:
            with _told():
                self._prepare()
                stack.enter_context(self._lock.held())
                done = self._committer.recover()
                if done:
                    self._say(done)
            yield

    def _prepare(self) -> None:
        """Make the folder to work in."""
        ignored = self._place / ".gitignore"
        if not ignored.exists():
            files.make_folder(self._place)
            ignored.write_text("*\n", encoding="ascii")

    def _catch_up(self, progress: Progress) -> None:
        """Put what others wrote through the gate and into service.

        Raises:
            DataError: The gate does not let it pass.
        """
        base, before = self._in_service
        with _told():
            now = looking.look(self.root)
            names = before.differing(now)
            edits = self._written_by_hand(base, sorted(names)) if names else []
        if not edits:
            self._service = (base, now)
            self._rejected = None
            return
        if self._rejected is not None and self._rejected[0] == now and not now.recent:
            raise self._rejected[1]
        try:
            with (
                _told(),
                gate.propose(base, self.root, edits, self._directory, progress) as candidate,
            ):
                built = candidate.publish()
        except DataError as fault:
            self._rejected = (now, fault)
            raise
        self._serve(built, now)

    def _written_by_hand(self, base: Generation, names: Sequence[str]) -> list[Edit]:
        """Return how files differ from those in service, as far as they do."""
        known = {
            entry["file"]: entry["sha256"]
            for entry in base.manifest["graphs"].values()
            if entry["file"] is not None
        }
        edits = []
        for name in names:
            content = files.read(self.root, name)
            if (None if content is None else files.digest(content)) != known.get(name):
                edits.append(Edit(name, content))
        return edits

    def _serve(self, generation: Generation, look: Look) -> None:
        """Put a generation into service."""
        self._service = (generation, look)
        self._rejected = None
        for told in self._subscribers:
            told(generation)

    def _say(self, sentence: str) -> None:
        """Say what was put right: to whoever opens it, or later in the log."""
        self.recovered = (*self.recovered, sentence)
        if self._service is not None:
            _LOGGER.warning("%s", sentence)


class Session:
    """The right to change a dataset, as long as it is lent.

    Args:
        repository: The repository, whose lock is held.

    Attributes:
        is_open: Whether the lock is still held.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.is_open = True

    @property
    def generation(self) -> Generation:
        """The generation in service, to which the files on disk belong."""
        return self._repository.generation

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None if there is none.

        Args:
            name: The file, relative to the dataset's root.

        Raises:
            NoSourceFile: No file of a dataset can have that name.
            StorageError: It cannot be read.
        """
        return files.read(self._repository.root, name)

    def change(
        self, edits: Sequence[Edit], author: Author, message: str = "", *, dry_run: bool = False
    ) -> Outcome:
        """Change files: all of them or, if anything is wrong, none.

        The new content is brought into the one layout; a file keeps the comment at its head unless
        the content has one.

        Args:
            edits: The files, with their new content.
            author: Who makes the change.
            message: What it is for, as git is told.
            dry_run: Only say what would come of it.

        Raises:
            DataError: The gate does not let the dataset pass as it would be.
            NoSourceFile: An edit is about what cannot be a file of a dataset.
            Conflict: A file was written by hand at the same time.
            StorageError: The change cannot be brought to disk.
            RuntimeError: The session is over.
        """
        if not self.is_open:
            raise RuntimeError("the session is over")
        return self._repository.change(edits, author, message, dry_run=dry_run)


def mend(root: Path) -> tuple[str, ...]:
    """Complete or take back the change that a crash has left half done, if there is one.

    For whoever is about to read a dataset's files as they are.

    Args:
        root: The dataset's folder.

    Returns:
        What was done, in sentences without full stops.

    Raises:
        StorageError: The files cannot be written.
        Busy: A change was being made for too long.
    """
    if not Journal(root / WORKING).is_pending:
        return ()
    repository = Repository(root, root / WORKING)
    with repository.quiet():
        return repository.recovered


def _conflict(root: Path, fault: DataError) -> Conflict:
    """Return why nothing can be changed as long as files on disk are at fault."""
    findings = gate.findings_of(fault)
    first = next((each for each in findings if each.severity == "violation"), findings[0])
    file = first.file
    if file is not None and file.is_relative_to(root):
        file = file.relative_to(root)
    place = ":".join(str(part) for part in (file, first.line) if part is not None)
    where = f"{place}: " if place else ""
    return Conflict(
        f"a file was changed by hand, and the gate does not let it pass: {where}{first.message}",
        "correct the file or restore it, then try again",
    )


@contextmanager
def _told() -> Iterator[None]:
    """Tell an error of the operating system as the fault it is.

    Raises:
        StorageError: There was one.
    """
    try:
        yield
    except OSError as error:
        raise files.storage_fault(error) from error
    except BuildError as fault:
        if isinstance(fault.__cause__, OSError):
            raise files.storage_fault(fault.__cause__) from fault
        raise
