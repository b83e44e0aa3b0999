"""The gate: what a dataset must pass before anything of it is served.

read → shapes → claims → reasoning → claims again → store.  Each stage is timed and reported as it
goes.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from communique import namespaces, sources
from communique.errors import (
    DataError,
    InconsistentOntology,
    LeakError,
    UnusableSources,
    ValidationFailed,
)
from communique.store import generation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rdflib import Graph

    from communique.claims.propositions import Proposition
    from communique.dataset import Dataset
    from communique.reasoning import Contradiction, Schema
    from communique.sources import Sources
    from communique.store.generation import Generation
    from communique.store.memory import Memory
    from communique.validation import Report, Violation


_FACTS: Final = namespaces.BASE + "scratch/facts"
"""The graph of the facts while they are reasoned over."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the gate, as it begins and again as it ends.

    Attributes:
        name: What is being done.
        seconds: How long it took; None while it is under way.
        detail: What came of it; empty while it is under way.
    """

    name: str
    seconds: float | None = None
    detail: str = ""


if TYPE_CHECKING:
    Progress = Callable[[Stage], None]
    """Is called when a stage begins and when it ends."""


def silent(_stage: Stage) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or doubt, whatever part of the gate found it.

    Attributes:
        check: Which check found it: ``source``, ``shape``, ``claim`` or ``consistency``.
        severity: ``violation``, ``warning`` or ``info``; only a violation fails the gate.
        file: The file at fault, where known.
        line: The line, from 1, where known.
        column: The column, from 1, where known.
        node: The IRI of the node at fault, where it is about one.
        path: The property it is about, where it is about one.
        value: The offending value, where there is one.
        shape: The IRI of the shape that found it, where one did.
        message: What is wrong.
        advice: What to do; empty where the message says so itself.
    """

    check: str
    severity: str
    file: Path | None
    line: int | None
    column: int | None
    node: str | None
    path: str | None
    value: str | None
    shape: str | None
    message: str
    advice: str


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


@dataclass
class _Clock:
    """Times stages and passes them on."""

    progress: Progress
    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[list[str]]:
        """Time what is done inside; what is put into the list lent is the stage's detail."""
        self.progress(Stage(name))
        detail: list[str] = []
        start = time.perf_counter()
        try:
            yield detail
        finally:
            done = Stage(name, time.perf_counter() - start, ", ".join(detail))
            self.stages.append(done)
            self.progress(done)


def check(root: Path, progress: Progress = silent) -> GateReport:
    """Put a dataset through the gate, and report all that it finds.

    Args:
        root: The dataset's folder.
        progress: Is told of each stage.
    """
    clock = _Clock(progress)
    files = sources.discover(root)
    shapes: Report | None = None
    try:
        passed = _run(files, clock)
    except DataError as fault:
        findings = findings_of(fault)
        shapes = fault.report if isinstance(fault, ValidationFailed) else None
    else:
        findings = tuple(_of_violation(warning) for warning in passed.report.warnings)
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
    clock = _Clock(progress)
    passed = _run(files, clock)
    with clock.stage("store") as detail:
        built = generation.build(passed.dataset, passed.inferred, passed.propositions, directory)
        detail.append(f"{built.manifest['quads']:,} quads")
    return built


def findings_of(fault: DataError) -> tuple[Finding, ...]:
    """Break a fault of the dataset down into its single findings.

    Args:
        fault: What the gate raised.
    """
    if isinstance(fault, UnusableSources):
        return tuple(_of_error(single, "source") for single in fault.faults)
    if isinstance(fault, ValidationFailed):
        found = fault.report.violations + fault.report.warnings
        return tuple(_of_violation(violation) for violation in found)
    if isinstance(fault, LeakError):
        return tuple(_of_error(leak, "claim") for leak in fault.leaks)
    if isinstance(fault, InconsistentOntology):
        return tuple(_of_error(single, "consistency") for single in fault.faults)
    return (_of_error(fault, "source"),)


def _run(files: Sources, clock: _Clock) -> Passed:
    """Go through the stages.

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
    from communique import reasoning  # noqa: PLC0415 - as in _run
    from communique.store.memory import Memory  # noqa: PLC0415 - as in _run

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
    from communique.explain import contradictions  # noqa: PLC0415 - as in _run
    from communique.reasoning.proofs import Prover  # noqa: PLC0415 - as in _run

    # Proofs are sought in all that is known, which is the default graph of a generation.
    for graph in (_FACTS, namespaces.INFERRED_GRAPH):
        engine.update(f"ADD GRAPH <{graph}> TO DEFAULT")
    prover = Prover(engine, schema.steps, namespaces.INFERRED_GRAPH)
    return [contradictions.fault(dataset, contradiction, prover) for contradiction in found]


def _of_error(error: DataError, check: str) -> Finding:
    return Finding(
        check=check,
        severity="violation",
        file=Path(error.file) if error.file else None,
        line=error.line,
        column=error.column,
        node=error.node,
        path=None,
        value=None,
        shape=None,
        message=error.message,
        advice=error.advice,
    )


def _of_violation(violation: Violation) -> Finding:
    return Finding(
        check="shape",
        severity=violation.severity.value,
        file=violation.file,
        line=violation.line,
        column=None,
        node=violation.node,
        path=violation.path,
        value=violation.value,
        shape=violation.shape,
        message=violation.message,
        advice="",
    )
