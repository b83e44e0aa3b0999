"""The outline of an article: which statements it makes, in which sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.synthetic.draft import Draft, Sentence


@dataclass(slots=True)
class Statement:
    """Something said.

    Attributes:
        name: The local name of its node, which is its register number.
        kind: The local name of its class.
        sentence: Where it stands.
        source: The term of who answers for it: the first speaker, or the periodical.
        content: How many propositions it has.
        hedged: Whether its speaker hedges it.
        denies: Whether it must have a negative proposition.
        modality: The modality that one of its propositions must have; any if empty.
        values: What else is to be said of it.
    """

    name: str
    kind: str
    sentence: Sentence
    source: str = ""
    content: int = 1
    hedged: bool = False
    denies: bool = False
    modality: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)

    def link(self, name: str, *others: str) -> None:
        """Say that the statement has a property."""
        held = self.values.setdefault(name, [])
        held += [other for other in others if other not in held]


@dataclass(frozen=True, slots=True)
class Outline:
    """The statements of an article.

    Attributes:
        claims: What speakers claim, in order of time.
        narrated: What the narrator says.
        others: Presuppositions of the narrator, and talk by nobody in particular.
    """

    claims: list[Statement]
    narrated: list[Statement]
    others: list[Statement] = field(default_factory=list)

    @property
    def all(self) -> list[Statement]:
        """All statements."""
        return self.claims + self.narrated + self.others


def outline(draft: Draft, periodical: str) -> Outline:
    """Decide which statements an article makes, so that each sentence has one.

    Args:
        draft: The article.
        periodical: The term of who publishes it.
    """
    count = draft.count("Statement")
    claims = min(count - 1, draft.count("Claim"))
    # The claims follow one another, after half of the narrator's statements.
    first = (count - claims + 1) // 2
    made = Outline([], [])
    for number in range(count):
        sentence = draft.sentences[number * draft.length // count]
        if first <= number < first + claims:
            made.claims.append(Statement(f"C{len(made.claims) + 1:02}", "Claim", sentence))
        else:
            name = f"N{len(made.narrated) + 1:02}"
            one = Statement(name, "NarratorStatement", sentence, periodical)
            one.link("narrator", periodical)
            made.narrated.append(one)
    for number in range(min(draft.count("Presupposition"), len(made.narrated))):
        base = made.narrated[number]
        one = Statement(f"{base.name}b", "Presupposition", base.sentence, periodical)
        one.link("narrator", periodical)
        one.link("presupposedBy", draft.node(base.name))
        made.others.append(one)
    _talk(draft, made)
    return made


def _talk(draft: Draft, made: Outline) -> None:
    """Add talk by nobody in particular, where a statement takes it up."""
    relays = draft.count("relays")
    for number in range(draft.count("UnattributedTalk")):
        relayed = number < relays or not made.claims
        bases = made.narrated if relayed else made.claims
        base = bases[draft.choose(len(bases))]
        talk = Statement(f"U{number + 1}", "UnattributedTalk", base.sentence)
        base.link("relays" if relayed else "targets", draft.node(talk.name))
        made.others.append(talk)
