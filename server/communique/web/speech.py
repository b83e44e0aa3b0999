"""What was said: all about one statement, and the claims that an agent made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from communique.namespaces import CMQ, ID, RDFS

if TYPE_CHECKING:
    from communique.store.generation import Generation
    from communique.store.results import Row, Term

MAX: Final = 500
"""How many claims of an agent are shown."""

_HEAD: Final = f"PREFIX cmq: <{CMQ}> PREFIX id: <{ID}> PREFIX rdfs: <{RDFS}>\n"
_PROPOSITIONS: Final = """
SELECT ?proposition ?label ?subject ?predicate ?object ?polarity ?certainty ?modality WHERE {
  %s cmq:content ?proposition .
  OPTIONAL { ?proposition rdfs:label ?label }
  OPTIONAL { ?proposition cmq:subject ?subject }
  OPTIONAL { ?proposition cmq:predicate ?predicate }
  OPTIONAL { ?proposition cmq:object ?object }
  OPTIONAL { ?proposition cmq:polarity ?polarity }
  OPTIONAL { ?proposition cmq:certainty ?certainty }
  OPTIONAL { ?proposition cmq:modality ?modality }
} ORDER BY ?proposition
"""
_SPEAKERS: Final = """
SELECT ?speaker ?capacity ?principal WHERE {
  %s cmq:speaker ?speaker
  OPTIONAL {
    %s cmq:delegation ?delegation . ?delegation cmq:delegate ?speaker .
    OPTIONAL { ?delegation cmq:capacity ?capacity }
    OPTIONAL { ?delegation cmq:principal ?principal }
  }
} ORDER BY ?speaker ?principal
"""
_REPORTS: Final = """
SELECT ?report ?document ?outlet ?directness ?original WHERE {
  ?report cmq:reports %s .
  OPTIONAL { ?report cmq:inDocument ?document . OPTIONAL { ?document cmq:outlet ?outlet } }
  OPTIONAL { ?report cmq:directness ?directness }
  OPTIONAL { ?report cmq:derivedFrom/cmq:inDocument ?original }
} ORDER BY DESC(BOUND(?directness)) ?report
"""
_QUOTATIONS: Final = """
SELECT DISTINCT ?quotation ?exact ?sentence WHERE {
  { %s cmq:anchor ?quotation } UNION { ?report cmq:reports %s ; cmq:anchor ?quotation }
  ?quotation cmq:selector/cmq:exact ?exact .
  OPTIONAL { ?quotation cmq:inSentence ?sentence }
} ORDER BY ?quotation
"""
_CLAIMS: Final = """
SELECT DISTINCT ?claim ?label ?principal ?speaker WHERE {
  {
    ?claim cmq:speaker %s .
    OPTIONAL { ?claim cmq:delegation [ cmq:delegate %s ; cmq:principal ?principal ] }
  } UNION {
    ?claim cmq:delegation [ cmq:principal %s ; cmq:delegate ?speaker ] ; cmq:speaker ?speaker
  }
  OPTIONAL { ?claim rdfs:label ?label }
} ORDER BY ?claim ?principal ?speaker
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """All about one statement; the rows are those of the queries above.

    Attributes:
        speakers: Speaker, capacity and principal.
        propositions: Proposition, label, subject, predicate, object, polarity, certainty, modality.
        reports: Report, document, outlet, directness, original document.
        quotations: Passage, its words, and its sentence.
    """

    speakers: list[Row]
    propositions: list[Row]
    reports: list[Row]
    quotations: list[Row]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim in which an agent has a part.

    Attributes:
        claim: The claim.
        label: Its label.
        principals: Those on whose behalf the agent made it.
        speakers: Those who made it on behalf of the agent.
    """

    claim: Term
    label: Term | None
    principals: tuple[Term, ...]
    speakers: tuple[Term, ...]


def statement(generation: Generation, iri: str) -> Statement | None:
    """Return all about a statement, or None if it is none.

    Args:
        generation: The generation.
        iri: The IRI.
    """
    propositions = _rows(generation, _PROPOSITIONS, iri)
    speakers = _rows(generation, _SPEAKERS, iri)
    if not propositions and not speakers:
        return None
    return Statement(
        speakers,
        propositions,
        _rows(generation, _REPORTS, iri),
        _rows(generation, _QUOTATIONS, iri),
    )


def claims(generation: Generation, iri: str) -> list[Claim]:
    """Return the claims that an agent made, and those made on its behalf.

    Args:
        generation: The generation.
        iri: The agent's IRI.
    """
    found: dict[Term, Claim] = {}
    for claim, label, principal, speaker in _rows(generation, _CLAIMS, iri):
        if claim is None or (claim not in found and len(found) == MAX):
            continue
        known = found.get(claim, Claim(claim, label, (), ()))
        found[claim] = Claim(
            claim,
            known.label,
            _with(known.principals, principal),
            _with(known.speakers, speaker),
        )
    return list(found.values())


def _with(terms: tuple[Term, ...], term: Term | None) -> tuple[Term, ...]:
    return terms if term is None or term in terms else (*terms, term)


def _rows(generation: Generation, query: str, iri: str) -> list[Row]:
    # An IRI that the engine took from its own store has none of the characters that end one.
    # Late, because it is a worker that asks, where there are any.
    from communique.store.query import ask  # noqa: PLC0415

    return list(ask(generation, _HEAD + query.replace("%s", f"<{iri}>")).rows)
