"""``SERVICE`` (SPARQL 1.1 Federated Query), where the operator allows it.

The engine would call any address, so it never sees the keyword.  The pattern of each clause is
asked of its endpoint here, and the solutions stand in the clause's place as ``VALUES``: the algebra
joins either in the same way (§2 there, and §18.2.2.6 of SPARQL 1.1 Query).  The endpoint has to be
named by its IRI, and sees nothing but the pattern: no solutions found so far.  Blank nodes of its
answer cannot stand in ``VALUES``; RDF 1.1 Concepts, §3.5, has IRIs in their place.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pyoxigraph as ox

from communique.errors import RefusedQuery, ServiceFailed
from communique.namespaces import BASE
from communique.store import rewriting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from communique.store.outbound import Outbound
    from communique.store.terminals import Query, Token

MAX_CLAUSES: Final = 8
"""How often one query may call."""
MAX_ROWS: Final = 100_000
"""How many solutions are taken from one endpoint."""

_NOTHING: Final = "VALUES () { () }"
"""One solution without bindings, as of a service that failed silently (§2.2)."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A ``SERVICE`` clause.

    Attributes:
        start: The index of its first token.
        opening: The index of the bracket before its pattern.
        end: The index behind its last token.
        name: What names the endpoint.
        is_silent: Whether its failure is no error.
    """

    start: int
    opening: int
    end: int
    name: Token
    is_silent: bool


def find(query: Query, tokens: Sequence[Token]) -> tuple[Clause, ...]:
    """Find the ``SERVICE`` clauses of a query.

    Args:
        query: The query.
        tokens: Its tokens, comments left out.

    Raises:
        QuerySyntaxError: One is no such clause.
        RefusedQuery: One names no endpoint by its IRI, stands in another, or there are too many.
    """
    found: list[Clause] = []
    for start, token in enumerate(tokens):
        if not token.is_word("SERVICE"):
            continue
        if found and start < found[-1].end:
            raise _refused("SERVICE in SERVICE would have one endpoint call another")
        found.append(_clause(query, tokens, start))
    if len(found) > MAX_CLAUSES:
        raise _refused(f"the query calls {len(found)} times, and {MAX_CLAUSES} are the most")
    return tuple(found)


def _clause(query: Query, tokens: Sequence[Token], start: int) -> Clause:
    """Read the clause that begins with a token."""
    rest = tokens[start + 1 : start + 4]
    is_silent = bool(rest) and rest[0].is_word("SILENT")
    name, opening = start + 1 + is_silent, start + 2 + is_silent
    if len(tokens) > name and tokens[name].kind == "VAR":
        raise _refused("SERVICE by a variable could call any address")
    if (
        len(tokens) <= opening
        or tokens[name].kind not in {"IRIREF", *rewriting.NAMES}
        or tokens[opening].text != "{"
    ):
        raise query.fault("SERVICE without an endpoint and a pattern", tokens[start].start)
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].kind == "PUNCTUATION":
            depth += (tokens[index].text == "{") - (tokens[index].text == "}")
        if not depth:
            return Clause(start, opening, index + 1, tokens[name], is_silent)
    raise query.fault("this pattern has no end", tokens[opening].start)


def answer(
    prologue: Sequence[Token], pattern: Sequence[Token], clause: Clause, iri: str, to: Outbound
) -> str:
    """Ask the endpoint of a clause, and return what stands in its place.

    Args:
        prologue: The declarations of the query.
        pattern: The tokens of the pattern.
        clause: The clause.
        iri: The IRI of its endpoint.
        to: Where queries may call.

    Raises:
        RefusedQuery: The endpoint may not be called.
        ServiceFailed: It gives no answer.
    """
    if iri not in to.endpoints:
        there = ", ".join(f"<{endpoint}>" for endpoint in to.endpoints)
        raise _refused(f"SERVICE <{iri}> is not allowed here", f"allowed are {there}")
    # Late, because few queries call.
    from communique.store import calling  # noqa: PLC0415

    words = [f"BASE <{BASE}>", *(token.text for token in prologue)]
    words += ["SELECT * WHERE", *(token.text for token in pattern)]
    try:
        return _values(iri, calling.select(iri, " ".join(words), to))
    except ServiceFailed:
        if clause.is_silent:
            return _NOTHING
        raise


def _values(iri: str, body: bytes) -> str:
    """Write solutions as VALUES.

    Raises:
        ServiceFailed: They are none, or too many.
    """
    try:
        found = ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
        if not isinstance(found, ox.QuerySolutions):
            raise ServiceFailed(iri, "it answers with a verdict")
        names = " ".join(str(variable) for variable in found.variables)
        nodes = _genids(iri)
        rows: list[str] = []
        for solution in found:
            rows.append(f"({' '.join(_term(iri, nodes, term) for term in solution)})")
            if len(rows) > MAX_ROWS:
                raise ServiceFailed(iri, f"it has more than {MAX_ROWS} solutions")
    except (SyntaxError, ValueError) as error:
        raise ServiceFailed(iri, f"its answer is unreadable: {error}") from error
    return f"VALUES ({names}) {{ {' '.join(rows)} }}"


def _genids(iri: str) -> str:
    """Return what the IRIs of one answer's blank nodes begin with: others in each answer."""
    parts = urlsplit(iri)
    return f"{parts.scheme}://{parts.netloc}/.well-known/genid/{secrets.token_hex(8)}/"


def _term(
    iri: str, nodes: str, term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None
) -> str:
    """Write a term of a solution.

    Raises:
        ServiceFailed: It is none of RDF 1.1.
    """
    match term:
        case None:
            return "UNDEF"
        case ox.BlankNode():
            return rewriting.write_iri(nodes + term.value)
        case ox.NamedNode():
            return rewriting.write_iri(term.value)
        case ox.Literal() if term.language is None:
            text = rewriting.write_string(str(ox.Literal(term.value)))
            return f"{text}^^{rewriting.write_iri(term.datatype.value)}"
        case ox.Literal() if term.direction is None:
            return f"{rewriting.write_string(str(ox.Literal(term.value)))}@{term.language}"
        case _:
            raise ServiceFailed(iri, "it answers with terms that are none of RDF 1.1")


def _refused(message: str, advice: str = "") -> RefusedQuery:
    advice = advice or "name each endpoint by its IRI, once for each pattern"
    return RefusedQuery(message, advice, clause="SERVICE")
