"""Datasets that come as one file, or as several: each named graph becomes its Turtle file.

Only what somebody wrote is taken.  What a dataset derives (the inferences, the graphs of the
propositions, the marks of what is withdrawn, and the default graph, which merges them with the
facts) is left out, after a look whether it says nothing else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique import turtle
from communique.edits import Edit
from communique.errors import CallError, DataError
from communique.namespaces import (
    ALIGNMENTS_GRAPH,
    CMQ,
    GENERATED_GRAPHS,
    INFERRED_GRAPH,
    ONTOLOGY_GRAPH,
    OWL,
    RDF,
)
from communique.repository import graphs
from communique.sources import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

FORMATS: Final = {
    "nquads": (ox.RdfFormat.N_QUADS, ("nq",)),
    "trig": (ox.RdfFormat.TRIG, ("trig",)),
    "jsonld": (ox.RdfFormat.JSON_LD, ("jsonld", "json")),
    "turtle": (ox.RdfFormat.TURTLE, ("ttl", "nt")),
}
"""What can be imported: the engine's name of it, and how the names of such files end."""

_REFUSED: Final = {"rdf", "owl", "xml", "rdfxml"}
_OTHERS: Final = {
    "wd": "http://www.wikidata.org/entity/",
    "vann": "http://purl.org/vocab/vann/",
}
"""Prefixes that the project's files use beside its own, which N-Quads cannot tell."""
_NAMED: Final = {
    ONTOLOGY_GRAPH: f"{Kind.ONTOLOGY}/communique.ttl",
    ALIGNMENTS_GRAPH: f"{Kind.ONTOLOGY}/alignments.ttl",
}
_PREFIX: Final = re.compile(r"[A-Za-z](?:[\w.-]*[\w-])?", re.ASCII)
_NAMESPACE: Final = re.compile(r"[^\x00-\x20<>\"{}|^`\\]+")
_TYPE: Final = ox.NamedNode(RDF + "type")
_ONTOLOGY: Final = ox.NamedNode(OWL + "Ontology")
_PROPOSITION: Final = ox.NamedNode(CMQ + "Proposition")
_PARTS: Final = tuple(ox.NamedNode(CMQ + name) for name in ("subject", "predicate", "object"))

_Said = defaultdict[str | None, set[ox.Triple]]
"""What files say, by the IRI of the graph; None is the default graph.

Not in the engine's store, which writes numbers in its own form.
"""


@dataclass(frozen=True, slots=True)
class Import:
    """What files to import come to.

    Attributes:
        edits: The dataset's files with their content, in order of name.
        graphs: The IRI of the graph of each file.
        left_out: How many triples of derived graphs are left out.
    """

    edits: tuple[Edit, ...]
    graphs: Mapping[str, str]
    left_out: int


def read(paths: Sequence[Path], form: str | None, known: Mapping[str, str]) -> Import:
    """Read files to import.

    Args:
        paths: The files.
        form: Which of :data:`FORMATS` they have; None to go by their names.
        known: The files of the graphs that the dataset has already, by IRI.

    Raises:
        CallError: A format is unknown or refused.
        DataError: A file cannot be read, has statements in no graph that could be a file, or
            derived graphs that say something of their own.
    """
    said: _Said = defaultdict(set)
    prefixes = dict(_OTHERS)
    for number, path in enumerate(paths):
        prefixes |= _load(path, _format(path, form), said, f"f{number}")
    derived = _derived(said)
    names = sorted(name for name in said if name is not None and name not in derived)
    _check_derived(said, names)
    files = {name: known.get(name) or _file_of(name) for name in names}
    taken: dict[str, str] = {}
    for name, file in files.items():
        if file.lower() in taken:
            message = f"<{name}> and <{taken[file.lower()]}> would be the same file, {file}"
            raise DataError(message, "give one of the graphs another name")
        taken[file.lower()] = name
    edits = [
        Edit(file, _turtle(said[name], file, prefixes))
        for name, file in sorted(files.items(), key=itemgetter(1))
    ]
    return Import(
        edits=tuple(edits),
        graphs={file: name for name, file in files.items()},
        left_out=sum(len(triples) for name, triples in said.items() if name not in files),
    )


def _format(path: Path, form: str | None) -> ox.RdfFormat:
    """Return the format of a file.

    Raises:
        CallError: It is refused, or unknown.
    """
    if form is not None:
        return FORMATS[form][0]
    ending = path.suffix.removeprefix(".").lower()
    for format_, endings in FORMATS.values():
        if ending in endings:
            return format_
    known = ", ".join(f".{each}" for _format, endings in FORMATS.values() for each in endings)
    if ending in _REFUSED:
        message = f"{path} is RDF/XML, which is not read: it has no named graphs, and a small file"
        message += " of it can take up all memory by its entities"
        raise CallError(message, "convert it to Turtle or N-Quads with a tool that you trust")
    raise CallError(f"the format of {path} is unknown", f"name it {known}, or give --format")


