"""What git remembers of a node or a graph: who said what of it when, and who took it back.

History is walked by triples, not by lines: order, layout and comments make no difference, nor that
a graph moves to another file.  Blank nodes are known by what is said of them.  A version of a file
that is not Turtle says nothing new: what the version before it said counts on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from communique.errors import CallError, GitFailure
from communique.repository import statements
from communique.repository.git import Git
from communique.repository.walking import Walk
from communique.store import comparing
from communique.store.comparing import Change, Comparison

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from communique.repository.walking import Commit, Step
    from communique.store.comparing import Nodes, Triple

Statement = tuple[str, "Triple"]
"""A triple in the graph of that IRI."""

_NAMESPACE: Final = re.compile(rb"prefix\s[^<>\n]*<([^<>]*)>")
_BASE: Final = re.compile(rb"base\s*<")
_ESCAPE: Final = re.compile(rb"\\[uU_~.\-!$&()*+,;=/?#@%]")
"""What may be an escape in a name (Turtle's UCHAR and PN_LOCAL_ESC)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A commit that changes what is said of something.

    Attributes:
        commit: The commit.
        comparison: What is said since, and what is no longer said.
    """

    commit: Commit
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Origin:
    """A triple that is said now, and the commit since which it is said.

    Attributes:
        graph: Its graph.
        file: The file.
        triple: The triple.
        commit: The commit.
    """

    graph: str
    file: str
    triple: Triple
    commit: Commit


@dataclass(frozen=True, slots=True)
class Trace:
    """What git remembers of a node or a graph.

    Attributes:
        entries: The commits that change what is said of it, the newest first.
        origins: What is said of it now, with the commit of each triple.
        nodes: What is said of each blank node by its name.
    """

    entries: tuple[Entry, ...]
    origins: tuple[Origin, ...]
    nodes: Nodes


@dataclass(frozen=True, slots=True)
class _State:
    """What is said of something after a commit.

    Attributes:
        versions: By file, the version that counts.
        said: What is said, and in which file.
        origins: Since which commit each of it is said.
    """

    versions: Mapping[str, str]
    said: Mapping[Statement, str]
    origins: Mapping[Statement, Commit]


def trace(root: Path, iri: str) -> Trace:
    """Find out what git remembers of a node or a graph.

    What is said of a node are the triples that it is the subject of, and those of the blank nodes
    they lead to.  What is said of a graph is all that its file says.

    Args:
        root: The dataset's folder.
        iri: The IRI of the node, or of the graph.

    Raises:
        GitFailure: The dataset is in no git repository, or git fails.
        CallError: Nothing was ever said of it.
    """
    git = Git(root)
    if git.prefix is None:
        message = f"{root} is in no git repository, so nothing is remembered of it"
        raise GitFailure(message, "choose a dataset that is, with --dataset")
    walk = Walk(git, lambda content: _is_about(content, iri))
    said, nodes = _read(walk.contents, iri)
    states: dict[str, _State] = {}
    entries = []
    for step in walk.steps():
        before = [states[parent] for parent in step.commit.parents]
        state = _state(step, before, said)
        entry = _entry(step.commit, state, before, nodes)
        if entry is not None:
            entries.append(entry)
        states[step.commit.name] = state
    if not entries:
        message = f"nothing was ever said of <{iri}> in {root}, as far as git remembers"
        raise CallError(message, "check the IRI; communique query finds what there is")
    last = states[""]
    origins = sorted(
        (
            Origin(graph, file, triple, last.origins[graph, triple])
            for (graph, triple), file in last.said.items()
        ),
        key=lambda origin: (origin.graph, comparing.order(origin.triple)),
    )
    return Trace(tuple(reversed(entries)), tuple(origins), nodes)


def _read(
    contents: Mapping[str, bytes], iri: str
) -> tuple[dict[str, frozenset[Statement] | None], Nodes]:
    """Return what each version of a file says of a node; None for one that is not Turtle."""
    found = {version: statements.read(content) for version, content in contents.items()}
    readable = {version: said for version, said in found.items() if said is not None}
    names, nodes = comparing.name_nodes([said.blank_nodes() for said in readable.values()])
    known = dict(zip(readable, names, strict=True))
    said: dict[str, frozenset[Statement] | None] = dict.fromkeys(found)
    for version, read in readable.items():
        names_here = known[version]
        said[version] = frozenset(
            (read.graph or "", (names_here.get(s, s), p, names_here.get(o, o)))
            for s, p, o in read.about(iri)
        )
    return said, nodes


def _state(
    step: Step, before: list[_State], said: Mapping[str, frozenset[Statement] | None]
) -> _State:
    """Return what is said after a commit."""
    versions: dict[str, str] = {}
    for file, version in step.versions.items():
        if said[version] is not None:
            versions[file] = version
        elif before and file in before[0].versions:
            versions[file] = before[0].versions[file]
    now = {
        statement: file for file, version in versions.items() for statement in said[version] or ()
    }
    origins = {
        statement: next(
            (state.origins[statement] for state in before if statement in state.said), step.commit
        )
        for statement in now
    }
    return _State(versions, now, origins)


def _entry(commit: Commit, state: _State, before: list[_State], nodes: Nodes) -> Entry | None:
    """Return what a commit changes of its own: what is as in one of its parents, a merge took."""
    gained = {s: file for s, file in state.said.items() if state.origins[s] is commit}
    lost: dict[Statement, str] = {}
    if before:
        kept = set(before[0].said).intersection(*(other.said for other in before[1:]))
        lost = {s: before[0].said[s] for s in kept if s not in state.said}
    changes = []
    for graph in sorted({graph for graph, _triple in (*gained, *lost)}):
        sides = [
            tuple(sorted((t for g, t in side if g == graph), key=comparing.order))
            for side in (gained, lost)
        ]
        file = next(file for side in (gained, lost) for (g, _t), file in side.items() if g == graph)
        changes.append(Change(graph, file, sides[0], sides[1]))
    return Entry(commit, Comparison(tuple(changes), None, nodes)) if changes else None


def _is_about(content: bytes, iri: str) -> bool:
    """Tell whether a file says anything of a node, or is the graph of that name."""
    return _may_name(content, iri) and statements.has_subject(content, iri)


def _may_name(content: bytes, iri: str) -> bool:
    """Tell without parsing whether a Turtle file may name an IRI, which few files do.

    It may if it has the IRI in full, or the rest of it after a namespace that has a prefix; or if
    it has what makes names hard to recognise: a base, or escapes in names.
    """
    whole = iri.encode()
    # Patterns for one case that begin with plain letters are found many times as fast.
    lower = content.lower()
    namespaces = (content[slice(*found.span(1))] for found in _NAMESPACE.finditer(lower))
    return (
        b"<%b>" % whole in content
        or _BASE.search(lower) is not None
        or (b"\\" in content and _ESCAPE.search(content) is not None)
        or any(
            whole.startswith(namespace) and whole[len(namespace) :] in content
            for namespace in namespaces
        )
    )
