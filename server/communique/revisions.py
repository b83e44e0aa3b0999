"""Which generation is meant: by a dataset's folder, by a digest, or by a revision in git."""

from __future__ import annotations

import io
import re
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from communique import gate, sources
from communique.errors import (
    CallError,
    DataError,
    DatasetNotFound,
    GitFailure,
    UnusableVersion,
)
from communique.repository.git import Git
from communique.sources import Kind
from communique.store import generation, keeping

if TYPE_CHECKING:
    from communique.gate import Finding, Progress
    from communique.store.generation import Generation

_PREFIX: Final = re.compile(r"[0-9a-f]{4,64}")
"""What may be meant as the beginning of a digest."""


def find(name: str, root: Path, directory: Path, progress: Progress = gate.silent) -> Generation:
    """Open the generation that a name means, building it if need be.

    Args:
        name: A dataset's folder; or else the digest of a kept generation, or the beginning of one;
            or else a revision of the repository that the dataset lies in.
        root: The dataset's folder, for revisions.
        directory: Where generations are kept.
        progress: Is told of each stage of building.

    Raises:
        CallError: The name means nothing, or several generations.
        UnusableVersion: The gate does not let pass what it means.
    """
    try:
        folder = sources.find_root(Path(name))
    except DatasetNotFound as fault:
        no_dataset = fault
    else:
        return _build(name, folder, "", directory, progress)
    if _PREFIX.fullmatch(name):
        found = keeping.digests(directory, name)
        if len(found) > 1:
            message = f"{len(found)} kept generations begin with {name}"
            raise CallError(message, "give more of the digest; communique generations lists them")
        if found:
            return generation.open_generation(directory / found[0])
    git = Git(root)
    commit = git.commit_of(name)
    if commit is not None:
        with tempfile.TemporaryDirectory(prefix="communique-") as temporary:
            place = Path(temporary).resolve()
            _extract(git, name, commit, place)
            return _build(name, place, f"{name}:", directory, progress)
    if Path(name).is_dir():
        raise no_dataset
    raise CallError(
        f"{name} is no dataset's folder, no digest of a kept generation, and no git revision "
        f"of {root}",
        "communique generations lists the digests",
    )


def _build(name: str, folder: Path, label: str, directory: Path, progress: Progress) -> Generation:
    """Build the generation of a folder, if need be.

    Args:
        name: What it is called in the call.
        folder: The dataset's folder.
        label: What stands for the folder in findings, if that is only temporary.
        directory: Where generations are kept.
        progress: Is told of each stage.

    Raises:
        UnusableVersion: The gate does not let it pass.
    """
    try:
        return gate.build(folder, directory, progress)
    except DataError as fault:
        findings = gate.findings_of(fault)
        if label:
            findings = tuple(_placed(finding, folder, label) for finding in findings)
        raise UnusableVersion(name, findings) from fault


def _placed(finding: Finding, folder: Path, label: str) -> Finding:
    if finding.file is None or not finding.file.is_relative_to(folder):
        return finding
    return replace(finding, file=Path(label + finding.file.relative_to(folder).as_posix()))


def _extract(git: Git, name: str, commit: str, place: Path) -> None:
    """Write the dataset's files, as they are in a commit, to a folder.

    Raises:
        CallError: The commit has no dataset there.
    """
    folders = [kind.value for kind in Kind]
    try:
        packed = git.run("archive", "--format=tar", commit, "--", *folders)
    except GitFailure as fault:
        message = f"{name} has no dataset at {git.root}: {fault.message}"
        raise CallError(message, "choose a revision in which it has all of its folders") from fault
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None and member.name.endswith(".ttl"):
                target = place / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())
