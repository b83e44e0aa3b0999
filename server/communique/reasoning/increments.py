"""A closure kept up to date: what is added or taken back is followed up, and nothing else.

Additions go forward semi-naively.  Removals are delete-and-rederive: what rests on the removed
triples is taken out, what still has another reason is put back, and what follows from that as
well.  The result is the same as closing from scratch.

A graph that holds nothing need not exist, and adding one that does not exist is an error to some
stores: hence ``SILENT``.

Source: A. Gupta, I. S. Mumick, V. S. Subrahmanian, Maintaining Views Incrementally, SIGMOD 1993.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from communique.reasoning import rules as rule_set
from communique.reasoning.closure import SCRATCH, Reasoner, Signature, Step, count, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from communique.reasoning.closure import Engine
    from communique.reasoning.rules import Pattern, Rule

ADDED: Final = SCRATCH + "added"
"""The graph into which a caller puts triples that are asserted from now on."""
REMOVED: Final = SCRATCH + "removed"
"""The graph into which a caller puts triples that nothing asserts any more."""
_LOST: Final = SCRATCH + "lost"
_REDERIVED: Final = SCRATCH + "rederived"


@dataclass(frozen=True, slots=True)
class Change:
    """What a change did to what is known.

    Attributes:
        gained: Inferred triples that are new.
        lost: Inferred triples that no longer hold or are no longer needed.
    """

    gained: int
    lost: int


def add(engine: Engine, rules: Sequence[Rule], inferred: str, trace: str | None = None) -> Change:
    """Follow up the triples of :data:`ADDED`.

    Args:
        engine: The store; its default graph is everything known.
        rules: The rules.
        inferred: The graph of the triples that follow and are not asserted.
        trace: A graph that takes each triple that is inferred, where one is wanted.
    """
    # What was inferred and is asserted now is asserted; it was followed up already.
    known = f"GRAPH <{ADDED}> {{ ?s ?p ?o }} GRAPH <{inferred}> {{ ?s ?p ?o }}"
    ((promoted,),) = engine.select(f"SELECT (COUNT(*) AS ?n) WHERE {{ {known} }}")
    engine.update(f"DELETE {{ GRAPH <{inferred}> {{ ?s ?p ?o }} }} WHERE {{ {known} }}")
    engine.update(
        f"DELETE {{ GRAPH <{ADDED}> {{ ?s ?p ?o }} }} "
        f"WHERE {{ GRAPH <{ADDED}> {{ ?s ?p ?o }} ?s ?p ?o }}"
    )
    engine.update(f"ADD SILENT GRAPH <{ADDED}> TO DEFAULT")
    rounds = Reasoner(engine, rules, (), inferred, trace).forward(ADDED)
    engine.update(f"DROP SILENT GRAPH <{ADDED}>")
    return Change(sum(found.found for found in rounds), number(promoted))


def remove(
    engine: Engine, rules: Sequence[Rule], inferred: str, trace: str | None = None
) -> Change:
    """Take back the triples of :data:`REMOVED`, and what rests on them alone.

    Args:
        engine: The store; its default graph is everything known, the removed triples included.
        rules: The rules.
        inferred: The graph of the triples that follow and are not asserted.
        trace: A graph that takes each triple that is no longer inferred, even if it is again for
            another reason, where one is wanted.
    """
    reasoner = Reasoner(engine, rules, (), inferred, trace)
    _overdelete(reasoner)
    if trace:
        engine.update(f"ADD SILENT GRAPH <{_LOST}> TO GRAPH <{trace}>")
    lost = count(engine, _LOST)
    engine.update(
        f"DELETE {{ GRAPH <{inferred}> {{ ?s ?p ?o }} }} WHERE {{ GRAPH <{_LOST}> {{ ?s ?p ?o }} }}"
    )
    # A removed triple may follow from others still: it is a candidate like those that are lost.
    engine.update(f"ADD SILENT GRAPH <{REMOVED}> TO GRAPH <{_LOST}>")
    engine.update(f"DELETE {{ ?s ?p ?o }} WHERE {{ GRAPH <{_LOST}> {{ ?s ?p ?o }} }}")
    _rederive(reasoner)
    put_back = count(engine, _REDERIVED)
    engine.update(
        f"ADD SILENT GRAPH <{_REDERIVED}> TO DEFAULT ; "
        f"ADD SILENT GRAPH <{_REDERIVED}> TO GRAPH <{inferred}>"
    )
    rounds = reasoner.forward(_REDERIVED)
    back = put_back + sum(found.found for found in rounds)
    for graph in (REMOVED, _LOST, _REDERIVED):
        engine.update(f"DROP SILENT GRAPH <{graph}>")
    return Change(max(0, back - lost), max(0, lost - back))


def _overdelete(reasoner: Reasoner) -> None:
    """Collect the inferred triples that some derivation rests on what is removed."""
    engine = reasoner.engine

    def inferred_and_not_lost_yet(head: str) -> str:
        return (
            f"FILTER EXISTS {{ GRAPH <{reasoner.inferred}> {{ {head} }} }} "
            f"FILTER NOT EXISTS {{ GRAPH <{_LOST}> {{ {head} }} }}"
        )

    spare = [SCRATCH + "three", SCRATCH + "four"]
    delta = REMOVED
    while True:
        new = spare[0] if delta != spare[0] else spare[1]
        reasoner.step(delta, new, inferred_and_not_lost_yet)
        found = count(engine, new)
        engine.update(f"ADD SILENT GRAPH <{new}> TO GRAPH <{_LOST}>")
        if delta in spare:
            engine.update(f"DROP SILENT GRAPH <{delta}>")
        if not found:
            engine.update(f"DROP SILENT GRAPH <{new}>")
            return
        delta = new


def _rederive(reasoner: Reasoner) -> None:
    """Collect those of the lost triples that follow in one step from what is left."""
    lost = Signature.of(reasoner.engine, _LOST)
    equality = reasoner.equality()
    steps: list[Step] = []
    for rule in reasoner.rules:
        if rule.head is None or not lost.touches(rule.head) or (rule.same and not equality):
            continue
        head = rule_set.text([rule.head])
        steps.append(Step(head, f"GRAPH <{_LOST}> {{ {head} }} {_reason(rule, rule.head)}"))
    reasoner.engine.insert(steps, _REDERIVED)


def _reason(rule: Rule, head: Pattern) -> str:
    """Write the condition that a rule's body holds for the head that is bound.

    One pattern within another, so that a store looks each up with what is bound so far and stops
    at the first reason, instead of joining all that could ever be one.
    """
    condition = rule_set.filters(rule)
    for pattern in reversed(rule_set.joined(rule.body, rule_set.variables([head]))):
        condition = f"FILTER EXISTS {{ {rule_set.text([pattern])} {condition} }}"
    return condition
