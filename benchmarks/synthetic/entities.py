"""The files of the entities that articles share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.synthetic import words
from benchmarks.synthetic.pool import (
    AGENCY,
    ALLIANCE,
    CITY,
    INSTITUTE,
    KINDS,
    ORGANIZATION,
    PERIODICAL,
    PERSON,
    POST,
    REGION,
    STATE,
    TOPIC,
    TREATY,
    UNIT,
    Kind,
    Pool,
)
from benchmarks.synthetic.sheet import Sheet, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.synthetic.pool import Entity

_FILES: Final[dict[str, tuple[str, list[str], tuple[Kind, ...]]]] = {
    "officials": ("Persons and posts", ["organizations", "places", "states"], (PERSON, POST)),
    "organizations": (
        "Organizations, their units, and treaties",
        ["states"],
        (ALLIANCE, INSTITUTE, ORGANIZATION, TREATY, UNIT),
    ),
    "outlets": ("News agencies and periodicals", [], (AGENCY, PERIODICAL)),
    "places": ("Cities and regions", ["states"], (CITY, REGION)),
    "states": ("States", [], (STATE,)),
    "topics": ("Topics", [], (TOPIC,)),
}


def sheets(articles: int, seed: int, length: int) -> Iterator[Sheet]:
    """Yield the graphs of the entities that a corpus has.

    Args:
        articles: How many articles it has.
        seed: What decides all choices.
        length: How many sentences each has.
    """
    pool = Pool(seed, length)
    yield _background(pool, articles)
    for path, (title, imports, kinds) in _FILES.items():
        sheet = Sheet(path)
        sheet.head(title, "asserted", imports)
        for kind in kinds:
            for entity in pool.all(kind, articles):
                _describe(sheet, pool, entity)
        if path == "topics":
            sheet.say(
                "topic:topics",
                "skos:ConceptScheme",
                skos__definition=text("What made-up statements are about.", "en"),
                skos__prefLabel=text("topics", "en"),
            )
        yield sheet


def _describe(sheet: Sheet, pool: Pool, entity: Entity) -> None:
    label = text(pool.label(entity), "en")
    if entity.kind is TOPIC:
        broader = pool.broader(entity)
        sheet.say(
            entity.term,
            entity.kind.category,
            skos__broader=[broader.term] if broader else [],
            skos__definition=text("Made up.", "en"),
            skos__inScheme="topic:topics",
            skos__prefLabel=label,
        )
        return
    slug = f"synthetic-{pool.introduction(entity) + 1}"
    sheet.prefixes[slug] = f"{sheet.prefixes['id']}{slug}/"
    sheet.say(entity.term, entity.kind.category, rdfs__label=label, anchor=f"{slug}:headline")
    if entity.kind is UNIT:
        sheet.say(entity.term, unitOf=pool.parent(entity).term)
    elif entity.kind is POST:
        body = pool.body(entity).term
        sheet.say(entity.term, postIn=body, represents=body)
    elif entity.kind in (CITY, REGION, STATE):
        place = pool.location(entity)
        sheet.say(entity.term, locatedIn=[place.term] if place else [])


def _background(pool: Pool, articles: int) -> Sheet:
    """Write the Russian names, which no article gives."""
    sheet = Sheet("background")
    sheet.head(
        "Names from outside the sources",
        "background",
        ["officials", "organizations", "outlets", "places", "states"],
        dcterms__source="<https://example.org/made-up>",
    )
    for kind in KINDS:
        if kind is not TOPIC:
            for entity in pool.all(kind, articles):
                name = words.russian(pool.label(entity))
                sheet.say(entity.term, rdfs__label=text(name, "ru"))
    return sheet
