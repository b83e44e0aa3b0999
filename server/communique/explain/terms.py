r"""Terms: read from a call, and written for people.

A call names terms as Turtle does (``id:csto``, ``<https://…>``, ``"text"@en``, ``5``, ``a``).
Inside, a term is a string as the store writes it; that is N-Triples, with all IRIs in full.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rdflib.term import BNode, Literal, URIRef

from communique.errors import CallError, QuerySyntaxError
from communique.namespaces import ID, PREFIXES, XSD
from communique.reasoning.rules import TYPE, readable
from communique.store import terminals
from communique.store.results import Term

if TYPE_CHECKING:
    from rdflib.term import Identifier

    from communique.reasoning.rules import Pattern
    from communique.store.engine import Embedded
    from communique.store.terminals import Token

_ADVICE: Final = 'write a prefixed name (id:csto), an <IRI> or a literal ("text"@en)'
_BARE_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_ABSOLUTE: Final = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:.*>")
_LOCAL_ESCAPE: Final = re.compile(r"\\(.)")
_NUMBERS: Final = ("INTEGER", "DECIMAL", "DOUBLE")
_BOOLEANS: Final = ("true", "false")
_STRINGS: Final = tuple(f"STRING_LITERAL{kind}" for kind in ("1", "2", "_LONG1", "_LONG2"))
_LITERAL: Final = re.compile(
    r'"(?P<text>(?:[^"\\]|\\.)*)"(?:@(?P<language>.+)|\^\^<(?P<datatype>.+)>)?', re.DOTALL
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def read_triple(engine: Embedded, subject: str, predicate: str, value: str) -> Pattern:
    """Read a triple from a call.

    Args:
        engine: The store, which knows the prefixes of articles and how a literal is written.
        subject: The subject.
        predicate: The property; ``a`` is ``rdf:type``.
        value: The object.

    Returns:
        The triple, as the store writes it.

    Raises:
        CallError: One of them is no term, or stands where it cannot.
    """
    read = (
        _read(engine, "subject", subject),
        TYPE if predicate.strip() == "a" else _read(engine, "predicate", predicate),
        _read(engine, "object", value),
    )
    for place, term in zip(("subject", "predicate"), read, strict=False):
        if not term.startswith("<"):
            message = f"the {place} {term} is a literal"
            raise CallError(message, "a literal can only be the object")
    query = f"SELECT ?s ?p ?o WHERE {{ VALUES (?s ?p ?o) {{ ({' '.join(read)}) }} }}"
    try:
        ((one, two, three),) = engine.select(query)
    except SyntaxError as error:
        raise CallError(f"not a triple: {subject} {predicate} {value}", _ADVICE) from error
    return one, two, three


def parse(term: str) -> Term:
    """Take a term apart.

    Args:
        term: The term as the store writes it; a variable counts as a blank node.
    """
    if term.startswith("<"):
        return Term("uri", term[1:-1])
    literal = _LITERAL.fullmatch(term)
    if literal is None:
        return Term("bnode", term.removeprefix("_:"))
    text = _ESCAPE.sub(_unescape, literal["text"])
    if literal["language"]:
        return Term("literal", text, language=literal["language"])
    return Term("literal", text, literal["datatype"] or XSD + "string")


def to_rdflib(term: str) -> Identifier:
    """Convert a term that the store has written.

    Args:
        term: The term.
    """
    parts = parse(term)
    if parts.kind == "uri":
        return URIRef(parts.value)
    if parts.kind == "bnode":
        return BNode(parts.value)
    if parts.language or parts.datatype == XSD + "string":
        return Literal(parts.value, lang=parts.language)
    return Literal(parts.value, datatype=URIRef(parts.datatype or ""), normalize=False)


def readable_triple(triple: Pattern) -> str:
    """Write a triple for people.

    Args:
        triple: The triple, in which terms may be variables.
    """
    subject, predicate, value = triple
    verb = "a" if predicate == TYPE else readable(predicate)
    return f"{readable(subject)} {verb} {readable(value)}"


def _read(engine: Embedded, place: str, text: str) -> str:
    """Read one term, and write it with its IRIs in full.

    Only what is one term passes, so that nothing else gets into a query.
    """
    written = text.strip()
    if _BARE_IRI.fullmatch(written):
        written = f"<{written}>"
    try:
        tokens = terminals.read(written).tokens
    except QuerySyntaxError as error:
        message = f"the {place} {text} is no term: {error.reason}"
        raise CallError(message, _ADVICE) from error
    match [token.kind for token in tokens]:
        case ["IRIREF" | "PNAME_LN" | "PNAME_NS"]:
            return _iri(engine, tokens[0])
        case [kind] if kind in _NUMBERS or kind in _STRINGS or tokens[0].text in _BOOLEANS:
            return tokens[0].text
        case [kind, "LANGTAG"] if kind in _STRINGS:
            return tokens[0].text + tokens[1].text
        case [kind, "PUNCTUATION", "IRIREF" | "PNAME_LN"] if kind in _STRINGS:
            if tokens[1].text == "^^":
                return f"{tokens[0].text}^^{_iri(engine, tokens[2])}"
    raise CallError(f"the {place} {text} is no term" if text else f"the {place} is empty", _ADVICE)


def _iri(engine: Embedded, token: Token) -> str:
    """Write an IRI in full.

    A prefix that the project does not have is that of an article, where the store has the node.
    """
    if token.kind == "IRIREF":
        if not _ABSOLUTE.fullmatch(token.text):
            raise CallError(f"the IRI {token.text} is not absolute", "begin it with https://")
        return token.text
    prefix, _, local = token.text.partition(":")
    local = _LOCAL_ESCAPE.sub(r"\1", local)
    if prefix in PREFIXES:
        return f"<{PREFIXES[prefix]}{local}>"
    iri = f"<{ID}{prefix}/{local}>"
    known = " UNION ".join(
        f"{{ GRAPH ?g {{ {pattern} }} }}" for pattern in (f"{iri} ?p ?o", f"?s ?p {iri}")
    )
    try:
        held = next(engine.select(f"SELECT (1 AS ?one) WHERE {{ {known} }} LIMIT 1"), None)
    except SyntaxError:  # what fits SPARQL's grammar of names need not make an IRI
        held = None
    if held is None:
        message = f"{token.text} is unknown: there is no prefix {prefix}:, nor an article with it"
        raise CallError(message, f"choose one of {', '.join(PREFIXES)}, or an article's own")
    return iri


def _unescape(escape: re.Match[str]) -> str:
    """Return what an escape of N-Triples stands for."""
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else _ESCAPED.get(escape[3], escape[3])
