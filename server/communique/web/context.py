"""JSON-LD for people who want JSON: compact, by a context that is published at ``/context.jsonld``.

The context has a name for every property and class of the vocabulary.  Where a property is about
things, its values are written as their IRIs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from communique.namespaces import CMQ, OWL, PREFIXES, RDF
from communique.store import describing, naming

if TYPE_CHECKING:
    from communique.store.generation import Generation
    from communique.store.results import Term
    from communique.store.writing import Output

_STRING: Final = "http://www.w3.org/2001/XMLSchema#string"


def terms(generation: Generation) -> dict[str, Any]:
    """Return the definitions of the context.

    Args:
        generation: The generation whose vocabulary it is for.
    """
    # A property such as cmq:topic takes the place of the prefix of the same name.
    defined: dict[str, Any] = {name: iri for name, iri in PREFIXES.items() if iri != CMQ}
    for class_ in ("Class", "DatatypeProperty", "AnnotationProperty"):
        for iri in naming.instances(generation, OWL + class_):
            if iri.startswith(CMQ):
                defined[iri.removeprefix(CMQ)] = iri
    for iri in naming.instances(generation, OWL + "ObjectProperty"):
        if iri.startswith(CMQ):
            defined[iri.removeprefix(CMQ)] = {"@id": iri, "@type": "@id"}
    return {"@version": 1.1, **{name: defined[name] for name in sorted(defined)}}


def write(address: str, generation: Generation, iri: str, page: int, output: Output) -> None:
    """Write what is said of something as compact JSON-LD.

    Args:
        address: Where the context is.
        generation: The generation.
        iri: Its IRI.
        page: The number of the page, from 1.
        output: Where to.
    """
    names = _Names(terms(generation))
    nodes: dict[Term, dict[str, Any]] = {}
    for triple in describing.triples(generation, iri, page):
        subject, predicate, value = triple
        node = nodes.setdefault(subject, {"@id": names.reference(subject)})
        if predicate.value == RDF + "type" and value.kind == "uri":
            node.setdefault("@type", []).append(names.symbol(value.value))
        else:
            key = names.symbol(predicate.value)
            node.setdefault(key, []).append(names.value(key, value))
    graph = [
        {key: value[0] if _is_single(value) else value for key, value in node.items()}
        for node in nodes.values()
    ]
    told = {"@context": address, "@graph": graph}
    output.write(json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n")


def _is_single(value: object) -> bool:
    return isinstance(value, list) and len(value) == 1


class _Names:
    """Writes terms by a context.

    Args:
        terms: The definitions of the context.
    """

    def __init__(self, terms: dict[str, Any]) -> None:
        self._symbols = {
            definition["@id"] if isinstance(definition, dict) else definition: name
            for name, definition in terms.items()
            if isinstance(definition, dict) or str(definition).startswith(CMQ)
        }
        self._references = {
            name for name, definition in terms.items() if isinstance(definition, dict)
        }

    def symbol(self, iri: str) -> str:
        """Return the name of a property or class; the IRI where the context has none."""
        return self._symbols.get(iri, iri)

    @staticmethod
    def reference(term: Term) -> str:
        """Return the identifier of a node."""
        return f"_:{term.value}" if term.kind == "bnode" else term.value

    def value(self, key: str, term: Term) -> Any:  # noqa: ANN401 - any JSON
        """Return a value of a property."""
        if term.kind != "literal":
            reference = self.reference(term)
            return reference if key in self._references else {"@id": reference}
        if term.language is not None:
            return {"@value": term.value, "@language": term.language}
        if term.datatype == _STRING and key not in self._references:
            return term.value
        return {"@value": term.value, "@type": term.datatype}
