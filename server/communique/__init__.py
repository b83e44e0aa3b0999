"""communique: a knowledge graph of who said what in international security."""

__version__ = "0.1.0"
