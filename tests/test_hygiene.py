"""The ontology's hygiene: one query a rule, any row is a failure, and every query can fail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pyoxigraph as ox
import pytest

import communique
from communique import dataset, sources
from communique.namespaces import PREFIXES
from communique.store.terms import Terms

HERE: Final = Path(__file__).parent
QUERIES: Final = sorted((HERE / "hygiene").glob("*.rq"))
QUESTIONS: Final = [
    path for folder in ("competency", "alignments") for path in sorted((HERE / folder).glob("*.rq"))
]
HYGIENE: Final = "urn:hygiene:"
CMQ: Final = PREFIXES["cmq"]

HEAD: Final = f"""
PREFIX cmq: <{CMQ}>
PREFIX value: <{PREFIXES["value"]}>
PREFIX id: <{PREFIXES["id"]}>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
TERM: Final = f"rdfs:isDefinedBy <{PREFIXES['cmq'].rstrip('#')}>"
SLIPS: Final = {
    "undeclared-term": "INSERT DATA { id:csto cmq:membersOf id:russia }",
    "duplicate-label": f'INSERT DATA {{ cmq:Human {TERM} ; rdfs:label "Person"@en }}',
    "circular-definition": (
        f'INSERT DATA {{ cmq:Human {TERM} ; rdfs:label "human"@en ; '
        'skos:definition "A human, known by name."@en }'
    ),
    "unused-term": f"INSERT DATA {{ cmq:Human a owl:Class ; {TERM} }}",
    "untyped-reference": "INSERT DATA { id:csto cmq:anchor id:nothing-of-the-kind }",
    "self-feeding-chain": (
        "INSERT DATA { cmq:member owl:inverseOf cmq:y ."
        " cmq:y owl:propertyChainAxiom ( cmq:member cmq:post ) }"
    ),
    "chain-with-forbidden-characteristic": (
        "INSERT DATA { cmq:everMemberOf a owl:IrreflexiveProperty }"
    ),
    "version-out-of-step": (
        "DELETE { ?ontology owl:versionInfo ?version } "
        'INSERT { ?ontology owl:versionInfo "0.0.9" } WHERE { ?ontology owl:versionInfo ?version }'
    ),
}
"""One edit for each query that it must see."""


def terms_of(query: str) -> set[str]:
    """The IRIs that a query names."""
    prefixes = dict(re.findall(r"PREFIX\s+([\w-]*):\s*<([^>]*)>", query))
    body = re.sub(r"#[^\n]*|PREFIX[^\n]*|\"[^\"]*\"", " ", query)
    named = {
        prefixes[prefix] + local
        for prefix, local in re.findall(r"([\w-]+):([\w.-]*[\w-])", body)
        if prefix in prefixes
    }
    return named | set(re.findall(r"<(https?:[^>]*)>", body))


def filled() -> ox.Store:
    """The dataset: by file, and whole in the default graph; what questions use; the version."""
    loaded = dataset.load(sources.discover(sources.bundled_root()))
    store, terms = ox.Store(), Terms()
    for graph in loaded.graphs.values():
        store.bulk_extend(terms.quads(graph.triples, str(graph.name), None))
    for path in QUESTIONS:
        for iri in terms_of(path.read_text(encoding="utf-8")):
            used = (ox.NamedNode(iri), ox.NamedNode(HYGIENE + "usedIn"), ox.Literal(path.name))
            store.add(ox.Quad(*used, ox.NamedNode(HYGIENE + "queries")))
    version = ox.NamedNode(HYGIENE + "version")
    package = (ox.NamedNode(HYGIENE + "communique"), version, ox.Literal(communique.__version__))
    store.add(ox.Quad(*package, ox.NamedNode(HYGIENE + "package")))
    return store


@pytest.fixture(scope="module")
def clean() -> ox.Store:
    return filled()


def rows(store: ox.Store, path: Path) -> list[str]:
    answer = store.query(path.read_text(encoding="utf-8"))
    assert isinstance(answer, ox.QuerySolutions)
    return [" ".join(str(term) for term in row) for row in answer]


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_rule(path: Path, clean: ox.Store) -> None:
    assert rows(clean, path) == []


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_rule_can_fail(path: Path) -> None:
    store = filled()
    store.update(HEAD + SLIPS[path.stem])
    assert rows(store, path) != []


def test_every_rule_has_its_slip() -> None:
    assert set(SLIPS) == {path.stem for path in QUERIES}


def test_terms_of_queries_are_found() -> None:
    query = "PREFIX a: <http://a/> # a:no\nSELECT * { ?x a:b/a:c <http://d/e> . ?x a:f 'a' }"
    assert terms_of(query) == {"http://a/b", "http://a/c", "http://a/f", "http://d/e"}
