"""The entities that articles share: a pool that grows with the corpus, up to a bound.

Each entity is known by its kind and number.  It enters the pool with one article, which is what
its file says it was taken from, and everything about it is a function of seed, kind and number.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from random import Random
from typing import TYPE_CHECKING, Final

from benchmarks.synthetic import words
from benchmarks.synthetic.profile import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entity, and how many of them a corpus has.

    Attributes:
        name: Its name, used in IRIs.
        category: The local name of its class in the vocabulary.
        first: How many the first article has.
        growth: How fast more come: article number n has the square root of n times this more,
            for a kind that is used up no more than its articles can tell of.
        bound: How many there are at most.
        used: Whether each must be told of by the article that it comes with.
    """

    name: str
    category: str
    first: int
    growth: int
    bound: int
    used: bool = False

    def available(self, article: int, length: int) -> int:
        """Return how many there are once an article is written.

        Args:
            article: Its number, from 0.
            length: How many sentences an article has.
        """
        first = self._first(length)
        later = isqrt(self.growth * article)
        return min(self.bound, first + (min(later, first * article) if self.used else later))

    def introduction(self, number: int, length: int) -> int:
        """Return the number of the first article that has an entity.

        Args:
            number: The entity's number, from 0.
            length: How many sentences an article has.
        """
        first = self._first(length)
        later = max(0, number + 1 - first)
        soonest = -(-later * later // self.growth)
        return max(soonest, -(-later // first)) if self.used else soonest

    def _first(self, length: int) -> int:
        return max(1, self.first * length // SENTENCES) if self.used else self.first


STATE: Final = Kind("state", "State", 9, 1, 190)
ALLIANCE: Final = Kind("alliance", "Alliance", 1, 1, 20)
ORGANIZATION: Final = Kind("organization", "IntergovernmentalOrganization", 4, 1, 120)
INSTITUTE: Final = Kind("institute", "Organization", 1, 4, 400)
UNIT: Final = Kind("unit", "OrganizationalUnit", 4, 9, 600)
TREATY: Final = Kind("treaty", "Treaty", 1, 1, 60)
PERSON: Final = Kind("person", "Person", 8, 100, 4000, used=True)
POST: Final = Kind("post", "Post", 8, 100, 4000, used=True)
CITY: Final = Kind("city", "City", 3, 9, 800)
REGION: Final = Kind("region", "Region", 2, 1, 60)
AGENCY: Final = Kind("agency", "NewsAgency", 4, 1, 60)
PERIODICAL: Final = Kind("periodical", "Periodical", 1, 1, 40)
TOPIC: Final = Kind("subject", "skos:Concept", 28, 1, 150)

KINDS: Final = (
    STATE,
    ALLIANCE,
    ORGANIZATION,
    INSTITUTE,
    UNIT,
    TREATY,
    PERSON,
    POST,
    CITY,
    REGION,
    AGENCY,
    PERIODICAL,
    TOPIC,
)

_MEMBERS: Final = (6, 10)
"""How many members an organization has, at least and at most."""
_ROLES: Final = (
    "Secretary-General",
    "Foreign Minister",
    "Defence Minister",
    "Deputy Foreign Minister",
    "Special Representative",
    "Spokesman",
    "Ambassador",
    "Chief of Staff",
)
_PATTERNS: Final = {
    "state": "{}",
    "alliance": "{} Alliance",
    "organization": "{} Cooperation Organization",
    "institute": "Institute of {}",
    "unit": "{} Council",
    "treaty": "Treaty of {}",
    "city": "{}",
    "region": "{} Region",
    "agency": "{} Press",
    "periodical": "{} Monitor",
    "subject": "question of {}",
}


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity of the pool.

    Attributes:
        kind: Its kind.
        number: Its number within the kind, from 0.
    """

    kind: Kind
    number: int

    @property
    def term(self) -> str:
        """Its IRI, with a prefix."""
        prefix = "topic" if self.kind is TOPIC else "id"
        return f"{prefix}:{self.kind.name}-{self.number + 1}"


class Pool:
    """The entities of a corpus.

    Args:
        seed: What decides all choices.
        length: How many sentences an article has.
    """

    def __init__(self, seed: int, length: int) -> None:
        self.seed = seed
        self.length = length

    def introduction(self, entity: Entity) -> int:
        """Return the number of the first article that has an entity."""
        return entity.kind.introduction(entity.number, self.length)

    def label(self, entity: Entity) -> str:
        """Return an entity's English name."""
        code = KINDS.index(entity.kind)
        if entity.kind is POST:
            role = _ROLES[self._random(entity, "role").randrange(len(_ROLES))]
            return f"{self.label(self.body(entity))} {role}"
        made_up = words.name(entity.number * len(KINDS) + code)
        if entity.kind is PERSON:
            return f"{words.name(entity.number % 97)} {made_up}"
        return _PATTERNS[entity.kind.name].format(made_up)

    def post(self, person: Entity) -> Entity:
        """Return the post that a person holds, and nobody else."""
        return Entity(POST, person.number)

    def body(self, post: Entity) -> Entity:
        """Return the state or organization that a post is in and speaks for."""
        kind = (STATE, STATE, ALLIANCE, ORGANIZATION)[post.number % 4]
        return self._companion(post, kind)

    def parent(self, unit: Entity) -> Entity:
        """Return what a unit is a unit of: an organization, or an older unit."""
        if unit.number >= UNIT.first and unit.number % 2:
            return Entity(UNIT, int(self._random(unit, "parent").random() * unit.number))
        return self._companion(unit, ORGANIZATION if unit.number % 4 else ALLIANCE)

    def organization(self, unit: Entity) -> Entity:
        """Return the organization that a unit belongs to in the end."""
        parent = self.parent(unit)
        return self.organization(parent) if parent.kind is UNIT else parent

    def location(self, place: Entity) -> Entity | None:
        """Return where a city, state or region lies, if anywhere."""
        if place.kind is CITY:
            return self._companion(place, STATE)
        if place.kind is STATE:
            return self._companion(place, REGION)
        if place.number:
            return Entity(REGION, int(self._random(place, "location").random() * place.number))
        return None

    def broader(self, topic: Entity) -> Entity | None:
        """Return the broader topic, if any."""
        if topic.number < 2:  # noqa: PLR2004 # two topics stand at the top
            return None
        return Entity(TOPIC, int(self._random(topic, "broader").random() * topic.number / 2))

    def members(self, organization: Entity) -> list[Entity]:
        """Return the states that are members of an organization, or parties to a treaty."""
        random = self._random(organization, "members")
        states = STATE.available(self.introduction(organization), self.length)
        least, most = _MEMBERS
        count = least + int(random.random() * (most - least + 1))
        chosen = random.sample(range(states), min(count, states - 1))
        return [Entity(STATE, number) for number in sorted(chosen)]

    def outsiders(self, organization: Entity) -> list[Entity]:
        """Return the states that are not members of an organization, of those as old as it."""
        members = {state.number for state in self.members(organization)}
        states = STATE.available(self.introduction(organization), self.length)
        return [Entity(STATE, number) for number in range(states) if number not in members]

    def all(self, kind: Kind, articles: int) -> Iterator[Entity]:
        """Yield all entities of a kind that a corpus has.

        Args:
            kind: The kind.
            articles: How many articles the corpus has.
        """
        return (Entity(kind, number) for number in range(kind.available(articles - 1, self.length)))

    def _companion(self, entity: Entity, kind: Kind) -> Entity:
        """Return an entity of another kind that was there when this one came."""
        random = self._random(entity, kind.name)
        known = kind.available(self.introduction(entity), self.length)
        return Entity(kind, int(random.random() * known))

    def _random(self, entity: Entity, purpose: str) -> Random:
        return Random(f"{self.seed} {entity.term} {purpose}")


class Draw:
    """Draws entities for one article: those that come with it first, then known ones.

    The older an entity, the more often it is drawn, as with the great names of the news.

    Args:
        article: The article's number, from 0.
        length: How many sentences an article has.
        random: Where the choice comes from.
    """

    def __init__(self, article: int, length: int, random: Random) -> None:
        self._random = random
        self._available = {kind: kind.available(article, length) for kind in KINDS}
        self._new = {
            kind: list(range(kind.available(article - 1, length) if article else 0, count))
            for kind, count in self._available.items()
        }

    def one(self, kind: Kind) -> Entity:
        """Draw an entity of a kind."""
        new = self._new[kind]
        if new:
            return Entity(kind, new.pop(0))
        share = self._random.random()
        return Entity(kind, int(self._available[kind] * share * share))

    def several(self, kind: Kind, count: int) -> list[Entity]:
        """Draw different entities of a kind, fewer than asked for if there are not enough.

        Args:
            kind: The kind.
            count: How many.
        """
        wanted = min(count, self._available[kind])
        found: dict[Entity, None] = {}
        while len(found) < wanted:
            found[self.one(kind)] = None
        return list(found)
