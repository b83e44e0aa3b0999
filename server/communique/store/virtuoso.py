"""Virtuoso 7 as a remote engine: what it does otherwise than SPARQL 1.1, put right in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from communique import namespaces
from communique.store.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.store.remote import Parameters

EVERYTHING: Final = namespaces.BASE + "graph/everything"
"""The graph that plays the part of the default graph, which Virtuoso does not have."""
_GRAPH: Final = re.compile(r"GRAPH <([^>]*)>")
_TEMPLATE: Final = re.compile(r"INSERT \{ (?:GRAPH <[^>]*> )?\{? *(\?\w+) ")


@dataclass(frozen=True)
class Virtuoso(Remote):
    """A Virtuoso server, version 7.

    Its default graph is the union of all named graphs, of other applications too, and cannot be
    written.  The protocol's own parameters make :data:`EVERYTHING` the default graph of every
    request, beside the graphs that the request names.

    Attributes:
        everything: The IRI of the graph to take for the default graph.
    """

    everything: str = EVERYTHING

    def update(self, text: str, parameters: Parameters = ()) -> None:
        """Run an update request.

        Args:
            text: The request.
            parameters: Further parameters of the protocol.
        """
        if "USING <" not in text:
            parameters = (
                *parameters,
                *self._dataset("using-graph-uri", "using-named-graph-uri", text),
            )
        # Blank nodes are refused in INSERT DATA, and taken in a template.
        if text.startswith("INSERT DATA {") and "_:" in text:
            text = f"INSERT {text.removeprefix('INSERT DATA')} WHERE {{ }}"
        # A template that makes a literal a subject fails whole, instead of leaving that triple out.
        template = _TEMPLATE.match(text)
        if template:
            text = f"{text.removesuffix('}')} FILTER (!isLiteral({template[1]})) }}"
        super().update(text, parameters)

    def select(self, text: str, parameters: Parameters = ()) -> Iterator[tuple[str, ...]]:
        """Run a SELECT query.

        Args:
            text: The query, which leaves no variable unbound.
            parameters: Further parameters of the protocol.

        Returns:
            The rows, with terms as SPARQL writes them.
        """
        if "FROM <" not in text:
            parameters = (*parameters, *self._dataset("default-graph-uri", "named-graph-uri", text))
        return super().select(text, parameters)

    def _dataset(self, default: str, named: str, text: str) -> Iterator[tuple[str, str]]:
        """Yield the parameters that name the dataset of a request that names none itself.

        Args:
            default: The name of the parameter for the default graph.
            named: The name of the parameter for a named graph.
            text: The request; a graph that it names and its dataset lacks would make it fail.
        """
        yield default, self.everything
        for graph in dict.fromkeys(_GRAPH.findall(text)):
            yield named, graph
