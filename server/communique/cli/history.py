"""The commands that ask git what became of a node: ``history`` and ``blame``."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Final

import click

from communique import namespaces
from communique.cli import differences
from communique.cli.options import dataset_option, json_option
from communique.errors import CallError
from communique.repository import tracing

if TYPE_CHECKING:
    from pathlib import Path

    from communique.repository.tracing import Origin, Trace
    from communique.repository.walking import Commit

_SHOWN: Final = 10
"""How many digits of a commit's name people need."""
_UNCOMMITTED: Final = "not committed"


@click.command()
@click.argument("iri")
@dataset_option
@json_option
def history(iri: str, root: Path, *, as_json: bool) -> None:
    """Say who changed what is said of a node or a graph, when and why.

    IRI is a prefixed name (edm-2-213:C03, id:csto, cmq:Claim) or an IRI in full; that of a graph is
    its file's header.  The newest commit comes first, and before it what is not committed yet.
    """
    found = tracing.trace(root, _read(iri))
    if as_json:
        entries = [
            {"commit": _commit(entry.commit), "graphs": differences.as_structure(entry.comparison)}
            for entry in found.entries
        ]
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
        return
    for number, entry in enumerate(found.entries):
        click.echo(("\n" if number else "") + _heading(entry.commit))
        click.echo(differences.as_text(entry.comparison), nl=False)


@click.command()
@click.argument("iri")
@dataset_option
@json_option
def blame(iri: str, root: Path, *, as_json: bool) -> None:
    """Say of each triple about a node or a graph which commit it is from.

    IRI is as for history.  A triple that was taken back and said again is from the commit that said
    it again.
    """
    found = tracing.trace(root, _read(iri))
    if as_json:
        entries = [
            {
                "graph": origin.graph,
                "file": origin.file,
                "triple": origin.triple,
                "commit": _commit(origin.commit),
            }
            for origin in found.origins
        ]
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
    elif found.origins:
        click.echo("\n".join(_blame(found)))
    else:
        click.echo(f"nothing is said of {iri} now; communique history says who said what", err=True)


def _read(name: str) -> str:
    """Return the IRI that a call names.

    Raises:
        CallError: It names none.
    """
    iri = namespaces.expand(name)
    if iri is None:
        raise CallError(f"{name} is no IRI", "write a prefixed name (id:csto) or an IRI in full")
    return iri


def _heading(commit: Commit) -> str:
    """Write a commit as ``git log`` does."""
    if not commit.name:
        return f"{_UNCOMMITTED}\n"
    message = "".join(f"    {line}".rstrip() + "\n" for line in commit.message.splitlines())
    who = f"{commit.author} <{commit.email}>"
    return f"commit {commit.name}\nAuthor: {who}\nDate:   {commit.date}\n\n{message}"


def _blame(found: Trace) -> list[str]:
    """Write the triples by graph and subject, each after its commit."""
    lines = []
    width = max(len(_origin(origin)) for origin in found.origins)
    for (file, graph), of_graph in groupby(found.origins, key=lambda o: (o.file, o.graph)):
        lines += [f"{file} <{graph}>"]
        commits = {origin.triple: origin for origin in of_graph}
        shown = differences.outer(list(commits), found.nodes)
        for subject, triples in groupby(shown, key=lambda triple: triple[0]):
            lines.append(f"  {differences.write_term(subject, found.nodes)}")
            for triple in triples:
                verb = differences.write_verb(triple[1], found.nodes)
                value = differences.write_term(triple[2], found.nodes)
                lines.append(f"    {_origin(commits[triple]).ljust(width)}  {verb} {value}")
    return lines


def _origin(origin: Origin) -> str:
    """Write the commit of a triple on part of a line."""
    commit = origin.commit
    if not commit.name:
        return _UNCOMMITTED
    return f"{commit.name[:_SHOWN]}  {commit.date[:10]}  {commit.author}"


def _commit(commit: Commit) -> dict[str, object] | None:
    """Return a commit as JSON has it; None for what is not committed."""
    if not commit.name:
        return None
    return {
        "name": commit.name,
        "date": commit.date,
        "author": {"name": commit.author, "email": commit.email},
        "message": commit.message,
        "versions": {"before": commit.before or None, "after": commit.after or None},
    }
