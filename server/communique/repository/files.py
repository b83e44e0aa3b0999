"""Files written so that a crash leaves the old or the new ones, and a fault leaves the old ones.

New content is first brought to disk beside its place, and what it replaces gets a second name
there; only then the places change hands, each in one step.  So whatever can be wrong with the disk
shows before anything has changed, and going back needs no space.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from communique import durable, sources
from communique.errors import (
    CallError,
    Conflict,
    DatasetNotFound,
    NoSourceFile,
    StorageError,
    StorageFull,
)
from communique.sources import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from communique.edits import Edit

_NEW: Final = ".communique-new"
"""Ends the names of new content on its way."""
_OLD: Final = ".communique-old"
"""Ends the second names of what is replaced."""
_LONGEST: Final = 200
"""Bytes of a name; file systems take 255, and names on the way are longer."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_UNLINKABLE: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EXDEV})
"""What ``link`` says where the file system has no second names, or this file may have none."""


@dataclass(frozen=True, slots=True)
class Step:
    """A file that changes.

    Attributes:
        name: The file, relative to the dataset's root.
        new: The name, in the same folder, of its new content; None if it is removed.
        old: The second name of the file as it was; None if there was none.
        before: The SHA-256 of its old content; None if there was none.
        after: The SHA-256 of its new content; None if it is removed.
    """

    name: str
    new: str | None
    old: str | None
    before: str | None
    after: str | None


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal.

    Args:
        content: The content.
    """
    return hashlib.sha256(content).hexdigest()


def place_of(root: Path, name: str) -> Path:
    """Return where a file of a dataset is, or would be.

    Args:
        root: The dataset's folder.
        name: The file's name, relative to it.

    Raises:
        NoSourceFile: No file of a dataset can have that name.
    """
    path = sources.place(root, name).path
    parts = name.split("/")
    if not name.isprintable() or any(len(part.encode()) > _LONGEST for part in parts):
        message = f"{name!r} is no name for a file, or too long a one"
        raise NoSourceFile(message, f"name it in printable characters, at most {_LONGEST} bytes")
    if path.resolve() != root.resolve().joinpath(*parts):
        message = f"{name} lies behind a symbolic link"
        raise NoSourceFile(message, "change the file that the link points at, or remove the link")
    return path


def read(root: Path, name: str) -> bytes | None:
    """Return the content of a file, or None if there is none.

    Args:
        root: The dataset's folder.
        name: The file's name, relative to it.

    Raises:
        NoSourceFile: No file of a dataset can have that name.
        StorageError: It cannot be read.
    """
    path = place_of(root, name)
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise storage_fault(error) from error


def storage_fault(error: OSError) -> StorageError:
    """Return the fault that an error of the operating system stands for.

    Args:
        error: The error.
    """
    place = f" to {error.filename}" if error.filename else ""
    reason = error.strerror or str(error)
    # The store's engine gives no number, only the words for it.
    if error.errno in _FULL or any(os.strerror(number) in reason for number in _FULL):
        return StorageFull(f"nothing was changed: cannot write{place}: {reason}", "free space")
    return StorageError(
        f"nothing was changed: cannot write{place}: {reason}",
        "see who may write there, and whether it is there at all",
    )


def stage(root: Path, edits: Sequence[Edit], before: Sequence[bytes | None]) -> tuple[Step, ...]:
    """Bring new content to disk beside its place, and give what it replaces second names.

    Args:
        root: The dataset's folder.
        edits: The files that change.
        before: What each is known to hold.

    Raises:
        OSError: That cannot be done; nothing is left of it.
        Conflict: A file no longer holds what it is known to; nothing is left of it.
    """
    steps: list[Step] = []
    try:
        for edit, known in zip(edits, before, strict=True):
            place = place_of(root, edit.name)
            token = f".{place.name}.{secrets.token_hex(4)}"
            step = Step(
                name=edit.name,
                new=None if edit.content is None else token + _NEW,
                old=None if known is None else token + _OLD,
                before=None if known is None else digest(known),
                after=None if edit.content is None else digest(edit.content),
            )
            steps.append(step)
            if edit.content is not None and step.new is not None:
                _write(place, place.with_name(step.new), edit.content)
            if step.old is not None:
                _name_again(place, place.with_name(step.old))
            _check(place, step, known)
    except BaseException:
        settle(root, steps)
        raise
    return tuple(steps)


def apply(root: Path, steps: Sequence[Step]) -> None:
    """Have the new content take its place, as far as it has not done so, and bring that to disk.

    Args:
        root: The dataset's folder.
        steps: The files that change.

    Raises:
        OSError: That cannot be done; :func:`take_back` undoes what has been.
    """
    for step in steps:
        place = root / step.name
        if step.new is None:
            place.unlink(missing_ok=True)
        else:
            with contextlib.suppress(FileNotFoundError):
                place.with_name(step.new).replace(place)
    _sync_folders(root, steps)


def take_back(root: Path, steps: Sequence[Step]) -> None:
    """Have the old content take its place again, where it has lost it, and bring that to disk.

    Args:
        root: The dataset's folder.
        steps: The files that were to change.

    Raises:
        OSError: That cannot be done.
    """
    for step in steps:
        place = root / step.name
        if now(root, step) == step.before:
            continue
        if step.old is None:
            place.unlink(missing_ok=True)
        else:
            with contextlib.suppress(FileNotFoundError):
                place.with_name(step.old).replace(place)
    _sync_folders(root, steps)


def settle(root: Path, steps: Sequence[Step]) -> None:
    """Remove what is left of a change beside its files, as far as that can be removed.

    Args:
        root: The dataset's folder.
        steps: The files that changed, or were to change.
    """
    for step in steps:
        for name in (step.new, step.old):
            if name is not None:
                with contextlib.suppress(OSError):
                    (root / step.name).with_name(name).unlink(missing_ok=True)


def now(root: Path, step: Step) -> str | None:
    """Return the SHA-256 of a file as it is; None if there is none.

    Args:
        root: The dataset's folder.
        step: The file.

    Raises:
        StorageError: It cannot be read.
    """
    content = read(root, step.name)
    return None if content is None else digest(content)


def sweep(root: Path) -> int:
    """Remove what changes that a crash interrupted have left beside their files.

    Args:
        root: The dataset's folder.

    Returns:
        How many files that was.
    """
    count = 0
    for path in _leftovers(root):
        with contextlib.suppress(OSError):
            path.unlink()
            count += 1
    return count


def make_folder(folder: Path) -> None:
    """Make a folder and those it lies in, as far as they are not there, and bring them to disk.

    Args:
        folder: The folder.

    Raises:
        OSError: It cannot be made.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        durable.sync(folder.parent)


