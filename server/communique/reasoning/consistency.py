"""Contradictions: the rules of OWL 2 RL whose head is *false*, asked of everything known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from communique.reasoning import rules as rule_set
from communique.reasoning.closure import Signature, number
from communique.reasoning.rules import TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from communique.reasoning.closure import Engine
    from communique.reasoning.rules import Pattern, Rule, Term

INSTANCES: Final = 20
"""How many contradictions by one rule are reported."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An instance of a rule whose head is *false*.

    Attributes:
        rule: The rule, with its W3C names and its axiom.
        premises: The triples that contradict one another under it.
    """

    rule: Rule
    premises: tuple[Pattern, ...]

    @property
    def key(self) -> tuple[str, frozenset[Pattern]]:
        """What makes it the same contradiction as another, seen from the other side."""
        return self.rule.name, frozenset(self.premises)

    def __str__(self) -> str:
        """Say which triples contradict which axiom, for people to read."""
        triples = ", ".join(
            " ".join(map(rule_set.readable, premise)) for premise in dict.fromkeys(self.premises)
        )
        reason = f" contradicts {self.rule.axiom}" if self.rule.axiom else " is a contradiction"
        return f"{triples}{reason} ({', '.join(dict.fromkeys(self.rule.names))})"


def contradictions(
    engine: Engine, rules: Iterable[Rule], known: tuple[str, ...] = ()
) -> Iterator[Contradiction]:
    """Yield the contradictions among everything known, each once.

    Args:
        engine: The store.
        rules: The rules; those that conclude triples are passed over.
        known: The graphs whose union is everything known; none where that is the default graph.
    """
    clauses = " ".join(f"FROM <{graph}>" for graph in known)
    sizes = _sizes(engine, clauses)

    def queries(rule: Rule) -> Iterator[str]:
        if all(_possible(pattern, sizes) for pattern in rule.body):
            # The smaller class first: its few instances are then looked up in the larger one.
            body = sorted(rule.body, key=lambda pattern: sizes.get(pattern[2], 0))
            yield _query(rule, f"{clauses} WHERE {{ {rule_set.text(rule_set.joined(body))}")

    return _each_once(engine, rules, queries)


def new_contradictions(engine: Engine, rules: Iterable[Rule], new: str) -> Iterator[Contradiction]:
    """Yield the contradictions that involve new triples, each once.

    These are all there are, if there were none before: a rule for contradictions asks for triples
    to be there, and its conditions are about the terms alone.  So what is taken away makes none,
    and whatever matches now and did not before has a new triple among its premises.

    Args:
        engine: The store; its default graph is everything known, the new triples included.
        rules: The rules; those that conclude triples are passed over.
        new: The graph of the triples that were not known before.
    """
    active = Signature.of(engine, new)

    def queries(rule: Rule) -> Iterator[str]:
        for place, pattern in enumerate(rule.body):
            if active.touches(pattern):
                others = [*rule.body[:place], *rule.body[place + 1 :]]
                rest = rule_set.text(rule_set.joined(others, rule_set.variables([pattern])))
                first = f"GRAPH <{new}> {{ {rule_set.text([pattern])} }}"
                yield _query(rule, f"WHERE {{ {first} {rest}")

    return _each_once(engine, rules, queries)


def _each_once(
    engine: Engine, rules: Iterable[Rule], queries: Callable[[Rule], Iterator[str]]
) -> Iterator[Contradiction]:
    """Yield what is found by each rule for contradictions, in an order of its own.

    Args:
        engine: The store.
        rules: The rules.
        queries: Writes the queries for instances of a rule.
    """
    asked = [(rule, list(queries(rule))) for rule in rules if rule.head is None]
    rows = engine.select_each([query for _, texts in asked for query in texts])
    seen: set[tuple[str, frozenset[Pattern]]] = set()
    for rule, texts in asked:
        found = [one for some in islice(rows, len(texts)) for one in _instances(rule, some)]
        for one in sorted(found, key=lambda one: one.premises)[:INSTANCES]:
            if one.key not in seen:
                seen.add(one.key)
                yield one


def _query(rule: Rule, where: str) -> str:
    """Write the query for instances of a rule.

    Args:
        rule: The rule.
        where: The dataset clause and the patterns of the group, which is left open.
    """
    chosen = " ".join(rule_set.variables(rule.body)) or "(1 AS ?one)"
    return f"SELECT {chosen} {where} {rule_set.filters(rule)} }} LIMIT {INSTANCES}"


def _instances(rule: Rule, rows: Iterable[tuple[Term, ...]]) -> Iterator[Contradiction]:
    """Yield the instances of a rule that its query has found."""
    free = rule_set.variables(rule.body)
    for row in rows:
        binding = dict(zip(free, row, strict=False))
        yield Contradiction(
            rule, tuple(rule_set.substitute(pattern, binding) for pattern in rule.body)
        )


def _sizes(engine: Engine, clauses: str) -> dict[Term, int]:
    """Count the instances of every class."""
    query = f"SELECT ?c (COUNT(?x) AS ?n) {clauses} WHERE {{ ?x {TYPE} ?c }} GROUP BY ?c"
    return {name: number(size) for name, size in engine.select(query)}


def _possible(pattern: Pattern, sizes: dict[Term, int]) -> bool:
    """Tell whether a pattern can match, as far as the sizes of classes tell."""
    _, predicate, value = pattern
    return predicate != TYPE or rule_set.is_variable(value) or value in sizes
