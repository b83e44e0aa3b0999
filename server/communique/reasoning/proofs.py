"""Proofs: why a triple holds, rule by rule, down to what was asserted.

A goal is met by an asserted triple, or by a rule whose head matches it and whose premises are
proved in turn.  The search goes back level by level; of all derivations found the one with the
fewest steps is chosen by Knuth's algorithm, which never runs in circles.  It stops as soon as no
derivation that is still unexplored could be shorter.

Source: D. E. Knuth, A Generalization of Dijkstra's Algorithm, Information Processing Letters 6
(1977).
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from communique import namespaces
from communique.reasoning import rules as rule_set
from communique.reasoning.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from communique.reasoning.closure import Engine
    from communique.reasoning.rules import Pattern, Term

INSTANCES: Final = 40
"""How many instances of one rule are looked at for one goal, unless told otherwise."""

_SUBCLASS: Final = f"<{namespaces.RDFS}subClassOf>"
_SUBPROPERTY: Final = f"<{namespaces.RDFS}subPropertyOf>"
_DOMAIN: Final = f"<{namespaces.RDFS}domain>"
_RANGE: Final = f"<{namespaces.RDFS}range>"
_SAME_CLASS: Final = f"<{namespaces.OWL}equivalentClass>"
_SAME_PROPERTY: Final = f"<{namespaces.OWL}equivalentProperty>"
_A, _B, _C = "?a", "?b", "?c"

SCHEMA: Final = (
    Rule(("scm-sco",), None, ((_A, _SUBCLASS, _B), (_B, _SUBCLASS, _C)), (_A, _SUBCLASS, _C)),
    Rule(
        ("scm-spo",), None, ((_A, _SUBPROPERTY, _B), (_B, _SUBPROPERTY, _C)), (_A, _SUBPROPERTY, _C)
    ),
    Rule(("scm-eqc1",), None, ((_A, _SAME_CLASS, _B),), (_A, _SUBCLASS, _B)),
    Rule(("scm-eqc1",), None, ((_A, _SAME_CLASS, _B),), (_B, _SUBCLASS, _A)),
    Rule(("scm-eqc2",), None, ((_A, _SUBCLASS, _B), (_B, _SUBCLASS, _A)), (_A, _SAME_CLASS, _B)),
    Rule(("scm-eqp1",), None, ((_A, _SAME_PROPERTY, _B),), (_A, _SUBPROPERTY, _B)),
    Rule(("scm-eqp1",), None, ((_A, _SAME_PROPERTY, _B),), (_B, _SUBPROPERTY, _A)),
    Rule(
        ("scm-eqp2",),
        None,
        ((_A, _SUBPROPERTY, _B), (_B, _SUBPROPERTY, _A)),
        (_A, _SAME_PROPERTY, _B),
    ),
    Rule(("scm-dom1",), None, ((_A, _DOMAIN, _B), (_B, _SUBCLASS, _C)), (_A, _DOMAIN, _C)),
    Rule(("scm-dom2",), None, ((_B, _DOMAIN, _C), (_A, _SUBPROPERTY, _B)), (_A, _DOMAIN, _C)),
    Rule(("scm-rng1",), None, ((_A, _RANGE, _B), (_B, _SUBCLASS, _C)), (_A, _RANGE, _C)),
    Rule(("scm-rng2",), None, ((_B, _RANGE, _C), (_A, _SUBPROPERTY, _B)), (_A, _RANGE, _C)),
)
"""The rules of table 9 by which the schema itself was closed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One application of a rule.

    Attributes:
        rule: The rule.
        premises: The triples that it was applied to.
    """

    rule: Rule
    premises: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof of a triple: a finite tree.

    Attributes:
        triple: What is proved.
        step: How; None where the triple is asserted.
        premises: The proofs of the step's premises.
    """

    triple: Pattern
    step: Step | None = None
    premises: tuple[Proof, ...] = ()

    @property
    def steps(self) -> int:
        """How often a rule is applied."""
        return sum(1 for proof in self.walk() if proof.step is not None)

    @property
    def height(self) -> int:
        """How many rules are applied one upon another."""
        if self.step is None:
            return 0
        return 1 + max((proof.height for proof in self.premises), default=0)

    def walk(self) -> Iterator[Proof]:
        """Yield this proof and every proof within it, each premise after its conclusion."""
        yield self
        for proof in self.premises:
            yield from proof.walk()

    def leaves(self) -> Iterator[Pattern]:
        """Yield the asserted triples it rests on."""
        return (proof.triple for proof in self.walk() if proof.step is None)


@dataclass(frozen=True, slots=True)
class Missing:
    """What the nearest rule lacks to prove a triple.

    Attributes:
        rule: The rule.
        held: The premises that hold.
        lacking: The premises that do not.
    """

    rule: Rule
    held: tuple[Pattern, ...]
    lacking: tuple[Pattern, ...]


