"""Shapes for what follows: held after reasoning, of the whole and of a change alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from changing import faults, next_one
from communique import gate, sources
from communique.dataset import INFERENCE_SHAPES
from communique.edits import Edit
from communique.errors import ValidationFailed
from conftest import edit, line_of

if TYPE_CHECKING:
    from pathlib import Path

AGENTS = "graph/agents.ttl"
EX = "https://example.org/"
SHAPE = "https://w3id.org/communique/shapes#NothingMadeSame"
CROWDED = """
@prefix ex: <https://example.org/> .
shape:Crowded a sh:NodeShape ;
    sh:targetClass ex:Agent ;
    sh:property [
        sh:path ex:hasMember ;
        sh:maxCount 2 ;
        sh:severity sh:Warning ;
        sh:message "It has many members."@en
    ] .
"""


@pytest.fixture
def root(mini: Path) -> Path:
    """The small dataset, whose states belong to one bloc at the most, with shapes."""
    shapes = (sources.bundled_root() / INFERENCE_SHAPES).read_text(encoding="utf-8")
    (mini / INFERENCE_SHAPES).write_text(shapes + CROWDED, encoding="utf-8")
    edit(
        mini / "ontology" / "mini.ttl",
        "ex:memberOf a owl:ObjectProperty",
        "ex:memberOf a owl:FunctionalProperty , owl:ObjectProperty",
    )
    return mini


def with_added(root: Path, text: str) -> Edit:
    """An edit that adds to the end of a file."""
    return Edit(AGENTS, (root / AGENTS).read_bytes() + text.encode())


def test_inferred_members_are_not_held_against_other_shapes(root: Path) -> None:
    report = gate.check(root)
    assert report.passed
    assert report.findings == ()


def test_two_things_made_one_are_a_violation(root: Path, tmp_path: Path) -> None:
    base = gate.build(root, tmp_path / "generations")
    found = faults(base, root, [with_added(root, "\nex:north ex:memberOf ex:league .\n")])
    assert {finding.node for finding in found if finding.shape == SHAPE} == {
        f"{EX}union",
        f"{EX}league",
    }
    assert {finding.severity for finding in found} == {"violation"}
    lines = {line_of(root / AGENTS, "ex:union a"), line_of(root / AGENTS, "ex:league a")}
    assert {finding.line for finding in found} == lines
    with pytest.raises(ValidationFailed):
        gate.build(root, tmp_path / "generations")


def test_a_warning_is_of_what_a_change_affects(root: Path, tmp_path: Path) -> None:
    base = gate.build(root, tmp_path / "generations")
    third = [
        with_added(root, '\nex:east a ex:State ; rdfs:label "East"@en ; ex:memberOf ex:union .\n')
    ]
    with gate.propose(base, root, third, tmp_path / "generations") as candidate:
        [warning] = candidate.report.warnings
        assert (warning.node, warning.path) == (f"{EX}union", f"{EX}hasMember")
    base = next_one(base, root, third)
    [same] = gate.check(root).findings
    assert (same.severity, same.node, same.line) == ("warning", warning.node, warning.line)
    other = [with_added(root, '\nex:west a ex:State ; rdfs:label "West"@en .\n')]
    with gate.propose(base, root, other, tmp_path / "generations") as candidate:
        assert candidate.report.warnings == ()


def test_what_is_lost_can_make_a_violation_too(root: Path, tmp_path: Path) -> None:
    path = root / INFERENCE_SHAPES
    text = path.read_text(encoding="utf-8")
    needed = text.replace("sh:maxCount 2", "sh:minCount 1").replace("ex:Agent", "ex:Union")
    path.write_text(needed.replace("sh:severity sh:Warning ;", ""), encoding="utf-8")
    edit(root / AGENTS, "ex:union a ex:Bloc", "ex:union a ex:Bloc , ex:Union")
    edit(
        root / "ontology" / "mini.ttl",
        "ex:Place a owl:Class",
        'ex:Union a owl:Class ; rdfs:label "union"@en .\n\nex:Place a owl:Class',
    )
    base = gate.build(root, tmp_path / "generations")
    content = (root / AGENTS).read_text(encoding="utf-8")
    alone = content.replace("@en ;\n    ex:memberOf ex:union .", "@en .")
    [found] = faults(base, root, [Edit(AGENTS, alone.encode())])
    assert (found.node, found.message) == (f"{EX}union", "It has many members.")


def test_a_shape_that_cannot_be_used_is_told(root: Path) -> None:
    path = root / INFERENCE_SHAPES
    edit(path, "sh:maxCount 2", 'sh:maxCount "two"')
    [found] = gate.check(root).findings
    assert "the shape cannot be used" in found.message
    assert (found.file, found.line) == (path, line_of(path, "shape:Crowded a"))
