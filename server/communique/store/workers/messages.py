"""What is said between the server and its workers.

A message is one letter and what belongs to it.  It is JSON or plain bytes, so that a worker gone
wrong can say nothing that the server would run.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from struct import Struct
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeVar, get_args

from communique.errors import (
    CallError,
    Conflict,
    EngineFailure,
    MemoryExceeded,
    QuerySyntaxError,
    RefusedQuery,
    ServiceFailed,
    UnwritableAnswer,
)
from communique.store.outbound import NOWHERE, Outbound
from communique.store.results import Excerpt, Kind, Term
from communique.store.writing import UNBOUNDED, Bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from pathlib import Path

    from communique.store.results import Row

READY: Final = b"R"
"""The store is open."""
HEAD: Final = b"H"
"""What the answer is, before all else."""
DATA: Final = b"D"
"""A piece of the answer."""
LAST: Final = b"L"
"""The last piece of the answer, which may be empty."""
FAULT: Final = b"F"
"""The query is at fault."""
RETIRED: Final = b"X"
"""The worker ends, after the last piece, because it has grown too large."""
DONE: Final = b"E"
"""The worker is free, after the last piece."""

_LENGTH: Final = Struct("!I")
"""The length of a message, which goes before it."""

EXCERPT: Final = "excerpt"
"""In the place of a media type: the first rows, for a page."""


class Repeatable(Protocol):
    """What is said of an answer before all else; see :class:`Head` for that of a query."""

    @property
    def is_repeatable(self) -> bool:
        """Whether asking again gives the same answer."""
        ...


HeadT_co = TypeVar("HeadT_co", bound=Repeatable, covariant=True)


class Asked(Protocol[HeadT_co]):
    """What a worker can be asked; see :class:`Question` for queries."""

    @property
    def answerer(self) -> str:
        """The module that answers it: its ``decode`` reads it and its ``answer`` answers it."""
        ...

    @property
    def is_brief(self) -> bool:
        """Whether it may use the worker that is held back while queries keep the others busy."""
        ...

    @property
    def key(self) -> Hashable:
        """All that the answer depends on beside the generation."""
        ...

    def encode(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        ...

    def decode_head(self, body: bytes) -> HeadT_co:
        """Read what is said of the answer.

        Args:
            body: The message, without its letter.

        Raises:
            ValueError: It is none.
        """
        ...


class Sender:
    """Sends messages, several in one write where they come at once.

    A piece of an answer leaves at once, with all that was to leave before it; the rest is held
    until it is told to leave.

    Args:
        write: Takes what is to leave.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._held = bytearray()

    def send(self, message: bytes) -> None:
        """Send a message, soon.

        Args:
            message: The message.
        """
        self._held += _LENGTH.pack(len(message)) + message
        if message[:1] == DATA:
            self.flush()

    def flush(self) -> None:
        """Have leave what is held."""
        self._write(bytes(self._held))
        self._held.clear()


def split(written: bytes) -> Iterator[bytes]:
    """Yield the messages of one write.

    Args:
        written: What a :class:`Sender` wrote at once.

    Raises:
        EngineFailure: It is no such thing, as of a worker gone wrong.
    """
    start = 0
    while start < len(written):
        begin = start + _LENGTH.size
        end = begin + _LENGTH.unpack(written[start:begin].ljust(_LENGTH.size, b"\xff"))[0]
        if end > len(written):
            raise EngineFailure("it said what nobody understands")
        yield written[begin:end]
        start = end