@dataclass
class Prover:
    """Finds proofs in one store.

    Attributes:
        engine: The store; its default graph is everything known.
        rules: The rules, compiled for single steps.
        inferred: The graph of the triples that are known and not asserted.
        instances: How many instances of one rule to look at for one goal.
    """

    engine: Engine
    rules: Sequence[Rule]
    inferred: str
    instances: int = INSTANCES
    _by_predicate: dict[Term, list[Rule]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the rules by what they conclude."""
        self._by_predicate = defaultdict(list)
        for rule in (*self.rules, *SCHEMA):
            if rule.head is not None:
                self._by_predicate[_key(rule.head)].append(rule)

    def holds(self, triple: Pattern) -> bool:
        """Tell whether a triple is known."""
        return self._any(rule_set.text([triple]))

    def asserted(self, triple: Pattern) -> bool:
        """Tell whether a triple is known and not only inferred."""
        known = rule_set.text([triple])
        return self._any(f"{known} FILTER NOT EXISTS {{ GRAPH <{self.inferred}> {{ {known} }} }}")

    def prove(self, triple: Pattern, count: int = 1) -> list[Proof]:
        """Return proofs of a triple, the shortest first.

        The further proofs differ from the first, and from one another, in their last step.

        Args:
            triple: The triple.
            count: How many proofs to return at the most.

        Returns:
            The proofs; none if the triple does not hold.
        """
        if not self.holds(triple):
            return []
        search = _Search(self, triple)
        search.run(every=count > 1)
        return search.proofs(count)

    def missing(self, triple: Pattern) -> Missing | None:
        """Say what is missing for a triple that does not hold.

        Args:
            triple: The triple.

        Returns:
            Of the rules whose conclusion it could be, the one that lacks least; None if no rule
            concludes anything like it, equality aside.
        """
        best: tuple[tuple[int, int], Missing] | None = None
        for rule, binding in self._rules_for(triple):
            if rule.same:
                continue
            body = [rule_set.substitute(pattern, binding) for pattern in rule.body]
            for size in range(len(body)):
                found = self._lacking(rule, body, size)
                if found is None:
                    continue
                rank = (len(found.lacking), -len(found.held))
                if best is None or rank < best[0]:
                    best = (rank, found)
                break
        return best[1] if best else None

    def _lacking(self, rule: Rule, body: list[Pattern], size: int) -> Missing | None:
        """Find an instance of a rule's body of which all but some patterns hold."""
        for left_out in itertools.combinations(range(len(body)), size + 1):
            kept = [pattern for i, pattern in enumerate(body) if i not in left_out]
            binding = next(self._bindings(kept, ""), None) if kept else {}
            if binding is not None:
                lacking = tuple(rule_set.substitute(body[i], binding) for i in left_out)
                held = tuple(rule_set.substitute(pattern, binding) for pattern in kept)
                return Missing(rule, held, lacking)
        return None

    def steps(self, triple: Pattern) -> Iterator[Step]:
        """Yield the applications of rules that conclude a triple."""
        for rule, binding in self._rules_for(triple):
            body = [rule_set.substitute(pattern, binding) for pattern in rule.body]
            condition = rule_set.filters(rule, binding)
            for instance in self._bindings(body, condition):
                premises = tuple(rule_set.substitute(pattern, instance) for pattern in body)
                if triple not in premises:
                    yield Step(rule, premises)

    def _rules_for(self, triple: Pattern) -> Iterator[tuple[Rule, dict[Term, Term]]]:
        """Yield the rules whose head matches a triple, with what that binds."""
        for key in dict.fromkeys((_key(triple), triple[1], "?")):
            for rule in self._by_predicate.get(key, ()):
                binding = rule_set.match(rule.head, triple) if rule.head else None
                if binding is not None:
                    yield rule, binding

    def _bindings(self, body: list[Pattern], condition: str) -> Iterator[dict[Term, Term]]:
        """Yield the ways in which patterns hold, up to the number of instances to look at."""
        free = rule_set.variables(body)
        patterns = rule_set.text(rule_set.joined(body))
        if not free:
            if self._any(f"{patterns} {condition}"):
                yield {}
            return
        query = f"SELECT {' '.join(free)} WHERE {{ {patterns} {condition} }} LIMIT {self.instances}"
        for row in sorted(self.engine.select(query)):  # the same proofs wherever they are sought
            yield dict(zip(free, row, strict=True))

    def _any(self, pattern: str) -> bool:
        query = f"SELECT (1 AS ?one) WHERE {{ {pattern} }} LIMIT 1"
        return next(iter(self.engine.select(query)), None) is not None


@dataclass
class _Search:
    """One search for proofs of one triple."""

    prover: Prover
    goal: Pattern
    steps: dict[Pattern, list[Step]] = field(default_factory=dict)
    cost: dict[Pattern, int] = field(default_factory=dict)
    best: dict[Pattern, Step] = field(default_factory=dict)

    def run(self, *, every: bool) -> None:
        """Explore until the shortest proof is certain, or all there is to explore is explored.

        Args:
            every: Whether to go on until every last step of the goal has its shortest proof.
        """
        level = [self.goal]
        depth = 0
        while level:
            following: dict[Pattern, None] = {}
            for triple in level:
                self.steps[triple] = []
                if self.prover.asserted(triple):
                    self.cost[triple] = 0
                    continue
                self.steps[triple] = list(self.prover.steps(triple))
                for step in self.steps[triple]:
                    following.update(dict.fromkeys(step.premises))
            depth += 1
            self._settle()
            if not every and self.cost.get(self.goal, depth + 1) <= depth:
                return
            level = [triple for triple in following if triple not in self.steps]

    def _settle(self) -> None:
        """Compute the cheapest proof of every triple explored so far (Knuth's algorithm)."""
        self.cost = {triple: 0 for triple, cost in self.cost.items() if cost == 0}
        self.best = {}
        users: dict[Pattern, list[tuple[Pattern, Step]]] = defaultdict(list)
        ties = itertools.count()
        queue: list[tuple[int, int, Pattern, Step | None]] = [
            (0, next(ties), triple, None) for triple in self.cost
        ]
        every = [(triple, step) for triple, steps in self.steps.items() for step in steps]
        waiting = {id(step): set(step.premises) for _, step in every}
        for triple, step in every:
            for premise in waiting[id(step)]:
                users[premise].append((triple, step))
        queue += [(1, next(ties), triple, step) for triple, step in every if not step.premises]
        heapq.heapify(queue)
        done: set[Pattern] = set()
        while queue:
            cost, _, triple, reason = heapq.heappop(queue)
            if triple in done:
                continue
            done.add(triple)
            self.cost[triple] = cost
            if reason is not None:
                self.best[triple] = reason
            for head, step in users[triple]:
                waiting[id(step)].discard(triple)
                if not waiting[id(step)]:
                    total = 1 + sum(self.cost[premise] for premise in step.premises)
                    heapq.heappush(queue, (total, next(ties), head, step))

    def proofs(self, count: int) -> list[Proof]:
        """Build the proofs of the goal, the shortest first."""
        if self.cost.get(self.goal) == 0:
            return [Proof(self.goal)]
        ends = [
            step
            for step in self.steps[self.goal]
            if all(premise in self.cost for premise in step.premises)
            and not any(self._rests_on(premise, self.goal) for premise in step.premises)
        ]
        ends.sort(key=lambda step: (sum(self.cost[one] for one in step.premises), str(step.rule)))
        return [self._after(self.goal, step) for step in ends[:count]]

    def _rests_on(self, triple: Pattern, other: Pattern) -> bool:
        """Tell whether the cheapest proof of a triple uses another triple."""
        if triple == other:
            return True
        step = self.best.get(triple) if self.cost.get(triple) else None
        return step is not None and any(self._rests_on(one, other) for one in step.premises)

    def _after(self, triple: Pattern, step: Step) -> Proof:
        """Build the proof of a triple by a given last step."""
        return Proof(triple, step, tuple(self._proof(premise) for premise in step.premises))

    def _proof(self, triple: Pattern) -> Proof:
        """Build the cheapest proof of a triple."""
        return Proof(triple) if self.cost[triple] == 0 else self._after(triple, self.best[triple])


def _key(pattern: Pattern) -> Term:
    """Return what to look a rule up by: the property, with the class where it is a type."""
    _, predicate, value = pattern
    if rule_set.is_variable(predicate):
        return "?"
    if predicate == rule_set.TYPE and not rule_set.is_variable(value):
        return f"{predicate} {value}"
    return predicate


def is_proof(proof: Proof, rules: Collection[Rule], asserted: Collection[Pattern]) -> bool:
    """Check a proof by itself, without the store: every step must be an instance of a rule.

    Args:
        proof: The proof.
        rules: The rules that may be used.
        asserted: The triples that may be leaves.
    """
    if proof.step is None:
        return proof.triple in asserted
    rule = proof.step.rule
    if rule not in rules or rule.head is None:
        return False
    binding = rule_set.match(rule.head, proof.triple)
    if binding is None or len(rule.body) != len(proof.premises):
        return False
    for pattern, premise in zip(rule.body, proof.premises, strict=True):
        found = rule_set.match(rule_set.substitute(pattern, binding), premise.triple)
        if found is None:
            return False
        binding |= found
    for condition in rule.conditions:
        one, other = (binding.get(term, term) for term in condition.terms)
        if condition.kind != "differ" or one == other:
            return False
    return all(is_proof(premise, rules, asserted) for premise in proof.premises)
