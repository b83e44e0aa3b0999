"""An article while it is being made up: its nodes, its sentences, and in the end its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Final

from benchmarks.synthetic import profile, words
from benchmarks.synthetic.pool import Draw, Entity, Pool
from benchmarks.synthetic.sheet import Sheet, moment, text

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST_DAY: Final = date(1995, 1, 2)
_ARTICLES_A_DAY: Final = 12
_SENTENCES_A_PARAGRAPH: Final = 3
_HEADINGS: Final = ("headline", "publication-line", "by-line")
_INDIRECT: Final = 7
"""One in so many mentions is not by name."""


@dataclass(frozen=True, slots=True)
class Party:
    """Something that a sentence mentions.

    Attributes:
        term: Its IRI, with a prefix.
        label: Its name.
        named: Whether the label is a name; else it is a description.
    """

    term: str
    label: str
    named: bool = True


@dataclass(slots=True)
class Sentence:
    """A sentence to be written.

    Attributes:
        name: Its identifier.
        paragraph: The number of its paragraph.
        required: What it must mention.
        parties: What it should mention, if there are mentions enough.
        wordings: Words that it must contain.
        quoted: Words that it has in quotation marks; none if empty.
    """

    name: str
    paragraph: int
    required: list[Party] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    wordings: list[str] = field(default_factory=list)
    quoted: str = ""


class Draft:
    """An article being made up.

    Args:
        number: Its number, from 0.
        seed: What decides all choices.
        length: How many sentences it has.
    """

    def __init__(self, number: int, seed: int, length: int) -> None:
        self.number = number
        self.length = length
        self.slug = f"synthetic-{number + 1}"
        self.day = _FIRST_DAY + timedelta(days=number // _ARTICLES_A_DAY)
        self.random = Random(f"{seed} article {number}")
        self.pool = Pool(seed, length)
        self.draw = Draw(number, length, self.random)
        self.sheet = Sheet(f"articles/{self.day:%Y/%m}/{self.slug}", self.slug)
        self.sentences = [
            Sentence(
                f"P{n // _SENTENCES_A_PARAGRAPH + 1}.S{n % _SENTENCES_A_PARAGRAPH + 1}",
                n // _SENTENCES_A_PARAGRAPH + 1,
            )
            for n in range(length)
        ]
        self.headings = _HEADINGS[: max(1, self.count("Heading"))]
        self.text = ""
        self._texts: list[str] = []

    def count(self, kind: str) -> int:
        """Return how many nodes of a kind the article has."""
        return profile.share(kind, self.number, self.length)

    def node(self, name: str) -> str:
        """Return the IRI, with a prefix, of one of the article's own nodes."""
        return f"{self.slug}:{name}"

    def party(self, entity: Entity) -> Party:
        """Return an entity of the pool, with its name."""
        return Party(entity.term, self.pool.label(entity))

    def choose(self, count: int) -> int:
        """Return a number from 0, less than the one given."""
        return int(self.random.random() * count)

    def sentence(self) -> Sentence:
        """Choose a sentence."""
        return self.sentences[self.choose(len(self.sentences))]

    def add(
        self,
        name: str,
        kind: str,
        sentences: Sequence[Sentence],
        /,
        **values: str | list[str],
    ) -> str:
        """Add a node that is anchored to sentences.

        Args:
            name: Its local name.
            kind: The local name of its class.
            sentences: What it was taken from.
            **values: Values, as in :meth:`Sheet.say`.

        Returns:
            Its IRI, with a prefix.
        """
        node = self.node(name)
        anchors = [self.node(sentence.name) for sentence in sentences]
        self.sheet.say(node, kind, anchor=anchors, **values)
        return node

    def label(self, count: int) -> str:
        """Make up a label of so many words."""
        return words.phrase(self.random, count)

    def write(self) -> None:
        """Write the text, and what the graph says of it."""
        source = self.node("text")
        # Each is a line, and a sentence's end is a blank from the next one's beginning.
        parts: list[tuple[str, str, Sentence | None]] = [
            (heading, self.label(6).capitalize(), None) for heading in self.headings
        ]
        parts += [(one.name, self._sentence(one), one) for one in self.sentences]
        start = 0
        for (name, written, sentence), following in zip(parts, [*parts[1:], None], strict=True):
            self.sheet.say(self.node(name), "Sentence" if sentence else "Heading")
            if sentence:
                self.sheet.say(self.node(name), paragraph=str(sentence.paragraph))
                if sentence.quoted:
                    at = start + written.index("“") + 1
                    quotation = f"{name}-quotation"
                    self.sheet.say(self.node(quotation), "Quotation", inSentence=self.node(name))
                    self._passage(quotation, at, sentence.quoted, source, exact=True)
            self._passage(name, start, written, source)
            same = (
                sentence
                and following
                and following[2]
                and (following[2].paragraph == sentence.paragraph)
            )
            self._texts += [written, " " if same else "\n"]
            start += len(written) + 1
        self.text = "".join(self._texts[:-1])
        self.sheet.say(
            source,
            "SourceText",
            rdfs__label=text(f"text of synthetic article {self.number + 1}", "en"),
            characterCount=str(len(self.text)),
            sha256=text(_digest(self.text)),
            textOf=self.node("article"),
        )

    def mention(self, parties: Sequence[Party]) -> None:
        """Decide what each sentence mentions, and say so.

        Args:
            parties: What a sentence may mention that has nothing particular left to mention.
        """
        optional = [[one for one in s.parties if one not in s.required] for s in self.sentences]
        for sentence in self.sentences:
            sentence.parties = []
            for party in dict.fromkeys(sentence.required):
                self._mention(sentence, party)
        left = self.count("Mention") - sum(len(one.parties) for one in self.sentences)
        for turn in range(max(0, left)):
            place = turn % len(self.sentences)
            particular = optional[place]
            party = particular.pop(0) if particular else parties[self.choose(len(parties))]
            self._mention(self.sentences[place], party)

    def _mention(self, sentence: Sentence, party: Party) -> None:
        direct = not party.named or self.choose(_INDIRECT) > 0
        written = party if direct else Party(party.term, f"the {self.label(1)} side")
        sentence.parties.append(written)
        self.sheet.say(
            self.node(f"{sentence.name}-mention-{len(sentence.parties)}"),
            "Mention",
            inSentence=self.node(sentence.name),
            printedForm=text(written.label),
            referenceBasis=f"value:{'explicit' if direct else 'inferred'}",
            referenceMode=f"value:{'name' if direct and party.named else 'description'}",
            refersTo=party.term,
        )

    def _sentence(self, sentence: Sentence) -> str:
        parts = [f"{party.label} {self.label(2)}" for party in sentence.parties]
        parts += [f"{wording} {self.label(1)}" for wording in sentence.wordings]
        if sentence.quoted:
            parts.append(f"“{sentence.quoted}”")
        return " ".join(parts or [self.label(8)]) + "."

    def _passage(
        self, name: str, start: int, written: str, source: str, *, exact: bool = False
    ) -> None:
        selector = self.node(f"{name}-selector")
        self.sheet.say(self.node(name), passageOf=source, selector=selector, passageId=text(name))
        self.sheet.say(
            selector,
            "QuoteSelector" if exact else "Selector",
            start=str(start),
            end=str(start + len(written)),
            sha256=text(_digest(written)),
        )
        if exact:
            self.sheet.say(selector, exact=text(written))


def beginning(day: date) -> str:
    """Return the earliest moment of a day."""
    return moment(f"{day:%Y-%m-%d}T00:00:00Z")


def end(day: date) -> str:
    """Return the latest moment of a day."""
    return moment(f"{day:%Y-%m-%d}T23:59:59Z")


def _digest(written: str) -> str:
    return sha256(written.encode()).hexdigest()
