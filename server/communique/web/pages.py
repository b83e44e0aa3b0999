"""Pages for people: the start page, the query page and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g, render_template, url_for

from communique import __version__
from communique.namespaces import CMQ, ID, RDFS, XSD, shorten
from communique.store import notices
from communique.web import representing, status, versions
from communique.web.served import served

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

    from communique.store.results import Excerpt, Term
    from communique.web.protocol import Operation

blueprint = Blueprint("pages", __name__)

MAX_ROWS: Final = 1000
"""How many rows a page shows; the other formats have them all."""

_STARTER: Final = f"""\
PREFIX cmq: <{CMQ}>
PREFIX id: <{ID}>
PREFIX rdfs: <{RDFS}>

SELECT ?class (COUNT(?thing) AS ?things) WHERE {{
  ?thing a ?class
}}
GROUP BY ?class
ORDER BY DESC(?things)
"""
_PLAIN: Final = {XSD + name for name in ("string", "boolean", "date", "dateTime", "gYear")}
"""Datatypes that a literal's text shows by itself."""
_NUMBERS: Final = {XSD + name for name in ("integer", "decimal", "double", "float")}


@blueprint.get("/")
def start() -> str:
    """Say what this is, and offer the sample questions."""
    return render_template("start.html", query=_STARTER)


def register(app: Flask) -> None:
    """Give an application's templates what they need.

    Args:
        app: The application.
    """
    app.jinja_env.filters.update(short=shorten, href=_href, link=_link_to, note=_note)
    app.jinja_env.tests["number"] = _is_number

    @app.context_processor
    def context() -> dict[str, object]:
        return {
            "version": __version__,
            "manifest": versions.current().manifest,
            "latest": versions.latest().digest,
            "asked_version": g.get("version"),
            "examples": served().examples,
            "has_rejected": status.files() == status.REJECTED,
        }


def query_page() -> str:
    """Return the page to write a query on."""
    return render_template("query.html", query=_STARTER)


def answer_page(operation: Operation, answer: Excerpt, *, is_repeatable: bool) -> str:
    """Return an answer as a page.

    Args:
        operation: What was asked.
        answer: The beginning of the answer.
        is_repeatable: Whether asking again gives the same answer.
    """
    query = operation.query or ""
    downloads = [
        (
            format_.label,
            _link(operation, versions.asked(), format_.name),
            f"answer.{format_.extension}",
        )
        for format_ in answer.formats
    ]
    permanent = _link(operation, versions.generation().digest) if is_repeatable else None
    return render_template(
        "answer.html",
        answer=answer,
        query=query,
        question=_question(query),
        downloads=downloads,
        permanent=permanent,
        graphs=(*operation.default_graphs, *operation.named_graphs),
        most=MAX_ROWS,
        left_out=notices.told(versions.generation().manifest),
    )


def _link(operation: Operation, version: str | None, name: str | None = None) -> str:
    """Return the address of the same answer from a version, in a format; None leaves it open."""
    parameters: dict[str, Any] = {
        "query": operation.query,
        "default-graph-uri": operation.default_graphs,
        "named-graph-uri": operation.named_graphs,
        "version": version,
        "format": name,
    }
    return url_for("sparql.endpoint", **parameters)


def _question(query: str) -> str | None:
    """Return the sample question that a query is, as the start page offers it."""
    same: Iterable[str] = (
        example.question for example in served().examples if example.query.split() == query.split()
    )
    return next(iter(same), None)


def _href(term: Term) -> str | None:
    """Return where a term links to."""
    return _link_to(term.value) if term.kind == "uri" else None


def _link_to(iri: str) -> str | None:
    """Return where an IRI links to: our own are described here, others where they are."""
    if not iri.startswith(("http://", "https://")):
        return None
    return representing.path_of(iri) or iri


def _note(term: Term) -> str | None:
    """Return what is worth saying of a literal beside its text."""
    if term.language:
        return term.language
    if term.datatype is None or term.datatype in _PLAIN | _NUMBERS:
        return None
    return shorten(term.datatype)


def _is_number(term: Term | None) -> bool:
    return term is not None and term.datatype in _NUMBERS
