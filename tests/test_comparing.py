"""Tests of comparing generations, against a search for isomorphisms, and of what is shown of it."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique import gate
from communique.cli import differences
from communique.namespaces import INFERRED_GRAPH
from communique.store import comparing
from communique.store.comparing import compare
from communique.store.generation import Generation, GraphEntry, Manifest
from conftest import MINI, edit

if TYPE_CHECKING:
    from collections.abc import Iterable

EX = "https://example.org/"
GRAPH = f"{EX}graph/g"
NODES = ["_:a", "_:b", "_:c", "_:d"]
TERMS = [*NODES, f"<{EX}x>"]
Triples = frozenset[tuple[str, str, str]]


def held(triples: Iterable[tuple[str, str, str]] | str, inferred: str = "") -> Generation:
    """Returns a generation in memory with one file's graph."""
    store = ox.Store()
    text = triples if isinstance(triples, str) else "".join(f"{' '.join(t)} .\n" for t in triples)
    for name, content in ((GRAPH, text), (INFERRED_GRAPH, inferred)):
        turtle = f"@prefix : <{EX}> .\n{content}".encode()
        store.load(turtle, ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(name))
    entry = GraphEntry(
        kind="graph", file="graph/g.ttl", sha256=None, exact=True, layer=None, triples=0
    )
    added = GraphEntry(kind="inferred", file=None, sha256=None, exact=True, layer=None, triples=0)
    manifest = Manifest(
        format=1,
        digest="0" * 64,
        versions={},
        default_triples=0,
        quads=len(store),
        propositions=0,
        withdrawn={"retracted": 0, "superseded": 0},
        graphs={GRAPH: entry, INFERRED_GRAPH: added},
    )
    return Generation(Path(), manifest, store)


def shown(old: str, new: str) -> list[str]:
    """Returns what is shown of the difference of two graphs, below the headings."""
    return differences.as_text(compare(held(old), held(new))).splitlines()[1:]


def isomorphic(one: Triples, two: Triples) -> bool:
    """Tells by trying whether a renaming of blank nodes makes two graphs the same."""
    for names in permutations(NODES):
        renaming = dict(zip(NODES, names, strict=True))
        renamed = {(renaming.get(s, s), p, renaming.get(o, o)) for s, p, o in one}
        if renamed == two:
            return True
    return False


graphs = st.frozensets(
    st.tuples(
        st.sampled_from(TERMS), st.sampled_from([f"<{EX}p>", f"<{EX}q>"]), st.sampled_from(TERMS)
    ),
    max_size=7,
)


@given(graphs, graphs)
def test_nothing_differs_exactly_where_graphs_are_isomorphic(one: Triples, two: Triples) -> None:
    assert compare(held(one), held(two)).is_equal == isomorphic(one, two)


@given(graphs, st.permutations(NODES))
def test_labels_of_blank_nodes_make_no_difference(one: Triples, names: list[str]) -> None:
    renaming = dict(zip(NODES, names, strict=True))
    two = {(renaming.get(s, s), p, renaming.get(o, o)) for s, p, o in one}
    assert compare(held(one), held(two)).is_equal


@given(graphs, graphs)
def test_every_triple_that_differs_is_shown(one: Triples, two: Triples) -> None:
    comparison = compare(held(one), held(two))
    text = differences.as_text(comparison)
    assert bool(text) != comparison.is_equal
    for change in comparison.graphs:
        lines = text.splitlines()[1:]
        assert any(line.startswith("    + ") for line in lines) == bool(change.gained)
        assert any(line.startswith("    - ") for line in lines) == bool(change.lost)


plain = st.frozensets(
    st.tuples(*[st.sampled_from([f"<{EX}{name}>" for name in "abc"])] * 3), max_size=9
)


@given(plain, plain)
def test_without_blank_nodes_it_is_the_difference_of_sets(one: Triples, two: Triples) -> None:
    comparison = compare(held(one), held(two))
    gained = {triple for change in comparison.graphs for triple in change.gained}
    lost = {triple for change in comparison.graphs for triple in change.lost}
    assert gained == two - one
    assert lost == one - two


def test_a_circle_of_six_is_not_two_of_three() -> None:
    """What is said of each blank node is the same in both; only the canonical forms differ."""
    six = "".join(f"_:n{n} :p _:n{(n + 1) % 6} .\n" for n in range(6))
    three = "".join(f"_:n{n} :p _:n{n // 3 * 3 + (n + 1) % 3} .\n" for n in range(6))
    comparison = compare(held(six), held(three))
    assert not comparison.is_equal
    assert differences.as_text(comparison).count("\n    + ") > 0
    assert compare(held(six), held(six.replace("_:n", "_:m"))).is_equal


def test_a_long_list_is_compared_in_time() -> None:
    numbers = " ".join(map(str, range(3000)))
    comparison = compare(held(f":a :p ( {numbers} ) ."), held(f":a :p ( {numbers} 1 ) ."))
    assert not comparison.is_equal


