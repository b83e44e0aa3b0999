"""What becomes of a fault: a message, and an exit status."""

from __future__ import annotations

import signal
from typing import Final

import click

from communique import terminal
from communique.errors import CallError, CommuniqueError, DataError

EXIT_STATUS: Final[dict[type[CommuniqueError], int]] = {DataError: 1, CallError: 2}
"""The exit status of each kind of fault; a subclass has that of its nearest ancestor here."""

_INTERRUPTED: Final = 128 + signal.SIGINT


def exit_status(fault: CommuniqueError) -> int:
    """Return the exit status that a fault stands for.

    Args:
        fault: The fault.
    """
    return next(EXIT_STATUS[kind] for kind in type(fault).__mro__ if kind in EXIT_STATUS)


class Faults(click.Group):
    """A group of commands whose foreseen faults end in a message and a status, not a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command.

        Args:
            ctx: The call.
        """
        try:
            return super().invoke(ctx)
        except DataError as fault:
            # Late, because most calls end well.
            from communique.gate import findings_of  # noqa: PLC0415

            for finding in findings_of(fault):
                click.echo(terminal.write_finding(finding), err=True)
            ctx.exit(exit_status(fault))
        except CommuniqueError as fault:
            terminal.complain(fault)
            ctx.exit(exit_status(fault))
        except OSError as fault:
            if fault.filename is None:
                raise
            click.echo(f"communique: {fault.filename}: {fault.strerror}", err=True)
            ctx.exit(EXIT_STATUS[CallError])
        except KeyboardInterrupt:
            click.echo("communique: interrupted", err=True)
            ctx.exit(_INTERRUPTED)
