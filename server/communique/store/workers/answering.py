"""Answering one query, piece by piece: what a worker does, and what is done without workers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from communique.errors import CallError
from communique.store import query
from communique.store.workers import messages
from communique.store.workers.messages import DATA, EXCERPT, LAST, Head, Question

if TYPE_CHECKING:
    from collections.abc import Callable

    from communique.store.generation import Generation

_PIECE: Final = 64 * 1024
"""About how many bytes are sent at once."""
_PATIENCE: Final = 0.05
"""Seconds after which fewer are sent, so that a slow answer begins to leave early."""


decode: Final = Question.decode
"""Reads a question as a worker gets it."""


def answer(generation: Generation, question: Question, send: Callable[[bytes], object]) -> None:
    """Answer a question, or say what is wrong with it.

    Args:
        generation: The generation to ask.
        question: The question.
        send: Takes the messages.
    """
    try:
        found = query.ask(
            generation,
            question.text,
            default_graphs=question.default_graphs,
            named_graphs=question.named_graphs,
            outbound=question.outbound,
        )
        form = question.forms.get(found.kind)
        send(Head(found.kind, form, found.is_repeatable).encode())
        pieces = Pieces(send)
        if form == EXCERPT:
            whole = messages.encode_excerpt(found.excerpt(question.rows))
            question.bounds.check_size(len(whole))
            pieces.write(whole)
        elif form is not None:
            found.write(form, pieces, question.bounds)
        pieces.end()
    except CallError as fault:
        send(messages.encode_fault(fault))


class Pieces:
    """Sends bytes in pieces of a good size.

    Args:
        send: Takes the messages.
    """

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self._send = send
        self._held = bytearray()
        self._since = time.monotonic()

    def write(self, data: bytes, /) -> int:
        """Send some bytes, or hold them for a moment.

        Args:
            data: The bytes.
        """
        self._held += data
        now = time.monotonic()
        if len(self._held) >= _PIECE or now - self._since > _PATIENCE:
            self._send(DATA + self._held)
            self._held.clear()
            self._since = now
        return len(data)

    def flush(self) -> None:
        """Do nothing: the engine asks for it, and time decides when bytes are sent."""

    def end(self) -> None:
        """Send what is held as the last piece."""
        self._send(LAST + self._held)
