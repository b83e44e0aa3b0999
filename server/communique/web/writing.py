"""Changing graphs by their names: what the Graph Store HTTP Protocol has on writing (§5.3 to §5.7).

A named graph is one Turtle file.  Its whole change goes through the gate; what the gate rejects
changes nothing.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
from flask import Blueprint, Response, request

from communique.edits import Edit
from communique.errors import Conflict, DataError, LostUpdate, NoSuchGraph, RefusedChange
from communique.namespaces import BASE, GRAPH, LAYER_ASSERTED
from communique.repository import graphs
from communique.store import describing
from communique.tokens import Scope
from communique.web import authorization, bodies, data, protocol, verdicts, versions
from communique.web.problems import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flask import Flask

    from communique.repository import Outcome, Session
    from communique.repository.graphs import Target
    from communique.tokens import Token
    from communique.web.bodies import Body

blueprint = Blueprint("writing", __name__)

MAX_MESSAGE: Final = 1000
"""The most characters of the message of a change."""

_NEW: Final = GRAPH + "new/"
"""What the names of graphs begin with that come without one."""
_DRY_RUN: Final = "dry-run"


@dataclass(frozen=True, slots=True)
class Request:
    """What is the same for all requests that change something.

    Attributes:
        token: Who asks for it.
        message: What it is for.
        dry_run: Whether it is only asked what would come of it.
    """

    token: Token
    message: str
    dry_run: bool

    @property
    def scope(self) -> Scope:
        """What the token is to allow."""
        return Scope.PROPOSE if self.dry_run else Scope.WRITE

    def check(self, graph: str) -> None:
        """Make sure that the token is for a graph.

        Args:
            graph: The IRI of the graph.

        Raises:
            TokenInsufficient: It is not.
        """
        authorization.check_graph(self.token, graph, self.scope)


def register(app: Flask) -> None:
    """Have an application take changes.

    Args:
        app: The application, which knows who may change what.
    """
    app.register_blueprint(blueprint)
    verdicts.register(app)


def begin() -> Request:
    """Return what is the same for all requests that change something.

    Raises:
        BadRequest: A parameter is none.
        CommuniqueError: The token does not allow it; see :func:`authorization.authorize`.
    """
    if versions.asked() is not None:
        raise BadRequest("a version never changes", f"leave the parameter {versions.NAME} out")
    given = protocol.parameters(request, ["message"])
    wish = request.args.get(_DRY_RUN)
    if wish not in {None, "", "true", "false"}:
        message = f"the parameter {_DRY_RUN} is {wish}"
        raise BadRequest(message, f"give {_DRY_RUN} alone, or as true or false")
    dry_run = wish in {"", "true"}
    token = authorization.authorize(Scope.PROPOSE if dry_run else Scope.WRITE)
    text = given.get("message", "")
    if len(text) > MAX_MESSAGE or any(c != "\n" and not c.isprintable() for c in text):
        reason = f"the message is longer than {MAX_MESSAGE} characters, or has some that are none"
        raise BadRequest(reason, "say in short what the change is for")
    verdicts.choose()  # what cannot be told is not done
    return Request(token, text, dry_run)


@contextmanager
def session() -> Iterator[Session]:
    """Lend a session, to which the rest of the request belongs."""
    with authorization.writable().repository.session() as lent:
        versions.renew()
        yield lent


def change(
    lent: Session, asked: Request, edits: Sequence[Edit], sent: Mapping[str, Body]
) -> Outcome:
    """Change files, or say what would come of it.

    Args:
        lent: The session.
        asked: Who asks for it.
        edits: The files.
        sent: What was sent to be files, by their names.

    Raises:
        ChangeRejected: The gate does not let it pass.
        BadRequest: Blank nodes hang on one another without end.
    """
    author = authorization.author_of(asked.token)
    try:
        outcome = lent.change(edits, author, asked.message, dry_run=asked.dry_run)
    except DataError as fault:
        raise verdicts.rejection(fault, sent) from fault
    except RecursionError as error:
        message = "blank nodes hang on one another, one below the other, too deep"
        raise BadRequest(message, "give some of them names") from error
    versions.renew()
    return outcome


@blueprint.put("/data")
@blueprint.put("/ontology")
@blueprint.put("/alignments")
@blueprint.put("/graph/<path:name>")
@blueprint.put("/shapes/<path:name>")
def put(name: str = "") -> Response:  # noqa: ARG001 - the path is the name
    """Make the body the content of the graph (§5.3)."""
    asked = begin()
    iri = _identified(asked)
    body = bodies.read(request, iri)
    with session() as lent:
        target = target_of(lent, iri)
        check_preconditions(target)
        return _store(lent, asked, target, body)


@blueprint.post("/data")
@blueprint.post("/ontology")
@blueprint.post("/alignments")
@blueprint.post("/graph/<path:name>")
@blueprint.post("/shapes/<path:name>")
def post(name: str = "") -> Response:  # noqa: ARG001 - the path is the name
    """Merge the body into the graph, or make a new graph of it (§5.5)."""
    asked = begin()
    is_new = request.path == "/data" and not {"graph", "default"} & request.args.keys()
    iri = None if is_new else _identified(asked)
    if bodies.content_type(request) == bodies.MULTIPART:
        body = bodies.read_multipart(request, iri)
    elif not request.get_data():
        return Response(status=HTTPStatus.NO_CONTENT)  # §5.5: "if the request body is empty"
    else:
        body = bodies.read(request, iri)
    if iri is None:
        iri = _name(asked, body)
    with session() as lent:
        target = target_of(lent, iri)
        check_preconditions(target)
        if is_new and target.exists:
            message = f"there is a graph <{iri}> already"
            raise Conflict(message, "name it by the parameter graph to add to it")
        if not target.exists:
            return _store(lent, asked, target, body)
        before = (lent.read(target.file) or b"").decode("utf-8-sig", errors="replace")
        content = f"{before}\n{body.ntriples}".encode()
        sent = {target.file: body}
        outcome = change(lent, asked, [Edit(target.file, content)], sent)
        return verdicts.respond(outcome, sent, dry_run=asked.dry_run)


@blueprint.delete("/data")
@blueprint.delete("/ontology")
@blueprint.delete("/alignments")
@blueprint.delete("/graph/<path:name>")
@blueprint.delete("/shapes/<path:name>")
def delete(name: str = "") -> Response:  # noqa: ARG001 - the path is the name
    """Remove the graph (§5.4)."""
    asked = begin()
    iri = _identified(asked)
    with session() as lent:
        if not describing.holds_graph(lent.generation, iri):
            raise NoSuchGraph(iri)
        target = target_of(lent, iri)
        check_preconditions(target)
        outcome = change(lent, asked, [Edit(target.file, None)], {})
        return verdicts.respond(outcome, {}, dry_run=asked.dry_run)


@blueprint.patch("/data")
@blueprint.patch("/ontology")
@blueprint.patch("/alignments")
@blueprint.patch("/graph/<path:name>")
@blueprint.patch("/shapes/<path:name>")
def patch(name: str = "") -> Response:  # noqa: ARG001 - the path is the name
    """Change the graph by an update request (§5.7)."""
    # Late, because it needs this module for what both have in common.
    from communique.web import updating  # noqa: PLC0415

    asked = begin()
    return updating.patch(asked, _identified(asked))


def _store(lent: Session, asked: Request, target: Target, body: Body) -> Response:
    """Make a body the content of a graph."""
    lacking = ox.serialize(target.header(body.triples), format=ox.RdfFormat.N_TRIPLES) or b""
    content = f"{body.text}\n{lacking.decode()}".encode()
    sent = {target.file: body}
    outcome = change(lent, asked, [Edit(target.file, content)], sent)
    created = not target.exists
    response = verdicts.respond(outcome, sent, dry_run=asked.dry_run, created=created)
    if created and not asked.dry_run:
        response.headers["Location"] = target.iri
    return response


def _identified(asked: Request) -> str:
    """Return the IRI of the graph that the request is about (§4), for which the token is.

    Raises:
        RefusedChange: It is the default graph, and nothing says which file that is.
        BadRequest: There is none, or several.
        TokenInsufficient: The token is not for it.
    """
    is_indirect = request.path == "/data"
    iri = data.identified() if is_indirect else BASE + request.path.removeprefix("/")
    if iri is None:
        iri = default_graph()
    asked.check(iri)
    try:
        ox.NamedNode(iri)
    except ValueError as error:
        raise BadRequest(f"<{iri}> is no IRI", "give the IRI of a graph") from error
    return iri


def target_of(lent: Session, iri: str) -> Target:
    """Return a graph, to be changed; if it stands for the default graph, a new one is of facts.

    Args:
        lent: The session.
        iri: The IRI of the graph.

    Raises:
        RefusedChange: It is derived, or no new one can have that name.
        Conflict: Its file is there already, and is another graph.
    """
    target = graphs.target(lent.generation, iri)
    if iri == authorization.writable().default_graph and not target.exists:
        return replace(target, layer=LAYER_ASSERTED)
    return target


def default_graph() -> str:
    """Return the IRI of the graph that changes of the default graph go to.

    Raises:
        RefusedChange: There is none.
    """
    iri = authorization.writable().default_graph
    if not iri:
        raise RefusedChange(
            "the default graph is made of all facts and what follows from them, and no file is it",
            "name the graph to change; or have who runs the server say, by the setting "
            "default_graph, to which one such changes go",
            clause="default",
        )
    return iri


def _name(asked: Request, body: Body) -> str:
    """Return the IRI of a new graph: that of the body's header, or a new one.

    Raises:
        BadRequest: The body has several headers.
        TokenInsufficient: The token is not for it.
    """
    if len(body.headers) > 1:
        names = " and ".join(f"<{name}>" for name in body.headers)
        message = f"the body declares several graphs: {names}"
        raise BadRequest(message, "keep one owl:Ontology in it")
    iri = body.headers[0] if body.headers else _NEW + secrets.token_hex(8)
    asked.check(iri)
    return iri


def check_preconditions(target: Target) -> None:
    """Make sure that the graph is what the client takes it for (RFC 9110, §13.1).

    Args:
        target: The graph.

    Raises:
        LostUpdate: It is not.
    """
    tags = data.tags(target.iri, target.sha256) if target.sha256 is not None else frozenset()
    if "If-Match" in request.headers:
        wanted = request.if_match
        if not (target.exists and (wanted.star_tag or any(tag in wanted for tag in tags))):
            raise LostUpdate(
                f"the graph <{target.iri}> is not, or no longer, the one that If-Match names",
                "get it again, with its ETag, and make the change to that",
            )
    if "If-None-Match" in request.headers:
        had = request.if_none_match
        # §13.1.2: the weak comparison; "*" is for any graph at all.
        if target.exists and (had.star_tag or any(had.contains_weak(tag) for tag in tags)):
            raise LostUpdate(
                f"there is a graph <{target.iri}> already, which If-None-Match excludes",
                "leave If-None-Match out to replace it",
            )
