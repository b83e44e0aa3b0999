"""Editorial decisions come, go and change: the verdict on the change is that on everything.

What a decision is about may lie in any file, and so may the date before which it cannot be made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import pytest
from rdflib import RDF, XSD, Literal, URIRef

import examples
from communique import gate
from communique.namespaces import CMQ, GRAPH, VALUE
from revising import Edited, Ground, assert_same

if TYPE_CHECKING:
    from rdflib.term import Identifier

    from revising import Triple

pytestmark = pytest.mark.slow

DECISIONS: Final = URIRef(GRAPH + "editorial/decisions")
FIRST: Final = URIRef(GRAPH + "articles/example-1-1")
SECOND: Final = URIRef(GRAPH + "articles/example-1-2")
OF_GRAPH: Final = {"editors": DECISIONS, "first": FIRST, "second": SECOND}


def node(name: str) -> Identifier:
    """A node by its prefixed name, a value, or a time."""
    prefix, _, local = name.partition(":")
    if prefix in examples.EXAMPLES:
        return URIRef(examples.EXAMPLES[prefix] + local)
    if prefix in {"cmq", "value"}:
        return URIRef({"cmq": CMQ, "value": VALUE}[prefix] + local)
    return RDF.type if name == "a" else _time(name)


def _time(text: str) -> Literal:
    return Literal(text, datatype=XSD.dateTime, normalize=False)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Two articles, of which the second stands in place of the first, and a claim retracted."""
    root = examples.write(tmp_path_factory.mktemp("examples") / "dataset")
    text = examples.decide(
        examples.retraction("claim", "second:C01"),
        examples.supersession("claims", "second:C02", "second:C04"),
        examples.supersession("articles", "first:article", "second:article"),
    )
    (root / examples.DECISIONS).write_text(text, encoding="utf-8")
    assert gate.check(root).passed
    return Ground.of(root)


def edited(ground: Ground, *changes: str) -> Edited:
    """An edit of triples: ``- s p o`` takes one out, ``+ s p o`` puts one in."""
    graphs: dict[URIRef, frozenset[Triple] | None] = {}
    for change in changes:
        sign, *names = change.split()
        name = OF_GRAPH[names[0].partition(":")[0]]
        before = graphs.get(name) or frozenset(cast("frozenset[Triple]", ground.data[name].triples))
        triple = cast("Triple", tuple(map(node, names)))
        assert (triple in before) == (sign == "-"), change
        graphs[name] = before - {triple} if sign == "-" else before | {triple}
    return Edited(graphs)


BAD: Final = {
    "about nothing": ["- editors:claim cmq:retracts second:C01"],
    "about what nothing describes": ["+ editors:claim cmq:retracts second:C99"],
    "about an event": ["+ editors:claim cmq:retracts second:E01"],
    "decided twice": ["+ editors:claim cmq:retracts second:C02"],
    "a reason that does not fit": [
        "- editors:claim cmq:reason value:misread",
        "+ editors:claim cmq:reason value:corrected-by-source",
    ],
    "without a date": ["- editors:articles cmq:decidedOn 2026-01-10T09:00:00Z"],
    "too early": [
        "- editors:claim cmq:decidedOn 2026-01-10T09:00:00Z",
        "+ editors:claim cmq:decidedOn 2005-01-10T09:00:00Z",
    ],
    "the article appears later than that": [
        "- second:E05 cmq:notBefore 2005-11-15T00:00:00Z",
        "+ second:E05 cmq:notBefore 2027-11-15T00:00:00Z",
    ],
    "in place of itself": [
        "- editors:claims cmq:replacement second:C04",
        "+ editors:claims cmq:replacement second:C02",
    ],
    "in a circle": [
        "- editors:articles cmq:replaces first:article",
        "- editors:articles cmq:replacement second:article",
        "+ editors:articles cmq:replaces second:C04",
        "+ editors:articles cmq:replacement second:C02",
    ],
    "a claim for an article": [
        "- editors:articles cmq:replacement second:article",
        "+ editors:articles cmq:replacement second:C03",
    ],
    "the newer version is of another kind now": [
        "- second:C04 a cmq:Claim",
        "+ second:C04 a cmq:NarratorStatement",
    ],
    "what is derived": ["+ second:C04 cmq:supersedes second:C02"],
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_verdict_on_a_bad_change(ground: Ground, changes: list[str]) -> None:
    assert not assert_same(ground, edited(ground, *changes))


@pytest.mark.parametrize("graph", [DECISIONS, SECOND], ids=["the decisions", "the newer version"])
def test_verdict_on_a_file_that_goes(ground: Ground, graph: URIRef) -> None:
    assert assert_same(ground, Edited({graph: None})) == (graph == DECISIONS)


def test_verdict_on_a_good_change(ground: Ground) -> None:
    assert assert_same(
        ground,
        edited(
            ground,
            "- editors:claim cmq:retracts second:C01",
            "+ editors:claim cmq:retracts second:C03",
        ),
    )
