"""Runs one measurement in a process of its own, and tells what machine it ran on."""

from __future__ import annotations

import json
import os
import platform
import resource
import signal
import subprocess
import tempfile
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_GIB: Final = 2**30
MEMORY: Final = 18 * _GIB
"""No measurement may have more address space, Java apart, so that the machine stays usable."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a measurement gave.

    Attributes:
        status: ``ok``, or why there is nothing else.
        report: What the process itself reported.
        wall: Seconds from its start to its end.
        cpu: Seconds of processor time, over all its threads.
        peak: The most memory it had, in bytes.
    """

    status: str
    report: dict[str, object] = field(default_factory=dict)
    wall: float = 0.0
    cpu: float = 0.0
    peak: int = 0

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by phase, as the process reported them."""
        found = self.report.get("seconds", {})
        return {str(k): float(v) for k, v in found.items()} if isinstance(found, dict) else {}

    def number(self, name: str) -> int:
        """Return a count that the process reported; 0 if it did not."""
        found = self.report.get(name, 0)
        return found if isinstance(found, int) else 0

    def as_json(self) -> dict[str, object]:
        """Return it as what :func:`json.dumps` can write."""
        return asdict(self)


def run(command: Sequence[str | Path], limit: float, *, memory: int | None = MEMORY) -> Outcome:
    """Run a measurement.

    Args:
        command: The command; its last line of output is JSON.
        limit: Seconds after which it is given up.
        memory: The most address space it may have, in bytes; no bound if None.
    """

    def bound() -> None:
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(  # noqa: S603 # our own commands
            [str(part) for part in command],
            stdout=out,
            stderr=err,
            preexec_fn=bound,  # noqa: PLW1509 # no thread holds a lock here
        )
        late = threading.Event()

        def give_up() -> None:
            late.set()
            os.kill(process.pid, signal.SIGKILL)

        timer = threading.Timer(limit, give_up)
        before = os.times().elapsed
        timer.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = os.times().elapsed - before
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if late.is_set():
            return Outcome(f"not within {limit:g} s", wall=wall, peak=used.ru_maxrss * 1024)
        if process.returncode:
            err.seek(0)
            lines = err.read().decode(errors="replace").strip().splitlines()
            reason = lines[-1] if lines else f"exit status {process.returncode}"
            return Outcome(f"failed: {reason[:200]}", wall=wall, peak=used.ru_maxrss * 1024)
        out.seek(0)
        report = json.loads(out.read().splitlines()[-1])
        cpu = used.ru_utime + used.ru_stime
        return Outcome("ok", report, wall, cpu, used.ru_maxrss * 1024)


def machine() -> str:
    """Describe this machine in a sentence."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    models = [line.partition(":")[2].strip() for line in info.splitlines() if "model name" in line]
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return (
        f"{models[0] if models else platform.processor()}, {len(os.sched_getaffinity(0))} cores, "
        f"{pages / _GIB:.0f} GiB of memory, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table.

    Args:
        head: The columns; all but the first are aligned to the right.
        rows: The rows.
    """
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows)) + "\n"
