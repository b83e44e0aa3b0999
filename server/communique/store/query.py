"""Asking a generation in SPARQL 1.1 Query: read-only, and never reaching outside the store."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from communique.errors import RefusedQuery
from communique.namespaces import BASE
from communique.store import federation, guard, rewriting
from communique.store.diagnosis import syntax_error
from communique.store.outbound import NOWHERE
from communique.store.results import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from communique.store.federation import Clause
    from communique.store.generation import Generation
    from communique.store.guard import Reading
    from communique.store.outbound import Outbound
    from communique.store.terminals import Token

_ABSOLUTE: Final = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:.+>")
_VOLATILE: Final = ("NOW", "RAND", "UUID", "STRUUID", "BNODE")
_NO_FUNCTION: Final = re.compile(r"The custom (?:aggregate )?function (<.*>) is not supported")


@dataclass(frozen=True, slots=True)
class _Dataset:
    """The graphs a query is asked of (SPARQL 1.1, §13.2).

    Attributes:
        default: Those whose merge is the default graph.
        named: The named ones.
    """

    default: tuple[ox.NamedNode, ...]
    named: tuple[ox.NamedNode, ...]


def ask(
    generation: Generation,
    text: str,
    *,
    default_graphs: Sequence[str] = (),
    named_graphs: Sequence[str] = (),
    outbound: Outbound = NOWHERE,
) -> Answer:
    """Ask a query.

    Relative IRIs in the query are resolved against the project's own base, wherever it is asked.
    Where graphs are given beside the query, they replace those that the query names itself (SPARQL
    1.1 Protocol, §2.1.4).

    Args:
        generation: The generation to ask.
        text: The query.
        default_graphs: The IRIs of the graphs whose merge is the default graph.
        named_graphs: The IRIs of the named graphs.
        outbound: Which other services it may call.

    Returns:
        The answer, computed as it is read.

    Raises:
        QuerySyntaxError: The text is no SPARQL 1.1 query.
        RefusedQuery: It is an update, calls another service than it may, names a graph that the
            store does not hold or a function that the engine does not know, or is too large.
        ServiceFailed: Another service gives no answer.
    """
    reading = guard.inspect(text, calls=bool(outbound.endpoints))
    namespaces = resolve_prefixes(reading)
    if default_graphs or named_graphs:
        default = _held(generation.store, default_graphs, "default-graph-uri")
        named = _held(generation.store, named_graphs, "named-graph-uri")
    else:
        sources = list(_sources(reading, namespaces))
        default = _held(generation.store, [iri for iri, named in sources if not named], "FROM")
        named = _held(generation.store, [iri for iri, named in sources if named], "FROM NAMED")
    dataset = _Dataset(default, named) if default or named else None
    written = rewriting.write(reading, namespaces, _call(reading, namespaces, outbound))
    try:
        result = _evaluate(generation.store, written.text, dataset)
    except SyntaxError as error:
        raise syntax_error(reading, written, str(error)) from error
    except RuntimeError as error:
        unknown = _NO_FUNCTION.match(str(error))
        if unknown is None:
            raise
        message = f"the function {unknown[1]} is not known here"
        advice = "use the functions of SPARQL 1.1"
        raise RefusedQuery(message, advice, clause=unknown[1]) from error
    is_repeatable = not (reading.services or _is_volatile(reading))
    return Answer(result, declared(reading.prologue), is_repeatable=is_repeatable)


def _is_volatile(reading: Reading) -> bool:
    """Tell whether a query has a function that gives another value each time (§17.4)."""
    return any(token.is_word(*_VOLATILE) for token in reading.tokens)


def _evaluate(
    store: ox.Store, text: str, dataset: _Dataset | None
) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    """Ask the store, or of it the graphs of a dataset."""
    if dataset is None:
        return store.query(text, base_iri=BASE)
    default: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] = list(dataset.default)
    if len(default) > 1:
        # The engine would give a triple that is in two of them twice; in their merge it is one.
        store = _merged(store, dataset)
        default = [ox.DefaultGraph()]
    return store.query(text, base_iri=BASE, default_graph=default, named_graphs=list(dataset.named))


def _merged(store: ox.Store, dataset: _Dataset) -> ox.Store:
    """Return a store in memory with the merge of the default graphs, and the named ones."""
    merged = ox.Store()
    for graph in dataset.default:
        merged.extend(
            ox.Quad(quad.subject, quad.predicate, quad.object)
            for quad in store.quads_for_pattern(None, None, None, graph)
        )
    for graph in dataset.named:
        merged.extend(store.quads_for_pattern(None, None, None, graph))
    return merged


def _call(reading: Reading, namespaces: Mapping[str, str], outbound: Outbound) -> dict[Clause, str]:
    """Call the services of a query, and return what stands in the place of their clauses."""
    answers: dict[Clause, str] = {}
    for clause in reading.services:
        pattern = reading.tokens[clause.opening : clause.end]
        name = rewriting.write_token(clause.name, namespaces)
        # Where the engine balks at the name, it is no endpoint either.
        for iri in resolve_names(reading, [name]) or [clause.name.text]:
            answers[clause] = federation.answer(reading.prologue, pattern, clause, iri, outbound)
    return answers


def declared(prologue: Sequence[Token]) -> dict[str, str]:
    """Return the prefixes that a query declares, which its answer may use as well.

    Args:
        prologue: The tokens of its declarations.
    """
    return {
        name.text[:-1]: iri.text[1:-1]
        for name, iri in itertools.pairwise(prologue)
        if name.kind == "PNAME_NS" and _ABSOLUTE.match(iri.text)
    }


def resolve_prefixes(reading: Reading) -> dict[str, str]:
    """Return the IRIs of the prefixes that are needed, as the engine understands the prologue.

    Args:
        reading: The query.
    """
    prefixes = rewriting.prefixes_to_resolve(reading)
    found = resolve_names(reading, prefixes) if prefixes else []
    return dict(zip(prefixes, found, strict=False))  # none is found where the engine balks


def _sources(reading: Reading, namespaces: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """Yield the IRI of each graph the query names, and whether it is meant as a named graph."""
    for source in reading.sources:
        token = source.token
        if token.kind in rewriting.NAMES:
            if rewriting.prefix_of(token) in namespaces:
                yield rewriting.expand(token, namespaces), source.is_named
        else:
            for iri in resolve_names(reading, [rewriting.write_token(token)]):
                yield iri, source.is_named


def resolve_names(reading: Reading, names: Sequence[str]) -> list[str]:
    """Return the IRIs that names stand for after the query's own declarations.

    The engine resolves them itself, so that it means the same by them.

    Args:
        reading: The query.
        names: IRIs in angle brackets, or prefixes with their colon.

    Returns:
        An IRI for each; none at all if the engine rejects the declarations or a name, as it will
        reject the whole query.
    """
    prologue = " ".join(rewriting.write_token(token) for token in reading.prologue)
    columns = " ".join(f"({name} AS ?n{index})" for index, name in enumerate(names))
    try:
        result = ox.Store().query(f"{prologue} SELECT {columns} {{}}", base_iri=BASE)
    except SyntaxError:
        return []
    (row,) = Answer(result).rows
    return [term.value for term in row if term is not None]


def _held(store: ox.Store, iris: Sequence[str], clause: str) -> tuple[ox.NamedNode, ...]:
    """Return graphs as the engine names them, each once.

    Raises:
        RefusedQuery: The store does not hold one of them.
    """
    graphs: dict[str, ox.NamedNode] = {}
    for iri in iris:
        try:
            graphs[iri] = ox.NamedNode(iri)
            is_held = store.contains_named_graph(graphs[iri])
        except ValueError:  # it is no absolute IRI
            is_held = False
        if not is_held:
            raise RefusedQuery(
                f"{clause} <{iri}> names a graph that this dataset does not hold, "
                "and this endpoint fetches none",
                "list the graphs it holds with SELECT DISTINCT ?g { GRAPH ?g {} }",
                clause=clause,
            )
    return tuple(graphs.values())
