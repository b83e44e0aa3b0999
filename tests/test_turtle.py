"""Turtle: read strictly, written in one layout, found again by line."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, BNode, Literal, URIRef

from communique.errors import TurtleSyntaxError
from communique.namespaces import CMQ, ID
from communique.turtle import (
    LineIndex,
    format_files,
    format_text,
    lost_comments,
    parse,
    parse_text,
)
from communique.turtle.layout import SETS
from communique.turtle.literals import language_tag
from communique.turtle.naming import natural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from rdflib.term import Node

    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
    Triple = tuple[Node, Node, Node]

EX = "http://example.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"
PREFIXES = f"""\
@prefix cmq: <{CMQ}> .
@prefix ex: <{EX}> .
@prefix owl: <{OWL}> .
@prefix rdf: <{RDF}> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <{XSD}> .
"""


def ex(local: str) -> URIRef:
    return URIRef(EX + local)


def formatted(body: str) -> str:
    """Give the blocks of a text in the layout, without its prefixes."""
    text = format_text(PREFIXES + body, "test")
    return "".join(line for line in text.splitlines(keepends=True) if line[0] != "@").lstrip("\n")


def isomorphic(one: Iterable[Triple], other: Iterable[Triple]) -> bool:
    """Compare two small graphs by trying each way to match their blank nodes."""
    one, other = set(one), set(other)
    left, right = (
        sorted({node for triple in graph for node in triple if isinstance(node, BNode)})
        for graph in (one, other)
    )
    if len(left) != len(right):
        return False
    for order in permutations(right):
        match = dict(zip(left, order, strict=True))
        if {(match.get(s, s), p, match.get(o, o)) for s, p, o in one} == other:  # type: ignore[call-overload]
            return True
    return False


# --- Reading -------------------------------------------------------------------------------------


def test_lexical_forms_are_kept() -> None:
    graph = parse_text(PREFIXES + 'ex:a ex:b 01, "1"^^xsd:boolean, "2005-10-01Z"^^xsd:date .', "t")
    assert {str(value) for value in graph.objects()} == {"01", "1", "2005-10-01Z"}


def test_a_plain_literal_has_no_datatype() -> None:
    graph = parse_text(PREFIXES + 'ex:a ex:b "x"^^xsd:string .', "t")
    assert (ex("a"), ex("b"), Literal("x")) in graph


def test_blank_nodes_of_two_texts_never_meet() -> None:
    text = PREFIXES + "ex:a ex:b _:b0 ."
    one, other = parse_text(text, "one"), parse_text(text, "other")
    assert not set(one) & set(other)
    assert set(one) == set(parse_text(text, "one"))


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("<x:a> <x:b> <x:c> .\n<x:a> <x:b> 'é' , , .", 2, 19, "object"),
        ("<x:a> <x:b> <x:c>", 1, 18, "end"),
        ("<x:a> <x:b> ex:c .", 1, 13, "prefix"),
        ("<a> <x:b> <x:c> .", 1, 1, "scheme"),
        ("<x:a> <x:b> <x:c d> .", 1, 13, "IRI"),
        ("<x:a> <x:b> <<( <x:a> <x:b> <x:c> )>> .", 1, 1, "RDF 1.2"),
        ('<x:a> <x:b> "c"@en--ltr .', 1, 1, "RDF 1.2"),
    ],
)
def test_a_syntax_error_has_its_place(text: str, line: int, column: int, reason: str) -> None:
    with pytest.raises(TurtleSyntaxError, match=reason) as caught:
        parse_text(text, "some.ttl")
    assert (caught.value.file, caught.value.line, caught.value.column) == ("some.ttl", line, column)
    assert "Parser error" not in str(caught.value)


def test_a_file_must_be_utf8(tmp_path: Path) -> None:
    path = tmp_path / "latin.ttl"
    path.write_bytes("<x:a> <x:b> <x:c> .\n# é".encode() + "é".encode("latin-1"))
    with pytest.raises(TurtleSyntaxError, match="UTF-8") as caught:
        parse(path)
    assert (caught.value.line, caught.value.column) == (2, 4)


def test_a_byte_order_mark_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "bom.ttl"
    path.write_bytes(b"\xef\xbb\xbf<x:a> <x:b> <x:c> .")
    assert len(parse(path)) == 1


# --- The layout ----------------------------------------------------------------------------------


def test_layout_of_a_whole_file() -> None:
    text = """\
