"""Where a dataset is, which files make it up, and the digest that names what they say.

A dataset is a folder with ``ontology/``, ``graph/`` and ``shapes/``, each holding Turtle.  The
bundled one lies in ``communique/data`` of an installed wheel, and at the top of a checkout.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from communique import __version__
from communique.errors import DatasetNotFound, NoSourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from communique.edits import Edit

PACKAGE: Final = Path(__file__).resolve().parent

ENGINES: Final = ("owlrl", "pyoxigraph", "pyshacl", "rdflib")
"""The distributions whose behaviour decides what a generation holds."""

BUILD_MODULES: Final = (
    "claims/*.py",
    "dataset.py",
    "gate/*.py",
    "namespaces.py",
    "reasoning/*.py",
    "sources.py",
    "store/changed.py",
    "store/engine.py",
    "store/facts.py",
    "store/generation.py",
    "store/memory.py",
    "store/succession.py",
    "store/terms.py",
    "store/withdrawals.py",
    "turtle/*.py",
    "validation/*.py",
)
"""Our own modules that decide what a generation holds, as patterns relative to the package."""


class Kind(StrEnum):
    """The folder a file belongs to, which decides what it is for."""

    ONTOLOGY = "ontology"
    GRAPH = "graph"
    SHAPES = "shapes"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Turtle file of a dataset.

    Attributes:
        path: Where it is.
        name: Its path relative to the dataset's root, with forward slashes.
        kind: The folder it belongs to.
        content: What it is going to hold, where that is not what lies on disk.
    """

    path: Path
    name: str
    kind: Kind
    content: bytes | None = None

    @property
    def nodes(self) -> str:
        """What the identifiers of its blank nodes begin with, in every part of the program.

        It is made from the name alone, so that the same dataset gives the same identifiers
        wherever and whenever it is read, and no two of its files share one.
        """
        return f"b{hashlib.sha256(self.name.encode()).hexdigest()[:12]}n"

    def read(self) -> bytes:
        """Return what it holds, or is going to hold."""
        return self.path.read_bytes() if self.content is None else self.content


@dataclass(frozen=True)
class Sources:
    """The files of a dataset, in stable order.

    Attributes:
        root: The dataset's folder.
        files: Its Turtle files: ontology, then graph, then shapes, each in order of name.
    """

    root: Path
    files: tuple[SourceFile, ...]

    @cached_property
    def digest(self) -> str:
        """The digest of the files as they are: see :func:`digest_of`."""
        hashed = ((file.name, hashlib.sha256(file.read()).hexdigest()) for file in self.files)
        return digest_of(hashed)


@dataclass(frozen=True, slots=True)
class Example:
    """A sample query that comes with a dataset.

    Attributes:
        name: Its file's name without the ending, such as ``01``.
        question: The question it answers, from its first comment line.
        query: The SPARQL text.
    """

    name: str
    question: str
    query: str


def bundled_root() -> Path:
    """Return the folder of the bundled dataset: in the wheel, or the checkout's top.

    Raises:
        DatasetNotFound: The package holds no data and is no checkout.
    """
    data = PACKAGE / "data"
    return find_root(data if data.is_dir() else PACKAGE.parent.parent)


def find_root(dataset: Path | None = None) -> Path:
    """Return the folder of the dataset asked for, made absolute.

    Args:
        dataset: The folder, or None for the bundled dataset.

    Raises:
        DatasetNotFound: The folder does not exist or is not a dataset.
    """
    if dataset is None:
        return bundled_root()
    root = dataset.resolve()
    if not root.is_dir():
        message = f"there is no folder {dataset}"
        raise DatasetNotFound(message, "give the folder that holds ontology/, graph/ and shapes/")
    missing = [kind.value for kind in Kind if not (root / kind).is_dir()]
    if missing:
        folders = " and ".join(f"{name}/" for name in missing)
        message = f"{dataset} is not a dataset: it has no {folders}"
        raise DatasetNotFound(message, "give the folder that holds ontology/, graph/ and shapes/")
    return root


