"""Class expressions, unfolded into patterns.

OWL 2 RL lets some expressions stand on the left of an axiom (to be *tested*) and others on its
right (to be *drawn*).  Unfolding both leaves rules about named classes and properties only, so no
instance ever needs to be given an anonymous type.

Source: OWL 2 Profiles, section 4.2.3, tables 7 and 8 of section 4.3 for the names.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeGuard

from rdflib import OWL, RDF, RDFS, XSD, BNode, Literal, URIRef
from rdflib.collection import Collection

from communique import namespaces
from communique.reasoning.rules import SAME_AS, TYPE, Condition, Pattern, Term, differ, substitute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib import Graph
    from rdflib.term import Node

_MAX: Final = {OWL.maxCardinality: False, OWL.maxQualifiedCardinality: True}
_AXIOMS: Final = {RDF.type, OWL.disjointWith, OWL.equivalentClass}
"""Properties of OWL that say something about an expression and are no part of it."""
_SYNTAX: Final = tuple(str(namespace) for namespace in (OWL, XSD, RDF))


@dataclass(frozen=True, slots=True)
class Test:
    """One way in which an instance can be seen to belong to a class expression.

    Attributes:
        patterns: What must hold.
        names: The W3C rules that say so.
        value: The instance itself, where the expression lists it (``owl:oneOf``).
    """

    patterns: tuple[Pattern, ...] = ()
    names: tuple[str, ...] = ()
    value: Term | None = None


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows for an instance of a class expression.

    Attributes:
        head: The triple that follows; None if a contradiction follows.
        patterns: What must hold besides.
        names: The W3C rules that say so.
        conditions: What must be so besides.
    """

    head: Pattern | None
    patterns: tuple[Pattern, ...] = ()
    names: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass
