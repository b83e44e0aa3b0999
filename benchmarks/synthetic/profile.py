"""How many nodes of each kind an article has: as the encoded article, in proportion."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = 39
"""The sentences of Eurasia Daily Monitor 2/213."""

COUNTS: Final = {
    "Mention": 193,
    "Proposition": 66,
    "PutativeEntity": 32,
    "DispatchReport": 24,
    "Statement": 45,
    "Claim": 23,
    "Group": 13,
    "Quotation": 10,
    "Hedge": 10,
    "Dispatch": 9,
    "PublicStatement": 8,
    "OfficeHolding": 8,
    "Membership": 7,
    "UnattributedTalk": 4,
    "Meeting": 4,
    "Heading": 3,
    "Registration": 2,
    "SecondDelegation": 2,
    "Instrument": 2,
    "Presupposition": 1,
    "PressRelease": 1,
    "Merger": 1,
    "MembershipHalt": 1,
    "Initiative": 1,
    "Decision": 1,
    "TreatyLaunch": 1,
    # Properties that only some nodes have.
    "illustrates": 11,
    "supports": 3,
    "repliesTo": 3,
    "contrastsWith": 2,
    "agreesWith": 2,
    "condition": 2,
    "groundFor": 2,
    "readAs": 2,
    "after": 2,
    "agreesOnFactsWith": 1,
    "byOrderOf": 1,
    "conflictsWith": 1,
    "continues": 1,
    "groundedIn": 1,
    "opposes": 1,
    "rejects": 1,
    "relays": 1,
}
"""What the encoded article has of each.

Each claim has a delegation and a report by the article besides what is counted here.  The
statements are the claims and the narrator's statements; there are more of them than sentences, so
that each sentence can have one.
"""


def share(kind: str, article: int, sentences: int) -> int:
    """Return how many of a kind an article has.

    An article of 39 sentences has what the encoded one has.  In shorter ones the numbers vary by
    one, such that any run of articles has the right number in all.

    Args:
        kind: A key of :data:`COUNTS`.
        article: The article's number, from 0.
        sentences: How many sentences each article of the corpus has.
    """
    count = COUNTS[kind]
    # Not every kind should have its extra node in the same article.
    start = 11 * list(COUNTS).index(kind) % SENTENCES
    before, after = (
        (number * sentences * count + start) // SENTENCES for number in (article, article + 1)
    )
    return after - before
