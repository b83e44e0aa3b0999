"""Measures `reasonable`.  Runs in the benchmarks' environment and knows nothing of the project.

With ``--graph`` it is given an rdflib graph, as a program that works with rdflib would; without,
it reads the file itself.  Either way its result is a Python list of rdflib terms.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import rdflib
import reasonable
from rdflib import Graph


def main() -> None:
    """Close the facts of a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("facts", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--graph", action="store_true")
    given = parser.parse_args()
    rdflib.NORMALIZE_LITERALS = False  # literals are to come out as they went in
    seconds = {}
    reasoner = reasonable.PyReasoner()
    start = time.perf_counter()
    if given.graph:
        graph = Graph()
        graph.parse(given.facts, format="nt")
        seconds["load"] = time.perf_counter() - start
        start = time.perf_counter()
        reasoner.from_graph(graph)
        seconds["convert"] = time.perf_counter() - start
    else:
        reasoner.load_file(str(given.facts))
        seconds["load"] = time.perf_counter() - start
    start = time.perf_counter()
    triples = reasoner.reason()
    seconds["close"] = time.perf_counter() - start
    if given.out:
        with given.out.open("w", encoding="utf-8") as file:
            file.writelines(f"{s.n3()} {p.n3()} {o.n3()} .\n" for s, p, o in triples)
    result = {"seconds": seconds, "total": len(set(triples))}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
