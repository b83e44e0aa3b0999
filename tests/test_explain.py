"""Explanations: every rendering, and every place and passage held against the files themselves."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, PROV

from communique import explain, gate, sources
from communique.errors import CallError
from communique.explain.terms import read_triple
from communique.namespaces import CMQ, ID, INFERRED_GRAPH, XSD
from communique.reasoning.rules import readable
from communique.store.engine import Embedded
from conftest import line_of
from stores import small

if TYPE_CHECKING:
    from pathlib import Path

    from communique.explain import Explainer, Explanation, Reason
    from communique.reasoning.rules import Pattern
    from communique.store.generation import Generation

ROOT = sources.bundled_root()
ARTICLE = "graph/articles/2005/11/edm-2-213.ttl"
MEMBER = ("id:armenia", "cmq:memberOf", "id:csto")
CO_MEMBER = ("id:armenia", "cmq:coMemberOf", "id:russia")
CLAIMED = ("id:csto", "cmq:mergesWith", "id:eurasian-economic-community")


@pytest.fixture(scope="module")
def explainer(bundled: Generation) -> Explainer:
    return explain.Explainer(bundled, ROOT)


def explained(explainer: Explainer, triple: tuple[str, str, str], more: int = 0) -> Explanation:
    return explainer.explain(read_triple(explainer.engine, *triple), more)


def leaves(reason: Reason) -> list[Reason]:
    return [one for one in reason.walk() if one.rule is None]


def assert_written(triple: Pattern, place: explain.Place, root: Path = ROOT) -> None:
    """Open the file at the line, and find the triple's subject or value there."""
    assert place.file is not None
    assert place.line is not None, place
    line = (root / place.file).read_text(encoding="utf-8").splitlines()[place.line - 1]
    words = [readable(term).partition("^^")[0] for term in (triple[2], triple[0])]
    is_type = triple[1] == f"<{RDF.type}>"
    assert any(word in line for word in words) or (is_type and " a " in line), (triple, line)


def test_leaves_of_proofs_are_where_they_are_said_to_be(explainer: Explainer) -> None:
    engine = explainer.engine
    rows = engine.select(f"SELECT ?s ?p ?o {{ GRAPH <{INFERRED_GRAPH}> {{ ?s ?p ?o }} }}")
    triples = sorted(row for row in rows if not any(term.startswith("_:") for term in row))
    places = set()
    anchored = 0
    for subject, predicate, value in triples[::7]:
        explanation = explainer.explain((subject, predicate, value))
        (proof,) = explanation.proofs
        assert proof.rule is not None
        for reason in proof.walk():
            assert bool(reason.asserted) == (reason.rule is None)
            for place in reason.asserted:
                assert_written(reason.triple, place)
                places.add(place.file)
            if reason.axiom is not None:
                assert reason.rule is not None
                assert reason.rule.axiom is not None
                assert reason.axiom.line is not None
            anchored += bool(reason.passages)
    assert {ARTICLE, "ontology/communique.ttl", "graph/organizations.ttl"} <= places
    assert anchored > 20


def test_axiom_is_where_it_is_said_to_be(explainer: Explainer) -> None:
    (proof,) = explained(explainer, CO_MEMBER).proofs
    for reason in proof.walk():
        if reason.rule is None:
            continue
        axiom = reason.rule.axiom
        assert axiom is not None
        assert reason.axiom is not None
        assert reason.axiom.file is not None
        assert reason.axiom.line is not None
        lines = (ROOT / reason.axiom.file).read_text(encoding="utf-8").splitlines()
        value = axiom.value if axiom.value.startswith("(") else readable(axiom.value)
        assert value in lines[reason.axiom.line - 1]
        block = "\n".join(lines[: reason.axiom.line]).rpartition("\n\n")[2]
        assert block.startswith(readable(axiom.subject) + "\n")


def test_text(explainer: Explainer) -> None:
    ontology = ROOT / "ontology" / "communique.ttl"
    chain = "( cmq:hasCurrentMembership cmq:inOrganization )"
    place = f"ontology/communique.ttl:{line_of(ontology, chain)}"
    sentence = "P2.S1 [299–505]"  # noqa: RUF001 - a range
    text = explain.as_text(explained(explainer, MEMBER))
    lines = text.splitlines()
    assert lines[:2] == [
        "id:armenia cmq:memberOf id:csto",
        f"│ by prp-spo2: cmq:memberOf owl:propertyChainAxiom {chain} ({place})",
    ]
    assert lines[2] == ("├─ id:armenia cmq:hasCurrentMembership edm-2-213:membership-csto-armenia")
    assert lines[4] == "│  └─ edm-2-213:membership-csto-armenia cmq:currentMember id:armenia"
    assert lines[5].startswith(f"│       asserted in {ARTICLE}:")
    assert lines[6] == f"│       {sentence}"
    assert lines[7] == "└─ edm-2-213:membership-csto-armenia cmq:inOrganization id:csto"
    assert lines[9:] == [f"     {sentence}"]


