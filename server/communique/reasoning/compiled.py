"""What an ontology was compiled to, kept, so that it need not be compiled again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from communique.reasoning.rules import Axiom, Condition, Rule

if TYPE_CHECKING:
    from communique.reasoning.rules import Pattern
    from communique.reasoning.schema import Schema


@dataclass(frozen=True, slots=True)
class Compiled:
    """What reasoning needs of an ontology.

    Attributes:
        known: What follows from the ontology alone, of terms with names.
        rules: The rules to compute with.
        steps: The rules to explain with.
    """

    known: frozenset[Pattern]
    rules: tuple[Rule, ...]
    steps: tuple[Rule, ...]


def compiled(schema: Schema) -> Compiled:
    """Return what reasoning needs of a closed ontology.

    Args:
        schema: The closed ontology.
    """
    return Compiled(frozenset(schema.known()), schema.rules, schema.steps)


def dump(found: Compiled) -> str:
    """Write it as JSON.

    Args:
        found: What an ontology was compiled to.
    """
    structure = {
        "known": sorted(found.known),
        "rules": [asdict(rule) for rule in found.rules],
        "steps": [asdict(rule) for rule in found.steps],
    }
    return json.dumps(structure, ensure_ascii=False)


def load(text: str) -> Compiled:
    """Read what :func:`dump` wrote.

    Args:
        text: The JSON.

    Raises:
        ValueError: It is no JSON.
    """
    structure = json.loads(text)
    return Compiled(
        frozenset(map(_pattern, structure["known"])),
        tuple(map(_rule, structure["rules"])),
        tuple(map(_rule, structure["steps"])),
    )


def _pattern(terms: list[str]) -> Pattern:
    subject, predicate, value = terms
    return subject, predicate, value


def _rule(structure: dict[str, Any]) -> Rule:
    axiom, head = structure["axiom"], structure["head"]
    return Rule(
        names=tuple(structure["names"]),
        axiom=None if axiom is None else Axiom(**axiom),
        body=tuple(map(_pattern, structure["body"])),
        head=None if head is None else _pattern(head),
        conditions=tuple(
            Condition(condition["kind"], tuple(condition["terms"]))
            for condition in structure["conditions"]
        ),
        same=structure["same"],
    )
