"""Explanations as plain structures, for JSON; their shape is described in docs/reasoning.md."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from communique.explain.terms import parse
from communique.reasoning.rules import is_variable

if TYPE_CHECKING:
    from communique.explain.explaining import Explanation, Lack, Reason
    from communique.explain.places import Place
    from communique.reasoning.rules import Pattern, Rule

Object = dict[str, Any]


def as_structure(explanation: Explanation) -> Object:
    """Return an explanation as JSON has it.

    Args:
        explanation: The explanation.
    """
    standing = explanation.standing
    return {
        "triple": _triple(explanation.triple),
        "holds": explanation.holds,
        "dataset": explanation.digest,
        "lines": explanation.has_lines,
        "proofs": [{"steps": proof.steps, **_reason(proof)} for proof in explanation.proofs],
        "missing": _lack(explanation.lack) if explanation.lack else None,
        "claimed": list(standing.claimed),
        "editorial": [asdict(place) for place in standing.editorial],
        "withdrawn": [asdict(place) for place in standing.withdrawn],
    }


def _reason(reason: Reason) -> Object:
    """Return a proof: of an inferred triple with its rule, of another with where it is asserted."""
    if reason.rule is None:
        return {
            "triple": _triple(reason.triple),
            "asserted": [asdict(place) for place in reason.asserted],
            "passages": [asdict(passage) for passage in reason.passages],
        }
    return {
        "triple": _triple(reason.triple),
        **_rule(reason.rule, reason.axiom),
        "premises": [_reason(premise) for premise in reason.premises],
    }


def _rule(rule: Rule, axiom: Place | None) -> Object:
    return {
        "rule": list(dict.fromkeys(rule.names)),
        "axiom": str(rule.axiom) if rule.axiom else None,
        "axiomPlace": asdict(axiom) if axiom else None,
    }


def _lack(lack: Lack) -> Object:
    return {
        **_rule(lack.rule, lack.axiom),
        "held": [_triple(premise) for premise in lack.held],
        "lacking": [_triple(premise) for premise in lack.lacking],
    }


def _triple(triple: Pattern) -> Object:
    return dict(zip(("subject", "predicate", "object"), map(_term, triple), strict=True))


def _term(term: str) -> Object:
    """Return a term as SPARQL's JSON results have it; a variable has the type ``variable``."""
    if is_variable(term):
        return {"type": "variable", "value": term[1:]}
    parts = parse(term)
    entry: Object = {"type": parts.kind, "value": parts.value}
    if parts.language:
        entry["xml:lang"] = parts.language
    elif parts.kind == "literal":
        entry["datatype"] = parts.datatype
    return entry