def test_quotation_comes_with_its_words(explainer: Explainer) -> None:
    triple = ("edm-2-213:C01-report", "a", "cmq:Report")
    (proof,) = explained(explainer, triple).proofs
    passages = {passage.name: passage for passage in proof.passages}
    quotation = passages["P4.S2-quotation"]
    assert quotation.exact is not None
    assert quotation.end is not None
    assert quotation.start is not None
    assert quotation.end - quotation.start == len(quotation.exact)
    assert f"“{quotation.exact}”" in explain.as_text(explained(explainer, triple))


def test_further_proofs_are_numbered_and_sorted(explainer: Explainer) -> None:
    explanation = explained(explainer, ("edm-2-213:C01", "a", "cmq:Statement"), 2)
    steps = [proof.steps for proof in explanation.proofs]
    assert steps == sorted(steps)
    assert len({proof.rule for proof in explanation.proofs}) == 3
    text = explain.as_text(explanation)
    assert text.startswith("Proof 1 of 3, 1 step:\n")
    assert "\n\nProof 3 of 3, " in text


def test_what_was_proved_above_is_not_proved_again(explainer: Explainer) -> None:
    (proof,) = explained(explainer, ("id:armenia", "cmq:coMemberOf", "id:armenia")).proofs
    inferred = [reason.triple for reason in proof.walk() if reason.rule is not None]
    text = explain.as_text(explained(explainer, ("id:armenia", "cmq:coMemberOf", "id:armenia")))
    assert text.count("as proved above") >= 1
    assert (
        text.count("by prp-spo2: cmq:memberOf")
        == 1
        < inferred.count(read_triple(explainer.engine, *MEMBER))
    )


def test_what_does_not_hold_says_what_is_missing(explainer: Explainer) -> None:
    explanation = explained(explainer, ("id:uzbekistan", "cmq:memberOf", "id:csto"))
    assert not explanation.holds
    assert explanation.lack is not None
    lines = explain.as_text(explanation).splitlines()
    assert lines[0] == "id:uzbekistan cmq:memberOf id:csto does not hold."
    assert lines[1].startswith("The rule that comes nearest is prp-spo2: cmq:memberOf ")
    assert lines[2].startswith("  holds  edm-2-213:membership-csto-")
    assert lines[3].startswith("  lacks  id:uzbekistan cmq:hasCurrentMembership edm-2-213:")


def test_what_is_claimed_is_not_what_holds(explainer: Explainer) -> None:
    explanation = explained(explainer, CLAIMED)
    assert not explanation.holds
    assert f"{ID}edm-2-213/C07-proposition" in explanation.standing.claimed
    assert explanation.standing.asserted == ()
    text = explain.as_text(explanation)
    assert "It is the content of edm-2-213:C07-proposition: claimed" in text


def test_what_editors_say_is_not_what_holds(explainer: Explainer, bundled: Generation) -> None:
    name = next(
        name
        for name, entry in bundled.manifest["graphs"].items()
        if entry["file"] == "graph/editorial/edm-2-213.ttl"
    )
    query = f"SELECT ?s ?p ?o {{ GRAPH <{name}> {{ ?s ?p ?o }} FILTER NOT EXISTS {{ ?s ?p ?o }} }}"
    subject, predicate, value = next(
        row for row in sorted(explainer.engine.select(query)) if CMQ in row[1]
    )
    explanation = explainer.explain((subject, predicate, value))
    assert not explanation.holds
    (place,) = explanation.standing.editorial
    assert_written(explanation.triple, place)
    assert "Editors say it beside the source: graph/editorial/" in explain.as_text(explanation)


def test_no_rule_concludes_a_register(explainer: Explainer) -> None:
    explanation = explained(explainer, ("id:csto", "cmq:register", '"C99"'))
    assert explanation.lack is None
    assert "it would have to be asserted" in explain.as_text(explanation)


