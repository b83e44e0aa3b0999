"""The register of the first article, row by row: everything a careful reader found is in the graph.

The tables under ``register/`` were written by hand from a sentence-by-sentence reading of the
article, without looking at the graph; they hold facts about the article and none of its prose.
Each test turns a table into questions to the built dataset and lists what is missing and what is
there besides.  ``register/traps/`` holds the places where a careless encoding goes wrong, each as a
query with its exact answer.

Two remarks on the tables: C08 is a complaint, and so negative, whose second half (what NATO
officials prefer) is put positively, so that both polarities stand in its row; where the register
names no certainty (C11, C14) the cell is empty and only the modality is compared.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import queries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from communique.store.generation import Generation

FOLDER = Path(__file__).resolve().parent / "register"
TRAPS = sorted((FOLDER / "traps").glob("*.rq"))

ARTICLE = "https://w3id.org/communique/id/edm-2-213/"
ID = "https://w3id.org/communique/id/"
TOPIC = "https://w3id.org/communique/topic/"
VALUE = "https://w3id.org/communique/value/"

Rows = set[tuple[str, ...]]


def table(name: str) -> tuple[queries.Row, ...]:
    """The rows of a table of the register, prefixed names written in full."""
    rows = queries.read_csv(FOLDER / f"{name}.csv").rows
    return tuple(tuple(map(queries.expand, row)) for row in rows)


def unfolded(name: str, item: str = "") -> Rows:
    """The pairs of a table that lists, beside each sentence, several things in one cell.

    Args:
        name: The table.
        item: What to put before each thing to make it an IRI; nothing if it has a prefix.
    """
    rows = queries.read_csv(FOLDER / f"{name}.csv").rows
    return {
        (ARTICLE + sentence, item + queries.expand(thing))
        for sentence, things in rows
        for thing in things.split()
    }


def found(generation: Generation, query: str) -> Rows:
    """The rows of a SELECT query, as a set."""
    return set(queries.select(generation, query).rows)


def assert_same(
    expected: AbstractSet[tuple[str, ...]], actual: AbstractSet[tuple[str, ...]]
) -> None:
    """Fail with a list of what is missing and of what is there besides."""
    assert sorted(expected - actual) == [], "missing"
    assert sorted(actual - expected) == [], "there besides"


def local(values: Iterable[str]) -> str:
    """The last parts of IRIs, in order, as a cell of the register lists them."""
    return " ".join(sorted({value.rpartition("/")[2] for value in values}))


# --- B: sentence by sentence


def test_sentences_and_their_positions(bundled: Generation) -> None:
    expected = {(ARTICLE + name, name, start, end) for name, start, end in table("sentences")}
    assert len(expected) == 39
    query = """
    SELECT ?sentence ?id ?start ?end WHERE {
      ?sentence a cmq:Sentence ; cmq:passageId ?id ; cmq:selector ?selector .
      ?selector cmq:start ?start ; cmq:end ?end .
    }"""
    assert_same(expected, found(bundled, query))


def test_sentences_lie_in_the_text_with_this_digest(bundled: Generation) -> None:
    query = """
    SELECT DISTINCT ?digest ?length WHERE {
      ?sentence a cmq:Sentence ; cmq:passageOf ?text .
      ?text cmq:sha256 ?digest ; cmq:characterCount ?length ; cmq:textOf edm-2-213:article .
    }"""
    digest = "bb8cebf0b0cdf0284462e7b076742695b12b8c8dcdd61d42d092564a252debc1"
    assert_same({(digest, "5687")}, found(bundled, query))


def test_headings_and_their_positions(bundled: Generation) -> None:
    query = """
    SELECT ?id ?start ?end WHERE {
      ?heading a cmq:Heading ; cmq:passageId ?id ; cmq:selector ?selector .
      ?selector cmq:start ?start ; cmq:end ?end .
    }"""
    expected = {
        ("headline", "0", "72"),
        ("publication-line", "73", "128"),
        ("by-line", "129", "132"),
    }
    assert_same(expected, found(bundled, query))


def test_document_metadata(bundled: Generation) -> None:
    query = """
    SELECT ?outlet ?volume ?issue ?author WHERE {
      edm-2-213:article a cmq:Article ; cmq:outlet ?outlet ; cmq:volume ?volume ; cmq:issue ?issue ;
          cmq:authorStatus ?author .
      FILTER NOT EXISTS { edm-2-213:article cmq:author ?somebody }
    }"""
    expected = {(ID + "eurasia-daily-monitor", "2", "213", VALUE + "not-given")}
    assert_same(expected, found(bundled, query))


def test_entities_of_each_sentence_are_mentioned_in_it(bundled: Generation) -> None:
    query = """
    SELECT ?sentence ?entity WHERE { ?mention cmq:inSentence ?sentence ; cmq:refersTo ?entity }"""
    expected = unfolded("entities_by_sentence")
    assert len({sentence for sentence, _ in expected}) == 39
    # The register names what matters; the graph keeps every further mention as well.
    assert sorted(expected - found(bundled, query)) == [], "missing"


def test_events_of_each_sentence(bundled: Generation) -> None:
    query = """
    SELECT ?sentence ?event WHERE {
      ?event a cmq:Event ; cmq:anchor ?sentence . ?sentence a cmq:Sentence
    }"""
    assert_same(unfolded("events_by_sentence", ARTICLE), found(bundled, query))


def test_statements_of_each_sentence(bundled: Generation) -> None:
    query = """
    SELECT ?sentence ?statement WHERE {
      ?statement a cmq:Statement ; cmq:anchor ?sentence . ?sentence a cmq:Sentence
    }"""
    expected = unfolded("statements_by_sentence", ARTICLE)
    assert len({sentence for sentence, _ in expected}) == 39
    assert_same(expected, found(bundled, query))


def test_narrator_statements_are_the_periodicals(bundled: Generation) -> None:
    query = """
    SELECT ?statement ?narrator WHERE {
      ?statement a cmq:NarratorStatement ; cmq:narrator ?narrator
    }"""
    expected = {(f"{ARTICLE}N{number:02}", ID + "eurasia-daily-monitor") for number in range(1, 23)}
    assert_same(expected, found(bundled, query))


# --- C: canonical entities


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("states", 8),
        ("intergovernmental organizations", 8),
        ("units", 4),
        ("outlets", 5),
        ("persons", 7),
        ("cities", 3),
        ("regions", 2),
        ("treaties", 1),
        ("press releases", 1),
        ("former states", 1),
    ],
)
def test_canonical_entities(bundled: Generation, name: str, count: int) -> None:
    rows = [row for row in table("canonical") if row[0] == name]
    assert len(rows) == count
    (cls,) = {row[1] for row in rows}
    query = f"""
    SELECT ?entity ?name WHERE {{
      ?entity a <{cls}> ; rdfs:label ?name . FILTER (lang(?name) = "en")
    }}"""
    assert_same({(entity, label) for _, _, entity, label in rows}, found(bundled, query))


def test_canonical_lists_are_all_compared() -> None:
    assert len(table("canonical")) == 40


def test_other_organizations(bundled: Generation) -> None:
    query = """
    SELECT ?entity ?name WHERE {
      ?entity a cmq:Organization ; rdfs:label ?name . FILTER (lang(?name) = "en")
      FILTER NOT EXISTS { ?entity a cmq:IntergovernmentalOrganization }
      FILTER NOT EXISTS { ?entity a cmq:OrganizationalUnit }
      FILTER NOT EXISTS { ?entity a cmq:Outlet }
    }"""
    assert_same(set(table("organizations_other")), found(bundled, query))


def test_posts_and_who_holds_them(bundled: Generation) -> None:
    query = """
    SELECT ?holder ?post ?title ?represents WHERE {
      ?holder cmq:holdsPost ?post .
      ?post rdfs:label ?title ; cmq:represents ?represents . FILTER (lang(?title) = "en")
    }"""
    assert_same(set(table("posts")), found(bundled, query))


def test_units_and_what_they_belong_to(bundled: Generation) -> None:
    query = "SELECT ?unit ?of WHERE { ?unit cmq:unitOf ?of }"
    assert_same(set(table("units")), found(bundled, query))


def test_unnamed_groups(bundled: Generation) -> None:
    query = """
    SELECT ?group ?of WHERE { ?group a cmq:Group . OPTIONAL { ?group cmq:groupOf ?of } }"""
    expected = set(table("groups"))
    assert len(expected) == 9
    assert sorted(expected - found(bundled, query)) == [], "missing"


def test_unspecified_instruments(bundled: Generation) -> None:
    query = """
    SELECT ?instrument ?name WHERE {
      ?instrument a cmq:Instrument ; rdfs:label ?name . FILTER (lang(?name) = "en")
      FILTER NOT EXISTS { ?instrument a cmq:Treaty }
    }"""
    assert_same(set(table("instruments")), found(bundled, query))


def test_topics(bundled: Generation) -> None:
    query = """
    SELECT ?topic ?name WHERE { ?topic skos:inScheme topic:topics ; skos:prefLabel ?name }"""
    expected = set(table("topics"))
    assert len(expected) == 18
    assert sorted(expected - found(bundled, query)) == [], "missing"


def test_topics_are_all_used(bundled: Generation) -> None:
    query = """
    SELECT ?topic WHERE {
      ?topic skos:inScheme topic:topics .
      FILTER NOT EXISTS { ?node cmq:topic ?topic }
      FILTER NOT EXISTS { ?narrower skos:broader ?topic }
      FILTER NOT EXISTS { ?proposition cmq:subject|cmq:object ?topic }
    }"""
    assert_same(set(), found(bundled, query))


def test_memberships(bundled: Generation) -> None:
    query = """
    SELECT ?member ?body ?status ?start ?end WHERE {
      ?membership cmq:member ?member ; cmq:membershipIn ?body ; cmq:membershipStatus ?status .
      OPTIONAL { ?membership cmq:startsNotBefore ?start }
      OPTIONAL { ?membership cmq:endsNotAfter ?end }
    }"""
    expected = {
        (member, body, VALUE + status, start, f"{end}T23:59:59Z" if end else "")
        for member, body, status, start, end in table("memberships")
    }
    assert_same(expected, found(bundled, query))


# --- D: claims


def claim_column(generation: Generation, path: str) -> dict[str, set[str]]:
    """What a property path gives for each claim."""
    query = f"SELECT ?id ?value WHERE {{ ?claim a cmq:Claim ; cmq:register ?id ; {path} ?value }}"
    answer: dict[str, set[str]] = {}
    for name, value in queries.select(generation, query).rows:
        answer.setdefault(name, set()).add(value)
    return answer


def hedged(generation: Generation, by: str, *wording: str) -> set[str]:
    """The claims whose hedge, in these words where any are given, is of one sort of agent's."""
    words = "".join(f' cmq:wording "{word}" ;' for word in wording)
    query = f"""
    SELECT ?id WHERE {{
      ?claim a cmq:Claim ; cmq:register ?id .
      ?hedge a cmq:Hedge ;{words} cmq:hedges ?claim ; cmq:hedgedBy ?by .
      FILTER {by}
    }}"""
    return {name for (name,) in queries.select(generation, query).rows}


