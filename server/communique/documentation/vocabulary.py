"""What there is to say about each term of a vocabulary.

Read from the ontology itself, from the alignments, and from the data that use the terms.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final, cast

from rdflib import OWL, RDF, RDFS, SKOS, Graph, URIRef
from rdflib.collection import Collection

from communique.namespaces import CMQ, VALUE, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rdflib.term import Node

    from communique.sources import Example

DEFINED: Final = (CMQ, VALUE)
"""The namespaces of the terms to describe."""
_PREDICATE: Final = URIRef(CMQ + "predicate")
_NOTES: Final = (SKOS.scopeNote, SKOS.editorialNote)


class Kind(StrEnum):
    """What a term is."""

    CLASS = "class"
    OBJECT_PROPERTY = "object property"
    DATA_PROPERTY = "data property"
    ANNOTATION_PROPERTY = "annotation property"
    SCHEME = "value list"
    VALUE = "value"


_KINDS: Final = {
    OWL.Class: Kind.CLASS,
    OWL.ObjectProperty: Kind.OBJECT_PROPERTY,
    OWL.DatatypeProperty: Kind.DATA_PROPERTY,
    OWL.AnnotationProperty: Kind.ANNOTATION_PROPERTY,
    SKOS.ConceptScheme: Kind.SCHEME,
    SKOS.Concept: Kind.VALUE,
}
_CHARACTERISTICS: Final = {
    OWL.FunctionalProperty: "at most one value",
    OWL.TransitiveProperty: "transitive",
    OWL.SymmetricProperty: "symmetric",
    OWL.AsymmetricProperty: "asymmetric",
    OWL.IrreflexiveProperty: "irreflexive",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a term's entry.

    Attributes:
        name: What it says, such as ``domain``.
        terms: Of which terms, as IRIs.
        separator: What stands between the terms.
    """

    name: str
    terms: tuple[str, ...]
    separator: str = ", "


@dataclass(frozen=True, slots=True)
class Term:
    """A term and its entry.

    Attributes:
        iri: Its IRI.
        kind: What it is.
        label: Its English name.
        definitions: What it means.
        examples: Examples of its use.
        notes: What else to know.
        characteristics: Of a property, such as ``symmetric``.
        facts: How it stands to other terms.
        uses: How often the data use it: nodes of a class, triples of a property or a value.
        propositions: How many propositions name the property.
        questions: The sample questions that ask in it.
        deprecated: Whether it is no longer to be used.
    """

    iri: str
    kind: Kind
    label: str
    definitions: tuple[str, ...]
    examples: tuple[str, ...]
    notes: tuple[str, ...]
    characteristics: tuple[str, ...]
    facts: tuple[Fact, ...]
    uses: int
    propositions: int
    questions: tuple[Example, ...]
    deprecated: bool

    @property
    def name(self) -> str:
        """Its prefixed name."""
        return shorten(self.iri)

    @property
    def derived(self) -> bool:
        """Whether it is a property that nobody writes, because it follows from others."""
        names = {fact.name for fact in self.facts}
        return not self.uses and not names.isdisjoint({"follows from", "inverse"})

    @property
    def anchor(self) -> str:
        """Where it stands on the page."""
        return anchor(self.iri)


def anchor(iri: str) -> str:
    """Return the fragment under which the page describes a term.

    Args:
        iri: The term.
    """
    return iri.removeprefix(CMQ) if iri.startswith(CMQ) else "value-" + iri.removeprefix(VALUE)


