"""What the application serves, for the views to find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from pathlib import Path

    from communique.sources import Example
    from communique.store.generation import Generation


@dataclass(frozen=True, slots=True)
class Served:
    """What the application serves.

    Attributes:
        generation: The generation that answers.
        examples: The sample questions that the start page offers.
        root: The dataset's folder, where it is at hand.
    """

    generation: Generation
    examples: tuple[Example, ...]
    root: Path | None = None


def served() -> Served:
    """Return what the current application serves."""
    return cast("Served", current_app.extensions["communique"])