COLUMNS = {
    "speakers": "cmq:speaker",
    "speaks for": "cmq:onBehalfOf",
    "documents": "cmq:hasReport/cmq:derivedFrom/cmq:inDocument",
    "directness": "cmq:hasReport/cmq:directness",
    "speech acts": "cmq:speechAct",
    "polarity": "cmq:content/cmq:polarity",
    "certainty": "cmq:content/cmq:certainty",
    "modality": "cmq:content/cmq:modality",
    "topics": "cmq:topic",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_claims_register_column(bundled: Generation, column: str) -> None:
    register = queries.read_csv(FOLDER / "claims.csv")
    assert len(register.rows) == 23
    index = register.header.index(column)
    actual = claim_column(bundled, COLUMNS[column])
    # The register is silent on a certainty or modality here and there; on all else it speaks.
    silent = column in {"certainty", "modality"}
    expected = {(row[0], row[index]) for row in register.rows if row[index] or not silent}
    compared = {name for name, _ in expected}
    assert_same(expected, {(name, local(actual.get(name, ()))) for name in compared})


def test_claims_register_reportedly(bundled: Generation) -> None:
    expected = {row[0] for row in claim_rows() if row[5] == "yes"}
    assert len(expected) == 3
    assert hedged(bundled, "EXISTS { ?by a cmq:Outlet }", "reportedly") == expected


def test_claims_register_hedged_by_the_speaker(bundled: Generation) -> None:
    expected = {row[0] for row in claim_rows() if row[7] == "yes"}
    assert hedged(bundled, "EXISTS { ?claim cmq:speaker ?by }") == expected


def claim_rows() -> tuple[queries.Row, ...]:
    """The rows of the claims register."""
    return queries.read_csv(FOLDER / "claims.csv").rows


def test_claims_without_a_source_say_so(bundled: Generation) -> None:
    query = """
    SELECT ?id WHERE {
      ?claim cmq:register ?id ; cmq:hasReport ?report . ?report cmq:sourceStatus value:not-given
    }"""
    assert_same({(row[0],) for row in claim_rows() if not row[3]}, found(bundled, query))


def test_claims_delegations(bundled: Generation) -> None:
    """Every speaker speaks for one party; in C11 Russia, moreover, speaks for the CSTO."""
    principals = {
        "nikolai-bordyuzha": "csto",
        "csto-secretariat": "csto",
        "alikbek-jekshenkulov": "kyrgyzstan",
        "grigory-karasin": "russia",
        "sergei-lavrov": "russia",
        "robert-simmons": "nato",
        "grigory-rapota": "eurasian-economic-community",
    }
    expected = {
        (row[0], ID + speaker, ID + principals[speaker])
        for row in claim_rows()
        for speaker in row[1].split()
    } | {("C11", ID + "russia", ID + "csto")}
    assert len(expected) == 25
    query = """
    SELECT ?id ?delegate ?principal WHERE {
      ?claim a cmq:Claim ; cmq:register ?id ; cmq:delegation ?delegation .
      ?delegation cmq:delegate ?delegate ; cmq:principal ?principal .
    }"""
    assert_same(expected, found(bundled, query))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(
            "cmq:speaker",
            {
                ID + "nikolai-bordyuzha": 9,
                ID + "grigory-karasin": 3,
                ID + "sergei-lavrov": 3,
                ID + "csto-secretariat": 3,
                ID + "grigory-rapota": 3,
                ID + "robert-simmons": 2,
                ID + "alikbek-jekshenkulov": 1,
            },
            id="speakers",
        ),
        pytest.param(
            "cmq:hasReport/cmq:directness",
            {
                VALUE + "direct-quotation": 8,
                VALUE + "partial-quotation": 2,
                VALUE + "paraphrase": 13,
            },
            id="directness",
        ),
        pytest.param(
            "cmq:hasReport/cmq:derivedFrom/cmq:inDocument/(cmq:outlet|cmq:issuer)",
            {
                ID + "interfax": 9,
                ID + "ria-novosti": 7,
                ID + "kazinform": 4,
                ID + "regnum": 3,
                ID + "csto": 1,
            },
            id="outlets",
        ),
    ],
)
def test_claims_register_counts(bundled: Generation, path: str, expected: dict[str, int]) -> None:
    counts = Counter(value for values in claim_column(bundled, path).values() for value in values)
    assert dict(counts) == expected