def test_only_the_blank_node_that_changed_is_shown() -> None:
    old = ":a :p [ :q 1 ; :r [ :q 2 ] ] . :b :p [ :q 3 ] ."
    new = ":b :p [ :q 3 ] . :a :p [ :q 1 ; :r [ :q 4 ] ] ."
    assert shown(old, new) == [
        f"  <{EX}a>",
        f"    - <{EX}p> [ <{EX}q> 1 ; <{EX}r> [ <{EX}q> 2 ] ]",
        f"    + <{EX}p> [ <{EX}q> 1 ; <{EX}r> [ <{EX}q> 4 ] ]",
    ]


def test_terms_are_written_short() -> None:
    rdfs = "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
    assert shown(
        "",
        f'{rdfs} :a a rdfs:Class ; :p "x\\n"@en, "y", true, 1.5, "1"^^:d ; rdfs:seeAlso (:b 1) . '
        "[] :q () .",
    ) == [
        f"  <{EX}a>",
        "    + a rdfs:Class",
        f"    + rdfs:seeAlso ( <{EX}b> 1 )",
        f'    + <{EX}p> "1"^^<{EX}d>',
        f"    + <{EX}p> 1.5",
        f"    + <{EX}p> true",
        f'    + <{EX}p> "x\\n"@en',
        f'    + <{EX}p> "y"',
        f"  [ <{EX}q> () ]",
        f"    + <{EX}q> ()",
    ]


def test_deep_nodes_are_not_written_to_the_end() -> None:
    def deep(number: int) -> str:
        return ":a :p " + "[ :p " * 60 + str(number) + " ]" * 60 + " ."

    lines = shown(deep(1), deep(2))
    assert len(lines) == 3
    assert all(line.count("[") == 20 for line in lines[1:])
    assert lines[1][6:] != lines[2][6:]


def test_lost_comes_before_gained_of_the_same_property() -> None:
    assert shown(":a :p 2 ; :q 1 .", ":a :p 1 ; :q 2 .") == [
        f"  <{EX}a>",
        f"    - <{EX}p> 2",
        f"    + <{EX}p> 1",
        f"    - <{EX}q> 1",
        f"    + <{EX}q> 2",
    ]


def test_inferences_apart() -> None:
    old, new = held(":a :p :b .", ":b :q :a ."), held(":a :p :b .", ":b :q :c .")
    comparison = compare(old, new)
    assert comparison.graphs == ()
    assert comparison.inferences == comparing.Change(
        INFERRED_GRAPH,
        None,
        gained=((f"<{EX}b>", f"<{EX}q>", f"<{EX}c>"),),
        lost=((f"<{EX}b>", f"<{EX}q>", f"<{EX}a>"),),
    )
    text = differences.as_text(comparison)
    assert text.startswith("inferences: 1 triple gained, 1 lost\n")
    assert compare(old, new, inferred=False).is_equal


def test_as_json() -> None:
    old, new = held(":a :p :b ."), held(":a :p [ :q 1 ] .", ":b :q :c .")
    comparison = compare(old, new)
    entry = json.loads(differences.as_json(comparison, [("one", old), ("two", new)]))
    assert entry["equal"] is False
    assert [version["name"] for version in entry["versions"]] == ["one", "two"]
    assert entry["inferences"] == {
        "gained": [[f"<{EX}b>", f"<{EX}q>", f"<{EX}c>"]],
        "lost": [],
    }
    [graph] = entry["graphs"]
    assert (graph["graph"], graph["file"]) == (GRAPH, "graph/g.ttl")
    [[_a, _p, node], [subject, _q, _one]] = graph["gained"]
    assert node == subject
    assert graph["lost"] == [[f"<{EX}a>", f"<{EX}p>", f"<{EX}b>"]]


def test_a_file_that_one_version_has_not(generations: Path, mini: Path) -> None:
    (mini / "graph" / "editorial.ttl").unlink()
    old, new = (gate.build(root, generations) for root in (MINI, mini))
    [change] = compare(old, new).graphs
    assert (change.file, change.gained) == ("graph/editorial.ttl", ())
    assert len(change.lost) == old.manifest["graphs"][change.graph]["triples"]
    [change] = compare(new, old).graphs
    assert change.lost == ()


def test_what_is_claimed_differs_where_it_is_written(generations: Path, mini: Path) -> None:
    edit(mini / "graph" / "articles" / "one.ttl", "cmq:object ex:league", "cmq:object ex:office")
    comparison = compare(*(gate.build(root, generations) for root in (MINI, mini)))
    assert [change.file for change in comparison.graphs] == ["graph/articles/one.ttl"]
    assert len(comparison.graphs[0].gained) == len(comparison.graphs[0].lost) == 1


@pytest.mark.parametrize("inferred", [True, False])
def test_layout_and_order_make_no_difference(
    generations: Path, mini: Path, *, inferred: bool
) -> None:
    path = mini / "graph" / "articles" / "one.ttl"
    head, *blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    path.write_text("\n\n".join([head, *reversed(blocks)]) + "\n# the end\n", encoding="utf-8")
    old, new = (gate.build(root, generations) for root in (MINI, mini))
    assert old.digest != new.digest
    assert compare(old, new, inferred=inferred).is_equal
