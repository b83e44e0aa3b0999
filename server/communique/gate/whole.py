"""The gate: what a dataset must pass before anything of it is served.

read → shapes → claims → reasoning → claims again → store.  Each stage is timed and reported as it
goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from communique import namespaces, sources
from communique.errors import DataError, InconsistentOntology, ValidationFailed
from communique.gate.findings import Clock, findings_of, of_violation, silent
from communique.store import generation

if TYPE_CHECKING:
    from pathlib import Path

    from rdflib import Graph

    from communique.claims.propositions import Proposition
    from communique.dataset import Dataset
    from communique.gate.findings import Finding, Progress, Stage
    from communique.reasoning import Contradiction, Schema
    from communique.sources import Sources
    from communique.store.generation import Draft, Generation
    from communique.store.memory import Memory
    from communique.validation import Report


_FACTS: Final = namespaces.BASE + "scratch/facts"
"""The graph of the facts while they are reasoned over."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A dataset that the gate lets pass, with what the gate derived from it.

    Attributes:
        dataset: The dataset.
        report: What the shapes found; warnings only.
        propositions: The propositions of its claims.
        inferred: What follows from its facts and ontology.
    """

    dataset: Dataset
    report: Report
    propositions: tuple[Proposition, ...]
    inferred: Graph


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate found.

    Attributes:
        root: The dataset's folder.
        digest: The digest of its sources.
        findings: Faults and doubts, in order of place.
        stages: The stages gone through, with their times.
        passed: Whether the gate lets the dataset pass.
        shapes: What the shapes found, where they were reached.
    """

    root: Path
    digest: str
    findings: tuple[Finding, ...]
    stages: tuple[Stage, ...]
    passed: bool
    shapes: Report | None


def check(root: Path, progress: Progress = silent) -> GateReport:
    """Put a dataset through the gate, and report all that it finds.

    Args:
        root: The dataset's folder.
        progress: Is told of each stage.
    """
    clock = Clock(progress)
    files = sources.discover(root)
    shapes: Report | None = None
    try:
        passed = run(files, clock)
    except DataError as fault:
        findings = findings_of(fault)
        shapes = fault.report if isinstance(fault, ValidationFailed) else None
    else:
        findings = tuple(of_violation(warning) for warning in passed.report.warnings)
        shapes = passed.report
    return GateReport(
        root=root,
        digest=files.digest,
        findings=findings,
        stages=tuple(clock.stages),
        passed=not any(finding.severity == "violation" for finding in findings),
        shapes=shapes,
    )


def build(root: Path, directory: Path, progress: Progress = silent) -> Generation:
    """Return the generation of a dataset; put it through the gate and build it only if need be.

    Args:
        root: The dataset's folder.
        directory: Where generations are kept.
        progress: Is told of each stage; of none if the generation exists.

    Raises:
        DataError: The gate does not let the dataset pass; :func:`findings_of` lists why.
        BuildError: The generation cannot be written or opened.
    """
    files = sources.discover(root)
    found = generation.find(directory, files.digest)
    if found is not None:
        return found
    clock = Clock(progress)
    passed = run(files, clock)
    found = generation.find(directory, passed.dataset.digest)
    if found is not None:  # another process was faster
        return found
    with generation.draft(directory) as begun:
        write(passed, begun, clock)
        return begun.publish()


def write(passed: Passed, begun: Draft, clock: Clock) -> None:
    """Write the generation of a dataset, without publishing it.

    Args:
        passed: The dataset that the gate lets pass.
        begun: Where to write.
        clock: Is told of the stage.

    Raises:
        BuildError: It cannot be written.
    """
    with clock.stage("store") as detail:
        manifest = generation.write(passed.dataset, passed.inferred, passed.propositions, begun)
        detail.append(f"{manifest['quads']:,} quads")


def run(files: Sources, clock: Clock) -> Passed:
    """Go through the stages.

    Args:
        files: The files of the dataset.
        clock: Is told of each stage.

    Raises:
        DataError: The first stage that finds violations raises them.
    """
    # Late, because serving an existing generation must not load the libraries that build one.
    from communique import dataset as datasets  # noqa: PLC0415
    from communique import validation  # noqa: PLC0415
    from communique.claims import propositions as claims  # noqa: PLC0415

    with clock.stage("read") as detail:
        dataset = datasets.load(files)
        size = sum(len(graph.triples) for graph in dataset.graphs.values())
        detail += [f"{len(files.files)} files", f"{size:,} triples"]
    with clock.stage("shapes") as detail:
        report = validation.validate(dataset)
        detail.append(f"{len(report.violations)} violations")
        detail.append(f"{len(report.warnings)} warnings")
        if not report.passed:
            raise ValidationFailed(report)
    with clock.stage("claims") as detail:
        found = claims.propositions(dataset)
        facts = dataset.facts + dataset.ontology
        claims.check_leaks(dataset, found, facts)
        detail += [f"{len(found)} propositions", "none asserted"]
    with clock.stage("reasoning") as detail:
        inferred, contradictions = _close(dataset, facts)
        detail.append(f"{len(inferred):,} triples inferred")
        if contradictions:
            raise InconsistentOntology(contradictions)
    with clock.stage("claims after reasoning") as detail:
        claims.check_leaks(dataset, found, inferred)
        detail.append("none inferred")
    return Passed(dataset, report, found, inferred)


def _close(dataset: Dataset, facts: Graph) -> tuple[Graph, list[DataError]]:
    """Reason over the facts in a store in memory.

    Returns:
        What follows, and the contradictions.
    """
    from communique import reasoning  # noqa: PLC0415 - as in run
    from communique.store.memory import Memory  # noqa: PLC0415 - as in run

    schema = reasoning.close_schema(dataset.ontology)
    engine = Memory()
    engine.load(facts, _FACTS)
    reasoning.close(engine, schema, _FACTS, namespaces.INFERRED_GRAPH)
    graphs = (_FACTS, namespaces.INFERRED_GRAPH)
    found = list(reasoning.contradictions(engine, schema.rules, graphs))
    faults = _locate(dataset, engine, schema, found) if found else []
    return engine.graph(namespaces.INFERRED_GRAPH), faults


def _locate(
    dataset: Dataset, engine: Memory, schema: Schema, found: list[Contradiction]
) -> list[DataError]:
    """Say where the triples that contradict one another are written, or what they follow from."""
    from communique.explain import contradictions  # noqa: PLC0415 - as in run
    from communique.reasoning.proofs import Prover  # noqa: PLC0415 - as in run

    # Proofs are sought in all that is known, which is the default graph of a generation.
    for graph in (_FACTS, namespaces.INFERRED_GRAPH):
        engine.update(f"ADD GRAPH <{graph}> TO DEFAULT")
    prover = Prover(engine, schema.steps, namespaces.INFERRED_GRAPH)
    return [contradictions.fault(dataset, contradiction, prover) for contradiction in found]
