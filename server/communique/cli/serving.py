"""The command ``serve``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from communique import sources, terminal
from communique.cli.options import dataset_option, generations_option, opened, settings_options
from communique.cli.tokens import tokens_option
from communique.cli.watching import watching
from communique.errors import CallError
from communique.settings import Settings
from communique.store.workers.pool import Pool
from communique.tokens import Tokens

if TYPE_CHECKING:
    from pathlib import Path

    from communique.repository import Repository


@click.command()
@dataset_option
@generations_option
@tokens_option
@settings_options
def serve(root: Path, directory: Path, path: Path, **chosen: object) -> None:
    """Serve a dataset as a SPARQL endpoint, after checking and building it if need be.

    A flag goes before the environment's variable, that before the file given by --config.
    """
    settings = Settings(**chosen)  # type: ignore[arg-type] # click made them what they are to be
    repository = _repository(root, directory, settings)
    built = repository.generation if repository is not None else opened(root, directory)
    # The workers start while the web is loaded, which takes as long.
    pool = Pool.start(built.path, settings)
    # Late, because no other command needs the web.
    from communique import web  # noqa: PLC0415

    web.configure(settings.log)
    limited = web.Limited.start(built, settings, pool)
    examples = sources.examples(root)
    application = web.create_app(
        built,
        examples,
        root,
        limited,
        has_metrics=settings.metrics,
        repository=repository,
        tokens=Tokens(path) if settings.writable else None,
        default_graph=settings.default_graph,
    )

    def announce(url: str) -> None:
        click.echo(f"serving {url} (dataset {built.digest[:12]}); Ctrl-C stops", err=True)

    with watching(repository, is_watching=settings.watch):
        web.serve(application, settings, limited, announce)
    click.echo("stopped", err=True)


def _repository(root: Path, directory: Path, settings: Settings) -> Repository | None:
    """Open what changes the dataset while it is served; None if nothing does.

    Raises:
        CallError: There would be nothing to commit.
        GitFailure: Changes cannot be committed.
    """
    if settings.git and not settings.writable:
        message = "--git commits changes over HTTP, and there are none"
        raise CallError(message, "allow them with --writable, or leave --git out")
    if not (settings.writable or settings.watch):
        return None
    # Late, because not every platform has the locks that it needs.
    from communique.repository import Repository  # noqa: PLC0415
    from communique.repository.history import History  # noqa: PLC0415

    history = History(root) if settings.git else None
    if history is not None:
        history.check()
    repository = Repository(root, directory, history)
    with terminal.progress() as progress:
        repository.open(progress)
    for sentence in repository.recovered:
        click.echo(f"communique: {sentence}", err=True)
    return repository
