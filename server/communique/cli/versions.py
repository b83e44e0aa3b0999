"""The commands for versions of a dataset: ``export``, ``generations`` and ``diff``."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from communique import revisions, sources, terminal
from communique.cli import differences
from communique.cli.faults import EXIT_STATUS
from communique.cli.options import dataset_option, generations_option, json_option, opened
from communique.errors import DataError, UnusableVersion
from communique.store import comparing, exporting, keeping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from communique.store.keeping import Kept


def _shown(digest: str) -> str:
    """Return as much of a digest as people need."""
    return digest[:12]


@click.command()
@dataset_option
@generations_option
@click.option(
    "--format",
    "form",
    default=exporting.FORMATS[0],
    show_default=True,
    type=click.Choice(exporting.FORMATS),
    help="What to write.  Turtle has no named graphs: it has the default graph, or the merge of "
    "those that are chosen.",
)
@click.option(
    "--graph",
    "graphs",
    metavar="IRI",
    multiple=True,
    help="Write only this graph; may be given again.  The word default stands for the default "
    "graph.",
)
@click.option(
    "--inferred/--no-inferred",
    default=True,
    show_default=True,
    help="With or without what reasoning added.",
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Where to write, instead of standard output.",
)
def export(  # noqa: PLR0913 - one for each option
    *,
    root: Path,
    directory: Path,
    form: str,
    graphs: tuple[str, ...],
    inferred: bool,
    output: Path | None,
) -> None:
    """Write a dataset as one file: equal datasets give equal bytes.

    The facts, the ontology and what follows are in the default graph; every source file, the
    inferences and every proposition are named graphs.  The SHA-256 of the file is told on standard
    error.  N-Quads are in the canonical form of RDFC-1.0.
    """
    built = opened(root, directory)
    exported = exporting.export(built, form, graphs, inferred=inferred)
    if output is None:
        click.echo(exported.content, nl=False)
    else:
        _write(output, exported.content)
    size = terminal.count(exported.statements, "triple" if form == "turtle" else "quad")
    click.echo(f"SHA-256 {exported.sha256} ({size}, dataset {_shown(built.digest)})", err=True)


@click.command()
@dataset_option
@generations_option
@json_option
@click.option(
    "--prune",
    "keep",
    metavar="KEEP",
    type=click.IntRange(min=0),
    help="Remove all but the newest KEEP, and the dataset's current one.",
)
def generations(*, root: Path, directory: Path, as_json: bool, keep: int | None) -> None:
    """List the built datasets that are kept, the newest first; remove old ones.

    The one that is built from the dataset's files as they are now is marked with *.  One that is
    being built is never removed.  A server that serves one which is removed has to be started
    again.
    """
    current = sources.discover(root).digest
    found = keeping.kept(directory)
    removed = keeping.prune(found, keep, current) if keep is not None else []
    left = [entry for entry in found if entry not in removed]
    if as_json:
        listing = {
            "directory": str(directory),
            "current": current,
            "generations": [_entry(entry, current) for entry in left],
            "removed": [entry.digest for entry in removed],
        }
        click.echo(json.dumps(listing, indent=2, ensure_ascii=False))
        return
    if left:
        header = ("", "digest", "built", "size", "triples", "versions")
        terminal.table(header, [_row(entry, current) for entry in left])
    else:
        click.echo(f"no built dataset is kept in {directory}", err=True)
    if keep is not None:
        freed = _megabytes(sum(entry.size for entry in removed))
        click.echo(f"removed {len(removed)}, which frees {freed}", err=True)


@click.command()
@click.argument("a")
@click.argument("b")
@dataset_option
@generations_option
@json_option
@click.option(
    "--inferred/--no-inferred",
    default=True,
    show_default=True,
    help="Compare what follows as well, or only what is written.",
)
@click.pass_context
def diff(  # noqa: PLR0913 - one for each option
    ctx: click.Context,
    *,
    a: str,
    b: str,
    root: Path,
    directory: Path,
    as_json: bool,
    inferred: bool,
) -> None:
    """Say which triples and inferences B has and A has not, and the other way round.

    A and B are each a dataset's folder, the digest of a built dataset that is kept or the beginning
    of it, or a revision (HEAD~1) of the git repository that the dataset lies in.  Exit status: 0
    they are equal, 1 they differ, 2 they cannot be compared.
    """
    with terminal.progress() as progress:
        try:
            old, new = (revisions.find(name, root, directory, progress) for name in (a, b))
        except UnusableVersion as fault:
            for finding in fault.findings:
                click.echo(terminal.write_finding(finding), err=True)
            raise
    comparison = comparing.compare(old, new, inferred=inferred)
    if as_json:
        click.echo(differences.as_json(comparison, ((a, old), (b, new))))
    else:
        click.echo(differences.as_text(comparison), nl=False)
    ctx.exit(0 if comparison.is_equal else EXIT_STATUS[DataError])


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or as it was before."""
    if path.exists() and not path.is_file():  # a pipe or a device
        path.write_bytes(content)
        return
    target = path.resolve()
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _entry(entry: Kept, current: str) -> dict[str, object]:
    manifest = entry.manifest
    return {
        "digest": entry.digest,
        "current": entry.digest == current,
        "built": entry.built.isoformat(timespec="seconds"),
        "size": entry.size,
        "quads": manifest["quads"] if manifest else None,
        "triples": manifest["default_triples"] if manifest else None,
        "versions": manifest["versions"] if manifest else None,
    }


def _row(entry: Kept, current: str) -> Sequence[str]:
    manifest = entry.manifest
    built = f"{entry.built:%Y-%m-%d %H:%M:%S}Z"
    mark = "*" if entry.digest == current else ""
    if manifest is None:
        rest = ["?", "cannot be read; delete that directory"]
    else:
        versions = (f"{name} {version}" for name, version in manifest["versions"].items())
        rest = [f"{manifest['default_triples']:,}", ", ".join(versions)]
    return [mark, _shown(entry.digest), built, _megabytes(entry.size), *rest]


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"
