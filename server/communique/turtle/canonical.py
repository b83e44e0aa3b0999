"""Blank nodes by canonical names.

After W3C's RDF Dataset Canonicalization (RDFC-1.0, Recommendation of 21 May 2024), as Oxigraph
does it.  rdflib's canonicalisation (``rdflib.compare``) is not used: for circles of blank nodes
beside a node that points to itself it gives isomorphic graphs different names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph
from rdflib import BNode, Literal

from communique.turtle.reading import to_rdflib

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rdflib.term import Identifier

    from communique.turtle.reading import Triple


def canonical(triples: Iterable[Triple]) -> set[Triple]:
    """Give a graph with canonical names for its blank nodes.

    Args:
        triples: The graph.

    Returns:
        The same graph; isomorphic graphs become equal.
    """
    literals: dict[str, Literal] = {}

    def plain(node: Identifier) -> pyoxigraph.BlankNode | pyoxigraph.NamedNode | pyoxigraph.Literal:
        if isinstance(node, Literal):
            text = f"{node.datatype} {node.language} {node}"
            literals[text] = node
            return pyoxigraph.Literal(text)
        return _to_oxigraph(node)

    dataset = pyoxigraph.Dataset(
        pyoxigraph.Quad(_to_oxigraph(s), pyoxigraph.NamedNode(p), plain(o)) for s, p, o in triples
    )
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    named: set[Triple] = set()
    for quad in dataset:
        value: Identifier
        if isinstance(quad.object, pyoxigraph.Literal):
            value = literals[quad.object.value]
        else:
            value = to_rdflib(quad.object)
        named.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), value))
    return named


def _to_oxigraph(node: Identifier) -> pyoxigraph.BlankNode | pyoxigraph.NamedNode:
    return pyoxigraph.BlankNode(node) if isinstance(node, BNode) else pyoxigraph.NamedNode(node)
