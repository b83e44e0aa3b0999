"""The RDF that a request sends, as Turtle that stands for itself.

Turtle and N-Triples keep their lines, so that what the gate finds can be told by the lines of the
request.  RDF/XML is not taken: its entities are a danger.  JSON-LD is, as long as it has all that
it needs in itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
from werkzeug.http import parse_options_header

from communique import turtle
from communique.errors import BodySyntaxError
from communique.namespaces import CMQ, OWL, RDF
from communique.web.problems import BadRequest, UnsupportedContent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flask import Request

TURTLE: Final = "text/turtle"
NTRIPLES: Final = "application/n-triples"
JSONLD: Final = "application/ld+json"
MULTIPART: Final = "multipart/form-data"
RDF_TYPES: Final = (TURTLE, NTRIPLES, JSONLD)
"""The types of RDF that are taken."""

_FORMATS: Final = {
    TURTLE: (ox.RdfFormat.TURTLE, "Turtle"),
    NTRIPLES: (ox.RdfFormat.N_TRIPLES, "N-Triples"),
    JSONLD: (ox.RdfFormat.JSON_LD, "JSON-LD"),
}
_TYPE: Final = ox.NamedNode(RDF + "type")
_ONTOLOGY: Final = ox.NamedNode(OWL + "Ontology")
_LAYER: Final = ox.NamedNode(CMQ + "layer")
_PLACE: Final = re.compile(r"^Parser error at line .*?: (.*?)(?: \(line \d+\))?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Body:
    """What a request sends.

    Attributes:
        text: It as Turtle.  Where the request is Turtle or N-Triples, its lines are the request's.
        triples: What it says; its blank nodes are its own.
        has_lines: Whether its lines are the request's.
    """

    text: str
    triples: tuple[ox.Triple, ...]
    has_lines: bool

    @property
    def headers(self) -> tuple[str, ...]:
        """The IRIs that it declares an ``owl:Ontology``, in order."""
        found = {
            triple.subject.value
            for triple in self.triples
            if triple.predicate == _TYPE
            and triple.object == _ONTOLOGY
            and isinstance(triple.subject, ox.NamedNode)
        }
        return tuple(sorted(found))

    def has_layer(self, graph: str) -> bool:
        """Tell whether it says which layer a graph belongs to.

        Args:
            graph: The IRI of the graph.
        """
        name = ox.NamedNode(graph)
        return any(t.subject == name and t.predicate == _LAYER for t in self.triples)

    @property
    def ntriples(self) -> str:
        """Its triples alone, which may be put beside others."""
        return _write(self.triples)


def content_type(request: Request) -> str:
    """Return the media type of a request's body, in UTF-8.

    Args:
        request: The request.

    Raises:
        UnsupportedContent: It has another charset, or is encoded.
    """
    return _charset_checked(request.mimetype, request.mimetype_params.get("charset"))


def read(request: Request, base: str | None) -> Body:
    """Read the RDF that a request sends.

    Args:
        request: The request.
        base: What relative IRIs are resolved against; None refuses them.

    Raises:
        UnsupportedContent: It is of a type that is not taken.
        BodySyntaxError: It is not of the type that it says.
    """
    return _parse(request.get_data(), content_type(request), base)


def read_multipart(request: Request, base: str | None) -> Body:
    """Read the RDF documents that a form sends as files, each merged with the others.

    Args:
        request: The request, of ``multipart/form-data`` (Graph Store Protocol, §5.5).
        base: What relative IRIs are resolved against; None refuses them.

    Raises:
        UnsupportedContent: One is of a type that is not taken.
        BodySyntaxError: One is not of the type that it says.
        BadRequest: There is something else than files.
    """
    if request.form:
        message = "the form has fields that are no files"
        raise BadRequest(message, "send each document as a file, with its content type")
    found = []
    for file in (file for _, files in request.files.lists() for file in files):
        type_ = file.mimetype
        if not type_ and (file.filename or "").endswith(".ttl"):
            type_ = TURTLE
        charset = parse_options_header(file.content_type)[1].get("charset")
        found.append(_parse(file.read(), _charset_checked(type_, charset), base))
    triples = tuple(triple for body in found for triple in body.triples)
    return Body("\n".join(body.ntriples for body in found), triples, has_lines=False)


def _write(triples: Iterable[ox.Triple]) -> str:
    return (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode()


def _charset_checked(type_: str, charset: str | None) -> str:
    if charset is not None and charset.lower().replace("-", "") not in {"utf8", "usascii"}:
        raise UnsupportedContent(f"the charset {charset} is not understood", "send UTF-8")
    return type_


def _parse(data: bytes, type_: str, base: str | None) -> Body:
    if type_ not in _FORMATS:
        sent = f"the content type {type_}" if type_ else "a body without its type"
        raise UnsupportedContent(f"{sent} is not taken", f"send {', '.join(RDF_TYPES)}")
    format_, name = _FORMATS[type_]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BodySyntaxError(name, "it is not UTF-8", line) from error
    triples = tuple(_triples(text, format_, name, base))
    if type_ == JSONLD:
        return Body(_write(triples), triples, has_lines=False)
    if base is not None and type_ == TURTLE:
        # On the line of what follows, so that lines stay the request's.
        end = turtle.head_end(text)
        text = f"{text[:end]}@base <{base}> . {text[end:]}"
    return Body(text, triples, has_lines=True)


def _triples(text: str, format_: ox.RdfFormat, name: str, base: str | None) -> Iterator[ox.Triple]:
    """Yield what a text says.

    Raises:
        BodySyntaxError: It is not of its format.
        BadRequest: It has what RDF 1.1 has not, or what is no single graph.
    """
    quads = ox.parse(text, format_, base_iri=base, rename_blank_nodes=True)
    try:
        for quad in quads:
            if not isinstance(quad.graph_name, ox.DefaultGraph):
                message = "the body has named graphs"
                raise BadRequest(message, "send the triples of one graph")
            for term in (quad.subject, quad.object):
                turtle.to_rdflib(term)  # refuses what is of RDF 1.2
            yield quad.triple
    except SyntaxError as error:
        match = _PLACE.match(error.msg)
        reason = match.group(1) if match else error.msg
        raise BodySyntaxError(name, reason, error.lineno, error.offset) from error
    except turtle.UnsupportedTermError as error:
        raise BodySyntaxError(name, str(error)) from error
