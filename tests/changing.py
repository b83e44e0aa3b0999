"""Changes of a dataset, held against checking and building the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from communique import gate
from communique.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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


def faults(base: Generation, root: Path, edits: Sequence[Edit]) -> tuple[Finding, ...]:
    """Returns what the gate finds in edits, after holding it against a check of the whole."""
    with pytest.raises(DataError) as raised:
        gate.propose(base, root, edits, base.path.parent)
    apply(root, edits)
    whole = gate.check(root)
    found = gate.findings_of(raised.value)
    assert found == whole.findings
    return found
