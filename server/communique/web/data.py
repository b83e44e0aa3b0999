"""Graphs by their names: the SPARQL 1.1 Graph Store HTTP Protocol, as far as it reads.

A graph is identified by its own IRI, on whatever base the server runs (§4.1), or as a parameter of
``/data`` (§4.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, render_template, request, url_for

from communique.namespaces import (
    BASE,
    DCTERMS,
    INFERRED_GRAPH,
    OWL,
    RDF,
    SHAPES_GRAPH,
    SKOS,
    WITHDRAWN_GRAPH,
    shorten,
)
from communique.store import describing, naming, notices
from communique.store.describing import GRAPH_FORMATS
from communique.web import delegating, documents, negotiation, protocol, representing, versions
from communique.web.negotiation import Offer
from communique.web.problems import BadRequest, Unknown

if TYPE_CHECKING:
    from communique.store.results import Format
    from communique.store.writing import Output

blueprint = Blueprint("data", __name__)
blueprint.before_request(delegating.delegate)

SIZE: Final = 1000
"""How many things of a graph a page lists."""

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")
_TITLES: Final = {
    BASE: "The facts",
    BASE + "shapes": "All shapes",
    INFERRED_GRAPH: "What follows by reasoning",
    WITHDRAWN_GRAPH: "What is withdrawn, by which decision",
}
"""Of what no file has a title for."""
_KINDS: Final = tuple(
    "owl:" + kind for kind in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")
)
"""The order of the terms of a vocabulary on its page."""
_VERSION_IRI: Final = OWL + "versionIRI"


@dataclass(frozen=True, slots=True)
class _Entry:
    """Something a graph is about, as a page lists it."""

    iri: str
    label: str
    kinds: tuple[str, ...]
    definition: str

    @property
    def fragment(self) -> str:
        """What the IRI has behind its ``#``."""
        return self.iri.partition("#")[2]


@blueprint.get("/data")
def indirect() -> Response:
    """Return the graph that a parameter identifies (§4.2)."""
    iri = identified()
    return _respond((None,), BASE) if iri is None else _named(iri)


def identified() -> str | None:
    """Return the IRI of the graph that a parameter identifies (§4.2); None for the default graph.

    Raises:
        BadRequest: None does, or several do, or it is no absolute IRI.
    """
    names = [name for name in ("graph", "default") if name in request.args]
    if len(names) != 1:
        said = "names both a graph and the default graph" if names else "names no graph"
        raise BadRequest(f"the request {said}", "give either graph=IRI or default")
    if names == ["default"]:
        return None
    iri = protocol.parameters(request, ["graph"]).get("graph", "")
    if not _ABSOLUTE.match(iri):
        raise BadRequest(f"the graph {iri} is no absolute IRI", "give the whole IRI of the graph")
    return iri


def tags(iri: str, sha256: str) -> frozenset[str]:
    """Return the entity tags of a graph that is a file, in whatever format.

    Args:
        iri: Its IRI.
        sha256: The SHA-256 of the file.
    """
    names = (iri,)
    return frozenset(versions.tag(each.name, names, of=sha256) for each in GRAPH_FORMATS)


@blueprint.get("/dump")
def dump() -> Response:
    """Return the whole dataset with all its graphs."""
    offers = [Offer(each.media_type, each.name) for each in describing.DATASET_FORMATS]
    wanted = protocol.parameters(request, ["format"]).get("format")
    chosen = negotiation.choose(offers, request.headers.get("Accept"), wanted)
    etag = versions.tag("dump", chosen.name)
    response = versions.unchanged(etag)
    if response is None:
        generation = versions.generation()
        format_ = next(f for f in describing.DATASET_FORMATS if f.name == chosen.name)

        def write(output: Output) -> None:
            describing.write_dataset(generation, format_, output)

        response = representing.Streamed(write, chosen.content_type)
        name = f"communique-{generation.digest[:12]}.{format_.extension}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return versions.mark(response, etag)


@blueprint.get("/ontology")
@blueprint.get("/alignments")
@blueprint.get("/graph/<path:name>")
@blueprint.get("/shapes/<path:name>")
def direct(name: str = "") -> Response:  # noqa: ARG001 - the path is the name
    """Return the graph that the path identifies (§4.1)."""
    return _named(BASE + request.path.removeprefix("/"))


