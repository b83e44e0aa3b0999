"""The embedded engine: Oxigraph as reasoning sees a store, by SPARQL text alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Embedded:
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
