"""Linked data: every IRI of the project's leads to a document about what it names.

Things are not documents: their IRIs answer 303 with the address of a document, which is negotiated
(Cool URIs for the Semantic Web, §4.2).  The IRI ``…/id/csto`` leads to ``/doc/id/csto``.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from flask import Blueprint, Response, render_template, request, url_for

from communique.namespaces import BASE, CMQ, SKOS
from communique.store import describing, naming
from communique.web import (
    context,
    delegating,
    documents,
    negotiation,
    problems,
    representing,
    versions,
)
from communique.web.negotiation import HTML
from communique.web.problems import Unknown

if TYPE_CHECKING:
    from communique.store.generation import Generation
    from communique.store.results import Format
    from communique.store.writing import Output

blueprint = Blueprint("resources", __name__)

SITEMAP: Final = 10_000
"""How many addresses one file of the site map has; the most that its standard allows is 50,000."""

_PLAIN: Final = frozenset({"resources.robots", "resources.problem"})
"""What is made without looking into the data."""
_LISTED: Final = (
    *(CMQ + name for name in ("Agent", "Claim", "Document", "Event", "Place", "Post", "Treaty")),
    SKOS + "Concept",
)
"""Of what the site map lists: what people look for; from there links lead to all else."""


@blueprint.before_request
def delegate() -> Response | None:
    """Have a worker make what needs the data."""
    return None if request.endpoint in _PLAIN else delegating.delegate()


@blueprint.app_template_filter("called")
def called(iri: str) -> str:
    """Return what to call something on a page."""
    return documents.name_of(iri)


@blueprint.app_template_filter("about")
def about(iri: str) -> str | None:
    """Return the path of the document about something of ours, also about a vocabulary's term."""
    if iri.startswith(BASE) and "#" in iri:
        return representing.document_path(iri)
    return representing.path_of(iri) or (iri if iri.startswith(("http://", "https://")) else None)


@blueprint.get("/id/<path:name>")
@blueprint.get("/topic/<path:name>")
@blueprint.get("/value/<path:name>")
def thing(name: str) -> Response:  # noqa: ARG001 - the path is the name
    """Lead from a thing to the document about it."""
    iri = BASE + request.path.removeprefix("/")
    _check(iri)
    address = representing.document_path(iri)
    response = Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})
    response.headers["Link"] = f'<{address}>; rel="describedby"'
    return versions.mark(response, versions.tag("thing", iri))


@blueprint.get("/doc/<path:name>")
def document(name: str) -> Response:
    """Return the document about something."""
    iri = BASE + name
    _check(iri)
    generation = versions.generation()
    number = representing.page_number()
    description = describing.describe(generation, iri, number)

    def write(format_: Format, output: Output) -> None:
        if format_.name == "jsonld":
            address = url_for("resources.context_document", _external=True)
            context.write(address, generation, iri, number, output)
        else:
            describing.write_description(generation, iri, number, format_, output)

    path = representing.document_path(iri).partition("?")[0].removeprefix(url_for("pages.start"))
    links = {
        "describes": iri,
        "canonical": BASE + path,
        "describedby": url_for("description.dataset"),
    }
    if number > 1:
        links["prev"] = representing.with_parameters(page=number - 1)
    if not description.is_last:
        links["next"] = representing.with_parameters(page=number + 1)
    return representing.represent(
        write,
        lambda: documents.page(iri, path, description, number),
        *(iri, number, request.url_root),
        links=links,
    )


@blueprint.get("/problem/<name>")
def problem(name: str) -> Response:
    """Say what a problem's type means (RFC 9457, §3.1.1)."""
    kind = next((kind for kind in problems.KINDS.values() if kind.name == name), None)
    if kind is None:
        raise Unknown(f"there is no problem {name}", "see docs/endpoint.md for those there are")
    fault = next(fault for fault, told in problems.KINDS.items() if told is kind)
    meaning = (fault.__doc__ or "").split("\n")[0]
    offers = (negotiation.Offer("application/json", "json"), HTML)
    chosen = negotiation.choose(offers, request.headers.get("Accept"))
    if chosen == HTML:
        body = render_template("kind.html", kind=kind, meaning=meaning)
    else:
        told = {"type": problems.TYPE + name, "title": kind.title, "status": kind.status.value}
        body = json.dumps(told | {"meaning": meaning}, indent=2) + "\n"
    response = Response(body, content_type=chosen.content_type)
    return versions.mark(response, versions.tag("problem", name, chosen.name, request.url_root))


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Ask robots to leave the endpoint alone, and show them the site map."""
    lines = (
        "User-agent: *",
        *(f"Disallow: {url_for(endpoint)}" for endpoint in ("sparql.endpoint", "data.indirect")),
        f"Disallow: {url_for('explanations.explain')}",
        f"Sitemap: {url_for('resources.sitemap', _external=True)}",
    )
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """List the files of the site map (sitemaps.org, protocol 0.9)."""
    count = max(1, -(-len(_listed()) // SITEMAP))
    files = (
        f"<sitemap><loc>{escape(url_for('resources.part', number=number, _external=True))}</loc>"
        "</sitemap>"
        for number in range(1, count + 1)
    )
    return _xml("sitemapindex", "\n".join(files))


@blueprint.get("/sitemap/<int:number>.xml")
def part(number: int) -> Response:
    """List documents, a part of all of them."""
    first = (number - 1) * SITEMAP
    iris = _listed()[first : first + SITEMAP] if number else ()
    if number != 1 and not iris:
        raise Unknown(f"the site map has no part {number}", "see /sitemap.xml for those it has")
    urls = "\n".join(
        "<url><loc>"
        + escape(url_for("resources.document", name=iri.removeprefix(BASE), _external=True))
        + "</loc></url>"
        for iri in iris
    )
    return _xml("urlset", urls)


@blueprint.get("/context.jsonld")
def context_document() -> Response:
    """Return the context by which our JSON-LD reads as plain JSON (JSON-LD 1.1, §3.1)."""
    etag = versions.tag("context")
    response = versions.unchanged(etag)
    if response is None:
        told = {"@context": versions.once("context", context.terms)}
        body = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
        response = Response(body, content_type="application/ld+json")
    return versions.mark(response, etag)


def _check(iri: str) -> None:
    """Make sure that something is known.

    Raises:
        Unknown: Nothing is.
    """
    if not describing.knows(versions.generation(), iri):
        raise Unknown(f"nothing is known here of <{iri}>", "look for it with a query at /sparql")


def _listed() -> tuple[str, ...]:
    return versions.once("sitemap", _list)


def _list(generation: Generation) -> tuple[str, ...]:
    found = {iri for class_ in _LISTED for iri in naming.instances(generation, class_)}
    return tuple(sorted(iri for iri in found if iri.startswith(BASE)))


def _xml(root: str, content: str) -> Response:
    etag = versions.tag(root, request.url)
    response = versions.unchanged(etag)
    if response is None:
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{content}\n</{root}>\n'
        )
        response = Response(body, content_type="application/xml")
    return versions.mark(response, etag)
