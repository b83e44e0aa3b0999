"""The gate: what a dataset must pass before anything of it is served.

read → shapes → claims → reasoning → claims again → shapes again → store.  Each stage is timed and
reported as it goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from communique import sources
from communique.errors import DataError, InconsistentOntology, ValidationFailed
from communique.gate.findings import Clock, findings_of, of_violation, silent
from communique.namespaces import INFERRED_GRAPH
from communique.store import generation
from communique.store.generation import FACTS, Contents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from communique.claims.propositions import Proposition
    from communique.dataset import Dataset, Located
    from communique.gate.findings import Finding, Progress, Stage
    from communique.reasoning import Contradiction
    from communique.reasoning.compiled import Compiled
    from communique.sources import Sources
    from communique.store.engine import Embedded
    from communique.store.generation import Draft, Generation, GraphEntry
    from communique.store.memory import Memory
    from communique.store.withdrawals import WithdrawnCount
    from communique.validation import Report


@dataclass(frozen=True, slots=True)
class Passed:
    """A dataset that the gate lets pass, with what the gate derived from it.

    Attributes:
        contents: What its generation is to hold.
        report: What the shapes found; warnings only.
    """

    contents: Contents
    report: Report


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
    found = generation.find(directory, passed.contents.digest)
    if found is not None:  # another process was faster
        return found
    with generation.draft(directory) as begun:
        write(passed.contents, begun, clock)
        return begun.publish()


def write(contents: Contents, begun: Draft, clock: Clock) -> None:
    """Write the generation of a dataset, without publishing it.

    Args:
        contents: What it is to hold.
        begun: Where to write.
        clock: Is told of the stage.

    Raises:
        BuildError: It cannot be written.
    """
    with clock.stage("store") as detail:
        manifest = generation.write(contents, begun)
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
    from communique.validation import following  # noqa: PLC0415

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
    contents = derive(dataset, clock)
    with clock.stage("shapes after reasoning") as detail:
        known = (FACTS, INFERRED_GRAPH)
        found = following.validate_known(contents.store, known, dataset.inference_shapes, dataset)
        detail.append(f"{len(found.violations)} violations")
        if not found.passed:
            raise ValidationFailed(found)
    return Passed(contents, report.with_warnings(found))


def derive(dataset: Dataset, clock: Clock) -> Contents:
    """Go through the stages after the shapes.

    Args:
        dataset: A dataset that its shapes accept.
        clock: Is told of each stage.

    Raises:
        DataError: The first stage that finds violations raises them.
    """
    from communique import reasoning  # noqa: PLC0415 - as in run
    from communique.claims import propositions as claims  # noqa: PLC0415 - as in run
    from communique.reasoning import compiled  # noqa: PLC0415 - as in run
    from communique.store.memory import Memory  # noqa: PLC0415 - as in run

    engine = Memory()
    with clock.stage("claims") as detail:
        found = claims.propositions(dataset)
        graphs, withdrawn = _fill(engine, dataset, found)
        claims.check_leaks(dataset, found, engine.contents(FACTS))
        detail += [f"{len(found)} propositions", "none asserted"]
    with clock.stage("reasoning") as detail:
        schema = reasoning.close_schema(dataset.ontology)
        reasoning.close(engine, schema, FACTS, INFERRED_GRAPH)
        detail.append(f"{engine.size(INFERRED_GRAPH):,} triples inferred")
        rules = compiled.compiled(schema)
        known = (FACTS, INFERRED_GRAPH)
        contradictions = list(reasoning.contradictions(engine, rules.rules, known))
        if contradictions:
            # Proofs are sought in all that is known, which is the default graph of a generation.
            for graph in known:
                engine.update(f"ADD GRAPH <{graph}> TO DEFAULT")
            raise inconsistency(dataset, contradictions, engine, rules)
    with clock.stage("claims after reasoning") as detail:
        claims.check_leaks(dataset, found, engine.contents(INFERRED_GRAPH), inferred=True)
        detail.append("none inferred")
    return Contents(
        digest=dataset.digest,
        store=engine.store,
        graphs=graphs,
        propositions=len(found),
        withdrawn=withdrawn,
        rules=compiled.dump(rules),
    )


def inconsistency(
    dataset: Located, found: Sequence[Contradiction], engine: Embedded, rules: Compiled
) -> InconsistentOntology:
    """Say where the triples that contradict one another are written, or what they follow from.

    Args:
        dataset: Knows where things are written.
        found: The contradictions.
        engine: The store; its default graph is everything known.
        rules: What the ontology was compiled to.
    """
    from communique.explain import contradictions  # noqa: PLC0415 - as in run
    from communique.reasoning.proofs import Prover  # noqa: PLC0415 - as in run

    prover = Prover(engine, rules.steps, INFERRED_GRAPH)
    faults = [contradictions.fault(dataset, contradiction, prover) for contradiction in found]
    return InconsistentOntology(faults)


def _fill(
    engine: Memory, dataset: Dataset, found: Iterable[Proposition]
) -> tuple[dict[str, GraphEntry], WithdrawnCount]:
    """Put into a store what the files say, what propositions claim, and which triples are facts.

    Returns:
        What to say of the named graphs, and how much is withdrawn.
    """
    from communique.store import withdrawals  # noqa: PLC0415 - as in run
    from communique.store.facts import Facts  # noqa: PLC0415 - as in run

    graphs: dict[str, GraphEntry] = {}
    for graph in dataset.graphs.values():
        engine.load(graph.triples, str(graph.name))
        graphs[str(graph.name)] = generation.entry(graph)
    facts = Facts(engine.store, graphs)
    for name in list(graphs):
        engine.add(facts.of(name), FACTS)
    for proposition in found:
        engine.load([proposition.triple], str(proposition.name))
    engine.store.extend(withdrawals.marks(facts.withdrawn))
    return graphs | generation.generated(facts.withdrawn), withdrawals.count(facts.withdrawn)