def is_vacant(root: Path) -> bool:
    """Tell whether a folder is empty or still to be made, so that it may become a dataset.

    Args:
        root: The folder.

    Raises:
        CallError: It holds something else than a dataset.
    """
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return True
    try:
        sources.find_root(root)
    except DatasetNotFound as fault:
        message = f"{root} holds something that is no dataset"
        raise CallError(message, "name a dataset, or a folder that is empty or new") from fault
    return False


def appear(place: Path, target: Path) -> None:
    """Put a folder in its place in one step, with all that it holds on disk.

    Args:
        place: The folder, beside its place.
        target: Its place, where there is nothing or an empty folder.

    Raises:
        OSError: That cannot be done.
    """
    durable.sync_tree(place)
    place.rename(target)
    durable.sync(target.parent)


def write_durably(path: Path, content: bytes, like: os.stat_result | None = None) -> None:
    """Write a new file, and bring its content to disk; not yet its name.

    Args:
        path: The file, which does not exist.
        content: What it is to hold.
        like: The file that it takes the rights of.

    Raises:
        OSError: It cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        file.write(content)
        if like is not None:
            os.fchmod(file.fileno(), stat.S_IMODE(like.st_mode))
            # Whoever may not give files away is their owner as a rule.
            with contextlib.suppress(PermissionError):
                os.fchown(file.fileno(), like.st_uid, like.st_gid)
        file.flush()
        os.fsync(file.fileno())


def _write(place: Path, new: Path, content: bytes) -> None:
    """Bring new content to disk beside its place."""
    make_folder(place.parent)
    try:
        like = place.stat()
    except FileNotFoundError:
        like = None
    write_durably(new, content, like)


def _name_again(place: Path, old: Path) -> None:
    """Give a file a second name, or copy it where there are no such things."""
    try:
        os.link(place, old)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in _UNLINKABLE:
            raise
        shutil.copy2(place, old)
        durable.sync(old)


def _check(place: Path, step: Step, known: bytes | None) -> None:
    """Make sure that a file still holds what it is known to.

    Raises:
        Conflict: It does not.
    """
    held = place if step.old is None else place.with_name(step.old)
    try:
        now: bytes | None = held.read_bytes()
    except FileNotFoundError:
        now = None
    if now != known:
        message = f"{step.name} was changed by somebody else at the same time"
        raise Conflict(message, "look at what it says now, and make the change again")


def _sync_folders(root: Path, steps: Sequence[Step]) -> None:
    for folder in {(root / step.name).parent for step in steps}:
        if folder.is_dir():
            durable.sync(folder)


def _leftovers(root: Path) -> Iterator[Path]:
    for kind in Kind:
        for folder, _folders, names in os.walk(root / kind):
            for name in names:
                if name.startswith(".") and name.endswith((_NEW, _OLD)):
                    yield Path(folder) / name
