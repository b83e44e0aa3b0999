"""The one layout of the project's Turtle files.

The layout is a function of the triples, the prefixes and the comment at the head, so that a
change in a file is a change in what it says.  The rules:

- The comment at the head of the file stays as it is; other comments are not kept.
- ``@prefix`` for the prefixes in use, by name; see :class:`communique.turtle.naming.Names`.
- One block for each subject, a blank line between two: first the file's header (``owl:Ontology``),
  then by IRI, numbers in them by size.
- In a block, ``a`` comes first, then ``rdfs:label`` and ``skos:altLabel``, then the other
  properties by name.  One value stands beside its property; several stand each on a line of its
  own: IRIs, literals by language, then lists and blank nodes.
- A blank node that has one place stands there, in brackets; one that has none is a block ``[]`` at
  the end.  A blank node in several places, or in a circle, is named ``_:b0`` and so on, by the
  order of W3C's RDF Dataset Canonicalization (RDFC-1.0, Recommendation of 21 May 2024).
- The lists of OWL that are sets (the members of ``owl:unionOf`` and the like) are sorted.
- A string with line breaks is a long string with these line breaks; other control characters are
  written by number.
- Numbers and truth values are short where Turtle has a short form for just this lexical form.
- ``rdf:type owl:NamedIndividual`` is left out.  The OWL API adds it to each individual when it
  saves; OWL 2 does not ask for it where an individual has a class, and nothing here reads it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from rdflib import OWL, RDF, RDFS, SKOS, BNode, Literal, URIRef

from communique.turtle.canonical import canonical
from communique.turtle.literals import LINE_BREAK, write_literal
from communique.turtle.naming import Names, natural
from communique.turtle.reading import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rdflib.term import Identifier

    from communique.turtle.naming import NaturalKey
    from communique.turtle.reading import Triple

WIDTH: Final = 100
"""A list that is not longer stands on one line."""

SETS: Final = frozenset(
    {
        OWL.disjointUnionOf,
        OWL.distinctMembers,
        OWL.hasKey,
        OWL.intersectionOf,
        OWL.members,
        OWL.oneOf,
        OWL.unionOf,
        OWL.withRestrictions,
    }
)
"""The properties of OWL whose list is a set (OWL 2 Mapping to RDF Graphs, section 3.2)."""

_FIRST: Final = (RDF.type, RDFS.label, SKOS.altLabel)
_LINE: Final = re.compile(r"[ \t]*(#[^\r\n]*)?(\r\n|\n|\r|$)")

SortKey = tuple[int, str, "NaturalKey", str]


def format_text(text: str, source: Path | str) -> str:
    """Give a Turtle text in the project's layout.

    Args:
        text: The Turtle.
        source: The file or other source of the text, for messages.

    Returns:
        The same graph, less ``rdf:type owl:NamedIndividual``, in the one layout.  Two texts with
        isomorphic graphs, the same prefixes and the same head give the same result.

    Raises:
        TurtleSyntaxError: The text is not Turtle 1.1.
    """
    reading = read(text, source)
    triples = {
        triple for triple in reading.triples if triple[1:] != (RDF.type, OWL.NamedIndividual)
    }
    layout = _Layout(triples, reading.prefixes)
    layout = _Layout(layout.with_sorted_sets(), reading.prefixes)
    if layout.named:
        layout = _Layout(canonical(layout.triples), reading.prefixes)
    body = layout.blocks()
    prefixes = "\n".join(
        f"@prefix {prefix}: <{namespace}> ."
        for prefix, namespace in sorted(layout.names.used.items())
    )
    parts = [part for part in (head(text), prefixes, *body) if part]
    return "\n\n".join(parts).replace(LINE_BREAK, "\n") + "\n" if parts else ""


def head_end(text: str) -> int:
    """Find where the head of a text ends: its first lines that are comments or blank.

    Args:
        text: The Turtle.

    Returns:
        The offset of the first line that says something.
    """
    end = 0
    while end < len(text):
        line = _LINE.match(text, end)
        if line is None or line.end() == end:
            break
        end = line.end()
    return end


def head(text: str) -> str:
    """Return the comment at the head of a text, as the layout writes it; empty if there is none.

    Args:
        text: The Turtle.
    """
    lines = re.split(r"\r\n|\r|\n", text[: head_end(text)])
    return "\n".join(line.rstrip() for line in lines).strip("\n")


class _Layout:
    """The layout of a set of triples.

    Args:
        triples: The triples.
        prefixes: The prefixes that the file declares.
    """

    def __init__(self, triples: Iterable[Triple], prefixes: Mapping[str, str]) -> None:
        self.triples = set(triples)
        self.names = Names(prefixes)
        self._values: dict[Identifier, dict[Identifier, list[Identifier]]] = {}
        self._places: dict[Identifier, list[Identifier]] = defaultdict(list)
        for subject, predicate, object_ in self.triples:
            values = self._values.setdefault(subject, {})
            values.setdefault(predicate, []).append(object_)
            if isinstance(object_, BNode):
                self._places[object_].append(subject)
        self.named = self._find_named()
        self._labels = {node: f"_:b{n}" for n, node in enumerate(sorted(self.named))}
        self._sets = {
            head
            for properties in self._values.values()
            for predicate in SETS & properties.keys()
            for head in properties[predicate]
        }
        self._written: dict[Identifier, str] = {}

    def blocks(self) -> list[str]:
        """Give the blocks of the text, in order."""
        subjects = [node for node in self._values if isinstance(node, URIRef)]
        headers = self._headers()
        subjects.sort(key=lambda node: (node not in headers, natural(node)))
        blocks = [f"{self._iri(node)}\n{self._properties(node)} ." for node in subjects]
        for node, label in self._labels.items():
            if node in self._values:
                blocks.append(f"{label}\n{self._properties(node)} .")
        blocks += sorted(
            f"[]\n{self._properties(node)} ."
            for node in self._values
            if isinstance(node, BNode) and not self._places[node] and node not in self.named
        )
        return blocks

    def with_sorted_sets(self) -> set[Triple]:
        """Give the triples with the members of each list that is a set in order."""
        triples = set(self.triples)
        for head in self._sets:
            cells = self._cells(head)
            triples -= {(cell, RDF.first, self._values[cell][RDF.first][0]) for cell in cells}
            triples |= {(c, RDF.first, m) for c, m in zip(cells, self._members(head), strict=True)}
        return triples

    def _headers(self) -> set[Identifier]:
        return {
            node
            for node, properties in self._values.items()
            if OWL.Ontology in properties.get(RDF.type, ())
        }

    def _find_named(self) -> set[Identifier]:
        """Find the blank nodes that need a name: in several places, or in a circle."""
        blank = {node for node in (*self._values, *self._places) if isinstance(node, BNode)}
        named: set[Identifier] = {node for node in blank if len(self._places[node]) > 1}
        safe: set[Identifier] = set()
        for node in blank:
            path: list[Identifier] = []
            step: Identifier = node
            while isinstance(step, BNode) and step not in named and step not in safe:
                if step in path:
                    named.update(path[path.index(step) :])
                    break
                path.append(step)
                if not self._places[step]:
                    break
                step = self._places[step][0]
            safe.update(set(path) - named)
        return named

    def _cells(self, head: Identifier) -> list[Identifier]:
        """Give the cells of a list that can be written in parentheses, else nothing."""
        cells: list[Identifier] = []
        cell = head
        while cell != RDF.nil:
            properties = self._values.get(cell, {})
            if (
                not isinstance(cell, BNode)
                or cell in self.named
                or properties.keys() != {RDF.first, RDF.rest}
                or any(len(values) != 1 for values in properties.values())
            ):
                return []
            cells.append(cell)
            cell = properties[RDF.rest][0]
        return cells

    def _members(self, head: Identifier) -> list[Identifier]:
        """Give a list's members, in order if it is a set whose order no name depends on."""
        members = [self._values[cell][RDF.first][0] for cell in self._cells(head)]
        if head in self._sets and all(self._is_free(member) for member in members):
            members.sort(key=self._key)
        return members

    def _is_free(self, node: Identifier) -> bool:
        """Whether what is written for a node is free of names of blank nodes."""
        if node in self.named:
            return False
        if not isinstance(node, BNode):
            return True
        values = self._values.get(node, {})
        return all(self._is_free(value) for each in values.values() for value in each)

    def _key(self, node: Identifier) -> SortKey:
        if isinstance(node, URIRef):
            return 0, "", natural(node), ""
        if isinstance(node, Literal):
            return 2, node.language or "", natural(node), str(node.datatype)
        text = self._object(node)
        return (1 if node in self.named else 3), "", natural(text), ""

    def _iri(self, iri: Identifier) -> str:
        return self.names.write(iri)

    def _properties(self, node: Identifier) -> str:
        """Write a node's properties, one line or more for each, without the dot at the end."""
        properties = self._values[node]
        order = {
            predicate: (
                _FIRST.index(predicate) if predicate in _FIRST else len(_FIRST),
                natural("a" if predicate == RDF.type else self._iri(predicate)),
            )
            for predicate in properties
        }
        return " ;\n".join(
            _indent(self._property(predicate, properties[predicate]))
            for predicate in sorted(properties, key=lambda predicate: order[predicate])
        )

    def _property(self, predicate: Identifier, values: list[Identifier]) -> str:
        name = "a" if predicate == RDF.type else self._iri(predicate)
        written = [self._object(value) for value in sorted(values, key=self._key)]
        if len(written) == 1:
            return f"{name} {written[0]}"
        return f"{name}\n" + " ,\n".join(_indent(value) for value in written)

    def _object(self, node: Identifier) -> str:
        """Write a node in the place of an object."""
        if node in self._labels:
            return self._labels[node]
        if node == RDF.nil:
            return "()"
        if isinstance(node, URIRef):
            return self._iri(node)
        if isinstance(node, Literal):
            return write_literal(node, self.names)
        if node not in self._written:
            self._written[node] = self._list(node) or self._brackets(node)
        return self._written[node]

    def _list(self, head: Identifier) -> str:
        members = [self._object(member) for member in self._members(head)]
        if not members:
            return ""
        line = f"( {' '.join(members)} )"
        if len(line) <= WIDTH and not _is_broken(line):
            return line
        return "(\n" + "\n".join(_indent(member) for member in members) + "\n)"

    def _brackets(self, node: Identifier) -> str:
        if node not in self._values:
            return "[]"
        properties = self._properties(node)
        if not _is_broken(properties):
            return f"[ {properties.strip()} ]"
        return f"[\n{properties}\n]"


def _is_broken(text: str) -> bool:
    return "\n" in text or LINE_BREAK in text


def _indent(text: str) -> str:
    return "    " + text.replace("\n", "\n    ")
