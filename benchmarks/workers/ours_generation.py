"""Builds the generation of a synthetic corpus, which the endpoints are measured with.

What it does is what the gate does, less the shapes: validating a thousand articles takes long and
changes nothing of what is served.  That the shapes accept such articles is tested elsewhere.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pyoxigraph as ox

from benchmarks.workers.ours import FACTS, Clock
from communique import dataset as datasets
from communique import sources
from communique.claims import propositions as claims
from communique.namespaces import INFERRED_GRAPH
from communique.reasoning import close, close_schema
from communique.store import generation
from communique.store.memory import Memory


def main() -> None:
    """Build the generation of a dataset, unless it is there, and write its default graph."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, help="the dataset")
    parser.add_argument("directory", type=Path, help="where generations are kept")
    parser.add_argument("triples", type=Path, help="N-Triples to write the default graph to")
    given = parser.parse_args()
    clock = Clock()
    files = sources.discover(given.root)
    built = generation.find(given.directory, files.digest)
    if built is None:
        dataset = datasets.load(files)
        clock.lap("read")
        found = claims.propositions(dataset)
        facts = dataset.facts + dataset.ontology
        schema = close_schema(dataset.ontology)
        engine = Memory()
        engine.load(facts, FACTS)
        close(engine, schema, FACTS, INFERRED_GRAPH)
        clock.lap("reason")
        inferred = engine.graph(INFERRED_GRAPH)
        with generation.draft(given.directory) as begun:
            generation.write(dataset, inferred, found, begun)
            built = begun.publish()
        clock.lap("store")
    with given.triples.open("wb") as file:
        built.store.dump(file, ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
    clock.lap("dump")
    result = {
        "seconds": clock.seconds,
        "path": str(built.path),
        "default": built.manifest["default_triples"],
        "quads": built.manifest["quads"],
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
