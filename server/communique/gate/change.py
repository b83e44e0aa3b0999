"""The gate for a change: what edits of a dataset's files must pass, and what would come of them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from communique import sources
from communique.gate import whole
from communique.gate.findings import Clock, silent
from communique.namespaces import INFERRED_GRAPH
from communique.store import generation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from communique.edits import Edit
    from communique.gate.findings import Progress
    from communique.store.comparing import Triple
    from communique.store.generation import Draft, Generation
    from communique.validation import Report

_DEFAULT = ox.DefaultGraph()
_INFERRED = ox.NamedNode(INFERRED_GRAPH)


@dataclass(frozen=True, slots=True)
class Difference:
    """Facts and axioms that one generation has and another has not.

    Attributes:
        asserted: Those that files assert, as N-Triples writes their terms.
        inferred: Those that follow by reasoning, and that no file asserts.
    """

    asserted: tuple[Triple, ...] = ()
    inferred: tuple[Triple, ...] = ()

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
    files = sources.revise(sources.discover(root), edits)
    clock = Clock(progress)
    passed = whole.run(files, clock)
    digest = passed.contents.digest
    with ExitStack() as resources:
        if digest == base.digest:
            nothing = Difference()
            return Candidate(digest, passed.report, nothing, nothing, base, None, resources)
        draft = resources.enter_context(generation.draft(directory))
        whole.write(passed.contents, draft, clock)
        after = ox.Store.read_only(str(draft.store))
        gained, lost = _difference(base.store, after), _difference(after, base.store)
        del after
        kept = resources.pop_all()
    return Candidate(digest, passed.report, gained, lost, base, draft, kept)


def _difference(store: ox.Store, other: ox.Store) -> Difference:
    """Compare what is known in two stores.

    Returns:
        What the other one has and the first one has not.
    """
    asserted: list[Triple] = []
    inferred: list[Triple] = []
    for quad in other.quads_for_pattern(None, None, None, _DEFAULT):
        triple = str(quad.subject), str(quad.predicate), str(quad.object)
        is_inferred = _holds(other, quad, _INFERRED)
        was_inferred = _holds(store, quad, _INFERRED)
        if is_inferred and not was_inferred:
            inferred.append(triple)
        if not is_inferred and (was_inferred or quad not in store):
            asserted.append(triple)
    return Difference(tuple(sorted(asserted)), tuple(sorted(inferred)))


def _holds(store: ox.Store, quad: ox.Quad, graph: ox.NamedNode) -> bool:
    return ox.Quad(quad.subject, quad.predicate, quad.object, graph) in store
