"""The page about something: what is said of it, what it is said with, and where it was said."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from flask import render_template, url_for
from markupsafe import Markup

from communique.namespaces import BASE, CMQ, DCTERMS, RDF, RDFS, SCHEMA, SKOS, shorten
from communique.store import naming, notices
from communique.web import representing, speech, versions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from communique.store.describing import Description, Statement

_ALSO: Final = (SKOS + "altLabel", SKOS + "prefLabel", RDFS + "label")
_TEXTS: Final = (SKOS + "definition", DCTERMS + "description", SKOS + "scopeNote", SKOS + "example")
_ABOVE: Final = frozenset({*_ALSO, *_TEXTS, RDF + "type"})
"""What a page shows at its head."""
_UNSAFE: Final = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
"""What could end the element that holds JSON, as JSON writes it too."""
_AGENT: Final = CMQ + "Agent"


def page(iri: str, path: str, description: Description, number: int) -> str:
    """Return the page about something.

    Args:
        iri: Its IRI.
        path: The path of the document, from the base.
        description: What is said of it.
        number: The number of the page.
    """
    generation = versions.generation()
    asserted, inferred = naming.types(generation, iri)
    name = naming.label(generation, iri)
    also = {term for predicate in _ALSO for term in naming.values(generation, iri, predicate)} - {
        term for term in naming.values(generation, iri, RDFS + "label") if term.value == name
    }
    is_agent = _AGENT in {*asserted, *inferred}
    return render_template(
        "resource.html",
        iri=iri,
        title=name or shorten(iri),
        also=sorted(also, key=lambda term: (term.language or "", term.value)),
        texts=[term for each in _TEXTS for term in naming.values(generation, iri, each)],
        notices=notices.notices(generation.store, iri),
        types=asserted or inferred,
        inferred_types=inferred if asserted else [],
        said=speech.statement(generation, iri) if number == 1 else None,
        claims=speech.claims(generation, iri) if is_agent and number == 1 else [],
        outgoing=_grouped(s for s in description.outgoing if s.predicate.value not in _ABOVE),
        incoming=_grouped(description.incoming),
        downloads=representing.downloads(),
        canonical=BASE + path,
        alternates=representing.alternates(),
        metadata=script(_metadata(iri, name, asserted, inferred)),
        **paging(number, is_last=description.is_last),
    )


def name_of(iri: str) -> str:
    """Return what to call something on a page: its label or, without one, its short name.

    Args:
        iri: Its IRI.
    """
    return naming.label(versions.generation(), iri) or shorten(iri)


def paging(number: int, *, is_last: bool) -> dict[str, str | None]:
    """Return the addresses of the pages before and after one, and of itself in this version.

    Args:
        number: The number of the page.
        is_last: Whether there is none after it.
    """
    change = representing.with_parameters
    return {
        "before": change(page=number - 1 if number > 2 else None) if number > 1 else None,  # noqa: PLR2004 - the first page has no number
        "after": None if is_last else change(page=number + 1),
        "permanent": change(version=versions.generation().digest),
    }


def script(data: object) -> Markup:
    """Return data as JSON for a ``script`` element, which nothing in it can end.

    Args:
        data: The data.
    """
    return Markup(json.dumps(data, ensure_ascii=False).translate(_UNSAFE))  # noqa: S704 - as said


_Group = tuple[str, list["Statement"]]


def _grouped(statements: Iterable[Statement]) -> list[_Group]:
    """Bring the statements of each predicate together, what is asserted before what follows."""

    def by_predicate(statement: Statement) -> tuple[bool, bool, str]:
        iri = statement.predicate.value
        return statement.is_inferred, not iri.startswith(BASE), iri

    ordered = sorted(statements, key=lambda s: (by_predicate(s), s.subject.value, s.object.value))
    return [(key[2], list(group)) for key, group in groupby(ordered, by_predicate)]


def _metadata(
    iri: str, name: str | None, asserted: list[str], inferred: list[str]
) -> dict[str, Any]:
    """Describe something in schema.org's vocabulary, for search engines."""
    generation = versions.generation()

    def values(predicate: str) -> list[str]:
        return [term.value for term in naming.values(generation, iri, predicate)]

    types = [
        type_.removeprefix(SCHEMA) for type_ in (*asserted, *inferred) if type_.startswith(SCHEMA)
    ]
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": types or "Thing",
        "@id": iri,
        "name": name,
        "alternateName": values(SKOS + "altLabel"),
        "description": next(
            iter(values(SKOS + "definition") + values(DCTERMS + "description")), ""
        ),
        "sameAs": [value for value in values(SKOS + "exactMatch") if value.startswith("http")],
        "author": _briefly(values(CMQ + "speaker")),
        "appearance": _briefly(values(SCHEMA + "appearance")),
        "mainEntityOfPage": url_for(
            "resources.document", name=iri.removeprefix(BASE), _external=True
        ),
        "license": list(representing.licenses()),
    }
    return {key: value for key, value in told.items() if value}


def _briefly(iris: Iterable[str]) -> list[dict[str, Any]]:
    generation = versions.generation()
    found = []
    for iri in iris:
        asserted, inferred = naming.types(generation, iri)
        types = [t.removeprefix(SCHEMA) for t in (*asserted, *inferred) if t.startswith(SCHEMA)]
        found.append({"@type": types or "Thing", "@id": iri, "name": name_of(iri)})
    return found
