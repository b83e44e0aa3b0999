"""Measures how long it takes to find the shortest proof of an inferred triple."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from random import Random
from typing import Final

import pyoxigraph as ox

from benchmarks.workers.ours import FACTS, ontology
from communique import dataset, sources
from communique.namespaces import INFERRED_GRAPH
from communique.reasoning import close, close_schema
from communique.reasoning.proofs import Prover
from communique.store.memory import Memory

_INFERRED: Final = ox.NamedNode(INFERRED_GRAPH)


def main() -> None:
    """Prove inferred triples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=Path, nargs="?", help="the bundled data if none is given")
    parser.add_argument("--sample", type=int, default=0, help="how many triples; all if 0")
    given = parser.parse_args()
    engine = Memory()
    axioms = ontology()
    if given.facts:
        path, place = given.facts, ox.NamedNode(FACTS)
        engine.store.bulk_load(path=path, format=ox.RdfFormat.N_TRIPLES, to_graph=place)
    else:
        bundled = dataset.load(sources.discover(sources.bundled_root()))
        engine.load(bundled.facts + axioms, FACTS)
    schema = close_schema(axioms)
    close(engine, schema, FACTS, INFERRED_GRAPH)
    for name in (FACTS, INFERRED_GRAPH):
        engine.update(f"ADD GRAPH <{name}> TO DEFAULT")
    engine.update(f"DROP GRAPH <{FACTS}>")
    prover = Prover(engine, schema.steps, INFERRED_GRAPH)
    found = engine.store.quads_for_pattern(None, None, None, _INFERRED)
    inferred = sorted(
        (str(quad.subject), str(quad.predicate), str(quad.object))
        for quad in found
        if not isinstance(quad.subject, ox.BlankNode)
    )
    if given.sample:
        inferred = Random(1).sample(inferred, min(given.sample, len(inferred)))
    times, steps, unproved = [], [], 0
    for triple in inferred:
        start = time.perf_counter()
        proofs = prover.prove(triple)
        times.append(time.perf_counter() - start)
        steps += [proof.steps for proof in proofs]
        unproved += not proofs
    times.sort()
    result = {
        "seconds": {
            "median": statistics.median(times),
            "p99": times[len(times) * 99 // 100],
            "worst": times[-1],
        },
        "proved": len(times) - unproved,
        "unproved": unproved,
        "steps": statistics.median(steps),
        "most steps": max(steps),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
