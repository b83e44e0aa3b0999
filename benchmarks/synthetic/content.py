"""The content of statements: propositions, which are never asserted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.synthetic.draft import Party
from benchmarks.synthetic.sheet import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.synthetic.draft import Draft
    from benchmarks.synthetic.outline import Statement
    from benchmarks.synthetic.parties import Cast

_OF_MATTERS: Final = (
    "committedTo",
    "complainsOf",
    "creates",
    "discusses",
    "establishes",
    "hasOnAgenda",
    "possesses",
    "pursues",
    "seeksToEnsure",
    "seeksToPrevent",
    "takesStepsTowards",
    "takesUp",
)
"""Properties whose object is a matter."""
_OF_PARTIES: Final = (
    "cooperatesWith",
    "criticizes",
    "dominates",
    "givesHelpTo",
    "holdsTalksWith",
    "mergesWith",
    "recognizes",
)
"""Properties whose object is a state, an organization or a group."""
_OF_TOPICS: Final = ("counters", "dealsWith")
_CERTAINTIES: Final = ("certain", "certain", "certain", "probable", "possible", "underspecified")
_MODALITIES: Final = ("actual", "actual", "actual", "intended", "hoped", "potential", "desired")
_POLARITIES: Final = ("positive", "positive", "positive", "negative")
_UNCERTAIN: Final = ("probable", "possible", "underspecified")
_TENTH: Final = 10
_TRIES: Final = 20


class Content:
    """Makes up the propositions of one article.

    Args:
        draft: The article.
        cast: Who it is about.
    """

    def __init__(self, draft: Draft, cast: Cast) -> None:
        self._draft = draft
        self._cast = cast
        self._parties: list[Party] = [
            draft.party(cast.organization),
            draft.party(cast.other),
            *(draft.party(state) for state in cast.members),
            *cast.groups,
        ]
        self._unused = list(cast.matters)
        self._said: set[tuple[str, str, str]] = set()
        self._all: list[str] = []
        self._grounds: list[tuple[str, str]] = []

    def propose(self, statement: Statement) -> list[str]:
        """Make up the propositions of a statement.

        Args:
            statement: The statement.

        Returns:
            Their terms.
        """
        nodes = []
        for number in range(statement.content):
            place = f"-{number + 1}" if statement.content > 1 else ""
            nodes.append(
                self._proposition(
                    f"{statement.name}-proposition{place}",
                    _UNCERTAIN if statement.hedged else _CERTAINTIES,
                    _MODALITIES if number or not statement.modality else (statement.modality,),
                    ("negative",) if statement.denies and not number else _POLARITIES,
                )
            )
        self._all += nodes
        if len(nodes) > 1:
            self._grounds.append((nodes[0], nodes[1]))
        return nodes

    def condition(self) -> None:
        """Make some propositions depend on a matter, and some the ground for another."""
        draft, matters = self._draft, self._cast.matters
        for _ in range(draft.count("condition") if self._all and matters else 0):
            node = self._all[draft.choose(len(self._all))]
            draft.sheet.say(node, condition=matters[draft.choose(len(matters))].term)
        for matter in self._unused:
            draft.sheet.say(self._all[draft.choose(len(self._all))], condition=matter.term)
        for node, other in self._grounds[: draft.count("groundFor")]:
            draft.sheet.say(node, groundFor=other)

    def _proposition(
        self,
        name: str,
        certainties: Sequence[str],
        modalities: Sequence[str],
        polarities: Sequence[str],
    ) -> str:
        draft = self._draft
        for _ in range(_TRIES):
            subject, predicate, value = self._triple()
            said = (subject.term, predicate, value.term)
            if said not in self._said:
                break
        self._said.add(said)
        node = draft.node(name)
        label = f"that {subject.label} {_spaced(predicate)} {value.label}"
        draft.sheet.say(
            node,
            "Proposition",
            rdfs__label=text(label, "en"),
            certainty=f"value:{certainties[draft.choose(len(certainties))]}",
            modality=f"value:{modalities[draft.choose(len(modalities))]}",
            object=value.term,
            polarity=f"value:{polarities[draft.choose(len(polarities))]}",
            predicate=f"cmq:{predicate}",
            subject=subject.term,
        )
        return node

    def _triple(self) -> tuple[Party, str, Party]:
        """Make up a triple; matters that none has named yet come first."""
        draft = self._draft
        subject = self._pick(self._parties)
        kind = draft.choose(_TENTH)
        if self._unused or (kind >= _TENTH // 2 and self._cast.matters):
            matter = self._unused.pop(0) if self._unused else self._pick(self._cast.matters)
            return subject, _OF_MATTERS[draft.choose(len(_OF_MATTERS))], matter
        if kind < len(_OF_TOPICS):
            topic = self._cast.topics[draft.choose(len(self._cast.topics))]
            return subject, _OF_TOPICS[kind], Party(topic, "a topic")
        others = [one for one in self._parties if one != subject]
        return subject, _OF_PARTIES[draft.choose(len(_OF_PARTIES))], self._pick(others)

    def _pick(self, parties: list[Party]) -> Party:
        return parties[self._draft.choose(len(parties))]


def _spaced(predicate: str) -> str:
    """Write a property's name as words."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in predicate)
