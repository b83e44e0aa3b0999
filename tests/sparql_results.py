"""SPARQL results as the tests read them, by no code of the program's own.

A term is a tuple, ``("uri", IRI)``, ``("bnode", label)`` or ``("literal", value, datatype,
language)``.  Numbers are compared by value and datatype: the endpoint gives them in their shortest
form (docs/endpoint.md), and which lexical form a computed value has is left open by the standard.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import pyoxigraph as ox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RS: Final = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
SPARQL: Final = "{http://www.w3.org/2005/sparql-results#}"
INTEGERS: Final = {
    *("integer", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger"),
    *("nonPositiveInteger", "negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort"),
    "unsignedByte",
}

Term = tuple[str, ...]
Row = tuple[Term | None, ...]


@dataclass(frozen=True)
class Table:
    """Results of a SELECT query.

    Attributes:
        variables: The names of the columns.
        rows: The rows in their order.
    """

    variables: tuple[str, ...]
    rows: tuple[Row, ...]


Results = Table | bool


def literal(value: str, datatype: str | None = None, language: str | None = None) -> Term:
    """Return a literal, a number in one form for each value."""
    datatype = datatype or (RDF + "langString" if language else XSD + "string")
    name = datatype.removeprefix(XSD)
    try:
        if name in INTEGERS:
            value = str(int(value))
        elif name == "decimal":
            value = str(Decimal(value).normalize())
        elif name in {"double", "float"}:
            value = str(float(value.replace("INF", "inf")))
    except (ValueError, InvalidOperation):
        pass  # ill-typed: it stands for itself
    if name == "boolean":
        value = {"1": "true", "0": "false"}.get(value, value)
    return ("literal", value, datatype, (language or "").lower())


def of_engine(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Term:
    """Convert a term that a parser read."""
    if isinstance(term, ox.Literal):
        return literal(term.value, term.datatype.value, term.language)
    assert isinstance(term, ox.NamedNode | ox.BlankNode)
    return ("uri" if isinstance(term, ox.NamedNode) else "bnode", term.value)


def read_json(body: bytes) -> Results:
    """Read SPARQL 1.1 Query Results JSON Format."""
    found = json.loads(body)
    if "boolean" in found:
        assert isinstance(found["boolean"], bool)
        return found["boolean"]
    variables = tuple(found["head"]["vars"])
    rows = []
    for binding in found["results"]["bindings"]:
        assert set(binding) <= set(variables)
        rows.append(tuple(_json_term(binding.get(name)) for name in variables))
    return Table(variables, tuple(rows))


def _json_term(term: Mapping[str, str] | None) -> Term | None:
    if term is None:
        return None
    if term["type"] == "literal":
        return literal(term["value"], term.get("datatype"), term.get("xml:lang"))
    assert term["type"] in {"uri", "bnode"}
    return (term["type"], term["value"])


def read_xml(body: bytes) -> Results:
    """Read SPARQL Query Results XML Format."""
    root = ET.fromstring(body)  # noqa: S314 - the suite's own files, and our own server
    assert root.tag == SPARQL + "sparql"
    boolean = root.find(SPARQL + "boolean")
    if boolean is not None:
        assert boolean.text in {"true", "false"}
        return boolean.text == "true"
    head = root.find(SPARQL + "head")
    assert head is not None
    variables = tuple(element.attrib["name"] for element in head.findall(SPARQL + "variable"))
    rows = []
    for result in root.iter(SPARQL + "result"):
        row = {element.attrib["name"]: _xml_term(element[0]) for element in result}
        assert set(row) <= set(variables)
        rows.append(tuple(map(row.get, variables)))
    return Table(variables, tuple(rows))


def _xml_term(element: ET.Element) -> Term:
    kind, value = element.tag.removeprefix(SPARQL), element.text or ""
    if kind == "literal":
        language = element.get("{http://www.w3.org/XML/1998/namespace}lang")
        return literal(value, element.get("datatype"), language)
    assert kind in {"uri", "bnode"}
    return (kind, value)


def read_csv(body: bytes) -> Table:
    """Read SPARQL 1.1 Query Results CSV Format, which keeps of terms no more than their text."""
    header, *rows = csv.reader(io.StringIO(body.decode(), newline=""), strict=True)
    return Table(tuple(header), tuple(tuple(map(_csv_term, row)) for row in rows))


def _csv_term(cell: str) -> Term:
    return ("bnode", cell) if cell.startswith("_:") else ("text", cell)


def read_tsv(body: bytes) -> Table:
    """Read SPARQL 1.1 Query Results TSV Format."""
    header, *rows = body.decode().removesuffix("\n").split("\n")
    variables = header.split("\t") if header else []
    assert all(name.startswith("?") for name in variables)
    return Table(
        tuple(name[1:] for name in variables),
        tuple(tuple(map(_tsv_term, row.split("\t") if variables else [])) for row in rows),
    )


def _tsv_term(cell: str) -> Term | None:
    if not cell:
        return None
    [quad] = ox.parse(f"<s:s> <p:p> {cell} .", format=ox.RdfFormat.TURTLE)
    return of_engine(quad.object)


def read_graph(quads: Sequence[ox.Quad]) -> Results:
    """Read results written as RDF, with the vocabulary of the suites."""
    objects: dict[tuple[object, str], list[Term]] = {}
    for quad in quads:
        key = (of_engine(quad.subject), quad.predicate.value.removeprefix(RS))
        objects.setdefault(key, []).append(of_engine(quad.object))
    [root] = [
        subject
        for (subject, name), values in objects.items()
        if name == RDF + "type" and ("uri", RS + "ResultSet") in values
    ]
    if (root, "boolean") in objects:
        return objects[root, "boolean"][0][1] == "true"
    variables = tuple(term[1] for term in objects.get((root, "resultVariable"), []))
    rows = []
    for solution in objects.get((root, "solution"), []):
        row = {
            objects[binding, "variable"][0][1]: objects[binding, "value"][0]
            for binding in objects.get((solution, "binding"), [])
        }
        rows.append(tuple(map(row.get, variables)))
    return Table(variables, tuple(rows))


def same(found: Results, expected: Results, *, is_ordered: bool = False) -> bool:
    """Tell whether results are the same, up to the labels of blank nodes.

    Args:
        found: The results.
        expected: Those there should be.
        is_ordered: Whether the order of the rows is fixed as well.
    """
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if set(found.variables) != set(expected.variables) or len(found.rows) != len(expected.rows):
        return False
    order = [found.variables.index(name) for name in expected.variables]
    rows = [tuple(row[index] for index in order) for row in found.rows]
    if is_ordered:
        return _matches(rows, list(expected.rows), {}, is_ordered=True)
    if Counter(filter(_is_ground, rows)) != Counter(filter(_is_ground, expected.rows)):
        return False
    left, right = (
        [row for row in table if not _is_ground(row)] for table in (rows, list(expected.rows))
    )
    return _matches(left, right, {}, is_ordered=False)


def _is_ground(row: Row) -> bool:
    return not any(term is not None and term[0] == "bnode" for term in row)


def _matches(
    rows: Sequence[Row], others: Sequence[Row], labels: Mapping[Term, Term], *, is_ordered: bool
) -> bool:
    """Tell whether each row has its partner under one renaming of blank nodes."""
    if not rows:
        return not others
    for index, other in enumerate(others[:1] if is_ordered else others):
        known = _rename(rows[0], other, labels)
        rest = [*others[:index], *others[index + 1 :]]
        if known is not None and _matches(rows[1:], rest, known, is_ordered=is_ordered):
            return True
    return False


def _rename(row: Row, other: Row, labels: Mapping[Term, Term]) -> Mapping[Term, Term] | None:
    """Return the renaming, extended so that it makes one row of another; None if it cannot."""
    known = dict(labels)
    for term, partner in zip(row, other, strict=True):
        if term is None or partner is None or term[0] != "bnode" or partner[0] != "bnode":
            if term != partner:
                return None
        elif known.setdefault(term, partner) != partner:
            return None
    return known if len(set(known.values())) == len(known) else None
