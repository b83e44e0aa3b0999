"""The page that describes the vocabulary: every term is on it, and nothing leads nowhere."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from rdflib import OWL, RDF, RDFS, SKOS, URIRef

from communique import dataset, sources
from communique.documentation import diagram, page
from communique.documentation.__main__ import main
from communique.documentation.vocabulary import Kind, Vocabulary
from communique.namespaces import CMQ, VALUE
from conftest import edit

if TYPE_CHECKING:
    from pathlib import Path


class Reader(HTMLParser):
    """Reads a page's anchors, links and words, and checks that its elements are closed."""

    VOID = frozenset({"meta", "link", "br", "img", "rect", "path", "line"})

    def __init__(self) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.words = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        for name, value in attrs:
            if name == "id":
                self.ids[value or ""] += 1
            elif name == "href":
                self.links.add(value or "")
            elif name == "src":
                self.loads.add(value or "")
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag not in self.VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Take note of text."""
        self.words += data


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """The bundled vocabulary."""
    root = sources.bundled_root()
    loaded = dataset.load(sources.discover(root))
    return Vocabulary(loaded.ontology, loaded.explicit, sources.examples(root))


@pytest.fixture(scope="module")
def html(vocabulary: Vocabulary) -> str:
    """Its page."""
    return page.render(vocabulary)


@pytest.fixture(scope="module")
def read(html: str) -> Reader:
    """Its page, read."""
    reader = Reader()
    reader.feed(html)
    return reader


def test_every_declared_term_has_its_entry(vocabulary: Vocabulary, read: Reader) -> None:
    declared = {
        str(term)
        for term in vocabulary.ontology.subjects(RDF.type)
        if str(term).startswith((CMQ, VALUE))
    }
    assert len(declared) > 300
    assert {term.iri for term in vocabulary.terms} == declared
    missing = [term.name for term in vocabulary.terms if read.ids[term.anchor] != 1]
    assert missing == []


def test_every_label_definition_example_and_note_is_on_the_page(
    vocabulary: Vocabulary, read: Reader
) -> None:
    words = " ".join(read.words.split())
    missing = [
        str(text)
        for prop in (RDFS.label, SKOS.prefLabel, SKOS.definition, SKOS.example, SKOS.scopeNote)
        for term, text in vocabulary.ontology.subject_objects(prop)
        if str(term).startswith((CMQ, VALUE)) and str(text) not in words
    ]
    assert missing == []


def test_links_within_the_page_lead_somewhere(read: Reader) -> None:
    assert [link for link in read.links if link.startswith("#") and link[1:] not in read.ids] == []


def test_ids_are_unique(read: Reader) -> None:
    assert [name for name, count in read.ids.items() if count > 1] == []


def test_page_loads_nothing(html: str, read: Reader) -> None:
    assert read.loads == set()
    assert "<script" not in html
    assert "<link" not in html
    assert "@import" not in html
    outside = {link for link in read.links if not link.startswith("#")}
    assert {urlsplit(link).scheme for link in outside} <= {"http", "https"}


def test_property_chains_and_inverses_are_shown(vocabulary: Vocabulary) -> None:
    (term,) = (term for term in vocabulary.terms if term.iri == CMQ + "memberOf")
    facts = {fact.name: fact.terms for fact in term.facts}
    assert facts["follows from"] == (CMQ + "hasCurrentMembership", CMQ + "inOrganization")
    assert facts["inverse"] == (CMQ + "hasMember",)
    assert "http://www.w3.org/ns/org#memberOf" in facts["a kind of"]
    assert term.kind is Kind.OBJECT_PROPERTY
    assert {question.name for question in term.questions} >= {"28", "40"}


def test_uses_are_counted(vocabulary: Vocabulary) -> None:
    terms = {term.iri.removeprefix(CMQ): term for term in vocabulary.terms}
    assert terms["Claim"].uses == 23
    assert terms["Agent"].uses > terms["Person"].uses == 7
    assert terms["mergesWith"].uses == 0
    assert terms["mergesWith"].propositions == 3
    assert terms["continues"].uses == 1
    assert terms["memberOf"].derived
    assert not terms["currentMember"].derived
    assert not terms["mergesWith"].derived


def test_values_stand_in_their_lists(vocabulary: Vocabulary) -> None:
    lists = {scheme.name: vocabulary.values(scheme) for scheme in vocabulary.of(Kind.SCHEME)}
    assert [value.label for value in lists["value:polarities"]] == ["negative", "positive"]
    listed = [value.iri for values in lists.values() for value in values]
    assert sorted(listed) == sorted(value.iri for value in vocabulary.of(Kind.VALUE))


def test_diagram_shows_classes_and_properties_of_the_ontology(vocabulary: Vocabulary) -> None:
    drawn = diagram.edges(vocabulary)
    graph = vocabulary.ontology
    for edge in drawn:
        ends = URIRef(CMQ + edge.source), URIRef(CMQ + edge.target)
        assert all((end, RDF.type, OWL.Class) in graph for end in ends)
        for name in edge.properties:
            assert (URIRef(CMQ + name), RDFS.domain, ends[0]) in graph
            assert (URIRef(CMQ + name), RDFS.range, ends[1]) in graph
        if not edge.properties:
            assert (ends[0], RDFS.subClassOf, ends[1]) in graph
    assert diagram.Edge("Claim", "Agent", ("speaker",)) in drawn
    assert diagram.Edge("Claim", "Statement", ()) in drawn


def test_no_class_of_the_diagram_stands_alone(vocabulary: Vocabulary) -> None:
    boxes = set(re.findall(r'class="name"[^>]*>(\w+)<', diagram.draw(vocabulary)))
    joined = {end for edge in diagram.edges(vocabulary) for end in (edge.source, edge.target)}
    assert len(boxes) > 12
    assert boxes == joined


def test_text_is_escaped(bundled_copy: Path, tmp_path: Path) -> None:
    edit(
        bundled_copy / "ontology" / "communique.ttl",
        'skos:example "“AM”."@en',
        'skos:example "<script>alert(1)</script> & cmq:Claim"@en',
    )
    result = CliRunner().invoke(main, ["--dataset", str(bundled_copy), str(tmp_path / "docs")])
    assert result.exit_code == 0, result.output
    written = (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")
    assert "<script" not in written
    assert '&lt;script&gt;alert(1)&lt;/script&gt; &amp; <a href="#Claim">cmq:Claim</a>' in written


def test_a_small_dataset_has_its_page(mini: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--dataset", str(mini), str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert re.fullmatch(r"\d+ terms in .*index\.html\n", result.output)
