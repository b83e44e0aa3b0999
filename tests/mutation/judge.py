"""Says whether the shapes notice an edit of the graph."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rdflib import SH, Graph, Literal, URIRef

from bench import Bench

if TYPE_CHECKING:
    from rdflib.term import Node

    from communique.dataset import Dataset
    from mutation.operators import Mutant

_IRI: Final = re.compile(r"https?://[^\s>]+")
_STEPS: Final = 2


class Judge:
    """Holds one edit after another against the shapes.

    Args:
        dataset: The dataset that is edited; it stays as it is.
    """

    def __init__(self, dataset: Dataset) -> None:
        data = Graph(bind_namespaces="none") + dataset.explicit
        self._bench = Bench(data, dataset.shapes, dataset.ontology)

    @property
    def data(self) -> Graph:
        """The graph that is edited."""
        return self._bench.data

    def notices(self, mutant: Mutant) -> bool:
        """Say whether a violation names a node of the edit.

        The neighbourhood of the edit is looked at first. Only an edit that survives this is held
        against all shapes and all nodes.

        Args:
            mutant: The edit.
        """
        self._bench.edit(mutant.removed, mutant.added)
        try:
            near = self._bench.look_around(_ends(mutant), _STEPS)
            if any(_names(report, mutant) for report in near):
                return True
            return _names(self._bench.look_everywhere(), mutant)
        finally:
            self._bench.edit(mutant.added, mutant.removed)


def _ends(mutant: Mutant) -> set[Node]:
    return {
        term
        for triple in (*mutant.removed, *mutant.added)
        for term in (triple[0], triple[2])
        if not isinstance(term, Literal)
    }


def _names(report: Graph, mutant: Mutant) -> bool:
    """Say whether a violation has an edited node as focus node or value, or in its message."""
    nodes = _ends(mutant)
    for result in report.subjects(SH.resultSeverity, SH.Violation):
        named = {report.value(result, SH.focusNode), report.value(result, SH.value)}
        for message in report.objects(result, SH.resultMessage):
            named.update(URIRef(word.rstrip(".,;:")) for word in _IRI.findall(str(message)))
        if nodes & named:
            return True
    return False
