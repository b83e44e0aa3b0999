"""What happens in an article: who spoke where, and what the narrator tells of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from benchmarks.synthetic.draft import beginning, end
from benchmarks.synthetic.sheet import text

if TYPE_CHECKING:
    from datetime import date

    from benchmarks.synthetic.documents import Frame, Source
    from benchmarks.synthetic.draft import Draft, Party, Sentence
    from benchmarks.synthetic.outline import Outline, Statement
    from benchmarks.synthetic.parties import Cast
    from benchmarks.synthetic.pool import Entity

_ACCEPTED: Final = ("Registration", "TreatyLaunch")
_NARRATED: Final = ("Merger", "Decision", "Initiative")
"""Kinds that are told and not accepted."""
_ONE_UNIT_IN: Final = 8
"""One speaker in so many is a unit and not a person."""
_LEAST_DAYS: Final = 400
_SPAN: Final = 3000
"""What is past happened so many days ago, at the least and over how long."""
_PHRASE: Final = "last month"


@dataclass(frozen=True, slots=True)
class Happening:
    """An event to be told of.

    Attributes:
        kind: The local name of its class.
        label: What it is called.
        parties: Who and what is mentioned with it.
        first: Its first possible day, if known.
        last: Its last possible day.
        values: What else is to be said of it.
    """

    kind: str
    label: str
    parties: list[Party]
    first: date | None
    last: date
    values: dict[str, str | list[str]]


class Events:
    """Makes up the events of one article.

    Args:
        draft: The article.
        cast: Who it is about.
        framed: What it rests on.
        made: Its statements, to which the events are tied.

    Attributes:
        count: How many there are so far.
        speakers: Who speaks, by claim.
        guests: Who else takes part in the occasion of a claim that is a meeting.
        sources: What reports each claim.
    """

    def __init__(self, draft: Draft, cast: Cast, framed: Frame, made: Outline) -> None:
        self.count = 0
        self.speakers: dict[str, Entity] = {}
        self.guests: dict[str, Entity] = {}
        self.sources: dict[str, list[Source]] = {}
        self._draft = draft
        self._cast = cast
        self._framed = framed
        self._made = made
        self._dates: list[tuple[date, date, str]] = []

    def happen(self) -> None:
        """Make up all events."""
        narrators = list(self._made.narrated)
        initiatives = []
        for kind in (*_ACCEPTED, *_NARRATED):
            for _ in range(self._draft.count(kind)):
                statement = narrators[self._draft.choose(len(narrators))]
                event = self._past(kind, statement)
                if kind == "Initiative":
                    initiatives.append(event)
        self._memberships(narrators[self._draft.choose(len(narrators))])
        if self._draft.count("MembershipHalt"):
            self._halt(narrators[self._draft.choose(len(narrators))])
        self._occasions()
        self._order(self._draft.count("after"))
        if initiatives and self._made.claims:
            for _ in range(self._draft.count("rejects")):
                claim = self._made.claims[self._draft.choose(len(self._made.claims))]
                claim.link("rejects", initiatives[0])
                claim.link("speechAct", "value:reject")
                claim.denies = True

    def _past(self, kind: str, statement: Statement) -> str:
        """Tell of something that happened years ago."""
        draft, cast = self._draft, self._cast
        organization, other = draft.party(cast.organization), draft.party(cast.other)
        treaty, state = draft.party(cast.treaty), draft.party(cast.members[0])
        told: dict[str, tuple[list[Party], dict[str, str | list[str]]]] = {
            "Registration": (
                [organization, other],
                {"concerns": organization.term, "registeredWith": other.term},
            ),
            "Merger": ([organization, other], {"mergedParty": [organization.term, other.term]}),
            "Decision": ([state, treaty], {"actor": state.term, "concerns": treaty.term}),
            "TreatyLaunch": (
                [treaty, draft.party(cast.city)],
                {"concerns": treaty.term, "eventPlace": cast.city.term},
            ),
            "Initiative": ([state, other], {"actor": state.term, "directedTo": other.term}),
        }
        about, values = told[kind]
        day = draft.day - timedelta(days=_LEAST_DAYS + draft.choose(_SPAN))
        label = f"{kind.lower()} of {about[0].label} and {about[1].label}"
        values["datePrecision"] = "value:day"
        return self._told(Happening(kind, label, about, day, day, values), statement)

    def _told(self, what: Happening, statement: Statement) -> str:
        """Let a statement tell of an event, and accept it or not."""
        event = self._event(what, [statement.sentence])
        statement.link("describes" if what.kind in _NARRATED else "acceptedAs", event)
        statement.content = self._draft.choose(2)
        return event

    def _memberships(self, statement: Statement) -> None:
        """Tell of members of the organization, all by one statement."""
        draft, organization = self._draft, self._cast.organization
        body = draft.party(organization)
        wanted = draft.count("Membership") - draft.count("MembershipHalt")
        for state in self._cast.members[: max(0, wanted)]:
            member = draft.party(state)
            statement.sentence.parties += [body, member]
            node = draft.add(
                f"membership-{organization.kind.name}-{state.kind.name}-{state.number + 1}",
                "Membership",
                [statement.sentence],
                rdfs__label=text(f"membership of {member.label} in {body.label}", "en"),
                currentMember=state.term,
                dateBasis="value:publication-date",
                endsNotBefore=beginning(draft.day),
                inOrganization=organization.term,
                membershipStatus="value:full-member",
                startsNotAfter=end(draft.day),
            )
            statement.link("acceptedAs", node)
            statement.content = 0

    def _halt(self, statement: Statement) -> None:
        """Tell of a membership that ended, and of its end."""
        draft = self._draft
        state, treaty = draft.party(self._cast.outsider), draft.party(self._cast.treaty)
        year = draft.day.year - 1 - draft.choose(9)
        first = draft.day.replace(year=year, month=1, day=1)
        last = draft.day.replace(year=year, month=12, day=31)
        label = f"membership of {state.label} in the {treaty.label}"
        membership = draft.node(f"membership-treaty-{state.term.partition(':')[2]}")
        values: dict[str, str | list[str]] = {
            "actor": state.term,
            "concerns": [treaty.term, membership],
            "datePrecision": "value:year",
        }
        halt = f"halt of the {label}"
        event = self._told(
            Happening("MembershipHalt", halt, [state, treaty], first, last, values), statement
        )
        draft.sheet.say(
            membership,
            "Membership",
            rdfs__label=text(label, "en"),
            anchor=draft.node(statement.sentence.name),
            dateBasis="value:stated",
            endedBy=event,
            endsNotAfter=end(last),
            endsNotBefore=beginning(first),
            inTreaty=treaty.term,
            member=state.term,
            membershipStatus="value:halted-member",
        )
        statement.link("acceptedAs", membership)

    def _occasions(self) -> None:
        """Give each claim an occasion, and documents that report it."""
        draft, claims = self._draft, self._made.claims
        meetings = min(draft.count("Meeting"), len(claims))
        wanted = meetings + draft.count("PublicStatement")
        count = max(1, min(len(claims), wanted)) if claims else 0
        self._report()
        for number in range(count):
            own = [claim for n, claim in enumerate(claims) if n * count // len(claims) == number]
            self._occasion("Meeting" if number < meetings else "PublicStatement", number, own)

    def _report(self) -> None:
        """Deal out the documents among the claims, each to neighbours."""
        claims, sources = self._made.claims, self._framed.sources
        reports = self._draft.count("DispatchReport")
        for number, claim in enumerate(claims):
            place = number * len(sources) // len(claims)
            share = (reports + len(claims) - 1 - number) // len(claims)
            own = sources[place : place + 1] if share else []
            if share > 1 and own and own[0].wire:
                own += [source for source in sources[place + 1 : place + 2] if source.wire]
            self.sources[claim.name] = own

    def _occasion(self, kind: str, number: int, claims: list[Statement]) -> None:
        draft, cast = self._draft, self._cast
        unit = number % _ONE_UNIT_IN == _ONE_UNIT_IN - 1
        speaker = cast.unit if unit else cast.speakers[number % len(cast.speakers)]
        party = draft.party(speaker)
        wires = [s.day for c in claims for s in self.sources[c.name] if s.wire]
        day = min(wires, default=draft.day - timedelta(days=1))
        sentences = list({claim.sentence.name: claim.sentence for claim in claims}.values())
        about = [party]
        values: dict[str, str | list[str]] = {"datePrecision": "value:day"}
        first: date | None = day
        if kind == "Meeting":
            guest = cast.speakers[(number + 1) % len(cast.speakers)]
            if guest != speaker:
                self.guests |= {claim.name: guest for claim in claims}
            about += [draft.party(guest), draft.party(cast.city)]
            values |= {
                "concerns": cast.organization.term,
                "eventPlace": cast.city.term,
                "participant": [party.term, guest.term],
            }
        else:
            values["actor"] = party.term
            dated = self._dated(sentences[0], day) if wires else {}
            if dated:
                first, values = None, values | dated
        values["topic"] = cast.topics[draft.choose(len(cast.topics))]
        label = f"{kind} of {party.label}"
        event = self._event(Happening(kind, label, about, first, day, values), sentences)
        for claim in claims:
            claim.source = party.term
            claim.link("speaker", party.term)
            claim.link("occasion", event)
            self.speakers[claim.name] = speaker

    def _dated(self, sentence: Sentence, day: date) -> dict[str, str | list[str]]:
        """Say that an event is dated by its dispatch; nothing if no rule allows it."""
        rules = self._framed.follow(self._draft, "dispatch-bound", "year")
        if len(rules) <= 1 or self._draft.choose(4) == 0:
            return {}
        bases = ["value:dispatch-date", "value:year-inferred"]
        values: dict[str, str | list[str]] = {"datePrecision": "value:open"}
        month = self._framed.follow(self._draft, "last-month")
        if month and day.month != self._draft.day.month:
            bases.append("value:relative-phrase")
            values["datePhrase"] = text(_PHRASE)
            sentence.wordings.append(_PHRASE)
            rules += month
        return values | {"dateBasis": bases, "followsRule": rules}

    def _order(self, count: int) -> None:
        """Say of some events that they came after others, as a chain."""
        chain = sorted(self._dates)
        for (_, last, earlier), (first, _, later) in pairwise(chain):
            if not count:
                break
            if last < first:
                self._draft.sheet.say(later, after=earlier)
                count -= 1

    def _event(self, what: Happening, sentences: list[Sentence]) -> str:
        """Write an event down, in the next free place of the register."""
        self.count += 1
        register = f"E{self.count:02}"
        sentences[0].parties += what.parties
        standing = "as-narrated" if what.kind in _NARRATED else "accepted"
        event = self._draft.add(
            register,
            what.kind,
            sentences,
            rdfs__label=text(what.label, "en"),
            **{"dateBasis": "value:stated", **what.values},
            notAfter=end(what.last),
            notBefore=beginning(what.first) if what.first else [],
            register=text(register),
            standing=f"value:{standing}",
        )
        if what.first:
            self._dates.append((what.first, what.last, event))
        return event
