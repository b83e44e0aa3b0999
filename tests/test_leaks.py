"""What is claimed is never a fact, neither before reasoning nor after it.

The gate refuses a dataset in which a claim's content is asserted or follows (``test_gate``); these
tests look at the built dataset with other eyes: by queries, and for more than the literal triple.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import queries
from communique.namespaces import FACT_LAYERS, INFERRED_GRAPH
from communique.store import query as store

if TYPE_CHECKING:
    from communique.store.generation import Generation

PHASES = ["before reasoning", "after reasoning"]


def graphs_of(generation: Generation, phase: str) -> list[str]:
    """The graphs whose merge is the default graph, without the inferences or with them."""
    return [
        name
        for name, entry in generation.manifest["graphs"].items()
        if entry["kind"] == "ontology"
        or entry["layer"] in FACT_LAYERS
        or (entry["kind"] == "inferred" and phase == "after reasoning")
    ]


def holds(generation: Generation, phase: str, pattern: str) -> bool:
    """Whether a graph pattern has a match among the facts of a phase."""
    prefixes = "".join(f"PREFIX {prefix}: <{name}>\n" for prefix, name in queries.PREFIXES.items())
    answer = store.ask(
        generation,
        f"{prefixes}ASK {{ {pattern} }}",
        default_graphs=graphs_of(generation, phase),
    )
    assert answer.boolean is not None
    return answer.boolean


def propositions(generation: Generation) -> tuple[queries.Row, ...]:
    """Every proposition with the triple that it names."""
    query = """
    SELECT ?proposition ?subject ?predicate ?object WHERE {
      ?proposition a cmq:Proposition ; cmq:subject ?subject ; cmq:predicate ?predicate ;
          cmq:object ?object .
    }"""
    return queries.select(generation, query).rows


def test_phases_differ_by_the_inferences(bundled: Generation) -> None:
    before, after = (set(graphs_of(bundled, phase)) for phase in PHASES)
    assert after - before == {INFERRED_GRAPH}
    assert not holds(bundled, "before reasoning", "id:armenia cmq:memberOf id:csto")
    assert holds(bundled, "after reasoning", "id:armenia cmq:memberOf id:csto")


@pytest.mark.parametrize("phase", PHASES)
def test_no_proposition_is_among_the_facts(bundled: Generation, phase: str) -> None:
    found = propositions(bundled)
    assert len(found) >= 60
    patterns = " UNION ".join(
        f"{{ <{subject}> <{predicate}> <{value}> }}" for _, subject, predicate, value in found
    )
    assert not holds(bundled, phase, patterns)


@pytest.mark.parametrize("phase", PHASES)
def test_no_property_that_claims_name_is_used_among_the_facts(
    bundled: Generation, phase: str
) -> None:
    """Not only not of the same two things: of no two things at all."""
    named = sorted({predicate for _, _, predicate, _ in propositions(bundled)})
    assert len(named) >= 30
    used = [name for name in named if holds(bundled, phase, f"?one <{name}> ?other")]
    assert used == []


def test_each_proposition_has_a_graph_that_holds_its_triple_alone(bundled: Generation) -> None:
    query = """
    SELECT ?proposition ?subject ?predicate ?object WHERE {
      ?proposition a cmq:Proposition .
      GRAPH ?proposition { ?subject ?predicate ?object }
    }"""
    assert sorted(queries.select(bundled, query).rows) == sorted(propositions(bundled))


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("id:uzbekistan ?property id:csto", id="Uzbekistan in the CSTO"),
        pytest.param("id:csto ?property id:uzbekistan", id="the CSTO has Uzbekistan"),
        pytest.param(
            "?membership cmq:member id:uzbekistan ; cmq:inOrganization ?organization",
            id="Uzbekistan in any organization",
        ),
        pytest.param(
            "?membership cmq:currentMember id:uzbekistan", id="a current membership of Uzbekistan"
        ),
        pytest.param(
            "id:uzbekistan cmq:coMemberOf id:armenia", id="Uzbekistan a co-member of Armenia"
        ),
        pytest.param(
            "id:csto ?property id:eurasian-economic-community", id="the CSTO joined to the EEC"
        ),
        pytest.param(
            "id:eurasian-economic-community ?property id:csto", id="the EEC joined to the CSTO"
        ),
        pytest.param("?merger a cmq:Merger ; cmq:mergedParty id:csto", id="a merger of the CSTO"),
        pytest.param(
            "id:russia ?property edm-2-213:russian-bases-in-central-asia",
            id="Russian bases in Central Asia",
        ),
        pytest.param(
            "id:eurasian-economic-community ?property edm-2-213:eec-military-structures",
            id="military structures of the EEC",
        ),
        pytest.param("id:un cmq:recognizes ?organization", id="recognition by the UN"),
        pytest.param("?agent cmq:dominates ?organization", id="dominance"),
        pytest.param("?one cmq:givesHelpTo ?other", id="help among members as a fact"),
    ],
)
def test_is_nowhere_a_fact(bundled: Generation, phase: str, pattern: str) -> None:
    assert not holds(bundled, phase, pattern)


@pytest.mark.parametrize("phase", PHASES)
def test_the_checks_can_find_something(bundled: Generation, phase: str) -> None:
    """Patterns of the same form do match where there is something to find."""
    assert holds(bundled, phase, "id:csto-secretariat ?property id:csto")
    assert holds(bundled, phase, "?merger a cmq:Merger ; cmq:mergedParty id:caco")
    assert holds(bundled, phase, "?membership cmq:member id:uzbekistan ; cmq:inTreaty ?treaty")


@pytest.mark.parametrize("phase", PHASES)
def test_the_members_of_the_csto_are_six(bundled: Generation, phase: str) -> None:
    query = (
        "PREFIX cmq: <https://w3id.org/communique/ontology#>\n"
        "PREFIX id: <https://w3id.org/communique/id/>\n"
        "SELECT DISTINCT ?state WHERE "
        "{ ?membership cmq:currentMember ?state ; cmq:inOrganization id:csto }"
    )
    answer = store.ask(bundled, query, default_graphs=graphs_of(bundled, phase))
    states = {term.value.rpartition("/")[2] for row in answer.rows for term in row if term}
    assert states == {"armenia", "belarus", "kazakhstan", "kyrgyzstan", "russia", "tajikistan"}


def test_what_is_only_spoken_of_stays_putative(bundled: Generation) -> None:
    """What propositions speak of, if it is no accepted entity, has no other class than that."""
    query = """
    SELECT DISTINCT ?class WHERE {
      ?entity a cmq:PutativeEntity , ?class .
      FILTER (STRSTARTS(STR(?class), STR(cmq:)))
    }"""
    expected = (("https://w3id.org/communique/ontology#PutativeEntity",),)
    assert queries.select(bundled, query).rows == expected


def test_reasoning_makes_no_two_things_one(bundled: Generation) -> None:
    query = """
    PREFIX owl: <http://www.w3.org/2002/07/owl#>
    SELECT ?one ?other WHERE { ?one owl:sameAs ?other . FILTER (?one != ?other) }"""
    assert queries.select(bundled, query).rows == ()


def test_editorial_notes_are_not_among_the_facts(bundled: Generation) -> None:
    query = """
    SELECT ?subject ?property ?value WHERE {
      GRAPH <https://w3id.org/communique/graph/editorial/edm-2-213> { ?subject ?property ?value }
      FILTER EXISTS { ?subject ?property ?value }
    }"""
    assert queries.select(bundled, query).rows == ()
    query = """
    ASK { GRAPH <https://w3id.org/communique/graph/editorial/edm-2-213> { ?note cmq:about ?node } }
    """
    assert queries.ask(bundled, query)


def test_dates_are_of_one_datatype(bundled: Generation) -> None:
    """Values of two datatypes would compare wrongly, or not at all."""
    query = """
    SELECT DISTINCT ?datatype WHERE {
      { ?node ?property ?date } UNION { GRAPH ?graph { ?node ?property ?date } }
      FILTER (isLiteral(?date))
      BIND (datatype(?date) AS ?datatype)
      FILTER (?datatype IN (
        xsd:date, xsd:dateTime, xsd:dateTimeStamp, xsd:gYear, xsd:gYearMonth, xsd:gMonthDay,
        xsd:time
      ))
    }"""
    expected = (("http://www.w3.org/2001/XMLSchema#dateTime",),)
    assert queries.select(bundled, query).rows == expected


def test_the_reply_is_later_by_its_link_and_not_by_its_bounds(bundled: Generation) -> None:
    """Lavrov before Simmons follows from the bounds; Simmons before the reply does not."""

    def surely_before(one: str, other: str) -> bool:
        query = f"""
        ASK {{
          edm-2-213:{one} cmq:notAfter ?latest .
          edm-2-213:{other} cmq:notBefore ?earliest .
          FILTER (?latest < ?earliest)
        }}"""
        return queries.ask(bundled, query)

    assert surely_before("E09", "E10")
    assert not surely_before("E10", "E12")
    assert queries.ask(bundled, "ASK { edm-2-213:C15 cmq:repliesTo edm-2-213:C13 }")


def test_co_membership_is_reflexive_and_rests_on_fifteen_pairs(bundled: Generation) -> None:
    query = """
    SELECT ?one ?other WHERE { ?one cmq:coMemberOf ?other . ?one cmq:memberOf id:csto }"""
    pairs = set(queries.select(bundled, query).rows)
    assert len({one for one, other in pairs if one == other}) == 6
    assert len({frozenset(pair) for pair in pairs if pair[0] != pair[1]}) == 15
