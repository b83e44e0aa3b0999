"""Changes of graphs, as edits of their files.

The store writes numbers in their shortest form, so a file is not written from the store: what an
update leaves as it is, stays as the file has it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyoxigraph as ox

from communique import sources, turtle
from communique.edits import Edit
from communique.store.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from communique.repository.graphs import Target
    from communique.store.running import Change


def edit(
    root: Path,
    target: Target,
    before: bytes | None,
    change: Change,
    prefixes: Mapping[str, str],
) -> Edit:
    """Return what is to become of the file of a graph.

    Args:
        root: The dataset's folder.
        target: The graph.
        before: What the file holds; None if there is none.
        change: What becomes of the graph.
        prefixes: Prefixes that the file may use beside its own.
    """
    if not change.exists:
        return Edit(target.file, None)
    added = list(ox.parse(change.added, ox.RdfFormat.N_TRIPLES))
    triples = [quad.triple for quad in added]
    comment = ""
    declared = dict(prefixes)
    if before is not None:
        file = sources.place(root, target.file)
        text = turtle.decode(before, file.path)
        graph = turtle.parse_text(text, file.path, file.nodes)
        removed = ox.Store()
        removed.load(change.removed, ox.RdfFormat.N_TRIPLES)
        triples += [quad.triple for quad in Terms().quads(graph, None) if quad not in removed]
        declared |= {name: str(iri) for name, iri in graph.namespaces()}
        comment = turtle.head(text)
    if change.layer is not None:
        target = replace(target, layer=change.layer)
    triples += target.header(triples)
    written = (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode()
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in declared.items())
    return Edit(target.file, f"{comment}\n\n{head}{written}".encode())
