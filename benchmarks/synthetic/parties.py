"""Who and what an article is about, and the groups, matters and instruments that it speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.synthetic.draft import Party, end
from benchmarks.synthetic.pool import ALLIANCE, CITY, ORGANIZATION, PERSON, TOPIC, TREATY, UNIT
from benchmarks.synthetic.sheet import text

if TYPE_CHECKING:
    from benchmarks.synthetic.draft import Draft
    from benchmarks.synthetic.pool import Entity


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what an article is about.

    Attributes:
        organization: The organization it is mainly about.
        other: Another one.
        treaty: A treaty.
        members: The members of the organization.
        outsider: A state that is not a party to the treaty.
        speakers: Persons who speak.
        unit: A unit that speaks.
        city: Where things take place.
        topics: Terms of topics.
        groups: Groups without a name.
        matters: What propositions are about and what need not exist.
        instruments: Terms of instruments without a name.
    """

    organization: Entity
    other: Entity
    treaty: Entity
    members: list[Entity]
    outsider: Entity
    speakers: list[Entity]
    unit: Entity
    city: Entity
    topics: list[str]
    groups: list[Party]
    matters: list[Party]
    instruments: list[str]

    @property
    def entities(self) -> list[Entity]:
        """Those that any sentence may mention."""
        return [self.organization, self.other, *self.members, self.outsider, *self.speakers]


def gather(draft: Draft) -> Cast:
    """Draw the cast of an article, and write down what the article says of it."""
    draw = draft.draw
    organization = draw.one(ALLIANCE if draft.choose(4) == 0 else ORGANIZATION)
    other = draw.one(ALLIANCE if organization.kind is ORGANIZATION else ORGANIZATION)
    treaty = draw.one(TREATY)
    members = draft.pool.members(organization)
    outsiders = draft.pool.outsiders(treaty)
    bodies = [draft.party(organization), draft.party(other)]
    return Cast(
        organization=organization,
        other=other,
        treaty=treaty,
        members=members,
        outsider=outsiders[draft.choose(len(outsiders))],
        speakers=draw.several(PERSON, max(draft.count("OfficeHolding"), 1)),
        unit=draw.one(UNIT),
        city=draw.one(CITY),
        topics=[topic.term for topic in draw.several(TOPIC, 2 + draft.length // 3)],
        groups=[
            _group(draft, bodies[n % 3 == 1], members[: n < draft.count("readAs")], n + 1)
            for n in range(draft.count("Group"))
        ],
        matters=[
            _matter(draft, bodies[n % 2].term, n + 1) for n in range(draft.count("PutativeEntity"))
        ],
        instruments=[
            _thing(draft, "Instrument", f"instrument-{n + 1}", f"the {draft.label(1)} rules").term
            for n in range(draft.count("Instrument"))
        ],
    )


def offices(draft: Draft, cast: Cast) -> None:
    """Write down which posts the speakers hold, in a sentence that mentions them."""
    for person in cast.speakers:
        post = draft.party(draft.pool.post(person))
        holder = draft.party(person)
        sentence = next((s for s in draft.sentences if holder in s.parties), draft.sentence())
        sentence.parties += [post, holder]
        draft.add(
            f"office-{person.kind.name}-{person.number + 1}",
            "OfficeHolding",
            [sentence],
            rdfs__label=text(f"{holder.label} as {post.label}", "en"),
            currentHolder=person.term,
            dateBasis="value:publication-date",
            post=post.term,
            startsNotAfter=end(draft.day),
        )


def _group(draft: Draft, body: Party, reading: list[Entity], number: int) -> Party:
    label = f"{draft.label(1)} officials of {body.label}"
    read = [one.term for one in reading]
    return _thing(draft, "Group", f"group-{number}", label, groupOf=body.term, readAs=read)


def _matter(draft: Draft, involved: str, number: int) -> Party:
    label = f"the {draft.label(2)}"
    return _thing(draft, "PutativeEntity", f"matter-{number}", label, involves=involved)


def _thing(draft: Draft, kind: str, name: str, label: str, **values: str | list[str]) -> Party:
    """Add something that has a description instead of a name, and is mentioned by it."""
    sentence = draft.sentence()
    thing = Party(draft.node(name), label, named=False)
    sentence.required.append(thing)
    draft.add(name, kind, [sentence], rdfs__label=text(label, "en"), **values)
    return thing
