"""Tests of answers: as rows, and in every format, read again by another library."""

import csv
import io
import json
from xml.etree import ElementTree as ET

import pytest
import rdflib
from rdflib.compare import isomorphic
from rdflib.query import Result

from communique.errors import UnwritableAnswer
from communique.store.query import ask
from communique.store.results import Answer, Term
from stores import EX, small

GENERATION = small()
ROW = """
SELECT ?iri ?plain ?english ?number ?date ?node ?unbound WHERE {
  VALUES (?iri ?plain ?english ?number ?date) {
    (<http://example.org/a> "a,\\"b\\"\\n\\t<&>" "hello"@en-GB 1.5
     "2005-11-11"^^<http://www.w3.org/2001/XMLSchema#date>)
    (UNDEF "" "привет"@ru 1e0 UNDEF)
  }
  BIND(BNODE() AS ?node)
}
"""
GRAPH = f"""
PREFIX : <{EX}>
PREFIX cmq: <https://w3id.org/communique/ontology#>
PREFIX c: <https://w3id.org/communique/id/edm-2-213/>
CONSTRUCT {{ :a cmq:speaker c:P4.S2 , "привет"@ru , 1.5 , "a\\"\\n" ; :b [ a :C ] }} WHERE {{}}
"""
XSD = "http://www.w3.org/2001/XMLSchema#"


def answer(text: str) -> Answer:
    return ask(GENERATION, text)


def test_kinds_of_answer() -> None:
    assert (answer(ROW).kind, answer(ROW).boolean) == ("select", None)
    assert (answer("ASK {}").kind, answer("ASK {}").boolean) == ("ask", True)
    assert answer("ASK { ?x ?x ?x }").boolean is False
    for text in (GRAPH, "DESCRIBE <http://example.org/alice>"):
        assert (answer(text).kind, answer(text).variables) == ("graph", ())


def test_rows_have_a_term_for_each_variable() -> None:
    found = answer(ROW)
    assert found.variables == ("iri", "plain", "english", "number", "date", "node", "unbound")
    first, second = found.rows
    assert first[:5] == (
        Term("uri", EX + "a"),
        Term("literal", 'a,"b"\n\t<&>', XSD + "string"),
        Term("literal", "hello", language="en-gb"),
        Term("literal", "1.5", XSD + "decimal"),
        Term("literal", "2005-11-11", XSD + "date"),
    )
    assert first[5] is not None
    assert first[5].kind == "bnode"
    assert first[6] is None
    assert second[0] is None


def test_rows_of_a_graph_are_its_triples() -> None:
    assert len(list(answer(GRAPH).rows)) == 6


def test_cells_are_for_people() -> None:
    text = "SELECT (<https://w3id.org/communique/id/csto> AS ?x) ('y'@en AS ?y) ?z {}"
    assert answer(text).cells() == [("id:csto", "y", "")]
    ((node,),) = answer("SELECT (BNODE() AS ?x) {}").cells()
    assert node.startswith("_:")


def test_a_triple_term_is_shown_as_ntriples() -> None:
    ((term,),) = answer("SELECT (<<( <a:a> <a:b> 1 )>> AS ?x) {}").rows
    assert term is not None
    assert (term.kind, term.value) == ("triple", f'<a:a> <a:b> "1"^^<{XSD}integer>')


def reread(format_: str) -> Result:
    data = answer(ROW).serialize(f"application/sparql-results+{format_}")
    return Result.parse(io.BytesIO(data), format=format_)


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_rows_survive_json_and_xml(format_: str) -> None:
    result = reread(format_)
    assert [str(variable) for variable in result.vars or ()] == list(answer(ROW).variables)
    first, second = result.bindings
    shown = {str(variable): term for variable, term in first.items()}
    assert shown.pop("node").__class__ is rdflib.BNode
    assert shown == {
        "iri": rdflib.URIRef(EX + "a"),
        "plain": rdflib.Literal('a,"b"\n\t<&>'),
        "english": rdflib.Literal("hello", lang="en-gb"),
        "number": rdflib.Literal("1.5", datatype=rdflib.XSD.decimal),
        "date": rdflib.Literal("2005-11-11", datatype=rdflib.XSD.date),
    }
    assert rdflib.Variable("iri") not in second


def test_rows_in_csv() -> None:
    """SPARQL 1.1 CSV results, §3: RFC 4180, with CRLF, values as plain strings."""
    data = answer(ROW).serialize("text/csv").decode()
    assert data.startswith("iri,plain,english,number,date,node,unbound\r\n")
    first, second = list(csv.DictReader(io.StringIO(data, newline="")))
    assert (first["iri"], first["plain"], first["number"]) == (EX + "a", 'a,"b"\n\t<&>', "1.5")
    assert (second["iri"], second["english"], second["unbound"]) == ("", "привет", "")


def test_rows_in_tsv() -> None:
    """SPARQL 1.1 TSV results, §4: terms as Turtle writes them."""
    head, first, second, end = (
        answer(ROW).serialize("text/tab-separated-values").decode().split("\n")
    )
    assert head == "?iri\t?plain\t?english\t?number\t?date\t?node\t?unbound"
    assert first.split("\t")[:4] == [f"<{EX}a>", '"a,\\"b\\"\\n\\t<&>"', '"hello"@en-gb', "1.5"]
    assert (second.split("\t")[0], end) == ("", "")


