"""Making a backup."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from communique import durable, gate, sources
from communique.backup import archive
from communique.backup.archive import DATASET, GENERATION, Contents, Member
from communique.errors import CallError
from communique.gate.findings import Clock, silent
from communique.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from communique.gate.findings import Progress
    from communique.store.generation import Generation

QUERIES: Final = "tests/competency"
"""The folder of the sample queries, which belong to a dataset."""
_ADVICE: Final = "name another file, or say --force to replace it"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made.

    Attributes:
        path: The archive.
        sha256: The SHA-256 of the archive.
        size: Its bytes.
        contents: What is in it.
    """

    path: Path
    sha256: str
    size: int
    contents: Contents


def save(  # noqa: PLR0913 - what of, where to, and how
    root: Path,
    path: Path,
    directory: Path,
    progress: Progress = silent,
    *,
    with_generation: bool = False,
    replace: bool = False,
) -> Backup:
    """Make a backup of a dataset, which appears whole and proven or not at all.

    While the files are read, nobody else changes them by a repository, a running server included.

    Args:
        root: The dataset's folder.
        path: The archive to write.
        directory: Where generations are kept.
        progress: Is told of each stage.
        with_generation: Whether the built dataset is put in as well; it is built if need be.
        replace: Whether an archive that is there may be replaced.

    Raises:
        CallError: There is such a file already.
        UnusableArchive: A file was changed by hand while it was read.
        StorageError: The dataset's folder cannot be written, so that others cannot be kept out.
        Busy: Another process was changing the dataset for too long.
        DataError: The built dataset is wanted, and the gate does not let the dataset pass.
        OSError: The archive cannot be written.
    """
    if path.exists() and not replace:
        raise CallError(f"{path} is there already", _ADVICE)
    clock = Clock(progress)
    target = path.resolve()
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with Repository(root, directory).quiet():
            generation = gate.build(root, directory, progress) if with_generation else None
            with clock.stage("list") as detail:
                contents, places = _list(root, generation)
                detail.append(f"{len(contents.members):,} files, {contents.size:,} bytes")
            with clock.stage("write"), part.open("xb") as output:
                archive.write(contents, places.__getitem__, output, partial(_tell, progress))
                output.flush()
                os.fsync(output.fileno())
        with clock.stage("verify") as detail:
            # What is on the disk has to prove itself, not what was meant to be there.
            archive.read(part, lambda _contents: lambda _member: None)
            with part.open("rb") as file:
                size, sha256 = archive.digest_of(file)
            detail.append(f"{size:,} bytes")
        part.replace(target)
        durable.sync(target.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return Backup(path, sha256, size, contents)


def belonging(root: Path) -> Iterator[str]:
    """Yield the names of the files that belong to a dataset, in order.

    These are its Turtle, and what else lies in the same folders, such as the ontology's catalog;
    and its sample queries.  Hidden files are passed over.

    Args:
        root: The dataset's folder.
    """
    for folder in sorted([*(kind.value for kind in sources.Kind), QUERIES]):
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root)
            if path.is_file() and not any(part.startswith(".") for part in name.parts):
                yield name.as_posix()


def _list(root: Path, generation: Generation | None) -> tuple[Contents, dict[str, Path]]:
    """List what belongs into the archive, and where it is."""
    places = {f"{DATASET}/{name}": root / name for name in belonging(root)}
    if generation is not None:
        for path in sorted(generation.path.rglob("*")):
            if path.is_file():
                name = path.relative_to(generation.path).as_posix()
                places[f"{GENERATION}/{name}"] = path
    members = []
    for name, path in places.items():
        with path.open("rb") as file:
            members.append(Member(name, *archive.digest_of(file)))
    hashed = (
        (name, member.sha256)
        for name, member in Contents("", None, {}, tuple(members)).files(DATASET).items()
        if is_source(name)
    )
    contents = Contents(
        dataset=sources.digest_of(hashed),
        generation=generation.digest if generation else None,
        versions=sources.versions(),
        members=tuple(members),
    )
    return contents, places


def is_source(name: str) -> bool:
    """Tell whether a file is one of those that make up what a dataset says.

    Args:
        name: Its name, relative to the dataset's folder.
    """
    return name.endswith(".ttl") and name.partition("/")[0] in list(sources.Kind)


def _tell(progress: Progress, member: Member) -> None:
    progress(gate.Stage(f"write {member.name}"))
