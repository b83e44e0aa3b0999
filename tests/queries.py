"""How the tests that ask the built dataset questions do so: a query's answer as plain strings."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from communique.store import query as store

if TYPE_CHECKING:
    from pathlib import Path

    from communique.store.generation import Generation

PREFIXES = {
    "cmq": "https://w3id.org/communique/ontology#",
    "value": "https://w3id.org/communique/value/",
    "topic": "https://w3id.org/communique/topic/",
    "id": "https://w3id.org/communique/id/",
    "edm-2-213": "https://w3id.org/communique/id/edm-2-213/",
    "editorial-edm-2-213": "https://w3id.org/communique/id/editorial-edm-2-213/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""What the tests' own queries and tables may abbreviate."""

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The answer of a SELECT query.

    Attributes:
        header: The names of the variables.
        rows: The values as strings, in the order of the answer: an IRI in full, a literal's lexical
            form, and nothing where a variable is unbound.
    """

    header: Row
    rows: tuple[Row, ...]


def select(generation: Generation, query: str) -> Table:
    """Ask a SELECT query.

    Args:
        generation: The dataset, built.
        query: SPARQL.  A query that declares no prefixes may use those of ``PREFIXES``.
    """
    answer = store.ask(generation, _with_prefixes(query))
    assert answer.kind == "select"
    rows = [tuple("" if term is None else term.value for term in row) for row in answer.rows]
    return Table(answer.variables, tuple(rows))


def ask(generation: Generation, query: str) -> bool:
    """Ask an ASK query.

    Args:
        generation: The dataset, built.
        query: SPARQL, as for :func:`select`.
    """
    answer = store.ask(generation, _with_prefixes(query))
    assert answer.boolean is not None, "not an ASK query"
    return answer.boolean


def read_csv(path: Path) -> Table:
    """Read an expected answer.

    Args:
        path: A CSV file whose first line names the variables.
    """
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return Table(tuple(header), tuple(tuple(row) for row in rows))


def is_ordered(query: str) -> bool:
    """Tell whether a query orders its answer: an ORDER BY after its last closing brace.

    Args:
        query: SPARQL.
    """
    return re.search(r"\bORDER\s+BY\b", query.rpartition("}")[2], re.IGNORECASE) is not None


def assert_answers(generation: Generation, query: str, expected: Table) -> None:
    """Fail unless a query gives exactly the rows expected, in their order if it orders them.

    Args:
        generation: The dataset, built.
        query: SPARQL, as for :func:`select`.
        expected: The answer.
    """
    found = select(generation, query)
    assert found.header == expected.header
    missing = Counter(expected.rows) - Counter(found.rows)
    surplus = Counter(found.rows) - Counter(expected.rows)
    assert not missing, f"missing: {sorted(missing.elements())}; surplus: {sorted(surplus)}"
    assert not surplus, f"surplus: {sorted(surplus.elements())}"
    if is_ordered(query):
        assert found.rows == expected.rows


def expand(name: str) -> str:
    """Write a prefixed name in full; leave anything else as it is.

    Args:
        name: Such as ``id:csto``.
    """
    prefix, colon, local = name.partition(":")
    return PREFIXES[prefix] + local if colon and prefix in PREFIXES else name


def _with_prefixes(query: str) -> str:
    if re.search(r"^\s*PREFIX\b", query, re.IGNORECASE | re.MULTILINE):
        return query
    declared = "".join(f"PREFIX {prefix}: <{name}>\n" for prefix, name in PREFIXES.items())
    return declared + query
