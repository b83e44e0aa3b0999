"""One synthetic article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.synthetic import documents, parties, statements
from benchmarks.synthetic.draft import Draft
from benchmarks.synthetic.events import Events
from benchmarks.synthetic.outline import outline
from benchmarks.synthetic.pool import PERIODICAL

if TYPE_CHECKING:
    from benchmarks.synthetic.sheet import Sheet

_IMPORTS = ["officials", "organizations", "outlets", "places", "states", "topics"]


@dataclass(frozen=True, slots=True)
class Article:
    """A synthetic article.

    Attributes:
        slug: What its own nodes' IRIs begin with, under ``id/``.
        text: Its text.
        sheet: Its graph.
    """

    slug: str
    text: str
    sheet: Sheet


def write(number: int, seed: int, sentences: int) -> Article:
    """Make up an article.

    Args:
        number: Its number, from 0.
        seed: What decides all choices.
        sentences: How many sentences it has.
    """
    draft = Draft(number, seed, sentences)
    draft.sheet.head(f"Synthetic article {number + 1}: the encoding", "asserted", _IMPORTS)
    cast = parties.gather(draft)
    periodical = draft.party(draft.draw.one(PERIODICAL))
    made = outline(draft, periodical.term)
    framed = documents.frame(draft, cast, periodical)
    events = Events(draft, cast, framed, made)
    events.happen()
    statements.speak(draft, cast, framed, made, events)
    documents.publish(draft, framed, f"E{events.count + 1:02}")
    parties.offices(draft, cast)
    draft.mention([draft.party(one) for one in cast.entities] + cast.groups + cast.matters)
    draft.write()
    return Article(draft.slug, draft.text, draft.sheet)
