"""Bringing a change to disk, all of it or nothing, whatever happens on the way."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Final, TypeVar

from communique.errors import StorageError
from communique.repository import files
from communique.repository.history import History
from communique.repository.journal import Entry, Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from communique.edits import Author
    from communique.repository.files import Step
    from communique.repository.tidying import Replacement

_Published = TypeVar("_Published")
_LOGGER: Final = logging.getLogger("communique.repository")


class Committer:
    """Writes the files of a dataset; whoever calls it holds the lock.

    Args:
        root: The dataset's folder.
        place: The folder of the repository's working data.
        history: Takes note of changes; None if nothing does.
    """

    def __init__(self, root: Path, place: Path, history: History | None) -> None:
        self._root = root
        self._journal = Journal(place)
        self._history = history

    def commit(  # noqa: PLR0913 - what is changed, by whom, what for, and from what to what
        self,
        replacements: Sequence[Replacement],
        author: Author,
        message: str,
        *,
        before: str,
        after: str,
        publish: Callable[[], _Published],
    ) -> tuple[_Published, str | None]:
        """Bring a change to disk, or leave everything as it was.

        Args:
            replacements: The files that change.
            author: Who makes the change.
            message: What it is for.
            before: The digest of the version before.
            after: The digest of the version after.
            publish: Brings the new generation to disk, once the files are there.

        Returns:
            What was published, and the commit in git, where there is one.

        Raises:
            Conflict: A file was written by hand meanwhile.
            StorageError: The change failed halfway, and could not be taken back.
            OSError: Nothing was changed, because the files cannot be written.
            CommuniqueError: Nothing was changed, because it could not be published or recorded.
        """
        edits = [each.edit for each in replacements]
        steps = files.stage(self._root, edits, [each.before for each in replacements])
        entry = Entry(steps, author, message, before, after, self._history is not None)
        # One file changes in one step, about which there is nothing to write down; but git does.
        is_journalled = len(steps) > 1 or entry.is_for_git
        try:
            if is_journalled:
                self._journal.write(entry)
            files.apply(self._root, steps)
            published = publish()
            commit = _record(self._history, entry)
        except BaseException as fault:
            self._take_back(steps, fault)
            raise
        if is_journalled:
            # If it stays, whoever finds it next completes what is complete.
            with contextlib.suppress(OSError):
                self._journal.clear()
        files.settle(self._root, steps)
        return published, commit

    def recover(self) -> str | None:
        """Complete the change that a crash has left behind, or take it back, if there is one.

        Returns:
            What was done, as a sentence without a full stop; None if there was nothing to do.

        Raises:
            OSError: The files cannot be written.
            StorageError: The journal cannot be read.
            CommuniqueError: It cannot be recorded.
        """
        self._journal.discard()
        pending = self._journal.read()
        if pending is None:
            return None
        entry, is_back = pending
        # What somebody has written since is not ours to write over.
        ours = [each for each in entry.steps if self._now(each) in {each.before, each.after}]
        if is_back:
            files.take_back(self._root, ours)
            left = [each.name for each in entry.steps if self._now(each) != each.before]
        else:
            files.apply(self._root, ours)
            left = [each.name for each in entry.steps if self._now(each) != each.after]
            if entry.is_for_git and not left:
                # Even if whoever recovers it knows nothing of git.
                _record(self._history or History(self._root), entry)
        files.settle(self._root, entry.steps)
        self._journal.clear()
        names = ", ".join(step.name for step in entry.steps)
        done = "taken back" if is_back else "completed"
        but = f", but somebody has written or removed {', '.join(left)} since" if left else ""
        return f"an interrupted change of {names} by {entry.author.name} was {done}{but}"

    def _now(self, step: Step) -> str | None:
        return files.now(self._root, step)

    def _take_back(self, steps: Sequence[Step], fault: BaseException) -> None:
        """Leave everything as it was.

        Raises:
            StorageError: That cannot be done now.
        """
        try:
            self._journal.turn()
            files.take_back(self._root, steps)
            files.settle(self._root, steps)
            self._journal.clear()
        except OSError as error:
            _LOGGER.exception("a change could not be taken back")
            message = f"a change failed halfway ({fault}) and could not be taken back: {error}"
            advice = "see to the disk, then start anew; that puts the files right"
            raise StorageError(message, advice) from error


def _record(history: History | None, entry: Entry) -> str | None:
    """Have git take note of a change, if there is one to take note."""
    if history is None:
        return None
    names = [step.name for step in entry.steps]
    return history.record(names, entry.author, entry.message, entry.before, entry.after)