def test_claims_and_their_occasions(bundled: Generation) -> None:
    query = "SELECT ?claim ?event WHERE { ?claim a cmq:Claim ; cmq:occasion ?event }"
    expected = {(ARTICLE + claim, ARTICLE + event) for claim, event in table("occasions")}
    assert len(expected) == 23
    assert_same(expected, found(bundled, query))


def test_quoted_words_are_anchored(bundled: Generation) -> None:
    """Each claim quoted directly or in part has its quotation among its report's anchors."""
    query = """
    SELECT DISTINCT ?id WHERE {
      ?claim cmq:register ?id ; cmq:hasReport ?report . ?report cmq:anchor ?quotation .
      ?quotation a cmq:Quotation ; cmq:selector ?selector . ?selector cmq:exact ?words .
    }"""
    expected = {
        (row[0],) for row in claim_rows() if row[4] in {"direct-quotation", "partial-quotation"}
    }
    assert len(expected) == 10
    assert_same(expected, found(bundled, query))


def test_unattributed_talk(bundled: Generation) -> None:
    talk = queries.read_csv(FOLDER / "talk.csv").rows
    query = """
    SELECT ?talk ?sentence ?topic WHERE {
      ?talk a cmq:UnattributedTalk ; cmq:anchor ?sentence ; cmq:topic ?topic .
      FILTER NOT EXISTS { ?talk cmq:attributedTo ?somebody }
    }"""
    expected: Rows = {
        (ARTICLE + name, ARTICLE + sentence, TOPIC + topic) for name, sentence, _, topic in talk
    }
    assert_same(expected, found(bundled, query))
    query = "SELECT ?talk ?by WHERE { ?by cmq:targets ?talk . ?talk a cmq:UnattributedTalk }"
    expected = {
        (ARTICLE + name, ARTICLE + by) for name, _, targeted, _ in talk for by in targeted.split()
    }
    assert_same(expected, found(bundled, query))


