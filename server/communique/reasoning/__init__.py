"""Reasoning: what follows from the facts by the ontology, and whether they agree with it."""

from communique.reasoning.closure import close
from communique.reasoning.consistency import Contradiction, contradictions
from communique.reasoning.schema import Schema, close_schema

__all__ = ["Contradiction", "Schema", "close", "close_schema", "contradictions"]
