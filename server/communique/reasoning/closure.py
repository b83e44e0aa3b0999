"""The closure of facts under rules, computed where the facts are.

Semi-naive evaluation: each round joins what the round before found with everything known, and
stops when a round finds nothing.  Every step can be a SPARQL 1.1 update, so that any store that
understands those can do the work, the embedded one and a remote one alike.  The steps of a round
do not read what the others find, so that a store may take several at once.

Source: S. Abiteboul, R. Hull, V. Vianu, Foundations of Databases, section 13.1 (semi-naive).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from communique import namespaces
from communique.reasoning import rules as rule_set
from communique.reasoning.rules import SAME_AS, TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from communique.reasoning.rules import Pattern, Rule, Term
    from communique.reasoning.schema import Schema

    Progress = Callable[["Round"], None]
    """Is told of each round of a closure as it ends."""

SCRATCH: Final = namespaces.BASE + "scratch/"
"""Graphs under this name exist only while reasoning is under way."""
BATCH: Final = 500
"""How many triples are sent in one request."""


class Engine(Protocol):
    """A store that evaluates SPARQL 1.1."""

    def update(self, text: str) -> None:
        """Run an update request.

        Args:
            text: The request.
        """

    def select(self, text: str) -> Iterator[tuple[Term, ...]]:
        """Run a SELECT query.

        Args:
            text: The query, which leaves no variable unbound.

        Returns:
            The rows, with terms as SPARQL writes them.
        """

    def select_each(self, texts: Sequence[str]) -> Iterator[list[tuple[Term, ...]]]:
        """Run SELECT queries, several at once where the store can.

        Args:
            texts: The queries, which leave no variable unbound.

        Returns:
            The rows of each, in the order of the queries.
        """

    def insert(self, steps: Sequence[Step], target: str) -> None:
        """Put into a graph what follows by rules, several at once where the store can.

        Args:
            steps: The rules, and where they are to be applied; none of them reads the target.
            target: The graph.
        """


@dataclass(frozen=True, slots=True)
class Step:
    """A rule to be applied to some graphs of a store.

    Attributes:
        head: The consequence, as the inside of a group or template.
        where: The group that the consequence follows from.
        graphs: The graphs whose union the group is about; none where that is the default graph.
        named: The graphs that the group names, where it names some and ``graphs`` are given.
    """

    head: str
    where: str
    graphs: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def update(self, target: str) -> str:
        """Write the update that puts what follows into a graph.

        Args:
            target: The graph.
        """
        clauses = self._dataset("USING")
        return f"INSERT {{ GRAPH <{target}> {{ {self.head} }} }} {clauses} WHERE {{ {self.where} }}"

    def query(self) -> str:
        """Write the query that gives what follows."""
        return f"CONSTRUCT {{ {self.head} }} {self._dataset('FROM')} WHERE {{ {self.where} }}"

    def _dataset(self, keyword: str) -> str:
        """Write the dataset clauses of an update or a query."""
        return " ".join(
            [
                *(f"{keyword} <{graph}>" for graph in self.graphs),
                *(f"{keyword} NAMED <{graph}>" for graph in self.named),
            ]
        )


@dataclass(frozen=True, slots=True)
class Round:
    """One round of the closure.

    Attributes:
        number: The round, from 1.
        found: How many triples it added.
        seconds: How long it took.
    """

    number: int
    found: int
    seconds: float


def unknown(head: str) -> str:
    """Write the condition that a consequence is not known yet.

    Args:
        head: The consequence, as the inside of a SPARQL group.
    """
    return f"FILTER NOT EXISTS {{ {head} }}"


@dataclass(frozen=True, slots=True)
class Reasoner:
    """Applies rules to the graphs of a store.

    Attributes:
        engine: The store.
        rules: The rules.
        known: The graphs whose union is everything known; none where that is the default graph.
        inferred: The graph that takes the triples that follow.
        trace: A graph that takes them as well, those of the first step excepted.
    """

    engine: Engine
    rules: Sequence[Rule]
    known: tuple[str, ...]
    inferred: str
    trace: str | None = None

    def first(self, facts: str) -> Round:
        """Draw what follows in one step from facts alone.

        Args:
            facts: The graph of the facts.
        """
        start = time.perf_counter()
        steps = [
            _step(rule, rule.head, rule_set.text(rule_set.joined(rule.body)), unknown, (facts,))
            for rule in self.rules
            if rule.head is not None
        ]
        self.engine.insert(steps, self.inferred)
        return Round(1, count(self.engine, self.inferred), time.perf_counter() - start)

    def forward(self, delta: str, first: int = 1, progress: Progress | None = None) -> list[Round]:
        """Follow up triples that are new, until nothing follows any more.

        Args:
            delta: The graph that holds what is new, and is known already.
            first: The number of the next round.
            progress: Is told of each round as it ends.

        Returns:
            The rounds; the last one found nothing.
        """
        rounds: list[Round] = []
        spare = [SCRATCH + "one", SCRATCH + "two"]
        while True:
            start = time.perf_counter()
            new = spare[0] if delta != spare[0] else spare[1]
            self.step(delta, new)
            found = count(self.engine, new)
            if found:
                self.engine.update(f"ADD GRAPH <{new}> TO GRAPH <{self.inferred}>")
                if not self.known:
                    self.engine.update(f"ADD GRAPH <{new}> TO DEFAULT")
                if self.trace:
                    self.engine.update(f"ADD GRAPH <{new}> TO GRAPH <{self.trace}>")
            if delta in spare:
                self.engine.update(f"DROP SILENT GRAPH <{delta}>")
            rounds.append(Round(first + len(rounds), found, time.perf_counter() - start))
            if progress:
                progress(rounds[-1])
            if not found:
                self.engine.update(f"DROP SILENT GRAPH <{new}>")
                return rounds
            delta = new

    def step(self, delta: str, new: str, condition: Callable[[str], str] = unknown) -> None:
        """Put into a graph what follows in one step from triples of which one at least is new.

        Args:
            delta: The graph of what is new.
            new: The graph that takes what follows.
            condition: Writes the condition on a consequence, given as the inside of a group.
        """
        active = Signature.of(self.engine, delta)
        equality = self.equality()
        steps: list[Step] = []
        for rule in self.rules:
            if rule.head is None or (rule.same and not equality):
                continue
            for number, pattern in enumerate(rule.body):
                if not active.touches(pattern):
                    continue
                others = [*rule.body[:number], *rule.body[number + 1 :]]
                rest = rule_set.text(rule_set.joined(others, rule_set.variables([pattern])))
                body = f"GRAPH <{delta}> {{ {rule_set.text([pattern])} }} {rest}"
                named = (delta,) if self.known else ()
                steps.append(_step(rule, rule.head, body, condition, self.known, named))
        self.engine.insert(steps, new)

    def equality(self) -> bool:
        """Tell whether anything known is said to be the same as something."""
        clauses = " ".join(f"FROM <{graph}>" for graph in self.known)
        query = f"SELECT ?x {clauses} WHERE {{ ?x {SAME_AS} ?y }} LIMIT 1"
        return next(iter(self.engine.select(query)), None) is not None


def close(
    engine: Engine, schema: Schema, facts: str, inferred: str, progress: Progress | None = None
) -> tuple[Round, ...]:
    """Put what follows from the facts and their schema into a graph.

    Args:
        engine: The store that holds the facts.
        schema: The closed ontology, whose axioms are among the facts.
        facts: The graph of the facts; not changed.
        inferred: The graph for what follows and is not among the facts; emptied first.
        progress: Is told of each round as it ends.

    Returns:
        The rounds.
    """
    engine.update(f"DROP SILENT GRAPH <{inferred}>")
    for some in _batches(list(schema.known())):
        data = " ".join(f"{subject} {predicate} {value} ." for subject, predicate, value in some)
        engine.update(f"INSERT DATA {{ GRAPH <{inferred}> {{ {data} }} }}")
    engine.update(
        f"DELETE {{ GRAPH <{inferred}> {{ ?s ?p ?o }} }} "
        f"WHERE {{ GRAPH <{inferred}> {{ ?s ?p ?o }} GRAPH <{facts}> {{ ?s ?p ?o }} }}"
    )
    reasoner = Reasoner(engine, schema.rules, (facts, inferred), inferred)
    rounds = [reasoner.first(facts)]
    if progress:
        progress(rounds[0])
    return (*rounds, *reasoner.forward(inferred, 2, progress))


def _batches(known: Sequence[tuple[Term, ...]]) -> Iterator[Sequence[tuple[Term, ...]]]:
    """Cut a sequence into parts that a remote store accepts in one request."""
    for start in range(0, len(known), BATCH):
        yield known[start : start + BATCH]


def count(engine: Engine, graph: str) -> int:
    """Count the triples of a named graph."""
    ((size,),) = engine.select(
        f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    )
    return number(size)


def number(term: Term) -> int:
    """Read a count that SPARQL computed."""
    return int(term.split('"')[1])


@dataclass(frozen=True, slots=True)
class Signature:
    """The properties and classes that occur in a graph: what decides which rules can fire.

    Attributes:
        predicates: The properties.
        classes: The classes that instances are given.
    """

    predicates: frozenset[Term]
    classes: frozenset[Term]

    @classmethod
    def of(cls, engine: Engine, graph: str) -> Signature:
        """Read the signature of a named graph."""
        properties = f"SELECT DISTINCT ?p WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
        classes = f"SELECT DISTINCT ?c WHERE {{ GRAPH <{graph}> {{ ?s {TYPE} ?c }} }}"
        return cls(
            frozenset(term for (term,) in engine.select(properties)),
            frozenset(term for (term,) in engine.select(classes)),
        )

    def touches(self, pattern: Pattern) -> bool:
        """Tell whether a pattern can match a triple of the graph."""
        _, predicate, value = pattern
        if rule_set.is_variable(predicate):
            return bool(self.predicates)
        if predicate == TYPE and not rule_set.is_variable(value):
            return value in self.classes
        return predicate in self.predicates


def _step(  # noqa: PLR0913, PLR0917 - a rule, its two sides, and the dataset of its two sides
    rule: Rule,
    head: Pattern,
    body: str,
    condition: Callable[[str], str],
    graphs: tuple[str, ...],
    named: tuple[str, ...] = (),
) -> Step:
    """Return the step that draws a rule's consequences.

    Args:
        rule: The rule.
        head: Its head.
        body: Its body, as SPARQL.
        condition: Writes the condition on the consequence.
        graphs: The graphs whose union the body is about.
        named: The graphs that the body names.
    """
    follows = rule_set.text([head])
    where = f"{body} {rule_set.filters(rule)} {condition(follows)}"
    return Step(follows, where, graphs, named)
