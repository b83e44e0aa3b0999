"""Anchors: where in the article's text each statement was taken from, and whether it still is."""

from communique.anchors.report import AnchorReport, Mismatch
from communique.anchors.resolving import resolve

__all__ = ["AnchorReport", "Mismatch", "resolve"]