# An article.
# SPDX-License-Identifier: CC-BY-4.0

@prefix : <http://example.org/other/> .
@prefix cmq: <https://w3id.org/communique/ontology#> .
@prefix ex: <http://example.org/> .
@prefix unused: <http://example.org/unused/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
<https://w3id.org/communique/id/edm-2-213/P10.S1> a cmq:Sentence , owl:NamedIndividual .
<https://w3id.org/communique/id/edm-2-213/P2.S1> cmq:order 2 , 10 ; a cmq:Sentence ;
  <http://www.w3.org/2004/02/skos/core#altLabel> "b"@en ; :x "y" ;
  <http://www.w3.org/2000/01/rdf-schema#label> "ОДКБ"@ru , "CSTO"@en , "ODKB"@ru-latn .
<https://w3id.org/communique/graph/x> a owl:Ontology . # the header
"""
    assert (
        format_text(text, "test")
        == """\
# An article.
# SPDX-License-Identifier: CC-BY-4.0

@prefix : <http://example.org/other/> .
@prefix cmq: <https://w3id.org/communique/ontology#> .
@prefix edm-2-213: <https://w3id.org/communique/id/edm-2-213/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

<https://w3id.org/communique/graph/x>
    a owl:Ontology .

edm-2-213:P2.S1
    a cmq:Sentence ;
    rdfs:label
        "CSTO"@en ,
        "ОДКБ"@ru ,
        "ODKB"@ru-Latn ;
    skos:altLabel "b"@en ;
    :x "y" ;
    cmq:order
        2 ,
        10 .

edm-2-213:P10.S1
    a cmq:Sentence .
"""
    )


def test_blank_nodes_and_lists_stand_where_they_are_used() -> None:
    body = """
        [ a owl:AllDisjointClasses ; owl:members ( ex:b10 ex:b9 ) ] .
        ex:s sh:property _:one , [ sh:path ex:q ] ; sh:or ( [] _:two ) ; sh:in () .
        _:one sh:in ( 2 1 ) ; sh:path ex:p . _:two sh:class ex:c .
    """
    assert (
        formatted(body)
        == """\
ex:s
    sh:in () ;
    sh:or ( [] [ sh:class ex:c ] ) ;
    sh:property
        [
            sh:in ( 2 1 ) ;
            sh:path ex:p
        ] ,
        [ sh:path ex:q ] .

[]
    a owl:AllDisjointClasses ;
    owl:members ( ex:b9 ex:b10 ) .
