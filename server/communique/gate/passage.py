"""The stages of the gate for a change of files under ``graph/``.

They are those for a whole dataset, in the same order, and they raise the same faults.  Each looks
at what is new and at what the change takes away, as far as that can make a difference:

- A file is read if it is new or rewritten.  A header can also clash with that of a file that stays.
- Shapes are held against the nodes whose verdict can change (:mod:`communique.validation.change`).
- The content of a claim leaks if the claim is new, or if the fact is.
- What follows is kept up to date (:mod:`communique.reasoning.increments`).
- A contradiction has a triple among its premises that was not known before
  (:func:`communique.reasoning.consistency.new_contradictions`).
- Shapes for what follows are held against the nodes whose verdict what is known can change
  (:mod:`communique.validation.following`).
"""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox
from rdflib import RDF, Graph, URIRef

from communique import dataset as datasets
from communique import sources
from communique.claims import propositions as claims
from communique.errors import DataError, UnusableSources, ValidationFailed
from communique.gate import whole
from communique.namespaces import INFERRED_GRAPH
from communique.reasoning import compiled
from communique.reasoning.consistency import new_contradictions
from communique.store import generation, terms
from communique.store.engine import Embedded
from communique.store.succession import NEW, Succession
from communique.store.terms import Contents, Terms
from communique.validation import following
from communique.validation.change import Change, validate_change

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rdflib.term import Identifier, Node

    from communique.dataset import Place, SourceGraph
    from communique.gate.findings import Clock
    from communique.reasoning.compiled import Compiled
    from communique.sources import SourceFile
    from communique.store.changed import Changed
    from communique.store.generation import Draft, Generation, GraphEntry
    from communique.validation import Report
    from communique.validation.change import Revision

_COMPILED: dict[tuple[str | None, ...], Compiled] = {}
"""What the ontology was compiled to, by the digests of its files; the latest only."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A change whose files can be read and that the shapes accept.

    Attributes:
        base: The generation that is changed.
        change: The change.
        revision: Knows the dataset before and after it.
        digest: The digest of the files as they will be.
        report: What the shapes found in what it affects; warnings only.
    """

    base: Generation
    change: Change
    revision: Revision
    digest: str
    report: Report


@contextmanager
def examine(
    base: Generation, root: Path, changed: Sequence[SourceFile], clock: Clock
) -> Iterator[Examined]:
    """Read the files that change, and hold what they affect against the shapes.

    What is lent keeps the base open only as long as it is lent.

    Args:
        base: The generation that is changed.
        root: The dataset's folder.
        changed: The files that change, with their new content, in order; those that are removed
            have none.
        clock: Is told of each stage.

    Raises:
        DataError: The first stage that finds violations raises them.
    """
    with clock.stage("read") as detail:
        change = _read(base, root, changed)
        size = sum(len(graph.triples) for graph in change.written.values())
        detail += [f"{len(changed)} files", f"{size:,} triples"]
    with ExitStack() as resources:
        with clock.stage("shapes") as detail:
            verdict = resources.enter_context(closing(validate_change(base, change)))
            report = verdict.report
            detail.append(f"{len(report.violations)} violations")
            detail.append(f"{len(report.warnings)} warnings")
            if not report.passed:
                raise ValidationFailed(report)
        names = {file.name for file in changed}
        digests = {
            entry["file"]: entry["sha256"]
            for entry in base.manifest["graphs"].values()
            if entry["file"] not in names
        } | {graph.file.name: graph.sha256 for graph in change.written.values()}
        digest = sources.digest_of(
            (name, sha256) for name, sha256 in digests.items() if name and sha256
        )
        yield Examined(base, change, verdict.revision, digest, report)


@dataclass(frozen=True, slots=True)
class Derived:
    """What comes of a change.

    Attributes:
        asserted: The facts and axioms that files assert, or no longer.
        inferred: Those that follow, or no longer.
        report: What all shapes found; warnings only.
    """

    asserted: Changed
    inferred: Changed
    report: Report


def derive(examined: Examined, begun: Draft, clock: Clock) -> Derived:
    """Go through the other stages, and write the next generation.

    Args:
        examined: The change.
        begun: Where to write.
        clock: Is told of each stage.

    Raises:
        DataError: The first stage that finds violations raises them.
        BuildError: The generation cannot be written.
    """
    with generation.writing(begun.place.parent):
        return _derive(examined, begun, clock)


def _derive(examined: Examined, begun: Draft, clock: Clock) -> Derived:
    base = examined.base
    made = Succession(base, begun)
    with clock.stage("claims") as detail:
        made.replace(examined.change.removed, examined.change.written)
        after = _After(examined.revision, made.graphs)
        nodes = _described(examined)
        found = claims.propositions(after, nodes)
        made.propose(_proposed(base, nodes), found)
        made.compare_facts()
        asked = _asked(after, found, made.claimed(made.asserted.gained))
        claims.check_leaks(after, asked, _Asserted(made.facts.asserts))
        detail += [f"{len(found)} propositions", "none asserted"]
    with clock.stage("reasoning") as detail:
        rules = _rules(base)
        made.follow(rules)
        detail.append(f"{len(made.inferred.gained):,} triples inferred")
        detail.append(f"{len(made.inferred.lost):,} no longer")
        made.mark_new()
        engine = Embedded(made.store)
        contradictions = list(new_contradictions(engine, rules.rules, NEW))
        made.unmark_new()
        if contradictions:
            raise whole.inconsistency(after, contradictions, engine, rules)
    with clock.stage("claims after reasoning") as detail:
        asked = _asked(after, found, made.claimed(made.inferred.gained))
        inferred = Contents(made.store, ox.NamedNode(INFERRED_GRAPH))
        claims.check_leaks(after, asked, inferred, inferred=True)
        detail.append("none inferred")
    with clock.stage("store") as detail:
        del engine, inferred
        manifest = made.finish(examined.digest)
        detail.append(f"{manifest['quads']:,} quads")
    with clock.stage("shapes after reasoning") as detail:
        report = _validate_known(base, begun, made.known, after)
        detail.append(f"{len(report.violations)} violations")
        if not report.passed:
            raise ValidationFailed(report)
    return Derived(made.asserted, made.inferred, examined.report.with_warnings(report))


