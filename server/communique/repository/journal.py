"""What a change is about to do, written down before it does it, so that a crash need not end it.

The journal is one file in the repository's working folder.  While it is called ``forward.json``,
whoever finds it completes the change; once it is called ``back.json``, whoever finds it takes the
change back.  It appears whole, and it goes only when the change is complete or taken back.  While
it is written it is called ``unfinished.json``, and nothing has been done of what it says.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from communique import durable
from communique.edits import Author
from communique.errors import StorageError
from communique.repository import files
from communique.repository.files import Step

if TYPE_CHECKING:
    from pathlib import Path

_FORWARD: Final = "forward.json"
_BACK: Final = "back.json"
_UNFINISHED: Final = "unfinished.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """A change.

    Attributes:
        steps: The files that change.
        author: Who makes it.
        message: What it is for.
        before: The digest of the version before.
        after: The digest of the version after.
        is_for_git: Whether git is to take note of it.
    """

    steps: tuple[Step, ...]
    author: Author
    message: str
    before: str
    after: str
    is_for_git: bool


class Journal:
    """The journal of a repository.

    Args:
        place: The folder of the repository's working data.
    """

    def __init__(self, place: Path) -> None:
        self._place = place

    @property
    def is_pending(self) -> bool:
        """Whether a crash has left a change behind."""
        return (self._place / _FORWARD).exists() or (self._place / _BACK).exists()

    def write(self, entry: Entry) -> None:
        """Write down a change; from now on it will be completed.

        Args:
            entry: The change.

        Raises:
            OSError: It cannot be written.
        """
        unfinished = self._place / _UNFINISHED
        self.discard()
        text = json.dumps(asdict(entry), indent=1, ensure_ascii=False)
        try:
            files.write_durably(unfinished, text.encode())
            unfinished.rename(self._place / _FORWARD)
        except OSError:
            with contextlib.suppress(OSError):
                self.discard()
            raise
        durable.sync(self._place)

    def discard(self) -> None:
        """Remove what was being written of a change that was never begun.

        Raises:
            OSError: It cannot be removed.
        """
        (self._place / _UNFINISHED).unlink(missing_ok=True)

    def turn(self) -> None:
        """Note that the change is to be taken back.

        Raises:
            OSError: That cannot be noted.
        """
        with contextlib.suppress(FileNotFoundError):
            (self._place / _FORWARD).replace(self._place / _BACK)
            durable.sync(self._place)

    def read(self) -> tuple[Entry, bool] | None:
        """Return the change that a crash has left behind, and whether it is to be taken back.

        Raises:
            OSError: The disk is at fault.
            StorageError: It says nothing that makes sense.
        """
        for name, is_back in ((_BACK, True), (_FORWARD, False)):
            try:
                text = (self._place / name).read_text(encoding="utf-8")
            except FileNotFoundError:
                continue
            try:
                return _decode(json.loads(text)), is_back
            except (ValueError, KeyError, TypeError) as error:
                message = f"the journal {self._place / name} cannot be read: {error!r}"
                advice = "see whether the files are as they should be, and remove it"
                raise StorageError(message, advice) from error
        return None

    def clear(self) -> None:
        """Forget the change, which is complete or taken back.

        Raises:
            OSError: The journal cannot be removed.
        """
        for name in (_FORWARD, _BACK):
            (self._place / name).unlink(missing_ok=True)
        durable.sync(self._place)


def _decode(structure: Any) -> Entry:  # noqa: ANN401 - JSON of our own
    return Entry(
        steps=tuple(Step(**step) for step in structure["steps"]),
        author=Author(**structure["author"]),
        message=structure["message"],
        before=structure["before"],
        after=structure["after"],
        is_for_git=structure["is_for_git"],
    )
