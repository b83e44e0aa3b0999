"""The settings of the server: one table, from which flags, environment and file are read.

What is given as a flag goes before the environment, that before the file, and that before the
default.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from communique.errors import CallError

if TYPE_CHECKING:
    from pathlib import Path

PREFIX: Final = "COMMUNIQUE_"
"""What the names of the environment's variables begin with."""
LOGS: Final = ("quiet", "plain", "json")
"""The forms of the log."""
MOST: Final = {"port": 65535}
"""The largest values, where there is one."""
_MIB: Final = 1024 * 1024
_LEAST_WORKERS: Final = 2


def _setting(default: object, text: str, least: float | None = None) -> Any:  # noqa: ANN401
    """Describe a setting.

    Args:
        default: Its default, which also says its type.
        text: What it says, with its unit.
        least: The least value of a number.
    """
    return field(default=default, metadata={"help": text, "least": least})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a server; each says in its metadata what it is for."""

    host: str = _setting("127.0.0.1", "The address to listen at.")
    port: int = _setting(8000, "The port; 0 for any that is free.", 0)
    workers: int = _setting(
        0, "How many queries run at once; 0 for one for each processor, and at least two.", 0
    )
    queue: int = _setting(32, "How many more queries may wait.", 0)
    timeout: float = _setting(30.0, "The seconds after which a query is stopped.", 0.1)
    memory: int = _setting(1024, "The MiB that a query may take; 0 for no limit.", 0)
    rows: int = _setting(
        1_000_000, "The most rows or triples that an answer may have; 0 for no limit.", 0
    )
    size: int = _setting(256, "The most MiB that an answer may have; 0 for no limit.", 0)
    cache: int = _setting(64, "The MiB of answers that are kept to be given again.", 0)
    rate: float = _setting(
        0.0, "How many requests one address has for each second; 0 for any number.", 0
    )
    grace: float = _setting(10.0, "The seconds that requests have to finish at the end.", 0)
    log: str = _setting(
        "quiet", "The log: quiet (no more than warnings), plain or json (every request)."
    )
    metrics: bool = _setting(default=True, text="Whether there is /metrics.")
    services: str = _setting(
        "", "The addresses of the SPARQL endpoints that SERVICE may call, with spaces between."
    )
    service_networks: str = _setting(
        "", "Networks that are not public and that SERVICE may call, with spaces between."
    )
    trusted_proxy: str = _setting("", "The address of a reverse proxy, which is believed.")
    writable: bool = _setting(
        default=False, text="Whether who has a token may change the dataset over HTTP."
    )
    git: bool = _setting(
        default=False, text="Whether a change over HTTP is a commit of the git repository."
    )
    watch: bool = _setting(
        default=False, text="Whether files that are edited by hand go into service at once."
    )
    default_graph: str = _setting(
        "", "The IRI of the graph that changes of the default graph go to; without it, none does."
    )

    @property
    def worker_count(self) -> int:
        """How many workers there are."""
        return self.workers or max(_LEAST_WORKERS, os.cpu_count() or 1)

    @property
    def memory_bytes(self) -> int:
        """The bytes that a query may take; 0 for no limit."""
        return self.memory * _MIB

    @property
    def size_bytes(self) -> int:
        """The most bytes that an answer may have; 0 for no limit."""
        return self.size * _MIB

    @property
    def cache_bytes(self) -> int:
        """The bytes of answers that are kept."""
        return self.cache * _MIB


def flag(name: str) -> str:
    """Return the flag of a setting.

    Args:
        name: The setting's name.
    """
    return f"--{name.replace('_', '-')}"


def variable(name: str) -> str:
    """Return the environment's variable for a setting.

    Args:
        name: The setting's name.
    """
    return PREFIX + name.upper()


def read(path: Path) -> dict[str, object]:
    """Read a file of settings.

    Args:
        path: The file, in TOML; its keys are the settings' names.

    Raises:
        CallError: It is no TOML, or has a key that is no setting.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CallError(f"{path} is no TOML: {error}", "correct the file") from error
    known = {setting.name: type(setting.default) for setting in fields(Settings)}
    for name, value in found.items():
        if name not in known:
            message = f"{path} has {name}, which is no setting"
            raise CallError(message, f"the settings are {', '.join(known)}")
        is_number = known[name] is float and type(value) is int
        if type(value) is not known[name] and not is_number:
            message = f"{path}: the value of {name} is not of the right type"
            raise CallError(message, f"give it as in {name} = {_example(known[name])}")
    return found


def _example(kind: type) -> str:
    return {str: '"text"', bool: "true", int: "10", float: "10.0"}[kind]
