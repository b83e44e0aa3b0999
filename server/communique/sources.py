"""Where a dataset is, which files make it up, and the digest that names what they say.

A dataset is a folder with ``ontology/``, ``graph/`` and ``shapes/``, each holding Turtle.  The
bundled one lies in ``communique/data`` of an installed wheel, and at the top of a checkout.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from communique import __version__
from communique.errors import DatasetNotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

PACKAGE: Final = Path(__file__).resolve().parent

ENGINES: Final = ("owlrl", "pyoxigraph", "pyshacl", "rdflib")
"""The distributions whose behaviour decides what a generation holds."""

BUILD_MODULES: Final = (
    "claims/*.py",
    "dataset.py",
    "gate.py",
    "namespaces.py",
    "reasoning/*.py",
    "sources.py",
    "store/engine.py",
    "store/generation.py",
    "store/memory.py",
    "store/terms.py",
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
    """

    path: Path
    name: str
    kind: Kind


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
        """SHA-256, in hexadecimal, of all that decides what a generation holds.

        That is each file's name and bytes, the engines' versions and our own build modules, so
        that equal digests mean equal answers.
        """
        return _digest(self.files)


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
        found = []
        for path in (root / kind).rglob("*.ttl"):
            name = path.relative_to(root)
            if path.is_file() and not any(part.startswith(".") for part in name.parts):
                found.append(SourceFile(path, name.as_posix(), kind))
        files.extend(sorted(found, key=lambda file: file.name))
    return Sources(root, tuple(files))


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


def _digest(files: Iterable[SourceFile]) -> str:
    """Hash names, contents and versions, each with its length so that none can run together."""
    whole = hashlib.sha256()

    def add(name: str, content: bytes) -> None:
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)

    for name, version in versions().items():
        add(f"version of {name}", version.encode())
    for pattern in BUILD_MODULES:
        for module in sorted(PACKAGE.glob(pattern)):
            add(f"module {module.relative_to(PACKAGE).as_posix()}", module.read_bytes())
    for file in files:
        add(file.name, file.path.read_bytes())
    return whole.hexdigest()
