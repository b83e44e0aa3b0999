"""The command ``communique``.

Exit status: 0 all is well, 1 the data is at fault, 2 the call is at fault.
"""

from __future__ import annotations

import json
import logging
import signal
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TextIO

import click

from communique import __version__, gate, sources, terminal
from communique import settings as settings_
from communique.errors import CallError, CommuniqueError, DataError
from communique.settings import Settings
from communique.store import generation
from communique.store.query import ask
from communique.store.results import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from communique.anchors import AnchorReport
    from communique.gate import Finding, GateReport
    from communique.store.generation import Generation
    from communique.store.results import Answer

EXIT_STATUS: Final[dict[type[CommuniqueError], int]] = {DataError: 1, CallError: 2}
"""The exit status of each kind of fault; a subclass has that of its nearest ancestor here."""

_MISMATCHES: Final = 20
"""How many mismatches of anchors are listed: with another text, most anchors do not resolve."""
_INTERRUPTED: Final = 128 + signal.SIGINT


def exit_status(fault: CommuniqueError) -> int:
    """Return the exit status that a fault stands for.

    Args:
        fault: The fault.
    """
    return next(EXIT_STATUS[kind] for kind in type(fault).__mro__ if kind in EXIT_STATUS)


class _Faults(click.Group):
    """A group of commands whose foreseen faults end in a message and a status, not a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command.

        Args:
            ctx: The call.
        """
        try:
            return super().invoke(ctx)
        except DataError as fault:
            for finding in gate.findings_of(fault):
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


def _dataset_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--dataset",
        "root",
        metavar="DIR",
        callback=lambda _ctx, _param, value: sources.find_root(value),
        type=click.Path(path_type=Path),
        help="The dataset's folder, with ontology/, graph/ and shapes/.  Default: the bundled one.",
    )(command)


def _generations_option(command: Callable[..., Any]) -> Callable[..., Any]:
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


def _json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")(
        command
    )


