"""The command ``communique``.

Exit status: 0 all is well, 1 the data is at fault, 2 the call is at fault.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Final, cast

import click

from communique import __version__
from communique.cli.faults import EXIT_STATUS, Faults, exit_status

__all__ = ["EXIT_STATUS", "exit_status", "main"]

COMMANDS: Final = {
    "check": "building.check",
    "build": "building.build",
    "serve": "serving.serve",
    "query": "asking.query",
    "explain": "asking.explain",
    "anchors": "editing.anchors",
    "format": "editing.format_",
    "export": "versions.export",
    "generations": "versions.generations",
    "diff": "versions.diff",
    "import": "importing.import_",
    "backup": "archives.backup",
    "restore": "archives.restore",
    "token": "tokens.token",
    "history": "history.history",
    "blame": "history.blame",
}
"""Where each command is, in the order of the help."""


class Commands(Faults):
    """The commands, each loaded when it is called: what the others need takes long to load."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command.

        Args:
            cmd_name: Its name.
        """
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(".")
        return cast("click.Command", getattr(import_module(f"{__name__}.{module}"), name))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="communique")
def main() -> None:
    """Check, build, serve, query and compare a knowledge graph of who said what.

    Exit status: 0 all is well, 1 the data is at fault, 2 the call is at fault.
    """
    # rdflib logs a traceback for each literal that does not fit its datatype; shapes report those.
    logging.getLogger("rdflib").setLevel(logging.ERROR)
