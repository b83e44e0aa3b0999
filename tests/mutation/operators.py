"""All the operators: importing this module registers them."""

from mutation import claims, structure, values
from mutation.mutants import OPERATORS, Mutant, mutants

__all__ = ["OPERATORS", "Mutant", "claims", "mutants", "structure", "values"]