def _read_settings(ctx: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    """Have a file's settings stand where neither a flag nor a variable does."""
    if path is not None:
        ctx.default_map = settings_.read(path)


def _settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command a flag for each setting, and one for a file of them."""
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


@click.group(cls=_Faults, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="communique")
def main() -> None:
    """Check, build, serve and query a knowledge graph of who said what.

    Exit status: 0 all is well, 1 the data is at fault, 2 the call is at fault.
    """
    # rdflib logs a traceback for each literal that does not fit its datatype; shapes report those.
    logging.getLogger("rdflib").setLevel(logging.ERROR)


@main.command()
@_dataset_option
@_json_option
@click.option(
    "--report",
    "shacl",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the W3C validation report there, as Turtle.",
)
@click.pass_context
def check(ctx: click.Context, root: Path, *, as_json: bool, shacl: Path | None) -> None:
    """Put a dataset through the whole gate, without building it."""
    with terminal.progress() as progress:
        report = gate.check(root, progress)
    if shacl is not None:
        if report.shapes is None:
            click.echo("communique: the shapes were not reached, so there is no report", err=True)
        else:
            shacl.write_text(report.shapes.turtle(), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(_report(report), indent=2, ensure_ascii=False))
    else:
        for finding in report.findings:
            click.echo(terminal.write_finding(finding))
        faults = sum(finding.severity == "violation" for finding in report.findings)
        doubts = len(report.findings) - faults
        verdict = "passed" if report.passed else "failed"
        click.echo(f"{verdict}: {_count(faults, 'violation')}, {_count(doubts, 'warning')}")
    ctx.exit(0 if report.passed else EXIT_STATUS[DataError])


@main.command()
@_dataset_option
@_generations_option
@_json_option
def build(root: Path, directory: Path, *, as_json: bool) -> None:
    """Build a dataset for serving, if it is not built already."""
    built = _generation(root, directory)
    if as_json:
        entry = {"path": str(built.path), **built.manifest}
        click.echo(json.dumps(entry, indent=2, ensure_ascii=False))
    else:
        click.echo(built.path)


@main.command()
@_dataset_option
@_generations_option
@_settings_options
def serve(root: Path, directory: Path, **chosen: object) -> None:
    """Serve a dataset as a SPARQL endpoint, after checking and building it if need be.

    A flag goes before the environment's variable, that before the file given by --config.
    """
    settings = Settings(**chosen)  # type: ignore[arg-type] # click made them what they are to be
    built = _generation(root, directory)
    # Late, because no other command needs the web.
    from communique import web  # noqa: PLC0415

    limited = web.Limited.start(built, settings)
    application = web.create_app(built, sources.examples(root), root, limited)

    def announce(url: str) -> None:
        click.echo(f"serving {url} (dataset {built.digest[:12]}); Ctrl-C stops", err=True)

    web.serve(application, settings, limited, announce)
    click.echo("stopped", err=True)


@main.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@_dataset_option
@_generations_option
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
    _write_answer(ask(_generation(root, directory), text), form)


@main.command()
@click.argument("subject")
@click.argument("predicate")
@click.argument("object", metavar="OBJECT")
@_dataset_option
@_generations_option
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
    built = _generation(root, directory)
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


@main.command()
@click.argument("textfile", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_dataset_option
@click.option("--article", metavar="SLUG", help="The article, where the text's digest differs.")
@_json_option
@click.pass_context
def anchors(
    ctx: click.Context, textfile: Path, root: Path, article: str | None, *, as_json: bool
) -> None:
    """Resolve every anchor of an article in its text, which TEXTFILE holds."""
    # Late, because it loads the libraries that only building needs.
    from communique import anchors as resolving  # noqa: PLC0415
    from communique import dataset  # noqa: PLC0415

    loaded = dataset.load(sources.discover(root))
    report = resolving.resolve(loaded, textfile.read_bytes(), article)
    if as_json:
        entry = asdict(report) | {"passed": report.passed, "same_text": report.same_text}
        click.echo(json.dumps(entry, indent=2, ensure_ascii=False, default=str))
    else:
        _write_anchors(report, textfile)
    ctx.exit(0 if report.passed else EXIT_STATUS[DataError])


@main.command("format")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_dataset_option
@click.option("--check", "only_check", is_flag=True, help="Change nothing; fail if one would.")
def format_(files: tuple[Path, ...], root: Path, *, only_check: bool) -> None:
    """Bring the dataset's Turtle, or FILES, into the one layout."""
    # Late, because it loads the libraries that only building needs.
    from communique import turtle  # noqa: PLC0415

    chosen = list(files) or [file.path for file in sources.discover(root).files]
    for path in chosen:
        for line in turtle.lost_comments(path):
            _refuse_comment(path, line)
    changed = turtle.format_files(chosen, check=only_check)
    for path in changed:
        click.echo(terminal.near(path))
    if changed and only_check:
        message = f"not in the one layout: {_count(len(changed), 'file')}"
        raise DataError(message, "run communique format")


def _refuse_comment(path: Path, line: int) -> NoReturn:
    raise DataError(
        "formatting would lose this comment",
        "move it to the head of the file, or say it in an rdfs:comment or a note",
        file=path,
        line=line,
    )


def _generation(root: Path, directory: Path) -> Generation:
    """Open the generation of a dataset, building it if need be."""
    with terminal.progress() as progress:
        return gate.build(root, directory, progress)


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


def _write_anchors(report: AnchorReport, textfile: Path) -> None:
    """Write what resolves and what does not on standard output."""
    if not report.same_text:
        click.echo(f"{textfile} is another text than the one encoded as {report.text}:")
        click.echo(f"its SHA-256 is {report.found}, the encoded text's {report.expected}")
    for mismatch in report.mismatches[:_MISMATCHES]:
        click.echo(terminal.write_mismatch(mismatch))
    more = len(report.mismatches) - _MISMATCHES
    if more > 0:
        click.echo(f"and {more} more; --json lists all")
    if report.same_text and report.outside:
        stretches = ", ".join(f"{first} to {last}" for first, last in report.outside)
        click.echo(f"text outside all passages: {stretches}")
    click.echo(report.summary())


def _report(report: GateReport) -> dict[str, object]:
    """Return a gate report as JSON has it, with files relative to the dataset."""

    def entry(finding: Finding) -> dict[str, object]:
        file = finding.file
        if file is not None and file.is_relative_to(report.root):
            file = file.relative_to(report.root)
        return asdict(finding) | {"file": file.as_posix() if file else None}

    return {
        "dataset": str(report.root),
        "digest": report.digest,
        "passed": report.passed,
        "findings": [entry(finding) for finding in report.findings],
        "stages": [asdict(stage) for stage in report.stages],
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
