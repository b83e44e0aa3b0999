"""What a verdict depends on: for each kind of constraint, which nodes a change makes be looked at.

The shapes and data are tiny; the verdict on what is looked at is each time held against that on
everything. Last, hypothesis makes up shapes, queries, data and changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from communique import dataset, sources, validation
from communique.errors import DataError
from communique.sources import Sources
from communique.validation.change import Change, validate_change
from revising import Ground, findings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EX: Final = "https://example.org/"
PREFIXES: Final = """
@prefix cmq: <https://w3id.org/communique/ontology#> .
@prefix ex: <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix value: <https://w3id.org/communique/value/> .
"""
ONTOLOGY: Final = """
ex:ontology a owl:Ontology .
ex:Dog rdfs:subClassOf ex:Animal .
ex:Cat rdfs:subClassOf ex:Animal .
"""


def query(body: str, rest: str = "") -> str:
    """Returns a constraint that is a query."""
    text = f"PREFIX ex: <{EX}> SELECT $this WHERE {{ {body} }} {rest}"
    return f'sh:sparql [ sh:select "{text}" ]'


def values(path: str, constraint: str) -> str:
    """Returns a constraint on the values of a path."""
    return f"sh:property [ sh:path {path} ; {constraint} ]"


def texts(shapes: str, **files: str) -> dict[str, str]:
    """Returns the files of a dataset."""
    found = {
        "ontology/o.ttl": PREFIXES + ONTOLOGY,
        "shapes/s.ttl": f"{PREFIXES} ex:shapes a owl:Ontology . {shapes}",
    }
    for name, text in files.items():
        found[f"graph/{name}.ttl"] = (
            f"{PREFIXES} ex:{name} a owl:Ontology ; cmq:layer value:asserted . {text}"
        )
    return found


def change(
    root: Path, before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[set[str], set[str]]:
    """Makes a change, and fails unless looking at what it affects gives the same verdict.

    Args:
        root: A folder for the dataset.
        before: The files before.
        after: The files after.

    Returns:
        The nodes that were looked at, and the nodes at which there is something to find.
    """
    for name, text in before.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    ground = Ground.of(root)
    files = (sources.place(root, name, text.encode()) for name, text in after.items())
    whole = dataset.load(Sources(root, tuple(sorted(files, key=sources.order))))
    written = {
        str(name): graph
        for name, graph in whole.graphs.items()
        if before.get(graph.file.name) != after[graph.file.name]
    }
    removed = frozenset(map(str, ground.dataset.graphs.keys() - whole.graphs.keys()))
    some = validate_change(ground.base, Change(root, written, removed))
    found = validation.validate(whole)
    everything, old, told = map(findings, (found, ground.before, some.report))
    assert set(some.report.violations) <= set(found.violations)
    assert told <= everything
    assert everything - old <= told
    looked_at = {node.removeprefix(EX) for nodes in some.checked.values() for node in nodes}
    return looked_at, {violation.node.removeprefix(EX) for violation in everything}


DATA: Final = """
ex:a a ex:Dog .
ex:b a ex:Cat .
ex:c a ex:Dog .
ex:a ex:p ex:b .
ex:b ex:p ex:c .
ex:a ex:n 1 .
ex:b ex:n 1 .
ex:c ex:n 1 .
ex:a ex:m 2 .
ex:b ex:m 2 .
ex:c ex:m 2 .
ex:x ex:q ex:a .
"""


# Each row: a constraint on the nodes of class ex:Animal, what is taken away, what is added, and who
# is looked at; in capitals, who has something to find then.
@pytest.mark.parametrize(
    ("constraint", "gone", "new", "looked_at"),
    [
        # Counts: what is added breaks an upper bound, what is taken away a lower one.
        (values("ex:n", "sh:maxCount 1"), "", "ex:a ex:n 2 .", "A"),
        (values("ex:n", "sh:maxCount 1"), "ex:a ex:n 1 .", "", ""),
        (values("ex:n", "sh:minCount 1"), "ex:a ex:n 1 .", "", "A"),
        (values("ex:n", "sh:minCount 1"), "", "ex:a ex:n 2 .", ""),
        (values("ex:n", "sh:minCount 1"), "ex:x ex:q ex:a .", "", ""),
        # Values.
        (values("ex:n", "sh:datatype ex:int"), "", "ex:b ex:n 2 .", "B"),
        (values("ex:n", "sh:nodeKind sh:Literal"), "", "ex:b ex:n ex:a .", "B"),
        (values("ex:n", "sh:maxInclusive 1"), "", "ex:b ex:n 2 .", "B"),
        (values("ex:n", "sh:in ( 1 )"), "", "ex:b ex:n 2 .", "B"),
        (values("ex:n", "sh:hasValue 1"), "ex:b ex:n 1 .", "ex:b ex:n 3 .", "B"),
        (
            values("ex:l", "sh:uniqueLang true"),
            "",
            "ex:b ex:l 'x'@en, 'y'@en .",
            "B",
        ),
        (values("ex:l", "sh:pattern '^x'"), "", "ex:b ex:l 'y' .", "B"),
        # Classes, of values and of their superclasses.
        (values("ex:p", "sh:class ex:Animal"), "", "ex:c ex:p ex:z .", "C"),
        (
            values("ex:p", "sh:class ex:Cat"),
            "ex:b a ex:Cat .",
            "ex:b a ex:Dog .",
            "A",
        ),
        (values("ex:p", "sh:class ex:Cat"), "", "ex:c a ex:Cat .", ""),
        ("sh:class ex:Animal", "ex:b a ex:Cat .", "", ""),
        # Paths of every kind.
        (
            values("[ sh:inversePath ex:q ]", "sh:maxCount 1"),
            "",
            "ex:y ex:q ex:a .",
            "A",
        ),
        (values("( ex:p ex:n )", "sh:maxCount 1"), "", "ex:b ex:n 5 .", "A"),
        (values("( ex:p ex:p ex:n )", "sh:maxCount 1"), "", "ex:c ex:n 5 .", "A"),
        (values("( ex:p ex:n )", "sh:maxCount 1"), "", "ex:b ex:p ex:a .", "b"),
        (
            values("[ sh:alternativePath ( ex:n ex:m ) ]", "sh:maxCount 2"),
            "",
            "ex:b ex:m 5 .",
            "B",
        ),
        (
            values("[ sh:zeroOrOnePath ex:p ]", "sh:maxCount 2"),
            "",
            "ex:a ex:p ex:z .",
            "A",
        ),
        (
            values("[ sh:oneOrMorePath ex:p ]", "sh:maxCount 2"),
            "",
            "ex:c ex:p ex:z .",
            "Abc",
        ),
        (
            values("( [ sh:zeroOrMorePath ex:p ] ex:n )", "sh:maxInclusive 1"),
            "",
            "ex:c ex:n 2 .",
            "ABC",
        ),
        (
            values("( [ sh:inversePath ex:p ] [ sh:inversePath ex:q ] )", "sh:maxCount 1"),
            "",
            "ex:y ex:q ex:a .",
            "B",
        ),
        # Other shapes, and their negation.
        (
            values("ex:p", "sh:node [ sh:property [ sh:path ex:n ; sh:minCount 1 ] ]"),
            "ex:c ex:n 1 .",
            "",
            "B",
        ),
        ("sh:not [ sh:property [ sh:path ex:n ; sh:minCount 2 ] ]", "", "ex:b ex:n 2 .", "B"),
        ("sh:not [ sh:property [ sh:path ex:n ; sh:minCount 2 ] ]", "ex:b ex:n 1 .", "", ""),
        ("sh:not [ sh:property [ sh:path ex:n ; sh:maxCount 0 ] ]", "ex:b ex:n 1 .", "", "B"),
        (
            "sh:not [ sh:not [ sh:property [ sh:path ex:n ; sh:minCount 1 ] ] ]",
            "ex:b ex:n 1 .",
            "",
            "B",
        ),
        (
            "sh:or ( [ sh:property [ sh:path ex:n ; sh:minCount 1 ] ] [ sh:class ex:Dog ] )",
            "ex:a ex:n 1 . ex:b ex:n 1 .",
            "",
            "aB",
        ),
        ("sh:and ( [ sh:property [ sh:path ex:n ; sh:minCount 1 ] ] )", "ex:b ex:n 1 .", "", "B"),
        (
            "sh:xone ( [ sh:property [ sh:path ex:n ; sh:minCount 1 ] ] [ sh:class ex:Bird ] )",
            "",
            "ex:b a ex:Bird .",
            "B",
        ),
        (
            values("ex:p", "sh:qualifiedValueShape [ sh:class ex:Cat ] ; sh:qualifiedMaxCount 1"),
            "",
            "ex:a ex:p ex:z . ex:z a ex:Cat .",
            "Az",
        ),
        (
            values("ex:n", "sh:qualifiedValueShape [ sh:maxInclusive 1 ] ; sh:qualifiedMinCount 1"),
            "ex:c ex:n 1 .",
            "",
            "C",
        ),
        # Pairs of properties.
        (values("ex:n", "sh:lessThan ex:m"), "", "ex:b ex:m 0 .", "B"),
        (values("ex:n", "sh:lessThanOrEquals ex:m"), "ex:b ex:m 2 .", "", ""),
        (values("ex:n", "sh:disjoint ex:m"), "", "ex:b ex:m 1 .", "B"),
        (values("ex:l", "sh:equals ex:k"), "", "ex:b ex:k 1 .", "B"),
        # Closed shapes.
        (
            "sh:closed true ; sh:ignoredProperties ( rdf:type ex:p ex:n ex:m )",
            "",
            "ex:b ex:stray 1 .",
            "B",
        ),
        # Queries.
        (
            query("$this ex:p/ex:n 2"),
            "",
            "ex:c ex:n 2 .",
            "B",
        ),
        (
            query("$this ex:p/ex:n 2"),
            "ex:c ex:n 1 .",
            "",
            "",
        ),
        (
            query("$this ex:p ?v . FILTER NOT EXISTS { ?v ex:n ?n }"),
            "ex:c ex:n 1 .",
            "ex:b ex:n 7 .",
            "B",
        ),
        (
            query("{ $this ex:p ?v } UNION { ?v ex:p $this } FILTER NOT EXISTS { ?v a ?c }"),
            "ex:b a ex:Cat .",
            "",
            "AC",
        ),
        (
            query("$this ex:n ?n . OPTIONAL { $this ex:l ?l } FILTER (BOUND(?l))"),
            "",
            "ex:b ex:l 1 .",
            "B",
        ),
        (
            query("$this ex:n ?n", "GROUP BY $this HAVING (COUNT(?n) > 1)"),
            "",
            "ex:b ex:n 2 .",
            "B",
        ),
        (
            query("$this ?path $this"),
            "",
            "ex:b ex:stray ex:b .",
            "B",
        ),
        (
            query("$this ex:p+ $this"),
            "",
            "ex:c ex:p ex:a .",
            "ABC",
        ),
    ],
)
def test_only_those_are_looked_at_that_a_change_affects(
    tmp_path: Path, constraint: str, gone: str, new: str, looked_at: str
) -> None:
    shapes = f"ex:S a sh:NodeShape ; sh:targetClass ex:Animal ; {constraint} ."
    less = DATA
    for triple in gone.split(" ."):
        if triple:
            line = f"\n{triple.strip()} ."
            assert line in less
            less = less.replace(line, "")
    before, after = texts(shapes, data=DATA), texts(shapes, data=less, more=new)
    nodes, found = change(tmp_path, before, after)
    assert "".join(sorted(node.upper() if node in found else node for node in nodes)) == "".join(
        sorted(looked_at)
    )


# ---- whatever the shapes

_NODES: Final = ("ex:n0", "ex:n1", "ex:n2", "ex:n3")
_PLAIN: Final = ("ex:p", "ex:q", "ex:r")
_CLASSES: Final = ("ex:Animal", "ex:Dog", "ex:Cat")
_VALUES: Final = (*_NODES, "0", "1", "2", "'x'@en", "''")
_VARIABLES: Final = ("$this", "?a", "?b", "?c")


def data() -> st.SearchStrategy[list[str]]:
    """Triples."""
    links = st.tuples(st.sampled_from(_NODES), st.sampled_from(_PLAIN), st.sampled_from(_VALUES))
    types = st.tuples(st.sampled_from(_NODES), st.just("a"), st.sampled_from(_CLASSES))
    return st.lists(st.one_of(links, links, types).map(" ".join), max_size=8, unique=True)


def shacl_paths() -> st.SearchStrategy[str]:
    """Paths, as SHACL writes them."""
    return st.recursive(
        st.sampled_from(_PLAIN),
        lambda inner: st.one_of(
            inner.map("[ sh:inversePath {} ]".format),
            inner.map("[ sh:zeroOrMorePath {} ]".format),
            inner.map("[ sh:oneOrMorePath {} ]".format),
            inner.map("[ sh:zeroOrOnePath {} ]".format),
            st.lists(inner, min_size=2, max_size=3).map(lambda steps: f"( {' '.join(steps)} )"),
            st.lists(inner, min_size=2, max_size=3).map(
                lambda steps: f"[ sh:alternativePath ( {' '.join(steps)} ) ]"
            ),
        ),
        max_leaves=3,
    )


def is_single(path: str) -> bool:
    """Says whether nothing in a path is repeated."""
    return not {*path} & {*"*+?"}


def sparql_paths() -> st.SearchStrategy[str]:
    """Paths, as SPARQL writes them, and variables in their place."""
    return st.one_of(
        st.recursive(
            st.sampled_from((*_PLAIN, "a")),
            lambda inner: st.one_of(
                inner.map("^({})".format),
                # rdflib stumbles over a repetition within a repetition, which ends at 0.
                inner.filter(is_single).map("({})*".format),
                inner.filter(is_single).map("({})+".format),
                inner.filter(is_single).map("({})?".format),
                st.tuples(inner, inner).map("/".join),
                st.tuples(inner, inner).map(lambda both: f"({both[0]}|{both[1]})"),
            ),
            max_leaves=3,
        ),
        st.just("?path"),
        st.just("!ex:p"),
    )


def groups() -> st.SearchStrategy[str]:
    """Group graph patterns."""
    lookups = st.tuples(
        st.sampled_from((*_VARIABLES, "$this", "$this")),
        st.one_of(st.sampled_from(_PLAIN), st.sampled_from(_PLAIN), sparql_paths()),
        st.one_of(st.sampled_from(_VARIABLES), st.sampled_from((*_VALUES, *_CLASSES))),
    ).map(lambda triple: " ".join(triple) + " .")

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        exists = st.one_of(
            inner.map("EXISTS {{ {} }}".format), inner.map("NOT EXISTS {{ {} }}".format)
        )
        tests = st.one_of(
            exists,
            st.sampled_from(("?a != ?b", "?a = $this", "BOUND(?a)", "isIRI(?b)")),
            st.tuples(exists, exists).map(" || ".join),
            st.tuples(exists, exists).map(" && ".join),
            exists.map("!({})".format),
            st.tuples(exists, exists).map(lambda both: f"({both[0]}) = ({both[1]})"),
        )
        part = st.one_of(
            lookups,
            inner.map("OPTIONAL {{ {} }}".format),
            st.tuples(inner, inner).map(lambda both: f"{{ {both[0]} }} UNION {{ {both[1]} }}"),
            inner.map("{{ {} }}".format),
            inner.map("{{ SELECT $this ?a WHERE {{ {} }} }}".format),
            inner.map("{{ SELECT $this (COUNT(?b) AS ?n) WHERE {{ {} }} GROUP BY $this }}".format),
            tests.map("FILTER ({})".format),
            exists.map("BIND ({} AS ?e) FILTER (?e)".format),
        )
        return st.lists(part, min_size=1, max_size=3).map(" ".join)

    return st.recursive(
        st.lists(lookups, min_size=1, max_size=3).map(" ".join), larger, max_leaves=4
    )


def queries() -> st.SearchStrategy[str]:
    """Constraints that are queries."""
    having = groups().map("SELECT $this WHERE {{ {} }} GROUP BY $this HAVING (COUNT(*) > 1)".format)
    return st.one_of(groups().map("SELECT $this WHERE {{ {} }}".format), having).map(
        lambda text: f'sh:sparql [ sh:select """PREFIX ex: <{EX}> {text}""" ]'
    )


def constraints() -> st.SearchStrategy[str]:
    """Constraints of a node shape."""
    counts = st.integers(0, 2)
    simple = st.one_of(
        st.sampled_from(_CLASSES).map("sh:class {}".format),
        st.just("sh:nodeKind sh:IRI"),
        st.sampled_from(_VALUES).map("sh:hasValue {}".format),
        st.just("sh:in ( ex:n0 ex:n1 0 1 )"),
        st.just("sh:maxInclusive 1"),
        st.tuples(st.sampled_from(("sh:equals", "sh:disjoint")), st.sampled_from(_PLAIN)).map(
            " ".join
        ),
    )
    valued = st.one_of(
        counts.map("sh:minCount {}".format),
        counts.map("sh:maxCount {}".format),
        st.just("sh:uniqueLang true"),
        st.tuples(
            st.sampled_from(("sh:lessThan", "sh:lessThanOrEquals")), st.sampled_from(_PLAIN)
        ).map(" ".join),
        simple,
    )

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        shape = inner.map("[ {} ]".format)
        qualified = st.tuples(
            shape,
            st.sampled_from(("sh:qualifiedMinCount", "sh:qualifiedMaxCount")),
            counts,
            st.sampled_from(("", "; sh:qualifiedValueShapesDisjoint true")),
        ).map(lambda part: "sh:qualifiedValueShape {} ; {} {} {}".format(*part))
        some = st.lists(shape, min_size=1, max_size=2).map(" ".join)
        nested = st.one_of(
            shape.map("sh:node {}".format),
            shape.map("sh:not {}".format),
            some.map("sh:or ( {} )".format),
            some.map("sh:and ( {} )".format),
            some.map("sh:xone ( {} )".format),
        )
        choice = st.one_of(valued, valued, nested, qualified)
        properties = st.lists(
            st.tuples(shacl_paths(), choice).map(lambda both: values(*both)),
            min_size=1,
            max_size=2,
        ).map(" ; ".join)
        closed = properties.map("{} ; sh:closed true".format)
        return st.one_of(properties, closed, nested)

    return st.one_of(st.recursive(simple, larger, max_leaves=4), queries(), queries())


def made_up_shapes() -> st.SearchStrategy[str]:
    """Shapes with targets."""
    targets = st.one_of(
        st.sampled_from(_CLASSES).map("sh:targetClass {}".format),
        st.sampled_from(_PLAIN).map("sh:targetSubjectsOf {}".format),
        st.sampled_from(_PLAIN).map("sh:targetObjectsOf {}".format),
        st.sampled_from(_NODES).map("sh:targetNode {}".format),
    )
    bodies = st.lists(st.tuples(targets, constraints()), min_size=1, max_size=2)
    return bodies.map(
        lambda some: "\n".join(
            f"ex:S{number} a sh:NodeShape ; {target} ; {body} ."
            for number, (target, body) in enumerate(some)
        )
    )


@settings(deadline=None, max_examples=60)
@given(
    made_up_shapes(), st.tuples(data(), data(), data()), st.sampled_from(("more", "less", "other"))
)
def test_whatever_the_shapes_the_verdict_is_that_on_everything(
    tmp_path_factory: pytest.TempPathFactory,
    shapes: str,
    triples: tuple[list[str], list[str], list[str]],
    kind: str,
) -> None:
    kept, old, new = triples
    before = texts(shapes, kept=_said(kept), edited=_said(old))
    after = {
        "more": texts(shapes, kept=_said(kept), edited=_said(old + new)),
        "less": texts(shapes, kept=_said(kept)),
        "other": texts(shapes, kept=_said(kept), edited=_said(new)),
    }[kind]
    root = tmp_path_factory.mktemp("made-up")
    try:
        change(root, before, after)
    except DataError:
        assume(condition=False)


def _said(triples: list[str]) -> str:
    return "".join(f"{triple} .\n" for triple in triples)
