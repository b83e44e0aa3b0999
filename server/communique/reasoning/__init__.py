"""Reasoning: what follows from the facts by the ontology, and whether they agree with it."""

from communique.reasoning.owl_rl import Closure, Inconsistency, close

__all__ = ["Closure", "Inconsistency", "close"]
