"""Who says what in an article: how statements are made, reported, linked and hedged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.synthetic.content import Content
from benchmarks.synthetic.pool import UNIT
from benchmarks.synthetic.sheet import text

if TYPE_CHECKING:
    from benchmarks.synthetic.documents import Frame, Source
    from benchmarks.synthetic.draft import Draft
    from benchmarks.synthetic.events import Events
    from benchmarks.synthetic.outline import Outline, Statement
    from benchmarks.synthetic.parties import Cast
    from benchmarks.synthetic.pool import Entity

_SPEECH_ACTS: Final = {
    "announce-intention": "intended",
    "assert": "",
    "assess": "",
    "commit": "",
    "complain": "",
    "declare-aim": "intended",
    "deny": "",
    "hope": "hoped",
    "indicate-desire": "desired",
    "justify": "",
    "rule-out": "",
    "suggest": "recommended",
}
"""Speech acts, each with the modality that it asks of a proposition, if any."""
_DENIALS: Final = frozenset({"deny", "rule-out"})
_HEDGES: Final = ("reportedly", "it seems", "could", "as far as is known", "officially", "hopes")


def speak(draft: Draft, cast: Cast, framed: Frame, made: Outline, events: Events) -> None:
    """Write down all that is said in an article.

    Args:
        draft: The article.
        cast: Who it is about.
        framed: What it rests on.
        made: The statements.
        events: What happens.
    """
    speech = _Speech(draft, cast, framed)
    speech.claim(made, events)
    speech.link(made)
    speech.hedge(made)
    speech.write(made)


class _Speech:
    def __init__(self, draft: Draft, cast: Cast, framed: Frame) -> None:
        self._draft = draft
        self._cast = cast
        self._framed = framed

    def claim(self, made: Outline, events: Events) -> None:
        """Let the speakers speak, and the documents report it."""
        draft = self._draft
        quotations, seconds = draft.count("Quotation"), draft.count("SecondDelegation")
        for claim in made.claims:
            act = list(_SPEECH_ACTS)[draft.choose(len(_SPEECH_ACTS))]
            claim.link("speechAct", f"value:{act}")
            claim.denies |= act in _DENIALS
            claim.modality = _SPEECH_ACTS[act]
            speakers = [events.speakers[claim.name]]
            if seconds and claim.name in events.guests:
                speakers.append(events.guests[claim.name])
                claim.link("speaker", speakers[1].term)
                seconds -= 1
            self._delegate(claim, speakers)
            quoted = quotations > 0 and not claim.sentence.quoted
            quotations -= quoted
            self._report(claim, events.sources[claim.name], quoted=quoted)

    def link(self, made: Outline) -> None:
        """Let claims take up others, and the narrator."""
        draft, claims = self._draft, made.claims
        for name in ("supports", "contrastsWith", "agreesWith", "agreesOnFactsWith"):
            for later, earlier in self._pairs(claims, name):
                later.link(name, draft.node(earlier.name))
        for name in ("repliesTo", "opposes"):
            for later, earlier in self._pairs(claims, name, same=False):
                later.link(name, draft.node(earlier.name))
                if name == "repliesTo":
                    later.link("speechAct", "value:reply")
        for later, earlier in self._pairs(claims, "continues", same=True):
            later.link("continues", draft.node(earlier.name))
        for name in ("conflictsWith", "illustrates"):
            for number in range(draft.count(name) if claims else 0):
                other = made.narrated[number % len(made.narrated)]
                claims[draft.choose(len(claims))].link(name, draft.node(other.name))
        for number in range(min(draft.count("groundedIn"), len(self._cast.instruments))):
            statement = made.narrated[number % len(made.narrated)]
            statement.link("groundedIn", self._cast.instruments[number])

    def hedge(self, made: Outline) -> None:
        """Hedge statements: the speaker a claim, the narrator a statement of its own."""
        draft, statements = self._draft, made.claims + made.narrated
        for number in range(draft.count("Hedge")):
            statement = statements[draft.choose(len(statements))]
            wording = _HEDGES[draft.choose(len(_HEDGES))]
            statement.sentence.wordings.append(wording)
            statement.hedged = statement.kind == "Claim"
            draft.add(
                f"hedge-{number + 1}",
                "Hedge",
                [statement.sentence],
                rdfs__label=text(f"hedge of {statement.name}", "en"),
                hedgedBy=statement.source,
                hedges=draft.node(statement.name),
                wording=text(wording),
            )

    def write(self, made: Outline) -> None:
        """Write the statements down, with their propositions."""
        draft, topics = self._draft, self._cast.topics
        bearers = [one for one in made.all if one.content]
        spare = draft.count("Proposition") - sum(one.content for one in bearers)
        for _ in range(spare if bearers else 0):
            bearers[draft.choose(len(bearers))].content += 1
        content = Content(draft, self._cast)
        for one in made.all:
            draft.add(
                one.name,
                one.kind,
                [one.sentence],
                rdfs__label=text(f"{one.name}: {draft.label(5)}", "en"),
                content=content.propose(one),
                register=text(one.name),
                topic=topics[draft.choose(len(topics))],
                **one.values,
            )
        content.condition()

    def _pairs(
        self, claims: list[Statement], link: str, *, same: bool | None = None
    ) -> list[tuple[Statement, Statement]]:
        """Choose pairs of claims, the later one first.

        Args:
            claims: The claims.
            link: What the pairs are for, which decides how many there are.
            same: Whether both must have a speaker in common, or none; None if it is all one.
        """
        possible = [
            (later, earlier)
            for number, later in enumerate(claims)
            for earlier in claims[:number]
            if same in {None, not {*later.values["speaker"]}.isdisjoint(earlier.values["speaker"])}
        ]
        if not possible:
            return []
        count = self._draft.count(link)
        return [possible[self._draft.choose(len(possible))] for _ in range(count)]

    def _delegate(self, claim: Statement, speakers: list[Entity]) -> None:
        """Say for whom each speaker of a claim speaks."""
        draft = self._draft
        for number, speaker in enumerate(speakers, 1):
            if speaker.kind is UNIT:
                principal, capacity = draft.pool.organization(speaker), ""
            else:
                post = draft.pool.post(speaker)
                principal, capacity = draft.pool.body(post), post.term
            claim.sentence.parties.insert(0, draft.party(speaker))
            delegation = draft.add(
                f"{claim.name}-delegation{f'-{number}' if len(speakers) > 1 else ''}",
                "Delegation",
                [claim.sentence],
                byOrderOf=[group.term for group in self._cast.groups[: draft.count("byOrderOf")]],
                capacity=capacity,
                delegate=speaker.term,
                principal=principal.term,
            )
            claim.link("delegation", delegation)

    def _report(self, claim: Statement, sources: list[Source], *, quoted: bool) -> None:
        """Say which documents report a claim, and how the article does."""
        draft, sentence = self._draft, claim.sentence
        values: dict[str, str | list[str]] = {
            "anchor": [draft.node(sentence.name)],
            "directness": "value:paraphrase",
            "inDocument": draft.node("article"),
            "reports": draft.node(claim.name),
        }
        if quoted:
            sentence.quoted = draft.label(6).capitalize()
            quotation = draft.node(f"{sentence.name}-quotation")
            values["anchor"] = [draft.node(sentence.name), quotation]
            values["directness"] = "value:direct-quotation"
        if sources:
            rule = self._framed.follow(draft, "citation-scope")
            scope = bool(rule) and len(sources) == 1
            bases = [source.cite(sentence, scope=scope) for source in sources]
            values["citationBasis"] = f"value:{bases[0]}"
            values["followsRule"] = rule if bases[0] == "citation-scope" else []
            values["derivedFrom"] = [
                draft.add(
                    f"{claim.name}-report-{source.name.removeprefix('dispatch-')}",
                    "Report",
                    [sentence],
                    inDocument=draft.node(source.name),
                    reports=draft.node(claim.name),
                )
                for source in sources
            ]
        else:
            values["sourceStatus"] = "value:not-given"
        draft.sheet.say(draft.node(f"{claim.name}-report"), "Report", **values)