def test_structure(explainer: Explainer) -> None:
    entry = json.loads(json.dumps(explain.as_structure(explained(explainer, MEMBER))))
    assert list(entry) == [
        *("triple", "holds", "dataset", "lines", "proofs", "missing", "claimed", "editorial"),
        "withdrawn",
    ]
    assert entry["triple"]["object"] == {"type": "uri", "value": f"{ID}csto"}
    assert (entry["holds"], entry["lines"], entry["missing"]) == (True, True, None)
    (proof,) = entry["proofs"]
    assert (proof["steps"], proof["rule"]) == (2, ["prp-spo2"])
    assert proof["axiomPlace"]["file"] == "ontology/communique.ttl"
    leaf = proof["premises"][1]
    assert set(leaf) == {"triple", "asserted", "passages"}
    assert leaf["asserted"][0]["file"] == ARTICLE
    assert leaf["passages"] == [
        {
            "iri": f"{ID}edm-2-213/P2.S1",
            "name": "P2.S1",
            "start": 299,
            "end": 505,
            "exact": None,
        }
    ]


def test_structure_of_what_does_not_hold(explainer: Explainer) -> None:
    entry = explain.as_structure(explained(explainer, CLAIMED))
    assert (entry["holds"], entry["proofs"]) == (False, [])
    assert f"{ID}edm-2-213/C07-proposition" in entry["claimed"]
    assert entry["missing"]["lacking"]
    typed = explain.as_structure(explained(explainer, ("id:csto", "cmq:register", "5")))
    assert typed["triple"]["object"] == {
        "type": "literal",
        "value": "5",
        "datatype": XSD + "integer",
    }


def test_provenance(explainer: Explainer) -> None:
    explanation = explained(explainer, CO_MEMBER)
    (proof,) = explanation.proofs
    graph = Graph().parse(data=explain.as_turtle(explanation), format="turtle")
    triples = {reason.triple for reason in proof.walk()}
    statements = list(graph.subjects(RDF.type, RDF.Statement))
    assert len(statements) == len(triples)
    described = {
        tuple(
            graph.value(node, part, any=False).n3()  # type: ignore[union-attr]
            for part in (RDF.subject, RDF.predicate, RDF.object)
        )
        for node in statements
    }
    assert described == triples
    inferred = 0
    for node in statements:
        assert (node, RDF.type, PROV.Entity) in graph
        activity = graph.value(node, PROV.wasGeneratedBy, any=False)
        if activity is None:
            assert graph.value(node, PROV.wasDerivedFrom) == URIRef(f"{ID}edm-2-213/P2.S1")
            assert (node, DCTERMS.isPartOf, None) in graph
            continue
        inferred += 1
        assert set(graph.objects(activity, PROV.used)) <= set(statements)
        plan = graph.value(
            graph.value(activity, PROV.qualifiedAssociation), PROV.hadPlan, any=False
        )
        name = graph.value(plan, DCTERMS.identifier)
        assert name in {Literal("prp-spo2"), Literal("prp-inv1"), Literal("prp-inv2")}
    assert inferred == len({reason.triple for reason in proof.walk() if reason.rule is not None})


def test_provenance_of_what_does_not_hold_generates_nothing(explainer: Explainer) -> None:
    text = explain.as_turtle(explained(explainer, CLAIMED))
    graph = Graph().parse(data=text, format="turtle")
    assert len(list(graph.subjects(RDF.type, RDF.Statement))) == 1
    assert not list(graph.subjects(RDF.type, PROV.Entity))
    assert "edm-2-213:C07-proposition" in text


def test_without_the_folder_there_are_files_but_no_lines(bundled: Generation) -> None:
    explanation = explained(explain.Explainer(bundled), MEMBER)
    assert not explanation.has_lines
    for reason in explanation.proofs[0].walk():
        assert all(place.line is None and place.file == ARTICLE for place in reason.asserted)
    text = explain.as_text(explanation)
    assert f"asserted in {ARTICLE}\n" in text
    assert text.endswith(
        "No lines: the files are not at hand as they were when the dataset was built.\n"
    )


