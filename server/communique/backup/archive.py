"""The format of a backup: written so that nothing of it depends on time or place, read with care.

Of what an archive says nothing is believed that it does not prove: each member has to be listed,
once, in order, with the size and the SHA-256 that it has.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import zlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from communique.errors import UnusableArchive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import IO

FORMAT: Final = 1
LIST: Final = "communique-backup.json"
"""The member that lists the others."""
DATASET: Final = "dataset"
"""The folder of the dataset's files in the archive."""
GENERATION: Final = "generation"
"""The folder of the built dataset's files in the archive."""

_LONGEST: Final = 256 * 1024**2
"""Bytes that a list may have: it is read whole."""
_PART: Final = 1024**2


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a backup.

    Attributes:
        name: Its name in the archive, with forward slashes.
        size: Its bytes.
        sha256: Their SHA-256, in hexadecimal.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup says of itself.

    Attributes:
        dataset: The digest of the dataset.
        generation: The digest of the built dataset that is in it; None if none is.
        versions: The versions of the program and its engines, which count into the digests.
        members: The files.
    """

    dataset: str
    generation: str | None
    versions: dict[str, str]
    members: tuple[Member, ...]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(member.size for member in self.members)

    def files(self, folder: str) -> dict[str, Member]:
        """Return the files of a folder by their names below it.

        Args:
            folder: :data:`DATASET` or :data:`GENERATION`.
        """
        start = f"{folder}/"
        return {
            member.name.removeprefix(start): member
            for member in self.members
            if member.name.startswith(start)
        }


def digest_of(file: IO[bytes]) -> tuple[int, str]:
    """Return the size and the SHA-256 of a file.

    Args:
        file: The file, open at its beginning.
    """
    size, whole = 0, hashlib.sha256()
    while part := file.read(_PART):
        size += len(part)
        whole.update(part)
    return size, whole.hexdigest()


def write(
    contents: Contents,
    locate: Callable[[str], Path],
    output: IO[bytes],
    told: Callable[[Member], None],
) -> None:
    """Write an archive.

    Args:
        contents: What it is to say of itself.
        locate: Says where the file is that a member is made of.
        output: Where to.
        told: Is told of each member that is written.

    Raises:
        UnusableArchive: A file is no longer what the contents say.
        OSError: A file cannot be read, or the archive not be written.
    """
    text = json.dumps({"format": FORMAT, **asdict(contents)}, indent=1, ensure_ascii=False)
    head = (text + "\n").encode()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=output, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        _add(archive, Member(LIST, len(head), hashlib.sha256(head).hexdigest()), _Bytes(head))
        for member in contents.members:
            path = locate(member.name)
            with path.open("rb") as file:
                hashed = _Hashed(file)
                try:
                    _add(archive, member, hashed)
                except OSError as error:
                    if error.errno is not None:
                        raise
                    raise _changed(path) from error  # tarfile's: the file is too short
                if hashed.sha256 != member.sha256 or file.read(1):
                    raise _changed(path)
            told(member)


def read(path: Path, place: Callable[[Contents], Callable[[Member], Path | None]]) -> Contents:
    """Read an archive, and prove it.

    Args:
        path: The archive.
        place: Is given the contents before anything else is read; returns what says where to put
            each member, None to look at it only.

    Raises:
        UnusableArchive: It is no backup, or not whole, or not what it was.
        OSError: It cannot be read, or a member not be written.
    """
    with (
        _proving(path),
        path.open("rb") as raw,
        gzip.GzipFile(fileobj=raw, mode="rb") as packed,
    ):
        with tarfile.open(fileobj=packed, mode="r|") as archive:
            members = iter(archive)
            contents = _head(path, archive, next(members, None))
            target = place(contents)
            for expected in contents.members:
                found = next(members, None)
                if found is None:
                    raise _fault(path, f"{expected.name} is missing")
                _check(path, found, expected)
                _extract(path, archive, found, expected, target(expected))
            surplus = next(members, None)
            if surplus is not None:
                raise _fault(path, f"it has a file that it does not list: {surplus.name}")
        # To the end, where gzip's own checksum is.
        while rest := packed.read(_PART):
            if rest.strip(b"\0"):
                raise _fault(path, "something follows its end")
    return contents


class _Bytes:
    """Bytes to be read like a file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, size: int) -> bytes:
        """Return the next bytes.

        Args:
            size: How many.
        """
        part, self._content = self._content[:size], self._content[size:]
        return part


