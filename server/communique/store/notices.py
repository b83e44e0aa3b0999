"""What is said of what is withdrawn: how much it is, and why a thing is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from communique.claims import retractions
from communique.namespaces import CMQ, DCTERMS, WITHDRAWN_GRAPH
from communique.store.results import to_term

if TYPE_CHECKING:
    from communique.store.generation import Manifest
    from communique.store.results import Term


@dataclass(frozen=True, slots=True)
class Notice:
    """Why something does not count as fact.

    Attributes:
        decision: The IRI of the editorial decision.
        how: ``retracted`` or ``superseded``.
        about: The IRIs of the articles or claims that the decision is about.
        replacement: The IRI of the newer version, where there is one.
        reason: The IRI of the kind of reason.
        decided: When it was decided.
        makers: Who decided it.
        texts: What was wrong.
        sources: What shows it.
    """

    decision: str
    how: str
    about: tuple[str, ...]
    replacement: str | None
    reason: str | None
    decided: str
    makers: tuple[Term, ...]
    texts: tuple[Term, ...]
    sources: tuple[Term, ...]


def told(manifest: Manifest) -> str:
    """Say what a generation leaves out of its facts, as a sentence; empty if nothing.

    Args:
        manifest: What the generation says of itself.
    """
    counts = _counts(manifest)
    numbers = [f"{number} {how}" for how, number in counts.items() if number]
    if not numbers:
        return ""
    if sum(counts.values()) == 1:
        return f"{numbers[0]} article or claim does not count as fact, and is left out"
    return f"{' and '.join(numbers)} articles or claims do not count as fact, and are left out"


def field(manifest: Manifest) -> str:
    """Return what a generation leaves out as a dictionary of HTTP (RFC 9651, §3.2).

    Args:
        manifest: What the generation says of itself.
    """
    return ", ".join(f"{how}={number}" for how, number in _counts(manifest).items() if number)


def notices(store: ox.Store, iri: str) -> list[Notice]:
    """Return by which decisions something does not count as fact, in the order they were made.

    Args:
        store: A generation's store.
        iri: What may be withdrawn.
    """
    found = store.quads_for_pattern(
        ox.NamedNode(iri),
        ox.NamedNode(retractions.WITHDRAWN_BY),
        None,
        ox.NamedNode(WITHDRAWN_GRAPH),
    )
    notices = [
        _notice(store, quad.object) for quad in found if isinstance(quad.object, ox.NamedNode)
    ]
    return sorted(notices, key=lambda notice: (notice.decided, notice.decision))


def _counts(manifest: Manifest) -> dict[str, int]:
    count = manifest["withdrawn"]
    return {"retracted": count["retracted"], "superseded": count["superseded"]}


def _notice(store: ox.Store, decision: ox.NamedNode) -> Notice:
    def values(name: str) -> list[Term]:
        quads = store.quads_for_pattern(decision, ox.NamedNode(name), None, ox.DefaultGraph())
        return sorted((to_term(quad.object) for quad in quads), key=lambda term: term.value)

    def value(name: str) -> str | None:
        return next((term.value for term in values(name)), None)

    superseded = values(retractions.REPLACES)
    return Notice(
        decision=decision.value,
        how="superseded" if superseded else "retracted",
        about=tuple(term.value for term in superseded or values(retractions.RETRACTS)),
        replacement=value(CMQ + "replacement"),
        reason=value(CMQ + "reason"),
        decided=value(CMQ + "decidedOn") or "",
        makers=tuple(values(DCTERMS + "creator")),
        texts=tuple(values(DCTERMS + "description")),
        sources=tuple(values(DCTERMS + "source")),
    )
