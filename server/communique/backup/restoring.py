"""Restoring a backup: all is proven before anything is touched."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from communique import durable, gate, sources
from communique.backup import archive
from communique.backup.archive import DATASET, GENERATION
from communique.backup.saving import is_source
from communique.edits import Author, Edit
from communique.errors import CallError, UnusableArchive
from communique.gate.findings import Clock, silent
from communique.repository import Repository, files
from communique.repository.tidying import Replacement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from communique.backup.archive import Contents, Member
    from communique.gate.findings import Progress

_AUTHOR: Final = Author("communique restore")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored.

    Attributes:
        root: The dataset's folder.
        sha256: The SHA-256 of the archive.
        contents: What was in it.
        digest: The digest that the dataset has here; another one than in the archive if the
            program or its engines have another version.
        generation: Where the built dataset is, where one was in the archive and fits the program.
        removed: The names of the files that were there and are not in the backup.
    """

    root: Path
    sha256: str
    contents: Contents
    digest: str
    generation: Path | None
    removed: tuple[str, ...]


def restore(  # noqa: PLR0913 - what from, where to, and how
    path: Path,
    root: Path,
    directory: Path,
    progress: Progress = silent,
    *,
    sha256: str | None = None,
    replace: bool = False,
) -> Restored:
    """Restore a dataset, byte for byte.

    A new or empty folder appears in one step.  In one that holds a dataset, all files change or
    none, as by any change of a repository; what is not of the dataset stays.

    Args:
        path: The archive.
        root: The folder to restore to.
        directory: Where generations are kept.
        progress: Is told of each stage.
        sha256: The SHA-256 that the archive must have, if it is known.
        replace: Whether a dataset that is there may be replaced.

    Raises:
        CallError: The folder holds a dataset that may not be replaced, or something else.
        UnusableArchive: The archive is no backup, not whole, or not what it was.
        StorageError: The files cannot be written.
        Busy: Another process was changing the dataset for too long.
        OSError: The archive cannot be read, or the folder not be written.
    """
    clock = Clock(progress)
    is_new = files.is_vacant(root)
    if not is_new and not replace:
        message = f"{root} holds a dataset"
        raise CallError(message, "name another folder, or say --force to replace the dataset")
    root = root.resolve()
    root.parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f".{root.name}.restoring-", dir=root.parent))
    try:
        with clock.stage("verify") as detail:
            found = _digest(path)
            if sha256 is not None and found != sha256.lower():
                message = f"the SHA-256 of {path} is {found}, and should be {sha256}"
                raise UnusableArchive(message, "take another copy of it; nothing was changed")
            contents = archive.read(path, partial(_places, path, place, progress))
            detail.append(f"{len(contents.members):,} files, {contents.size:,} bytes")
        with clock.stage("write") as detail:
            if is_new:
                removed: tuple[str, ...] = ()
                files.appear(place / DATASET, root)
            else:
                removed = _replace(place / DATASET, root, directory, contents)
                detail.append(f"{len(removed)} files removed")
        digest = sources.discover(root).digest
        kept = (
            _keep(place / GENERATION, directory, contents)
            if digest == contents.generation
            else None
        )
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return Restored(root, found, contents, digest, kept, removed)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return archive.digest_of(file)[1]


def _places(
    path: Path, place: Path, progress: Progress, contents: Contents
) -> Callable[[Member], Path]:
    """Return what says where to put the files, unless there is no dataset among them.

    Raises:
        UnusableArchive: There is none.
    """
    if not any(map(is_source, contents.files(DATASET))):
        message = f"{path} holds no dataset: there is no Turtle in it"
        raise UnusableArchive(message, "take another backup; nothing was changed")
    for kind in sources.Kind:
        (place / DATASET / kind).mkdir(parents=True)

    def put(member: Member) -> Path:
        progress(gate.Stage(f"verify {member.name}"))
        return place / member.name

    return put


def _replace(place: Path, root: Path, directory: Path, contents: Contents) -> tuple[str, ...]:
    """Replace the files of a dataset, and return the names of those that are removed."""
    wanted = contents.files(DATASET)
    with Repository(root, directory).quiet() as committer:
        known = sources.discover(root)
        replacements = list(_replacements(place, known, wanted))
        if replacements:
            committer.commit(
                replacements,
                _AUTHOR,
                "",
                before=known.digest,
                after=contents.dataset,
                publish=lambda: None,
            )
        for name in wanted:
            if not is_source(name):
                _write(place / name, root / name)
    return tuple(each.edit.name for each in replacements if each.edit.content is None)


def _replacements(
    place: Path, known: sources.Sources, wanted: dict[str, Member]
) -> Iterator[Replacement]:
    """Yield what has to become of the Turtle files of a dataset."""
    held = {file.name: file for file in known.files}
    for name in sorted(held.keys() | {name for name in wanted if is_source(name)}):
        before = held[name].read() if name in held else None
        after = (place / name).read_bytes() if name in wanted else None
        if before != after:
            yield Replacement(Edit(name, after), before)


def _write(source: Path, target: Path) -> None:
    """Have a file take its place in one step."""
    content = source.read_bytes()
    if target.is_file() and target.read_bytes() == content:
        return
    files.make_folder(target.parent)
    new = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    files.write_durably(new, content)
    new.replace(target)
    durable.sync(target.parent)


def _keep(place: Path, directory: Path, contents: Contents) -> Path | None:
    """Put a built dataset where generations are kept, unless it is there already."""
    if contents.generation is None:
        return None
    target = directory / contents.generation
    if not target.is_dir():
        directory.mkdir(parents=True, exist_ok=True)
        near = Path(tempfile.mkdtemp(prefix=".building-", dir=directory))
        try:
            shutil.copytree(place, near / "whole")
            files.appear(near / "whole", target)
        finally:
            shutil.rmtree(near, ignore_errors=True)
    return target
