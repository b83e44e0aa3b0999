"""Measures what it costs to add an article to a closed corpus, and to take one out again.

The store is on disk, and every change is flushed to it before the clock stops.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from benchmarks import corpus
from benchmarks.synthetic import entities
from benchmarks.workers.ours import FACTS, ontology
from communique.namespaces import INFERRED_GRAPH
from communique.reasoning import close, close_schema
from communique.reasoning.increments import ADDED, REMOVED, add, remove
from communique.store.engine import Embedded
from communique.store.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.synthetic.article import Article
    from benchmarks.synthetic.sheet import Sheet
    from communique.reasoning.rules import Rule

_INFERRED: Final = ox.NamedNode(INFERRED_GRAPH)
_ADDED: Final = ox.NamedNode(ADDED)
_REMOVED: Final = ox.NamedNode(REMOVED)
_DEFAULT: Final = ox.DefaultGraph()


@dataclass(frozen=True)
class Corpus:
    """A closed corpus in a store.

    Attributes:
        store: The store: each article a named graph, all that is known in the default graph.
        rules: The rules that it was closed under.
    """

    store: ox.Store
    rules: Sequence[Rule]

    def add(self, sheet: Sheet) -> None:
        """Add an article, and what follows from it."""
        text = sheet.nquads().encode()
        quads = [
            ox.Quad(quad.subject, quad.predicate, quad.object, graph)
            for quad in ox.parse(text, format=ox.RdfFormat.N_QUADS)
            for graph in (quad.graph_name, _ADDED)
        ]
        self.store.extend(quads)
        add(Embedded(self.store), self.rules, INFERRED_GRAPH)
        self.store.flush()

    def remove(self, sheet: Sheet) -> None:
        """Take an article out, and what followed from it alone."""
        graph = ox.NamedNode(sheet.iri)
        quads = list(self.store.quads_for_pattern(None, None, None, graph))
        self.store.remove_graph(graph)
        self.store.extend(
            ox.Quad(quad.subject, quad.predicate, quad.object, _REMOVED)
            for quad in quads
            if self._alone(quad)
        )
        remove(Embedded(self.store), self.rules, INFERRED_GRAPH)
        self.store.flush()

    def digest(self) -> tuple[int, int]:
        """Return the number of inferred triples, and a sum of digests that order cannot change."""
        count = total = 0
        for quad in self.store.quads_for_pattern(None, None, None, _INFERRED):
            count += 1
            digest = hashlib.sha256(str(quad.triple).encode()).digest()
            total = (total + int.from_bytes(digest[:8])) % 2**64
        return count, total

    def _alone(self, quad: ox.Quad) -> bool:
        """Tell whether no graph asserts a triple any more."""
        found = self.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        return all(one.graph_name in {_DEFAULT, _INFERRED, _REMOVED} for one in found)


def build(articles: int, spare: int, seed: int, folder: Path) -> tuple[Corpus, float]:
    """Write a corpus into a store and close it.

    Args:
        articles: How many articles it has.
        spare: How many more its entities suffice for.
        seed: What decides all choices.
        folder: Where to write.

    Returns:
        The corpus, and how many seconds the closure took.
    """
    axioms = ontology()
    schema = close_schema(axioms)
    quads = folder / "corpus.nq"
    with quads.open("w", encoding="utf-8") as file:
        for sheet in entities.sheets(articles + spare, seed, corpus.SHORT):
            file.write(sheet.nquads())
        for one in corpus.articles(articles, seed):
            file.write(one.sheet.nquads())
    engine = Memory()
    facts = ox.NamedNode(FACTS)
    with quads.open("rb") as source:
        engine.store.bulk_extend(
            ox.Quad(quad.subject, quad.predicate, quad.object, facts)
            for quad in ox.parse(source, format=ox.RdfFormat.N_QUADS)
        )
    engine.load(axioms, FACTS)
    start = time.perf_counter()
    close(engine, schema, FACTS, INFERRED_GRAPH)
    seconds = time.perf_counter() - start
    store = ox.Store(folder / "store")
    store.bulk_load(path=quads, format=ox.RdfFormat.N_QUADS)
    for name in (facts, _INFERRED):
        path = folder / "triples.nt"
        engine.store.dump(path, ox.RdfFormat.N_TRIPLES, from_graph=name)
        store.bulk_load(path=path, format=ox.RdfFormat.N_TRIPLES)
    store.bulk_load(path=path, format=ox.RdfFormat.N_TRIPLES, to_graph=_INFERRED)
    store.optimize()
    return Corpus(store, schema.rules), seconds


def main() -> None:
    """Add and remove articles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=int)
    parser.add_argument("changes", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    # The store still writes in the background when it is let go.
    with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as folder:
        made, closing = build(given.articles, given.changes, given.seed, Path(folder))
        before = made.digest()
        new = [one.sheet for one in _articles(given.articles, given.changes, given.seed)]
        old = []
        for number in Random(given.seed).sample(range(given.articles), given.changes):
            old += [one.sheet for one in _articles(number, 1, given.seed)]
        seconds = {
            "add a new one": _times(made.add, new),
            "remove it again": _times(made.remove, new),
            "remove an old one": _times(made.remove, old),
            "add it again": _times(made.add, old),
        }
        result = {
            "seconds": {"close": closing}
            | {
                name: statistics.median(wall for wall, _ in times)
                for name, times in seconds.items()
            },
            "processor": {
                name: statistics.median(cpu for _, cpu in times) for name, times in seconds.items()
            },
            "worst": {name: max(times)[0] for name, times in seconds.items()},
            "inferred": before[0],
            "same": made.digest() == before,
        }
    sys.stdout.write(json.dumps(result) + "\n")


def _articles(first: int, count: int, seed: int) -> list[Article]:
    return list(corpus.articles(count, seed, first=first))


def _times(change: Callable[[Sheet], None], sheets: Sequence[Sheet]) -> list[tuple[float, float]]:
    """Make changes, and return for each the seconds that passed and those of the processor."""
    times = []
    for sheet in sheets:
        wall, cpu = time.perf_counter(), time.process_time()
        change(sheet)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return times


if __name__ == "__main__":
    main()