def discover(root: Path) -> Sources:
    """List the Turtle files of a dataset.

    Hidden files and folders, such as an editor's, are passed over.

    Args:
        root: The dataset's folder, as :func:`find_root` returns it.
    """
    files: list[SourceFile] = []
    for kind in Kind:
        for path in (root / kind).rglob("*.ttl"):
            name = path.relative_to(root)
            if path.is_file() and not any(part.startswith(".") for part in name.parts):
                files.append(SourceFile(path, name.as_posix(), kind))
    return Sources(root, tuple(sorted(files, key=order)))


def place(root: Path, name: str, content: bytes | None = None) -> SourceFile:
    """Return the file of a dataset that a name means, whether it is there or not.

    Args:
        root: The dataset's folder.
        name: Its path relative to that, with forward slashes.
        content: What it is going to hold, where that is not what lies on disk.

    Raises:
        NoSourceFile: No file of a dataset can have that name.
    """
    folder, *rest = name.split("/")
    if (
        folder not in list(Kind)
        or not rest
        or not name.endswith(".ttl")
        or any(not part or part.startswith(".") or "\\" in part or "\0" in part for part in rest)
    ):
        message = f"{name!r} is no name of a Turtle file of a dataset"
        raise NoSourceFile(message, "name one such as graph/articles/2005/11/edm-2-213.ttl")
    return SourceFile(root.joinpath(name), name, Kind(folder), content)


def order(file: SourceFile) -> tuple[int, str]:
    """Return what the files of a dataset are sorted by.

    Args:
        file: A file.
    """
    return list(Kind).index(file.kind), file.name


def revise(files: Sources, edits: Iterable[Edit]) -> Sources:
    """Return the files of a dataset as they will be after edits.

    Args:
        files: The files as they are.
        edits: The edits.  Of several that are about one file the last one counts.

    Raises:
        NoSourceFile: An edit is about what cannot be a file of a dataset.
    """
    found = {file.name: file for file in files.files}
    for edit in edits:
        file = place(files.root, edit.name, edit.content)
        if file.content is None:
            found.pop(file.name, None)
        else:
            found[file.name] = file
    return Sources(files.root, tuple(sorted(found.values(), key=order)))


def versions() -> dict[str, str]:
    """Return the versions of this program and of the engines it builds with."""
    return {"communique": __version__} | {name: metadata.version(name) for name in ENGINES}


def examples(root: Path) -> list[Example]:
    """Return the sample queries of a dataset, in order of name; none if it has none.

    Args:
        root: The dataset's folder.
    """
    found = []
    for path in sorted((root / "tests" / "competency").glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        first = text.split("\n", 1)[0]
        question = first.lstrip("#").strip() if first.startswith("#") else path.stem
        found.append(Example(path.stem, question, text))
    return found


def digest_of(files: Iterable[tuple[str, str]]) -> str:
    """Return SHA-256, in hexadecimal, of all that decides what a generation holds.

    That is each file's name and bytes, the engines' versions and our own build modules, so that
    equal digests mean equal answers.  Of a file its own SHA-256 is enough: nothing that is known
    of a file that stays as it is has to be read again.

    Args:
        files: The name of each file, relative to the dataset's root, and the SHA-256 of its bytes.
    """
    whole = hashlib.sha256()
    for name, version in versions().items():
        whole.update(f"version {version}\0{name}\n".encode())
    whole.update(f"modules {_modules()}\n".encode())
    # A NUL ends what may hold any character, which no name of a file can hold.
    whole.update("".join(f"{sha256}\0{name}\0\n" for name, sha256 in sorted(files)).encode())
    return whole.hexdigest()


@cache
def _modules() -> str:
    """Hash our own modules that decide what a generation holds, once in a process."""
    whole = hashlib.sha256()
    for pattern in BUILD_MODULES:
        for module in sorted(PACKAGE.glob(pattern)):
            content = hashlib.sha256(module.read_bytes()).hexdigest()
            whole.update(f"{content}\0{module.relative_to(PACKAGE).as_posix()}\0\n".encode())
    return whole.hexdigest()