def _validate_known(base: Generation, begun: Draft, known: Changed, after: _After) -> Report:
    """Hold what is known now and was not, or no longer, against the shapes for what follows."""
    shapes = Graph(bind_namespaces="none")
    for name, entry in base.manifest["graphs"].items():
        if entry["file"] == datasets.INFERENCE_SHAPES:
            shapes = terms.graph(base.store, name)
    # As others will see it, because what validates may keep a store open for longer than is good.
    stores = (base.store, ox.Store.read_only(str(begun.store)))
    return following.validate_known_change(stores, known.lost, known.gained, shapes, after)


def _read(base: Generation, root: Path, changed: Sequence[SourceFile]) -> Change:
    """Read the files that are new or rewritten.

    Raises:
        UnusableSources: Files are not Turtle, or have no usable header.  Every fault is listed.
    """
    entries = base.manifest["graphs"]
    names = {file.name for file in changed}
    before = {name for name, entry in entries.items() if entry["file"] in names}
    faults: list[tuple[SourceFile, DataError]] = []
    claimed: dict[URIRef, list[SourceGraph]] = {}
    for file in changed:
        if file.content is not None:
            try:
                graph = datasets.read(file)
            except DataError as fault:
                faults.append((file, fault))
            else:
                claimed.setdefault(graph.name, []).append(graph)
    for name, graphs in claimed.items():
        other = entries.get(str(name))
        if other is not None and other["file"] is not None and other["file"] not in names:
            graphs.append(datasets.read(sources.place(root, other["file"])))
        first, *others = sorted(graphs, key=lambda graph: sources.order(graph.file))
        faults += [(second.file, datasets.duplicate(second, first)) for second in others]
    if faults:
        faults.sort(key=lambda found: sources.order(found[0]))
        raise UnusableSources([fault for _, fault in faults])
    written = {str(name): graph for name, [graph] in claimed.items()}
    return Change(root, written, frozenset(before - written.keys()))


def _described(examined: Examined) -> set[Node]:
    """Return the nodes that may be propositions other than before, or no longer or now are."""
    known = examined.base.manifest["graphs"]
    nodes: set[Node] = {URIRef(name) for name in examined.change.written if name not in known}
    for triples in examined.revision.difference:
        for subject, predicate, value in triples:
            if predicate in claims.PARTS or (predicate, value) == (RDF.type, claims.PROPOSITION):
                nodes.add(subject)
    return nodes


def _proposed(base: Generation, nodes: Iterable[Node]) -> set[str]:
    """Return those of the nodes that are propositions in a generation."""
    return {
        str(node)
        for node in nodes
        if isinstance(node, URIRef)
        and str(node) not in base.manifest["graphs"]
        and base.store.contains_named_graph(ox.NamedNode(node))
    }


def _asked(
    after: _After, found: Collection[claims.Proposition], others: Iterable[str]
) -> list[claims.Proposition]:
    """Return propositions and others that have a name, in order of name."""
    known = {str(proposition.name) for proposition in found}
    rest = claims.propositions(after, {URIRef(name) for name in others if name not in known})
    return sorted((*found, *rest), key=lambda proposition: str(proposition.name))


def _rules(base: Generation) -> Compiled:
    """Return what the ontology of a generation was compiled to."""
    entries = base.manifest["graphs"].values()
    key = tuple(entry["sha256"] for entry in entries if entry["kind"] == sources.Kind.ONTOLOGY)
    if key not in _COMPILED:
        _COMPILED.clear()
        _COMPILED[key] = compiled.load(base.rules.read_text(encoding="utf-8"))
    return _COMPILED[key]


class _After:
    """A dataset after a change, as the parts of the gate ask it.

    Args:
        revision: The dataset before and after the change.
        graphs: The graphs after it.
    """

    def __init__(self, revision: Revision, graphs: Mapping[str, GraphEntry]) -> None:
        self._revision = revision
        self.graphs = _Names(graphs)

    @property
    def explicit(self) -> Graph:
        """What is written under ``graph/``, of every layer."""
        return self._revision.explicit

    @property
    def ontology(self) -> Graph:
        """What is written under ``ontology/``."""
        return self._revision.ontology

    def locate(
        self, node: Identifier, predicate: Identifier | None = None, value: Identifier | None = None
    ) -> Place | None:
        """Find where something is written.

        Args:
            node: The node it is about.
            predicate: The property, where one matters.
            value: The value, where one matters.
        """
        return self._revision.locate(node, predicate, value)


class _Names:
    """The names of the graphs of files.

    Args:
        graphs: What the manifest says of the graphs.
    """

    def __init__(self, graphs: Mapping[str, GraphEntry]) -> None:
        self._graphs = graphs

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a file whose graph has a name."""
        entry = self._graphs.get(str(name))
        return entry is not None and entry["file"] is not None


class _Asserted:
    """The facts that are asserted, by rdflib's terms.

    Args:
        asserts: Tells whether a triple is asserted.
    """

    def __init__(self, asserts: Callable[[ox.Triple], bool]) -> None:
        self._asserts = asserts
        self._terms = Terms()

    def __contains__(self, triple: claims.Triple) -> bool:
        """Tell whether a triple is asserted."""
        [quad] = self._terms.quads([triple], None)
        return self._asserts(quad.triple)