def _load(path: Path, format_: ox.RdfFormat, said: _Said, own: str) -> dict[str, str]:
    """Add what a file says, and return the prefixes that it declares.

    Blank nodes of two files never meet.
    """
    renamed: dict[str, ox.BlankNode] = {}

    def rename(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> ox.BlankNode | None:
        if not isinstance(term, ox.BlankNode):
            return None
        return renamed.setdefault(term.value, ox.BlankNode(f"{own}x{len(renamed)}"))

    with path.open("rb") as file:
        parser = ox.parse(file, format=format_)
        try:
            quads = list(parser)
        except SyntaxError as error:
            raise _unreadable(path, format_, error) from error
    whole = _header(path, quads) if format_ == ox.RdfFormat.TURTLE else None
    for quad in quads:
        graph = whole or quad.graph_name
        if isinstance(graph, ox.BlankNode):
            message = "a graph has a blank node for a name"
            raise DataError(message, "give it an IRI, which becomes the name of a file", file=path)
        if isinstance(quad.subject, ox.Triple) or isinstance(quad.object, ox.Triple):
            raise DataError("a triple is about a triple", "describe it by a node", file=path)
        triple = ox.Triple(
            rename(quad.subject) or quad.subject,
            quad.predicate,
            rename(quad.object) or quad.object,
        )
        said[graph.value if isinstance(graph, ox.NamedNode) else None].add(triple)
    return {
        prefix: name
        for prefix, name in parser.prefixes.items()
        if _PREFIX.fullmatch(prefix) and _NAMESPACE.fullmatch(name)
    }


def _unreadable(path: Path, format_: ox.RdfFormat, error: SyntaxError) -> DataError:
    reason = str(error.msg)
    if "LoadDocumentCallback" in reason:
        return DataError(
            "the JSON-LD names a context that would have to be fetched",
            "write the context into the file",
            file=path,
        )
    return DataError(
        f"not valid {format_.name}: {reason}",
        "correct the syntax at this place",
        file=path,
        line=error.lineno,
        column=error.offset,
    )


def _header(path: Path, quads: Iterable[ox.Quad]) -> ox.NamedNode:
    """Return the name of the graph that a Turtle file is."""
    found = {quad.subject for quad in quads if quad.predicate == _TYPE and quad.object == _ONTOLOGY}
    header = next(iter(found), None)
    if len(found) != 1 or not isinstance(header, ox.NamedNode):
        message = "the file has no header, or more than one, so its graph has no name"
        raise DataError(message, "start it with: <IRI> a owl:Ontology .", file=path, line=1)
    return header


def _derived(said: _Said) -> set[str]:
    """Return the names of the graphs that a dataset derives."""
    claimed = {
        triple.subject.value
        for name, triples in said.items()
        for triple in triples
        if name is not None
        and triple.predicate == _TYPE
        and triple.object == _PROPOSITION
        and isinstance(triple.subject, ox.NamedNode)
    }
    return (claimed | set(GENERATED_GRAPHS)) & {name for name in said if name is not None}


def _check_derived(said: _Said, names: Iterable[str]) -> None:
    """Make sure that what is left out says nothing that is not said elsewhere.

    Args:
        said: What the files say.
        names: The graphs that are not left out.

    Raises:
        DataError: It does.
    """
    written = set().union(*(said[name] for name in names))
    described: dict[str, set[object]] = defaultdict(set)
    for triple in written:
        if triple.predicate in _PARTS and isinstance(triple.subject, ox.NamedNode):
            described[triple.subject.value].add((triple.predicate, triple.object))
    for name in said.keys() - {None, *names, *GENERATED_GRAPHS}:
        for triple in said[name]:
            parts = set(zip(_PARTS, triple, strict=True))
            if not parts <= described[str(name)]:
                message = f"the graph of the proposition <{name}> says {triple}"
                advice = "describe what it says by cmq:subject, cmq:predicate and cmq:object"
                raise DataError(message, advice, node=name)
    for triple in said[None] - written - said[INFERRED_GRAPH]:
        message = f"the default graph has a triple that is in no named graph: {triple}"
        raise DataError(message, "put it into a named graph, which becomes a file")


def _file_of(name: str) -> str:
    """Return the file of a new graph.

    Raises:
        CallError: A graph of that name can be no file.
    """
    return _NAMED.get(name) or graphs.file_of(name)


def _turtle(triples: set[ox.Triple], file: str, prefixes: Mapping[str, str]) -> bytes:
    """Return a graph in the one layout."""
    declared = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in prefixes.items())
    text = (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode()
    return turtle.format_text(declared + text, file).encode()
