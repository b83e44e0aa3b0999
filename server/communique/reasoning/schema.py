"""An ontology made ready for reasoning: closed by owlrl, and compiled into rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rdflib import RDFS, BNode, Graph, URIRef

from communique.reasoning import owl_rl
from communique.reasoning.compiler import compile_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.reasoning.owl_rl import Inconsistency
    from communique.reasoning.rules import Pattern, Rule


@dataclass(frozen=True, slots=True)
class Schema:
    """A closed ontology and its rules.

    Attributes:
        inferred: What follows from the ontology alone.
        rules: The rules to compute with: hierarchies in one step.
        steps: The rules to explain with: each axiom as it is written.
        inconsistencies: Contradictions within the ontology itself.
    """

    inferred: Graph
    rules: tuple[Rule, ...]
    steps: tuple[Rule, ...]
    inconsistencies: tuple[Inconsistency, ...]

    def known(self) -> Iterator[Pattern]:
        """Yield what follows from the ontology alone and is about terms with names.

        What it says of nodes without names the rules find again, at the nodes themselves.
        """
        for triple in self.inferred:
            if not any(isinstance(term, BNode) for term in triple):
                subject, predicate, value = triple
                yield subject.n3(), predicate.n3(), value.n3()


def close_schema(ontology: Graph) -> Schema:
    """Close an ontology and compile it.

    Args:
        ontology: The axioms.
    """
    closure = owl_rl.close(ontology)
    hierarchy = Graph(bind_namespaces="none")
    for predicate in (RDFS.subClassOf, RDFS.subPropertyOf):
        for triple in closure.inferred.triples((None, predicate, None)):
            if isinstance(triple[0], URIRef) and isinstance(triple[2], URIRef):
                hierarchy.add(triple)
    rules = compile_rules(ontology, hierarchy)
    return Schema(closure.inferred, rules, compile_rules(ontology), closure.inconsistencies)
