"""What a retraction or a supersession takes out of the facts, and what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.claims.retractions import Withdrawn
from communique.namespaces import LAYER_ASSERTED, LAYER_EDITORIAL, PREFIXES, WITHDRAWN_GRAPH
from communique.store import withdrawals
from communique.store.generation import GraphEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

A: Final = "https://example.org/"
_PREFIXES: Final = f"@prefix a: <{A}> .\n" + "".join(
    f"@prefix {prefix}: <{name}> .\n" for prefix, name in PREFIXES.items()
)
GRAPHS: Final = {"one": LAYER_ASSERTED, "two": LAYER_ASSERTED, "notes": LAYER_EDITORIAL}

ARTICLES: Final = """
a:one {
  a:one a owl:Ontology .
  a:article-1 a cmq:Article .
  a:C1 a cmq:Claim ; cmq:content a:p1 , a:p2 ; cmq:delegation a:d1 ; cmq:speaker a:ann .
  a:C2 a cmq:Claim ; cmq:content a:p3 ; cmq:delegation a:d2 ; cmq:repliesTo a:C1 .
  a:p1 a cmq:Proposition ; cmq:subject a:x .
  a:p2 a cmq:Proposition ; cmq:groundFor a:p1 .
  a:p3 a cmq:Proposition .
  a:d1 a cmq:Delegation . a:d2 a cmq:Delegation .
  a:r1 a cmq:Report ; cmq:reports a:C1 ; cmq:derivedFrom a:r2 .
  a:r2 a cmq:Report ; cmq:reports a:C1 .
  a:r3 a cmq:Report ; cmq:reports a:C1 , a:C2 .
  a:h1 a cmq:Hedge ; cmq:hedges a:C1 . a:h2 a cmq:Hedge ; cmq:hedges a:C1 , a:C2 .
  a:S1 a cmq:Presupposition ; cmq:presupposedBy a:C1 ; cmq:content a:p4 .
  a:p4 a cmq:Proposition .
  a:ann a cmq:Person .
}
a:two {
  a:two a owl:Ontology .
  a:article-2 a cmq:Article .
  a:C3 a cmq:Claim ; cmq:repliesTo a:C2 ; cmq:speaker a:ann ; rdfs:label "C2"@en .
  a:ann a cmq:Person .
}
"""


def stored(notes: str = "", articles: str = ARTICLES) -> tuple[ox.Store, dict[str, GraphEntry]]:
    """A store with two articles and editorial notes, and what a manifest says of the graphs."""
    store = ox.Store()
    text = f"{_PREFIXES}{articles}\na:notes {{ a:notes a owl:Ontology . {notes} }}"
    store.load(text.encode(), format=ox.RdfFormat.TRIG)
    entries = {
        A + name: GraphEntry(
            kind="graph",
            file=f"graph/{name}.ttl",
            sha256=None,
            exact=True,
            layer=layer,
            triples=0,
        )
        for name, layer in GRAPHS.items()
    }
    return store, entries


def withdrawn(notes: str, articles: str = ARTICLES) -> Withdrawn:
    """What notes withdraw."""
    return withdrawals.read(*stored(notes, articles))


def short(names: Iterable[str]) -> set[str]:
    """The IRIs without what they have in common."""
    return {name.removeprefix(A) for name in names}


def lost(notes: str) -> set[str]:
    """The facts that notes take out, as subject, property, object."""
    store, entries = stored(notes)
    found = withdrawals.read(store, entries)
    facts: dict[bool, set[str]] = {True: set(), False: set()}
    for quad in store:
        graph = quad.graph_name
        assert isinstance(graph, ox.NamedNode)
        assert isinstance(quad.subject, ox.NamedNode)
        is_fact = found.is_fact(
            graph.value,
            accepted=entries[graph.value]["layer"] == LAYER_ASSERTED,
            subject=quad.subject.value,
            value=quad.object.value if isinstance(quad.object, ox.NamedNode) else None,
        )
        words = (quad.subject.value, quad.predicate.value, str(quad.object).strip("<>"))
        if entries[graph.value]["layer"] == LAYER_ASSERTED:
            facts[is_fact].add(" ".join(word.rpartition("/")[2] for word in words))
    return facts[False] - facts[True]


def test_nothing_is_withdrawn_where_nobody_decides() -> None:
    found = withdrawn("a:n a cmq:EditorialNote ; cmq:about a:C1 .")
    assert not found
    assert found == Withdrawn()
    assert list(found.marks()) == []


def test_a_claim_goes_with_what_is_there_for_it_alone() -> None:
    found = withdrawn("a:R a cmq:Retraction ; cmq:retracts a:C1 .")
    assert short(found.nodes) == {"C1", "p1", "p2", "d1", "r1", "r2", "h1", "S1", "p4"}
    assert short(found.retracted) == {"C1"}
    assert found.superseded == {}
    assert found.graphs == frozenset()
    assert set(found.nodes.values()) == {frozenset({A + "R"})}


def test_no_fact_refers_to_what_is_gone() -> None:
    gone = lost("a:R a cmq:Retraction ; cmq:retracts a:C1 .")
    assert "C2 ontology#repliesTo C1" in gone
    assert "r3 ontology#reports C1" in gone
    assert not any(fact.startswith(("C3 ", "ann ", "d2 ", "p3 ")) for fact in gone)
    assert "r3 ontology#reports C2" not in gone
    assert "h2 ontology#hedges C2" not in gone


def test_what_several_share_goes_with_the_last_of_them() -> None:
    both = "a:R a cmq:Retraction ; cmq:retracts a:C1 . a:Q a cmq:Retraction ; cmq:retracts a:C2 ."
    found = withdrawn(both)
    assert {"r3", "h2", "d2", "p3"} <= short(found.nodes)
    assert found.nodes[A + "r3"] == {A + "R", A + "Q"}
    assert found.nodes[A + "p3"] == {A + "Q"}


def test_of_an_article_nothing_counts() -> None:
    found = withdrawn("a:R a cmq:Retraction ; cmq:retracts a:article-1 .")
    assert short(found.graphs) == {"one"}
    assert {"article-1", "C1", "C2", "p3", "S1"} <= short(found.nodes)
    assert "ann" not in short(found.nodes), "the other article describes her too"
    gone = lost("a:R a cmq:Retraction ; cmq:retracts a:article-1 .")
    assert "C3 ontology#repliesTo C2" in gone
    assert "C3 ontology#speaker ann" not in gone
    assert "ann 22-rdf-syntax-ns#type ontology#Person" not in gone


def test_what_two_withdrawn_articles_describe_is_gone() -> None:
    found = withdrawn("a:R a cmq:Retraction ; cmq:retracts a:article-1 , a:article-2 .")
    assert {"ann", "C3"} <= short(found.nodes)
    assert short(found.graphs) == {"one", "two"}


def test_of_versions_the_newer_counts() -> None:
    found = withdrawn("a:S a cmq:Supersession ; cmq:replaces a:C1 ; cmq:replacement a:C2 .")
    assert short(found.superseded) == {"C1"}
    assert "C2" not in short(found.nodes)
    assert found.retracted == {}


def test_a_literal_is_no_reference() -> None:
    assert 'C3 rdf-schema#label "C2"@en' not in lost("a:R a cmq:Retraction ; cmq:retracts a:C2 .")


def test_decisions_are_facts_and_other_notes_are_not() -> None:
    notes = "a:R a cmq:Retraction ; cmq:retracts a:C1 . a:n a cmq:EditorialNote ; cmq:about a:C2 ."
    found = withdrawn(notes)
    assert found.is_fact(A + "notes", accepted=False, subject=A + "R", value=A + "C1")
    assert not found.is_fact(A + "notes", accepted=False, subject=A + "n", value=A + "C2")


def test_what_is_only_claimed_decides_nothing() -> None:
    """A triple in the graph of a proposition, or inferred, is no decision."""
    claimed = ARTICLES + "a:p1 { a:R cmq:retracts a:C2 }"
    assert not withdrawn("", claimed)


def test_marks_name_every_node_and_every_decision() -> None:
    found = withdrawn(
        "a:R a cmq:Retraction ; cmq:retracts a:C2 . a:Q a cmq:Retraction ; cmq:retracts a:C2 ."
    )
    marks = [(quad.subject, quad.object) for quad in withdrawals.marks(found)]
    assert {quad.graph_name for quad in withdrawals.marks(found)} == {ox.NamedNode(WITHDRAWN_GRAPH)}
    assert marks == sorted(marks, key=str)
    assert len(marks) == 2 * len(found.nodes)
    assert withdrawals.count(found) == {"retracted": 1, "superseded": 0}


def test_tells_two_states_apart() -> None:
    before = withdrawn("a:R a cmq:Retraction ; cmq:retracts a:C1 .")
    after = withdrawn("a:R a cmq:Retraction ; cmq:retracts a:article-2 .")
    graphs, nodes = before.differs(after)
    assert short(graphs) == {"two"}
    assert {"C1", "C3"} <= short(nodes)
    assert "R" not in short(nodes)
    assert after.differs(after) == (frozenset(), frozenset())


_TARGETS: Final = ("C1", "C2", "C3", "article-1", "article-2")
_DECISIONS: Final = st.dictionaries(
    st.sampled_from(_TARGETS), st.sampled_from(["retracts", "replaces"]), max_size=len(_TARGETS)
)


def decided(decisions: Mapping[str, str]) -> Withdrawn:
    """What decisions withdraw, each of its own."""
    return withdrawn(
        " ".join(f"a:on-{target} cmq:{kind} a:{target} ." for target, kind in decisions.items())
    )


@given(_DECISIONS, _DECISIONS)
def test_more_decisions_withdraw_no_less(some: dict[str, str], others: dict[str, str]) -> None:
    few, many = decided(some), decided(others | some)
    assert few.nodes.keys() <= many.nodes.keys()
    assert few.graphs <= many.graphs


@given(_DECISIONS)
def test_a_state_differs_from_nothing_by_what_is_withdrawn(decisions: dict[str, str]) -> None:
    found = decided(decisions)
    graphs, nodes = found.differs(Withdrawn())
    assert graphs == found.graphs
    assert nodes == found.nodes.keys() | found.decisions


# --- After a change: the same as found from scratch

_NODES: Final = tuple(
    ox.NamedNode(A + name) for name in ("article-1", "article-2", "C1", "C2", "x1", "x2", "x3")
)
_RELATIONS: Final = tuple(
    ox.NamedNode(PREFIXES["cmq"] + name)
    for name in ("content", "delegation", "reports", "hedges", "presupposedBy", "repliesTo")
)
_TYPE: Final = ox.NamedNode(PREFIXES["rdf"] + "type")
_CLASSES: Final = tuple(ox.NamedNode(PREFIXES["cmq"] + name) for name in ("Article", "Claim"))
_SAID: Final = st.one_of(
    st.builds(
        ox.Triple, st.sampled_from(_NODES), st.sampled_from(_RELATIONS), st.sampled_from(_NODES)
    ),
    st.builds(ox.Triple, st.sampled_from(_NODES), st.just(_TYPE), st.sampled_from(_CLASSES)),
    st.builds(
        ox.Triple, st.just(ox.BlankNode("b")), st.sampled_from(_RELATIONS), st.sampled_from(_NODES)
    ),
)
_DECIDED: Final = st.builds(
    ox.Triple,
    st.sampled_from([ox.NamedNode(A + name) for name in ("R", "Q")]),
    st.sampled_from([ox.NamedNode(PREFIXES["cmq"] + name) for name in ("retracts", "replaces")]),
    st.sampled_from(_NODES[:4]),
)
_STATE: Final = st.fixed_dictionaries(
    {
        "one": st.sets(_SAID, max_size=12),
        "two": st.sets(_SAID, max_size=8),
        "notes": st.sets(_DECIDED, max_size=2),
    }
)
State = dict[str, set[ox.Triple]]


def kept(state: State) -> ox.Store:
    """A store with certain triples in its graphs."""
    store = ox.Store()
    for name, triples in state.items():
        for triple in triples:
            store.add(
                ox.Quad(triple.subject, triple.predicate, triple.object, ox.NamedNode(A + name))
            )
    return store


def entries() -> dict[str, GraphEntry]:
    """What a manifest says of the graphs."""
    return stored()[1]


@given(old=_STATE, new=_STATE, changed=st.sets(st.sampled_from(sorted(GRAPHS))))
@settings(max_examples=150, deadline=None)
def test_following_a_change_gives_what_is_found_from_scratch(
    old: State, new: State, changed: set[str]
) -> None:
    after = {name: new[name] if name in changed else old[name] for name in GRAPHS}
    touched = set().union(*(old[name] ^ after[name] for name in GRAPHS))
    before = withdrawals.read(kept(old), entries())
    found = withdrawals.follow(before, kept(after), entries(), touched)
    assert found == withdrawals.read(kept(after), entries())


def said(text: str) -> set[ox.Triple]:
    """Triples in Turtle."""
    found = ox.parse(f"{_PREFIXES}{text}".encode(), format=ox.RdfFormat.TURTLE)
    return {quad.triple for quad in found}


SHARED: Final = {
    "described elsewhere no longer": ("a:article-1", "a:one-node a cmq:Claim ."),
    "content of another no longer": ("a:C1", "a:C2 cmq:content a:p1 ."),
    "report of another no longer": ("a:C1", "a:r1 cmq:reports a:C2 ."),
}


@pytest.mark.parametrize(("target", "holding"), SHARED.values(), ids=SHARED)
def test_what_is_no_longer_shared_goes_too(target: str, holding: str) -> None:
    one = said(
        "a:article-1 a cmq:Article . a:one-node a cmq:Claim . "
        "a:C1 a cmq:Claim ; cmq:content a:p1 . a:r1 cmq:reports a:C1 ."
    )
    old: State = {"one": one, "two": said(holding), "notes": said(f"a:R cmq:retracts {target} .")}
    after = kept(old | {"two": set()})
    before = withdrawals.read(kept(old), entries())
    found = withdrawals.follow(before, after, entries(), said(holding))
    assert found == withdrawals.read(after, entries())
    assert found.nodes.keys() > before.nodes.keys()


@given(state=_STATE)
@settings(max_examples=80, deadline=None)
def test_marks_tell_all_that_is_withdrawn(state: State) -> None:
    store, graphs = kept(state), entries()
    found = withdrawals.read(store, graphs)
    store.extend(withdrawals.marks(found))
    if found:
        graphs[WITHDRAWN_GRAPH] = GraphEntry(
            kind="withdrawn", file=None, sha256=None, exact=True, layer=None, triples=0
        )
    assert withdrawals.marked(store, graphs) == found


@pytest.mark.parametrize("kind", ["retracts", "replaces"])
def test_what_nothing_describes_takes_nothing_else_out(kind: str) -> None:
    found = withdrawn(f"a:R cmq:{kind} a:C9 .")
    assert short(found.nodes) == {"C9"}
    assert found.graphs == frozenset()
