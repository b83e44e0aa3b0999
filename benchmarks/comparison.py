"""Compares what reasoners infer: which facts one has and the other has not, and by which property.

Left out on both sides is what says nothing about the data: triples with a literal as subject,
which are not RDF; what concerns blank nodes, which are the ontology's syntax here; the built-in
vocabularies; that everything is itself, and a Thing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique import namespaces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Fact = tuple[str, str, str]

_BUILT_IN: Final = tuple(
    f"<{name}" for name in (namespaces.RDF, namespaces.RDFS, namespaces.OWL, namespaces.XSD)
)
_REFLEXIVE: Final = frozenset(
    [f"<{namespaces.OWL}{name}>" for name in ("sameAs", "equivalentClass", "equivalentProperty")]
    + [f"<{namespaces.RDFS}{name}>" for name in ("subClassOf", "subPropertyOf")]
)
_EVERYTHING: Final = frozenset({f"<{namespaces.OWL}Thing>", f"<{namespaces.RDFS}Resource>"})
_TYPE: Final = f"<{namespaces.RDF}type>"


@dataclass(frozen=True, slots=True)
class Difference:
    """How two sets of facts differ.

    Attributes:
        both: How many facts they have in common.
        missing: Facts that only the first has, by group.
        extra: Facts that only the second has, by group.
    """

    both: int
    missing: Counter[str]
    extra: Counter[str]


def facts(path: Path) -> frozenset[Fact]:
    """Read the facts of a file.

    Args:
        path: N-Triples, in which subjects may be literals.
    """
    return frozenset(_facts(path))


def compare(ours: frozenset[Fact], theirs: frozenset[Fact]) -> Difference:
    """Compare two sets of facts.

    Args:
        ours: The first.
        theirs: The second.
    """
    return Difference(len(ours & theirs), _grouped(ours - theirs), _grouped(theirs - ours))


def _facts(path: Path) -> Iterator[Fact]:
    with path.open("rb") as file:
        lines = b"".join(line for line in file if line.startswith(b"<"))
    for quad in ox.parse(lines, format=ox.RdfFormat.N_TRIPLES, lenient=True):
        subject, predicate, value = (str(term) for term in quad.triple)
        if (
            value.startswith("_:")
            or subject.startswith(_BUILT_IN)
            or value in _EVERYTHING
            or (subject == value and predicate in _REFLEXIVE)
        ):
            continue
        yield subject, predicate, value


def _grouped(some: frozenset[Fact]) -> Counter[str]:
    """Count facts by property, those about classes by class."""
    return Counter(
        f"a {namespaces.shorten(value[1:-1])}"
        if predicate == _TYPE
        else namespaces.shorten(predicate[1:-1])
        for _, predicate, value in some
    )