class Vocabulary:
    """The terms that an ontology defines.

    Args:
        ontology: The ontology with its alignments.
        data: What uses it, as written, without inferences.
        questions: Sample queries.
    """

    def __init__(self, ontology: Graph, data: Graph, questions: Sequence[Example]) -> None:
        self.ontology = ontology
        self.data = data
        self._questions = questions

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Every term, in order of kind and name."""
        found = []
        for cls, kind in _KINDS.items():
            subjects = sorted(set(self.ontology.subjects(RDF.type, cls)), key=str)
            found += [
                self._term(subject, kind)
                for subject in subjects
                if isinstance(subject, URIRef) and str(subject).startswith(DEFINED)
            ]
        return tuple(found)

    def of(self, kind: Kind) -> list[Term]:
        """Return the terms of one kind, in order of name.

        Args:
            kind: The kind.
        """
        return [term for term in self.terms if term.kind is kind]

    def values(self, scheme: Term) -> list[Term]:
        """Return the values of a value list, in order of name.

        Args:
            scheme: The list.
        """
        members = set(self.ontology.subjects(SKOS.inScheme, URIRef(scheme.iri)))
        return [term for term in self.of(Kind.VALUE) if URIRef(term.iri) in members]

    @cached_property
    def outside(self) -> list[tuple[str, tuple[str, ...]]]:
        """The outside terms that ours are mapped to, each with those of ours."""
        found: dict[str, list[str]] = defaultdict(list)
        for mapping in (RDFS.subClassOf, RDFS.subPropertyOf):
            for ours, theirs in self.ontology.subject_objects(mapping):
                if str(ours).startswith(CMQ) and not str(theirs).startswith(CMQ):
                    found[str(theirs)].append(str(ours))
        return sorted((term, tuple(sorted(ours))) for term, ours in found.items())

    def is_written(self, prop: str) -> bool:
        """Tell whether the data write a property, rather than have it derived.

        Args:
            prop: The property.
        """
        return self._property_uses[URIRef(prop)] > 0

    @cached_property
    def _property_uses(self) -> Counter[Node]:
        return Counter(self.data.predicates())

    @cached_property
    def _object_uses(self) -> Counter[Node]:
        return Counter(self.data.objects())

    @cached_property
    def _class_uses(self) -> Counter[Node]:
        found: dict[Node, set[Node]] = defaultdict(set)
        for node, cls in self.data.subject_objects(RDF.type):
            for whole in self.ontology.transitive_objects(cls, RDFS.subClassOf):
                found[cast("Node", whole)].add(node)
        return Counter({cls: len(nodes) for cls, nodes in found.items()})

    @cached_property
    def _proposition_uses(self) -> Counter[Node]:
        return Counter(self.data.objects(None, _PREDICATE))

    def _term(self, term: URIRef, kind: Kind) -> Term:
        graph = self.ontology
        name = SKOS.prefLabel if kind in {Kind.SCHEME, Kind.VALUE} else RDFS.label
        uses = {
            Kind.CLASS: self._class_uses,
            Kind.VALUE: self._object_uses,
            Kind.SCHEME: self._object_uses,
        }.get(kind, self._property_uses)
        return Term(
            iri=str(term),
            kind=kind,
            label=next(iter(self._texts(term, name)), shorten(str(term))),
            definitions=self._texts(term, SKOS.definition),
            examples=self._texts(term, SKOS.example),
            notes=tuple(note for kind_ in _NOTES for note in self._texts(term, kind_)),
            characteristics=tuple(
                word for cls, word in _CHARACTERISTICS.items() if (term, RDF.type, cls) in graph
            ),
            facts=tuple(fact for fact in self._facts(term, kind) if fact.terms),
            uses=uses[term],
            propositions=self._proposition_uses[term],
            questions=self._asked_in(term),
            deprecated=(term, OWL.deprecated, None) in graph,
        )

    def _facts(self, term: URIRef, kind: Kind) -> Iterable[Fact]:
        graph = self.ontology
        below = RDFS.subClassOf if kind is Kind.CLASS else RDFS.subPropertyOf
        yield Fact("a kind of", _iris(graph.objects(term, below)))
        yield Fact("kinds of it", _iris(graph.subjects(below, term)))
        yield Fact("domain", _iris(graph.objects(term, RDFS.domain)))
        yield Fact("range", _iris(graph.objects(term, RDFS.range)))
        inverses = set(graph.objects(term, OWL.inverseOf)) | set(
            graph.subjects(OWL.inverseOf, term)
        )
        yield Fact("inverse", _iris(inverses))
        for chain in graph.objects(term, OWL.propertyChainAxiom):
            links = cast("Iterable[Node]", Collection(graph, chain))
            yield Fact("follows from", tuple(str(link) for link in links), " then ")
        yield Fact("properties of it", _iris(graph.subjects(RDFS.domain, term)))
        yield Fact("properties that lead to it", _iris(graph.subjects(RDFS.range, term)))
        yield Fact("in the list", _iris(graph.objects(term, SKOS.inScheme)))

    def _texts(self, term: Node, prop: URIRef) -> tuple[str, ...]:
        return tuple(sorted(str(text) for text in self.ontology.objects(term, prop)))

    def _asked_in(self, term: URIRef) -> tuple[Example, ...]:
        name = re.compile(rf"(?<![\w-]){re.escape(shorten(str(term)))}(?![\w-])")
        return tuple(question for question in self._questions if name.search(question.query))


def _iris(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(sorted({str(node) for node in nodes if isinstance(node, URIRef)}))
