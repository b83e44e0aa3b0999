"""Contradictions, as faults of a dataset: where the triples stand, or what they follow from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rdflib.term import URIRef

from communique.errors import DataError
from communique.explain.terms import readable_triple, to_rdflib
from communique.reasoning import axioms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from communique.dataset import Located, Place
    from communique.reasoning import Contradiction
    from communique.reasoning.proofs import Prover
    from communique.reasoning.rules import Axiom, Pattern

_ADVICE: Final = "correct one of the statements, or the axiom they contradict"


def fault(dataset: Located, contradiction: Contradiction, prover: Prover) -> DataError:
    """Say of a contradiction where its triples and its axiom are written.

    Args:
        dataset: The dataset.
        contradiction: The contradiction.
        prover: Finds what a premise follows from that is not itself asserted.

    Returns:
        The fault.  Its place is that of a triple that is asserted.
    """
    asserted: list[tuple[Pattern, Place]] = []
    rested: list[tuple[Pattern, Place]] = []
    notes: list[str] = []
    for premise in dict.fromkeys(contradiction.premises):
        if prover.asserted(premise):
            asserted += _located(dataset, [premise])
            continue
        leaves = dict.fromkeys(prover.prove(premise)[0].leaves())
        rested += _located(dataset, leaves)
        sources = ", ".join(_with_place(leaf, _locate(dataset, leaf)) for leaf in leaves)
        notes.append(f"{readable_triple(premise)} follows from {sources}")
    axiom = _locate_axiom(dataset, contradiction.rule.axiom)
    if not asserted + rested:
        return DataError(_message(contradiction, notes, axiom), _ADVICE)
    triple, first = (asserted + rested)[0]
    others = [_with_place(other, place) for other, place in asserted[1:] if place != first]
    if others:
        notes.insert(0, f"see also {', '.join(others)}")
    subject = to_rdflib(triple[0])
    return DataError(
        _message(contradiction, notes, axiom),
        _ADVICE,
        file=first.file.path,
        line=first.line,
        node=str(subject) if isinstance(subject, URIRef) else None,
    )


def _message(contradiction: Contradiction, notes: list[str], axiom: Place | None) -> str:
    where = [f"the axiom is in {axiom.file.name}:{axiom.line}"] if axiom else []
    return "; ".join((str(contradiction), *notes, *where))


def _with_place(triple: Pattern, place: Place | None) -> str:
    where = f" ({place.file.name}:{place.line})" if place else ""
    return readable_triple(triple) + where


def _located(dataset: Located, triples: Iterable[Pattern]) -> list[tuple[Pattern, Place]]:
    """Return triples with their places, as far as they have one."""
    return [(triple, place) for triple in triples if (place := _locate(dataset, triple))]


def _locate(dataset: Located, triple: Pattern) -> Place | None:
    return dataset.locate(*map(to_rdflib, triple))


def _locate_axiom(dataset: Located, axiom: Axiom | None) -> Place | None:
    """Find where an axiom is written, which may hang from a node without a name."""
    found = axioms.find(dataset.ontology, axiom) if axiom else None
    return dataset.locate(*found) if found else None
