"""Blocks of quads in an update: what is in which graph, and what is in none.

What is in no graph is marked, to be put into one where the request is written for the engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from communique.store.guard import CLOSING, OPENING
from communique.store.terminals import Token

if TYPE_CHECKING:
    from collections.abc import Sequence

MADE: Final = -2
"""Where tokens start that are not in the request."""

_BEGINS: Final = Token("PUNCTUATION", "", -3)
"""Stands before what is in no graph, in a block."""
_ENDS: Final = Token("PUNCTUATION", "", -4)
"""Stands behind it."""
_IS_TYPE: Final = re.compile(r"^a$|type>?$")
"""What names the property of a node that says its class, or may."""
_ENDS_SUBJECT: Final = frozenset({"]", ")", ";", "["})


@dataclass
class Block:
    """A block of quads in braces.

    Attributes:
        tokens: Its tokens, what is in no graph put into one.
        graphs: The names of the graphs in it: IRIs, prefixed names and variables.
        has_default: Whether something was in no graph.
    """

    tokens: list[Token] = field(default_factory=list)
    graphs: list[Token] = field(default_factory=list)
    has_default: bool = False

    @property
    def plain(self) -> list[Token]:
        """Its tokens as they were."""
        return [token for token in self.tokens if token is not _BEGINS and token is not _ENDS]

    def within(self, graph: str) -> list[Token]:
        """Return its tokens, what was in no graph put into one.

        Args:
            graph: The IRI of the graph.
        """
        opening = [word("GRAPH"), name(graph), sign("{")]
        found: list[Token] = []
        for token in self.tokens:
            if token is _BEGINS:
                found += opening
            elif token is _ENDS:
                found.append(sign("}"))
            else:
                found.append(token)
        return found

    def put(self, outside: list[Token]) -> None:
        """Mark what is in no graph, and empty the list of it.

        Args:
            outside: Its tokens.
        """
        if outside:
            self.has_default = True
            self.tokens += [_BEGINS, *outside, _ENDS]
            outside.clear()


def read(tokens: Sequence[Token], start: int) -> tuple[Block, int]:
    """Read a block.

    Args:
        tokens: The tokens of an operation that the grammar has let pass.
        start: The index of the block's opening brace.

    Returns:
        The block, and the index behind it.
    """
    index, depth = start + 1, 1
    block = Block([tokens[start]])
    outside: list[Token] = []
    while depth:
        token = tokens[index]
        if depth == 1 and token.is_word("GRAPH"):
            block.put(outside)
            block.graphs.append(tokens[index + 1])
            end = _end(tokens, index + 2)
            if tokens[end].kind == "PUNCTUATION" and tokens[end].text == ".":
                end += 1
            block.tokens += tokens[index:end]
            index = end
            continue
        if token.kind == "PUNCTUATION":
            depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth:
            outside.append(token)
        else:
            block.put(outside)
            block.tokens.append(token)
        index += 1
    return block, index


def _end(tokens: Sequence[Token], start: int) -> int:
    """Return the index behind what is in braces from some index on."""
    end, depth = start + 1, 1
    while depth:
        if tokens[end].kind == "PUNCTUATION":
            depth += (tokens[end].text in OPENING) - (tokens[end].text in CLOSING)
        end += 1
    return end


def word(text: str) -> Token:
    """Return a keyword that is not in the request.

    Args:
        text: The keyword.
    """
    return Token("WORD", text, MADE)


def sign(text: str) -> Token:
    """Return a sign that is not in the request.

    Args:
        text: The sign.
    """
    return Token("PUNCTUATION", text, MADE)


def name(iri: str) -> Token:
    """Return an IRI that is not in the request.

    Args:
        iri: The IRI.
    """
    return Token("IRIREF", f"<{iri}>", MADE)


def is_wide(where: Sequence[Token]) -> bool:
    """Tell whether a pattern may match the headers of files, though it does not name them.

    It may by a variable for the property, one for a class, or a path of what is not named.  It is
    enough to be right where it is told that it may not.

    Args:
        where: Its tokens.
    """
    for before, token, after in zip(where, where[1:], where[2:], strict=False):
        is_term = after.kind not in {"WORD", "PUNCTUATION"} or after.text in {"[", "("}
        if (
            token.kind == "VAR"
            and is_term
            and (before.kind != "PUNCTUATION" or before.text in _ENDS_SUBJECT)
        ):
            return True
        if _IS_TYPE.search(token.text) and after.kind in {"VAR", "PUNCTUATION"}:
            return True
        if token.text == "!":
            return True
    return False
