"""Answers that are given again: a query to one version of a dataset has one answer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic

from communique.store.workers.asking import Kept, never
from communique.store.workers.messages import HeadT_co

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from communique.store.generation import Generation
    from communique.store.workers.asking import Asking, Reply
    from communique.store.workers.messages import Asked

_SHARE: Final = 16
"""An answer is kept if it takes no more than one part in so many."""
_OVERHEAD: Final = 1000
"""About how many bytes an entry takes beside its query and its answer."""


@dataclass(frozen=True, slots=True)
class CacheState:
    """What a cache holds and did.

    Attributes:
        hits: How many questions it answered.
        misses: How many it did not.
        entries: How many answers it holds.
        size: How many bytes they take.
    """

    hits: int
    misses: int
    entries: int
    size: int


class Cached:
    """Gives answers again; see :class:`communique.store.workers.asking.Asking`.

    Those asked longest ago give way to new ones.  What may be different each time is never kept.

    Args:
        asking: What answers the first time.
        size: How many bytes may be kept.
    """

    def __init__(self, asking: Asking, size: int) -> None:
        self._asking = asking
        self._limit = size
        self._lock = threading.Lock()
        self._entries: OrderedDict[object, tuple[Any, bytes, int]] = OrderedDict()
        self._size = 0
        self._hits = 0
        self._misses = 0

    def ask(
        self,
        generation: Generation,
        question: Asked[HeadT_co],
        seconds: float,
        is_abandoned: Callable[[], bool] = never,
    ) -> Reply[HeadT_co]:
        """Ask a question, as :meth:`Asking.ask` has it.

        Args:
            generation: The generation to ask.
            question: The question.
            seconds: How long it may take.
            is_abandoned: Tells whether nobody waits for the answer any more.
        """
        key = (generation.digest, question.answerer, question.key)
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
                self._hits += 1
                return Kept(found[0], found[1])
            self._misses += 1
        reply = self._asking.ask(generation, question, seconds, is_abandoned)
        if not reply.head.is_repeatable:
            return reply

        def keep(whole: bytes) -> None:
            self._keep(key, reply.head, whole)

        if reply.whole is not None:
            keep(reply.whole)
            return reply
        return _Recorded(reply, keep, self._limit // _SHARE)

    @property
    def state(self) -> CacheState:
        """What it holds and did."""
        with self._lock:
            return CacheState(self._hits, self._misses, len(self._entries), self._size)

    def _keep(self, key: object, head: object, whole: bytes) -> None:
        size = len(whole) + _size(key) + _size(head) + _OVERHEAD
        if size > self._limit // _SHARE:
            return
        with self._lock:
            if key in self._entries:
                return
            self._entries[key] = (head, whole, size)
            self._size += size
            while self._size > self._limit:
                _, (_, _, freed) = self._entries.popitem(last=False)
                self._size -= freed


def _size(value: object) -> int:
    """Return about how many bytes the texts in something take."""
    if isinstance(value, str):
        return 2 * len(value)
    return sum(map(_size, value)) if isinstance(value, tuple) else 0


class _Recorded(Generic[HeadT_co]):
    """A reply that is kept when it has been read whole.

    Args:
        reply: The reply.
        keep: Takes the whole answer.
        limit: How many bytes are recorded at the most.
    """

    def __init__(self, reply: Reply[HeadT_co], keep: Callable[[bytes], None], limit: int) -> None:
        self._reply = reply
        self._keep = keep
        self._limit = limit

    @property
    def head(self) -> HeadT_co:
        """What the answer is."""
        return self._reply.head

    @property
    def whole(self) -> bytes | None:
        """The answer, where all of it is there already."""
        return self._reply.whole

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces, and keep them."""
        record: bytearray | None = bytearray()
        for piece in self._reply:
            if record is not None:
                record += piece
                if len(record) > self._limit:
                    record = None
            yield piece
        if record is not None:
            self._keep(bytes(record))

    def close(self) -> None:
        """Stop answering, if the answer is not whole."""
        self._reply.close()
