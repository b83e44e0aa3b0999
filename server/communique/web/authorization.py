"""Who may change what: bearer tokens (RFC 6750).

A token comes in the header ``Authorization``, and nowhere else: a URL ends up in logs, histories
and ``Referer``, and a form can be sent by any page.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from flask import request

from communique.edits import Author
from communique.errors import StorageError, TokenFileError, TokenInsufficient, TokenMissing
from communique.tokens.token import NAME
from communique.web.logs import BEARER
from communique.web.problems import BadRequest
from communique.web.served import served

if TYPE_CHECKING:
    from communique.tokens import Scope, Token
    from communique.web.served import Writable

_CREDENTIALS: Final = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*) *")
"""RFC 6750, §2.1."""
_LOGGER: Final = logging.getLogger("communique.tokens")


def writable() -> Writable:
    """Return how the current application takes changes, which it does.

    Raises:
        RuntimeError: It does not.
    """
    found = served().writable
    if found is None:
        raise RuntimeError("this application takes no changes")
    return found


def authorize(scope: Scope) -> Token:
    """Return the token that the request comes with, if it allows something.

    Args:
        scope: What it is to allow.

    Raises:
        TokenMissing: There is none.
        BadRequest: The header is none of RFC 6750.
        TokenRejected: It is not valid.
        TokenInsufficient: It does not allow that.
        StorageError: The file of the tokens cannot be used.
    """
    header = request.headers.get("Authorization", "")
    if header.split(" ", 1)[0].lower() != "bearer":
        raise TokenMissing
    found = _CREDENTIALS.fullmatch(header)
    if found is None:
        raise BadRequest(
            "the header Authorization has no token as RFC 6750 writes it",
            "send Authorization: Bearer TOKEN",
        )
    try:
        token = writable().tokens.verify(found[1])
    except TokenFileError as fault:
        # Where the file is, is nothing to tell the world.
        _LOGGER.error("%s", fault)  # noqa: TRY400 - the fault says it all
        message = "the tokens cannot be read"
        raise StorageError(message, "have who runs the server look into its log") from fault
    request.environ[BEARER] = token.id
    if not token.scope.covers(scope):
        raise TokenInsufficient(f"the token allows to {token.scope}, not to {scope}", scope)
    return token


def check_graph(token: Token, graph: str, scope: Scope) -> None:
    """Make sure that a token is for a graph.

    Args:
        token: The token.
        graph: The IRI of the graph.
        scope: What is to be done with it.

    Raises:
        TokenInsufficient: It is not.
    """
    if not token.covers(graph):
        raise TokenInsufficient(f"the token is not for the graph <{graph}>", scope)


def author_of(token: Token) -> Author:
    """Return the author of the changes made with a token.

    Args:
        token: The token.
    """
    found = NAME.fullmatch(token.name)
    return Author(token.name) if found is None else Author(found["name"], found["mail"])
