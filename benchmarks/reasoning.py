"""Measures reasoning, side by side with the competitors, and writes docs/benchmarks.md.

    python -m benchmarks.reasoning

Takes some hours and wants a machine that does nothing else.  What is measured already is kept in
the work folder and not measured again; remove ``results.json`` there to begin anew.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from benchmarks import corpus, environment, measuring, report
from benchmarks.comparison import compare, facts
from benchmarks.report import OURS
from communique import sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.environment import Environment
    from benchmarks.measuring import Outcome

SIZES: Final = (10, 100, 1000, 10_000)
SLOW_SIZES: Final = (10, 20, 40, 80, 160)
"""Sizes for owlrl, whose time at others is extrapolated."""
COMPARED: Final = (10, 100, 1000)
"""Sizes at which the facts are compared, with those that get there."""
CHANGED: Final = (100, 1000, 10_000)
CHANGES: Final = 20
PROVED: Final = 2000
_FEW: Final = 1000
"""Up to so many articles the nearest competitor is measured as often as we are."""


class Bench:
    """Measurements, each kept once it is made.

    Args:
        work: The folder for corpora and results.
        found: The competitors.
        limit: Seconds after which a competitor is given up.
    """

    def __init__(self, work: Path, found: Environment, limit: float) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.work = work
        self._found = found
        self._limit = limit
        self._path = work / "results.json"
        kept = json.loads(self._path.read_text()) if self._path.exists() else {}
        self.results: dict[str, dict[str, object]] = kept

    def systems(self) -> dict[str, list[str | Path]]:
        """Return, by name, the commands that close a file, less the file."""
        python, workers = self._found.python, environment.ROOT / "benchmarks" / "workers"
        before: dict[str, list[str | Path]] = {
            OURS: [sys.executable, "-m", "benchmarks.workers.ours"],
            "owlrl": [python, workers / "with_owlrl.py"],
            "reasonable": [python, workers / "with_reasonable.py"],
            "reasonable, from rdflib": [python, workers / "with_reasonable.py", "--graph"],
        }
        if self._found.java:
            for name in ("micro", "mini", "full"):
                before[f"Jena OWL {name}"] = [*self._found.java, name]
        return before

    def closures(self, sizes: Sequence[int], runs: int) -> None:
        """Close corpora with every system, in turn, so that all see the same conditions.

        Args:
            sizes: How many articles.
            runs: How often each is measured.
        """
        late: set[str] = set()
        for size in sorted({*sizes, *SLOW_SIZES}):
            chosen = {
                name: command
                for name, command in self.systems().items()
                if size in (SLOW_SIZES if name == "owlrl" else sizes)
            }
            for number in range(runs):
                for name, command in chosen.items():
                    repeated = name == OURS or (name == "reasonable" and size <= _FEW)
                    if name in late or (number and not repeated):
                        continue
                    key = f"close {size} {name} {number}"
                    outcome = self.keep(key, [*command, self.facts(size)])
                    if outcome["status"] != "ok":
                        late.add(name)

    def comparisons(self) -> None:
        """Compare the facts that the systems infer with ours."""
        for size in COMPARED:
            key = f"compare {size}"
            if key in self.results or f"close {size} {OURS} 0" not in self.results:
                continue
            path, found = self.facts(size), {}
            for name, command in self.systems().items():
                done = self.results.get(f"close {size} {name} 0", {"status": "not measured"})
                if done["status"] != "ok":
                    continue
                out = self.work / "facts.nt"
                extra = ["--out", out] if "Jena" not in name else [out]
                outcome = measuring.run([*command, path, *extra], 2 * self._limit, memory=None)
                if outcome.status != "ok":
                    continue
                known = facts(out)
                if name == OURS:
                    ours = known
                difference = compare(ours, known)
                found[name] = {
                    "both": difference.both,
                    "missing": dict(difference.missing.most_common()),
                    "extra": dict(difference.extra.most_common()),
                }
                out.unlink()
            if found:
                self._save(key, dict(found))

    def changes(self) -> None:
        """Add and remove articles."""
        for size in CHANGED:
            command = [sys.executable, "-m", "benchmarks.workers.ours_changes", size, CHANGES]
            self.keep(f"change {size}", [str(part) for part in command], bound=False)

    def proofs(self) -> None:
        """Prove inferred triples of the bundled data and of a corpus."""
        command: list[str | Path] = [sys.executable, "-m", "benchmarks.workers.ours_proofs"]
        self.keep("prove 1", command, bound=False)
        some = ["--sample", str(PROVED)]
        self.keep("prove 1000", [*command, self.facts(1000), *some], bound=False)

    def keep(
        self, key: str, command: Sequence[str | Path], *, bound: bool = True
    ) -> dict[str, object]:
        """Make a measurement, unless it is made already.

        Args:
            key: Its name.
            command: What to run.
            bound: Whether it is given up when it takes too long.
        """
        if key not in self.results:
            limit, java = self._limit if bound else 6 * self._limit, command[0] == "java"
            memory = None if java else measuring.MEMORY
            outcome: Outcome = measuring.run(command, limit, memory=memory)
            self._save(key, {**outcome.as_json(), "load": os.getloadavg()[0]})
        return self.results[key]

    def facts(self, size: int) -> Path:
        """Write a corpus and the ontology as one file of N-Triples, unless it is there.

        The file's name ends in ``.ttl``, as which N-Triples may pass: `reasonable` goes by that.
        """
        path = self.work / f"facts-{size}.ttl"
        if not path.exists():
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                for source in sources.discover(sources.bundled_root()).files:
                    if source.kind is sources.Kind.ONTOLOGY:
                        axioms = ox.parse(path=source.path, format=ox.RdfFormat.TURTLE)
                        file.write(ox.serialize(list(axioms), format=ox.RdfFormat.N_TRIPLES) or b"")
                for sheet in corpus.graphs(size, 1):
                    lines = (f"{' '.join(triple)} .\n" for triple in sheet.triples())
                    file.write("".join(lines).encode())
            part.rename(path)
        return path

    def _save(self, key: str, result: dict[str, object]) -> None:
        self.results[key] = result
        self._path.write_text(json.dumps(self.results, indent=1))
        said = result.get("status", "compared")
        sys.stderr.write(f"{key}: {said} {result.get('report', '')}\n")


def main() -> None:
    """Measure what is asked for, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reasoning", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parts = ("closures", "comparisons", "changes", "proofs")
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help="all if none is named")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="ARTICLES")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=600, metavar="SECONDS")
    parser.add_argument("--work", type=Path, default=environment.ROOT / "build" / "benchmarks")
    given = parser.parse_args()
    found = environment.set_up()
    bench = Bench(given.work, found, given.limit)
    for part in given.parts or parts:
        if part == "closures":
            bench.closures(given.sizes, given.runs)
        else:
            getattr(bench, part)()
    versions = {**sources.versions(), **found.versions}
    text = report.reasoning(bench.results, versions, given.limit)
    report.insert(environment.ROOT / "docs" / "benchmarks.md", "reasoning", text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
