"""An ontology, compiled into rules specialised to it.

One rule per axiom and per way in which it applies.  What OWL 2 RL says of hierarchies is compiled
from the closed schema, so that one step reaches every superclass; a proof wants single steps and
compiles the axioms as they are written.

Source: OWL 2 Profiles, section 4.3, tables 4 to 9.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, URIRef
from rdflib.collection import Collection

from communique.reasoning.expressions import Expressions
from communique.reasoning.rules import (
    SAME_AS,
    TYPE,
    Axiom,
    Condition,
    Pattern,
    Rule,
    differ,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib.term import Node

X, Y, Z, P = "?x", "?y", "?z", "?p"
_DIFFERENT: Final = OWL.differentFrom.n3()
_DERIVED: Final[dict[URIRef, URIRef]] = {
    XSD.integer: XSD.decimal,
    XSD.nonNegativeInteger: XSD.integer,
    XSD.nonPositiveInteger: XSD.integer,
    XSD.long: XSD.integer,
    XSD.positiveInteger: XSD.nonNegativeInteger,
    XSD.unsignedLong: XSD.nonNegativeInteger,
    XSD.negativeInteger: XSD.nonPositiveInteger,
    XSD.int: XSD.long,
    XSD.unsignedInt: XSD.unsignedLong,
    XSD.short: XSD.int,
    XSD.unsignedShort: XSD.unsignedInt,
    XSD.byte: XSD.short,
    XSD.unsignedByte: XSD.unsignedShort,
    XSD.normalizedString: XSD.string,
    XSD.token: XSD.normalizedString,
    XSD.language: XSD.token,
    XSD.Name: XSD.token,
    XSD.NCName: XSD.Name,
    XSD.NMTOKEN: XSD.token,
    XSD.dateTimeStamp: XSD.dateTime,
}
"""Which datatype of OWL 2 RL is derived from which (XML Schema 1.1 part 2, section 3)."""
_PRIMITIVE: Final = (
    XSD.decimal,
    XSD.string,
    XSD.boolean,
    XSD.dateTime,
    XSD.anyURI,
    XSD.hexBinary,
    XSD.base64Binary,
)
_CASTABLE: Final = (XSD.integer, XSD.decimal, XSD.boolean, XSD.dateTime)
"""Datatypes of OWL 2 RL that SPARQL 1.1 can cast to (section 17.5)."""
_DATATYPES: Final = (str(XSD), str(RDF.PlainLiteral), str(RDF.langString), str(RDFS.Literal))

EQUALITY: Final = (
    Rule(("eq-sym",), None, ((X, SAME_AS, Y),), (Y, SAME_AS, X), same=True),
    Rule(("eq-trans",), None, ((X, SAME_AS, Y), (Y, SAME_AS, Z)), (X, SAME_AS, Z), same=True),
    Rule(("eq-rep-s",), None, ((X, SAME_AS, Y), (X, P, Z)), (Y, P, Z), differ(X, Y), same=True),
    Rule(("eq-rep-p",), None, ((X, SAME_AS, Y), (Z, X, P)), (Z, Y, P), differ(X, Y), same=True),
    Rule(("eq-rep-o",), None, ((X, SAME_AS, Y), (Z, P, X)), (Z, P, Y), differ(X, Y), same=True),
    Rule(("eq-diff1",), None, ((X, SAME_AS, Y), (X, _DIFFERENT, Y)), None, same=True),
    Rule(("eq-diff1", "eq-ref"), None, ((X, _DIFFERENT, X),), None),
)
"""The rules of equality (table 4), which no axiom switches on."""


def compile_rules(ontology: Graph, hierarchy: Graph | None = None) -> tuple[Rule, ...]:
    """Compile an ontology into rules.

    Args:
        ontology: The axioms as written.
        hierarchy: Further ``rdfs:subClassOf`` and ``rdfs:subPropertyOf`` between named terms, as
            closing the schema gives them; none for rules that take single steps.

    Returns:
        The rules, in stable order, those of equality first.
    """
    compiler = _Compiler(ontology, hierarchy if hierarchy is not None else Graph())
    rules = dict.fromkeys(itertools.chain(EQUALITY, sorted(compiler.rules(), key=str)))
    return tuple(rule for rule in rules if rule.head is None or rule.head not in rule.body)


def fitting_datatypes(datatype: Node) -> tuple[URIRef, ...]:
    """Return the datatypes of which a literal can be that has a value of a datatype.

    Args:
        datatype: The datatype.

    Returns:
        The primitive datatype that it is or is derived from, and all that are derived from that:
        the decimal 5.0 is an integer too.  None if it is no datatype with rules in OWL 2 RL.
    """
    primitive = datatype
    while isinstance(primitive, URIRef) and primitive in _DERIVED:
        primitive = _DERIVED[primitive]
    if not isinstance(primitive, URIRef) or primitive not in _PRIMITIVE:
        return ()
    fitting = [primitive]
    for derived, base in _DERIVED.items():
        if base in fitting:
            fitting.append(derived)
    return tuple(fitting)


@dataclass
class _Compiler:
    """Compiles one ontology."""

    ontology: Graph
    hierarchy: Graph
    expressions: Expressions = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the unfolding of class expressions."""
        self.expressions = Expressions(self.ontology)

    def rules(self) -> Iterator[Rule]:
        """Yield the rules of every axiom."""
        yield from self._classes()
        yield from self._disjointness()
        yield from self._hierarchies()
        yield from self._properties()
        yield from self._pairs_of_properties()
        yield from self._characteristics()
        yield from self._chains_and_keys()
        yield from self._individuals()
        yield from self._memberships()

    def _axiom(self, subject: Node, predicate: URIRef, value: Node) -> Axiom:
        """Describe an axiom that is one triple, or hangs from one."""
        named = isinstance(subject, URIRef) and isinstance(value, URIRef)
        written = value.n3() if named else self.expressions.written(value)
        start = subject.n3() if isinstance(subject, URIRef) else self.expressions.written(subject)
        return Axiom(start, predicate.n3(), written, named)

    def _inclusion(
        self, lower: Node, upper: Node, names: tuple[str, ...], axiom: Axiom
    ) -> Iterator[Rule]:
        """Yield what follows from one class expression's lying within another."""
        for test in self.expressions.tests(lower, X):
            yield from self._drawn(upper, test.patterns, (*names, *test.names), axiom, test.value)

    def _drawn(
        self,
        upper: Node,
        body: tuple[Pattern, ...],
        names: tuple[str, ...],
        axiom: Axiom,
        value: str | None = None,
    ) -> Iterator[Rule]:
        """Yield a rule for each consequence of something's being an instance of a class."""
        instance = X if value is None else value
        for drawn in self.expressions.consequences(upper, instance):
            patterns = tuple(dict.fromkeys((*body, *drawn.patterns)))
            yield Rule((*names, *drawn.names), axiom, patterns, drawn.head, drawn.conditions)

    def _classes(self) -> Iterator[Rule]:
        """Yield ``cax-sco``, ``cax-eqc1``, ``cax-eqc2``, and the rules ``cls-*``."""
        ontology = self.ontology
        for lower, upper in ontology.subject_objects(RDFS.subClassOf):
            yield from self._inclusion(
                lower, upper, ("cax-sco",), self._axiom(lower, RDFS.subClassOf, upper)
            )
        for one, other in ontology.subject_objects(OWL.equivalentClass):
            axiom = self._axiom(one, OWL.equivalentClass, other)
            yield from self._inclusion(one, other, ("cax-eqc1",), axiom)
            yield from self._inclusion(other, one, ("cax-eqc2",), axiom)
        for node in set(ontology.subjects()):
            if isinstance(node, URIRef) and self.expressions.is_expression(node):
                yield from self._described(node)
        for node, values in ontology.subject_objects(OWL.oneOf):
            if isinstance(node, URIRef):
                for value in Collection(ontology, values):
                    yield Rule(
                        ("cls-oo",),
                        self._axiom(node, OWL.oneOf, values),
                        (),
                        (value.n3(), TYPE, node.n3()),
                    )
        yield Rule(("cls-nothing2",), None, ((X, TYPE, OWL.Nothing.n3()),), None)

    def _described(self, node: URIRef) -> Iterator[Rule]:
        """Yield the rules of a class whose name carries its description."""
        described = (OWL.intersectionOf, OWL.unionOf, OWL.complementOf, OWL.onProperty)
        for predicate in described:
            for value in self.ontology.objects(node, predicate):
                axiom = self._axiom(node, predicate, value)
                for test in self.expressions.unfolded_tests(node, X):
                    head = (X if test.value is None else test.value, TYPE, node.n3())
                    yield Rule(test.names, axiom, test.patterns, head)
                for drawn in self.expressions.unfolded_consequences(node, X):
                    body = ((X, TYPE, node.n3()), *drawn.patterns)
                    yield Rule(drawn.names, axiom, body, drawn.head, drawn.conditions)

    def _disjointness(self) -> Iterator[Rule]:
        """Yield ``cax-dw`` and ``cax-adc``."""
        pairs = [
            (one, other, "cax-dw", self._axiom(one, OWL.disjointWith, other))
            for one, other in self.ontology.subject_objects(OWL.disjointWith)
        ]
        for node in self.ontology.subjects(RDF.type, OWL.AllDisjointClasses):
            axiom = Axiom(
                OWL.AllDisjointClasses.n3(), OWL.members.n3(), self._members(node), triple=False
            )
            members = self.expressions.members(node, OWL.members)
            pairs += [
                (one, other, "cax-adc", axiom) for one, other in itertools.combinations(members, 2)
            ]
        for one, other, name, axiom in pairs:
            for left in self.expressions.tests(one, X):
                if left.value is not None:
                    continue
                for right in self.expressions.tests(other, X):
                    if right.value is None:
                        patterns = tuple(dict.fromkeys((*left.patterns, *right.patterns)))
                        yield Rule((name, *left.names, *right.names), axiom, patterns, None)

    def _members(self, node: Node) -> str:
        """Write the members of an axiom about several things."""
        return self.expressions.written(self.ontology.value(node, OWL.members) or node)

    def _hierarchies(self) -> Iterator[Rule]:
        """Yield what the closed hierarchies add, and ``prp-spo1``, ``prp-eqp1``, ``prp-eqp2``."""
        for lower, upper in self.hierarchy.subject_objects(RDFS.subClassOf):
            axiom = self._axiom(lower, RDFS.subClassOf, upper)
            yield from self._inclusion(lower, upper, ("cax-sco",), axiom)
        step = self.expressions.step
        for graph in (self.ontology, self.hierarchy):
            for lower, upper in graph.subject_objects(RDFS.subPropertyOf):
                axiom = self._axiom(lower, RDFS.subPropertyOf, upper)
                yield Rule(("prp-spo1",), axiom, (step(X, lower, Y),), step(X, upper, Y))
        for one, other in self.ontology.subject_objects(OWL.equivalentProperty):
            axiom = self._axiom(one, OWL.equivalentProperty, other)
            yield Rule(("prp-eqp1",), axiom, (step(X, one, Y),), step(X, other, Y))
            yield Rule(("prp-eqp2",), axiom, (step(X, other, Y),), step(X, one, Y))

    def _properties(self) -> Iterator[Rule]:
        """Yield ``prp-dom`` and ``prp-rng``."""
        ontology, step = self.ontology, self.expressions.step
        for where, domain in ontology.subject_objects(RDFS.domain):
            axiom = self._axiom(where, RDFS.domain, domain)
            yield from self._drawn(domain, (step(X, where, Y),), ("prp-dom",), axiom)
        for where, values in ontology.subject_objects(RDFS.range):
            axiom = self._axiom(where, RDFS.range, values)
            fitting = fitting_datatypes(values)
            if fitting:
                misfit = Condition("misfit", (X, *(datatype.n3() for datatype in fitting)))
                names = ("prp-rng", "dt-not-type")
                yield Rule(names, axiom, ((Y, where.n3(), X),), None, (misfit,))
            if values in _CASTABLE:
                malformed = Condition("malformed", (X, values.n3()))
                names = ("prp-rng", "dt-not-type")
                yield Rule(names, axiom, ((Y, where.n3(), X),), None, (malformed,))
            if not str(values).startswith(_DATATYPES):
                yield from self._drawn(values, (step(Y, where, X),), ("prp-rng",), axiom)

    def _pairs_of_properties(self) -> Iterator[Rule]:
        """Yield ``prp-inv1``, ``prp-inv2``, ``prp-pdw`` and ``prp-adp``."""
        ontology, step = self.ontology, self.expressions.step
        for one, other in ontology.subject_objects(OWL.inverseOf):
            if isinstance(one, URIRef) and isinstance(other, URIRef):
                axiom = self._axiom(one, OWL.inverseOf, other)
                yield Rule(("prp-inv1",), axiom, ((X, one.n3(), Y),), (Y, other.n3(), X))
                yield Rule(("prp-inv2",), axiom, ((X, other.n3(), Y),), (Y, one.n3(), X))
        for one, other in ontology.subject_objects(OWL.propertyDisjointWith):
            axiom = self._axiom(one, OWL.propertyDisjointWith, other)
            yield Rule(("prp-pdw",), axiom, (step(X, one, Y), step(X, other, Y)), None)
        for node in ontology.subjects(RDF.type, OWL.AllDisjointProperties):
            axiom = Axiom(
                OWL.AllDisjointProperties.n3(), OWL.members.n3(), self._members(node), triple=False
            )
            members = self.expressions.members(node, OWL.members)
            for one, other in itertools.combinations(members, 2):
                yield Rule(("prp-adp",), axiom, (step(X, one, Y), step(X, other, Y)), None)

    def _characteristics(self) -> Iterator[Rule]:
        """Yield ``prp-symp``, ``prp-trp``, ``prp-fp``, ``prp-ifp``, ``prp-irp``, ``prp-asyp``."""
        for kind, (name, body, head, conditions) in _CHARACTERISTICS.items():
            for where in self.ontology.subjects(RDF.type, kind):
                if self.expressions.is_property(where):
                    patterns = tuple(self._placed(pattern, where) for pattern in body)
                    follows = self._placed(head, where) if head else None
                    axiom = self._axiom(where, RDF.type, kind)
                    yield Rule((name,), axiom, patterns, follows, conditions)
                    if kind == OWL.FunctionalProperty:
                        unequal = (Condition("unequal", (Y, Z)),)
                        yield Rule((name, "dt-diff"), axiom, patterns, None, unequal)

    def _placed(self, pattern: Pattern, where: Node) -> Pattern:
        """Put a property into a pattern that has :data:`P` in its place."""
        subject, predicate, value = pattern
        return self.expressions.step(subject, where, value) if predicate == P else pattern

    def _chains_and_keys(self) -> Iterator[Rule]:
        """Yield ``prp-spo2`` and ``prp-key``."""
        step = self.expressions.step
        for where, steps in self.ontology.subject_objects(OWL.propertyChainAxiom):
            chain = list(Collection(self.ontology, steps))
            nodes = [f"?u{number}" for number in range(len(chain) + 1)]
            body = tuple(step(nodes[i], link, nodes[i + 1]) for i, link in enumerate(chain))
            axiom = self._axiom(where, OWL.propertyChainAxiom, steps)
            yield Rule(("prp-spo2",), axiom, body, step(nodes[0], where, nodes[-1]))
        for node, keys in self.ontology.subject_objects(OWL.hasKey):
            pairs = [
                (step(X, where, f"?k{i}"), step(Y, where, f"?k{i}"))
                for i, where in enumerate(Collection(self.ontology, keys))
            ]
            shared = tuple(itertools.chain.from_iterable(pairs))
            axiom = self._axiom(node, OWL.hasKey, keys)
            for left, right in itertools.product(
                self.expressions.tests(node, X), self.expressions.tests(node, Y)
            ):
                if left.value is None and right.value is None and shared:
                    body = (*shared, *left.patterns, *right.patterns)
                    yield Rule(("prp-key", *left.names), axiom, body, (X, SAME_AS, Y), differ(X, Y))

    def _individuals(self) -> Iterator[Rule]:
        """Yield ``eq-diff2``, ``eq-diff3``, ``prp-npa1`` and ``prp-npa2``."""
        for node in self.ontology.subjects(RDF.type, OWL.AllDifferent):
            for predicate, name in ((OWL.members, "eq-diff2"), (OWL.distinctMembers, "eq-diff3")):
                members = self.expressions.members(node, predicate)
                written = " ".join(self.expressions.written(one) for one in members)
                axiom = Axiom(OWL.AllDifferent.n3(), predicate.n3(), f"( {written} )", triple=False)
                for one, other in itertools.combinations(members, 2):
                    yield Rule((name,), axiom, ((one.n3(), SAME_AS, other.n3()),), None, same=True)
        for node in self.ontology.subjects(RDF.type, OWL.NegativePropertyAssertion):
            source = self.ontology.value(node, OWL.sourceIndividual)
            where = self.ontology.value(node, OWL.assertionProperty)
            for predicate, name in (
                (OWL.targetIndividual, "prp-npa1"),
                (OWL.targetValue, "prp-npa2"),
            ):
                for target in self.ontology.objects(node, predicate):
                    if isinstance(source, URIRef) and self.expressions.is_property(where):
                        written = (
                            self.expressions.written(node) if isinstance(node, BNode) else node.n3()
                        )
                        axiom = Axiom(
                            OWL.NegativePropertyAssertion.n3(),
                            OWL.assertionProperty.n3(),
                            written,
                            triple=False,
                        )
                        denied = self.expressions.step(source.n3(), where, target.n3())
                        yield Rule((name,), axiom, (denied,), None)

    def _memberships(self) -> Iterator[Rule]:
        """Yield what follows from a named individual's being said to belong to an expression."""
        for instance, node in self.ontology.subject_objects(RDF.type):
            if isinstance(instance, URIRef) and isinstance(node, BNode):
                axiom = self._axiom(instance, RDF.type, node)
                yield from self._drawn(node, (), (), axiom, instance.n3())


_CHARACTERISTICS: Final[
    dict[URIRef, tuple[str, tuple[Pattern, ...], Pattern | None, tuple[Condition, ...]]]
] = {
    OWL.SymmetricProperty: ("prp-symp", ((X, P, Y),), (Y, P, X), ()),
    OWL.TransitiveProperty: ("prp-trp", ((X, P, Y), (Y, P, Z)), (X, P, Z), ()),
    OWL.FunctionalProperty: ("prp-fp", ((X, P, Y), (X, P, Z)), (Y, SAME_AS, Z), differ(Y, Z)),
    OWL.InverseFunctionalProperty: (
        "prp-ifp",
        ((X, P, Z), (Y, P, Z)),
        (X, SAME_AS, Y),
        differ(X, Y),
    ),
    OWL.IrreflexiveProperty: ("prp-irp", ((X, P, X),), None, ()),
    OWL.AsymmetricProperty: ("prp-asyp", ((X, P, Y), (Y, P, X)), None, ()),
}
