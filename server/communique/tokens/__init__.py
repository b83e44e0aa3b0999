"""Tokens: who may change what, until when.

Whoever has the token is its bearer (RFC 6750).  A token is shown once; what is kept of it is its
SHA-256, from which it cannot be had again, since it has 256 random bits.
"""

from communique.tokens.keeping import Tokens, default_path
from communique.tokens.token import Scope, Token

__all__ = ["Scope", "Token", "Tokens", "default_path"]
