"""The command ``serve``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from communique import sources
from communique.cli.options import dataset_option, generations_option, opened, settings_options
from communique.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@dataset_option
@generations_option
@settings_options
def serve(root: Path, directory: Path, **chosen: object) -> None:
    """Serve a dataset as a SPARQL endpoint, after checking and building it if need be.

    A flag goes before the environment's variable, that before the file given by --config.
    """
    settings = Settings(**chosen)  # type: ignore[arg-type] # click made them what they are to be
    built = opened(root, directory)
    # Late, because no other command needs the web.
    from communique import web  # noqa: PLC0415

    web.configure(settings.log)
    limited = web.Limited.start(built, settings)
    examples = sources.examples(root)
    application = web.create_app(built, examples, root, limited, has_metrics=settings.metrics)

    def announce(url: str) -> None:
        click.echo(f"serving {url} (dataset {built.digest[:12]}); Ctrl-C stops", err=True)

    web.serve(application, settings, limited, announce)
    click.echo("stopped", err=True)
