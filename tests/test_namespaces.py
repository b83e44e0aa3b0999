"""IRIs are written for people with the prefixes that the files use."""

import pytest
from pyoxigraph import NamedNode

from communique import namespaces
from communique.store.generation import Generation


@pytest.mark.parametrize(
    ("iri", "written"),
    [
        ("https://w3id.org/communique/ontology#Claim", "cmq:Claim"),
        ("https://w3id.org/communique/id/csto", "id:csto"),
        ("https://w3id.org/communique/id/edm-2-213/P4.S2", "edm-2-213:P4.S2"),
        ("https://w3id.org/communique/id/a/b/c", "https://w3id.org/communique/id/a/b/c"),
        ("https://w3id.org/communique/ontology", "https://w3id.org/communique/ontology"),
        ("https://w3id.org/communique/id/", "https://w3id.org/communique/id/"),
        ("http://www.w3.org/2002/07/owl#Class", "owl:Class"),
        ("https://example.org/x", "https://example.org/x"),
        ("no IRI", "no IRI"),
    ],
)
def test_shorten(iri: str, written: str) -> None:
    assert namespaces.shorten(iri) == written


@pytest.mark.parametrize(
    ("name", "iri"),
    [
        ("<https://example.org/x>", "https://example.org/x"),
        ("https://w3id.org/communique/ontology", "https://w3id.org/communique/ontology"),
        ("edm-9-1:C01", "https://w3id.org/communique/id/edm-9-1/C01"),
        *(
            (name, None)
            for name in ("", ":x", "x:", "x", "id:a b", "https://a b/", "<x>", "<id:x>")
        ),
    ],
)
def test_expand(name: str, iri: str | None) -> None:
    assert namespaces.expand(name) == iri


def test_what_is_written_short_is_read_again(bundled: Generation) -> None:
    quads = bundled.store.quads_for_pattern(None, None, None, None)
    iris = {
        term.value
        for quad in quads
        for term in (quad.subject, quad.predicate, quad.object)
        if isinstance(term, NamedNode)
    }
    assert len(iris) > 1000
    assert not [iri for iri in iris if namespaces.expand(namespaces.shorten(iri)) != iri]


def test_shorten_all_leaves_the_sentence_its_punctuation() -> None:
    base = "https://w3id.org/communique/id"
    text = f"The node {base}/edm-2-213/P4.S2. Not <{base}/csto>, but ({base}/nato)?"
    assert namespaces.shorten_all(text) == (
        "The node edm-2-213:P4.S2. Not <id:csto>, but (id:nato)?"
    )


def test_no_prefix_hides_another() -> None:
    names = list(namespaces.PREFIXES.values())
    assert len(names) == len(set(names))
    assert all(name.endswith(("#", "/")) for name in names)