"""
    )


def test_shared_and_circular_blank_nodes_have_names() -> None:
    body = "ex:s ex:p _:x ; ex:q _:x . _:y ex:r _:z . _:z ex:r _:y , [] ."
    text = formatted(body)
    assert sorted(text.count(f"_:b{n}") for n in range(4)) == [0, 2, 2, 2]
    assert text.count("[]") == 1


def test_a_list_that_is_no_set_keeps_its_order() -> None:
    body = "ex:p owl:propertyChainAxiom ( ex:c ex:a ex:b ) . ex:q sh:in ( 3 1 2 ) ."
    text = formatted(body)
    assert "( ex:c ex:a ex:b )" in text
    assert "( 3 1 2 )" in text


@pytest.mark.parametrize("name", ["oneOf", "unionOf", "intersectionOf", "disjointUnionOf"])
def test_a_list_that_is_a_set_is_sorted(name: str) -> None:
    assert "( ex:a ex:b [] )" in formatted(f"ex:s owl:{name} ( [] ex:b ex:a ) .")


def test_a_long_list_has_a_line_for_each_member() -> None:
    members = [f"ex:{'m' * 30}{n}" for n in range(4)]
    text = formatted(f"ex:s sh:in ( {' '.join(members)} ) .")
    assert text.splitlines()[1:-1] == ["    sh:in (", *(f"        {each}" for each in members)]


def test_a_list_with_a_loop_or_a_fork_is_written_out() -> None:
    body = """
        ex:s ex:p _:a . _:a rdf:first 1 ; rdf:rest _:b . _:b rdf:first 2 ; rdf:rest _:b .
        ex:t ex:p _:c . _:c rdf:first 1 , 2 ; rdf:rest () .
    """
    text = formatted(body)
    assert "rdf:rest _:b0" in text
    assert "rdf:rest ()" in text
    assert isomorphic(parse_text(PREFIXES + body, ""), parse_text(PREFIXES + text, ""))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"007"^^xsd:integer', "007"),
        ('"+1"^^xsd:integer', "+1"),
        ('" 1"^^xsd:integer', '" 1"^^xsd:integer'),
        ('"1"^^xsd:decimal', '"1"^^xsd:decimal'),
        ('"1."^^xsd:decimal', '"1."^^xsd:decimal'),
        ('".5"^^xsd:decimal', ".5"),
        ("1e0", '"1e0"^^xsd:double'),
        ("true", "true"),
        ('"1"^^xsd:boolean', '"1"^^xsd:boolean'),
        ('"x"^^xsd:string', '"x"'),
        ('"x"@EN-gb-OXENDICT', '"x"@en-GB-oxendict'),
        (r'"a\t\"b\"\r\\"', r'"a\u0009\"b\"\u000D\\"'),
        (r'"a\n\n  b \n\"c\""', '"""a\n\n  b\\u0020\n"c\\""""'),
        (r'"\"\"\"\n\"\"\""', '"""\\"\\""\n\\"\\"\\""""'),
        ('"\\u0000\\u0085\\u2028"', r'"\u0000\u0085\u2028"'),
        ('"Организация ☮"', '"Организация ☮"'),
    ],
)
def test_literals(written: str, expected: str) -> None:
    assert formatted(f"ex:s ex:p {written} .") == f"ex:s\n    ex:p {expected} .\n"


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        (CMQ + "Claim", "cmq:Claim"),
        (CMQ, f"<{CMQ}>"),
        (ID + "csto", "id:csto"),
        (ID + "edm-2-213/P4.S2", "edm-2-213:P4.S2"),
        (ID + "edm-2-213/P4.", f"<{ID}edm-2-213/P4.>"),
        (ID + "edm-2-213/a/b", f"<{ID}edm-2-213/a/b>"),
        (ID + "2005/x", f"<{ID}2005/x>"),
        (ID + "cmq/x", f"<{ID}cmq/x>"),
        (EX + "a%20b", f"<{EX}a%20b>"),
        (EX + "a:b", f"<{EX}a:b>"),
        (EX + "a,b", f"<{EX}a,b>"),
        (EX + "-a", f"<{EX}-a>"),
        (EX + "1a", "ex:1a"),
        (EX + "ёж", "ex:ёж"),
        (EX + "deep/a", "deep:a"),
        ("urn:x:y", "<urn:x:y>"),
    ],
)
def test_names(iri: str, expected: str) -> None:
    text = format_text(f"{PREFIXES}@prefix deep: <{EX}deep/> . ex:s ex:p <{iri}> .", "test")
    assert text.endswith(f"    ex:p {expected} .\n")


def test_a_prefix_of_the_project_stands_for_nothing_else() -> None:
    text = "@prefix cmq: <http://example.org/> . @prefix c: <" + CMQ + "> . cmq:a cmq:b c:d ."
    assert format_text(text, "test") == (
        f"@prefix cmq: <{CMQ}> .\n\n<{EX}a>\n    <{EX}b> cmq:d .\n"
    )


def test_an_article_prefix_that_the_file_uses_for_another_namespace() -> None:
    text = f"@prefix e: <{EX}> . @prefix x: <{EX}x/> . e:s e:p <{ID}x/a> , x:b ."
    assert f"<{ID}x/a>" in format_text(text, "test")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "# a\n\n# b\r\n", PREFIXES])
def test_a_text_without_triples(text: str) -> None:
    once = format_text(text, "test")
    assert once == format_text(once, "test")
    assert once == "\n".join(text.split()) + "\n" or "#" not in once or once.endswith("\n")


def test_bad_turtle_is_not_formatted() -> None:
    with pytest.raises(TurtleSyntaxError):
        format_text("<x:a> <x:b>", "test")


def test_natural_order() -> None:
    names = ["C10", "C2", "C02", "C", "C1a", "P2.S10", "P2.S9", "P10"]
    ordered = ["C", "C1a", "C02", "C2", "C10", "P2.S9", "P2.S10", "P10"]
    assert sorted(names, key=natural) == ordered
    assert natural("9" * 5000) < natural("1" + "0" * 5000)


@pytest.mark.parametrize(
    "tag", ["ru", "ru-Latn", "zh-Hant-TW", "sr-Latn-RS", "en-GB", "de-1996", "en-x-ab-abcd"]
)
def test_language_tags(tag: str) -> None:
    assert language_tag(tag.lower()) == language_tag(tag.upper()) == tag


# --- Any graph -----------------------------------------------------------------------------------

NAMESPACES = st.sampled_from([EX, CMQ, ID, ID + "edm-2-213/", str(RDF), "urn:x:", EX + "a#"])
LOCALS = st.text("ab1.-_:/ёж%()'~,;!$&", max_size=5).filter(lambda text: "%" not in text)
IRIS = st.builds(lambda space, local: ox.NamedNode(space + local), NAMESPACES, LOCALS)
NODES = st.integers(0, 4).map(lambda n: ox.BlankNode(f"n{n}"))
DATATYPES = st.sampled_from(["integer", "decimal", "boolean", "double", "string", "dateTime"])
CHARACTERS = st.characters(exclude_categories=["Cs"])
LITERALS = st.one_of(
    st.text(CHARACTERS).map(ox.Literal),
    st.builds(
        lambda text, tag: ox.Literal(text, language=tag),
        st.text(CHARACTERS, max_size=3),
        st.sampled_from(["en", "ru", "ru-Latn", "zh-hant-tw", "x-y"]),
    ),
    st.builds(
        lambda text, name: ox.Literal(text, datatype=ox.NamedNode(XSD + name)),
        st.one_of(st.text("019.+-eE", max_size=4), st.sampled_from(["true", "false", " 1"])),
        DATATYPES,
    ),
)
PROPERTIES = st.one_of(
    IRIS,
    st.sampled_from(
        [ox.NamedNode(str(p)) for p in (RDF.type, RDF.first, RDF.rest, OWL.unionOf, OWL.members)]
    ),
)
ONE_PROPERTY = st.just(ox.NamedNode(EX + "p"))


@st.composite
def lists(draw: st.DrawFn) -> list[ox.Triple]:
    """A well-formed list as the value of something."""
    cells = [ox.BlankNode(f"c{n}") for n in range(draw(st.integers(1, 3)))]
    first, rest, nil = (ox.NamedNode(str(term)) for term in (RDF.first, RDF.rest, RDF.nil))
    members = [draw(st.one_of(IRIS, LITERALS, NODES)) for _ in cells]
    links: list[ox.BlankNode | ox.NamedNode] = [*cells[1:], nil]
    return [
        ox.Triple(draw(st.one_of(IRIS, NODES)), draw(PROPERTIES), cells[0]),
        *(ox.Triple(cell, first, member) for cell, member in zip(cells, members, strict=True)),
        *(ox.Triple(cell, rest, link) for cell, link in zip(cells, links, strict=True)),
    ]


def triples(properties: st.SearchStrategy[ox.NamedNode]) -> st.SearchStrategy[list[ox.Triple]]:
    subjects = st.one_of(IRIS, NODES)
    return st.lists(
        st.builds(ox.Triple, subjects, properties, st.one_of(IRIS, NODES, LITERALS)), max_size=9
    )


GRAPHS = st.one_of(
    triples(PROPERTIES),
    st.builds(lambda one, other: one + other, triples(PROPERTIES), lists()),
    # Only blank nodes and one property: hard to tell apart.
    st.lists(st.builds(ox.Triple, NODES, ONE_PROPERTY, NODES), max_size=8),
)


def written(graph: Iterable[ox.Triple]) -> str:
    return PREFIXES + "".join(f"{triple} .\n" for triple in graph)


@settings(deadline=None)  # the machine may be busy
@given(GRAPHS, st.randoms(use_true_random=False), st.permutations(range(5)))
def test_isomorphic_graphs_have_one_layout(
    graph: list[ox.Triple], random: Random, names: list[int]
) -> None:
    def renamed(term: Term) -> Term:
        if isinstance(term, ox.BlankNode) and term.value[0] == "n":
            return ox.BlankNode(f"n{names[int(term.value[1:])]}")
        return term

    other = []
    for triple in graph:
        subject = renamed(triple.subject)
        assert not isinstance(subject, ox.Literal)
        other.append(ox.Triple(subject, triple.predicate, renamed(triple.object)))
    random.shuffle(other)
    assert format_text(written(graph), "test") == format_text(written(other), "test")


@settings(deadline=None)
@given(GRAPHS)
def test_the_layout_says_the_same(graph: list[ox.Triple]) -> None:
    text = written(graph)
    once = format_text(text, "test")
    assert format_text(once, "test") == once
    assert once == "" or (once.endswith(" .\n") and "\t" not in once)

    before, after = (parse_text(each, "test") for each in (text, once))
    if not SETS & set(before.predicates()):
        left_out = set(before.triples((None, RDF.type, OWL.NamedIndividual)))
        assert isomorphic(set(before) - left_out, after)


@settings(deadline=None)
@given(
    st.lists(st.one_of(IRIS, LITERALS).map(str), min_size=1, max_size=6).flatmap(
        lambda members: st.tuples(st.just(members), st.permutations(members))
    )
)
def test_the_order_of_a_set_does_not_matter(orders: tuple[list[str], list[str]]) -> None:
    def text(members: list[str]) -> str:
        return f"{PREFIXES}ex:s owl:oneOf ( {' '.join(members)} ) ; ex:p _:x , [ ex:q _:x ] ."

    one, other = (format_text(text(order), "test") for order in orders)
    assert one == other
    before, after = (parse_text(each, "test") for each in (text(orders[0]), one))
    assert Counter(before.objects(None, RDF.first)) == Counter(after.objects(None, RDF.first))


# --- Lines ---------------------------------------------------------------------------------------

LINES = """\
# 1
@prefix ex: <http://example.org/> .
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
ex:a ex:p ex:o1 ,
        "a # string, with ; and . 6"@en ,
  '''of
several
lines''' ; ex:q 1.5 , 2. ex:b.c ex:r
    ex:o2 ; # a comment ;
    ex:s [
        ex:t "x" ;
        ex:u [ ex:v "y"
        ] , [] ] ;
    a ex:C .
