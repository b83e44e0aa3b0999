"""Writes what was measured of endpoints as Markdown."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from benchmarks import measuring
from benchmarks.servers import CACHED, FUSEKI, NOTHING, OXIGRAPH, RDFLIB, UNCACHED, VIRTUOSO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_MILLI: Final = 1e3
_CENTILES: Final = 100


@dataclass(frozen=True, slots=True)
class Measured:
    """What one turn of an endpoint gave.

    Attributes:
        name: The endpoint.
        is_repeated: Whether queries were repeated.
        clients: How many clients asked at once.
        seconds: How long the turn took.
        latencies: Seconds of each request by query.
    """

    name: str
    is_repeated: bool
    clients: int
    seconds: float
    latencies: Mapping[str, Sequence[float]]

    @property
    def rate(self) -> float:
        """Requests per second."""
        return sum(map(len, self.latencies.values())) / self.seconds

    def as_json(self) -> dict[str, object]:
        """Return it as what :func:`json.dumps` can write."""
        return asdict(self)

    def __str__(self) -> str:
        """Return it for people."""
        how = "repeated" if self.is_repeated else "varying"
        return f"{self.name}, {how}, {self.clients} clients: {self.rate:,.0f} requests/s"


@dataclass(frozen=True, slots=True)
class Summary:
    """What all turns of an endpoint gave, with the same queries and clients.

    Attributes:
        rate: Requests per second, the median of the turns.
        p50: Seconds within which half of the requests were answered.
        p99: Seconds within which 99 of 100 were.
        by_query: Seconds within which half were, by query.
    """

    rate: float
    p50: float
    p99: float
    by_query: Mapping[str, float]


Key = tuple[str, bool, int]


def summarize(measured: Iterable[Measured]) -> dict[Key, Summary]:
    """Summarize turns, by endpoint, whether queries were repeated, and clients.

    Args:
        measured: The turns.
    """
    groups: dict[Key, list[Measured]] = {}
    for one in measured:
        groups.setdefault((one.name, one.is_repeated, one.clients), []).append(one)
    return {key: _summary(some) for key, some in groups.items()}


def write(
    measured: Sequence[Measured],
    rows: Mapping[str, int],
    told: Mapping[str, Any],
    articles: int,
    versions: Mapping[str, str],
) -> str:
    """Write the chapter on endpoints.

    Args:
        measured: What was measured.
        rows: How many rows the answers have on the average, by query.
        told: What the building of the generation reported.
        articles: How many articles were served.
        versions: The versions of all that took part.
    """
    found = summarize(measured)
    clients = sorted({key[2] for key in found})
    names = ", ".join(f"{name} {versions[name]}" for name in sorted(versions))
    asked = sum(len(some) for one in measured for some in one.latencies.values())
    size = (
        f"{articles:,} articles: {told['default']:,} triples in the default graph, "
        f"{told['quads']:,} quads in the generation. {asked:,} requests were measured."
    )
    parts = [
        f"Machine: {measuring.machine()}.",
        f"Versions: {names}.",
        size,
        "### Queries that vary",
        _table(found, clients, is_repeated=False),
        "### Queries that are repeated",
        _table(found, clients, is_repeated=True),
        "### Each query, varying, one client: the median in ms",
        _by_query(found, rows),
        "### Against what was to be reached",
        _targets(found, clients),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _summary(some: Sequence[Measured]) -> Summary:
    by_query: dict[str, list[float]] = {}
    for one in some:
        for name, latencies in one.latencies.items():
            by_query.setdefault(name, []).extend(latencies)
    everything = [latency for latencies in by_query.values() for latency in latencies]
    cuts = statistics.quantiles(everything, n=_CENTILES, method="inclusive")
    return Summary(
        rate=statistics.median(one.rate for one in some),
        p50=cuts[49],
        p99=cuts[98],
        by_query={name: statistics.median(some) for name, some in sorted(by_query.items())},
    )


def _table(found: Mapping[Key, Summary], clients: Sequence[int], *, is_repeated: bool) -> str:
    head = ["endpoint"]
    for number in clients:
        said = f"{number} client{'s' if number > 1 else ''}"
        head += [f"{said}: requests/s", "÷ Oxigraph", "p50, ms", "p99, ms"]
    lines = []
    for name in dict.fromkeys(key[0] for key in found if key[1] == is_repeated):
        line = ["(the load generator at its most)" if name == NOTHING else name]
        for number in clients:
            one = found[name, is_repeated, number]
            bare = found.get((OXIGRAPH, is_repeated, number))
            ratio = f"{one.rate / bare.rate:.2f}" if bare else ""
            times = [f"{time * _MILLI:,.2f}" for time in (one.p50, one.p99)]
            line += [f"{one.rate:,.1f}", ratio, *times]
        lines.append(line)
    return measuring.table(head, lines)


def _by_query(found: Mapping[Key, Summary], rows: Mapping[str, int]) -> str:
    alone = {key[0]: one for key, one in found.items() if key[1:] == (False, 1)}
    alone.pop(NOTHING, None)
    lines = [
        [
            name.replace("-", " "),
            f"{count:,}",
            *(f"{one.by_query[name] * _MILLI:,.2f}" for one in alone.values()),
        ]
        for name, count in rows.items()
    ]
    return measuring.table(["query", "rows", *alone], lines)


def _targets(found: Mapping[Key, Summary], clients: Sequence[int]) -> str:
    lines = []
    for what, ours, theirs, is_repeated, least in (
        ("varying ÷ Oxigraph", UNCACHED, OXIGRAPH, False, 0.8),
        ("repeated ÷ Oxigraph", CACHED, OXIGRAPH, True, 3.0),
        ("varying ÷ rdflib-endpoint", UNCACHED, RDFLIB, False, 50.0),
    ):
        for number in clients:
            one = found.get((ours, is_repeated, number))
            other = found.get((theirs, is_repeated, number))
            if one and other:
                ratio = one.rate / other.rate
                said = "yes" if ratio >= least else "**no**"
                lines.append([what, str(number), f"{ratio:,.2f}", f"at least {least:g}", said])
    for theirs in (VIRTUOSO, FUSEKI):
        for number in clients:
            one, other = found.get((UNCACHED, False, number)), found.get((theirs, False, number))
            if one and other:
                ratio = one.p50 / other.p50
                said = "yes" if ratio < 1 else "**no**"
                what = f"p50, varying ÷ {theirs}"
                lines.append([what, str(number), f"{ratio:,.2f}", "below 1", said])
    return measuring.table(["what", "clients", "measured", "to be reached", "reached"], lines)
