"""The page that describes a vocabulary, as HTML."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup
from rdflib import DCTERMS, OWL, RDF, URIRef

from communique.documentation import diagram
from communique.documentation.vocabulary import Kind, anchor
from communique.namespaces import ONTOLOGY_GRAPH, PREFIXES, shorten
from communique.sources import PACKAGE

if TYPE_CHECKING:
    from communique.documentation.vocabulary import Vocabulary

_STYLE = PACKAGE / "web" / "static" / "style.css"
_TERM = re.compile(r"\b(cmq|value):([A-Za-z][\w-]*)")


def render(vocabulary: Vocabulary) -> str:
    """Return the whole page.

    Args:
        vocabulary: The vocabulary to describe.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("communique.documentation"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    known = frozenset(term.iri for term in vocabulary.terms)
    environment.filters["short"] = shorten
    environment.filters["linked"] = partial(_linked, known)
    environment.filters["href"] = lambda iri: f"#{anchor(iri)}" if iri in known else iri
    return environment.get_template("vocabulary.html").render(
        vocabulary=vocabulary,
        kinds=(
            Kind.CLASS,
            Kind.OBJECT_PROPERTY,
            Kind.DATA_PROPERTY,
            Kind.ANNOTATION_PROPERTY,
        ),
        schemes=vocabulary.of(Kind.SCHEME),
        header=_header(vocabulary),
        diagram=Markup(diagram.draw(vocabulary)),  # noqa: S704 - our own SVG, its texts escaped
        style=Markup(_STYLE.read_text(encoding="utf-8")),  # noqa: S704 - our own style sheet
    )


def _header(vocabulary: Vocabulary) -> dict[str, str]:
    """Return what the ontology says of itself."""
    graph = vocabulary.ontology
    main = URIRef(ONTOLOGY_GRAPH)
    headers = set(graph.subjects(RDF.type, OWL.Ontology))
    header = main if main in headers else min(headers, key=str)
    wanted = {
        "title": DCTERMS.title,
        "description": DCTERMS.description,
        "version": OWL.versionInfo,
        "licence": DCTERMS.license,
    }
    found = {name: str(graph.value(header, prop) or "") for name, prop in wanted.items()}
    return found | {"iri": str(header)}


def _linked(known: frozenset[str], text: str) -> Markup:
    """Escape a text, and make the terms named in it lead to their entries."""

    def link(match: re.Match[str]) -> str:
        iri = PREFIXES[match[1]] + match[2]
        return f'<a href="#{anchor(iri)}">{match[0]}</a>' if iri in known else match[0]

    return Markup(_TERM.sub(link, str(Markup.escape(text))))  # noqa: S704 - escaped before