class _Hashed:
    """A file that hashes what is read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._whole = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The SHA-256 of what has been read."""
        return self._whole.hexdigest()

    def read(self, size: int) -> bytes:
        """Return the next bytes.

        Args:
            size: How many.
        """
        part = self._file.read(size)
        self._whole.update(part)
        return part


def _add(archive: tarfile.TarFile, member: Member, file: Any) -> None:  # noqa: ANN401 - what tarfile reads
    info = tarfile.TarInfo(member.name)  # time, owner and rights are the same for all
    info.size = member.size
    archive.addfile(info, file)


def _head(path: Path, archive: tarfile.TarFile, first: tarfile.TarInfo | None) -> Contents:
    """Read the list of members."""
    if first is None or first.name != LIST or not first.isreg() or first.size > _LONGEST:
        raise _fault(path, f"it does not begin with {LIST}")
    file = archive.extractfile(first)
    try:
        structure = json.loads(file.read() if file else b"")
        if structure.pop("format") != FORMAT:
            raise _fault(path, "it was made by a newer version of this program")
        members = tuple(Member(**member) for member in structure.pop("members"))
        contents = Contents(**structure, members=members)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _fault(path, f"its {LIST} makes no sense: {error!r}") from error
    names = [member.name for member in members]
    strange = next((name for name in names if not _is_plain(name)), None)
    if strange is not None:
        raise _fault(path, f"it has a file that may lie anywhere: {strange!r}")
    if len(set(names)) < len(names):
        raise _fault(path, "it lists a file twice")
    return contents


def _is_plain(name: object) -> bool:
    """Tell whether a name is one of a file below the folders that a backup has."""
    if not isinstance(name, str) or "\\" in name or "\0" in name:
        return False
    folder, *parts = name.split("/")
    return folder in {DATASET, GENERATION} and bool(parts) and not {"", ".", ".."} & set(parts)


def _check(path: Path, found: tarfile.TarInfo, expected: Member) -> None:
    if not found.isreg():
        raise _fault(path, f"{found.name} is no file")
    if found.name != expected.name:
        raise _fault(path, f"{found.name} is where {expected.name} should be")
    if found.size != expected.size:
        raise _fault(path, f"{found.name} has {found.size} bytes, and should have {expected.size}")


def _extract(
    path: Path,
    archive: tarfile.TarFile,
    found: tarfile.TarInfo,
    expected: Member,
    target: Path | None,
) -> None:
    file = archive.extractfile(found)
    if file is None:
        raise _fault(path, f"{found.name} is no file")
    whole = _Hashed(file)
    if target is None:
        while whole.read(_PART):
            pass
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as output:
            while part := whole.read(_PART):
                output.write(part)
    if whole.sha256 != expected.sha256:
        raise _fault(path, f"{found.name} is not what it was: its SHA-256 is another")


@contextmanager
def _proving(path: Path) -> Iterator[None]:
    """Tell what the libraries find wrong with an archive as the fault it is.

    Raises:
        UnusableArchive: They found something.
    """
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise _fault(path, f"it cannot be read to its end: {error}") from error
    except gzip.BadGzipFile as error:
        raise _fault(path, f"it is not compressed by gzip, or damaged: {error}") from error


def _fault(path: Path, reason: str) -> UnusableArchive:
    return UnusableArchive(
        f"{path} is no whole backup: {reason}", "take another copy of it; nothing was changed"
    )


def _changed(path: Path) -> UnusableArchive:
    return UnusableArchive(
        f"{path} was changed while it was read", "wait until nobody edits it, and try again"
    )
