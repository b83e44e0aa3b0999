"""The project's IRIs, and the prefixes they are written with.

Plain strings: the serving path knows them without loading an RDF library.
"""

from __future__ import annotations

import re
from typing import Final

BASE: Final = "https://w3id.org/communique/"

CMQ: Final = BASE + "ontology#"
"""The vocabulary."""
VALUE: Final = BASE + "value/"
"""The closed lists of values, as SKOS concepts."""
TOPIC: Final = BASE + "topic/"
ID: Final = BASE + "id/"
"""Entities, and under ``id/<article>/`` the nodes of one article."""
SHAPE: Final = BASE + "shapes#"
GRAPH: Final = BASE + "graph/"
"""Names of the graphs of the files under ``graph/``."""
SHAPES_GRAPH: Final = BASE + "shapes/"
"""Names of the graphs of the files under ``shapes/``."""

ONTOLOGY_GRAPH: Final = BASE + "ontology"
ALIGNMENTS_GRAPH: Final = BASE + "alignments"
INFERRED_GRAPH: Final = GRAPH + "inferred"
"""The graph of the triples that reasoning adds."""
WITHDRAWN_GRAPH: Final = GRAPH + "withdrawn"
"""The graph that names what does not count as fact, by which editorial decision."""
GENERATED_GRAPHS: Final = (INFERRED_GRAPH, WITHDRAWN_GRAPH)
"""What is made when a dataset is built, and is the graph of no file."""

LAYER: Final = CMQ + "layer"
"""Annotation of a file's header: which layer its graph belongs to."""
LAYER_ASSERTED: Final = VALUE + "asserted"
LAYER_BACKGROUND: Final = VALUE + "background"
LAYER_EDITORIAL: Final = VALUE + "editorial"
LAYERS: Final = (LAYER_ASSERTED, LAYER_BACKGROUND, LAYER_EDITORIAL)
FACT_LAYERS: Final = (LAYER_ASSERTED, LAYER_BACKGROUND)
"""The layers whose graphs are facts: what queries see without naming a graph."""

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
SH: Final = "http://www.w3.org/ns/shacl#"
DCTERMS: Final = "http://purl.org/dc/terms/"
PROV: Final = "http://www.w3.org/ns/prov#"
ORG: Final = "http://www.w3.org/ns/org#"
OA: Final = "http://www.w3.org/ns/oa#"
SCHEMA: Final = "https://schema.org/"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
VOID: Final = "http://rdfs.org/ns/void#"
DCAT: Final = "http://www.w3.org/ns/dcat#"

PREFIXES: Final[dict[str, str]] = {
    "cmq": CMQ,
    "value": VALUE,
    "topic": TOPIC,
    "id": ID,
    "shape": SHAPE,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "sh": SH,
    "dcterms": DCTERMS,
    "prov": PROV,
    "org": ORG,
    "oa": OA,
    "schema": SCHEMA,
    "foaf": FOAF,
    "void": VOID,
    "dcat": DCAT,
}
"""Prefixes offered to queries and used in output."""


def shorten(iri: str) -> str:
    """Write an IRI with the longest prefix that fits, or leave it as it is.

    An article's own nodes (``id/edm-2-213/C01``) become ``edm-2-213:C01``, as their file writes
    them.

    Args:
        iri: An absolute IRI.

    Returns:
        A prefixed name, for people to read; the IRI itself where no prefix fits.
    """
    best = max(
        (prefix for prefix, name in PREFIXES.items() if iri.startswith(name)),
        key=lambda prefix: len(PREFIXES[prefix]),
        default=None,
    )
    if best is None:
        return iri
    local = iri[len(PREFIXES[best]) :]
    if best == "id" and local.count("/") == 1:
        article, _, name = local.partition("/")
        return f"{article}:{name}"
    return f"{best}:{local}" if local and "/" not in local else iri


def expand(name: str) -> str | None:
    """Return the IRI that a name in a call means: the inverse of :func:`shorten`.

    Args:
        name: A prefixed name, of ours or of an article; or an absolute IRI, with or without ``<>``.

    Returns:
        The IRI; None if it is none of these.
    """
    bare = name[1:-1] if name.startswith("<") and name.endswith(">") else name
    if _ABSOLUTE.fullmatch(bare):
        return bare
    prefix, colon, local = name.partition(":")
    if not prefix or not colon or not _LOCAL.fullmatch(local):
        return None
    return PREFIXES[prefix] + local if prefix in PREFIXES else f"{ID}{prefix}/{local}"


def shorten_all(text: str) -> str:
    """Write every IRI in a text for people as :func:`shorten` does.

    Args:
        text: The text.
    """
    return _IRI.sub(lambda found: shorten(found.group()), text)


_IRI: Final = re.compile(r"https?://[^\s()\[\]{}<>\"',;]*[^\s()\[\]{}<>\"',;.:!?]")
"""An IRI in running text; the sentence's own punctuation is left out."""
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\x00-\x20<>\"{}|^`\\]+")
"""An IRI that names its host, as Turtle may write it."""
_LOCAL: Final = re.compile(r"[^\x00-\x20<>\"{}|^`\\]+")
"""What may follow a prefix."""
