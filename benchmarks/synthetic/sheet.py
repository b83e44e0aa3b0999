"""One graph to be written: as a Turtle file in the project's layout, or as N-Quads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from communique import namespaces
from communique.turtle.naming import natural

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIXES: Final = {
    prefix: namespaces.PREFIXES[prefix]
    for prefix in ("cmq", "dcterms", "id", "owl", "rdf", "rdfs", "skos", "topic", "value", "xsd")
}
_FIRST: Final = {"a": 0, "rdfs:label": 1, "skos:altLabel": 2}
_LANGUAGE: Final = re.compile(r'"@([A-Za-z-]+)$')


def text(words: str, language: str = "") -> str:
    """Write a literal.

    Args:
        words: The text; it has no straight quotation mark, backslash or control character.
        language: Its language tag; none if empty.
    """
    return f'"{words}"@{language}' if language else f'"{words}"'


def moment(words: str) -> str:
    """Write an ``xsd:dateTime``.

    Args:
        words: The lexical form.
    """
    return f'"{words}"^^xsd:dateTime'


class Sheet:
    """A graph that is being written down.

    Terms are written as in Turtle: prefixed names, IRIs in angle brackets, literals, integers.

    Args:
        path: The file's path under ``graph/``, without its ending; it names the graph.
        slug: The prefix of an article's own nodes; none if empty.
    """

    def __init__(self, path: str, slug: str = "") -> None:
        self.path = path
        self.iri = namespaces.GRAPH + path
        self.prefixes = dict(_PREFIXES)
        if slug:
            self.prefixes[slug] = f"{namespaces.ID}{slug}/"
        self._header = f"<{self.iri}>"
        self._blocks: dict[str, dict[str, list[str]]] = {}

    def say(self, subject: str, kind: str | None = None, /, **values: str | list[str]) -> None:
        """Say something of a node.

        Args:
            subject: The node.
            kind: The local name of its class in the project's vocabulary.
            **values: Values by property; none if empty.  A property of the project's vocabulary is
                given by its local name, another by prefix, two underscores and local name.
        """
        block = self._blocks.setdefault(subject, {})
        if kind is not None:
            block.setdefault("a", []).append(kind if ":" in kind else f"cmq:{kind}")
        for name, value in values.items():
            if not value:
                continue
            predicate = name.replace("__", ":") if "__" in name else f"cmq:{name}"
            held = block.setdefault(predicate, [])
            for one in [value] if isinstance(value, str) else value:
                if one not in held:
                    held.append(one)

    def head(self, title: str, layer: str, imports: list[str], **values: str) -> None:
        """Write the header that names the graph.

        Args:
            title: The title.
            layer: The local name of the layer.
            imports: Paths under ``graph/`` of the graphs that this one refers to.
            **values: Further values, as in :meth:`say`.
        """
        graphs = [f"<{namespaces.GRAPH}{path}>" for path in imports]
        self.say(
            self._header,
            "owl:Ontology",
            layer=f"value:{layer}",
            dcterms__creator=text("The generator of synthetic articles", "en"),
            dcterms__license="<https://creativecommons.org/licenses/by/4.0/>",
            dcterms__title=text(title, "en"),
            owl__imports=[*graphs, f"<{namespaces.ONTOLOGY_GRAPH}>"],
            **values,
        )

    def expand(self, term: str) -> str:
        """Write a term as N-Quads does."""
        if term[0] == "<":
            return term
        if term[0] == '"':
            if term.endswith("^^xsd:dateTime"):
                return f"{term.removesuffix('xsd:dateTime')}<{namespaces.XSD}dateTime>"
            return term
        if term == "a":
            return f"<{namespaces.RDF}type>"
        if term[0].isdigit():
            return f'"{term}"^^<{namespaces.XSD}integer>'
        prefix, _, local = term.partition(":")
        return f"<{self.prefixes[prefix]}{local}>"

    @property
    def size(self) -> int:
        """The number of triples."""
        return sum(len(values) for block in self._blocks.values() for values in block.values())

    def nquads(self) -> str:
        """Write the graph as N-Quads."""
        return "".join(
            f"{subject} {predicate} {value} <{self.iri}> .\n"
            for subject, predicate, value in self.triples()
        )

    def triples(self) -> Iterator[tuple[str, str, str]]:
        """Yield the triples, with terms as N-Triples writes them."""
        for subject, block in self._blocks.items():
            node = self.expand(subject)
            for predicate, values in block.items():
                name = self.expand(predicate)
                for value in values:
                    yield node, name, self.expand(value)

    def turtle(self) -> str:
        """Write the graph as Turtle, in the layout that ``communique format`` gives."""
        used = {
            term.partition(":")[0]
            for subject, block in self._blocks.items()
            for values in ([subject], block, *block.values())
            for term in values
            if term[0] not in '<"0123456789' and term != "a"
        }
        if any(
            value.endswith("^^xsd:dateTime")
            for block in self._blocks.values()
            for values in block.values()
            for value in values
        ):
            used.add("xsd")
        prefixes = "".join(f"@prefix {name}: <{self.prefixes[name]}> .\n" for name in sorted(used))
        return prefixes + "".join(f"\n{block}" for block in self._written())

    def _written(self) -> Iterator[str]:
        order = sorted(
            self._blocks,
            key=lambda subject: (subject != self._header, natural(self.expand(subject)[1:-1])),
        )
        for subject in order:
            block = self._blocks[subject]
            lines = [
                self._property(predicate, block[predicate])
                for predicate in sorted(
                    block, key=lambda name: (_FIRST.get(name, len(_FIRST)), natural(name))
                )
            ]
            yield f"{subject}\n" + " ;\n".join(lines) + " .\n"

    def _property(self, predicate: str, values: list[str]) -> str:
        if len(values) == 1:
            return f"    {predicate} {values[0]}"
        return f"    {predicate}\n        " + " ,\n        ".join(sorted(values, key=self._key))

    def _key(self, value: str) -> tuple[bool, str, object]:
        """Order values as the layout does: IRIs first, then literals by language."""
        language = _LANGUAGE.search(value) if value[0] == '"' else None
        words = self.expand(value)[1:-1]
        return value[0] == '"', language[1] if language else "", natural(words)
