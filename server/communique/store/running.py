"""Running a SPARQL 1.1 Update request on a copy of a generation, to see which graphs it changes.

The copy is made of links to the generation's files and thrown away afterwards.  What the engine
does to it, graph by graph, is the change to make to the files.

The default graph of the copy follows its graphs from operation to operation; what follows by
reasoning stays as it was before the request.

That a file is a graph, and of which layer, is said by two triples in it, its header.  A request
that does not name them does not see them: ``DELETE WHERE { GRAPH <g> { ?s ?p ?o } }`` empties a
graph, and takes nothing from it that makes it one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique.errors import Conflict, RefusedQuery
from communique.namespaces import (
    BASE,
    CMQ,
    FACT_LAYERS,
    INFERRED_GRAPH,
    LAYER_ASSERTED,
    OWL,
    RDF,
)
from communique.sources import Kind
from communique.store import diagnosis
from communique.store.operation import ALL, NAMED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from communique.store.generation import Generation
    from communique.store.operation import Operation
    from communique.store.operations import Request
    from communique.store.rewriting import Written

_TYPE: Final = ox.NamedNode(RDF + "type")
_ONTOLOGY: Final = ox.NamedNode(OWL + "Ontology")
_LAYER: Final = ox.NamedNode(CMQ + "layer")
_FACTS: Final = frozenset(ox.NamedNode(layer) for layer in FACT_LAYERS)
_DEFAULT: Final = ox.DefaultGraph()
_HIDE: Final = f"""
PREFIX owl: <{OWL}>
PREFIX cmq: <{CMQ}>
DELETE {{ ?g a owl:Ontology . ?g cmq:layer ?layer }}
WHERE {{ GRAPH ?g {{ ?g a owl:Ontology }} OPTIONAL {{ ?g cmq:layer ?layer }} }} ;
DELETE {{ GRAPH ?g {{ ?g cmq:layer ?layer }} }} WHERE {{ GRAPH ?g {{ ?g cmq:layer ?layer }} }} ;
DELETE {{ GRAPH ?g {{ ?g a owl:Ontology }} }} WHERE {{ GRAPH ?g {{ ?g a owl:Ontology }} }}
"""
"""Takes the headers out of a copy."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a graph.

    Attributes:
        graph: Its IRI.
        exists: Whether it is there afterwards.
        added: The triples that are new in it, as N-Triples.
        removed: Those that are gone.
        layer: The IRI of the layer it is to be in, if it is the copy of a graph and says none.
    """

    graph: str
    exists: bool
    added: str
    removed: str
    layer: str | None = None


def run(base: Generation, request: Request, place: str | Path) -> list[Change]:
    """Run a request on a copy of a generation, and return what becomes of its graphs.

    Args:
        base: The generation.
        request: The request.
        place: Where the copy is to be: on the same file system, where there is nothing yet.

    Returns:
        The changes, in the order in which the graphs were first written.

    Raises:
        QuerySyntaxError: The engine does not take it.
        RefusedQuery: It writes what is derived, or has a function that the engine does not know.
        Conflict: An operation on a whole graph fails that is not silent.
    """
    base.store.backup(str(place))
    return _Run(base, ox.Store(str(place)), request.default).all(request)


class _Run:
    """A run of a request.

    Args:
        base: The generation.
        store: The copy.
        default: The IRI of the graph that stands for the default graph; empty for none.
    """

    def __init__(self, base: Generation, store: ox.Store, default: str) -> None:
        self._store = store
        self._default = default
        self._entries = base.manifest["graphs"]
        self._files = {name for name, entry in self._entries.items() if entry["file"] is not None}
        self._there = set(self._files)
        self._before: dict[str, frozenset[ox.Triple]] = {}
        self._layers: dict[str, str | None] = {}

    def all(self, request: Request) -> list[Change]:
        """Run all operations, and return what becomes of the graphs."""
        is_hidden = not request.minds_headers and any(one.is_wide for one in request.operations)
        if is_hidden:
            self._store.update(_HIDE)
        for operation in request.operations:
            if operation.written is not None:
                self._run_in_engine(operation, operation.written)
            else:
                self._run_on_whole_graphs(operation)
        changes = []
        for graph, before in self._before.items():
            exists = graph in self._there
            if exists and not is_hidden:
                self._keep_header(graph)
            after = self._triples(graph)
            if before != after or exists != (graph in self._files):
                added, removed = _write(after - before), _write(before - after)
                changes.append(Change(graph, exists, added, removed, self._layers.get(graph)))
        return changes

    def _run_in_engine(self, operation: Operation, written: Written) -> None:
        graphs = dict.fromkeys(operation.graphs)
        for text in operation.finders:
            graphs.update(dict.fromkeys(self._find(text, operation)))
        before = {graph: self._begin(graph) for graph in graphs}
        try:
            self._store.update(written.text, base_iri=BASE)
        except SyntaxError as error:
            reading = operation.reading
            raise diagnosis.syntax_error(reading, written, str(error), "Update") from error
        except RuntimeError as error:
            message = f"the engine does not run {operation.word}: {error}"
            raise RefusedQuery(
                message, "use the functions of SPARQL 1.1", clause=operation.word
            ) from error
        for graph in graphs:
            self._end(graph, before[graph])
            if self._triples(graph):
                self._there.add(graph)

    def _find(self, text: str, operation: Operation) -> Iterable[str]:
        """Return the IRIs of the graphs that a variable stands for."""
        default: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] | None = None
        if operation.default is not None:
            default = [ox.NamedNode(iri) for iri in operation.default]
        named: list[ox.NamedNode | ox.BlankNode] | None = None
        if operation.named is not None:
            named = [ox.NamedNode(iri) for iri in operation.named]
        found = self._store.query(text, base_iri=BASE, default_graph=default, named_graphs=named)
        if not isinstance(found, ox.QuerySolutions):
            raise TypeError(text)
        for solution in found:
            if isinstance(solution[0], ox.NamedNode):
                yield solution[0].value

    def _run_on_whole_graphs(self, operation: Operation) -> None:
        try:
            if operation.word == "CREATE":
                self._create(operation.graphs[0])
            elif operation.word in {"CLEAR", "DROP"}:
                for graph in self._meant(operation.graphs[0]):
                    self._empty(graph, is_gone=operation.word == "DROP")
            else:
                self._transfer(operation.word, *operation.graphs)
        except Conflict:
            if not operation.is_silent:
                raise

    def _meant(self, name: str) -> Sequence[str]:
        """Return the graphs that a name stands for; of all, those of the data."""
        if name not in {NAMED, ALL}:
            return [name]
        data = {name for name in self._files if self._entries[name]["kind"] == Kind.GRAPH}
        found = (data & self._there) | (self._there - self._files)
        # The default graph is always there, and is no named graph.
        return sorted(found - {self._default} if name == NAMED else found)

    def _create(self, graph: str) -> None:
        if graph in self._there:
            raise Conflict(f"there is a graph <{graph}> already", "write CREATE SILENT")
        self._end(graph, self._begin(graph))
        self._there.add(graph)

    def _empty(self, graph: str, *, is_gone: bool) -> None:
        if graph not in self._there:
            if graph == self._default:
                return
            word = "DROP" if is_gone else "CLEAR"
            raise Conflict(f"there is no graph <{graph}>", f"write {word} SILENT")
        before = self._begin(graph)
        self._store.remove_graph(ox.NamedNode(graph))
        self._end(graph, before)
        if is_gone and graph != self._default:
            self._there.discard(graph)

    def _transfer(self, word: str, source: str, target: str) -> None:
        is_there = source in self._there or source == self._default
        if not is_there and not self._triples(source):
            raise Conflict(f"there is no graph <{source}>", f"write {word} SILENT")
        if source == target:
            return
        own = {(ox.NamedNode(source), _TYPE, _ONTOLOGY)}
        triples = [
            triple
            for triple in map(_terms, self._triples(source))
            if triple not in own and triple[:2] != (ox.NamedNode(source), _LAYER)
        ]
        before = self._begin(target)
        if word != "ADD":
            self._store.remove_graph(ox.NamedNode(target))
        if target not in self._files:
            self._layers[target] = self._layer(source)
        name = ox.NamedNode(target)
        self._store.extend(ox.Quad(*triple, name) for triple in triples)
        self._there.add(target)
        self._end(target, before)
        if word == "MOVE":
            self._empty(source, is_gone=True)

    def _begin(self, graph: str) -> frozenset[ox.Triple]:
        """Return what a graph is before it is written.

        Raises:
            RefusedQuery: It is derived, and not to be written.
        """
        triples = self._triples(graph)
        if graph not in self._there and triples:
            raise RefusedQuery(
                f"<{graph}> is derived from the files, and is not to be written",
                "change what it is derived from",
                clause="GRAPH",
            )
        self._before.setdefault(graph, triples)
        return triples

    def _end(self, graph: str, before: frozenset[ox.Triple]) -> None:
        """Have the default graph follow what became of a graph."""
        after = self._triples(graph)
        if before == after:
            return
        old = before if self._is_fact(graph, before) else frozenset()
        new = after if self._is_fact(graph, after) else frozenset()
        self._store.extend(ox.Quad(*_terms(triple), _DEFAULT) for triple in new - old)
        for triple in old - new:
            if not self._is_known(triple):
                self._store.remove(ox.Quad(*_terms(triple), _DEFAULT))

    def _is_fact(self, graph: str, triples: frozenset[ox.Triple]) -> bool:
        """Tell whether a graph is one of facts, with certain triples in it."""
        entry = self._entries.get(graph)
        if entry is not None and entry["kind"] != Kind.GRAPH:
            return entry["kind"] == Kind.ONTOLOGY
        name = ox.NamedNode(graph)
        said = {t.object for t in triples if t.subject == name and t.predicate == _LAYER}
        return bool(said & _FACTS) if said else self._layer(graph) in FACT_LAYERS

    def _layer(self, graph: str) -> str | None:
        """Return the layer that a graph is of, if it does not say another one."""
        entry = self._entries.get(graph)
        if entry is not None:
            return entry["layer"]
        return LAYER_ASSERTED if graph == self._default else self._layers.get(graph)

    def _is_known(self, triple: ox.Triple) -> bool:
        """Tell whether a triple is in a graph of facts, or follows."""
        for quad in self._store.quads_for_pattern(*_terms(triple), None):
            name = quad.graph_name
            if isinstance(name, ox.NamedNode) and (
                name.value == INFERRED_GRAPH
                or (
                    name.value in self._there
                    and self._is_fact(name.value, self._triples(name.value))
                )
            ):
                return True
        return False

    def _keep_header(self, graph: str) -> None:
        """See to it that a graph says which layer it is of: the one it was of, if no other."""
        name = ox.NamedNode(graph)
        entry = self._entries.get(graph)
        if entry is None:
            return
        self._store.add(ox.Quad(name, _TYPE, _ONTOLOGY, name))
        if entry["layer"] is not None and not any(
            triple.subject == name and triple.predicate == _LAYER for triple in self._triples(graph)
        ):
            self._store.add(ox.Quad(name, _LAYER, ox.NamedNode(entry["layer"]), name))

    def _triples(self, graph: str) -> frozenset[ox.Triple]:
        name = ox.NamedNode(graph)
        return frozenset(q.triple for q in self._store.quads_for_pattern(None, None, None, name))


def _terms(
    triple: ox.Triple,
) -> tuple[
    ox.NamedNode | ox.BlankNode | ox.Triple,
    ox.NamedNode,
    ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple,
]:
    return triple.subject, triple.predicate, triple.object


def _write(triples: Iterable[ox.Triple]) -> str:
    return (ox.serialize(sorted(triples, key=str), format=ox.RdfFormat.N_TRIPLES) or b"").decode()
