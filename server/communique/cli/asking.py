"""The commands that ask a dataset: ``query`` and ``explain``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

import click

from communique import terminal
from communique.cli.faults import EXIT_STATUS
from communique.cli.options import dataset_option, generations_option, opened
from communique.errors import CallError, DataError
from communique.store import notices
from communique.store.query import ask
from communique.store.results import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from communique.store.results import Answer


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@dataset_option
@generations_option
@click.option(
    "--format",
    "form",
    default="table",
    show_default=True,
    type=click.Choice(["table", *(known.name for known in FORMATS)]),
    help="How to write the answer.",
)
def query(file: TextIO, root: Path, directory: Path, form: str) -> None:
    """Ask a dataset the SPARQL query in FILE (- for standard input)."""
    try:
        text = file.read()
    except UnicodeDecodeError as error:
        raise CallError("the query is not UTF-8 text", "save it in UTF-8") from error
    built = opened(root, directory)
    _write_answer(ask(built, text), form)
    left_out = notices.told(built.manifest)
    if left_out:
        click.echo(f"{left_out}; they are in their named graphs", err=True)


@click.command()
@click.argument("subject")
@click.argument("predicate")
@click.argument("object", metavar="OBJECT")
@dataset_option
@generations_option
@click.option(
    "--more",
    default=0,
    metavar="N",
    type=click.IntRange(min=0),
    help="Give up to N further proofs, that differ in their last step.",
)
@click.option(
    "--format",
    "form",
    default="text",
    show_default=True,
    type=click.Choice(["text", "json", "turtle"]),
    help="How to write the explanation; Turtle is PROV-O.",
)
@click.pass_context
def explain(  # noqa: PLR0913 - a triple has three terms, and the rest are options
    ctx: click.Context,
    *,
    subject: str,
    predicate: str,
    object: str,  # noqa: A002 - RDF's word
    root: Path,
    directory: Path,
    more: int,
    form: str,
) -> None:
    """Say why a triple holds, or what is missing for it to hold.

    SUBJECT, PREDICATE and OBJECT are prefixed names (id:csto, a for rdf:type), IRIs, or as the
    object a literal ("text"@en, 5).  Exit status: 0 the triple holds, 1 it does not.
    """
    built = opened(root, directory)
    # Late, because other commands need not load the library it needs.
    from communique import explain as explaining  # noqa: PLC0415

    explainer = explaining.Explainer(built, root)
    triple = explaining.read_triple(explainer.engine, subject, predicate, object)
    explanation = explainer.explain(triple, more)
    if form == "json":
        entry = explaining.as_structure(explanation)
        click.echo(json.dumps(entry, indent=2, ensure_ascii=False))
    else:
        write = explaining.as_turtle if form == "turtle" else explaining.as_text
        click.echo(write(explanation), nl=False)
    ctx.exit(0 if explanation.holds else EXIT_STATUS[DataError])


def _write_answer(answer: Answer, form: str) -> None:
    """Write the answer to a query on standard output."""
    if form == "table" and answer.kind == "ask":
        click.echo("yes" if answer.boolean else "no")
    elif form == "table" and answer.kind == "select":
        rows = [["" if term is None else str(term) for term in row] for row in answer.rows]
        terminal.table(answer.variables, rows)
    else:
        name = answer.formats[0].name if form == "table" else form
        chosen = next((known for known in answer.formats if known.name == name), None)
        if chosen is None:
            names = ", ".join(known.name for known in answer.formats)
            message = f"the answer to this kind of query has no form {form}"
            raise CallError(message, f"choose one of --format table, {names}")
        click.echo(answer.serialize(chosen.media_type), nl=False)
