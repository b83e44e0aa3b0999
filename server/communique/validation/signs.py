"""By which change of a triple a finding can come about."""

from __future__ import annotations

from enum import Flag, auto
from typing import Final


class Sign(Flag):
    """By which change of a matching triple a finding can come about.

    The same two stand for a parity: under an even number of negations what is added counts as
    added, under an odd number as removed.
    """

    ADDED = auto()
    REMOVED = auto()


ANY: Final = Sign.ADDED | Sign.REMOVED
"""By both; or under negations of both parities."""


def flipped(sign: Sign) -> Sign:
    """Return the sign under a negation.

    Args:
        sign: The sign.
    """
    turned = Sign(0)
    if Sign.ADDED in sign:
        turned |= Sign.REMOVED
    if Sign.REMOVED in sign:
        turned |= Sign.ADDED
    return turned


def combine(sign: Sign, parity: Sign) -> Sign:
    """Return the sign under negations.

    Args:
        sign: The sign.
        parity: Of the negations.
    """
    combined = Sign(0)
    if Sign.ADDED in parity:
        combined |= sign
    if Sign.REMOVED in parity:
        combined |= flipped(sign)
    return combined
