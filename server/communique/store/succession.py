"""The next generation, made from the one before it and what changes.

The store of the base is copied by second names of its files (hard links), which takes the same few
milliseconds at any size.  What changes is written into the copy; the base stays as it is.

The steps are methods, in the order of their use: the graphs of files, the graphs of propositions,
the facts and what follows from them, and the manifest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique import sources
from communique.namespaces import INFERRED_GRAPH, WITHDRAWN_GRAPH
from communique.reasoning import increments
from communique.reasoning.closure import SCRATCH
from communique.store import generation, withdrawals
from communique.store.changed import Changed, within
from communique.store.engine import Embedded
from communique.store.facts import Facts
from communique.store.memory import Memory
from communique.store.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from communique.claims.propositions import Proposition
    from communique.dataset import SourceGraph
    from communique.reasoning.compiled import Compiled
    from communique.reasoning.rules import Pattern
    from communique.store.generation import Draft, Generation, GraphEntry, Manifest

NEW: Final = increments.ADDED
"""The graph that holds, while contradictions are looked for, what was not known before."""
_TRACE: Final = SCRATCH + "trace"
"""The graph that takes what reasoning infers and takes back."""
_INFERRED: Final = ox.NamedNode(INFERRED_GRAPH)
_DEFAULT: Final = ox.DefaultGraph()


class Succession:
    """The store of the next generation, as it is made.

    Args:
        base: The generation before it.
        begun: Where it is made.

    Attributes:
        store: The store.
        graphs: What the manifest says of the graphs.
        asserted: The facts and axioms that are asserted, or no longer.
        inferred: What is inferred, or no longer.
        known: What is known, in one way or the other, or no longer.
    """

    def __init__(self, base: Generation, begun: Draft) -> None:
        self._base = base
        self._begun = begun
        base.store.backup(str(begun.store))
        self.store = ox.Store(str(begun.store))
        self.graphs: dict[str, GraphEntry] = dict(base.manifest["graphs"])
        self.asserted, self.inferred, self.known = Changed(), Changed(), Changed()
        self._propositions = base.manifest["propositions"]
        self._growth = 0
        self._touched: set[ox.Triple] = set()
        self._facts: Facts | None = None

    def mark_new(self) -> None:
        """Fill :data:`NEW` with what is known and was not."""
        self._fill(NEW, self.known.gained)

    def unmark_new(self) -> None:
        """Remove :data:`NEW`."""
        self.store.remove_graph(ox.NamedNode(NEW))

    @property
    def facts(self) -> Facts:
        """The facts, once the graphs of files are those of the next generation."""
        if self._facts is None:
            raise RuntimeError("the graphs of files come first")
        return self._facts

    def replace(self, removed: Iterable[str], written: Mapping[str, SourceGraph]) -> None:
        """Put the graphs of files in the place of others.

        Args:
            removed: The names of the graphs that there are no longer.
            written: The graphs that are new or others than before, by name.
        """
        for name in removed:
            self._put(name, set())
            del self.graphs[name]
        for name, graph in written.items():
            fresh = Memory()
            fresh.load(graph.triples, name)
            # Read back, because the store does not tell apart what is equal, such as 01 and 1.
            triples = {quad.triple for quad in fresh.store}
            self._put(name, triples)
            self.graphs[name] = generation.entry(graph)
            self.graphs[name]["triples"] = len(triples)
        self._facts = Facts(self.store, self.graphs)

    def propose(self, gone: Iterable[str], found: Iterable[Proposition]) -> None:
        """Put graphs of propositions in the place of others.

        Args:
            gone: The names of propositions that are gone, or may say something else now.
            found: What there is in their place, and what is new.
        """
        terms = Terms()
        wanted = {
            str(one.name): {quad.triple for quad in terms.quads([one.triple], None)}
            for one in found
        }
        for name in {*gone, *wanted}:
            was_there = self.store.contains_named_graph(ox.NamedNode(name))
            self._put(name, wanted.get(name, set()))
            self._propositions += (name in wanted) - was_there

    def claimed(self, triples: Iterable[ox.Triple]) -> set[str]:
        """Return the propositions that have one of the triples for their content.

        Args:
            triples: The triples.
        """
        return {
            quad.graph_name.value
            for triple in triples
            for quad in self.store.quads_for_pattern(
                triple.subject, triple.predicate, triple.object, None
            )
            if isinstance(quad.graph_name, ox.NamedNode)
            and quad.graph_name.value not in self.graphs
        }

    def compare_facts(self) -> None:
        """Find the facts and axioms that are asserted now and were not, or no longer are."""
        graphs = self._base.manifest["graphs"]
        withdrawn = withdrawals.marked(self._base.store, graphs)
        before = Facts(self._base.store, graphs, withdrawn)
        withdrawn = withdrawals.follow(withdrawn, self.store, self.graphs, self._touched)
        self._facts = Facts(self.store, self.graphs, withdrawn)
        self._touched.update(before.doubtful(self.facts))
        for triple in self._touched:
            self.asserted.note(
                triple,
                before=_holds(self._base.store, triple, _DEFAULT)
                and not _holds(self._base.store, triple, _INFERRED),
                after=self.facts.asserts(triple),
            )
        marks = {quad.triple for quad in withdrawals.marks(self.facts.withdrawn)}
        self._put(WITHDRAWN_GRAPH, marks)

    def follow(self, rules: Compiled) -> None:
        """Follow up the facts that are new and those that are gone.

        Args:
            rules: What the ontology was compiled to.
        """
        engine = Embedded(self.store)
        lost = self.asserted.lost
        # What follows from the ontology alone stays known, and is inferred from now on.
        stay = {triple for triple in lost if _pattern(triple) in rules.known}
        self.store.extend(within(_INFERRED, triple) for triple in stay)
        if lost - stay:
            self._fill(increments.REMOVED, lost - stay)
            increments.remove(engine, rules.rules, INFERRED_GRAPH, _TRACE)
        if self.asserted.gained:
            self._fill(increments.ADDED, self.asserted.gained)
            increments.add(engine, rules.rules, INFERRED_GRAPH, _TRACE)
        self._touched |= self._triples(_TRACE)
        self.store.remove_graph(ox.NamedNode(_TRACE))
        for triple in self._touched:
            for graph, changed in ((_DEFAULT, self.known), (_INFERRED, self.inferred)):
                before = _holds(self._base.store, triple, graph)
                changed.note(triple, before=before, after=_holds(self.store, triple, graph))
        self._growth += self.known.growth + self.inferred.growth
        if next(self.store.quads_for_pattern(None, None, None, _INFERRED), None) is None:
            self.store.remove_graph(_INFERRED)  # it would be listed as a graph without triples

    def finish(self, digest: str) -> Manifest:
        """Write the manifest, and close the store.

        Args:
            digest: The digest of the files of the next generation.

        Raises:
            BuildError: It cannot be written.
        """
        base = self._base.manifest
        manifest: Manifest = {
            "format": generation.FORMAT,
            "digest": digest,
            "versions": sources.versions(),
            "default_triples": base["default_triples"] + self.known.growth,
            "quads": base["quads"] + self._growth,
            "propositions": self._propositions,
            "withdrawn": withdrawals.count(self.facts.withdrawn),
            "graphs": dict(self._in_order()),
        }
        self.close()
        self._begun.finish(manifest, self._base.rules)
        return manifest

    def close(self) -> None:
        """Close the store: nothing of this may be used any more."""
        self.store.flush()
        del self.store
        self._facts = None

    def _in_order(self) -> Iterator[tuple[str, GraphEntry]]:
        """Yield what to say of graphs, in the order of building from scratch."""
        files = [item for item in self.graphs.items() if item[1]["file"] is not None]
        kinds = [kind.value for kind in sources.Kind]
        yield from sorted(files, key=lambda item: (kinds.index(item[1]["kind"]), item[1]["file"]))
        for name, entry in generation.generated(self.facts.withdrawn).items():
            if name == INFERRED_GRAPH:
                known = self._base.manifest["graphs"][INFERRED_GRAPH]["triples"]
                entry["triples"] = known + self.inferred.growth
            else:
                entry["triples"] = len(self._triples(name))
            yield name, entry

    def _triples(self, name: str) -> set[ox.Triple]:
        graph = ox.NamedNode(name)
        return {quad.triple for quad in self.store.quads_for_pattern(None, None, None, graph)}

    def _put(self, name: str, triples: set[ox.Triple]) -> None:
        """Let a named graph hold certain triples and no others."""
        graph = ox.NamedNode(name)
        before = self._triples(name)
        gone, new = before - triples, triples - before
        if triples:
            for triple in gone:
                self.store.remove(within(graph, triple))
        else:
            self.store.remove_graph(graph)
        self.store.extend(within(graph, triple) for triple in new)
        self._growth += len(new) - len(gone)
        self._touched |= gone | new

    def _fill(self, name: str, triples: Iterable[ox.Triple]) -> None:
        graph = ox.NamedNode(name)
        self.store.extend(within(graph, triple) for triple in triples)


def _holds(store: ox.Store, triple: ox.Triple, graph: ox.NamedNode | ox.DefaultGraph) -> bool:
    return within(graph, triple) in store


def _pattern(triple: ox.Triple) -> Pattern:
    return str(triple.subject), str(triple.predicate), str(triple.object)
