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
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

import pyoxigraph as ox

from communique import durable, namespaces, sources
from communique.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.claims.retractions import Withdrawn
    from communique.dataset import SourceGraph
    from communique.store.withdrawals import WithdrawnCount

FORMAT: Final = 2
"""Of the manifest."""
_STORE: Final = "store"
_MANIFEST: Final = "manifest.json"
_RULES: Final = "rules.json"
FACTS: Final = namespaces.BASE + "scratch/facts"
"""The graph of facts and axioms while a generation is made, which becomes the default graph."""
_UNFINISHED: Final = ".building-"
_ABANDONED: Final = 24 * 60 * 60
"""Seconds after which an unfinished generation counts as left behind by a crash."""


class GraphEntry(TypedDict):
    """What the manifest says of a named graph."""

    kind: str
    """``ontology``, ``graph``, ``shapes``, ``inferred`` or ``withdrawn``."""
    file: str | None
    """The file, relative to the dataset's root."""
    sha256: str | None
    """SHA-256 of the file, in hexadecimal."""
    exact: bool
    """Whether the store holds it to the letter: see :func:`communique.store.terms.is_exact`."""
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
    withdrawn: WithdrawnCount
    """What is in named graphs and does not count as fact."""
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

    @property
    def rules(self) -> Path:
        """The file that says what its ontology was compiled to."""
        return self.path / _RULES


@dataclass(frozen=True, slots=True)
class Contents:
    """What a generation is to hold.

    Attributes:
        digest: The digest of the files it is made of.
        store: The graph of each file, of each proposition, of the inferences, and :data:`FACTS`.
        graphs: What to say of the graphs of the files, in their order, and of the inferences.
        propositions: How many propositions there are.
        withdrawn: How much is withdrawn.
        rules: What the ontology was compiled to, as JSON.
    """

    digest: str
    store: ox.Store
    graphs: dict[str, GraphEntry]
    propositions: int
    withdrawn: WithdrawnCount
    rules: str


def entry(graph: SourceGraph) -> GraphEntry:
    """Return what the manifest says of the graph of a file, before its triples are counted.

    Args:
        graph: The graph.
    """
    # Late, because opening a generation must not load rdflib.
    from communique.store import terms  # noqa: PLC0415

    return GraphEntry(
        kind=graph.file.kind.value,
        file=graph.file.name,
        sha256=graph.sha256,
        exact=terms.is_exact(graph.triples),
        layer=str(graph.layer) if graph.layer is not None else None,
        triples=0,
    )


def generated(withdrawn: Withdrawn) -> dict[str, GraphEntry]:
    """Return what the manifest says of graphs of no file, before their triples are counted.

    Args:
        withdrawn: What is withdrawn.
    """
    kinds = {namespaces.INFERRED_GRAPH: "inferred"}
    if withdrawn:
        kinds[namespaces.WITHDRAWN_GRAPH] = "withdrawn"
    return {
        name: GraphEntry(kind=kind, file=None, sha256=None, exact=True, layer=None, triples=0)
        for name, kind in kinds.items()
    }


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
    return _open(path, read_manifest(path))


def _open(path: Path, manifest: Manifest) -> Generation:
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


@dataclass(slots=True)
class Draft:
    """A generation that is not finished: a directory of its own that nobody else looks at.

    Attributes:
        place: The directory.
        manifest: What the generation says of itself, once it is finished.
    """

    place: Path
    manifest: Manifest | None = None

    @property
    def store(self) -> Path:
        """Where its store is to be."""
        return self.place / _STORE

    def finish(self, manifest: Manifest, rules: str | Path) -> None:
        """Say of it what it is, after its store was written and closed.

        Args:
            manifest: What it says of itself.
            rules: What its ontology was compiled to, or the file in another generation that says.

        Raises:
            BuildError: It cannot be written.
        """
        with writing(self.place.parent):
            # On one line, because that is ten times faster, and there may be thousands of graphs.
            text = json.dumps(manifest, ensure_ascii=False)
            (self.place / _MANIFEST).write_text(text + "\n", encoding="utf-8")
            place = self.place / _RULES
            if isinstance(rules, str):
                place.write_text(rules, encoding="utf-8")
            else:
                _link(rules, place)
        self.manifest = manifest

    def publish(self) -> Generation:
        """Put it where generations are kept, unless the same one is there, and open that.

        When this returns, a crash can no longer harm it.

        Raises:
            BuildError: It cannot be written or opened.
            RuntimeError: It is not finished.
        """
        if self.manifest is None:
            raise RuntimeError("an unfinished generation cannot be published")
        target = self.place.parent / self.manifest["digest"]
        with writing(target.parent):
            durable.sync_tree(self.place)
            _publish(self.place, target)
        return _open(target, self.manifest)

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
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        _sweep(directory)
        begun = Draft(Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=directory)))
    try:
        yield begun
    finally:
        begun.discard()


def write(contents: Contents, begun: Draft) -> Manifest:
    """Write a generation.

    The default graph holds the facts, the ontology and the inferences.  Every file's graph, the
    inferences and every proposition are named graphs besides.

    Args:
        contents: What the gate has let pass, and derived.
        begun: Where to.

    Returns:
        What the generation says of itself.

    Raises:
        BuildError: It cannot be written.
    """
    sizes: Counter[str] = Counter()
    with writing(begun.place.parent):
        store = ox.Store(str(begun.store))
        store.bulk_extend(_quads(contents, sizes))
        store.optimize()
        store.flush()
    facts, inferred = sizes.pop(FACTS, 0), sizes[namespaces.INFERRED_GRAPH]
    for name, entry in contents.graphs.items():
        entry["triples"] = sizes[name]
    manifest = Manifest(
        format=FORMAT,
        digest=contents.digest,
        versions=sources.versions(),
        default_triples=facts + inferred,
        quads=facts + inferred + sizes.total(),
        propositions=contents.propositions,
        withdrawn=contents.withdrawn,
        graphs=contents.graphs,
    )
    begun.finish(manifest, contents.rules)
    return manifest


def _quads(contents: Contents, sizes: Counter[str]) -> Iterator[ox.Quad]:
    """Yield all that a generation holds, and count it by graph."""
    default = ox.DefaultGraph()
    for quad in contents.store:
        name = quad.graph_name.value
        sizes[name] += 1
        if name in {FACTS, namespaces.INFERRED_GRAPH}:
            yield ox.Quad(quad.subject, quad.predicate, quad.object, default)
        if name != FACTS:
            yield quad


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """Say what it means that something cannot be written.

    Args:
        directory: Where generations are kept.

    Raises:
        BuildError: Something could not be.
    """
    try:
        yield
    except OSError as error:
        message = f"the generation cannot be written to {directory}: {error}"
        advice = "free space, or choose another directory with --generations"
        raise BuildError(message, advice) from error


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
        durable.sync(target.parent)


def _sweep(directory: Path) -> None:
    """Remove unfinished generations that a crash left behind."""
    for place in directory.glob(f"{_UNFINISHED}*"):
        try:
            abandoned = time.time() - place.stat().st_mtime > _ABANDONED
        except FileNotFoundError:
            continue
        if abandoned:
            shutil.rmtree(place, ignore_errors=True)


def _link(file: Path, place: Path) -> None:
    """Give a file that never changes a second place, or copy it where that cannot be done."""
    try:
        os.link(file, place)
    except OSError:
        shutil.copyfile(file, place)