def test_links_between_claims(bundled: Generation) -> None:
    expected = {
        (ARTICLE + one, link, ARTICLE + other)
        for name in ("links", "links_further")
        for one, link, other, *_ in table(name)
    }
    links = " ".join(f"<{link}>" for link in sorted({link for _, link, _ in expected}))
    query = f"SELECT ?one ?link ?other WHERE {{ VALUES ?link {{ {links} }} ?one ?link ?other }}"
    assert_same(expected, found(bundled, query))


# --- E: events and dispatches


def test_events_and_their_bounds(bundled: Generation) -> None:
    query = """
    SELECT ?id ?class ?earliest ?latest ?place WHERE {
      VALUES ?class {
        cmq:Decision cmq:Initiative cmq:Meeting cmq:MembershipHalt cmq:Merger cmq:PublicStatement
        cmq:Publication cmq:Registration cmq:TreatyLaunch
      }
      ?event a ?class ; cmq:register ?id .
      OPTIONAL { ?event cmq:notBefore ?earliest }
      OPTIONAL { ?event cmq:notAfter ?latest }
      OPTIONAL { ?event cmq:eventPlace ?place }
    }"""
    expected = {
        (
            name,
            cls,
            f"{earliest}T00:00:00Z" if earliest else "",
            f"{latest}T23:59:59Z",
            ID + place if place else "",
        )
        for name, cls, earliest, latest, place in table("events")
    }
    assert len(expected) == 20
    assert_same(expected, found(bundled, query))