def test_changed_folder_gives_no_lines(bundled: Generation, bundled_copy: Path) -> None:
    before = explain.Explainer(bundled, bundled_copy)
    assert explained(before, MEMBER).has_lines
    article = bundled_copy / ARTICLE
    article.write_text("\n\n" + article.read_text(encoding="utf-8"), encoding="utf-8")
    # Found to be another file by the one who saw it before, and by the one who sees it now.
    (proof,) = explained(before, MEMBER).proofs
    assert {place.line for leaf in leaves(proof) for place in leaf.asserted} == {None}
    assert proof.axiom is not None
    assert proof.axiom.line is not None
    assert not explained(explain.Explainer(bundled, bundled_copy), MEMBER).has_lines


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("id:csto", f"<{ID}csto>"),
        (f"<{ID}csto>", f"<{ID}csto>"),
        (f" {ID}csto ", f"<{ID}csto>"),
        ("edm-2-213:P4.S2", f"<{ID}edm-2-213/P4.S2>"),
        ('"CSTO"@en', '"CSTO"@en'),
        ("'it''", None),
        ('"say \\"no\\""', '"say \\"no\\""'),
        ("5", f'"5"^^<{XSD}integer>'),
        ("-1.5", f'"-1.5"^^<{XSD}decimal>'),
        ("true", f'"true"^^<{XSD}boolean>'),
        ('"2005-11-11T00:00:00Z"^^xsd:dateTime', f'"2005-11-11T00:00:00Z"^^<{XSD}dateTime>'),
        ('"x"^^xsd:string', '"x"'),
        ("CSTO", None),
        ("", None),
        ("?x", None),
        ("_:b", None),
        ("<csto>", None),
        ("no-such-article:C01", None),
        ("edm-2-213:C99", None),
        ("id:csto id:nato", None),
        ("id:csto } INSERT", None),
        ('"x"^^', None),
        ("<https://example.org/a b>", None),
        ("# comment", None),
    ],
)
def test_object_of_a_call(explainer: Explainer, text: str, term: str | None) -> None:
    if term is None:
        with pytest.raises(CallError):
            read_triple(explainer.engine, "id:csto", "a", text)
    else:
        assert read_triple(explainer.engine, "id:csto", "a", text)[2] == term


@pytest.mark.parametrize("triple", [('"x"', "a", "id:x"), ("id:x", "5", "id:x"), ("a",) * 3])
def test_literal_is_only_an_object(explainer: Explainer, triple: tuple[str, str, str]) -> None:
    with pytest.raises(CallError):
        read_triple(explainer.engine, *triple)


def test_store_that_has_no_ontology_explains_what_is_asserted() -> None:
    generation = small()
    engine = Embedded(generation.store)
    triple = read_triple(
        engine, *(f"<http://example.org/{name}>" for name in ("alice", "knows", "bob"))
    )
    (proof,) = explain.Explainer(generation).explain(triple).proofs
    assert proof.rule is None


BROKEN = {
    "cax-adc": "id:csto a cmq:Event .",
    "prp-fp": "edm-2-213:P4.S2-selector cmq:end 1225 .",
    "prp-asyp": (
        "edm-2-213:C01-report cmq:derivedFrom edm-2-213:C07-report .\n"
        "edm-2-213:C07-report cmq:derivedFrom edm-2-213:C01-report ."
    ),
    "eq-diff3": "value:certain owl:sameAs value:possible .",
}


def places_in(message: str) -> list[int]:
    """The lines of the article that a message names."""
    return [int(line) for line in re.findall(rf"{re.escape(ARTICLE)}:(\d+)", message)]


def test_contradictions_name_rule_axiom_files_and_lines(bundled_copy: Path) -> None:
    for shapes in (bundled_copy / "shapes").glob("*.ttl"):
        shapes.unlink()  # which would find most of it first
    article = bundled_copy / ARTICLE
    added = "\n".join(["", *BROKEN.values(), ""])
    article.write_text(article.read_text(encoding="utf-8") + added, encoding="utf-8")
    ontology = (
        (bundled_copy / "ontology" / "communique.ttl").read_text(encoding="utf-8").splitlines()
    )
    report = gate.check(bundled_copy)
    assert not report.passed
    assert {finding.check for finding in report.findings} == {"consistency"}
    found = {}
    for finding in report.findings:
        for name in BROKEN:
            if f"({name}" in finding.message:
                found[name] = finding
        assert finding.file == article
        number = int(finding.message.rpartition("the axiom is in ontology/communique.ttl:")[2])
        assert ontology[number - 1].strip()
    assert set(found) == set(BROKEN)
    lines = article.read_text(encoding="utf-8").splitlines()
    for name in ("cax-adc", "prp-asyp", "eq-diff3"):
        line = found[name].line
        assert line is not None
        assert lines[line - 1] in BROKEN[name]
    # Each of the two ends, where it stands.
    ends = {found["prp-fp"].line, *places_in(found["prp-fp"].message)}
    assert {lines[line - 1].strip() for line in ends if line} == {
        "cmq:end 1224 ;",
        BROKEN["prp-fp"],
    }
    assert "follows from" in found["cax-adc"].message
