"""Datasets that come as one file, or as several: each named graph becomes its Turtle file."""

from __future__ import annotations

from communique.importing.applying import Applied, apply
from communique.importing.reading import FORMATS, Import, read

__all__ = ["FORMATS", "Applied", "Import", "apply", "read"]
