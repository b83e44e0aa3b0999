"""The command ``communique``.

Exit status: 0 all is well, 1 the data is at fault, 2 the call is at fault.
"""

from __future__ import annotations

import logging

import click

from communique import __version__
from communique.cli import (
    archives,
    asking,
    building,
    editing,
    history,
    importing,
    serving,
    tokens,
    versions,
)
from communique.cli.faults import EXIT_STATUS, Faults, exit_status

__all__ = ["EXIT_STATUS", "exit_status", "main"]


@click.group(cls=Faults, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="communique")
def main() -> None:
    """Check, build, serve, query and compare a knowledge graph of who said what.

    Exit status: 0 all is well, 1 the data is at fault, 2 the call is at fault.
    """
    # rdflib logs a traceback for each literal that does not fit its datatype; shapes report those.
    logging.getLogger("rdflib").setLevel(logging.ERROR)


for _command in (
    building.check,
    building.build,
    serving.serve,
    asking.query,
    asking.explain,
    editing.anchors,
    editing.format_,
    versions.export,
    versions.generations,
    versions.diff,
    importing.import_,
    archives.backup,
    archives.restore,
    tokens.token,
    history.history,
    history.blame,
):
    main.add_command(_command)
