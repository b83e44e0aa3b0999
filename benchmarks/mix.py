"""The mix of queries that endpoints are measured with: what analysts ask, with varying parameters.

Each file of ``queries/`` is a query in which what varies is written as a variable with ``$``; the
file of the same name in ``queries/parameters/`` is a query for the values, each of which is so
chosen that there is an answer.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pyoxigraph as ox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER: Final = Path(__file__).resolve().parent / "queries"
TABLE: Final = "application/sparql-results+json"
GRAPH: Final = "text/turtle"
_PARAMETER: Final = re.compile(r"\$(\w+)")
_GRAPHS: Final = re.compile(r"^CONSTRUCT\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Query:
    """A query, with the values that its parameters may take.

    Attributes:
        name: Its name.
        text: Its text, with parameters.
        values: Values of the parameters, by name, as SPARQL writes them.
    """

    name: str
    text: str
    values: tuple[dict[str, str], ...]

    @property
    def media_type(self) -> str:
        """The media type that its answers are asked in."""
        return GRAPH if _GRAPHS.search(self.text) else TABLE

    def fill(self, number: int) -> str:
        """Return the query with values in the place of its parameters.

        Args:
            number: Which values; after the last come the first again.
        """
        values = self.values[number % len(self.values)]
        return _PARAMETER.sub(lambda found: values[found[1]], self.text)


def read(store: ox.Store, most: int, seed: int) -> list[Query]:
    """Read the queries, and choose values for their parameters.

    Args:
        store: The data, in its default graph.
        most: How many values a query has at the most.
        seed: What decides which.

    Raises:
        ValueError: There are no values for a query.
    """
    return [_read(path, store, most, seed) for path in sorted(FOLDER.glob("*.rq"))]


def _read(path: Path, store: ox.Store, most: int, seed: int) -> Query:
    found = store.query((FOLDER / "parameters" / path.name).read_text(encoding="utf-8"))
    if not isinstance(found, ox.QuerySolutions):
        raise TypeError(f"the parameters of {path.stem} are no table")
    names = [variable.value for variable in found.variables]
    rows = [dict(zip(names, map(str, row), strict=True)) for row in found]
    if not rows:
        raise ValueError(f"there are no values for the parameters of {path.stem}")
    chosen = Random(seed).sample(rows, min(most, len(rows)))
    return Query(path.stem, path.read_text(encoding="utf-8"), tuple(chosen))


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as it is asked once.

    Attributes:
        query: The query.
        text: Its text, with values in the place of its parameters.
    """

    query: Query
    text: str


def passes(queries: Sequence[Query], seed: int) -> Iterator[list[Asked]]:
    """Yield one pass after another: each query once, in an order of its own.

    The values of the parameters follow one another, and a comment makes each text another one, so
    that nothing that was kept of an answer or a text can be used again.

    Args:
        queries: The queries.
        seed: What decides the order, and where in its values each query begins.
    """
    random = Random(seed)
    first = random.randrange(1_000_000)
    for number in itertools.count():
        yield [
            Asked(query, f"{query.fill(first + number)}# {seed}.{number}\n")
            for query in random.sample(queries, len(queries))
        ]


def repeated(queries: Sequence[Query], values: int) -> list[list[Asked]]:
    """Return the passes that are asked again and again where queries are repeated.

    Args:
        queries: The queries.
        values: How many values of the parameters there are.
    """
    return [[Asked(query, query.fill(number)) for query in queries] for number in range(values)]


def target(path: str, text: str) -> str:
    """Return the request target that asks a query by GET (SPARQL 1.1 Protocol, §2.1.1).

    Args:
        path: The path of the endpoint.
        text: The query.
    """
    return f"{path}?query={quote(text, safe='')}"


def request(path: str, asked: Asked) -> str:
    """Return the HTTP request that asks a query.

    Args:
        path: The path of the endpoint.
        asked: The query.
    """
    return (
        f"GET {target(path, asked.text)} HTTP/1.1\r\n"
        f"Host: 127.0.0.1\r\nAccept: {asked.query.media_type}\r\n"
        "Connection: keep-alive\r\n\r\n"
    )
