"""Rules: what a reasoner applies, as data.

A rule is a conjunction of triple patterns that implies triples, or a contradiction.  Terms are
written as SPARQL writes them (``<iri>``, ``"literal"``, ``?variable``), so that the same rule can
be run by any SPARQL store and read by people.  Every rule keeps the W3C names of the rules that it
specialises, and the axiom that it was compiled from.

Source: OWL 2 Profiles, section 4.3, https://www.w3.org/TR/owl2-profiles/.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from communique import namespaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Term: TypeAlias = str
"""A term as SPARQL writes it; a variable begins with a question mark."""
Pattern: TypeAlias = tuple[Term, Term, Term]
"""A triple in which terms may be variables."""

TYPE: Final = f"<{namespaces.RDF}type>"
SAME_AS: Final = f"<{namespaces.OWL}sameAs>"


@dataclass(frozen=True, slots=True)
class Axiom:
    """What a rule was compiled from.

    Attributes:
        subject: The node of the ontology that it is about.
        predicate: The property of OWL or RDFS that makes it an axiom.
        value: Its value; a class expression or a list is written out.
        triple: Whether it is one triple of terms with names, so that it can be looked up as it is.
    """

    subject: Term
    predicate: Term
    value: str
    triple: bool

    def __str__(self) -> str:
        """Write the axiom with prefixes, for people to read."""
        return " ".join(map(readable, (self.subject, self.predicate, self.value)))


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a rule beside its patterns.

    Attributes:
        kind: ``differ``: the first two terms are different terms.  ``unequal``: they are literals
            of different values.  ``misfit``: the first is a literal of none of the datatypes that
            the others name.  ``malformed``: the first is a literal of the datatype that the second
            names, and not in its lexical space.
        terms: The terms.
    """

    kind: Literal["differ", "unequal", "misfit", "malformed"]
    terms: tuple[Term, ...]

    def sparql(self, binding: Mapping[Term, Term] | None = None) -> str:
        """Write the condition as a SPARQL filter.

        Args:
            binding: Terms to put in the place of variables.
        """
        one, *others = (binding.get(term, term) if binding else term for term in self.terms)
        if self.kind == "differ":
            return f"FILTER (!sameTerm({one}, {others[0]}))"
        if self.kind == "unequal":
            return f"FILTER (isLiteral({one}) && isLiteral({others[0]}) && {one} != {others[0]})"
        if self.kind == "malformed":
            cast = f"{others[0]}(str({one}))"
            fits = f"COALESCE({cast} = {cast}, false)"
            return f"FILTER (isLiteral({one}) && datatype({one}) = {others[0]} && !{fits})"
        return f"FILTER (isLiteral({one}) && datatype({one}) NOT IN ({', '.join(others)}))"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        names: W3C names of the rules it specialises, the leading one first.
        axiom: What it was compiled from; None for a rule that needs no axiom (``eq-*``).
        body: The patterns that must hold; empty for a rule that holds without condition.
        head: The triple that follows; None if a contradiction follows.
        conditions: What must be so besides.
        same: Whether the rule is of use only where the data say ``owl:sameAs`` of something.
    """

    names: tuple[str, ...]
    axiom: Axiom | None
    body: tuple[Pattern, ...]
    head: Pattern | None
    conditions: tuple[Condition, ...] = ()
    same: bool = False

    @property
    def name(self) -> str:
        """The leading name."""
        return self.names[0]

    def __str__(self) -> str:
        """Write the rule for people to read."""
        body = ", ".join(" ".join(map(readable, pattern)) for pattern in self.body)
        head = "a contradiction" if self.head is None else " ".join(map(readable, self.head))
        return f"{self.name}: {body or 'always'} → {head}"


def is_variable(term: Term) -> bool:
    """Tell a variable from a constant."""
    return term.startswith("?")


def variables(patterns: Iterable[Pattern]) -> tuple[Term, ...]:
    """Return the variables of patterns, each once, in order of appearance."""
    terms = itertools.chain.from_iterable(patterns)
    return tuple(dict.fromkeys(term for term in terms if is_variable(term)))


def substitute(pattern: Pattern, binding: Mapping[Term, Term]) -> Pattern:
    """Replace the variables of a pattern that a binding binds.

    Args:
        pattern: The pattern.
        binding: Terms by variable.
    """
    subject, predicate, value = pattern
    return (
        binding.get(subject, subject),
        binding.get(predicate, predicate),
        binding.get(value, value),
    )


def match(pattern: Pattern, triple: Pattern) -> dict[Term, Term] | None:
    """Bind the variables of a pattern so that it becomes a triple.

    Args:
        pattern: The pattern.
        triple: The triple.

    Returns:
        The binding, or None if there is none.
    """
    binding: dict[Term, Term] = {}
    for term, value in zip(pattern, triple, strict=True):
        if not is_variable(term):
            if term != value:
                return None
        elif binding.setdefault(term, value) != value:
            return None
    return binding


def joined(patterns: Iterable[Pattern], bound: Iterable[Term] = ()) -> list[Pattern]:
    """Order patterns so that each shares a variable with one before it, where that can be.

    A store that joins in the written order then never forms a cross product, and begins with what
    is given.

    Args:
        patterns: The patterns.
        bound: Variables that are bound beforehand.
    """
    left = list(patterns)
    known = set(bound)
    ordered: list[Pattern] = []
    while left:
        best = max(left, key=lambda one: sum(not is_variable(x) or x in known for x in one))
        left.remove(best)
        ordered.append(best)
        known.update(variables([best]))
    return ordered


def text(patterns: Iterable[Pattern]) -> str:
    """Write patterns as the inside of a SPARQL group."""
    return " ".join(f"{subject} {predicate} {value} ." for subject, predicate, value in patterns)


def differ(one: Term, other: Term) -> tuple[Condition, ...]:
    """Return the condition that two terms are different terms."""
    return (Condition("differ", (one, other)),)


def filters(rule: Rule, binding: Mapping[Term, Term] | None = None) -> str:
    """Write the conditions of a rule as SPARQL filters.

    Args:
        rule: The rule.
        binding: Terms to put in the place of variables.
    """
    return " ".join(condition.sparql(binding) for condition in rule.conditions)


def readable(term: Term) -> str:
    """Write a term for people: an IRI or a datatype with a prefix where one fits.

    Args:
        term: The term, or what an axiom has written out, which stays as it is.
    """
    if term.startswith("<") and term.endswith(">") and " " not in term:
        return namespaces.shorten(term[1:-1])
    text, mark, datatype = term.rpartition('"^^<')
    if not mark or not term.startswith('"'):
        return term
    if datatype[:-1] in _BARE:
        return text[1:]
    return f'{text}"^^{namespaces.shorten(datatype[:-1])}'


_BARE: Final = {namespaces.XSD + name for name in ("integer", "decimal", "double", "boolean")}
"""Datatypes of literals that need no quotes."""
