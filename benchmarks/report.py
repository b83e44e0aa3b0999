"""Writes what was measured as Markdown."""

from __future__ import annotations

import itertools
import math
import re
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from benchmarks import measuring

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    Results = Mapping[str, Mapping[str, object]]

OURS: Final = "communique"
_COMPILE: Final = "compile the ontology"
_CLOSE: Final = (_COMPILE, "close", "check consistency", "convert", "prepare", "list")
"""Phases that are part of reasoning; the others are loading."""
_GB: Final = 1e9
_MILLI: Final = 1e3
_TARGET: Final = 1000
"""The size at which owlrl is extrapolated to."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The median of several measurements of one closure.

    Attributes:
        system: What closed it.
        articles: The size of the corpus.
        status: ``ok``, or why there is nothing else.
        runs: How many measurements there are.
        given: How many triples it was given.
        total: How many there are in the end.
        load: Seconds to read the file.
        close: Seconds to close it.
        compiling: Those of them that compile the ontology, which is the same for every corpus.
        cpu: Seconds of processor time for all of it.
        peak: Bytes of memory at the peak.
    """

    system: str
    articles: int
    status: str
    runs: int
    given: int
    total: int
    load: float
    close: float
    compiling: float
    cpu: float
    peak: float


def closures(results: Results) -> list[Closed]:
    """Summarize the closures, by size and system."""
    groups: dict[tuple[int, str], list[Mapping[str, object]]] = {}
    for key, result in results.items():
        found = re.fullmatch(r"close (\d+) (.+) \d+", key)
        if found:
            groups.setdefault((int(found[1]), found[2]), []).append(result)
    given = {
        size: _count(result, "asserted")
        for (size, system), some in groups.items()
        for result in some
        if system == OURS
    }
    made = []
    for (size, system), some in sorted(groups.items(), key=lambda item: item[0][0]):
        good = [result for result in some if result["status"] == "ok"]
        status = "ok" if good else str(some[0]["status"])
        times = [_times(result) for result in good]
        made.append(
            Closed(
                system,
                size,
                status,
                len(good),
                given.get(size) or max((_count(one, "asserted") for one in good), default=0),
                max((_count(result, "total") for result in good), default=0),
                _median(load for load, _ in times),
                _median(close for _, close in times),
                _median(_seconds(result).get(_COMPILE, 0.0) for result in good),
                _median(_number(result, "cpu") for result in good),
                _median(_number(result, "peak") for result in good),
            )
        )
    return made


