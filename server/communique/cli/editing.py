"""The commands that help an editor with the files: ``anchors`` and ``format``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from communique import sources, terminal
from communique.cli.faults import EXIT_STATUS
from communique.cli.options import dataset_option, json_option
from communique.errors import DataError

if TYPE_CHECKING:
    from communique.anchors import AnchorReport

MISMATCHES: Final = 20
"""How many mismatches of anchors are listed: with another text, most anchors do not resolve."""


@click.command()
@click.argument("textfile", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@dataset_option
@click.option("--article", metavar="SLUG", help="The article, where the text's digest differs.")
@json_option
@click.pass_context
def anchors(
    ctx: click.Context, textfile: Path, root: Path, article: str | None, *, as_json: bool
) -> None:
    """Resolve every anchor of an article in its text, which TEXTFILE holds."""
    # Late, because it loads the libraries that only building needs.
    from communique import anchors as resolving  # noqa: PLC0415
    from communique import dataset  # noqa: PLC0415

    loaded = dataset.load(sources.discover(root))
    report = resolving.resolve(loaded, textfile.read_bytes(), article)
    if as_json:
        entry = asdict(report) | {"passed": report.passed, "same_text": report.same_text}
        click.echo(json.dumps(entry, indent=2, ensure_ascii=False, default=str))
    else:
        _write_anchors(report, textfile)
    ctx.exit(0 if report.passed else EXIT_STATUS[DataError])


@click.command("format")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@dataset_option
@click.option("--check", "only_check", is_flag=True, help="Change nothing; fail if one would.")
def format_(files: tuple[Path, ...], root: Path, *, only_check: bool) -> None:
    """Bring the dataset's Turtle, or FILES, into the one layout."""
    # Late, because it loads the libraries that only building needs.
    from communique import turtle  # noqa: PLC0415

    chosen = list(files) or [file.path for file in sources.discover(root).files]
    for path in chosen:
        for line in turtle.lost_comments(path):
            _refuse_comment(path, line)
    changed = turtle.format_files(chosen, check=only_check)
    for path in changed:
        click.echo(terminal.near(path))
    if changed and only_check:
        message = f"not in the one layout: {terminal.count(len(changed), 'file')}"
        raise DataError(message, "run communique format")


def _refuse_comment(path: Path, line: int) -> NoReturn:
    raise DataError(
        "formatting would lose this comment",
        "move it to the head of the file, or say it in an rdfs:comment or a note",
        file=path,
        line=line,
    )


def _write_anchors(report: AnchorReport, textfile: Path) -> None:
    """Write what resolves and what does not on standard output."""
    if not report.same_text:
        click.echo(f"{textfile} is another text than the one encoded as {report.text}:")
        click.echo(f"its SHA-256 is {report.found}, the encoded text's {report.expected}")
    for mismatch in report.mismatches[:MISMATCHES]:
        click.echo(terminal.write_mismatch(mismatch))
    more = len(report.mismatches) - MISMATCHES
    if more > 0:
        click.echo(f"and {more} more; --json lists all")
    if report.same_text and report.outside:
        stretches = ", ".join(f"{first} to {last}" for first, last in report.outside)
        click.echo(f"text outside all passages: {stretches}")
    click.echo(report.summary())