@pytest.mark.parametrize(
    ("media_type", "yes"),
    [
        ("application/sparql-results+json", '{"head":{},"boolean":true}'),
        ("text/csv", "true"),
        ("text/tab-separated-values", "true"),
    ],
)
def test_a_verdict_in_each_format(media_type: str, yes: str) -> None:
    assert answer("ASK {}").serialize(media_type).decode() == yes


def test_a_verdict_in_xml() -> None:
    root = ET.fromstring(answer("ASK {}").serialize("application/sparql-results+xml"))  # noqa: S314
    assert root.findtext("{http://www.w3.org/2005/sparql-results#}boolean") == "true"


# rdflib's own parser of JSON-LD uses a class that rdflib deprecates.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("media_type", "parser"),
    [
        ("text/turtle", "turtle"),
        ("application/n-triples", "nt"),
        ("application/rdf+xml", "xml"),
        ("application/ld+json", "json-ld"),
    ],
)
def test_triples_survive_each_format(media_type: str, parser: str) -> None:
    reread = rdflib.Graph().parse(answer(GRAPH).serialize(media_type), format=parser)
    expected = rdflib.Graph().parse(
        data=f"""
        @prefix : <{EX}> .
        :a <https://w3id.org/communique/ontology#speaker>
            <https://w3id.org/communique/id/edm-2-213/P4.S2> , "привет"@ru , 1.5 , "a\\"\\n" ;
          :b [ a :C ] .
        """,
        format="turtle",
    )
    assert isomorphic(reread, expected)


def test_turtle_has_the_prefixes_it_needs_and_no_others() -> None:
    lines = answer(GRAPH).serialize("text/turtle").decode().splitlines()
    assert {line.split()[1] for line in lines if line.startswith("@prefix")} == {
        *(":", "cmq:", "c:"),
    }
    assert "c:P4.S2" in " ".join(lines)


def test_the_projects_prefixes_need_no_declaration() -> None:
    text = "CONSTRUCT { <id/edm-2-213/C01> <ontology#speaker> <id/csto> } WHERE {}"
    lines = answer(text).serialize("text/turtle").decode().splitlines()
    assert lines[-1] == "edm-2-213:C01 cmq:speaker id:csto ."
    assert {line.split()[1] for line in lines[:-1]} == {"edm-2-213:", "cmq:", "id:"}


def test_triples_of_a_subject_come_together_with_its_types_first() -> None:
    text = """
    PREFIX : <http://example.org/>
    CONSTRUCT { :a :p ?x . :b :p ?x . :a a :C } WHERE { VALUES ?x { 1 2 } }
    """
    turtle = answer(text).serialize("text/turtle").decode()
    assert " ".join(turtle.split()) == (
        "@prefix : <http://example.org/> . :a a :C ; :p 1 , 2 . :b :p 1 , 2 ."
    )


def test_the_same_triples_give_the_same_bytes() -> None:
    text = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"
    assert answer(text).serialize("text/turtle") == answer(text).serialize("text/turtle")


def test_an_empty_graph_is_an_empty_document() -> None:
    assert answer("DESCRIBE <http://nobody/>").serialize("text/turtle") == b""
    nothing = answer("DESCRIBE <http://nobody/>").serialize("application/ld+json")
    assert json.loads(nothing) == []


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        ("CONSTRUCT { <a:a> <http://a/123> 1 } {}", "application/rdf+xml"),
        ("CONSTRUCT { <a:a> <http://a/> 1 } {}", "application/rdf+xml"),
        (r"CONSTRUCT { <a:a> <a:b> '\u0001' } {}", "application/rdf+xml"),
        (r"SELECT ('\u0001' AS ?x) {}", "application/sparql-results+xml"),
        (r"SELECT ('\uFFFE' AS ?x) {}", "application/sparql-results+xml"),
    ],
)
def test_what_xml_cannot_express_is_an_error_not_broken_xml(text: str, media_type: str) -> None:
    with pytest.raises(UnwritableAnswer):
        answer(text).serialize(media_type)
    others = [f.media_type for f in answer(text).formats if f.name in {"json", "turtle"}]
    assert answer(text).serialize(others[0])


def test_what_xml_can_express_is_written() -> None:
    text = r"SELECT ('\t\n\r\u007F\uFFFD\U0001F600' AS ?x) {}"
    root = ET.fromstring(answer(text).serialize("application/sparql-results+xml"))  # noqa: S314
    (literal,) = root.iter("{http://www.w3.org/2005/sparql-results#}literal")
    assert literal.text == "\t\n\r\x7f\ufffd\U0001f600"


def test_a_format_for_another_kind_of_answer_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="text/turtle"):
        answer(ROW).serialize("text/turtle")


def test_formats_are_for_tables_or_for_graphs() -> None:
    assert [f.name for f in answer(ROW).formats] == ["json", "xml", "csv", "tsv"]
    assert [f.name for f in answer("ASK {}").formats] == ["json", "xml", "csv", "tsv"]
    assert [f.name for f in answer(GRAPH).formats] == ["turtle", "ntriples", "rdfxml", "jsonld"]
