"""Files edited by hand, put into service as they are written, or when somebody asks for it.

They go through the same gate as every change.  If it does not let them pass, what was in service
stays; whoever runs the server is told, once, and again when they are mended.  Files are only read:
bringing them into the one layout is up to their editor.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from watchfiles import watch

from communique import gate
from communique.errors import Busy, CallError, CommuniqueError, DataError
from communique.sources import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from communique.gate import Finding
    from communique.repository.repository import Repository
    from communique.store.generation import Generation

_STEP: Final = 100
"""Milliseconds without another event after which an edit counts as done."""
_LONGEST: Final = 800
"""Milliseconds after which it does in any case."""
_INTERVAL: Final = 5000
"""Milliseconds after which the files are looked at whether or not there was an event: network file
systems have none, and a folder that was replaced is no longer watched."""

_LAST: Final = 10
"""Seconds that it has to finish; building has no effect before its last step."""


class Audience(Protocol):
    """Who is told what becomes of edits."""

    def served(self, generation: Generation) -> None:
        """Hear that files which were edited are in service.

        Args:
            generation: The generation in service, which may be the one before if they are as then.
        """

    def rejected(self, findings: Sequence[Finding], generation: Generation) -> None:
        """Hear that the gate does not let files pass.

        Args:
            findings: Why not.
            generation: The generation that stays in service.
        """

    def failed(self, fault: CommuniqueError) -> None:
        """Hear that files cannot be read or built.

        Args:
            fault: Why not.
        """


class Watcher:
    """Has a repository look at its files, in a thread of its own.

    Args:
        repository: The repository, which is open.
        audience: Who is told.
        is_watching: Whether to look when files are written; if not, only when it is woken.
    """

    def __init__(
        self, repository: Repository, audience: Audience, *, is_watching: bool = True
    ) -> None:
        self._repository = repository
        self._audience = audience
        self._is_watching = is_watching
        self._findings: tuple[Finding, ...] = ()
        self._failure = ""
        self._unwatched = ""
        self._woken = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Have it look now; may be called by a handler of signals."""
        self._woken.set()

    def stop(self) -> None:
        """End, once it has finished what it is doing, as long as that takes not too long."""
        self._is_stopping = True
        self._woken.set()
        self._thread.join(_LAST)

    def _run(self) -> None:
        while not self._is_stopping:
            if self._is_watching:
                self._watch()
            else:
                self._woken.wait()
            self._woken.clear()
            if not self._is_stopping:
                self._look()

    def _watch(self) -> None:
        """Look at the files whenever they are written, until woken."""
        root = self._repository.root
        try:
            for _changes in watch(
                *(root / kind for kind in Kind),
                watch_filter=lambda _change, name: _may_matter(root, Path(name)),
                stop_event=self._woken,
                debounce=_LONGEST,
                step=_STEP,
                rust_timeout=_INTERVAL,
                yield_on_timeout=True,
            ):
                self._look()
        except OSError as error:
            # Such as too many folders for the system to watch: the files are looked at anyway.
            if str(error) != self._unwatched:
                self._unwatched = str(error)
                message = f"the files cannot be watched: {error}"
                advice = f"they are looked at every {_INTERVAL // 1000} seconds instead"
                self._audience.failed(CallError(message, advice))
            self._woken.wait(_INTERVAL / 1000)

    def _look(self) -> None:
        """Put files that were edited into service, and tell what comes of it."""
        before = self._repository.generation.digest
        try:
            generation = self._repository.refresh()
        except DataError as fault:
            findings = gate.findings_of(fault)
            if findings != self._findings:
                self._findings = findings
                self._audience.rejected(findings, self._repository.generation)
        except Busy:
            pass  # it will be looked at again
        except CommuniqueError as fault:
            if str(fault) != self._failure:
                self._failure = str(fault)
                self._audience.failed(fault)
        else:
            if generation.digest != before or self._findings or self._failure:
                self._findings, self._failure = (), ""
                self._audience.served(generation)


def _may_matter(root: Path, path: Path) -> bool:
    """Tell whether what happened to a path may be a change of the dataset.

    A folder that was moved may, with all that it holds; an editor's temporary file may not.
    """
    parts = path.relative_to(root).parts if path.is_relative_to(root) else path.parts
    is_hidden = any(part.startswith(".") for part in parts)
    return not is_hidden and (path.suffix == ".ttl" or not path.is_file())
