"""The commands that put a dataset through the gate: ``check`` and ``build``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from communique import gate, terminal
from communique.cli.faults import EXIT_STATUS
from communique.cli.options import (
    dataset_option,
    generations_option,
    json_option,
    mended,
    opened,
)
from communique.errors import DataError

if TYPE_CHECKING:
    from communique.gate import Finding, GateReport


@click.command()
@dataset_option
@json_option
@click.option(
    "--report",
    "shacl",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the W3C validation report there, as Turtle.",
)
@click.pass_context
def check(ctx: click.Context, root: Path, *, as_json: bool, shacl: Path | None) -> None:
    """Put a dataset through the whole gate, without building it."""
    mended(root)
    with terminal.progress() as progress:
        report = gate.check(root, progress)
    if shacl is not None:
        if report.shapes is None:
            click.echo("communique: the shapes were not reached, so there is no report", err=True)
        else:
            shacl.write_text(report.shapes.turtle(), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(_report(report), indent=2, ensure_ascii=False))
    else:
        for finding in report.findings:
            click.echo(terminal.write_finding(finding))
        click.echo(terminal.verdict(report.findings))
    ctx.exit(0 if report.passed else EXIT_STATUS[DataError])


@click.command()
@dataset_option
@generations_option
@json_option
def build(root: Path, directory: Path, *, as_json: bool) -> None:
    """Build a dataset for serving, if it is not built already."""
    built = opened(root, directory)
    if as_json:
        entry = {"path": str(built.path), **built.manifest}
        click.echo(json.dumps(entry, indent=2, ensure_ascii=False))
    else:
        click.echo(built.path)


def _report(report: GateReport) -> dict[str, object]:
    """Return a gate report as JSON has it, with files relative to the dataset."""

    def entry(finding: Finding) -> dict[str, object]:
        file = finding.file
        if file is not None and file.is_relative_to(report.root):
            file = file.relative_to(report.root)
        return asdict(finding) | {"file": file.as_posix() if file else None}

    return {
        "dataset": str(report.root),
        "digest": report.digest,
        "passed": report.passed,
        "findings": [entry(finding) for finding in report.findings],
        "stages": [asdict(stage) for stage in report.stages],
    }