@blueprint.get("/ontology/<version>")
@blueprint.get("/alignments/<version>")
def version(version: str) -> Response:
    """Return the graph of which the path is the version IRI (OWL 2, §3.2)."""
    iri = BASE + request.path.removeprefix("/")
    name = iri.removesuffix(f"/{version}")
    known = naming.values(versions.generation(), name, _VERSION_IRI)
    if iri not in {term.value for term in known}:
        there = ", ".join(term.value for term in known) or "none"
        raise Unknown(f"there is no version {version} of {name} here", f"there is {there}")
    return _named(name)


@blueprint.get("/shapes")
def shapes() -> Response:
    """Return all shapes, whose IRIs have this address before their ``#``."""
    graphs = versions.generation().manifest["graphs"]
    names = tuple(sorted(name for name in graphs if name.startswith(SHAPES_GRAPH)))
    if not names:
        raise Unknown("this dataset has no shapes", "see the graphs it has on the start page")
    return _respond(names, BASE + "shapes")


def _named(iri: str) -> Response:
    """Return a named graph.

    Raises:
        Unknown: There is none of this name.
    """
    if not describing.holds_graph(versions.generation(), iri):
        raise Unknown(
            f"this dataset has no graph <{iri}>",
            "list the graphs it has with SELECT DISTINCT ?g { GRAPH ?g {} }",
        )
    return _respond((iri,), iri)


def _respond(names: tuple[str | None, ...], iri: str) -> Response:
    generation = versions.generation()
    number = representing.page_number()

    def write(format_: Format, output: Output) -> None:
        describing.write_graph(generation, names, format_, output)

    links = {"describedby": url_for("description.dataset")}
    if iri.startswith(BASE) and names != (None,):
        links = {"canonical": iri} | links
    entry = generation.manifest["graphs"].get(iri) if names == (iri,) else None
    # What a file says in a format depends on nothing else: its tag stays until it changes.
    of = entry["sha256"] if entry is not None else None
    page = partial(_page, names, iri, number)
    return representing.represent(write, page, names, links=links, of=of)


def _page(names: tuple[str | None, ...], iri: str, number: int) -> str:
    """Return a page on a graph: what is known of it, and what it is about."""
    generation = versions.generation()
    first = (number - 1) * SIZE
    found = naming.subjects(generation, names, first, SIZE + 1)
    entries = [_entry(subject) for subject in found[:SIZE] if subject not in names]
    entries.sort(key=_order)
    manifest = generation.manifest["graphs"]
    triples = sum(manifest[name]["triples"] for name in names if name in manifest)
    return render_template(
        "graph.html",
        iri=None if names == (None,) else iri,
        title=_TITLES.get(iri) or naming.label(generation, iri) or shorten(iri),
        about={
            "description": naming.values(generation, iri, DCTERMS + "description"),
            "creator": naming.values(generation, iri, DCTERMS + "creator"),
            "licence": naming.values(generation, iri, DCTERMS + "license"),
            "source": naming.values(generation, iri, DCTERMS + "source"),
        },
        entry=manifest.get(iri),
        notices=notices.notices(generation.store, iri),
        triples=generation.manifest["default_triples"] if names == (None,) else triples,
        entries=entries,
        number=number,
        is_last=len(found) <= SIZE,
        downloads=representing.downloads(),
        **documents.paging(number, is_last=len(found) <= SIZE),
    )


def _order(entry: _Entry) -> tuple[bool, int, str]:
    """Sort what is ours before what is not, then by kind, then by name."""
    ranks = [_KINDS.index(kind) for kind in entry.kinds if kind in _KINDS]
    return not entry.iri.startswith(BASE), min(ranks, default=len(_KINDS)), entry.label.lower()


def _entry(iri: str) -> _Entry:
    generation = versions.generation()
    kinds = naming.types(generation, iri)[0]
    definitions = naming.values(generation, iri, SKOS + "definition")
    return _Entry(
        iri,
        naming.label(generation, iri) or shorten(iri),
        tuple(shorten(kind) for kind in kinds if kind != RDF + "Property"),
        definitions[0].value if definitions else "",
    )
