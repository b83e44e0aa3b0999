"""The pool of workers: who waits for one, who is stopped, and who takes the place of a dead one."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic

from communique.errors import Busy, CommuniqueError, EngineFailure, MemoryExceeded
from communique.store.workers import messages
from communique.store.workers.asking import never
from communique.store.workers.messages import DATA, DONE, FAULT, HEAD, LAST, HeadT_co
from communique.store.workers.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from communique.settings import Settings
    from communique.store.generation import Generation
    from communique.store.workers.messages import Asked

SPARE: Final = 1
"""How many workers there are beyond those that may run queries at once.

What is brief finds one while queries keep the others busy, and a query need not wait for a new one
to start in the place of one that was killed.
"""

DOCUMENTS: Final = "communique.web.delegated"
"""The module by which workers answer requests for documents; loaded by its name alone."""

_RETRY_AFTER: Final = 5
"""Seconds after which to try again what there was no room for."""
_START: Final = 5.0
"""Seconds that a worker has to start before another is started."""
_PAUSE: Final = 1.0
"""Seconds after which to try again to start a worker, if the system has no room for it."""
_LOGGER: Final = logging.getLogger("communique.workers")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pool keeps to.

    Attributes:
        workers: How many queries run at once.
        queue: How many more may wait.
        memory: How many bytes a query may take; 0 for no limit.
    """

    workers: int
    queue: int
    memory: int


@dataclass(frozen=True, slots=True)
class State:
    """What a pool does just now.

    Attributes:
        busy: How many workers run a query.
        idle: How many wait for one.
        waiting: How many queries wait for a worker.
        ended: How many workers have ended, by why.
    """

    busy: int
    idle: int
    waiting: int
    ended: dict[str, int]


