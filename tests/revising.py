"""Datasets under random edits, and the verdict on each, found in the two ways there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import pyoxigraph as ox
from rdflib import OWL, RDF, SH, Graph, Literal, URIRef

from communique import dataset, sources, validation
from communique.dataset import Dataset, SourceGraph
from communique.sources import Kind, Sources
from communique.store import generation
from communique.store.generation import FORMAT, Generation, Manifest
from communique.store.terms import Terms
from communique.validation import Change, Report, Violation, shacl
from communique.validation.change import validate_change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from random import Random

    from rdflib.term import Identifier, Node


Triple = tuple["Identifier", "Identifier", "Identifier"]
_STRANGE: Final = (
    URIRef("https://w3id.org/communique/id/nowhere"),
    Literal("strange"),
    Literal("strange", lang="en"),
    Literal(7),
    Literal(""),
    Literal(0),
)


@dataclass(frozen=True)
class Ground:
    """A sound dataset, and the generation of it that is to be changed.

    Attributes:
        dataset: The dataset.
        base: A generation with the graphs of its files.
    """

    dataset: Dataset
    base: Generation

    @classmethod
    def of(cls, root: Path) -> Ground:
        """Reads a dataset, and makes of it what a change needs of a generation.

        Args:
            root: Its folder.
        """
        return cls._of(dataset.load(sources.discover(root)))

    @classmethod
    def made(cls, data: Graph, shapes: Graph, ontology: Graph) -> Ground:
        """Makes a dataset of graphs, whose files are nowhere.

        Args:
            data: What is validated.
            shapes: The shapes.
            ontology: What constraints see besides.
        """
        graphs = {
            name: SourceGraph(
                name, sources.place(Path(), f"{kind}/made.ttl"), None, triples, _digest(triples)
            )
            for kind, triples in (("ontology", ontology), ("graph", data), ("shapes", shapes))
            for name in (URIRef(f"urn:made:{kind}"),)
        }
        files = Sources(Path(), tuple(graph.file for graph in graphs.values()))
        return cls._of(Dataset(files, graphs))

    @classmethod
    def _of(cls, read: Dataset) -> Ground:
        store, terms = ox.Store(), Terms()
        for graph in read.graphs.values():
            store.bulk_extend(terms.quads(graph.triples, str(graph.name), None))
        entries = {str(graph.name): generation.entry(graph) for graph in read.graphs.values()}
        manifest = Manifest(
            format=FORMAT,
            digest=read.digest,
            versions=sources.versions(),
            default_triples=0,
            quads=len(store),
            propositions=0,
            withdrawn={"retracted": 0, "superseded": 0},
            graphs=entries,
        )
        return cls(read, Generation(read.sources.root, manifest, store))

    @cached_property
    def before(self) -> Report:
        """What there is to find before any edit."""
        return validation.validate(self.dataset)

    @cached_property
    def data(self) -> dict[URIRef, SourceGraph]:
        """The graphs of the files under `graph/`."""
        return {name: g for name, g in self.dataset.graphs.items() if g.file.kind is Kind.GRAPH}


@dataclass(frozen=True)
class Edited:
    """What an edit makes of graphs.

    Attributes:
        graphs: The triples of each graph that is changed; None if it is removed.
        new: Graphs of new files.
    """

    graphs: Mapping[URIRef, frozenset[Triple] | None]
    new: tuple[SourceGraph, ...] = ()


def verdicts(ground: Ground, edited: Edited) -> tuple[Graph, Graph]:
    """Returns what validating the change finds, and what pySHACL finds in everything.

    Args:
        ground: The dataset.
        edited: The edit.
    """
    written = {graph.name: graph for graph in edited.new}
    removed = set()
    for name, triples in edited.graphs.items():
        if triples is None:
            removed.add(str(name))
        else:
            written[name] = replace(ground.dataset.graphs[name], triples=_graph(triples))
    change = Change(
        ground.dataset.sources.root,
        {str(name): graph for name, graph in written.items()},
        frozenset(removed),
    )
    whole = _graph(
        triple
        for name, graph in {**ground.data, **written}.items()
        if str(name) not in removed
        for triple in graph.triples
    )
    shapes, ontology = ground.dataset.shapes, ground.dataset.ontology
    return validate_change(ground.base, change).graph, shacl.run(whole, shapes, background=ontology)


def assert_same(ground: Ground, edited: Edited) -> bool:
    """Fails unless both ways give the same verdict.

    Args:
        ground: The dataset.
        edited: The edit.

    Returns:
        Whether the edit leaves a sound dataset.
    """
    some, whole = map(results, verdicts(ground, edited))
    violations = {one for one in whole if SH.Violation in one}
    assert {one for one in some if SH.Violation in one} == violations
    assert set(some) <= set(whole)
    assert set(whole) - set(results(ground.before.graph)) <= set(some)
    # As often, too: nothing is told twice.
    assert all(some[one] == whole[one] for one in violations)
    return not violations


_TOLD: Final = (
    SH.focusNode,
    SH.resultPath,
    SH.value,
    SH.sourceShape,
    SH.sourceConstraintComponent,
    SH.resultSeverity,
    SH.resultMessage,
)


def results(report: Graph) -> Counter[tuple[Node, ...]]:
    """Returns the results of a report, each as what is said of it, and how often.

    Args:
        report: The report.
    """
    return Counter(
        tuple(value for told in _TOLD for value in sorted(report.objects(result, told), key=str))
        for result in report.objects(None, SH.result)
    )


def findings(report: Report) -> set[Violation]:
    """Returns violations and warnings without their place: what has only moved is nothing new."""
    found = (*report.violations, *report.warnings)
    return {replace(one, file=None, line=None) for one in found}


def _digest(triples: Graph) -> str:
    lines = sorted(" ".join(term.n3() for term in triple) for triple in triples)
    return sha256("\n".join(lines).encode()).hexdigest()


def _graph(triples: Iterable[tuple[Node, Node, Node]]) -> Graph:
    graph = Graph(bind_namespaces="none")
    for triple in triples:
        graph.add(triple)
    return graph


class Editor:
    """Makes random edits of a dataset, of which most break it.

    Args:
        ground: The dataset.
        chance: Decides.
        others: Graphs of further files, which an edit may add.
    """

    def __init__(
        self, ground: Ground, chance: Random, others: tuple[SourceGraph, ...] = ()
    ) -> None:
        self._ground = ground
        self._chance = chance
        self._others = others
        self._base: dict[URIRef, frozenset[Triple]] = {
            name: frozenset(cast("Iterable[Triple]", graph.triples))
            for name, graph in ground.data.items()
        }
        self._all = sorted({(name, t) for name, some in self._base.items() for t in some})
        self._values: dict[Identifier, list[Identifier]] = defaultdict(list)
        for _, (_, predicate, value) in self._all:
            self._values[predicate].append(value)
        self._nodes = sorted({triple[0] for _, triple in self._all})
        terms = ground.dataset.ontology.subjects(RDF.type, OWL.Class)
        self._classes = sorted(term for term in terms if isinstance(term, URIRef))
        kinds = (OWL.ObjectProperty, OWL.DatatypeProperty)
        self._properties = sorted(
            {
                term
                for kind in kinds
                for term in ground.dataset.ontology.subjects(RDF.type, kind)
                if isinstance(term, URIRef)
            }
            | set(cast("Iterable[URIRef]", self._values))
        )
        self._now: dict[URIRef, set[Triple]] = {}
        self._removed: set[URIRef] = set()
        self._new: list[SourceGraph] = []

    @property
    def kinds(self) -> list[Callable[[], None]]:
        """The kinds of edits."""
        return [
            self.drop,
            self.change_value,
            self.borrow_value,
            self.retype,
            self.forget,
            self.swap,
            self.stray,
            self.stray_anywhere,
            self.rename,
            self.move,
            self.repeat,
            self.remove_file,
            self.add_file,
            self.copy_node,
        ]

    def edit(self) -> Edited:
        """Makes an edit of one to three steps."""
        self._now, self._removed, self._new = {}, set(), []
        for _ in range(self._chance.choice((1, 1, 1, 2, 3))):
            self._chance.choice(self.kinds)()
        graphs: dict[URIRef, frozenset[Triple] | None] = {
            name: frozenset(triples) for name, triples in self._now.items()
        }
        return Edited(graphs | dict.fromkeys(self._removed), tuple(self._new))

    def drop(self) -> None:
        """Drops a triple."""
        name, triple = self._any()
        self._graph(name).discard(triple)

    def change_value(self) -> None:
        """Gives a triple a strange value."""
        name, triple = self._any()
        self._replace(name, triple, (triple[0], triple[1], self._chance.choice(_STRANGE)))

    def borrow_value(self) -> None:
        """Gives a triple a value that another triple of the property has."""
        name, triple = self._any()
        value = self._chance.choice(self._values[triple[1]])
        self._replace(name, triple, (triple[0], triple[1], value))

    def retype(self) -> None:
        """Gives a node another class, or a further one."""
        name, triple = self._chance.choice([one for one in self._all if one[1][1] == RDF.type])
        new = (triple[0], RDF.type, self._chance.choice(self._classes))
        if self._chance.random() < 0.5:
            self._graph(name).discard(triple)
        self._graph(name).add(new)

    def forget(self) -> None:
        """Deletes all that is said of a node."""
        node = self._chance.choice(self._nodes)
        for name, triple in self._all:
            if triple[0] == node:
                self._graph(name).discard(triple)

    def swap(self) -> None:
        """Swaps the values of two triples of a property."""
        name, triple = self._any()
        others = [one for one in self._all if one[1][1] == triple[1]]
        place, other = self._chance.choice(others)
        self._replace(name, triple, (triple[0], triple[1], other[2]))
        self._replace(place, other, (other[0], other[1], triple[2]))

    def stray(self) -> None:
        """Adds a triple of a node with a value that is usual for the property."""
        name, triple = self._any()
        predicate = self._chance.choice(self._properties)
        value = self._chance.choice(self._values.get(predicate, list(_STRANGE)))
        self._graph(name).add((triple[0], predicate, value))

    def stray_anywhere(self) -> None:
        """Adds any triple."""
        name, _ = self._any()
        value = self._chance.choice((*self._nodes, *_STRANGE))
        predicate = self._chance.choice(self._properties)
        self._graph(name).add((self._chance.choice(self._nodes), predicate, value))

    def rename(self) -> None:
        """Gives a node another IRI, everywhere or in one graph only."""
        node = self._chance.choice(self._nodes)
        new = URIRef(f"{node}-renamed")
        only = self._any()[0] if self._chance.random() < 0.3 else None
        for name, triple in self._all:
            if node in triple and only in {None, name}:
                subject, predicate, value = (new if term == node else term for term in triple)
                self._replace(name, triple, (subject, predicate, value))

    def move(self) -> None:
        """Moves what is said of a node to another graph."""
        node = self._chance.choice(self._nodes)
        target = self._any()[0]
        for name, triple in self._all:
            if triple[0] == node:
                self._graph(name).discard(triple)
                self._graph(target).add(triple)

    def repeat(self) -> None:
        """Says a triple in another graph too, and drops it from its own at times."""
        name, triple = self._any()
        self._graph(self._any()[0]).add(triple)
        if self._chance.random() < 0.3:
            self._graph(name).discard(triple)

    def remove_file(self) -> None:
        """Removes a file."""
        self._removed.add(self._any()[0])

    def add_file(self) -> None:
        """Adds a file, where there is one to add."""
        if self._others:
            self._new = [self._chance.choice(self._others)]

    def copy_node(self) -> None:
        """Says of a new node what is said of another."""
        node = self._chance.choice(self._nodes)
        for name, triple in self._all:
            if triple[0] == node:
                self._graph(name).add((URIRef(f"{node}-copy"), triple[1], triple[2]))

    def _any(self) -> tuple[URIRef, Triple]:
        return self._chance.choice(self._all)

    def _graph(self, name: URIRef) -> set[Triple]:
        return self._now.setdefault(name, set(self._base[name]))

    def _replace(self, name: URIRef, old: Triple, new: Triple) -> None:
        graph = self._graph(name)
        if old in graph:
            graph.discard(old)
            graph.add(new)
