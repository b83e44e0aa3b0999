"""What the editors have retracted or superseded, and which triples count as facts.

An editorial decision is about an article or a claim.  Its matter is withdrawn: it stays in the
named graphs of its files, where history looks for it, and leaves the default graph and reasoning.

- Of an article nothing that its file says counts, and all that the file alone describes is gone.
- A claim goes with what is there for it alone: its propositions, delegations, reports, hedges, and
  what it alone presupposes.
- No fact refers to what is gone.
- The decision itself counts as fact, although it stands in the editorial layer: that something was
  withdrawn, when, why and by whom, can be asked for without naming a graph.

Nothing here knows where the triples are kept: terms are IRIs as plain strings.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from communique.namespaces import CMQ, LAYER, RDF

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

RETRACTS: Final = CMQ + "retracts"
REPLACES: Final = CMQ + "replaces"
WITHDRAWN_BY: Final = CMQ + "withdrawnBy"
"""Marks, in a graph that is generated, what does not count as fact."""

_TYPE: Final = RDF + "type"
_ARTICLE: Final = CMQ + "Article"
_OWNS: Final = tuple(CMQ + name for name in ("content", "delegation"))
"""From a statement to what is there for it alone."""
_BELONGS: Final = tuple(CMQ + name for name in ("reports", "hedges", "presupposedBy"))
"""From what is there for a statement alone to that statement."""


class Written(Protocol):
    """What is written under ``graph/``, before anything is withdrawn.

    All but the decisions is of the fact layers only.
    """

    def decisions(self, predicate: str) -> Iterable[tuple[str, str]]:
        """Return who decides on what, whatever the layer.

        Args:
            predicate: :data:`RETRACTS` or :data:`REPLACES`.
        """
        ...

    def values(self, subject: str, predicate: str) -> Iterable[str]:
        """Return the IRIs that are values of a property of a node.

        Args:
            subject: The node.
            predicate: The property.
        """
        ...

    def subjects(self, predicate: str, value: str) -> Iterable[str]:
        """Return the nodes of which a property has a value.

        Args:
            predicate: The property.
            value: The value.
        """
        ...

    def homes(self, node: str) -> Iterable[str]:
        """Return the graphs that give a node a class.

        Args:
            node: The node.
        """
        ...

    def described(self, graph: str) -> Iterable[str]:
        """Return the nodes to which a graph gives a class.

        Args:
            graph: The name of the graph.
        """
        ...


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What does not count as fact, by which decisions.

    Attributes:
        retracted: The articles and claims that are retracted, with the decisions on them.
        superseded: Those in whose place a newer version stands, with the decisions on them.
        graphs: The graphs of which nothing counts as fact.
        nodes: The nodes that are gone, with the decisions that take them out.
        decisions: The decisions, which count as facts themselves.
    """

    retracted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    superseded: Mapping[str, frozenset[str]] = field(default_factory=dict)
    graphs: frozenset[str] = frozenset()
    nodes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    decisions: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Say whether there are any decisions."""
        return bool(self.decisions)

    def is_fact(self, graph: str, *, accepted: bool, subject: str, value: str | None) -> bool:
        """Say whether a triple under ``graph/`` counts as fact.

        Args:
            graph: The name of the graph it is written in.
            accepted: Whether that graph's layer is one of facts.
            subject: Its subject.
            value: Its object; None if that is a literal.
        """
        if subject in self.decisions:
            return True
        return (
            accepted
            and graph not in self.graphs
            and subject not in self.nodes
            and value not in self.nodes
        )

    def marks(self) -> Iterator[tuple[str, str]]:
        """Yield each node that is gone with each decision that takes it out, in order."""
        for node in sorted(self.nodes):
            for decision in sorted(self.nodes[node]):
                yield node, decision

    def differs(self, other: Withdrawn) -> tuple[frozenset[str], frozenset[str]]:
        """Say where two states differ in what counts as fact.

        Args:
            other: The other state.

        Returns:
            The graphs, and the nodes (decisions among them), whose triples have to be looked at.
        """
        nodes = self.nodes.keys() ^ other.nodes.keys()
        return self.graphs ^ other.graphs, frozenset(nodes | (self.decisions ^ other.decisions))


def find(written: Written) -> Withdrawn:
    """Find what is withdrawn.

    Args:
        written: What is written under ``graph/``.
    """
    made = {predicate: _by_target(written, predicate) for predicate in (RETRACTS, REPLACES)}
    on: dict[str, set[str]] = defaultdict(set)
    for targets in made.values():
        for target, decisions in targets.items():
            on[target] |= decisions
    if not on:
        return Withdrawn()
    graphs, nodes = _articles(written, on)
    for target, decisions in on.items():
        nodes[target] |= decisions
    _take_along(written, nodes)
    return Withdrawn(
        retracted=_frozen(made[RETRACTS]),
        superseded=_frozen(made[REPLACES]),
        graphs=frozenset(graphs),
        nodes=_frozen(nodes),
        decisions=frozenset().union(*on.values()),
    )


def known(written: Written, nodes: Mapping[str, set[str]]) -> Withdrawn:
    """Return what is withdrawn, of which the nodes that are gone are known already.

    Args:
        written: What is written under ``graph/``.
        nodes: The nodes that are gone, with the decisions that take them out.
    """
    retracted, superseded = (_by_target(written, each) for each in (RETRACTS, REPLACES))
    targets = retracted.keys() | superseded.keys()
    homes = (written.homes(target) for target in targets if _is_article(written, target))
    return Withdrawn(
        retracted=_frozen(retracted),
        superseded=_frozen(superseded),
        graphs=frozenset(graph for graphs in homes for graph in graphs),
        nodes=_frozen(nodes),
        decisions=frozenset().union(*retracted.values(), *superseded.values()),
    )


def concerns(before: Withdrawn, written: Written, triple: tuple[str, str, str]) -> bool:
    """Say whether a triple that has come or gone may change what is withdrawn.

    Args:
        before: What was withdrawn before.
        written: What is written after the change.
        triple: Its subject, predicate and object; what is no IRI is empty.
    """
    subject, predicate, value = triple
    if predicate in {RETRACTS, REPLACES}:
        return True
    if not before:
        return False
    if predicate == LAYER or subject in before.nodes or value in before.nodes:
        return True
    if (
        predicate == _TYPE and subject
    ):  # an article's graph alone may describe it, or no longer alone
        return any(graph in before.graphs for graph in written.homes(subject))
    if predicate in {*_OWNS, *_BELONGS}:  # it may have lost the last owner that is not gone
        part = value if predicate in _OWNS else subject
        return bool(part) and any(owner in before.nodes for owner in _owners(written, part))
    return False


def _by_target(written: Written, predicate: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for decision, target in written.decisions(predicate):
        found[target].add(decision)
    return found


def _articles(
    written: Written, on: Mapping[str, set[str]]
) -> tuple[set[str], defaultdict[str, set[str]]]:
    """Find the graphs of articles that are withdrawn, and what these graphs alone describe."""
    homes: dict[str, set[str]] = defaultdict(set)
    for target, decisions in on.items():
        if _is_article(written, target):
            for graph in written.homes(target):
                homes[graph] |= decisions
    nodes: defaultdict[str, set[str]] = defaultdict(set)
    for graph, decisions in homes.items():
        for node in written.described(graph):
            if all(home in homes for home in written.homes(node)):
                nodes[node] |= decisions
    return set(homes), nodes


def _is_article(written: Written, node: str) -> bool:
    return _ARTICLE in written.values(node, _TYPE)


def _take_along(written: Written, nodes: defaultdict[str, set[str]]) -> None:
    """Add what is there for what is gone, and for nothing else."""
    waiting = list(nodes)
    while waiting:
        gone = waiting.pop()
        for part in _parts(written, gone):
            owners = set(_owners(written, part))
            if part not in nodes and owners <= nodes.keys():
                for owner in owners:
                    nodes[part] |= nodes[owner]
                waiting.append(part)


def _parts(written: Written, node: str) -> Iterator[str]:
    for predicate in _OWNS:
        yield from written.values(node, predicate)
    for predicate in _BELONGS:
        yield from written.subjects(predicate, node)


def _owners(written: Written, part: str) -> Iterator[str]:
    for predicate in _OWNS:
        yield from written.subjects(predicate, part)
    for predicate in _BELONGS:
        yield from written.values(part, predicate)


def _frozen(sets: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(members) for name, members in sorted(sets.items())}
