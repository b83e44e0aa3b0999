"""What the gate finds, whatever part of it found it, and the stages it goes through."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from communique.errors import (
    InconsistentOntology,
    LeakError,
    UnusableSources,
    ValidationFailed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from communique.errors import DataError
    from communique.validation import Violation


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


Progress: TypeAlias = "Callable[[Stage], None]"
"""Is called when a stage begins and when it ends."""


def silent(_stage: Stage) -> None:
    """Report nothing."""


@dataclass
class Clock:
    """Times stages and passes them on.

    Attributes:
        progress: Is told of each stage.
        stages: Those that have ended.
    """

    progress: Progress
    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[list[str]]:
        """Time what is done inside; what is put into the list lent is the stage's detail.

        Args:
            name: What is being done.
        """
        self.progress(Stage(name))
        detail: list[str] = []
        start = time.perf_counter()
        try:
            yield detail
        finally:
            done = Stage(name, time.perf_counter() - start, ", ".join(detail))
            self.stages.append(done)
            self.progress(done)


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


def findings_of(fault: DataError) -> tuple[Finding, ...]:
    """Break a fault of the dataset down into its single findings.

    Args:
        fault: What the gate raised.
    """
    if isinstance(fault, UnusableSources):
        return tuple(_of_error(single, "source") for single in fault.faults)
    if isinstance(fault, ValidationFailed):
        found = fault.report.violations + fault.report.warnings
        return tuple(of_violation(violation) for violation in found)
    if isinstance(fault, LeakError):
        return tuple(_of_error(leak, "claim") for leak in fault.leaks)
    if isinstance(fault, InconsistentOntology):
        return tuple(_of_error(single, "consistency") for single in fault.faults)
    return (_of_error(fault, "source"),)


def told(finding: Finding, root: Path | None = None) -> dict[str, Any]:
    """Return what is known of a finding, as JSON has it.

    Args:
        finding: The finding.
        root: The dataset's folder, to which the file is told relative.
    """
    file = finding.file
    if file is not None and root is not None and file.is_relative_to(root):
        file = file.relative_to(root)
    said = asdict(finding) | {"file": file and file.as_posix()}
    return {name: value for name, value in said.items() if value not in (None, "")}


def of_violation(violation: Violation) -> Finding:
    """Return what a shape found as a finding.

    Args:
        violation: What it found.
    """
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
