"""A comparison of two generations, written for people and for programs."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Final

from communique import terminal
from communique.namespaces import RDF, XSD, shorten
from communique.store import comparing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from communique.store.comparing import Change, Comparison, Nodes, Triple
    from communique.store.generation import Generation

_FIRST, _REST, _NIL, _TYPE = (f"<{RDF}{name}>" for name in ("first", "rest", "nil", "type"))
_DEPTH: Final = 20
"""How deep blank nodes are written within one another."""
_BARE: Final = frozenset(XSD + name for name in ("integer", "decimal", "boolean"))
"""Datatypes of literals that are written without quotes."""


def as_text(comparison: Comparison) -> str:
    """Write a comparison for people: by graph and subject, blank nodes where they are used.

    Args:
        comparison: The comparison.
    """
    nodes = comparison.nodes
    blocks = [
        f"{change.file} <{change.graph}>: {_counts(change)}\n{_subjects(change, nodes)}"
        for change in comparison.graphs
    ]
    if comparison.inferences is not None:
        change = comparison.inferences
        blocks.append(f"inferences: {_counts(change)}\n{_subjects(change, nodes)}")
    return "\n".join(blocks)


def as_json(comparison: Comparison, versions: Sequence[tuple[str, Generation]]) -> str:
    """Write a comparison for programs.

    Args:
        comparison: The comparison.
        versions: What each of the two generations was called, and itself.
    """
    nothing: dict[str, tuple[Triple, ...]] = {"gained": (), "lost": ()}
    inferences = comparison.inferences
    entry = {
        "versions": [{"name": name, "digest": found.digest} for name, found in versions],
        "equal": comparison.is_equal,
        "graphs": as_structure(comparison),
        "inferences": _sides(inferences) if inferences else nothing,
    }
    return json.dumps(entry, indent=2, ensure_ascii=False)


def as_structure(comparison: Comparison) -> list[dict[str, object]]:
    """Return how the graphs of files differ, as JSON has it.

    Args:
        comparison: The comparison.
    """
    return [
        {"graph": change.graph, "file": change.file, **_sides(change)}
        for change in comparison.graphs
    ]


def _sides(change: Change) -> dict[str, tuple[Triple, ...]]:
    return {"gained": change.gained, "lost": change.lost}


def _counts(change: Change) -> str:
    gained = terminal.count(len(change.gained), "triple")
    return f"{gained} gained, {len(change.lost):,} lost"


def _subjects(change: Change, nodes: Nodes) -> str:
    """Write what changes, subject by subject, what is lost before what is gained."""
    marked = [("-", triple) for triple in outer(change.lost, nodes)]
    marked += [("+", triple) for triple in outer(change.gained, nodes)]
    marked.sort(key=lambda entry: (*comparing.order(entry[1])[:3], entry[0] == "+", entry[1]))
    lines = []
    for subject, group in groupby(marked, key=lambda entry: entry[1][0]):
        lines.append(f"  {write_term(subject, nodes)}\n")
        for mark, (_subject, predicate, value) in group:
            verb = write_verb(predicate, nodes)
            lines.append(f"    {mark} {verb} {write_term(value, nodes)}\n")
    return "".join(lines)


def outer(triples: Sequence[Triple], nodes: Nodes) -> Iterator[Triple]:
    """Yield the triples that are not written within another: those of blank nodes mostly are.

    Args:
        triples: The triples.
        nodes: What is said of each blank node.
    """
    below: dict[str, list[str]] = {}
    for subject, _predicate, value in triples:
        below.setdefault(subject, []).append(value)
    objects = {value for values in below.values() for value in values}
    seen: set[str] = set()
    outer: set[str] = set()
    # Where blank nodes only lead to one another, one of them has to stand for all.
    for subject in sorted(below, key=lambda node: (node.startswith("_:"), node in objects, node)):
        if subject in seen:
            continue
        outer.add(subject)
        reached = [subject]
        while reached:
            node = reached.pop()
            if node in seen:
                continue
            seen.add(node)
            reached += [value for value in below.get(node, ()) if value in nodes]
    for triple in triples:
        if triple[0] in outer:
            yield triple


def write_verb(predicate: str, nodes: Nodes) -> str:
    """Write a predicate with prefixes, and ``rdf:type`` as Turtle does.

    Args:
        predicate: The predicate.
        nodes: What is said of each blank node.
    """
    return "a" if predicate == _TYPE else write_term(predicate, nodes)


def write_term(term: str, nodes: Nodes, around: tuple[str, ...] = ()) -> str:
    """Write a term with prefixes, and a blank node as what is said of it.

    Args:
        term: The term.
        nodes: What is said of each blank node.
        around: The blank nodes that it is written within.
    """
    if term == _NIL:
        return "()"
    if term.startswith("<"):
        short = shorten(term[1:-1])
        return term if short == term[1:-1] else short
    if term.startswith("_:"):
        return _node(term, nodes, around)
    text, mark, datatype = term.rpartition('"^^<')
    if not mark:
        return term
    if datatype[:-1] in _BARE:
        return text[1:]
    return f'{text}"^^{write_term(f"<{datatype}", nodes)}'


def _node(label: str, nodes: Nodes, around: tuple[str, ...]) -> str:
    if label not in nodes or label in around or len(around) == _DEPTH:
        return label
    around = (*around, label)
    items = []
    rest, seen = label, set[str]()
    while rest not in seen and [p for p, _o in nodes.get(rest, ())] == [_FIRST, _REST]:
        seen.add(rest)
        (_first, item), (_rest, rest) = nodes[rest]
        items.append(write_term(item, nodes, around))
    if items and rest == _NIL:
        return f"( {' '.join(items)} )"
    parts = [f"{write_verb(p, nodes)} {write_term(o, nodes, around)}" for p, o in nodes[label]]
    return f"[ {' ; '.join(parts)} ]" if parts else "[]"
