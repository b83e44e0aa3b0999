"""The OWL 2 RL closure of a plain graph, by owlrl.

The one module that knows owlrl.  It takes a plain graph because owlrl reasons over all named
graphs of a multigraph, and the content of claims lies in named graphs.

Source of the rules: OWL 2 Profiles, section 4.3, https://www.w3.org/TR/owl2-profiles/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from owlrl.OWLRL import OWLRL_Semantics
from rdflib import OWL, RDF, RDFS, XSD, BNode, Dataset, Graph, URIRef

from communique.namespaces import shorten

if TYPE_CHECKING:
    from rdflib.term import Node

_BUILT_IN: Final = tuple(str(namespace) for namespace in (RDF, RDFS, OWL, XSD))
_REFLEXIVE: Final = frozenset(
    {
        OWL.sameAs,
        OWL.equivalentClass,
        OWL.equivalentProperty,
        RDFS.subClassOf,
        RDFS.subPropertyOf,
    }
)
"""Properties that hold of everything and itself, which says nothing."""
_EVERYTHING: Final = frozenset({OWL.Thing, RDFS.Resource})
_CLASS_EXPRESSION: Final = (
    OWL.onProperty,
    OWL.unionOf,
    OWL.intersectionOf,
    OWL.complementOf,
    OWL.oneOf,
    OWL.members,
    OWL.distinctMembers,
    OWL.inverseOf,
    RDF.first,
)
"""Properties by which a blank node is known to be syntax of the ontology, and no individual."""
_IRI: Final = re.compile(r"(?:https?|urn|tag):[^\s,()'\"<>]+")


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """One contradiction between the facts and the ontology.

    Attributes:
        message: What contradicts what, for people to read.
        nodes: The IRIs the contradiction is about.
    """

    message: str
    nodes: tuple[str, ...]

    def __str__(self) -> str:
        """Return the message."""
        return self.message


@dataclass(frozen=True, slots=True)
class Closure:
    """What follows from a graph.

    Attributes:
        inferred: The triples that follow and are not in the graph, without the trivial ones.
        inconsistencies: The contradictions found, in stable order.
    """

    inferred: Graph
    inconsistencies: tuple[Inconsistency, ...]


def close(graph: Graph) -> Closure:
    """Compute what follows from a graph under OWL 2 RL.

    Left out as trivial: triples with a literal as subject, everything being itself and an
    ``owl:Thing``, what concerns the built-in vocabularies of RDF, RDFS, OWL and XSD, and the
    ontology's anonymous class expressions.

    Args:
        graph: Facts and ontology together.  It is not changed.

    Raises:
        TypeError: The graph has named graphs, over whose content owlrl would reason as well.
    """
    if isinstance(graph, Dataset):
        raise TypeError("reasoning needs a plain graph: named graphs may hold what is only claimed")
    whole = Graph(store="SimpleMemory", bind_namespaces="none")
    whole += graph
    semantics = _Semantics(whole, axioms=False, daxioms=False)
    semantics.closure()
    syntax = {
        node
        for predicate in _CLASS_EXPRESSION
        for node in graph.subjects(predicate)
        if isinstance(node, BNode)
    }
    inferred = Graph(bind_namespaces="none")
    for triple in whole:
        if triple not in graph and not _is_trivial(triple, syntax):
            inferred.add(triple)
    return Closure(inferred, _inconsistencies(semantics.error_messages))


class _Semantics(OWLRL_Semantics):  # type: ignore[misc] # owlrl ships no types
    """owlrl's rules, without half of their work: that everything is itself (``eq-ref``)."""

    def store_triple(self, t: tuple[Node, Node, Node]) -> None:
        """Take note of an inferred triple.

        Args:
            t: The triple.
        """
        if t[1] != OWL.sameAs or t[0] != t[2]:
            super().store_triple(t)

    def one_time_rules(self) -> None:
        """Run the rules that need no cycle, and the part of ``eq-diff1`` that needs ``eq-ref``."""
        super().one_time_rules()
        for node, other in self.graph.subject_objects(OWL.differentFrom):
            if node == other:
                self.add_error(f"'differentFrom' says that a node is not itself: {node}")


def _is_trivial(triple: tuple[Node, Node, Node], syntax: set[BNode]) -> bool:
    """Tell whether an inferred triple says nothing about the data or the vocabulary."""
    subject, predicate, value = triple
    if not isinstance(subject, URIRef | BNode) or subject in syntax or value in syntax:
        return True
    if str(subject).startswith(_BUILT_IN):
        return True
    if predicate in _REFLEXIVE and subject == value:
        return True
    return value in _EVERYTHING or _is_error(triple)


def _is_error(triple: tuple[Node, Node, Node]) -> bool:
    """Tell whether a triple is part of owlrl's record of an error, which is reported apart."""
    return any(str(term).startswith(_ERRORS) for term in triple[1:])


_ERRORS: Final = "http://www.daml.org/2002/03/agents/agent-ont#"


def _inconsistencies(messages: list[str]) -> tuple[Inconsistency, ...]:
    """Make owlrl's messages readable; the same contradiction seen from both sides counts once."""
    found: dict[tuple[str, frozenset[str]], Inconsistency] = {}
    for message in sorted(messages):
        nodes = tuple(dict.fromkeys(_IRI.findall(message)))
        readable = _IRI.sub(lambda match: shorten(match.group()), message)
        key = (_IRI.sub("", message), frozenset(nodes))
        found.setdefault(key, Inconsistency(readable, nodes))
    return tuple(found.values())
