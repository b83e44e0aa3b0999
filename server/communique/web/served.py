"""What the application serves, for the views to find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from pathlib import Path

    from communique.repository import Repository
    from communique.sources import Example
    from communique.store.generation import Generation
    from communique.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Writable:
    """How the application takes changes.

    Attributes:
        repository: What makes them.
        tokens: Who may make them.
        default_graph: The IRI of the graph that changes of the default graph go to; empty if such
            changes are refused.
    """

    repository: Repository
    tokens: Tokens
    default_graph: str = ""


@dataclass(slots=True)
class Served:
    """What the application serves.

    Attributes:
        generation: The generation in service.  It may give way to another one at any time, so a
            request takes it once, at its beginning: :func:`communique.web.versions.latest`.
        examples: The sample questions that the start page offers.
        root: The dataset's folder, where it is at hand.
        repository: What puts changes of the files into service; None if nothing does.
        writable: How changes are taken; None if they are not.
    """

    generation: Generation
    examples: tuple[Example, ...]
    root: Path | None = None
    repository: Repository | None = None
    writable: Writable | None = None


def served() -> Served:
    """Return what the current application serves."""
    return cast("Served", current_app.extensions["communique"])
