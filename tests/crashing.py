"""Processes that are killed in the middle of what they do, at every step of it."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import FileDescriptorLike

STEPS: Final = frozenset(
    {"os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate"}
)
"""The audit events that come before something on disk changes, beside opening to write."""
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_DONE: Final = b"done"


def killed_at(step: int, act: Callable[[], object], folder: str) -> bool:
    """Do something in a child that is killed by SIGKILL just before a step on the file system.

    Steps are all changes of names and all openings to write, as Python's audit events tell of
    them, and all calls of `fsync`, which there are no events of. What the engine of the store does
    by itself are none.

    Args:
        step: The number of the step, from 0.
        act: What is done.
        folder: Only what happens below this folder counts.

    Returns:
        Whether it was killed; else it was over before that step.
    """
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(ours)
            arm(step, folder)
            act()
            os.write(theirs, _DONE)
        except BaseException:  # noqa: BLE001 - the child must not become a second test runner
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert said == _DONE, "the child failed: its error is on standard error"
    return False


def arm(step: int, folder: str) -> None:
    """Have this process kill itself at a step; see :func:`killed_at`.

    Args:
        step: The number of the step, from 0.
        folder: Only what happens below this folder counts.
    """
    left = step
    fsync = os.fsync

    def count() -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _mode, flags = arguments
            counts = bool(flags & _WRITES)
        elif event in STEPS:
            path, counts = arguments[0], True
        else:
            return
        if counts and isinstance(path, str | os.PathLike) and os.fspath(path).startswith(folder):
            count()

    def counted(fd: FileDescriptorLike) -> None:
        count()
        fsync(fd)

    os.fsync = counted
    sys.addaudithook(hook)
