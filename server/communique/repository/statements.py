"""What one version of a Turtle file says, by triples."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique.namespaces import OWL, RDF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.store.comparing import Triple

TYPE: Final = f"<{RDF}type>"
_HEADER: Final = f"<{OWL}Ontology>"


@dataclass(frozen=True, slots=True)
class Statements:
    """What one version of a file says.

    Attributes:
        graph: The IRI of its header, which names its graph; None if it has none.
        triples: Its triples, by subject, as N-Triples writes their terms.  Labels of blank nodes
            are those of the file.
    """

    graph: str | None
    triples: dict[str, list[Triple]]

    def about(self, iri: str) -> Iterator[Triple]:
        """Yield what is said of a node, and of the blank nodes that this leads to.

        Args:
            iri: The node's IRI.  If it is the graph's own, all that the file says is about it.
        """
        if iri == self.graph:
            for triples in self.triples.values():
                yield from triples
            return
        reached = [f"<{iri}>"]
        seen: set[str] = set()
        while reached:
            node = reached.pop()
            if node in seen:
                continue
            seen.add(node)
            for triple in self.triples.get(node, ()):
                yield triple
                if triple[2].startswith("_:"):
                    reached.append(triple[2])

    def blank_nodes(self) -> dict[str, list[tuple[str, str]]]:
        """Return what is said of each blank node: predicates and objects, by its label."""
        found: dict[str, list[tuple[str, str]]] = {}
        for subject, triples in self.triples.items():
            if subject.startswith("_:"):
                found[subject] = [(predicate, value) for _subject, predicate, value in triples]
        for triples in self.triples.values():
            for _subject, _predicate, value in triples:
                if value.startswith("_:"):
                    found.setdefault(value, [])
        return found


def read(content: bytes) -> Statements | None:
    """Read a version of a file; None if it is not Turtle.

    Args:
        content: Its bytes.
    """
    text = content.removeprefix(codecs.BOM_UTF8)
    triples: dict[str, dict[Triple, None]] = {}
    try:
        for quad in ox.parse(text, ox.RdfFormat.TURTLE):
            triple = (str(quad.subject), str(quad.predicate), str(quad.object))
            triples.setdefault(triple[0], {})[triple] = None
    except SyntaxError:
        return None
    headers = sorted(
        subject
        for subject in triples
        if subject.startswith("<") and (subject, TYPE, _HEADER) in triples[subject]
    )
    graph = headers[0][1:-1] if headers else None
    return Statements(graph, {subject: list(found) for subject, found in triples.items()})


def has_subject(content: bytes, iri: str) -> bool:
    """Tell whether a version of a file says anything of a node; False for one that is no Turtle.

    Args:
        content: Its bytes.
        iri: The node's IRI.
    """
    node = ox.NamedNode(iri)
    is_found = False
    try:
        for quad in ox.parse(content.removeprefix(codecs.BOM_UTF8), ox.RdfFormat.TURTLE):
            is_found = is_found or quad.subject == node
    except SyntaxError:
        return False
    return is_found
