"""What is known of a token: whose it is, what it allows, and until when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final

from communique.errors import CallError

NAME: Final = re.compile(
    r"(?P<name>[^<>\x00-\x1F\x7F]*[^<>\x00-\x20\x7F]) <(?P<mail>[^<>\s@]+@[^<>\s@]+)>"
)
"""Whose a token is: a name, and an address in angle brackets."""


class Scope(StrEnum):
    """What a token allows; each allows what those before it do."""

    READ = "read"
    """Nothing beyond what everybody may: reading."""
    PROPOSE = "propose"
    """Asking what a change would do."""
    WRITE = "write"
    """Changing."""

    def covers(self, other: Scope) -> bool:
        """Tell whether it allows what another does.

        Args:
            other: The other.
        """
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token.

    Attributes:
        id: What it is called by, which is no secret.
        name: Whose it is: ``Ada Lovelace <ada@example.org>``.
        scope: What it allows.
        graphs: Patterns of the IRIs of the graphs it allows it for; ``*`` stands for anything.
        created: When it was made.
        expires: When it ends; None for never.
        revoked: When it was revoked, if it was.
        sha256: The SHA-256 of the token itself, in hexadecimal.
    """

    id: str
    name: str
    scope: Scope
    graphs: tuple[str, ...]
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    sha256: str

    def state(self, now: datetime) -> str:
        """Return ``valid``, ``expired`` or ``revoked``.

        Args:
            now: The time.
        """
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "valid"

    def covers(self, graph: str) -> bool:
        """Tell whether it is for a graph.

        Args:
            graph: The IRI of the graph.
        """
        return any(fnmatchcase(graph, pattern) for pattern in self.graphs)

    def encode(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "id": self.id,
            "name": self.name,
            "scope": self.scope.value,
            "graphs": list(self.graphs),
            "created": self.created.isoformat(),
            "expires": self.expires and self.expires.isoformat(),
            "revoked": self.revoked and self.revoked.isoformat(),
            "sha256": self.sha256,
        }

    @staticmethod
    def decode(said: dict[str, Any]) -> Token:
        """Read it from JSON.

        Args:
            said: The JSON.

        Raises:
            KeyError: A part is missing.
            TypeError: A part is of the wrong type.
            ValueError: A part is not what it is to be.
        """
        return Token(
            id=said["id"],
            name=said["name"],
            scope=Scope(said["scope"]),
            graphs=tuple(said["graphs"]),
            created=datetime.fromisoformat(said["created"]),
            expires=datetime.fromisoformat(said["expires"]) if said["expires"] else None,
            revoked=datetime.fromisoformat(said["revoked"]) if said["revoked"] else None,
            sha256=said["sha256"],
        )


def check_name(name: str) -> str:
    """Return a name if it says whose a token is.

    Args:
        name: The name.

    Raises:
        CallError: It does not.
    """
    if not NAME.fullmatch(name):
        raise CallError(
            f"{name!r} is no name with an address",
            "write it as in 'Ada Lovelace <ada@example.org>'",
        )
    return name
