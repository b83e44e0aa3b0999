"""SPARQL 1.1 Update by the Protocol (§2.2), and as a patch of one graph (Graph Store, §5.7).

A request is run on a copy of what is in service.  The graphs that it changes there become edits of
their files, all together through the gate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Response, request

from communique.errors import NoSuchGraph, OtherGraph
from communique.repository import applying
from communique.store import describing, generation, operations
from communique.store.operation import Defaults
from communique.store.updating import UpdateQuestion, changes_of
from communique.web import authorization, bodies, changing, limits, protocol, verdicts
from communique.web.problems import BadRequest, UnsupportedContent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from communique.edits import Edit
    from communique.repository import Session
    from communique.store.running import Change
    from communique.web.changing import Request

TIMEOUT: Final = "timeout"
"""The parameter for the seconds that a request may take."""


def update() -> Response:
    """Run the update request that is the body (Protocol, §2.2.2)."""
    asked = changing.begin()
    bodies.content_type(request)
    using, using_named = protocol.using(request)
    default = authorization.writable().default_graph
    defaults = Defaults(graph=default, using=using, using_named=using_named)
    text = _text()
    read = operations.read(text, defaults)
    for iri in read.graphs:
        asked.check(iri)
    with changing.session() as lent:
        changes = _run(lent, text, defaults)
        for change in changes:
            asked.check(change.graph)
        outcome = changing.change(lent, asked, _edits(lent, changes, read.prefixes), {})
        return verdicts.respond(outcome, {}, dry_run=asked.dry_run)


def patch(asked: Request, iri: str) -> Response:
    """Run the update request that is the body, on one graph.

    Args:
        asked: Who asks for it.
        iri: The IRI of the graph.

    Raises:
        NoSuchGraph: It is not there.
        OtherGraph: The request changes another one.
    """
    if bodies.content_type(request) != protocol.UPDATE:
        sent = request.mimetype or "a body without its type"
        raise UnsupportedContent(f"{sent} is no patch here", f"send {protocol.UPDATE}")
    defaults = Defaults(graph=iri, is_whole=True)
    text = _text()
    read = operations.read(text, defaults)
    with changing.session() as lent:
        if not describing.holds_graph(lent.generation, iri):
            raise NoSuchGraph(iri)
        changing.check_preconditions(changing.target_of(lent, iri))
        changes = _run(lent, text, defaults)
        for graph in (*sorted(read.graphs), *(change.graph for change in changes)):
            if graph != iri:
                raise OtherGraph(graph)
        outcome = changing.change(lent, asked, _edits(lent, changes, read.prefixes), {})
        return verdicts.respond(outcome, {}, dry_run=asked.dry_run)


def _text() -> str:
    """Return the request's body.

    Raises:
        BadRequest: It is empty, or not UTF-8.
    """
    try:
        return request.get_data().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest("the update is not UTF-8", "send it in UTF-8") from error


def _run(lent: Session, text: str, defaults: Defaults) -> list[Change]:
    """Return what a request changes, as a worker finds out within the limits of queries."""
    given = protocol.parameters(request, [TIMEOUT]).get(TIMEOUT)
    base = lent.generation
    with generation.draft(base.path.parent) as begun:
        question = UpdateQuestion(text, defaults, str(begun.store))
        return changes_of(limits.ask_within(base, question, limits.deadline(given)))


def _edits(lent: Session, changes: Sequence[Change], prefixes: Mapping[str, str]) -> list[Edit]:
    """Return the edits of files that changes of graphs are.

    Raises:
        RefusedChange: A graph is derived, or no new one can have its name.
    """
    root = authorization.writable().repository.root
    edits = []
    for change in changes:
        target = changing.target_of(lent, change.graph)
        before = lent.read(target.file) if target.exists else None
        edits.append(applying.edit(root, target, before, change, prefixes))
    return edits
