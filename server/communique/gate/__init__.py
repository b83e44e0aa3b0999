"""The gate: what a dataset, or a change of one, must pass before anything of it is served."""

from __future__ import annotations

from communique.gate.change import Candidate, Difference, propose
from communique.gate.findings import Finding, Progress, Stage, findings_of, silent
from communique.gate.whole import GateReport, build, check

__all__ = [
    "Candidate",
    "Difference",
    "Finding",
    "GateReport",
    "Progress",
    "Stage",
    "build",
    "check",
    "findings_of",
    "propose",
    "silent",
]
