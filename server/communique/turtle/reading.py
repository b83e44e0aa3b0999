"""From Turtle text to rdflib's terms, by a strict parser that keeps lexical forms.

rdflib's own parser changes literals (``01`` to ``1``), and is lenient where a data file should
be right.  Oxigraph's is strict and says line and column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import pyoxigraph
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Identifier

from communique.errors import TurtleSyntaxError

if TYPE_CHECKING:
    from pathlib import Path

Triple = tuple[Identifier, Identifier, Identifier]
"""Subject, predicate and object."""

_PLACE = re.compile(r"^Parser error at line .*?: (.*?)(?: \(line \d+\))?$", re.DOTALL)


@dataclass(frozen=True)
class Reading:
    """What a Turtle text says.

    Args:
        triples: Its triples, in the parser's order, repetitions included.
        prefixes: The prefixes it declares, without the colon, and their namespaces.
    """

    triples: list[Triple]
    prefixes: dict[str, str]


def read_text(path: Path) -> str:
    """Read a Turtle file's text.

    Args:
        path: The file, in UTF-8 as Turtle demands.

    Returns:
        The text, as it is; a byte order mark is left out.

    Raises:
        TurtleSyntaxError: The file is not UTF-8.
    """
    return decode(path.read_bytes(), path)


def decode(data: bytes, path: Path) -> str:
    """Read the text of what a Turtle file holds.

    Args:
        data: The file's bytes.
        path: The file, for messages.

    Returns:
        The text; a byte order mark is left out.

    Raises:
        TurtleSyntaxError: They are not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", errors="replace")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        raise TurtleSyntaxError(path, line, column, "the file is not UTF-8 text") from error


def read(text: str, source: Path | str, nodes: str | None = None) -> Reading:
    """Read Turtle 1.1 strictly (W3C Recommendation of 25 February 2014).

    A blank node's identifier is made from the text's digest and its place in the text.  So the
    same text gives the same nodes again, and another text never gives one of them.

    Args:
        text: The Turtle.
        source: The file or other source of the text, for messages.
        nodes: What identifiers of blank nodes begin with, instead of something made from the text.

    Returns:
        The triples and prefixes.

    Raises:
        TurtleSyntaxError: The text is not Turtle 1.1.
    """
    if nodes is None:
        digest = blake2b(f"{source}\n{text}".encode(), digest_size=8).hexdigest()
        nodes = f"n{digest}x"
    known: dict[pyoxigraph.BlankNode, BNode] = {}
    triples: list[Triple] = []
    parser = pyoxigraph.parse(text.encode(), format=pyoxigraph.RdfFormat.TURTLE)
    try:
        for quad in parser:
            terms: list[Identifier] = []
            for term in (quad.subject, quad.predicate, quad.object):
                if isinstance(term, pyoxigraph.BlankNode):
                    terms.append(known.setdefault(term, BNode(f"{nodes}{len(known)}")))
                else:
                    terms.append(to_rdflib(term))
            triples.append((terms[0], terms[1], terms[2]))
    except SyntaxError as error:
        match = _PLACE.match(error.msg)
        reason = match.group(1) if match else error.msg
        raise TurtleSyntaxError(source, error.lineno or 1, error.offset or 1, reason) from error
    except UnsupportedTermError as error:
        raise TurtleSyntaxError(source, 1, 1, str(error)) from error
    return Reading(triples, dict(parser.prefixes))


def parse_text(text: str, source: Path | str, nodes: str | None = None) -> Graph:
    """Read Turtle into a plain graph.

    Args:
        text: The Turtle.
        source: The file or other source of the text, for messages.
        nodes: What identifiers of blank nodes begin with: see :func:`read`.

    Returns:
        The triples, with the text's own prefixes bound and no others.

    Raises:
        TurtleSyntaxError: The text is not Turtle 1.1.
    """
    reading = read(text, source, nodes)
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in reading.prefixes.items():
        graph.bind(prefix, namespace)
    for subject, predicate, object_ in reading.triples:
        graph.add((subject, predicate, object_))
    return graph


def parse(path: Path) -> Graph:
    """Read a Turtle file into a plain graph.

    Args:
        path: The file.

    Returns:
        The triples, with the file's own prefixes bound and no others.

    Raises:
        TurtleSyntaxError: The file is not Turtle 1.1 in UTF-8.
    """
    return parse_text(read_text(path), path)


class UnsupportedTermError(ValueError):
    """A term of RDF 1.2, which RDF 1.1 and rdflib do not have."""


def to_rdflib(
    term: pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal | pyoxigraph.Triple,
) -> URIRef | BNode | Literal:
    """Give Oxigraph's term as rdflib's.

    Args:
        term: A term of RDF 1.1.

    Returns:
        The same term; a literal with its lexical form untouched, and without the datatype
        ``xsd:string``, which rdflib would take for a difference.

    Raises:
        UnsupportedTermError: The term is of RDF 1.2: a triple, or a literal with a direction.
    """
    if isinstance(term, pyoxigraph.NamedNode):
        return URIRef(term.value)
    if isinstance(term, pyoxigraph.BlankNode):
        return BNode(term.value)
    if isinstance(term, pyoxigraph.Triple):
        raise UnsupportedTermError("a triple term is RDF 1.2, the data is RDF 1.1")
    if term.direction is not None:
        raise UnsupportedTermError("a base direction is RDF 1.2, the data is RDF 1.1")
    if term.language is not None:
        return Literal(term.value, lang=term.language)
    if term.datatype == _STRING:
        return Literal(term.value)
    return Literal(term.value, datatype=URIRef(term.datatype.value), normalize=False)


_STRING = pyoxigraph.NamedNode("http://www.w3.org/2001/XMLSchema#string")
