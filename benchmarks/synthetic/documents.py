"""The article itself, the documents that it rests on, and the rules of its encoding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from benchmarks.synthetic.draft import beginning, end
from benchmarks.synthetic.pool import AGENCY
from benchmarks.synthetic.sheet import text

if TYPE_CHECKING:
    from datetime import date

    from benchmarks.synthetic.draft import Draft, Party, Sentence
    from benchmarks.synthetic.parties import Cast

_RULES: Final = {
    "publication-date": "The text gives no date; the issue's number in the sequence gives it.",
    "citation-scope": "A citation covers the sentences around it that have the same speaker.",
    "year": "Dates without a year are of the year of publication.",
    "dispatch-bound": "What a dispatch reports was said no later than its date.",
    "last-month": "“Last month” is the month before publication.",
}
_LEAST_RULES: Final = 2
_SENTENCES_A_RULE: Final = 8
_DAYS_BEFORE: Final = 10
"""A dispatch is at most so many days older than the article."""


@dataclass(slots=True)
class Source:
    """A document that carries what somebody said.

    Attributes:
        name: The local name of its node.
        day: Its date, at the latest.
        issuer: Who issued it.
        wire: Whether it is a dispatch; else it is a press release.
        sentences: Where it is cited; nowhere if it is not used.
    """

    name: str
    day: date
    issuer: Party
    wire: bool
    sentences: list[Sentence]

    def cite(self, sentence: Sentence, *, scope: bool) -> str:
        """Cite the document for what stands in a sentence.

        Args:
            sentence: The sentence.
            scope: Whether a citation in another sentence of the paragraph will do.

        Returns:
            The local name of the basis of the citation.
        """
        if not self.wire or not scope or sentence in self.sentences:
            self._stand(sentence)
            return "own-citation" if self.wire else "named-document"
        if not any(one.paragraph == sentence.paragraph for one in self.sentences):
            self._stand(sentence)
            return "own-citation"
        return "citation-scope"

    def _stand(self, sentence: Sentence) -> None:
        if sentence not in self.sentences:
            self.sentences.append(sentence)
            sentence.parties.append(self.issuer)


@dataclass(frozen=True, slots=True)
class Frame:
    """What an article rests on.

    Attributes:
        periodical: Who published it.
        rules: The names of the encoding rules that it follows.
        sources: What it may cite, in order of date.
    """

    periodical: Party
    rules: list[str]
    sources: list[Source]

    def follow(self, draft: Draft, *names: str) -> list[str]:
        """Return the terms of those of the rules named that the article follows."""
        return [draft.node(f"rule-{name}") for name in names if name in self.rules]


def frame(draft: Draft, cast: Cast, periodical: Party) -> Frame:
    """Decide what an article rests on.

    Args:
        draft: The article.
        cast: Who it is about.
        periodical: Who published it.
    """
    rules = list(_RULES)[: max(_LEAST_RULES, -(-draft.length // _SENTENCES_A_RULE))]
    sources: dict[str, Source] = {}
    wanted = max(draft.count("Dispatch"), 1)
    while len(sources) < wanted:
        agency = draft.draw.one(AGENCY)
        day = draft.day - timedelta(days=1 + draft.choose(_DAYS_BEFORE))
        name = f"dispatch-{agency.kind.name}-{agency.number + 1}-{day}"
        sources.setdefault(name, Source(name, day, draft.party(agency), wire=True, sentences=[]))
    ordered = sorted(sources.values(), key=lambda source: (source.day, source.name))
    if draft.count("PressRelease"):
        issuer = draft.party(cast.organization)
        ordered.append(Source("press-release", draft.day, issuer, wire=False, sentences=[]))
    return Frame(periodical, rules, ordered)


def publish(draft: Draft, framed: Frame, register: str) -> None:
    """Write down the article, what it cites, its publication and its encoding.

    Args:
        draft: The article.
        framed: What it rests on.
        register: The number of the publication among the events.
    """
    cited = [_write(draft, framed, one) for one in framed.sources if one.sentences]
    title = f"{framed.periodical.label} {draft.number + 1}"
    event, article = draft.node(register), draft.node("article")
    dated: dict[str, str | list[str]] = {
        "dateBasis": "value:issue-sequence",
        "datePrecision": "value:day",
        "followsRule": framed.follow(draft, "publication-date"),
        "notAfter": end(draft.day),
        "notBefore": beginning(draft.day),
    }
    draft.sheet.say(
        article,
        "Article",
        rdfs__label=text(title, "en"),
        anchor=[draft.node(heading) for heading in draft.headings],
        authorStatus="value:not-given",
        cites=cited,
        dcterms__identifier=text(f"urn:example:{draft.slug}"),
        dcterms__title=text(draft.label(6).capitalize(), "en"),
        issue=text(str(draft.number + 1)),
        outlet=framed.periodical.term,
        publicationEvent=event,
        volume=text(str(draft.day.year)),
        **dated,
    )
    draft.sheet.say(
        event,
        "Publication",
        rdfs__label=text(f"publication of {title}", "en"),
        actor=framed.periodical.term,
        anchor=draft.node(draft.headings[len(draft.headings) // 2]),
        concerns=article,
        register=text(register),
        standing="value:accepted",
        **dated,
    )
    rules = framed.follow(draft, *framed.rules)
    draft.sheet.say(
        draft.node("encoding"),
        "Encoding",
        rdfs__label=text(f"encoding of {title}", "en"),
        encodes=article,
        followsRule=rules,
    )
    for name, rule in zip(framed.rules, rules, strict=True):
        draft.sheet.say(
            rule,
            "EncodingRule",
            rdfs__label=text(name.replace("-", " "), "en"),
            skos__definition=text(_RULES[name], "en"),
        )


def _write(draft: Draft, framed: Frame, source: Source) -> str:
    if source.wire:
        year = framed.follow(draft, "year")
        return draft.add(
            source.name,
            "Dispatch",
            source.sentences,
            rdfs__label=text(f"{source.issuer.label}, {source.day}", "en"),
            dateBasis=["value:stated", *(["value:year-inferred"] if year else [])],
            datePrecision="value:day",
            followsRule=year,
            notAfter=end(source.day),
            notBefore=beginning(source.day),
            outlet=source.issuer.term,
        )
    return draft.add(
        source.name,
        "PressRelease",
        source.sentences,
        rdfs__label=text(f"press release of {source.issuer.label}", "en"),
        dateBasis=["value:publication-date", "value:sequence"],
        datePrecision="value:range",
        issuer=source.issuer.term,
        notAfter=end(draft.day),
        notBefore=beginning(draft.day - timedelta(days=_DAYS_BEFORE)),
    )