def encode(path: Path, asked: Asked[Repeatable]) -> bytes:
    """Return what is asked as a message.

    Args:
        path: The directory of the generation to ask.
        asked: What is asked.
    """
    said = {"path": str(path), "answerer": asked.answerer, "asked": asked.encode()}
    return json.dumps(said).encode()


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and the form that its answer is to have.

    Attributes:
        text: The query.
        default_graphs: The IRIs of the graphs whose merge is the default graph.
        named_graphs: The IRIs of the named graphs.
        forms: For each kind of answer a media type, :data:`EXCERPT`, or None for no more than
            what kind it is.
        rows: How many rows an excerpt has.
        bounds: How large the answer may become.
        outbound: Which other services it may call.
    """

    text: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    forms: Mapping[Kind, str | None] = field(default_factory=dict)
    rows: int = 0
    bounds: Bounds = UNBOUNDED
    outbound: Outbound = NOWHERE

    answerer: ClassVar[str] = "communique.store.workers.answering"
    is_brief: ClassVar[bool] = False

    @property
    def key(self) -> Hashable:
        """All that the answer depends on beside the generation."""
        return (
            self.text.strip(" \t\r\n"),
            self.default_graphs,
            self.named_graphs,
            tuple(sorted(self.forms.items())),
            self.rows,
            self.bounds,
            self.outbound,
        )

    def encode(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @staticmethod
    def decode(said: dict[str, Any]) -> Question:
        """Read it.

        Args:
            said: It, as JSON has it.
        """
        said["default_graphs"] = tuple(said["default_graphs"])
        said["named_graphs"] = tuple(said["named_graphs"])
        said["bounds"] = Bounds(**said["bounds"])
        said["outbound"] = Outbound.decode(said["outbound"])
        return Question(**said)

    @staticmethod
    def decode_head(body: bytes) -> Head:
        """Read what is said of its answer.

        Args:
            body: The message, without its letter.

        Raises:
            ValueError: It is none.
        """
        return Head.decode(body)


@dataclass(frozen=True, slots=True)
class Head:
    """What an answer is.

    Attributes:
        kind: Its kind.
        form: The form it has: a media type, :data:`EXCERPT` or None.
        is_repeatable: Whether asking again gives the same answer.
    """

    kind: Kind
    form: str | None
    is_repeatable: bool

    def encode(self) -> bytes:
        """Return it as a message."""
        return HEAD + json.dumps(asdict(self)).encode()

    @staticmethod
    def decode(body: bytes) -> Head:
        """Read it from a message.

        Args:
            body: The message, without its letter.

        Raises:
            ValueError: It is none.
        """
        said = json.loads(body)
        if said["kind"] not in get_args(Kind):
            raise ValueError(f"no kind of answer: {said['kind']}")
        return Head(said["kind"], said["form"], said["is_repeatable"])


def encode_excerpt(excerpt: Excerpt) -> bytes:
    """Return an excerpt as JSON.

    Args:
        excerpt: The excerpt.
    """
    rows = [
        [term and (term.kind, term.value, term.datatype, term.language) for term in row]
        for row in excerpt.rows
    ]
    said = {
        "kind": excerpt.kind,
        "variables": excerpt.variables,
        "boolean": excerpt.boolean,
        "rows": rows,
        "turtle": excerpt.turtle,
        "is_cut": excerpt.is_cut,
    }
    return json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")


def decode_excerpt(body: bytes) -> Excerpt:
    """Read an excerpt from JSON.

    Args:
        body: The JSON.
    """
    said = json.loads(body)

    def row(terms: list[Any]) -> Row:
        return tuple(None if term is None else Term(*term) for term in terms)

    return Excerpt(
        kind=said["kind"],
        variables=tuple(said["variables"]),
        boolean=said["boolean"],
        rows=tuple(row(terms) for terms in said["rows"]),
        turtle=said["turtle"],
        is_cut=said["is_cut"],
    )


def encode_fault(fault: CallError) -> bytes:
    """Return the fault of a query as a message.

    Args:
        fault: The fault.
    """
    said: dict[str, Any] = {"type": type(fault).__name__, "advice": fault.advice}
    if isinstance(fault, ServiceFailed):
        said = {"type": said["type"], "endpoint": fault.endpoint, "reason": fault.reason}
    elif isinstance(fault, QuerySyntaxError):
        said |= {"reason": fault.reason, "line": fault.line, "column": fault.column}
    else:
        said |= {"message": fault.message}
    if isinstance(fault, RefusedQuery):
        said |= {"clause": fault.clause}
    return FAULT + json.dumps(said).encode()


def decode_fault(body: bytes) -> CallError:
    """Read the fault of a query from a message.

    Args:
        body: The message, without its letter.
    """
    said = json.loads(body)
    kind = said.pop("type")
    types: tuple[type[CallError], ...] = (
        *(Conflict, MemoryExceeded, QuerySyntaxError),
        *(RefusedQuery, ServiceFailed, UnwritableAnswer),
    )
    known: type[CallError] = next((type_ for type_ in types if type_.__name__ == kind), CallError)
    return known(**said)
