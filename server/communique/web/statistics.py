"""How much there is of what in a generation: counted in SPARQL, once for each generation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from communique.namespaces import BASE, CMQ

if TYPE_CHECKING:
    from communique.store.generation import Generation

_PART: Final = f"""
(COUNT(*) AS ?triples)
(COUNT(DISTINCT ?s) AS ?subjects)
(COUNT(DISTINCT ?p) AS ?properties)
(COUNT(DISTINCT ?o) AS ?objects)
(COUNT(DISTINCT ?class) AS ?classes)
(COUNT(DISTINCT ?entity) AS ?entities)
WHERE {{
  %s
  BIND(IF(?p = <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>, ?o, ?none) AS ?class)
  BIND(IF(STRSTARTS(STR(?s), "{BASE}") && isIRI(?s), ?s, ?none) AS ?entity)
}}
"""
_ALL: Final = "SELECT " + _PART % "?s ?p ?o"
_GRAPHS: Final = "SELECT ?graph " + _PART % "GRAPH ?graph { ?s ?p ?o }" + "GROUP BY ?graph"
_CLASSES: Final = (
    "SELECT ?of (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a ?of } GROUP BY ?of ORDER BY ?of"
)
_PROPERTIES: Final = "SELECT ?of (COUNT(*) AS ?n) WHERE { ?s ?of ?o } GROUP BY ?of ORDER BY ?of"
_ENCODINGS: Final = (
    f"SELECT ?graph ?encoding WHERE {{ GRAPH ?graph {{ ?encoding a <{CMQ}Encoding> }} }}"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is in a graph (VoID, §4.4).

    Attributes:
        triples: Its triples.
        subjects: Its subjects, each once.
        properties: Its predicates, each once.
        objects: Its objects, each once.
        classes: The classes of which it has instances.
        entities: The subjects that have IRIs of the project's own.
    """

    triples: int = 0
    subjects: int = 0
    properties: int = 0
    objects: int = 0
    classes: int = 0
    entities: int = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """How much there is of what in a generation.

    Attributes:
        facts: In the default graph.
        graphs: In each named graph of the manifest.
        classes: How many instances the classes have, by IRI.
        properties: How many triples the properties have, by IRI.
        encodings: The acts of encoding that graphs name as their origin, by graph.
    """

    facts: Counts
    graphs: dict[str, Counts]
    classes: dict[str, int]
    properties: dict[str, int]
    encodings: dict[str, list[str]] = field(default_factory=dict)


def count(generation: Generation) -> Statistics:
    """Count.

    Args:
        generation: The generation.
    """
    (facts,) = _table(generation, _ALL)
    listed = generation.manifest["graphs"]
    found = {graph: numbers for graph, *numbers in _table(generation, _GRAPHS) if graph in listed}
    encodings: dict[str, list[str]] = {}
    for graph, encoding in _table(generation, _ENCODINGS):
        if encoding.startswith(("http://", "https://")):
            encodings.setdefault(graph, []).append(encoding)
    return Statistics(
        Counts(*map(int, facts)),
        {graph: Counts(*map(int, found.get(graph, ()))) for graph in listed},
        {of: int(number) for of, number in _table(generation, _CLASSES)},
        {of: int(number) for of, number in _table(generation, _PROPERTIES)},
        encodings,
    )


def _table(generation: Generation, query: str) -> list[list[str]]:
    # Late, because it is a worker that asks, where there are any.
    from communique.store.query import ask  # noqa: PLC0415

    rows = ask(generation, query).rows
    return [["" if term is None else term.value for term in row] for row in rows]