class Pool:
    """Workers that answer questions; see :class:`communique.store.workers.asking.Asking`.

    Args:
        path: The directory of the generation that will be asked most.
        limits: What it keeps to.
        answerers: The modules that will be asked beside queries.
    """

    def __init__(self, path: Path, limits: Limits, answerers: Sequence[str] = ()) -> None:
        self._path = path
        self._answerers = tuple(answerers)
        self._limits = limits
        self._lock = threading.Lock()
        self._freed = threading.Condition(self._lock)
        self._watched = threading.Condition(self._lock)
        self._changed = threading.Condition(self._lock)
        self._idle: deque[Worker] = deque()
        self._busy: set[Worker] = set()
        self._dead: deque[Worker] = deque()
        self._waiting = 0
        self._ended: Counter[str] = Counter()
        self._is_draining = False
        self._is_closing = False
        self._is_closed = False
        self._wakes_at: float | None = None
        first = self._start()
        self._idle.append(first)
        self._threads = (
            threading.Thread(target=self._kill_overdue, name="deadlines", daemon=True),
            threading.Thread(target=self._keep_up, args=[first], name="workers", daemon=True),
        )
        for thread in self._threads:
            thread.start()

    @staticmethod
    def start(path: Path, settings: Settings) -> Pool:
        """Start workers for all that is asked of a server.

        Args:
            path: The directory of the generation that will be asked most.
            settings: The settings of the server.
        """
        limits = Limits(settings.worker_count, settings.queue, settings.memory_bytes)
        return Pool(path, limits, [DOCUMENTS])

    def ask(
        self,
        generation: Generation,
        question: Asked[HeadT_co],
        seconds: float,
        is_abandoned: Callable[[], bool] = never,
    ) -> Stream[HeadT_co]:
        """Ask a question, and wait for the beginning of the answer.

        Args:
            generation: The generation to ask.
            question: The question.
            seconds: How long it may take once a worker is free, to the last piece of the answer.
            is_abandoned: Tells whether nobody waits for the answer any more.

        Raises:
            Busy: No worker was free in that time, or too many wait for one.
            CommuniqueError: There is no answer.
        """
        worker = self._acquire(seconds, is_brief=question.is_brief)
        stream = Stream(self, worker, question, is_abandoned)
        try:
            self._set_deadline(worker, seconds)
            worker.make_ready(is_abandoned)
            worker.send(messages.encode(generation.path, question))
            stream.begin()
        except CommuniqueError as fault:
            raise stream.fail(fault) from None
        return stream

    @property
    def state(self) -> State:
        """What it does just now."""
        with self._lock:
            return State(len(self._busy), len(self._idle), self._waiting, dict(self._ended))

    @property
    def pids(self) -> list[int]:
        """The numbers of the worker processes."""
        with self._lock:
            return [worker.pid for worker in (*self._idle, *self._busy)]

    @property
    def is_open(self) -> bool:
        """Whether it is to be asked: it has not been told to end soon."""
        return not (self._is_draining or self._is_closing)

    def prefer(self, path: Path) -> None:
        """Tell it which generation will be asked most from now on.

        Workers that run open it when they are asked for it first, new ones when they start.

        Args:
            path: Its directory.
        """
        self._path = path

    def drain(self) -> None:
        """Tell it that it will be closed soon; until then it answers."""
        self._is_draining = True

    def close(self, grace: float = 0.0) -> None:
        """End all workers, those that run a query after a while.

        Args:
            grace: Seconds that running queries have to finish.
        """
        with self._lock:
            self._is_closing = True
            self._freed.notify_all()
            self._freed.wait_for(lambda: not self._busy, grace)
            self._is_closed = True
            self._watched.notify()
            self._changed.notify()
            for worker in self._busy:
                worker.kill("stop")
            idle = list(self._idle)
            self._idle.clear()
        for worker in idle:
            worker.end()
        for thread in self._threads:
            thread.join()

    def release(self, worker: Worker, fault: CommuniqueError | None, *, is_usable: bool) -> None:
        """Take back a worker that was lent for a question.

        Args:
            worker: The worker.
            fault: What ended it, if anything did.
            is_usable: Whether it can answer another question.
        """
        crash = fault if isinstance(fault, EngineFailure) and worker.stopped is None else None
        report = worker.end() if crash or self._is_closing else ""
        with self._lock:
            worker.deadline = None
            is_stopped = worker not in self._busy
            self._busy.discard(worker)
            if is_usable and worker.stopped is None and not self._is_closed:
                self._idle.append(worker)
            else:
                if not is_stopped:
                    why = "memory" if isinstance(fault, MemoryExceeded) else "retired"
                    self._ended["crash" if crash else worker.stopped or why] += 1
                # Burying it and starting another takes a while, for which nobody is to wait.
                self._dead.append(worker)
                self._changed.notify()
            self._freed.notify_all()
        if crash is not None:
            _LOGGER.error("a worker crashed: %s\n%s", crash.cause, report)

    def _start(self) -> Worker:
        return Worker(self._path, self._limits.memory, self._answerers)

    def _keep_up(self, last: Worker) -> None:
        """See to it that dead workers are gone and others take their places, until it is closed.

        Args:
            last: The worker that was started last.
        """
        wanted = self._limits.workers + SPARE
        while True:
            # One after another: those that answer already need the processors.
            last.await_ready(_START)
            with self._lock:
                self._changed.wait_for(
                    lambda: (
                        self._dead
                        or self._is_closed
                        or (not self._is_closing and len(self._idle) + len(self._busy) < wanted)
                    )
                )
                dead = self._dead.popleft() if self._dead else None
                is_short = len(self._idle) + len(self._busy) < wanted and not self._is_closing
                if dead is None and self._is_closed:
                    return
            # While one takes its place, the dead one has time to be gone.
            new = None
            try:
                new = self._start() if is_short else None
            except OSError as error:
                _LOGGER.error("no worker can be started: %s", error)  # noqa: TRY400 - it is foreseen
                time.sleep(_PAUSE)
            if dead is not None:
                dead.end()
            with self._lock:
                if new is not None and not self._is_closed:
                    last = new
                    self._idle.appendleft(new)
                    self._freed.notify_all()
                    new = None
            if new is not None:
                new.end()

    def _acquire(self, patience: float, *, is_brief: bool) -> Worker:
        """Wait for a worker.

        Raises:
            Busy: None was free in time, or too many wait.
        """
        most = self._limits.workers + (SPARE if is_brief else 0)

        def is_free() -> bool:
            return bool(self._idle) and len(self._busy) < most

        with self._lock:
            if not is_free() and not self._is_closing:
                if self._waiting >= self._limits.queue:
                    raise Busy("too many queries are waiting", _RETRY_AFTER)
                self._waiting += 1
                try:
                    self._freed.wait_for(lambda: is_free() or self._is_closing, patience)
                finally:
                    self._waiting -= 1
            if self._is_closing:
                raise Busy("the server is stopping", _RETRY_AFTER)
            if not is_free():
                raise Busy(f"no query finished within {patience:g} seconds", _RETRY_AFTER)
            # The one used last has most of what it needs at hand; one just started is not ready.
            worker = next((one for one in reversed(self._idle) if one.is_ready), self._idle[-1])
            self._idle.remove(worker)
            self._busy.add(worker)
            return worker

    def _set_deadline(self, worker: Worker, seconds: float) -> None:
        with self._lock:
            worker.seconds = seconds
            worker.deadline = time.monotonic() + seconds
            if self._wakes_at is None or worker.deadline < self._wakes_at:
                self._watched.notify()

    def _kill_overdue(self) -> None:
        """Kill every worker whose deadline is over, until the pool is closed."""
        with self._lock:
            while not self._is_closed:
                now = time.monotonic()
                running = [worker for worker in self._busy if worker.deadline is not None]
                for worker in running:
                    if worker.deadline is not None and worker.deadline <= now:
                        self._stop(worker)
                deadlines = [worker.deadline for worker in running if worker.deadline is not None]
                self._wakes_at = min(deadlines, default=None)
                self._watched.wait(None if self._wakes_at is None else self._wakes_at - now)

    def _stop(self, worker: Worker) -> None:
        """Kill a worker at its deadline.

        Another takes its place at once, even if whoever asked does not read on for a long time; the
        dead one is buried when it is given back.
        """
        worker.deadline = None
        worker.kill("deadline")
        self._busy.remove(worker)
        self._ended["deadline"] += 1
        self._freed.notify_all()
        self._changed.notify()


