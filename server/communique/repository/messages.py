"""The message of a commit, made from what changes."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from communique.namespaces import OWL
from communique.repository import statements
from communique.repository.statements import TYPE, Statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from communique.store.comparing import Triple

_LISTED: Final = 3
"""How many kinds of nodes are named; the rest are only counted."""
_FIRST: Final = ("article", "claim", "narrator statement")
"""The kinds that are named before others; those come by their numbers."""
_UNTOLD: Final = frozenset({f"<{OWL}NamedIndividual>"})
"""Classes that say nothing of what a node is."""
_PLAIN: Final = "node"
_WORDS: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_EMPTY: Final = Statements(None, {})


def describe(files: Sequence[tuple[str, bytes | None, bytes | None]]) -> str:
    """Say in one line what becomes of files, and in one more for each file if there are several.

    Args:
        files: The name of each file, its content before, and after; None where there is none.
    """
    if len(files) == 1:
        return _describe(*files[0])
    lines = [_describe(*file) for file in files]
    verbs = {line.split(" ", 1)[0] for line in lines}
    verb = verbs.pop() if len(verbs) == 1 else "Change"
    return "\n".join([f"{verb} {len(files)} files", "", *(f"- {line}" for line in lines)])


def _describe(name: str, before: bytes | None, after: bytes | None) -> str:
    verb = "Add" if before is None else "Remove" if after is None else "Change"
    counted = _count(_read(before), _read(after))
    return f"{verb} {name}: {counted}" if counted else f"{verb} {name}"


def _read(content: bytes | None) -> Statements:
    return _EMPTY if content is None else statements.read(content) or _EMPTY


def _count(before: Statements, after: Statements) -> str:
    """Say how many nodes of which kinds are added, changed and removed."""
    old, new = (_nodes(found) for found in (before, after))
    changes = {
        "added": [new[node] for node in new.keys() - old.keys()],
        "changed": [new[node] for node in new.keys() & old.keys() if new[node] != old[node]],
        "removed": [old[node] for node in old.keys() - new.keys()],
    }
    told = {verb: Counter(map(_kind, found)) for verb, found in changes.items() if found}
    parts = []
    last = ""
    for verb, kinds in told.items():
        ordered = sorted(kinds, key=lambda kind: (_rank(kind), -kinds[kind], kind))
        # "3 claims added, 1 changed": what is the same word as before is not said again.
        is_same = ordered == [last]
        things = [str(kinds[k]) if is_same else _things(kinds[k], k) for k in ordered[:_LISTED]]
        more = sum(kinds[kind] for kind in ordered[_LISTED:])
        if more:
            things.append(f"{more:,} more")
        parts.append(f"{_listed(things)} {verb}")
        last = ordered[0] if len(ordered) == 1 else ""
    return ", ".join(parts)


def _rank(kind: str) -> int:
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _nodes(found: Statements) -> Mapping[str, frozenset[Triple]]:
    """Return what is said of each node that has an IRI; the graph itself is none."""
    return {
        subject: frozenset(_unlabelled(found, subject[1:-1]))
        for subject in found.triples
        if subject.startswith("<") and subject[1:-1] != found.graph
    }


def _unlabelled(found: Statements, iri: str) -> list[Triple]:
    """Return what is said of a node, without the labels of blank nodes, which change at random."""
    return [
        (
            subject if subject.startswith("<") else "_:",
            predicate,
            "_:" if value[:2] == "_:" else value,
        )
        for subject, predicate, value in found.about(iri)
    ]


def _kind(said: frozenset[Triple]) -> str:
    """Return what a node is called, by the class that is said of it."""
    classes = sorted(
        value
        for subject, predicate, value in said
        if predicate == TYPE and subject != "_:" and value not in _UNTOLD
    )
    if not classes:
        return _PLAIN
    name = re.split(r"[/#:]", classes[0].rstrip(">"))[-1]
    return " ".join(word.lower() for word in _WORDS.findall(name)) or _PLAIN


def _things(number: int, noun: str) -> str:
    if number != 1:
        ending = "ies" if re.search(r"[^aeiou]y$", noun) else "es" if noun.endswith("s") else "s"
        noun = (noun[:-1] if ending == "ies" else noun) + ending
    return f"{number:,} {noun}"


def _listed(things: Sequence[str]) -> str:
    """Join what is listed: "1, 2 and 3"."""
    return " and ".join(filter(None, (", ".join(things[:-1]), things[-1])))
