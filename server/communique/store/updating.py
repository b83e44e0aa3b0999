"""SPARQL 1.1 Update as a worker answers it: with what becomes of graphs, and nothing changed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from communique.errors import CallError, RefusedQuery
from communique.store import operations
from communique.store.operation import Defaults
from communique.store.running import Change, run
from communique.store.workers import messages
from communique.store.workers.answering import Pieces
from communique.store.workers.messages import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from communique.store.generation import Generation
    from communique.store.workers.asking import Reply

MAX_SIZE: Final = 64 * 1024 * 1024
"""The most bytes of N-Triples that a request may change."""


@dataclass(frozen=True, slots=True)
class UpdateHead:
    """What is said of the changes before all else: nothing."""

    is_repeatable: bool = False


@dataclass(frozen=True, slots=True)
class UpdateQuestion:
    """An update request, as a worker can be asked it.

    Attributes:
        text: The request.
        defaults: What stands for graphs that it does not name.
        place: Where the copy is to be.
    """

    text: str
    defaults: Defaults
    place: str

    answerer: ClassVar[str] = "communique.store.updating"
    is_brief: ClassVar[bool] = False

    @property
    def key(self) -> Hashable:
        """All that the answer depends on beside the generation."""
        return (self.text, self.defaults, self.place)

    def encode(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @staticmethod
    def decode_head(_body: bytes) -> UpdateHead:
        """Read what is said of the answer.

        Args:
            _body: The message, without its letter.
        """
        return UpdateHead()


def decode(said: dict[str, Any]) -> UpdateQuestion:
    """Read a request as a worker gets it.

    Args:
        said: It, as JSON has it.
    """
    defaults = said["defaults"]
    for name in ("using", "using_named"):
        defaults[name] = tuple(defaults[name])
    return UpdateQuestion(said["text"], Defaults(**defaults), said["place"])


def answer(asked_of: Generation, question: UpdateQuestion, send: Callable[[bytes], object]) -> None:
    """Run a request, and say what it changes.

    Args:
        asked_of: The generation.
        question: The request.
        send: Takes the messages.
    """
    try:
        request = operations.read(question.text, question.defaults)
        changes = run(asked_of, request, question.place)
        size = sum(len(change.added) + len(change.removed) for change in changes)
        if size > MAX_SIZE:
            raise RefusedQuery(
                f"the update changes {size} bytes of triples, and {MAX_SIZE} are the most",
                "change less at once",
                clause="bytes",
            )
        send(HEAD)
        pieces = Pieces(send)
        pieces.write(json.dumps([asdict(change) for change in changes]).encode())
        pieces.end()
    except CallError as fault:
        send(messages.encode_fault(fault))


def changes_of(reply: Reply[UpdateHead]) -> list[Change]:
    """Return what a request changes, by the reply to it.

    Args:
        reply: The reply.

    Raises:
        CommuniqueError: It ends before it is whole.
    """
    try:
        return [Change(**said) for said in json.loads(b"".join(reply))]
    finally:
        reply.close()
