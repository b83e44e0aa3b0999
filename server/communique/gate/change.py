"""The gate for a change: what edits of a dataset's files must pass, and what would come of them.

A generation has passed the gate, so whatever is at fault after a change of the files under
``graph/`` has to do with what the change brings or takes away; only that is looked at.  A change of
the ontology or of the shapes can be about everything, and the whole is built.
"""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique import sources
from communique.gate import whole
from communique.gate.findings import Clock, silent
from communique.namespaces import INFERRED_GRAPH
from communique.sources import Kind
from communique.store import generation
from communique.store.changed import Changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from communique.edits import Edit
    from communique.gate.findings import Progress
    from communique.sources import SourceFile
    from communique.store.comparing import Triple
    from communique.store.generation import Draft, Generation
    from communique.validation import Report

_DEFAULT: Final = ox.DefaultGraph()
_INFERRED: Final = ox.NamedNode(INFERRED_GRAPH)


@dataclass(frozen=True, slots=True)
class Difference:
    """Facts and axioms that one generation has and another has not.

    Attributes:
        asserted: Those that files assert, as N-Triples writes their terms.
        inferred: Those that follow by reasoning, and that no file asserts.
    """

    asserted: tuple[Triple, ...] = ()
    inferred: tuple[Triple, ...] = ()

    @classmethod
    def of(cls, asserted: Iterable[ox.Triple], inferred: Iterable[ox.Triple]) -> Self:
        """Make one of the store's triples.

        Args:
            asserted: Those that files assert.
            inferred: Those that follow.
        """
        return cls(tuple(sorted(map(_written, asserted))), tuple(sorted(map(_written, inferred))))

    def __iter__(self) -> Iterator[Triple]:
        """Yield all of them, the asserted ones first."""
        yield from self.asserted
        yield from self.inferred

    def __len__(self) -> int:
        """Count all of them."""
        return len(self.asserted) + len(self.inferred)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a dataset will be after a change that the gate lets pass.

    It is a context manager: what was made of it is discarded at its end, unless it was published.

    Attributes:
        digest: The digest of the files as they will be.
        report: What the shapes found in what the change affects; warnings only.
        gained: What becomes known that was not, or asserted that was only inferred.
        lost: What is no longer asserted, or no longer inferred.
    """

    digest: str
    report: Report
    gained: Difference
    lost: Difference
    _base: Generation
    _draft: Draft | None
    _resources: ExitStack

    def publish(self) -> Generation:
        """Bring the generation to disk under its digest, and open it.

        Raises:
            BuildError: It cannot be written or opened.
        """
        return self._base if self._draft is None else self._draft.publish()

    def __enter__(self) -> Self:
        """Begin to use it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Discard what was made of it, unless it was published."""
        self._resources.close()


def propose(
    base: Generation,
    root: Path,
    edits: Sequence[Edit],
    directory: Path,
    progress: Progress = silent,
) -> Candidate:
    """Put a change of a dataset through the gate, and make its generation without publishing it.

    Args:
        base: The generation of the files as they are.
        root: The dataset's folder, whose files are not changed.
        edits: What is to become of files.
        directory: Where generations are kept.
        progress: Is told of each stage.

    Raises:
        NoSourceFile: An edit is about what cannot be a file of a dataset.
        DataError: The gate does not let the change pass;
            :func:`communique.gate.findings.findings_of` lists why.
        BuildError: The generation cannot be written.
    """
    clock = Clock(progress)
    changed = _changed(base, root, edits)
    if any(file.kind is not Kind.GRAPH for file in changed):
        return _whole(base, root, edits, directory, clock)
    # Late, because serving a generation must not load the libraries that make one.
    from communique.gate import passage  # noqa: PLC0415

    with ExitStack() as resources, passage.examine(base, root, changed, clock) as examined:
        draft, derived = None, passage.Derived(Changed(), Changed(), examined.report)
        if changed:
            draft = resources.enter_context(generation.draft(directory))
            derived = passage.derive(examined, draft, clock)
        asserted, inferred = derived.asserted, derived.inferred
        return Candidate(
            digest=examined.digest,
            report=derived.report,
            gained=Difference.of(asserted.gained, inferred.gained),
            lost=Difference.of(asserted.lost, inferred.lost),
            _base=base,
            _draft=draft,
            _resources=resources.pop_all(),
        )


def _changed(base: Generation, root: Path, edits: Sequence[Edit]) -> list[SourceFile]:
    """Return the files that edits change, in order; those that are removed have no content."""
    known = {entry["file"]: entry["sha256"] for entry in base.manifest["graphs"].values()}
    files = {edit.name: sources.place(root, edit.name, edit.content) for edit in edits}
    return sorted(
        (file for file in files.values() if _sha256(file) != known.get(file.name)),
        key=sources.order,
    )


def _sha256(file: SourceFile) -> str | None:
    return None if file.content is None else hashlib.sha256(file.content).hexdigest()


def _whole(
    base: Generation, root: Path, edits: Sequence[Edit], directory: Path, clock: Clock
) -> Candidate:
    """Build the whole dataset as it will be, and compare."""
    passed = whole.run(sources.revise(sources.discover(root), edits), clock)
    with ExitStack() as resources:
        draft = resources.enter_context(generation.draft(directory))
        whole.write(passed.contents, draft, clock)
        after = ox.Store.read_only(str(draft.store))
        return Candidate(
            digest=passed.contents.digest,
            report=passed.report,
            gained=_gained(base.store, after),
            lost=_gained(after, base.store),
            _base=base,
            _draft=draft,
            _resources=resources.pop_all(),
        )


def _gained(store: ox.Store, other: ox.Store) -> Difference:
    """Compare what is known in two stores: what the other one has and the first one has not."""
    changed = {True: Changed(), False: Changed()}
    for quad in other.quads_for_pattern(None, None, None, _DEFAULT):
        is_inferred = _is_inferred(other, quad)
        changed[is_inferred].note(
            quad.triple,
            before=quad in store and _is_inferred(store, quad) == is_inferred,
            after=True,
        )
    return Difference.of(changed[False].gained, changed[True].gained)


def _is_inferred(store: ox.Store, quad: ox.Quad) -> bool:
    return ox.Quad(quad.subject, quad.predicate, quad.object, _INFERRED) in store


def _written(triple: ox.Triple) -> Triple:
    return str(triple.subject), str(triple.predicate), str(triple.object)