ex:l ex:m (
    1
    ( ex:n )
    [ ex:w "z" ]
) .
[ ex:x ex:y ] .
_:named ex:p ex:a ;
    ex:p _:named .
@prefix ex: <http://example.org/again/> .
ex:a ex:p ex:o1 .
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write_file(text: str) -> Path:
        path = tmp_path / "file.ttl"
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write_file


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_lines_of_triples(write: Callable[[str], Path], line_break: str) -> None:
    path = write(LINES.replace("\n", line_break))
    graph, index = parse(path), LineIndex(path)
    text = f"of{line_break}several{line_break}lines"
    place = {
        o: index.line_of(s, p, o) for s, p, o in graph if isinstance(o, Literal) or p == ex("r")
    }
    assert place == {
        Literal("a # string, with ; and . 6", lang="en"): 5,
        Literal(text): 6,
        Literal("1.5", datatype=URIRef(XSD + "decimal")): 8,
        Literal("2", datatype=URIRef(XSD + "integer")): 8,
        ex("o2"): 9,
        Literal("x"): 11,
        Literal("y"): 12,
        Literal("1", datatype=URIRef(XSD + "integer")): 16,
        Literal("z"): 18,
    }
    assert index.line_of(ex("a")) == 4
    assert index.line_of(ex("a"), ex("q")) == 8
    assert index.line_of(ex("b.c")) == 8
    assert index.line_of(ex("b.c"), ex("s")) == 10
    assert index.line_of(ex("b.c"), RDF.type) == index.line_of(ex("b.c"), RDF.type, ex("C")) == 14
    assert index.line_of(ex("again/a"), ex("again/p"), ex("again/o1")) == 24


