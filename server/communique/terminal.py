"""What the command line shows: findings, progress and tables; plain where nobody watches."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from communique.namespaces import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from communique.anchors import Mismatch
    from communique.errors import CommuniqueError
    from communique.gate import Finding, Progress, Stage


def write_finding(finding: Finding) -> str:
    """Write a finding as ``file:line: node property: shape: message — advice``.

    Args:
        finding: The finding.
    """
    node = shorten(finding.node) if finding.node else ""
    if finding.path:
        node = f"{node} {finding.path}"
    message = finding.message
    if finding.severity != "violation":
        message = f"{finding.severity}: {message}"
    if finding.advice:
        message = f"{message} — {finding.advice}"
    place = _place(finding.file, finding.line, finding.column)
    shape = shorten(finding.shape) if finding.shape else ""
    return ": ".join(part for part in (place, node, shape, message) if part)


def verdict(findings: Sequence[Finding]) -> str:
    """Say in short whether the gate lets pass what it found this of, and how much that is.

    Args:
        findings: What it found.
    """
    faults = sum(finding.severity == "violation" for finding in findings)
    counts = f"{count(faults, 'violation')}, {count(len(findings) - faults, 'warning')}"
    return f"{'failed' if faults else 'passed'}: {counts}"


def write_mismatch(mismatch: Mismatch) -> str:
    """Write an anchor that does not resolve as ``file:line: node: kind: message``.

    Args:
        mismatch: The mismatch.
    """
    place = _place(mismatch.file, mismatch.line)
    parts = (place, shorten(mismatch.node), mismatch.kind, mismatch.message)
    return ": ".join(part for part in parts if part)


def _place(file: Path | None, *numbers: int | None) -> str:
    """Write a place as ``file:line:column``, as far as it is known."""
    if file is None:
        return ""
    return ":".join(str(part) for part in (near(file), *numbers) if part is not None)


def near(path: Path) -> Path:
    """Return a path relative to the working directory if it lies below it.

    Args:
        path: The path.
    """
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def complain(error: CommuniqueError) -> None:
    """Say on standard error what is wrong.

    Args:
        error: The fault.
    """
    click.echo(f"communique: {error}", err=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """Lend a function that shows the stages of the gate on standard error as they go."""
    if not sys.stderr.isatty():
        yield _plain
        return
    # Late, because most calls have no stage to show, and rich is slow to load.
    from rich.console import Console  # noqa: PLC0415

    console = Console(stderr=True, highlight=False)
    with console.status("") as status:

        def show(stage: Stage) -> None:
            if stage.seconds is None:
                status.update(f"{stage.name} …")
            else:
                console.print(_done(stage), markup=False, style="dim")

        yield show


def _plain(stage: Stage) -> None:
    if stage.seconds is not None:
        click.echo(_done(stage), err=True)


def _done(stage: Stage) -> str:
    detail = f": {stage.detail}" if stage.detail else ""
    return f"{stage.name}{detail} ({stage.seconds:.2f} s)"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Show rows on standard output: ruled on a terminal, in plain columns otherwise.

    Args:
        header: The names of the columns.
        rows: The cells.
    """
    if sys.stdout.isatty():
        from rich import box  # noqa: PLC0415 - as in progress
        from rich.console import Console  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        ruled = Table(box=box.SIMPLE_HEAD)
        for name in header:
            ruled.add_column(name, overflow="fold")
        for row in rows:
            ruled.add_row(*(Text(cell) for cell in row))
        Console(highlight=False).print(ruled)
        return
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    for row in (header, ["-" * width for width in widths], *rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def count(number: int, noun: str) -> str:
    """Write a number of things.

    Args:
        number: How many there are.
        noun: What one is called.
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
