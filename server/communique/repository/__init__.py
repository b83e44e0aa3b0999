"""A dataset's folder as a durable database: guarded, atomic changes of plain Turtle files."""

from __future__ import annotations

from communique.repository.repository import Outcome, Repository, Session, mend

__all__ = ["Outcome", "Repository", "Session", "mend"]