class Expressions:
    """Unfolds the class expressions of one ontology.

    Attributes:
        ontology: The ontology.
    """

    ontology: Graph
    _fresh: Iterator[int] = field(default_factory=itertools.count)

    def variable(self) -> Term:
        """Return a variable that was not used before."""
        return f"?v{next(self._fresh)}"

    def is_property(self, node: Node | None) -> TypeGuard[URIRef | BNode]:
        """Tell whether a node is a property, or the inverse of one (``owl:inverseOf``)."""
        if isinstance(node, BNode):
            return isinstance(self.ontology.value(node, OWL.inverseOf), URIRef)
        return isinstance(node, URIRef)

    def step(self, subject: Term, where: Node, value: Term) -> Pattern:
        """Write the pattern for one thing's being related to another.

        Args:
            subject: The one.
            where: A property or the inverse of one, which is unfolded: no triple has it.
            value: The other.
        """
        inverse = self.ontology.value(where, OWL.inverseOf) if isinstance(where, BNode) else None
        return (subject, where.n3(), value) if inverse is None else (value, inverse.n3(), subject)

    def is_expression(self, node: Node) -> bool:
        """Tell whether a node is a class expression rather than only a name."""
        described = (OWL.intersectionOf, OWL.unionOf, OWL.oneOf, OWL.onProperty, OWL.complementOf)
        return any((node, predicate, None) in self.ontology for predicate in described)

    def members(self, node: Node, predicate: URIRef) -> list[Node]:
        """Return the members of the list that is a node's value, or an empty list."""
        head = self.ontology.value(node, predicate)
        return list(Collection(self.ontology, head)) if head is not None else []

    def tests(self, node: Node, instance: Term) -> Iterator[Test]:
        """Yield the ways to see that something belongs to a class.

        An expression that OWL 2 RL does not allow on the left of an axiom has none.

        Args:
            node: The class or class expression.
            instance: The term that stands for the instance.
        """
        if isinstance(node, URIRef) and node != OWL.Thing:
            yield Test(((instance, TYPE, node.n3()),))
        if self.is_expression(node) and isinstance(node, BNode):
            yield from self.unfolded_tests(node, instance)

    def unfolded_tests(self, node: Node, instance: Term) -> Iterator[Test]:
        """Yield the ways to see that something satisfies a class's own description.

        Args:
            node: The class expression.
            instance: The term that stands for the instance.
        """
        parts = self.members(node, OWL.intersectionOf)
        if parts:
            for choice in itertools.product(*(list(self.tests(part, instance)) for part in parts)):
                if len({one.value for one in choice} - {None}) <= 1:
                    yield _both(choice, instance)
        for part in self.members(node, OWL.unionOf):
            for test in self.tests(part, instance):
                yield Test(test.patterns, ("cls-uni", *test.names), test.value)
        for value in self.members(node, OWL.oneOf):
            yield Test((), ("cls-oo",), value.n3())
        where = self.ontology.value(node, OWL.onProperty)
        if self.is_property(where):
            yield from self._restriction_tests(node, where, instance)

    def _restriction_tests(self, node: Node, where: Node, instance: Term) -> Iterator[Test]:
        """Yield the ways to see that something satisfies a restriction of a property."""
        for value in self.ontology.objects(node, OWL.hasValue):
            yield Test((self.step(instance, where, value.n3()),), ("cls-hv2",))
        for filler in self.ontology.objects(node, OWL.someValuesFrom):
            other = self.variable()
            step = self.step(instance, where, other)
            if filler in {OWL.Thing, RDFS.Literal}:
                yield Test((step,), ("cls-svf2",))
                continue
            for test in self.tests(filler, other):
                bound = {} if test.value is None else {other: test.value}
                patterns = tuple(substitute(one, bound) for one in (step, *test.patterns))
                yield Test(patterns, ("cls-svf1", *test.names))

    def consequences(self, node: Node, instance: Term) -> Iterator[Consequence]:
        """Yield what follows for an instance of a class.

        Args:
            node: The class or class expression.
            instance: The term that stands for the instance.
        """
        if node == OWL.Nothing:
            yield Consequence(None, names=("cls-nothing2",))
        elif isinstance(node, URIRef) and node != OWL.Thing:
            yield Consequence((instance, TYPE, node.n3()))
        if self.is_expression(node) and isinstance(node, BNode):
            yield from self.unfolded_consequences(node, instance)

    def unfolded_consequences(self, node: Node, instance: Term) -> Iterator[Consequence]:
        """Yield what follows from a class's own description for an instance of it.

        Args:
            node: The class expression.
            instance: The term that stands for the instance.
        """
        for part in self.members(node, OWL.intersectionOf):
            for drawn in self.consequences(part, instance):
                yield _named(drawn, "cls-int2")
        for part in self.ontology.objects(node, OWL.complementOf):
            for test in self.tests(part, instance):
                if test.value is None:
                    yield Consequence(None, test.patterns, ("cls-com", *test.names))
        where = self.ontology.value(node, OWL.onProperty)
        if not self.is_property(where):
            return
        for value in self.ontology.objects(node, OWL.hasValue):
            yield Consequence(self.step(instance, where, value.n3()), names=("cls-hv1",))
        for filler in self.ontology.objects(node, OWL.allValuesFrom):
            other = self.variable()
            for drawn in self.consequences(filler, other):
                patterns = (self.step(instance, where, other), *drawn.patterns)
                yield Consequence(drawn.head, patterns, ("cls-avf", *drawn.names), drawn.conditions)
        yield from self._at_most(node, where, instance)

    def _at_most(self, node: Node, where: Node, instance: Term) -> Iterator[Consequence]:
        """Yield what follows from a restriction of cardinality to 0 or 1."""
        for predicate, qualified in _MAX.items():
            limit = self.ontology.value(node, predicate)
            filler = self.ontology.value(node, OWL.onClass) if qualified else None
            # A restriction of values to a datatype has no class, and no rule in OWL 2 RL.
            if not isinstance(limit, Literal) or (qualified and filler is None):
                continue
            anything = filler in {None, OWL.Thing}
            one, other = self.variable(), self.variable()
            counts = [
                self._counted(instance, where, filler, anything=anything, value=value)
                for value in (one, other)
            ]
            kind = "cls-maxqc" if qualified else "cls-maxc"
            if str(limit) == "0":
                name = kind + ("2" if qualified and anything else "1")
                for first in counts[0]:
                    yield Consequence(None, first, (name,))
            elif str(limit) == "1":
                name = kind + ("4" if qualified and anything else "3" if qualified else "2")
                unequal = (Condition("unequal", (one, other)),)
                for first, second in itertools.product(*counts):
                    both = (*first, *second)
                    yield Consequence((one, SAME_AS, other), both, (name,), differ(one, other))
                    yield Consequence(None, both, (name, "dt-diff"), unequal)

    def _counted(
        self, instance: Term, where: Node, filler: Node | None, *, anything: bool, value: Term
    ) -> list[tuple[Pattern, ...]]:
        """Return the ways to see a value that a restriction of cardinality counts."""
        step = self.step(instance, where, value)
        if anything or filler is None:
            return [(step,)]
        return [(step, *test.patterns) for test in self.tests(filler, value) if test.value is None]

    def written(self, node: Node) -> str:
        """Write a class, a list or an expression out, for people to read."""
        if not isinstance(node, BNode):
            return namespaces.shorten(str(node)) if isinstance(node, URIRef) else node.n3()
        if (node, RDF.first, None) in self.ontology:
            return f"( {' '.join(self.written(one) for one in Collection(self.ontology, node))} )"
        pairs = sorted(
            (namespaces.shorten(str(predicate)), self.written(value))
            for predicate, value in self.ontology.predicate_objects(node)
            if str(predicate).startswith(_SYNTAX) and predicate not in _AXIOMS
        )
        return f"[ {' ; '.join(' '.join(pair) for pair in pairs)} ]"


def _both(choice: tuple[Test, ...], instance: Term) -> Test:
    """Join the tests of an intersection's parts, which name at most one value."""
    patterns = tuple(dict.fromkeys(itertools.chain.from_iterable(one.patterns for one in choice)))
    names = ("cls-int1", *itertools.chain.from_iterable(one.names for one in choice))
    values = [one.value for one in choice if one.value is not None]
    if not values:
        return Test(patterns, names)
    bound = tuple(substitute(pattern, {instance: values[0]}) for pattern in patterns)
    return Test(bound, names, values[0])


def _named(drawn: Consequence, name: str) -> Consequence:
    """Add a rule's name to those of a consequence."""
    return Consequence(drawn.head, drawn.patterns, (name, *drawn.names), drawn.conditions)
