"""What whoever runs a server is told of files that are edited by hand."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from communique import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from communique.errors import CommuniqueError
    from communique.gate import Finding
    from communique.repository import Repository
    from communique.store.generation import Generation


class Console:
    """Tells on standard error what becomes of edits, as ``communique check`` does."""

    def served(self, generation: Generation) -> None:
        """Tell that files which were edited are in service.

        Args:
            generation: The generation in service.
        """
        click.echo(f"the files are in service (dataset {generation.digest[:12]})", err=True)

    def rejected(self, findings: Sequence[Finding], generation: Generation) -> None:
        """Tell that the gate does not let files pass.

        Args:
            findings: Why not.
            generation: The generation that stays in service.
        """
        for finding in findings:
            click.echo(terminal.write_finding(finding), err=True)
        kept = f"dataset {generation.digest[:12]} stays in service"
        click.echo(f"{terminal.verdict(findings)}; {kept}", err=True)

    def failed(self, fault: CommuniqueError) -> None:
        """Tell that files cannot be read or built.

        Args:
            fault: Why not.
        """
        terminal.complain(fault)


@contextmanager
def watching(repository: Repository | None, *, is_watching: bool) -> Iterator[None]:
    """Put files that are edited by hand into service: as they are written, and at each SIGHUP.

    Args:
        repository: The repository; None if it never changes.
        is_watching: Whether to look at them as they are written.
    """
    if repository is None:
        yield
        return
    # Late, because most calls need no library that watches files.
    from communique.repository.watching import Watcher  # noqa: PLC0415

    watcher = Watcher(repository, Console(), is_watching=is_watching)
    before = signal.signal(signal.SIGHUP, lambda _number, _frame: watcher.wake())
    watcher.start()
    try:
        yield
    finally:
        watcher.stop()
        signal.signal(signal.SIGHUP, before)
