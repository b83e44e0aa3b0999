"""Measures our own closure."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique import dataset, sources
from communique.namespaces import INFERRED_GRAPH
from communique.reasoning import close, close_schema, contradictions
from communique.store.memory import Memory

if TYPE_CHECKING:
    from rdflib import Graph

FACTS: Final = "urn:benchmark:facts"


class Clock:
    """Times phases, one after another."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._start = time.perf_counter()

    def lap(self, phase: str) -> None:
        """Note how long a phase took that ends now."""
        now = time.perf_counter()
        self.seconds[phase] = now - self._start
        self._start = now


def ontology() -> Graph:
    """Read the bundled ontology."""
    files = sources.discover(sources.bundled_root())
    chosen = tuple(file for file in files.files if file.kind is sources.Kind.ONTOLOGY)
    return dataset.load(sources.Sources(files.root, chosen)).ontology


def main() -> None:
    """Close the facts of a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    clock = Clock()
    axioms = ontology()
    clock.lap("read the ontology")
    engine = Memory()
    engine.store.bulk_load(
        path=given.facts, format=ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode(FACTS)
    )
    clock.lap("load")
    schema = close_schema(axioms)
    clock.lap("compile the ontology")
    rounds = close(engine, schema, FACTS, INFERRED_GRAPH)
    clock.lap("close")
    found = list(contradictions(engine, schema.rules, (FACTS, INFERRED_GRAPH)))
    clock.lap("check consistency")
    inferred = ox.NamedNode(INFERRED_GRAPH)
    if given.out:
        with given.out.open("wb") as file:
            for name in (FACTS, INFERRED_GRAPH):
                engine.store.dump(file, ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(name))
    asserted = sum(1 for _ in engine.store.quads_for_pattern(None, None, None, ox.NamedNode(FACTS)))
    known = sum(1 for _ in engine.store.quads_for_pattern(None, None, None, inferred))
    result = {
        "seconds": clock.seconds,
        "asserted": asserted,
        "total": asserted + known,
        "contradictions": len(found),
        "rounds": [[one.found, round(one.seconds, 3)] for one in rounds],
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
