"""The content of claims: propositions, the graphs generated from them, and the leak check.

A proposition node describes a triple by ``cmq:subject``, ``cmq:predicate`` and ``cmq:object``
without asserting it.  For querying, each gets a named graph of its own name that holds the triple.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast

from rdflib import RDF, URIRef
from rdflib.term import IdentifiedNode, Identifier

from communique.errors import DataError, LeakError
from communique.namespaces import CMQ, shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rdflib.term import Node

    from communique.dataset import Located

Triple: TypeAlias = "tuple[IdentifiedNode, URIRef, Identifier]"

PROPOSITION: Final = URIRef(CMQ + "Proposition")
PARTS: Final = (
    URIRef(CMQ + "subject"),
    URIRef(CMQ + "predicate"),
    URIRef(CMQ + "object"),
)


class Holding(Protocol):
    """A set of triples."""

    def __contains__(self, triple: Triple, /) -> bool:
        """Tell whether it holds a triple."""
        ...


@dataclass(frozen=True, slots=True)
class Proposition:
    """One triple that somebody claims, denies, hopes for or rules out.

    Attributes:
        name: The proposition's IRI, which is also the name of its graph.
        subject: The subject of the triple.
        predicate: The property.
        value: The object of the triple.
    """

    name: URIRef
    subject: IdentifiedNode
    predicate: URIRef
    value: Identifier

    @property
    def triple(self) -> Triple:
        """The triple described."""
        return (self.subject, self.predicate, self.value)

    def __str__(self) -> str:
        """Return the triple for people to read."""
        return " ".join(shorten(str(term)) for term in self.triple)


def propositions(
    dataset: Located, among: Collection[Node] | None = None
) -> tuple[Proposition, ...]:
    """Return the propositions of a dataset, of every layer, in order of name.

    Args:
        dataset: A dataset that its shapes accept.
        among: The nodes to look at, where these are not all.

    Raises:
        DataError: A proposition does not describe exactly one triple, or its name is that of a
            source graph.
    """
    if among is None:
        nodes = set(dataset.explicit.subjects(RDF.type, PROPOSITION))
    else:
        nodes = {node for node in among if (node, RDF.type, PROPOSITION) in dataset.explicit}
    return tuple(_read(dataset, cast("Identifier", node)) for node in sorted(nodes, key=str))


def check_leaks(
    dataset: Located,
    found: Iterable[Proposition],
    facts: Holding,
    *,
    inferred: bool = False,
) -> None:
    """Make sure that no proposition's content is among the facts.

    Args:
        dataset: Knows where the propositions and the facts are written.
        found: The propositions.
        facts: The facts, before reasoning or by reasoning.
        inferred: Whether they are those by reasoning.

    Raises:
        LeakError: Content has leaked.  Every leak is listed.
    """
    leaks = []
    for proposition in found:
        if proposition.triple not in facts:
            continue
        if not inferred:
            place = dataset.locate(*proposition.triple)
            message = "the content of a claim is asserted as fact"
            advice = "remove the asserted triple: what is claimed is not a fact"
        else:
            place = dataset.locate(proposition.name)
            message = "the content of a claim follows from the facts"
            advice = "weaken the facts or axioms it follows from: what is claimed is not a fact"
        leaks.append(
            DataError(
                f"{message}: {proposition}",
                advice,
                file=place.file.path if place else None,
                line=place.line if place else None,
                node=str(proposition.name),
            )
        )
    if leaks:
        raise LeakError(leaks)


def _read(dataset: Located, node: Identifier) -> Proposition:
    """Read one proposition node."""
    if not isinstance(node, URIRef):
        message = "a proposition is a blank node, so its graph has no name"
        raise _fault(dataset, node, message, "give it an IRI")
    if node in dataset.graphs:
        message = "a proposition has the name of a file's graph"
        raise _fault(dataset, node, message, "give it another IRI")
    parts: list[Identifier] = []
    for part in PARTS:
        values = list(dataset.explicit.objects(node, part))
        if len(values) != 1:
            message = f"the proposition has {len(values)} values of {shorten(part)}"
            raise _fault(dataset, node, message, "give it exactly one")
        parts.append(cast("Identifier", values[0]))
    subject, predicate, value = parts
    if not isinstance(subject, IdentifiedNode):
        message = f"the proposition's subject is the literal {subject.n3()}"
        raise _fault(dataset, node, message, "give it a node")
    if not isinstance(predicate, URIRef):
        message = f"the proposition's predicate {predicate.n3()} is no property"
        raise _fault(dataset, node, message, "give it the IRI of one")
    return Proposition(node, subject, predicate, value)


def _fault(dataset: Located, node: Identifier, message: str, advice: str) -> DataError:
    """Say where the proposition at fault is described."""
    place = dataset.locate(node, RDF.type, PROPOSITION)
    return DataError(
        message,
        advice,
        file=place.file.path if place else None,
        line=place.line if place else None,
        node=str(node) if isinstance(node, URIRef) else None,
    )
