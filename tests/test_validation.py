"""SHACL findings come out typed, with file and line; the ontology is background, not data."""

from pathlib import Path

import pytest
from rdflib import RDF, SH, Graph, Literal, URIRef

from communique import dataset, sources, validation
from communique.errors import DataError
from communique.validation import Severity
from conftest import edit, line_of

EX = "https://example.org/"


def report(root: Path) -> validation.Report:
    """Returns what the shapes find in a dataset."""
    return validation.validate(dataset.load(sources.discover(root)))


def only(root: Path) -> validation.Violation:
    """Returns the one violation of a dataset."""
    found = report(root)
    assert not found.passed
    [violation] = found.violations
    return violation


def test_sound_dataset_passes(mini: Path) -> None:
    found = report(mini)
    assert found.passed
    assert found.violations == found.warnings == ()
    assert (None, SH.conforms, Literal(lexical_or_value=True)) in found.graph


def test_violation_says_all_there_is_to_know(mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    edit(path, '    ex:founded "2003-09-18T00:00:00Z"^^xsd:dateTime ;', "    ex:founded 2003 ;")
    violation = only(mini)
    assert violation == validation.Violation(
        severity=Severity.VIOLATION,
        file=path,
        line=line_of(path, "ex:founded 2003"),
        node=EX + "union",
        path=EX + "founded",
        value="2003",
        shape=EX + "AgentShape",
        message="The founding date is no xsd:dateTime. Write one.",
    )
    assert str(violation).startswith(f"{path}:{violation.line}: {EX}union: {EX}AgentShape: The f")


def test_missing_value_is_told_at_the_node(mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    edit(path, 'ex:league a ex:Bloc ;\n    rdfs:label "League"@en .', "ex:league a ex:Bloc .")
    violation = only(mini)
    assert (violation.line, violation.value) == (line_of(path, "ex:league a"), None)


def test_warning_does_not_fail(mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", '"League"', '"League of the Seven Provinces"')
    found = report(mini)
    assert found.passed
    [warning] = found.warnings
    assert warning.severity is Severity.WARNING
    assert warning.value == "League of the Seven Provinces"
    assert (None, SH.conforms, Literal(lexical_or_value=False)) in found.graph


def test_subclasses_of_the_ontology_count(mini: Path) -> None:
    # North is a member of the Union, a Bloc, which only the ontology makes an Agent.
    assert report(mini).passed
    edit(mini / "ontology" / "mini.ttl", "ex:Bloc a owl:Class ;", "ex:Club a owl:Class ;")
    assert {violation.value for violation in report(mini).violations} == {EX + "union"}


def test_values_that_the_ontology_lists_count(mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", "ex:status ex:active", "ex:status ex:dormant")
    violation = only(mini)
    assert violation.value == EX + "dormant"
    assert "not in the list" in violation.message


def test_nodes_of_the_ontology_are_no_focus_nodes(mini: Path) -> None:
    # ex:active has no definition, which the shape for concepts demands of data.
    assert report(mini).passed
    edit(
        mini / "graph" / "agents.ttl",
        "ex:league a ex:Bloc",
        "ex:own a <http://www.w3.org/2004/02/skos/core#Concept> .\nex:league a ex:Bloc",
    )
    assert only(mini).node == EX + "own"


def test_sparql_constraint(mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    edit(path, 'rdfs:label "League"@en', 'ex:memberOf ex:league ;\n    rdfs:label "League"@en')
    violation = only(mini)
    assert (violation.node, violation.value) == (EX + "league", EX + "league")
    assert violation.message == "An agent is a member of itself. Name another bloc."
    assert violation.line == line_of(path, "ex:league a")


def test_blank_node_is_told_by_the_node_it_hangs_on(mini: Path) -> None:
    with (mini / "shapes" / "agents.ttl").open("a") as file:
        file.write(
            """
ex:SelectorShape a sh:NodeShape ;
    sh:targetObjectsOf <https://w3id.org/communique/ontology#selector> ;
    sh:property [
        sh:path <https://w3id.org/communique/ontology#start> ;
        sh:minInclusive 1
    ] .
"""
        )
    violation = only(mini)
    path = mini / "graph" / "articles" / "one.ttl"
    assert violation.node == "https://w3id.org/communique/id/one/P1.S1"
    assert violation.path == "cmq:selector/cmq:start"
    assert (violation.file, violation.line) == (path, line_of(path, "cmq:start 0"))


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("[ sh:inversePath ex:memberOf ]", "^{EX}memberOf"),
        ("( ex:memberOf ex:partOf )", "{EX}memberOf/{EX}partOf"),
        ("[ sh:alternativePath ( ex:memberOf ex:partOf ) ]", "({EX}memberOf|{EX}partOf)"),
        ("[ sh:zeroOrMorePath ex:partOf ]", "{EX}partOf*"),
        ("( ex:partOf [ sh:oneOrMorePath ex:partOf ] )", "{EX}partOf/{EX}partOf+"),
        ("[ sh:zeroOrOnePath ex:partOf ]", "{EX}partOf?"),
    ],
)
def test_paths_are_written_as_in_sparql(mini: Path, path: str, written: str) -> None:
    with (mini / "shapes" / "agents.ttl").open("a") as file:
        file.write("ex:S a sh:NodeShape ; sh:targetNode ex:league ;\n")
        file.write(f"    sh:property [ sh:path {path} ; sh:minCount 9 ] .\n")
    assert only(mini).path == written.replace("{EX}", EX)


def test_ontology_is_held_against_its_own_shapes(mini: Path) -> None:
    (mini / "shapes" / "ontology.ttl").write_text(
        """
@prefix ex: <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
ex:shapes a owl:Ontology .
ex:TermShape a sh:NodeShape ;
    sh:targetClass owl:ObjectProperty ;
    sh:property [ sh:path rdfs:label ; sh:minCount 1 ; sh:message "A term has no label."@en ] .
"""
    )
    assert report(mini).passed
    edit(mini / "ontology" / "mini.ttl", '    rdfs:label "status"@en', "    rdfs:domain ex:Agent")
    edit(mini / "graph" / "agents.ttl", '    rdfs:label "South"@en ;', "    ")
    found = report(mini)
    assert {violation.node for violation in found.violations} == {EX + "status", EX + "south"}
    [merged] = found.graph.subjects(RDF.type, SH.ValidationReport)
    assert len(list(found.graph.objects(merged, SH.result))) == 2
    assert (merged, SH.conforms, Literal(lexical_or_value=False)) in found.graph


def test_validation_changes_nothing(mini: Path) -> None:
    loaded = dataset.load(sources.discover(mini))
    parts = (loaded.explicit, loaded.ontology, loaded.shapes)
    before = [set(part) for part in parts]
    validation.validate(loaded)
    assert [set(part) for part in parts] == before


def test_report_is_shacl(mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", "ex:status ex:active", "ex:status ex:dormant")
    read = Graph().parse(data=report(mini).turtle(), format="turtle")
    [result] = read.subjects(RDF.type, SH.ValidationResult)
    assert read.value(result, SH.focusNode) == URIRef(EX + "union")
    assert read.value(result, SH.resultSeverity) == SH.Violation


@pytest.mark.parametrize(
    "constraint",
    [
        "sh:property [ sh:minCount 1 ]",
        "sh:property [ sh:path ex:memberOf ; sh:minCount 'one' ]",
        'sh:sparql [ sh:select "SELECT" ]',
        'sh:sparql [ sh:select "SELECT $this { SERVICE <http://127.0.0.1:9/> { $this ?p ?o } }" ]',
        'sh:sparql [ sh:select "SELECT $this FROM <http://127.0.0.1:9/> { $this ?p ?o }" ]',
        'sh:sparql [ sh:select "SELECT $this WHERE { $this no:prefix ?x }" ]',
    ],
)
def test_unusable_shape_is_a_fault_of_the_data(mini: Path, constraint: str) -> None:
    path = mini / "shapes" / "agents.ttl"
    with path.open("a") as file:
        file.write(f"\nex:Bad a sh:NodeShape ;\n    sh:targetNode ex:union ;\n    {constraint} .\n")
    with pytest.raises(DataError, match="the shape cannot be used: ") as raised:
        report(mini)
    fault = raised.value
    assert (fault.file, fault.line, fault.node) == (path, line_of(path, "ex:Bad"), EX + "Bad")