def test_roles_in_events(bundled: Generation) -> None:
    query = "SELECT ?event ?role ?node WHERE { ?event a cmq:Event ; ?role ?node }"
    expected = {(ARTICLE + event, role, node) for event, role, node in table("event_roles")}
    assert sorted(expected - found(bundled, query)) == [], "missing"


def test_dispatches(bundled: Generation) -> None:
    query = """
    SELECT ?outlet ?earliest ?latest WHERE {
      edm-2-213:article cmq:cites ?dispatch .
      ?dispatch a cmq:Dispatch ; cmq:outlet ?outlet ; cmq:notBefore ?earliest ; cmq:notAfter ?latest
    }"""
    expected = {
        (ID + outlet, f"{date}T00:00:00Z", f"{date}T23:59:59Z")
        for outlet, date in table("dispatches")
    }
    assert len(expected) == 9
    assert_same(expected, found(bundled, query))


def test_dispatch_of_each_claim_is_of_its_register_date(bundled: Generation) -> None:
    """The names of the dispatches in the claims register carry outlet and date: they tell true."""
    query = """
    SELECT ?dispatch ?outlet ?date WHERE {
      ?dispatch a cmq:Dispatch ; cmq:outlet ?outlet ; cmq:notBefore ?date
    }"""
    expected = {
        (f"{ARTICLE}dispatch-{outlet}-{date}", ID + outlet, f"{date}T00:00:00Z")
        for outlet, date in table("dispatches")
    }
    assert_same(expected, found(bundled, query))


# --- F: traps


@pytest.mark.parametrize("path", TRAPS, ids=lambda path: path.stem)
def test_trap_is_avoided(bundled: Generation, path: Path) -> None:
    queries.assert_answers(
        bundled, path.read_text(encoding="utf-8"), queries.read_csv(path.with_suffix(".csv"))
    )


def test_all_traps_are_there() -> None:
    assert [path.stem for path in TRAPS] == [f"T{number:02}" for number in range(1, 25)]
