"""Changes of a dataset, held against checking and building the whole of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from communique import dataset, gate, sources
from communique.errors import DataError
from communique.gate import whole
from communique.gate.findings import Clock
from communique.store import generation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from communique.edits import Edit
    from communique.gate import Finding
    from communique.store.generation import Generation


def apply(root: Path, edits: Sequence[Edit]) -> None:
    """Makes edits to the files of a dataset."""
    for edit in edits:
        path = root / edit.name
        if edit.content is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(edit.content)


def next_one(base: Generation, root: Path, edits: Sequence[Edit]) -> Generation:
    """Puts edits through the gate, and makes them."""
    with gate.propose(base, root, edits, base.path.parent) as candidate:
        after = candidate.publish()
        assert after.digest == candidate.digest
    apply(root, edits)
    return after


def same_generation(after: Generation, root: Path, directory: Path) -> None:
    """Asserts that a generation is what building a folder from scratch gives."""
    scratch = gate.build(root, directory)
    assert after.manifest == scratch.manifest
    assert list(after.manifest["graphs"]) == list(scratch.manifest["graphs"])
    assert set(after.store) == set(scratch.store)
    assert set(after.store.named_graphs()) == set(scratch.store.named_graphs())


def faults(base: Generation, root: Path, edits: Sequence[Edit]) -> tuple[Finding, ...]:
    """Returns what the gate finds in edits, after holding it against a check of the whole."""
    with pytest.raises(DataError) as raised:
        gate.propose(base, root, edits, base.path.parent)
    apply(root, edits)
    found = gate.findings_of(raised.value)
    assert found == gate.check(root).findings
    return found


def derive(root: Path) -> generation.Contents:
    """Returns what the generation of a folder is to hold, without asking the shapes."""
    return whole.derive(dataset.load(sources.discover(root)), Clock(gate.silent))


def holds_the_same(after: Generation, root: Path) -> None:
    """Asserts that a generation is what a folder that the shapes accept gives from scratch."""
    contents = derive(root)
    with tempfile.TemporaryDirectory() as folder, generation.draft(Path(folder)) as draft:
        manifest = generation.write(contents, draft)
        assert after.manifest == manifest
        assert list(after.manifest["graphs"]) == list(manifest["graphs"])
        store = ox.Store.read_only(str(draft.store))
        assert set(after.store) == set(store)
        assert set(after.store.named_graphs()) == set(store.named_graphs())
        assert after.rules.read_text() == contents.rules
