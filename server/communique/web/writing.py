"""Changing graphs by their names: what the Graph Store HTTP Protocol has on writing (§5.3 to §5.7).

A named graph is one Turtle file.  Its whole change goes through the gate; what the gate rejects
changes nothing.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar

import pyoxigraph as ox
from flask import Blueprint, Response, request

from communique.edits import Edit
from communique.errors import Conflict, NoSuchGraph
from communique.namespaces import BASE, GRAPH
from communique.store import describing
from communique.web import bodies, changing, data, updating, verdicts
from communique.web.problems import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from communique.repository import Session
    from communique.repository.graphs import Target
    from communique.web.bodies import Body

blueprint = Blueprint("writing", __name__)

_View = TypeVar("_View", bound="Callable[..., Response]")

_NEW: Final = GRAPH + "new/"
"""What the names of graphs begin with that come without one."""


_PATHS: Final = ("/data", "/ontology", "/alignments", "/graph/<path:name>", "/shapes/<path:name>")
"""Where graphs are identified indirectly (§4.2) and directly (§4.1)."""


def _of_graphs(method: str) -> Callable[[_View], _View]:
    """Have a view answer a method wherever a graph is identified."""

    def add(view: _View) -> _View:
        for path in _PATHS:
            blueprint.add_url_rule(path, view_func=view, methods=[method])
        return view

    return add


def register(app: Flask) -> None:
    """Have an application take changes.

    Args:
        app: The application, which knows who may change what.
    """
    app.register_blueprint(blueprint)
    verdicts.register(app)


@_of_graphs("PUT")
def put(name: str = "") -> Response:  # noqa: ARG001 - the path is the name
    """Make the body the content of the graph (§5.3)."""
    asked = changing.begin()
    iri = _identified(asked)
    body = bodies.read(request, iri)
    with changing.session() as lent:
        target = changing.target_of(lent, iri)
        changing.check_preconditions(target)
        return _store(lent, asked, target, body)


@_of_graphs("POST")
def post(name: str = "") -> Response:  # noqa: ARG001 - the path is the name
    """Merge the body into the graph, or make a new graph of it (§5.5)."""
    asked = changing.begin()
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
    with changing.session() as lent:
        target = changing.target_of(lent, iri)
        changing.check_preconditions(target)
        if is_new and target.exists:
            message = f"there is a graph <{iri}> already"
            raise Conflict(message, "name it by the parameter graph to add to it")
        if not target.exists:
            return _store(lent, asked, target, body)
        before = (lent.read(target.file) or b"").decode("utf-8-sig", errors="replace")
        content = f"{before}\n{body.ntriples}".encode()
        sent = {target.file: body}
        outcome = changing.change(lent, asked, [Edit(target.file, content)], sent)
        return verdicts.respond(outcome, sent, dry_run=asked.dry_run)


@_of_graphs("DELETE")
def delete(name: str = "") -> Response:  # noqa: ARG001 - the path is the name
    """Remove the graph (§5.4)."""
    asked = changing.begin()
    iri = _identified(asked)
    with changing.session() as lent:
        if not describing.holds_graph(lent.generation, iri):
            raise NoSuchGraph(iri)
        target = changing.target_of(lent, iri)
        changing.check_preconditions(target)
        outcome = changing.change(lent, asked, [Edit(target.file, None)], {})
        return verdicts.respond(outcome, {}, dry_run=asked.dry_run)


@_of_graphs("PATCH")
def patch(name: str = "") -> Response:  # noqa: ARG001 - the path is the name
    """Change the graph by an update request (§5.7)."""
    asked = changing.begin()
    return updating.patch(asked, _identified(asked))


def _store(lent: Session, asked: changing.Request, target: Target, body: Body) -> Response:
    """Make a body the content of a graph."""
    lacking = ox.serialize(target.header(body.triples), format=ox.RdfFormat.N_TRIPLES) or b""
    content = f"{body.text}\n{lacking.decode()}".encode()
    sent = {target.file: body}
    outcome = changing.change(lent, asked, [Edit(target.file, content)], sent)
    created = not target.exists
    response = verdicts.respond(outcome, sent, dry_run=asked.dry_run, created=created)
    if created and not asked.dry_run:
        response.headers["Location"] = target.iri
    return response


def _identified(asked: changing.Request) -> str:
    """Return the IRI of the graph that the request is about (§4), for which the token is.

    Raises:
        RefusedChange: It is the default graph, and nothing says which file that is.
        BadRequest: There is none, or several.
        TokenInsufficient: The token is not for it.
    """
    is_indirect = request.path == "/data"
    iri = data.identified() if is_indirect else BASE + request.path.removeprefix("/")
    if iri is None:
        iri = changing.default_graph()
    asked.check(iri)
    try:
        ox.NamedNode(iri)
    except ValueError as error:
        raise BadRequest(f"<{iri}> is no IRI", "give the IRI of a graph") from error
    return iri


def _name(asked: changing.Request, body: Body) -> str:
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
