"""Options that several commands have."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from communique import settings as settings_
from communique import sources, terminal
from communique.settings import Settings
from communique.store import generation

if TYPE_CHECKING:
    from collections.abc import Callable

    from communique.store.generation import Generation


def dataset_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option that names a dataset.

    Args:
        command: The command.
    """
    return click.option(
        "--dataset",
        "root",
        metavar="DIR",
        callback=lambda _ctx, _param, value: sources.find_root(value),
        type=click.Path(path_type=Path),
        help="The dataset's folder, with ontology/, graph/ and shapes/.  Default: the bundled one.",
    )(command)


def generations_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option that says where generations are kept.

    Args:
        command: The command.
    """
    return click.option(
        "--generations",
        "directory",
        metavar="DIR",
        envvar="COMMUNIQUE_GENERATIONS",
        show_envvar=True,
        default=generation.default_directory,
        show_default="in the user's cache",
        type=click.Path(path_type=Path, file_okay=False),
        help="Where built datasets are kept.",
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option to write JSON.

    Args:
        command: The command.
    """
    return click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")(
        command
    )


def _read_settings(ctx: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    """Have a file's settings stand where neither a flag nor a variable does."""
    if path is not None:
        ctx.default_map = settings_.read(path)


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command a flag for each setting, and one for a file of them.

    Args:
        command: The command.
    """
    for setting in reversed(fields(Settings)):
        default: object = setting.default
        declared = settings_.flag(setting.name)
        kind: click.ParamType[Any] | None = None
        least = setting.metadata["least"]
        if isinstance(default, bool):
            declared += f"/--no-{setting.name}"
        elif isinstance(default, int):
            kind = click.IntRange(least, settings_.MOST.get(setting.name))
        elif isinstance(default, float):
            kind = click.FloatRange(least)
        elif setting.name == "log":
            kind = click.Choice(settings_.LOGS)
        command = click.option(
            declared,
            setting.name,
            default=default,
            type=kind,
            envvar=settings_.variable(setting.name),
            show_default=bool(default),
            show_envvar=True,
            help=setting.metadata["help"],
        )(command)
    return click.option(
        "--config",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar=settings_.variable("config"),
        show_envvar=True,
        is_eager=True,
        expose_value=False,
        callback=_read_settings,
        help="A file of settings, in TOML.",
    )(command)


def opened(root: Path, directory: Path) -> Generation:
    """Open the generation of a dataset, building it if need be.

    Args:
        root: The dataset's folder.
        directory: Where generations are kept.
    """
    mended(root)
    found = generation.find(directory, sources.discover(root).digest)
    if found is not None:
        return found
    # Late, because who serves what has been built is to do so at once.
    from communique import gate  # noqa: PLC0415

    with terminal.progress() as progress:
        return gate.build(root, directory, progress)


def mended(root: Path) -> None:
    """Put right what a crash has left of a change of the dataset, and say so.

    Args:
        root: The dataset's folder.
    """
    # Late, because not everybody has anything to put right.
    from communique.repository import mend  # noqa: PLC0415

    for sentence in mend(root):
        click.echo(f"communique: {sentence}", err=True)
