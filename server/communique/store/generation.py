"""Generations: immutable store directories, each named by the digest of what it was built from.

A generation is built in a temporary directory beside its place, brought to disk, and renamed into
place in one step: whoever looks sees the whole of it or nothing, and of two that build the same
one at once the first wins and the second uses what the first made.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

import pyoxigraph as ox

from communique import namespaces, sources
from communique.errors import BuildError
from communique.sources import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rdflib import Graph

    from communique.claims.propositions import Proposition
    from communique.dataset import Dataset
    from communique.store.terms import Terms

FORMAT: Final = 2
"""Of the manifest."""
_STORE: Final = "store"
_MANIFEST: Final = "manifest.json"
_UNFINISHED: Final = ".building-"
_ABANDONED: Final = 24 * 60 * 60
"""Seconds after which an unfinished generation counts as left behind by a crash."""


class GraphEntry(TypedDict):
    """What the manifest says of a named graph."""

    kind: str
    """``ontology``, ``graph``, ``shapes`` or ``inferred``."""
    file: str | None
    """The file, relative to the dataset's root."""
    sha256: str | None
    """SHA-256 of the file, in hexadecimal."""
    layer: str | None
    """The IRI of the layer, for files under ``graph/``."""
    triples: int


class Manifest(TypedDict):
    """What a generation says of itself."""

    format: int
    digest: str
    versions: dict[str, str]
    """Of this program and of the engines that built it."""
    default_triples: int
    """Triples of the default graph: facts, ontology and inferences."""
    quads: int
    propositions: int
    """Graphs generated for propositions, named by the propositions' own IRIs."""
    graphs: dict[str, GraphEntry]
    """The other named graphs by name."""


@dataclass(frozen=True, slots=True)
class Generation:
    """An open generation.

    Attributes:
        path: Its directory.
        manifest: What it says of itself.
        store: The store, opened read-only.
    """

    path: Path
    manifest: Manifest
    store: ox.Store

    @property
    def digest(self) -> str:
        """The digest that names it."""
        return self.manifest["digest"]


def default_directory() -> Path:
    """Return the directory where generations are kept unless another is given.

    It is ``COMMUNIQUE_GENERATIONS``, or ``communique/generations`` in the user's cache
    (``XDG_CACHE_HOME``, or what the platform uses for it).
    """
    chosen = os.environ.get("COMMUNIQUE_GENERATIONS")
    if chosen:
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME")
    if cache:
        base = Path(cache)
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path.home() / ".cache"
    return base / "communique" / "generations"


def find(directory: Path, digest: str) -> Generation | None:
    """Open a generation, or return None if it has not been built.

    Args:
        directory: Where generations are kept.
        digest: The digest of its sources.

    Raises:
        BuildError: It is there, and cannot be opened.
    """
    path = directory / digest
    return open_generation(path) if path.is_dir() else None


def open_generation(path: Path) -> Generation:
    """Open a generation's directory.

    Args:
        path: The directory.

    Raises:
        BuildError: It cannot be opened.
    """
    manifest = read_manifest(path)
    try:
        store = ox.Store.read_only(str(path / _STORE))
    except (OSError, ValueError) as error:
        raise _broken(path, error) from error
    return Generation(path, manifest, store)


def read_manifest(path: Path) -> Manifest:
    """Return what a generation says of itself, without opening its store.

    Args:
        path: Its directory.

    Raises:
        BuildError: It cannot be read.
    """
    try:
        manifest: Manifest = json.loads((path / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _broken(path, error) from error
    return manifest


def remove(path: Path) -> None:
    """Remove a generation, in one step for whoever looks for it.

    What a crash leaves of it is swept away like an unfinished one.

    Args:
        path: Its directory.

    Raises:
        BuildError: It cannot be removed.
    """
    try:
        with _unfinished(path.parent) as place:
            path.rename(place / path.name)
    except FileNotFoundError:  # another process was first
        return
    except OSError as error:
        message = f"the generation {path} cannot be removed: {error}"
        raise BuildError(message, "see who may write to that directory") from error


def _broken(path: Path, error: Exception) -> BuildError:
    message = f"the generation {path} cannot be opened: {error}"
    return BuildError(message, "delete that directory; it will be built anew")


@dataclass(frozen=True, slots=True)
class Draft:
    """A generation that is not finished: a directory of its own that nobody else looks at.

    Attributes:
        place: The directory.
    """

    place: Path

    @property
    def store(self) -> Path:
        """Where its store is to be."""
        return self.place / _STORE

    def finish(self, manifest: Manifest) -> None:
        """Say of it what it is, after its store was written and closed.

        Args:
            manifest: What it says of itself.

        Raises:
            BuildError: It cannot be written.
        """
        with _writing(self.place.parent):
            (self.place / _MANIFEST).write_text(_json(manifest), encoding="utf-8")

    def publish(self) -> Generation:
        """Put it where generations are kept, unless the same one is there, and open that.

        When this returns, a crash can no longer harm it.

        Raises:
            BuildError: It cannot be written or opened.
        """
        target = self.place.parent / read_manifest(self.place)["digest"]
        with _writing(target.parent):
            _to_disk(self.place)
            _publish(self.place, target)
        return open_generation(target)

    def discard(self) -> None:
        """Remove what there is of it, if it has not been published."""
        shutil.rmtree(self.place, ignore_errors=True)


@contextmanager
def draft(directory: Path) -> Iterator[Draft]:
    """Lend a generation to be made, and remove what is left of it unless it was published.

    Args:
        directory: Where generations are kept; made if need be.

    Raises:
        BuildError: The directory cannot be written.
    """
    with _writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        _sweep(directory)
        begun = Draft(Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=directory)))
    try:
        yield begun
    finally:
        begun.discard()


