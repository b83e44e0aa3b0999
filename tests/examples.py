"""A small dataset of invented articles with the real ontology and shapes, made of the examples."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rdflib import Graph, URIRef

from communique import sources, turtle
from communique.namespaces import GRAPH, ID, PREFIXES, TOPIC

if TYPE_CHECKING:
    from collections.abc import Callable

BASE: Final = Path(__file__).resolve().parent / "shapes" / "base.ttl"
FIRST: Final = "example-1-1"
SECOND: Final = "example-1-2"
"""An article that says what the first one says."""
NOTES: Final = "graph/editorial/example-1-1.ttl"
DECISIONS: Final = "graph/editorial/decisions.ttl"
EXAMPLES: Final = {
    "editors": f"{ID}editorial-{FIRST}/",
    "first": f"{ID}{FIRST}/",
    "second": f"{ID}{SECOND}/",
}
"""Prefixes of their nodes."""
PREFIX: Final = "".join(
    f"@prefix {prefix}: <{name}> .\n" for prefix, name in (PREFIXES | EXAMPLES).items()
)
_MADE: Final = ("retraction", "supersession")
"""The decisions among the examples."""


def write(root: Path) -> Path:
    """Writes a dataset of two articles without decisions of the editors, and returns its folder.

    Args:
        root: Where to.
    """
    for kind in (sources.Kind.ONTOLOGY, sources.Kind.SHAPES):
        shutil.copytree(sources.bundled_root() / kind, root / kind)
    base = turtle.parse(BASE)
    shared = _part(
        base, lambda iri: iri.startswith(TOPIC) or (iri.startswith(ID) and iri.count("/") == 5)
    )
    article = _part(base, lambda iri: iri.startswith(f"{ID}{FIRST}/"))
    notes = _part(
        base,
        lambda iri: iri.startswith(EXAMPLES["editors"]) and not iri.endswith(_MADE),
    )
    _file(root, "graph/shared.ttl", "asserted", shared)
    _file(root, f"graph/articles/{FIRST}.ttl", "asserted", article)
    _file(root, f"graph/articles/{SECOND}.ttl", "asserted", article.replace(FIRST, SECOND))
    _file(root, NOTES, "editorial", notes)
    return root


def header(name: str, layer: str) -> str:
    """Returns the header of a file in Turtle, with the prefixes.

    Args:
        name: The name of the file.
        layer: Its layer, such as ``asserted``.
    """
    iri = GRAPH + name.removeprefix("graph/").removesuffix(".ttl")
    return (
        f"{PREFIX}\n<{iri}> a owl:Ontology ;\n"
        f'    cmq:layer value:{layer} ;\n    dcterms:title "{name}"@en ;\n'
        '    dcterms:creator "The editors"@en ;\n'
        "    dcterms:license <https://creativecommons.org/licenses/by/4.0/> ;\n"
        "    owl:imports <https://w3id.org/communique/ontology> .\n\n"
    )


def retraction(name: str, target: str, reason: str = "misread") -> str:
    """Returns a retraction in Turtle.

    Args:
        name: What to call it.
        target: The article or claim, as a prefixed name.
        reason: Why.
    """
    return (
        f'editors:{name} a cmq:Retraction ; rdfs:label "{name}"@en ;\n'
        f"    cmq:retracts {target} ; cmq:reason value:{reason} ;\n{_MADE_BY}"
    )


def supersession(name: str, older: str, newer: str) -> str:
    """Returns a supersession in Turtle.

    Args:
        name: What to call it.
        older: The older article or claim, as a prefixed name.
        newer: The one that takes its place.
    """
    return (
        f'editors:{name} a cmq:Supersession ; rdfs:label "{name}"@en ;\n'
        f"    cmq:replaces {older} ; cmq:replacement {newer} ;\n"
        f"    cmq:reason value:misread ;\n{_MADE_BY}"
    )


_MADE_BY: Final = (
    '    cmq:decidedOn "2026-01-10T09:00:00Z"^^xsd:dateTime ;\n'
    '    dcterms:creator "The editors"@en ;\n'
    '    dcterms:description "It is not what the article says."@en ;\n'
    "    dcterms:source <https://example.org/notice> .\n\n"
)


def decide(*decisions: str) -> str:
    """Returns a file of decisions in Turtle.

    Args:
        decisions: The decisions.
    """
    return header(DECISIONS, "editorial") + "".join(decisions)


def _part(base: Graph, is_wanted: Callable[[str], bool]) -> str:
    part = Graph(bind_namespaces="none")
    for triple in base:
        if isinstance(triple[0], URIRef) and is_wanted(str(triple[0])):
            part.add(triple)
    return part.serialize(format="nt")


def _file(root: Path, name: str, layer: str, body: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(turtle.format_text(header(name, layer) + body, name), encoding="utf-8")
