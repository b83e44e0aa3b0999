"""Asking questions, in whatever way they are answered: what the endpoint knows of the workers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Generic, Protocol

from communique.store.workers import messages
from communique.store.workers.messages import DATA, FAULT, HEAD, LAST, HeadT_co, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from communique.store.generation import Generation
    from communique.store.workers.messages import Asked

__all__ = ["Asking", "Inline", "Kept", "Question", "Reply", "never"]


def never() -> bool:
    """Tell that the client is still there."""
    return False


class Reply(Protocol[HeadT_co]):
    """The reply to a question: what the answer is, and the answer piece by piece.

    It is read once, and closed in any case.
    """

    @property
    def head(self) -> HeadT_co:
        """What the answer is."""
        ...

    @property
    def whole(self) -> bytes | None:
        """The answer, where all of it is there already."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces.

        Raises:
            CommuniqueError: The answer ends before it is whole.
        """
        ...

    def close(self) -> None:
        """Stop answering, if the answer is not whole."""
        ...


class Asking(Protocol):
    """What answers questions."""

    def ask(
        self,
        generation: Generation,
        question: Asked[HeadT_co],
        seconds: float,
        is_abandoned: Callable[[], bool] = never,
    ) -> Reply[HeadT_co]:
        """Ask a question, and wait for the beginning of the answer.

        Args:
            generation: The generation to ask.
            question: The question.
            seconds: How long it may take, to the last piece of the answer.
            is_abandoned: Tells whether nobody waits for the answer any more.

        Raises:
            CommuniqueError: There is no answer.
        """
        ...


class Kept(Generic[HeadT_co]):
    """A reply that is all there.

    Args:
        head: What the answer is.
        whole: The answer.
    """

    def __init__(self, head: HeadT_co, whole: bytes) -> None:
        self.head = head
        self.whole: bytes | None = whole

    def __iter__(self) -> Iterator[bytes]:
        """Yield the answer in one piece."""
        if self.whole:
            yield self.whole

    def close(self) -> None:
        """Do nothing: there is nothing left to stop."""


class Inline:
    """Answers in the process itself, without limits: for a generation in memory."""

    def ask(
        self,
        generation: Generation,
        question: Asked[HeadT_co],
        seconds: float,  # noqa: ARG002 - there is no way to keep it here
        is_abandoned: Callable[[], bool] = never,  # noqa: ARG002 - nor this
    ) -> Reply[HeadT_co]:
        """Ask a question, as :meth:`Asking.ask` has it."""
        said: list[bytes] = []
        # Late, because a server that has workers needs nothing of what answers.
        import_module(question.answerer).answer(generation, question, said.append)
        found = dict.fromkeys((HEAD, DATA, FAULT), b"")
        for message in said:
            letter = DATA if message[:1] == LAST else message[:1]
            found[letter] += message[1:]
        if found[FAULT]:
            raise messages.decode_fault(found[FAULT])
        return Kept(question.decode_head(found[HEAD]), found[DATA])