def write(
    dataset: Dataset, inferred: Graph, propositions: Sequence[Proposition], begun: Draft
) -> Manifest:
    """Write a generation.

    The default graph holds the facts, the ontology and the inferences.  Every file's graph, the
    inferences and every proposition are named graphs besides.

    Args:
        dataset: A dataset that the gate has let pass.
        inferred: What follows from its facts and ontology.
        propositions: Its propositions.
        begun: Where to.

    Returns:
        What the generation says of itself.

    Raises:
        BuildError: It cannot be written.
    """
    with _writing(begun.place.parent):
        manifest = _write(dataset, inferred, propositions, begun.store)
    begun.finish(manifest)
    return manifest


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    """Say what it means that something cannot be written."""
    try:
        yield
    except OSError as error:
        message = f"the generation cannot be written to {directory}: {error}"
        advice = "free space, or choose another directory with --generations"
        raise BuildError(message, advice) from error


def _json(manifest: Manifest) -> str:
    """Write a manifest with one line for each graph."""
    graphs = ",\n".join(
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(entry, ensure_ascii=False)}"
        for name, entry in manifest["graphs"].items()
    )
    rest = {key: value for key, value in manifest.items() if key != "graphs"}
    head = json.dumps(rest, indent=2, ensure_ascii=False).removesuffix("\n}")
    return f'{head},\n  "graphs": {{\n{graphs}\n  }}\n}}\n'


def _write(
    dataset: Dataset, inferred: Graph, propositions: Sequence[Proposition], path: Path
) -> Manifest:
    """Fill a new store, and close it."""
    # Late, because opening a generation must not load rdflib.
    from communique.store import terms  # noqa: PLC0415

    graphs = {
        str(graph.name): GraphEntry(
            kind=graph.file.kind.value,
            file=graph.file.name,
            sha256=graph.sha256,
            layer=str(graph.layer) if graph.layer is not None else None,
            triples=len(graph.triples),
        )
        for graph in dataset.graphs.values()
    }
    graphs[namespaces.INFERRED_GRAPH] = GraphEntry(
        kind="inferred", file=None, sha256=None, layer=None, triples=len(inferred)
    )
    store = ox.Store(str(path))
    store.bulk_extend(_quads(terms.Terms(), dataset, inferred, propositions))
    store.optimize()
    store.flush()
    facts = store.quads_for_pattern(None, None, None, ox.DefaultGraph())
    return Manifest(
        format=FORMAT,
        digest=dataset.digest,
        versions=sources.versions(),
        default_triples=sum(1 for _ in facts),
        quads=len(store),
        propositions=len(propositions),
        graphs=graphs,
    )


def _quads(
    terms: Terms, dataset: Dataset, inferred: Graph, propositions: Sequence[Proposition]
) -> Iterator[ox.Quad]:
    """Yield all that a generation holds; the store counts a repetition once."""
    for graph in dataset.graphs.values():
        is_fact = graph.file.kind is Kind.ONTOLOGY or str(graph.layer) in namespaces.FACT_LAYERS
        yield from terms.quads(graph.triples, str(graph.name), *([None] if is_fact else []))
    yield from terms.quads(inferred, namespaces.INFERRED_GRAPH, None)
    for proposition in propositions:
        yield from terms.quads([proposition.triple], str(proposition.name))


@contextmanager
def _unfinished(directory: Path) -> Iterator[Path]:
    """Lend a temporary directory, and remove what is left of it."""
    place = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=directory))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _publish(place: Path, target: Path) -> None:
    """Rename a finished generation into place, unless another process was first."""
    place.chmod(0o755)
    try:
        place.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    else:
        _sync(target.parent)


def _sweep(directory: Path) -> None:
    """Remove unfinished generations that a crash left behind."""
    for place in directory.glob(f"{_UNFINISHED}*"):
        try:
            abandoned = time.time() - place.stat().st_mtime > _ABANDONED
        except FileNotFoundError:
            continue
        if abandoned:
            shutil.rmtree(place, ignore_errors=True)


def _to_disk(place: Path) -> None:
    """Bring every file and directory below a place to disk."""
    for folder, _folders, files in os.walk(place):
        for name in files:
            _sync(Path(folder) / name)
        _sync(Path(folder))


def _sync(path: Path) -> None:
    """Bring one file or directory to disk, where the platform can open it."""
    if path.is_dir() and sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