def test_lines_of_blank_nodes(write: Callable[[str], Path]) -> None:
    path = write(LINES)
    graph, index = parse(path), LineIndex(path)

    def line(predicate: URIRef, value: Node) -> int | None:
        (node,) = graph.subjects(predicate, value)
        assert isinstance(node, BNode)
        return index.line_of(node)

    assert line(ex("t"), Literal("x")) == 10
    assert line(ex("v"), Literal("y")) == 12
    assert line(ex("w"), Literal("z")) == 18
    assert line(ex("x"), ex("y")) == 20
    assert line(ex("p"), ex("a")) == 21
    (node,) = graph.subjects(ex("p"), ex("a"))
    assert isinstance(node, BNode)
    assert index.line_of(node, ex("p"), node) == 22
    assert line(RDF.first, ex("n")) == 17
    (empty,) = [o for o in graph.objects(None, ex("u")) if (o, None, None) not in graph]
    (holder,) = graph.subjects(ex("u"), empty)
    assert isinstance(holder, BNode)
    assert isinstance(empty, BNode)
    assert index.line_of(holder, ex("u"), empty) == 13


def test_what_the_file_does_not_say_has_the_next_best_line(write: Callable[[str], Path]) -> None:
    index = LineIndex(write(LINES))
    assert index.line_of(ex("a"), ex("q"), ex("missing")) == 8
    assert index.line_of(ex("a"), ex("missing"), ex("missing")) == 4
    assert index.line_of(ex("missing")) is None
    assert index.line_of(ex("o1")) is None