def reasoning(results: Results, versions: Mapping[str, str], limit: float) -> str:
    """Write the chapter on reasoning.

    Args:
        results: What was measured.
        versions: The versions of all that took part.
        limit: Seconds after which a competitor was given up.
    """
    closed = closures(results)
    names = ", ".join(f"{name} {versions[name]}" for name in sorted(versions))
    parts = [
        f"Machine: {measuring.machine()}.",
        f"Versions: {names}.",
        *_headed("Closing a corpus", _closing(closed, limit)),
        *_owlrl(closed),
        *_growth(closed),
        *_headed("The same facts", _differences(results)),
        *_headed("Adding and removing one article", _changes(results)),
        *_headed("Proofs", _proofs(results)),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def insert(page: Path, name: str, text: str) -> None:
    """Put a chapter's measurements into a page, between the marks that hold its place.

    Args:
        page: The page.
        name: The name in the marks.
        text: What to put there.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    page.write_text(f"{before}{begin}\n\n{text}\n{end}{after}", encoding="utf-8")


def fit(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Fit ``y = factor * x ** power`` by least squares of the logarithms.

    Args:
        points: At least two pairs of positive numbers.

    Returns:
        The factor and the power.
    """
    logs = [(math.log(x), math.log(y)) for x, y in points]
    power, height = statistics.linear_regression(*zip(*logs, strict=True))
    return math.exp(height), power


def _headed(title: str, text: str) -> list[str]:
    """Put a title over a text, if there is any."""
    return [f"### {title}", text] if text else []


def _closing(closed: Sequence[Closed], limit: float) -> str:
    ours = {one.articles: one.close for one in closed if one.system == OURS and one.runs}
    rows = []
    for one in closed:
        if one.articles not in ours:
            continue
        known = [f"{one.articles:,}", one.system]
        if not one.runs:
            rows.append([*known, one.status, *[""] * 6])
            continue
        measured = [
            f"{one.load:,.2f}",
            f"{one.cpu:,.1f}",
            f"{one.peak / _GB:.2f}",
            f"{one.total:,}",
        ]
        rows.append([*known, *_speed(one, one.close, ours[one.articles]), *measured])
        if one.system == OURS:
            only = one.close - one.compiling
            speed = _speed(one, only, ours[one.articles])
            rows.append([known[0], "the same, ontology compiled before", *speed, *[""] * 4])
    head = ["articles", "reasoner", "close, s", "÷ ours", "given triples/s"]
    head += ["load, s", "processor, s", "peak, GB", "triples in the end"]
    given = {one.articles: one.given for one in closed if one.system == OURS}
    sizes = "; ".join(f"{size:,} articles: {given[size]:,}" for size in given if size in ours)
    return (
        measuring.table(head, rows)
        + f"\nTriples given, ontology included: {sizes}. A competitor is given up after "
        f"{limit:g} s, and not tried on larger corpora then.\n"
    )


def _speed(one: Closed, seconds: float, ours: float) -> list[str]:
    return [f"{seconds:,.2f}", f"{seconds / ours:,.1f}", f"{one.given / seconds:,.0f}"]


def _owlrl(closed: Sequence[Closed]) -> list[str]:
    """Extrapolate owlrl to a size that it does not reach in time."""
    done = [one for one in closed if one.system == "owlrl" and one.runs]
    ours = next((o for o in closed if (o.system, o.articles) == (OURS, _TARGET) and o.runs), None)
    if len(done) <= 1 or ours is None:
        return []
    factor, power = fit([(one.given, one.close) for one in done])
    last = max(done, key=lambda one: one.articles)
    curve = factor * ours.given**power
    line = last.close * ours.given / last.given
    points = ", ".join(f"{one.articles:,} articles {one.close:,.1f} s" for one in done)
    text = (
        f"**owlrl, extrapolated.** Measured: {points}. The fit of a power is "
        f"t = {factor:.3g} · triples^{power:.2f}, which makes {curve:,.0f} s for {_TARGET:,} "
        f"articles: {curve / ours.close:,.0f} times ours. If it grew no faster than the corpus, "
        f"from its largest size on, it would take {line:,.0f} s: {line / ours.close:,.0f} times."
    )
    return [text]


def _growth(closed: Sequence[Closed]) -> list[str]:
    ours = {one.articles: one for one in closed if one.system == OURS and one.runs}
    small, large = ours.get(100), ours.get(10_000)
    if not small or not large:
        return []
    more = large.given / small.given
    longer = (large.close - large.compiling) / (small.close - small.compiling)
    slope = math.log(longer) / math.log(more)
    text = (
        f"**Growth.** From 100 to 10,000 articles the triples given grow {more:.0f} times and our "
        f"time, once the ontology is compiled, {longer:.0f} times: as the triples to the power of "
        f"{slope:.2f}."
    )
    return [text]


def _differences(results: Results) -> str:
    rows = []
    for key, result in results.items():
        if not key.startswith("compare "):
            continue
        for system, found in result.items():
            one = cast("Mapping[str, dict[str, int]]", found)
            if system != OURS:
                rows.append(
                    [
                        f"{int(key.removeprefix('compare ')):,}",
                        system,
                        f"{cast('int', one['both']):,}",
                        _listed(one["missing"]),
                        _listed(one["extra"]),
                    ]
                )
    head = ["articles", "reasoner", "facts in common", "only ours", "only theirs"]
    return measuring.table(head, rows) if rows else ""


def _listed(counts: Mapping[str, int], most: int = 6) -> str:
    if not counts:
        return "0"
    some = [f"{name} {count:,}" for name, count in list(counts.items())[:most]]
    more = ["…"] if len(counts) > most else []
    return f"{sum(counts.values()):,}: {', '.join([*some, *more])}"


def _changes(results: Results) -> str:
    found = {
        int(key.removeprefix("change ")): cast("Mapping[str, dict[str, float]]", result["report"])
        for key, result in results.items()
        if key.startswith("change ") and result["status"] == "ok"
    }
    if not found:
        return ""
    sizes = sorted(found)
    small, large = found[sizes[0]], found[sizes[-1]]
    rows = []
    for name in small["processor"]:
        row = [name]
        for size in sizes:
            row.append(f"{found[size]['seconds'][name] * _MILLI:,.0f}")
            row.append(f"{found[size]['processor'][name] * _MILLI:,.0f}")
        growth = [large[kind][name] / small[kind][name] for kind in ("seconds", "processor")]
        share = large["seconds"]["close"] / large["seconds"][name]
        rows.append([*row, *(f"{one:.2f}" for one in growth), f"{share:,.0f}"])
    columns = [[f"of {size:,}, ms", "processor, ms"] for size in sizes]
    head = ["change", *itertools.chain.from_iterable(columns), "growth", "growth, processor"]
    return measuring.table([*head, f"closing {sizes[-1]:,} anew, in changes"], rows)


def _proofs(results: Results) -> str:
    rows = []
    for key, label in (("prove 1", "the encoded article"), ("prove 1000", "1,000 articles")):
        result = results.get(key)
        if result is None or result["status"] != "ok":
            continue
        times = _seconds(result)
        named = [f"{times[name] * _MILLI:.1f}" for name in ("median", "p99", "worst")]
        proved, unproved = _count(result, "proved"), _count(result, "unproved")
        rows.append([label, f"{proved:,}", f"{unproved:,}", *named])
    head = ["graph", "proved", "without proof", "median, ms", "99th percentile, ms", "worst, ms"]
    return measuring.table(head, rows) if rows else ""


def _times(result: Mapping[str, object]) -> tuple[float, float]:
    """Return seconds of loading and of closing."""
    seconds = _seconds(result)
    close = sum(time for phase, time in seconds.items() if phase in _CLOSE)
    return sum(seconds.values()) - close, close


def _seconds(result: Mapping[str, object]) -> dict[str, float]:
    report = cast("Mapping[str, dict[str, float]]", result["report"])
    return report["seconds"]


def _count(result: Mapping[str, object], name: str) -> int:
    report = cast("Mapping[str, int]", result.get("report") or {})
    return report.get(name, 0)


def _number(result: Mapping[str, object], name: str) -> float:
    return cast("float", result[name])


def _median(values: Iterable[float]) -> float:
    found = list(values)
    return statistics.median(found) if found else 0.0
