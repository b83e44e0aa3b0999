"""Each shape accepts its good examples and finds its bad ones; together they cover the ontology.

An example in `tests/shapes/<shape>/` is a change to `base.ttl` (or, for the shapes of
`shapes/ontology.ttl`, to `base-ontology.ttl`): a node that it describes replaces the node there.
A bad example says in its head which shapes must find it: `# expect: shape:ClaimSpeaker`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import pytest
from rdflib import OWL, RDF, RDFS, SH, SKOS, Graph, Literal, Namespace, URIRef

from bench import Bench
from communique import dataset, sources, turtle
from communique.namespaces import CMQ, SHAPE, VALUE
from communique.validation import Change
from communique.validation.change import validate_change
from revising import Ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib.term import Node

    from bench import Triple

ROOT: Final = Path(__file__).resolve().parent.parent
EXAMPLES: Final = ROOT / "tests" / "shapes"
NEAR: Final = 2
"""How many steps from the changed nodes a shape can be whose finding a bad example shows."""

shape = Namespace(SHAPE)


@cache
def bundled() -> dataset.Dataset:
    """Returns the dataset of the checkout."""
    return dataset.load(sources.discover(ROOT))


@cache
def bench(base: str) -> Bench:
    """Returns a bench with one of the two small datasets on it."""
    data = turtle.parse(EXAMPLES / base)
    if base == "base-ontology.ttl":
        return Bench(data, bundled().ontology_shapes, Graph())
    return Bench(data, bundled().shapes, bundled().ontology)


@cache
def all_shapes() -> Graph:
    """Returns the shapes for the data and those for the ontology."""
    return bundled().shapes + bundled().ontology_shapes


def targeted(shapes: Graph) -> set[Node]:
    """Returns the shapes that have focus nodes of their own."""
    targets = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode)
    return {subject for target in targets for subject in shapes.subjects(target)}


def reporting(shapes: Graph) -> set[Node]:
    """Returns the shapes by which a report names a finding: targeted, or part of one that is."""
    parts = {part for whole in targeted(shapes) for part in shapes.objects(whole, SH.property)}
    silent = {RDF.type, SH.description, SH.message, SH.path, SH.property, SH.severity}
    silent |= {SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf}
    return {found for found in targeted(shapes) | parts if set(shapes.predicates(found)) - silent}


def examples(kind: str) -> list[Path]:
    """Returns the good or the bad examples."""
    return sorted(EXAMPLES.glob(f"*/{kind}-*.ttl"))


def name(path: Path) -> str:
    """Returns how a test calls an example."""
    return f"{path.parent.name}-{path.stem}"


def expected(path: Path) -> set[str]:
    """Returns the names of the shapes that must find a bad example."""
    head = re.search(r"^# expect: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert head, f"{path} does not say what to expect"
    return {word.removeprefix("shape:") for word in head[1].split()}


def base_of(path: Path) -> str:
    """Returns the name of the small dataset that an example changes."""
    about_ontology = (shape[path.parent.name], None, None) in bundled().ontology_shapes
    return "base-ontology.ttl" if about_ontology else "base.ttl"


def findings(path: Path, only: set[Node]) -> Iterator[str]:
    """Yields the shapes that find an example, as they are come upon.

    Args:
        path: The example.
        only: The shapes of interest.
    """
    place = bench(base_of(path))
    example = turtle.parse(path)
    nodes = set(example.subjects())
    added = [cast("Triple", triple) for triple in example if triple not in place.data]
    removed = [
        cast("Triple", triple)
        for node in nodes
        for triple in place.data.triples((node, None, None))
        if triple not in example
    ]
    touched = nodes | {triple[2] for triple in (*added, *removed)}
    place.edit(removed, added)
    try:
        for report in place.look_around(touched, NEAR, only):
            for result in report.subjects(SH.resultSeverity):
                yield str(report.value(result, SH.sourceShape)).removeprefix(SHAPE)
    finally:
        place.edit(added, removed)


@cache
def ground(base: str) -> Ground:
    """Returns one of the two small datasets, to be changed."""
    data = turtle.parse(EXAMPLES / base)
    if base == "base-ontology.ttl":
        return Ground.made(data, bundled().ontology_shapes, Graph())
    return Ground.made(data, bundled().shapes, bundled().ontology)


@pytest.mark.parametrize("base", ["base.ttl", "base-ontology.ttl"])
def test_what_the_examples_change_is_sound(base: str) -> None:
    report = bench(base).look_everywhere()
    assert (None, SH.conforms, Literal(lexical_or_value=True)) in report, report.serialize()


@pytest.mark.parametrize("path", examples("good"), ids=name)
def test_good_example_passes(path: Path) -> None:
    # What the base has is sound, so the verdict on what an example affects is that on everything.
    changed = ground(base_of(path))
    example = turtle.parse(path)
    nodes = set(example.subjects())
    [(iri, graph)] = changed.data.items()
    triples = Graph(bind_namespaces="none") + example
    for triple in graph.triples:
        if triple[0] not in nodes:
            triples.add(triple)
    written = {str(iri): replace(graph, triples=triples)}
    report = validate_change(changed.base, Change(EXAMPLES, written, frozenset())).graph
    assert list(report.objects(None, SH.result)) == [], report.serialize()


@pytest.mark.parametrize("path", examples("bad"), ids=name)
def test_bad_example_is_found(path: Path) -> None:
    missing = expected(path)
    named: list[Node] = [shape[name] for name in missing]
    of_interest = {whole for node in named for whole in all_shapes().subjects(SH.property, node)}
    of_interest.update(named)
    for found in findings(path, of_interest):
        missing.discard(found)
        if not missing:
            break
    assert missing == set()


def test_every_shape_with_a_target_has_examples() -> None:
    folders = {kind: {path.parent.name for path in examples(kind)} for kind in ("good", "bad")}
    shapes = {str(found).removeprefix(SHAPE) for found in targeted(all_shapes())}
    assert folders == {"good": shapes, "bad": shapes}


def test_every_shape_finds_a_bad_example() -> None:
    covered = {found for path in examples("bad") for found in expected(path)}
    shapes = {str(found).removeprefix(SHAPE) for found in reporting(all_shapes())}
    assert shapes - covered == set()
    assert covered - shapes == set()


def test_every_finding_has_a_message_that_says_what_to_do() -> None:
    shapes = all_shapes()
    for found in reporting(shapes):
        messages = list(shapes.objects(found, SH.message))
        assert len(messages) == 1, f"{found} needs one message"
        message = cast("Literal", messages[0])
        assert message.language == "en"
        assert re.fullmatch(r"[A-Z{c].*[.?] \S.*\.", message), (
            f"{found}: what is wrong. What to do."
        )


def test_every_shape_says_what_it_is_for() -> None:
    shapes = all_shapes()
    kinds = (SH.NodeShape, SH.PropertyShape)
    for found in {node for kind in kinds for node in shapes.subjects(RDF.type, kind)}:
        said = set(shapes.predicates(found)) & {
            SH.message,
            SH.description,
            SH["class"],
            SH.property,
        }
        assert said, f"{found} has neither message nor description"


def test_no_shape_uses_a_list() -> None:
    # OWL tools lose RDF lists outside OWL's own constructs.
    assert (None, RDF.first, None) not in all_shapes()


# ---- the shapes cover the ontology


def closed() -> dict[Node, set[Node]]:
    """Returns for each class with a closed shape the properties that its nodes may have."""
    shapes = bundled().shapes
    allowed: dict[Node, set[Node]] = defaultdict(set)
    for node_shape in shapes.subjects(SH.closed, Literal(lexical_or_value=True)):
        for class_ in shapes.objects(node_shape, SH.targetClass):
            for part in shapes.objects(node_shape, SH.property):
                allowed[class_].update(shapes.objects(part, SH.path))
    return allowed


def above(class_: Node) -> set[Node]:
    """Returns a class and its superclasses."""
    found = bundled().ontology.transitive_objects(class_, RDFS.subClassOf)
    return {node for node in found if node is not None}


def properties() -> set[Node]:
    """Returns the object and datatype properties of our vocabulary."""
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty)
    declared = {term for kind in kinds for term in bundled().ontology.subjects(RDF.type, kind)}
    return {term for term in declared if str(term).startswith(CMQ)}


def never_written() -> set[Node]:
    """Returns the properties that no node may have: derived ones, and those for propositions."""
    shapes = bundled().shapes
    banned = set(shapes.objects(shape.ContentOnly, SH.targetSubjectsOf))
    for found in shapes.subjects(SH.maxCount, Literal(0)):
        banned |= set(shapes.objects(found, SH.path)) & set(
            shapes.objects(found, SH.targetSubjectsOf)
        )
    return banned


def test_every_class_has_a_closed_shape() -> None:
    ontology = bundled().ontology
    classes = {c for c in ontology.subjects(RDF.type, OWL.Class) if str(c).startswith(CMQ)}
    leaves = {c for c in classes if not (set(ontology.subjects(RDFS.subClassOf, c)) & classes)}
    assert {leaf for leaf in leaves if not above(leaf) & set(closed())} == set()


def test_every_property_is_constrained_where_it_may_stand() -> None:
    ontology, allowed = bundled().ontology, closed()
    used = {path for paths in allowed.values() for path in paths}
    assert properties() - used == never_written()
    for term in properties() & used:
        for domain in ontology.objects(term, RDFS.domain):
            if str(domain).startswith(CMQ):
                strange = {
                    class_
                    for class_, paths in allowed.items()
                    if term in paths and domain not in above(class_) and class_ not in above(domain)
                }
                assert strange == set(), f"{term} is allowed where its domain is not"


def test_every_property_makes_its_node_be_looked_at() -> None:
    targets = set(bundled().shapes.objects(shape.Node, SH.targetSubjectsOf))
    assert properties() - never_written() <= targets
    assert {t for t in targets if str(t).startswith(CMQ)} <= properties() | {URIRef(CMQ + "layer")}


def test_every_value_is_constrained_by_the_range() -> None:
    shapes, ontology = bundled().shapes, bundled().ontology
    parts = {
        part
        for whole in shapes.subjects(SH.closed, Literal(lexical_or_value=True))
        for part in shapes.objects(whole, SH.property)
    }
    kinds = {SH["class"], SH.datatype, SH.nodeKind, SH["not"], SH.node}
    for part in parts:
        path = shapes.value(part, SH.path)
        if not str(path).startswith(CMQ):
            continue
        assert set(shapes.predicates(part)) & kinds, f"{part} takes any value"
        for range_ in ontology.objects(path, RDFS.range):
            datatypes = set(shapes.objects(part, SH.datatype))
            assert not datatypes or datatypes == {range_}, f"{part} and the ontology disagree"
            for class_ in shapes.objects(part, SH["class"]):
                assert range_ in above(class_), f"{part} and the ontology disagree"


def test_closed_lists_are_those_of_the_ontology() -> None:
    ontology = bundled().ontology
    schemes = {
        frozenset(
            str(value).removeprefix(VALUE) for value in ontology.subjects(SKOS.inScheme, scheme)
        )
        for scheme in ontology.subjects(RDF.type, SKOS.ConceptScheme)
    }
    listed = 0
    for found, pattern in bundled().shapes.subject_objects(SH.pattern):
        values = re.fullmatch(
            r"\^https://w3id\\\.org/communique/value/\(?([a-z|-]+)\)?\$", str(pattern)
        )
        if values:
            listed += 1
            assert frozenset(values[1].split("|")) in schemes, f"{found} has another list"
    assert listed >= 14
