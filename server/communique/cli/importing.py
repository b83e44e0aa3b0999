"""The command that takes in what others have written: ``import``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from communique import terminal
from communique.cli.options import generations_option, json_option
from communique.gate.findings import of_violation
from communique.store import exporting


@click.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--dataset",
    "root",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The dataset's folder; a new or empty one becomes a dataset.",
)
@generations_option
@json_option
@click.option(
    "--format",
    "form",
    type=click.Choice(exporting.FORMATS),
    help="What the files are, where their names do not say it.",
)
@click.option("--replace", is_flag=True, help="Replace files that say something else.")
@click.option("--dry-run", is_flag=True, help="Change nothing; only say what would come of it.")
def import_(  # noqa: PLR0913 - one for each option
    *,
    files: tuple[Path, ...],
    root: Path,
    directory: Path,
    as_json: bool,
    form: str | None,
    replace: bool,
    dry_run: bool,
) -> None:
    """Take the named graphs of FILES into a dataset: each becomes its Turtle file.

    What is imported passes the gate, all of it or nothing.  What a dataset derives, such as
    inferences, is left out.  RDF/XML is refused, and so is JSON-LD whose context is elsewhere.
    """
    # Late, because other commands need not load what it needs.
    from communique import importing  # noqa: PLC0415

    with terminal.progress() as progress:
        applied = importing.apply(
            files, form, root, directory, progress, replace=replace, dry_run=dry_run
        )
    for warning in applied.report.warnings:
        click.echo(terminal.write_finding(of_violation(warning)), err=True)
    if as_json:
        entry = {
            "dataset": str(root),
            "before": applied.before,
            "after": applied.after,
            "dry_run": dry_run,
            "changed": list(applied.changed),
            "graphs": {
                edit.name: applied.imported.graphs[edit.name] for edit in applied.imported.edits
            },
            "left_out": applied.imported.left_out,
        }
        click.echo(json.dumps(entry, indent=2, ensure_ascii=False))
        return
    for name in applied.changed:
        click.echo(name)
    files_ = terminal.count(len(applied.changed), "file")
    would = "would change" if dry_run else "changed"
    click.echo(f"{files_} {would}; dataset {applied.after}", err=True)
