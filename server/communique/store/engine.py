"""The embedded engine: Oxigraph as reasoning sees a store, by SPARQL text alone.

Oxigraph lets go of Python's lock while it evaluates, so that threads use all processors.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import pyoxigraph as ox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from communique.reasoning.closure import Step

_Argument = TypeVar("_Argument")
_Result = TypeVar("_Result")

THREADS: Final = min(os.cpu_count() or 1, 8)
"""How many threads evaluate; each holds what one rule gives."""


def each(
    function: Callable[[_Argument], _Result], arguments: Sequence[_Argument]
) -> Iterator[_Result]:
    """Call a function with each of some arguments, in threads.

    Args:
        function: What to call.
        arguments: What to call it with.

    Returns:
        What it returned, in the order of the arguments.
    """
    with ThreadPoolExecutor(THREADS) as threads:
        yield from threads.map(function, arguments)


class Sequential(ABC):
    """An engine that does one thing after another."""

    @abstractmethod
    def update(self, text: str) -> None:
        """Run an update request."""

    @abstractmethod
    def select(self, text: str) -> Iterator[tuple[str, ...]]:
        """Run a SELECT query."""

    def select_each(self, texts: Sequence[str]) -> Iterator[list[tuple[str, ...]]]:
        """Run SELECT queries.

        Args:
            texts: The queries, which leave no variable unbound.

        Returns:
            The rows of each, in the order of the queries.
        """
        for text in texts:
            yield list(self.select(text))

    def insert(self, steps: Sequence[Step], target: str) -> None:
        """Put into a graph what follows by rules.

        Args:
            steps: The rules, and where they are to be applied.
            target: The graph.
        """
        for step in steps:
            self.update(step.update(target))


@dataclass(frozen=True)
class Embedded(Sequential):
    """An Oxigraph store in this process.

    Attributes:
        store: The store.
    """

    store: ox.Store

    def update(self, text: str) -> None:
        """Run an update request.

        Args:
            text: The request.
        """
        self.store.update(text)

    def select(self, text: str) -> Iterator[tuple[str, ...]]:
        """Run a SELECT query.

        Args:
            text: The query, which leaves no variable unbound.

        Returns:
            The rows, with terms as SPARQL writes them.

        Raises:
            TypeError: The query is of another form.
        """
        rows = self.store.query(text)
        if not isinstance(rows, ox.QuerySolutions):
            raise TypeError("a SELECT query is needed")
        for row in rows:
            yield tuple(str(term) for term in row)

    def select_each(self, texts: Sequence[str]) -> Iterator[list[tuple[str, ...]]]:
        """Run SELECT queries.

        Args:
            texts: The queries, which leave no variable unbound.

        Returns:
            The rows of each, in the order of the queries.
        """
        yield from each(lambda text: list(self.select(text)), texts)
