"""Explanations as text: an indented tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from communique.explain.terms import readable_triple
from communique.namespaces import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.explain.explaining import Explanation, Lack, Reason
    from communique.explain.places import Place
    from communique.reasoning.rules import Pattern, Rule

NO_LINES: Final = "No lines: the files are not at hand as they were when the dataset was built."
ABOVE: Final = "as proved above"
NO_RULE: Final = "No rule concludes such a triple; it would have to be asserted."


def as_text(explanation: Explanation) -> str:
    """Write an explanation as text, ending with a newline.

    Args:
        explanation: The explanation.
    """
    lines: list[str] = []
    for number, proof in enumerate(explanation.proofs, 1):
        if len(explanation.proofs) > 1:
            steps = "1 step" if proof.steps == 1 else f"{proof.steps} steps"
            lines += ["", f"Proof {number} of {len(explanation.proofs)}, {steps}:"]
        lines += _tree(proof, "", "", set())
    if not explanation.holds:
        lines += _absence(explanation)
    if not explanation.has_lines:
        lines += ["", NO_LINES]
    return "\n".join(lines).lstrip("\n") + "\n"


def by(rule: Rule, axiom: Place | None) -> str:
    """Write which rule it was and by which axiom: ``prp-inv1: … (ontology/….ttl:12)``.

    Args:
        rule: The rule.
        axiom: Where its axiom is written.
    """
    names = " + ".join(dict.fromkeys(rule.names))
    written = f": {rule.axiom}" if rule.axiom else ""
    return f"{names}{written}" + (f" ({axiom})" if axiom else "")


def _tree(reason: Reason, first: str, rest: str, proved: set[Pattern]) -> Iterator[str]:
    """Yield the lines of a proof.

    Args:
        reason: The proof.
        first: What its first line begins with.
        rest: What its other lines begin with.
        proved: What stands above with its proof; what is proved here is added.
    """
    yield first + readable_triple(reason.triple)
    inner = rest + ("│ " if reason.premises else "  ")
    if reason.rule is None:
        for place in reason.asserted:
            yield f"{inner}asserted in {place}"
        for passage in reason.passages:
            yield f"{inner}{passage}"
        return
    if reason.triple in proved:
        yield f"{rest}  {ABOVE}"
        return
    proved.add(reason.triple)
    yield f"{inner}by {by(reason.rule, reason.axiom)}"
    for premise in reason.premises[:-1]:
        yield from _tree(premise, f"{rest}├─ ", f"{rest}│  ", proved)
    for premise in reason.premises[-1:]:
        yield from _tree(premise, f"{rest}└─ ", f"{rest}   ", proved)


def _absence(explanation: Explanation) -> Iterator[str]:
    """Yield the lines on a triple that does not hold."""
    yield f"{readable_triple(explanation.triple)} does not hold."
    yield from said_elsewhere(explanation)
    if explanation.lack is None:
        yield NO_RULE
    else:
        yield from _lack(explanation.lack)


def said_elsewhere(explanation: Explanation) -> Iterator[str]:
    """Yield sentences on where a triple that does not hold stands nevertheless.

    Args:
        explanation: The explanation.
    """
    for claimed in explanation.standing.claimed:
        yield f"It is the content of {shorten(claimed)}: claimed, which makes it no fact."
    for place in explanation.standing.editorial:
        yield f"Editors say it beside the source: {place}"
    for place in explanation.standing.withdrawn:
        yield f"It was asserted in {place}, and is withdrawn since: retracted or superseded."


def _lack(lack: Lack) -> Iterator[str]:
    yield f"The rule that comes nearest is {by(lack.rule, lack.axiom)}; for instance:"
    for premise in lack.held:
        yield f"  holds  {readable_triple(premise)}"
    for premise in lack.lacking:
        yield f"  lacks  {readable_triple(premise)}"
