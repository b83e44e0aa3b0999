"""The gate: its stages, its findings of every kind, and the bundled data going through it."""

from pathlib import Path

import pytest

from communique import gate, sources
from communique.errors import (
    DataError,
    InconsistentOntology,
    LeakError,
    UnusableSources,
    ValidationFailed,
)
from communique.gate import Finding, Stage
from conftest import MINI, edit, line_of

EX = "https://example.org/"
STAGES = [
    "read",
    "shapes",
    "claims",
    "reasoning",
    "claims after reasoning",
    "shapes after reasoning",
]


def only(root: Path) -> Finding:
    """Returns the one finding of a dataset that the gate does not let pass."""
    report = gate.check(root)
    assert not report.passed
    [finding] = report.findings
    return finding


def test_sound_dataset_passes_every_stage() -> None:
    told: list[Stage] = []
    report = gate.check(MINI, told.append)
    assert report.passed
    assert report.findings == ()
    assert report.digest == sources.discover(MINI).digest
    assert [stage.name for stage in report.stages] == STAGES
    assert [(stage.name, stage.seconds is None) for stage in told] == [
        (name, begins) for name in STAGES for begins in (True, False)
    ]
    assert all(stage.detail and stage.seconds is not None for stage in report.stages)


def test_warning_is_found_and_lets_pass(mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", '"League"', '"League of the Seven Provinces"')
    report = gate.check(mini)
    assert report.passed
    [finding] = report.findings
    assert (finding.check, finding.severity) == ("shape", "warning")


def test_syntax_error_has_its_column(mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    edit(path, "ex:league a ex:Bloc ;", "ex:league a ex:Bloc : ;")
    finding = only(mini)
    assert (finding.check, finding.file) == ("source", path)
    assert (finding.line, finding.column) == (line_of(path, "ex:league a"), 21)
    with pytest.raises(UnusableSources):
        gate.build(mini, mini / "generations")


def test_violation_of_a_shape(mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    edit(path, "ex:status ex:active", "ex:status ex:dormant")
    finding = only(mini)
    assert (finding.check, finding.shape, finding.node) == (
        "shape",
        EX + "AgentShape",
        EX + "union",
    )
    assert (finding.file, finding.line) == (path, line_of(path, "ex:dormant"))
    with pytest.raises(ValidationFailed, match="1 violation"):
        gate.build(mini, mini / "generations")


def test_leak_before_reasoning(mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    with path.open("a") as file:
        file.write("\nex:union ex:plansMergerWith ex:league .\n")
    finding = only(mini)
    assert (finding.check, finding.line) == ("claim", line_of(path, "plansMergerWith"))
    assert "asserted" in finding.message
    with pytest.raises(LeakError):
        gate.build(mini, mini / "generations")


def test_leak_by_reasoning(mini: Path) -> None:
    edit(
        mini / "ontology" / "mini.ttl",
        "ex:plansMergerWith a owl:ObjectProperty ;",
        "ex:plansMergerWith a owl:ObjectProperty , owl:SymmetricProperty ;",
    )
    with (mini / "graph" / "agents.ttl").open("a") as file:
        file.write("\nex:league ex:plansMergerWith ex:union .\n")
    finding = only(mini)
    assert finding.check == "claim"
    assert "follows from the facts" in finding.message
    path = mini / "graph" / "articles" / "one.ttl"
    assert (finding.file, finding.line) == (path, line_of(path, "one:C1-p1 a"))


def test_contradiction_is_told_at_the_individual(mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    edit(path, "ex:league a ex:Bloc", "ex:league a ex:Bloc , ex:Place")
    finding = only(mini)
    assert (finding.check, finding.node) == ("consistency", EX + "league")
    assert (finding.file, finding.line) == (path, line_of(path, "ex:league a"))
    assert "isjoint" in finding.message
    assert finding.advice
    with pytest.raises(InconsistentOntology):
        gate.build(mini, mini / "generations")


def test_incomplete_proposition_is_a_finding(mini: Path) -> None:
    edit(mini / "graph" / "articles" / "one.ttl", "    cmq:subject ex:union ;\n", "")
    finding = only(mini)
    assert "0 values of cmq:subject" in finding.message
    assert finding.node == "https://w3id.org/communique/id/one/C1-p1"


def test_nothing_is_built_of_a_dataset_at_fault(mini: Path, tmp_path: Path) -> None:
    edit(mini / "graph" / "agents.ttl", "ex:status ex:active", "ex:status ex:dormant")
    directory = tmp_path / "generations"
    with pytest.raises(DataError):
        gate.build(mini, directory)
    assert not directory.exists()


def test_a_fault_cured_is_built(mini: Path, tmp_path: Path) -> None:
    edit(mini / "graph" / "agents.ttl", "ex:status ex:active", "ex:status ex:dormant")
    with pytest.raises(DataError):
        gate.build(mini, tmp_path / "generations")
    edit(mini / "graph" / "agents.ttl", "ex:status ex:dormant", "ex:status ex:active")
    told: list[Stage] = []
    built = gate.build(mini, tmp_path / "generations", told.append)
    assert built.digest == sources.discover(MINI).digest
    assert [stage.name for stage in told if stage.seconds is not None] == [*STAGES, "store"]


def test_every_finding_of_a_fault_is_listed(mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    edit(path, "ex:status ex:active", "ex:status ex:dormant")
    edit(path, 'ex:league a ex:Bloc ;\n    rdfs:label "League"@en .', "ex:league a ex:Bloc .")
    edit(path, '"North"', '"The Northern Territories of Old"')
    report = gate.check(mini)
    assert [finding.severity for finding in report.findings] == [
        "violation",
        "violation",
        "warning",
    ]
    lines = [finding.line for finding in report.findings[:2]]
    assert lines == sorted(lines, key=lambda line: line or 0)
