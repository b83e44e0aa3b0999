"""A change through the gate: the same generation, or the same findings, as from scratch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from changing import faults, next_one, same_generation
from communique import gate
from communique.edits import Edit
from communique.errors import NoSourceFile
from conftest import MINI

if TYPE_CHECKING:
    from pathlib import Path

AGENTS = "graph/agents.ttl"
EX = "https://example.org/"


def changed(name: str, old: str, new: str) -> Edit:
    """An edit that replaces the one occurrence of a text in a file of the small dataset."""
    text = (MINI / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    return Edit(name, text.replace(old, new).encode())


def added(name: str, text: str) -> Edit:
    """An edit that adds to the end of a file of the small dataset."""
    return Edit(name, (MINI / name).read_bytes() + text.encode())


VALID = {
    "a label": [changed(AGENTS, '"League"', '"Leagues"')],
    "a fact with consequences": [added(AGENTS, "\nex:league ex:hasMember ex:north .\n")],
    "a fact less": [changed(AGENTS, "@en ;\n    ex:partOf ex:union .", "@en .")],
    "a file less": [Edit("graph/editorial.ttl", None)],
    "an article less": [Edit("graph/articles/one.ttl", None)],
    "a graph that becomes one of facts": [
        changed("graph/editorial.ttl", "value:editorial", "value:background")
    ],
    "a graph that is no longer one of facts": [
        changed("graph/articles/one.ttl", "value:asserted", "value:editorial")
    ],
    "the ontology": [added("ontology/mini.ttl", "\nex:Extra a owl:Class .\n")],
}


@pytest.mark.parametrize("edits", VALID.values(), ids=VALID)
def test_is_what_building_from_scratch_gives(mini: Path, tmp_path: Path, edits: list[Edit]) -> None:
    base = gate.build(mini, tmp_path / "generations")
    after = next_one(base, mini, edits)
    same_generation(after, mini, tmp_path / "scratch")
    assert gate.build(mini, tmp_path / "generations").path == after.path


def test_what_is_not_published_leaves_nothing(mini: Path, tmp_path: Path) -> None:
    base = gate.build(mini, tmp_path / "generations")
    with gate.propose(base, mini, VALID["a label"], tmp_path / "generations") as candidate:
        assert candidate.digest != base.digest
    assert [path.name for path in (tmp_path / "generations").iterdir()] == [base.digest]


def test_nothing_changed_is_the_same_generation(mini: Path, tmp_path: Path) -> None:
    base = gate.build(mini, tmp_path / "generations")
    same = Edit(AGENTS, (mini / AGENTS).read_bytes())
    with gate.propose(base, mini, [same], tmp_path / "generations") as candidate:
        assert candidate.digest == base.digest
        assert (len(candidate.gained), len(candidate.lost)) == (0, 0)
        assert candidate.publish().path == base.path


def test_tells_what_is_gained_and_lost(mini: Path, tmp_path: Path) -> None:
    base = gate.build(mini, tmp_path / "generations")
    edits = VALID["a fact with consequences"]
    with gate.propose(base, mini, edits, tmp_path / "generations") as candidate:
        member = (f"<{EX}league>", f"<{EX}hasMember>", f"<{EX}north>")
        assert candidate.gained.asserted == (member,)
        inverse = (f"<{EX}north>", f"<{EX}memberOf>", f"<{EX}league>")
        assert inverse in candidate.gained.inferred
        assert list(candidate.gained) == [member, *candidate.gained.inferred]
        assert list(candidate.lost) == []


def test_refuses_what_is_no_file_of_a_dataset(mini: Path, tmp_path: Path) -> None:
    base = gate.build(mini, tmp_path / "generations")
    for name in ("graph/../x.ttl", "README.md", "graph/x.txt", "graph/.x.ttl", "/graph/x.ttl", ""):
        with pytest.raises(NoSourceFile, match="no name of a Turtle file"):
            gate.propose(base, mini, [Edit(name, b"")], tmp_path / "generations")


INVALID = {
    "no Turtle": [changed(AGENTS, "ex:league a ex:Bloc ;", "ex:league a ex:Bloc : ;")],
    "no header": [
        changed(AGENTS, "<https://example.org/graph/agents> a owl:Ontology", "ex:x a ex:Y")
    ],
    "a shape": [changed(AGENTS, "ex:status ex:active", "ex:status ex:dormant")],
    "a leak": [added(AGENTS, "\nex:union ex:plansMergerWith ex:league .\n")],
    "a contradiction": [changed(AGENTS, "ex:league a ex:Bloc", "ex:league a ex:Bloc , ex:Place")],
}


@pytest.mark.parametrize("edits", INVALID.values(), ids=INVALID)
def test_finds_what_checking_the_whole_finds(mini: Path, tmp_path: Path, edits: list[Edit]) -> None:
    base = gate.build(mini, tmp_path / "generations")
    assert faults(base, mini, edits)
    assert [path.name for path in (tmp_path / "generations").iterdir()] == [base.digest]
