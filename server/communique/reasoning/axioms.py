"""Which triple of an ontology an axiom of a rule is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rdflib import RDF, URIRef

from communique.reasoning.expressions import Expressions

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Identifier, Node

    from communique.reasoning.rules import Axiom


def find(ontology: Graph, axiom: Axiom) -> tuple[Identifier, Identifier, Identifier] | None:
    """Find the triple that an axiom is, or hangs from.

    Args:
        ontology: Where to look for it.
        axiom: The axiom.

    Returns:
        The triple; None if the ontology does not have it.
    """
    expressions = Expressions(ontology)
    predicate = URIRef(axiom.predicate[1:-1])
    for subject, value in ontology.subject_objects(predicate):
        # An axiom about several things has its kind for a subject.
        kinds = {kind.n3() for kind in ontology.objects(subject, RDF.type)}
        if axiom.subject not in {_written(expressions, subject), *kinds}:
            continue
        if axiom.value in {value.n3(), expressions.written(value), expressions.written(subject)}:
            return cast("Identifier", subject), predicate, cast("Identifier", value)
    return None


def _written(expressions: Expressions, node: Node) -> str:
    return node.n3() if isinstance(node, URIRef) else expressions.written(node)
