"""What things are called, and what they are: looked up one by one, for pages."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique.namespaces import DCTERMS, INFERRED_GRAPH, RDF, RDFS, SKOS
from communique.store.results import to_term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from communique.store.generation import Generation
    from communique.store.results import Term

_LABELS: Final = tuple(
    ox.NamedNode(iri) for iri in (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title")
)
_LANGUAGES: Final = ("en", None)
_TYPE: Final = ox.NamedNode(RDF + "type")
_DEFAULT: Final = ox.DefaultGraph()


def label(generation: Generation, iri: str) -> str | None:
    """Return the name of something for people, in English if there is one.

    Args:
        generation: The generation.
        iri: Its IRI, an absolute one.
    """
    names: list[tuple[int, int, str]] = []
    for rank, predicate in enumerate(_LABELS):
        for quad in generation.store.quads_for_pattern(ox.NamedNode(iri), predicate, None, None):
            if isinstance(quad.object, ox.Literal):
                language = quad.object.language
                known = _LANGUAGES.index(language) if language in _LANGUAGES else len(_LANGUAGES)
                names.append((known, rank, quad.object.value))
    return min(names)[2] if names else None


def types(generation: Generation, iri: str) -> tuple[list[str], list[str]]:
    """Return the classes of something.

    Args:
        generation: The generation.
        iri: Its IRI, an absolute one.

    Returns:
        Those that are asserted, and those that follow.
    """
    asserted: set[str] = set()
    inferred: set[str] = set()
    for quad in generation.store.quads_for_pattern(ox.NamedNode(iri), _TYPE, None, None):
        if isinstance(quad.object, ox.NamedNode) and isinstance(quad.graph_name, ox.NamedNode):
            is_inferred = quad.graph_name.value == INFERRED_GRAPH
            (inferred if is_inferred else asserted).add(quad.object.value)
    return sorted(asserted), sorted(inferred - asserted)


def values(generation: Generation, iri: str, predicate: str) -> list[Term]:
    """Return the values of a property of something, in whatever graph, each once.

    Args:
        generation: The generation.
        iri: Its IRI, an absolute one.
        predicate: The IRI of the property.
    """
    found = generation.store.quads_for_pattern(
        ox.NamedNode(iri), ox.NamedNode(predicate), None, None
    )
    terms = {to_term(quad.object) for quad in found}
    return sorted(terms, key=lambda term: (term.language or "", term.value))


def subjects(
    generation: Generation, graphs: Iterable[str | None], first: int, count: int
) -> list[str]:
    """Return IRIs of which graphs say anything, each once.

    Args:
        generation: The generation.
        graphs: The IRIs of named graphs; None is the default graph.
        first: How many to leave out before.
        count: How many there are at the most.
    """
    return list(islice(_subjects(generation, graphs), first, first + count))


def instances(generation: Generation, class_: str) -> Iterator[str]:
    """Yield the IRIs of the facts' instances of a class.

    Args:
        generation: The generation.
        class_: The IRI of the class.
    """
    for quad in generation.store.quads_for_pattern(None, _TYPE, ox.NamedNode(class_), _DEFAULT):
        if isinstance(quad.subject, ox.NamedNode):
            yield quad.subject.value


def _subjects(generation: Generation, graphs: Iterable[str | None]) -> Iterator[str]:
    quads = chain.from_iterable(
        generation.store.quads_for_pattern(
            None, None, None, _DEFAULT if graph is None else ox.NamedNode(graph)
        )
        for graph in graphs
    )
    last = None
    for quad in quads:  # those of one subject follow each other
        if quad.subject != last and isinstance(quad.subject, ox.NamedNode):
            yield quad.subject.value
        last = quad.subject
