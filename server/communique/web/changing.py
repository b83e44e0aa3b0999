"""What all requests that change something have in common: token, session, gate and conditions."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from flask import request

from communique.errors import DataError, LostUpdate, RefusedChange
from communique.namespaces import LAYER_ASSERTED
from communique.repository import graphs
from communique.tokens import Scope
from communique.web import authorization, data, protocol, verdicts, versions
from communique.web.problems import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from communique.edits import Edit
    from communique.repository import Outcome, Session
    from communique.repository.graphs import Target
    from communique.tokens import Token
    from communique.web.bodies import Body

MAX_MESSAGE: Final = 1000
"""The most characters of the message of a change."""

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
