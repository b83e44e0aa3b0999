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

from benchmarks.workers.ours import Clock
from communique import dataset as datasets
from communique import sources
from communique.gate import silent, whole
from communique.gate.findings import Clock as Stages
from communique.store import generation


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
        contents = whole.derive(dataset, Stages(silent))
        clock.lap("reason")
        with generation.draft(given.directory) as begun:
            generation.write(contents, begun)
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
