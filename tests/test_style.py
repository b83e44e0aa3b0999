"""The ontology's style guide: what it says enforces a rule exists, or is enforced here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rdflib import OWL, RDF, RDFS, SH, SKOS, URIRef
from rdflib.collection import Collection

from communique import dataset, sources, turtle
from communique.namespaces import BASE, CMQ, SHAPE, VALUE

if TYPE_CHECKING:
    from communique.dataset import Dataset

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "ontology" / "STYLE.md").read_text(encoding="utf-8")
RULES = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in GUIDE.splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| rule |"))
]


def test_every_rule_says_what_enforces_it() -> None:
    assert len(RULES) > 30
    assert [rule for rule in RULES if len(rule) != 2 or not all(rule)] == []


def test_the_shapes_named_exist() -> None:
    shapes = turtle.parse(ROOT / "shapes" / "ontology.ttl")
    named = set(re.findall(r"`shape:(\w+)`", GUIDE))
    assert len(named) > 15
    kinds = (SH.NodeShape, SH.PropertyShape)
    missing = [
        name
        for name in sorted(named, key=str)
        if not any((URIRef(SHAPE + name), RDF.type, kind) in shapes for kind in kinds)
    ]
    assert missing == []


def test_every_shape_for_the_ontology_is_named() -> None:
    """A shape with a target of its own enforces a rule; the guide has the rule."""
    shapes = turtle.parse(ROOT / "shapes" / "ontology.ttl")
    targets = (SH.targetClass, SH.targetSubjectsOf, SH.targetNode, SH.targetObjectsOf)
    held = {
        str(shape).removeprefix(SHAPE) for target in targets for shape in shapes.subjects(target)
    }
    assert sorted(held - set(re.findall(r"`shape:(\w+)`", GUIDE))) == []


def absent(pattern: str) -> list[str]:
    """The files that the guide names and the repository lacks."""
    named = set(re.findall(pattern, GUIDE))
    assert named
    return sorted(name for name in named if not (ROOT / name).exists())


def test_the_tests_named_exist() -> None:
    assert absent(r"`(tests/\w+\.py)`") == []


def test_the_hygiene_queries_named_exist() -> None:
    assert absent(r"`(tests/hygiene/[\w-]+\.rq)`") == []


def test_every_hygiene_query_is_named() -> None:
    held = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/hygiene/*.rq")}
    assert sorted(held - set(re.findall(r"`(tests/[\w./-]+)`", GUIDE))) == []


# --- Rules that neither a shape nor a query enforces


@pytest.fixture(scope="module")
def loaded() -> Dataset:
    """The bundled dataset, read."""
    return dataset.load(sources.discover(sources.bundled_root()))


def test_what_is_derived_is_never_written_and_says_so(loaded: Dataset) -> None:
    ontology = loaded.ontology
    written = set(loaded.explicit.predicates())
    chained = set(ontology.subjects(OWL.propertyChainAxiom))
    inverse = {
        prop
        for one, other in ontology.subject_objects(OWL.inverseOf)
        for prop, partner in ((one, other), (other, one))
        if partner in written
    }
    own = {prop for prop in chained | inverse if str(prop).startswith(CMQ)}
    assert len(own) > 12
    assert sorted(own & written, key=str) == []
    silent = [
        prop
        for prop in sorted(own, key=str)
        if not any(
            str(note).startswith("Derived") for note in ontology.objects(prop, SKOS.scopeNote)
        )
    ]
    assert silent == []


def test_chains_over_what_may_have_ended_say_ever(loaded: Dataset) -> None:
    lasting = {URIRef(CMQ + name) for name in ("hasMembership", "hasOfficeHolding")}
    found = {
        str(prop).removeprefix(CMQ)
        for prop, chain in loaded.ontology.subject_objects(OWL.propertyChainAxiom)
        if not lasting.isdisjoint(Collection(loaded.ontology, chain))
    }
    assert len(found) >= 3
    assert [name for name in sorted(found) if not name.startswith("ever")] == []


def test_what_propositions_name_entails_nothing(loaded: Dataset) -> None:
    named = set(loaded.explicit.objects(None, URIRef(CMQ + "predicate")))
    assert len(named) > 30
    bound = [
        (prop, axiom)
        for prop in sorted(named, key=str)
        for axiom in (RDFS.domain, RDFS.range, OWL.propertyChainAxiom)
        if (prop, axiom, None) in loaded.ontology
    ]
    assert bound == []
    above = {whole for prop in named for whole in loaded.ontology.objects(prop, RDFS.subPropertyOf)}
    assert sorted(above & set(loaded.explicit.predicates()), key=str) == []


def is_ours(term: object) -> bool:
    """Whether a term is of the project's own namespaces."""
    return str(term).startswith((CMQ, VALUE))


def test_mappings_lead_outwards_and_are_in_their_own_file() -> None:
    ontology = turtle.parse(ROOT / "ontology" / "communique.ttl")
    alignments = turtle.parse(ROOT / "ontology" / "alignments.ttl")
    for axiom in (RDFS.subClassOf, RDFS.subPropertyOf):
        assert [whole for whole in ontology.objects(None, axiom) if not is_ours(whole)] == []
        backwards = [pair for pair in alignments.subject_objects(axiom) if is_ours(pair[1])]
        assert backwards == []
    for axiom in (OWL.equivalentClass, OWL.equivalentProperty):
        assert (None, axiom, None) not in ontology + alignments


def test_outside_terms_are_declared_and_nothing_outside_is_imported(loaded: Dataset) -> None:
    declared = set(loaded.ontology.subjects(RDF.type))
    outside = {
        whole
        for axiom in (RDFS.subClassOf, RDFS.subPropertyOf)
        for whole in loaded.ontology.objects(None, axiom)
        if not is_ours(whole) and whole != RDFS.label
    }
    assert len(outside) > 50
    assert sorted(outside - declared, key=str) == []
    imported = {
        str(target)
        for graph in loaded.graphs.values()
        for target in graph.triples.objects(None, OWL.imports)
    }
    assert [target for target in sorted(imported) if not target.startswith(BASE)] == []


def test_nothing_is_the_same_as_something_else(loaded: Dataset) -> None:
    assert [
        name for name, graph in loaded.graphs.items() if (None, OWL.sameAs, None) in graph.triples
    ] == []
