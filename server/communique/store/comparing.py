"""What one generation says and another does not: by triples, not by lines.

Blank nodes are compared by what is said of them, not by their labels: each is named by a digest of
its own statements, so that a node which stays as it is stays out of the comparison.  Where this
does not tell two graphs apart, their canonical forms do (RDFC-1.0), so that nothing differs exactly
where the graphs are isomorphic (RDF 1.1 Concepts, section 3.6).

The default graph and the graphs of propositions are not compared: they follow from the others.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import pyoxigraph as ox

from communique.namespaces import INFERRED_GRAPH, RDF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from communique.store.generation import Generation

Triple = tuple[str, str, str]
"""A triple as N-Triples writes its terms; a blank node has a name made from what is said of it."""
Nodes = dict[str, tuple[tuple[str, str], ...]]
"""What is said of each blank node, by its name."""
Content = dict[str, list[tuple[str, str]]]
"""What is said of blank nodes: predicates and objects by label."""

_TYPE = f"<{RDF}type>"


@dataclass(frozen=True, slots=True)
class Change:
    """How a graph differs.

    Attributes:
        graph: Its IRI.
        file: The file it is from, relative to the dataset's folder; None if it is inferred.
        gained: The triples that only the second generation has.
        lost: The triples that only the first one has.
    """

    graph: str
    file: str | None
    gained: tuple[Triple, ...]
    lost: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two generations differ.

    Attributes:
        graphs: The graphs of files that differ, in order.
        inferences: How what was inferred differs; None if it does not, or was not compared.
        nodes: What is said of each blank node by the name it has in the changes.
    """

    graphs: tuple[Change, ...]
    inferences: Change | None
    nodes: Nodes

    @property
    def is_equal(self) -> bool:
        """Whether there is no difference."""
        return not self.graphs and self.inferences is None


def compare(old: Generation, new: Generation, *, inferred: bool = True) -> Comparison:
    """Compare two generations.

    Args:
        old: The first.
        new: The second.
        inferred: Whether to compare what was inferred.
    """
    files = {
        name: entry["file"]
        for generation in (old, new)
        for name, entry in generation.manifest["graphs"].items()
        if entry["file"] is not None
    }
    contents = [_contents(generation, files) for generation in (old, new)]
    names, nodes = name_nodes(contents)
    changes = {
        graph: change
        for graph in (*sorted(files), *([INFERRED_GRAPH] if inferred else []))
        if (change := _compare(graph, files.get(graph), (old, new), names)) is not None
    }
    inferences = changes.pop(INFERRED_GRAPH, None)
    return Comparison(tuple(changes.values()), inferences, nodes)


def order(triple: Triple) -> tuple[str, bool, str, str]:
    """Sort triples by subject, its types first.

    Args:
        triple: A triple.
    """
    subject, predicate, value = triple
    return subject, predicate != _TYPE, predicate, value


def _quads(generation: Generation, graph: str) -> list[ox.Triple]:
    pattern = generation.store.quads_for_pattern(None, None, None, ox.NamedNode(graph))
    return [quad.triple for quad in pattern]


def _contents(generation: Generation, graphs: Iterable[str]) -> Content:
    """Return what the files say of blank nodes."""
    found: Content = {}
    for graph in graphs:
        for triple in _quads(generation, graph):
            for term in (triple.subject, triple.object):
                if isinstance(term, ox.BlankNode):
                    found.setdefault(str(term), [])
            if isinstance(triple.subject, ox.BlankNode):
                found[str(triple.subject)].append((str(triple.predicate), str(triple.object)))
    return found


def name_nodes(contents: Sequence[Content]) -> tuple[list[dict[str, str]], Nodes]:
    """Name the blank nodes of several generations, or files, by what is said of them.

    A node's name follows from its statements and the names of the nodes they lead to.  Where these
    lead in a circle, the names are refined in rounds, all alike in all generations.

    Args:
        contents: What is said of blank nodes in each.

    Returns:
        For each generation the names by label; and what is said of each node by its name.
    """
    names: list[dict[str, str]] = [{} for _ in contents]
    for content, known in zip(contents, names, strict=True):
        _name_trees(content, known)
    rest = [
        {label: said for label, said in content.items() if label not in known}
        for content, known in zip(contents, names, strict=True)
    ]
    classes = 0
    for content, known in zip(rest, names, strict=True):
        known.update(dict.fromkeys(content, "_:circle"))
    while any(rest):
        for index, content in enumerate(rest):
            known = names[index]
            names[index] = known | {
                label: _digest(said, known.__getitem__) for label, said in content.items()
            }
        found = len(
            {names[index][label] for index, content in enumerate(rest) for label in content}
        )
        if found == classes:
            break
        classes = found
    nodes = {
        known[label]: tuple(sorted((p, known.get(o, o)) for p, o in said))
        for content, known in zip(contents, names, strict=True)
        for label, said in content.items()
    }
    return names, nodes


def _name_trees(content: Content, known: dict[str, str]) -> None:
    """Name the nodes from which no circle is reached, the innermost first."""
    parents: dict[str, list[str]] = {}
    missing: dict[str, int] = {}
    for label, said in content.items():
        below = [value for _predicate, value in said if value in content]
        missing[label] = len(below)
        for value in below:
            parents.setdefault(value, []).append(label)
    ready = [label for label, count in missing.items() if count == 0]
    while ready:
        label = ready.pop()
        known[label] = _digest(content[label], known.__getitem__)
        for parent in parents.get(label, ()):
            missing[parent] -= 1
            if missing[parent] == 0:
                ready.append(parent)


def _digest(said: Iterable[tuple[str, str]], name: Callable[[str], str]) -> str:
    lines = sorted(f"{p} {name(o) if o.startswith('_:') else o}\n" for p, o in said)
    return f"_:b{sha256(''.join(lines).encode()).hexdigest()[:16]}"


def _compare(
    graph: str,
    file: str | None,
    generations: tuple[Generation, Generation],
    names: Sequence[Mapping[str, str]],
) -> Change | None:
    """Compare a graph in two generations; None if it is the same."""
    old, new = (_quads(generation, graph) for generation in generations)
    if set(old) == set(new):
        return None
    before, after = (
        Counter(_rename(triple, known) for triple in triples)
        for triples, known in zip((old, new), names, strict=True)
    )
    gained, lost = after - before, before - after
    if not gained and not lost:
        before, after = Counter(_canonical(old)), Counter(_canonical(new))
        gained, lost = after - before, before - after
        if not gained and not lost:
            return None
    return Change(
        graph,
        file,
        tuple(sorted(gained.elements(), key=order)),
        tuple(sorted(lost.elements(), key=order)),
    )


def _rename(triple: ox.Triple, names: Mapping[str, str]) -> Triple:
    subject, value = str(triple.subject), str(triple.object)
    return names.get(subject, subject), str(triple.predicate), names.get(value, value)


def _canonical(triples: Iterable[ox.Triple]) -> list[Triple]:
    """Return a graph with canonical names for its blank nodes."""
    dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return [(str(q.subject), str(q.predicate), str(q.object)) for q in dataset]