class Stream(Generic[HeadT_co]):
    """The reply of a worker; see :class:`communique.store.workers.asking.Reply`.

    Args:
        pool: Whose worker it is.
        worker: The worker, to which the question is sent.
        question: The question.
        is_abandoned: Tells whether nobody waits for the answer any more.
    """

    def __init__(
        self,
        pool: Pool,
        worker: Worker,
        question: Asked[HeadT_co],
        is_abandoned: Callable[[], bool],
    ) -> None:
        self._pool = pool
        self._worker: Worker | None = worker
        self._question = question
        self._is_abandoned = is_abandoned
        self._first = b""
        self._head: HeadT_co | None = None
        self.whole: bytes | None = None

    @property
    def head(self) -> HeadT_co:
        """What the answer is.

        Raises:
            RuntimeError: It has not begun.
        """
        if self._head is None:
            raise RuntimeError("the answer has not begun")
        return self._head

    def begin(self) -> None:
        """Wait for the beginning of the answer.

        Raises:
            CommuniqueError: There is none.
        """
        letter, body = self._receive()
        if letter != HEAD:
            raise self.fail(EngineFailure("it said what nobody understands"))
        self._head = self._question.decode_head(body)
        letter, self._first = self._receive()
        if letter == LAST:
            self.whole = self._first

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces.

        Raises:
            CommuniqueError: The answer ends before it is whole.
        """
        piece = self._first
        while True:
            if piece:
                yield piece
            if self.whole is not None or self._worker is None:
                return
            letter, piece = self._receive()
            if letter == LAST:
                self.whole = b""

    def close(self) -> None:
        """Stop answering, if the answer is not whole."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill("abandoned")
            self._pool.release(worker, None, is_usable=False)

    def __del__(self) -> None:
        """Stop answering when nobody can read the answer any more."""
        self.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _receive(self) -> tuple[bytes, bytes]:
        """Return the letter and the body of the next message, and give the worker back at the end.

        Raises:
            CommuniqueError: It is a fault, or the worker is dead.
        """
        worker = self._worker
        if worker is None:
            raise RuntimeError("the answer is at its end")
        try:
            message = worker.receive(self._is_abandoned)
            letter, body = message[:1], message[1:]
        except CommuniqueError as fault:
            raise self.fail(fault) from None
        if letter in {LAST, FAULT}:
            self._worker = None
            self._pool.release(worker, None, is_usable=self._is_done(worker))
        if letter == FAULT:
            raise messages.decode_fault(body)
        if letter not in {HEAD, DATA, LAST} or len(message) < 1:
            raise self.fail(EngineFailure("it said what nobody understands"))
        return letter, body

    def _is_done(self, worker: Worker) -> bool:
        """Tell whether a worker is ready for the next question; its answer is whole in any case."""
        try:
            return worker.receive(self._is_abandoned) == DONE
        except CommuniqueError:
            return False

    def fail(self, fault: CommuniqueError) -> CommuniqueError:
        """Give back a dead worker, unless that has been done.

        Args:
            fault: Why it is dead.

        Returns:
            The same.
        """
        worker, self._worker = self._worker, None
        if worker is not None:
            self._pool.release(worker, fault, is_usable=False)
        return fault