@settings(deadline=None)
@given(GRAPHS)
def test_each_value_of_a_layout_is_found(graph: list[ox.Triple]) -> None:
    path = Path("test")
    text = format_text(written(graph), path)
    index, lines = LineIndex(path, text), text.splitlines()
    for s, p, o in parse_text(text, path):
        line = index.line_of(s, p, o)
        assert line is not None
        if isinstance(o, URIRef) and o != RDF.nil:
            assert formatted(f"ex:s ex:p {o.n3()} .").split()[2] in lines[line - 1]
        if isinstance(s, URIRef):
            subject = index.line_of(s)
            assert subject is not None
            assert formatted(f"{s.n3()} ex:p 1 .").split()[0] == lines[subject - 1]


# --- Files ---------------------------------------------------------------------------------------


def test_format_files(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.ttl", tmp_path / "bad.ttl"
    good.write_text("<x:a>\n    <x:b> <x:c> .\n")
    bad.write_text("<x:a> <x:b> <x:c> .")
    assert format_files([good, bad], check=True) == [bad]
    assert bad.read_text() == "<x:a> <x:b> <x:c> ."
    assert format_files([good, bad]) == [bad]
    assert bad.read_text() == good.read_text()
    assert format_files([good, bad]) == []


def test_windows_line_ends_are_not_the_layout(tmp_path: Path) -> None:
    path = tmp_path / "windows.ttl"
    path.write_bytes(b"# a\r\n\r\n<x:a>\r\n    <x:b> <x:c> .\r\n")
    assert format_files([path]) == [path]
    assert path.read_bytes() == b"# a\n\n<x:a>\n    <x:b> <x:c> .\n"


def test_lost_comments(write: Callable[[str], Path]) -> None:
    assert lost_comments(write(LINES)) == [9]
    assert lost_comments(write("# a\n# b\n<x:a#b> <x:b> '# c' .\n#d")) == [4]


def test_comments_of_the_owl_api_are_no_loss(write: Callable[[str], Path]) -> None:
    text = f"""
<x:a> <x:b> <x:c> .
{"#" * 65}
#    Object Properties
{"#" * 65}

###  https://w3id.org/communique/ontology#about
<x:a> <x:d> <x:c> .
#    Object Properties of mine
###  Generated by hand
###  Generated by the OWL API (version 4.5.29.2024-05-13T12:11:03Z) https://github.com/owlcs/owlapi
"""
    assert lost_comments(write(text)) == [9, 10]
