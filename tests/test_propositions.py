"""Propositions are read whole or refused, and their content is never among the facts."""

from pathlib import Path

import pytest
from rdflib import Graph, Namespace, URIRef

from communique import dataset, sources
from communique.claims import propositions
from communique.claims.propositions import Proposition
from communique.errors import DataError, LeakError
from conftest import edit, line_of

EX = Namespace("https://example.org/")
ONE = Namespace("https://w3id.org/communique/id/one/")
CLAIM = Proposition(ONE["C1-p1"], EX.union, EX.plansMergerWith, EX.league)


def load(root: Path) -> dataset.Dataset:
    """Returns the dataset in a folder."""
    return dataset.load(sources.discover(root))


def test_proposition_is_read(mini: Path) -> None:
    [found] = propositions.propositions(load(mini))
    assert found == CLAIM
    assert found.triple == (EX.union, EX.plansMergerWith, EX.league)


def test_propositions_of_editorial_graphs_count_and_come_in_order(mini: Path) -> None:
    with (mini / "graph" / "editorial.ttl").open("a") as file:
        file.write(
            "\nex:a a cmq:Proposition ;"
            " cmq:subject ex:north ; cmq:predicate ex:founded ; cmq:object 2003 .\n"
        )
    found = propositions.propositions(load(mini))
    assert [str(proposition.name) for proposition in found] == [str(EX.a), str(CLAIM.name)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    cmq:object ex:league .", "    cmq:object ex:league , ex:north .", "has 2 values of"),
        ("    cmq:subject ex:union ;\n", "", "has 0 values of cmq:subject"),
        ("cmq:subject ex:union", 'cmq:subject "Union"', "subject is the literal"),
        ("cmq:predicate ex:plansMergerWith", 'cmq:predicate "plans"', "is no property"),
        ("one:C1-p1 a cmq:Proposition", "[] a cmq:Proposition", "is a blank node"),
        (
            "one:C1-p1 a cmq:Proposition",
            "<https://example.org/graph/agents> a cmq:Proposition",
            "has the name of a file's graph",
        ),
    ],
)
def test_proposition_that_is_no_triple(mini: Path, old: str, new: str, message: str) -> None:
    path = mini / "graph" / "articles" / "one.ttl"
    edit(path, old, new)
    with pytest.raises(DataError, match=message) as raised:
        propositions.propositions(load(mini))
    assert raised.value.file is not None
    assert raised.value.advice


def test_no_leak_in_sound_facts(mini: Path) -> None:
    loaded = load(mini)
    propositions.check_leaks(loaded, [CLAIM], loaded.facts + loaded.ontology)


def test_asserted_content_is_a_leak(mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    with path.open("a") as file:
        file.write("\nex:union ex:plansMergerWith ex:league .\n")
    loaded = load(mini)
    with pytest.raises(LeakError) as raised:
        propositions.check_leaks(loaded, [CLAIM], loaded.facts)
    [leak] = raised.value.leaks
    assert "is asserted as fact" in leak.message
    assert (leak.file, leak.line) == (path, line_of(path, "plansMergerWith"))
    assert leak.node == str(CLAIM.name)
    assert "remove the asserted triple" in str(raised.value)


def test_inferred_content_is_a_leak_told_at_the_proposition(mini: Path) -> None:
    loaded = load(mini)
    inferred = Graph()
    inferred.add(CLAIM.triple)
    with pytest.raises(LeakError) as raised:
        propositions.check_leaks(loaded, [CLAIM], inferred, inferred=True)
    [leak] = raised.value.leaks
    path = mini / "graph" / "articles" / "one.ttl"
    assert "follows from the facts" in leak.message
    assert (leak.file, leak.line) == (path, line_of(path, "one:C1-p1 a"))


def test_content_in_editorial_graph_is_no_leak(mini: Path) -> None:
    with (mini / "graph" / "editorial.ttl").open("a") as file:
        file.write("\nex:union ex:plansMergerWith ex:league .\n")
    loaded = load(mini)
    propositions.check_leaks(loaded, [CLAIM], loaded.facts)


def test_every_leak_is_listed(mini: Path) -> None:
    other = Proposition(URIRef(ONE.other), EX.north, EX.memberOf, EX.union)
    loaded = load(mini)
    facts = loaded.facts
    facts.add(CLAIM.triple)
    with pytest.raises(LeakError) as raised:
        propositions.check_leaks(loaded, [CLAIM, other], facts)
    assert {leak.node for leak in raised.value.leaks} == {str(CLAIM.name), str(other.name)}
