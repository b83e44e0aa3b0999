"""The commands that make one file of a dataset, and a dataset of one: ``backup``, ``restore``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from communique import terminal
from communique.cli.options import dataset_option, generations_option, json_option
from communique.errors import CallError

if TYPE_CHECKING:
    from communique.backup import Contents

_DIGEST: Final = 64


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@dataset_option
@generations_option
@json_option
@click.option(
    "--generation/--no-generation",
    "with_generation",
    default=False,
    show_default=True,
    help="Put in the built dataset as well, so that what is restored need not be built.",
)
@click.option("--force", "replace", is_flag=True, help="Replace FILE if it is there.")
def backup(  # noqa: PLR0913 - one for each option
    *,
    file: Path,
    root: Path,
    directory: Path,
    as_json: bool,
    with_generation: bool,
    replace: bool,
) -> None:
    """Make a backup of a dataset: one archive, FILE, which is read back and proven.

    A running server goes on answering; what would change the dataset waits meanwhile.
    """
    # Late, because other commands need not load what it needs.
    from communique import backup as backups  # noqa: PLC0415

    with terminal.progress() as progress:
        made = backups.save(
            root, file, directory, progress, with_generation=with_generation, replace=replace
        )
    if as_json:
        entry = {
            "file": str(made.path),
            "sha256": made.sha256,
            "size": made.size,
            **_contents(made.contents),
        }
        click.echo(json.dumps(entry, indent=2, ensure_ascii=False))
    else:
        size = terminal.count(len(made.contents.members), "file")
        click.echo(f"{made.sha256}  {made.path}")
        click.echo(f"dataset {made.contents.dataset} ({size}, {made.size:,} bytes)", err=True)


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@generations_option
@json_option
@click.option("--sha256", metavar="HEX", help="Refuse FILE unless this is its SHA-256.")
@click.option("--force", "replace", is_flag=True, help="Replace the dataset that DIR holds.")
def restore(  # noqa: PLR0913 - one for each option
    *,
    file: Path,
    folder: Path,
    directory: Path,
    as_json: bool,
    sha256: str | None,
    replace: bool,
) -> None:
    """Restore the dataset in the backup FILE to the folder DIR, byte for byte.

    Everything is proven before anything is touched.  DIR is new or empty, or, with --force, holds a
    dataset, whose files then change all together or not at all.
    """
    # Late, because other commands need not load what it needs.
    from communique import backup as backups  # noqa: PLC0415

    if sha256 is not None and len(sha256) != _DIGEST:
        raise CallError(f"{sha256} is no SHA-256", f"give its {_DIGEST} hexadecimal digits")
    with terminal.progress() as progress:
        restored = backups.restore(
            file, folder, directory, progress, sha256=sha256, replace=replace
        )
    if as_json:
        entry = {
            "folder": str(restored.root),
            "sha256": restored.sha256,
            "digest": restored.digest,
            "built": str(restored.generation) if restored.generation else None,
            "removed": list(restored.removed),
            **_contents(restored.contents),
        }
        click.echo(json.dumps(entry, indent=2, ensure_ascii=False))
        return
    click.echo(restored.root)
    click.echo(f"dataset {restored.digest}", err=True)
    if restored.digest != restored.contents.dataset:
        made = ", ".join(
            f"{name} {version}" for name, version in restored.contents.versions.items()
        )
        click.echo(f"the same files as in the backup; that was made with {made}", err=True)


def _contents(contents: Contents) -> dict[str, object]:
    return {
        "dataset": contents.dataset,
        "generation": contents.generation,
        "versions": contents.versions,
        "files": len(contents.members),
        "bytes": contents.size,
    }
