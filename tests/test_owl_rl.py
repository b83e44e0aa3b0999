"""owlrl's closure: what follows, without the trivial; contradictions; no leak of claims."""

import warnings
from pathlib import Path

import pytest
from owlrl.OWLRL import OWLRL_Semantics
from rdflib import OWL, RDF, RDFS, BNode, Dataset, Graph, Literal, Namespace, URIRef

from communique import dataset, sources
from communique.reasoning import owl_rl
from conftest import edit

EX = Namespace("https://example.org/")
PREFIXES = """
@prefix : <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

SCHEMA = """
:A a owl:Class ; rdfs:subClassOf :B .
:B a owl:Class ; rdfs:subClassOf :C .
:C a owl:Class .
:D a owl:Class ; owl:equivalentClass [ a owl:Restriction ; owl:onProperty :p ; owl:hasValue :v ] .
:U a owl:Class ; owl:unionOf ( :A :D ) .
:p a owl:ObjectProperty ; rdfs:domain :A ; rdfs:range :E ; rdfs:subPropertyOf :q .
:q a owl:ObjectProperty , owl:SymmetricProperty .
:r a owl:ObjectProperty , owl:TransitiveProperty ; owl:inverseOf :s .
:f a owl:ObjectProperty , owl:FunctionalProperty .
:chain a owl:ObjectProperty ; owl:propertyChainAxiom ( :p :r ) .
:name a owl:DatatypeProperty ; rdfs:range xsd:string .
skos:prefLabel rdfs:subPropertyOf rdfs:label .
:x :p :v ; :f :y , :z ; :name "x" ; skos:prefLabel "x"@en .
:v :r :w . :w :r :t . :y :name "y" .
"""


def graph(text: str) -> Graph:
    """Returns the triples of a Turtle text."""
    return Graph().parse(data=PREFIXES + text, format="turtle")


def messages(text: str) -> list[str]:
    """Returns the contradictions in a Turtle text."""
    return [str(found) for found in owl_rl.close(graph(text)).inconsistencies]


def test_what_follows() -> None:
    inferred = set(owl_rl.close(graph(SCHEMA)).inferred)
    for triple in (
        (EX.x, RDF.type, EX.A),
        (EX.x, RDF.type, EX.C),
        (EX.x, RDF.type, EX.D),
        (EX.x, RDF.type, EX.U),
        (EX.v, RDF.type, EX.E),
        (EX.v, EX.q, EX.x),
        (EX.v, EX.r, EX.t),
        (EX.w, EX.s, EX.v),
        (EX.x, EX.chain, EX.w),
        (EX.x, EX.chain, EX.t),
        (EX.y, OWL.sameAs, EX.z),
        (EX.z, EX.name, Literal("y")),
        (EX.x, RDFS.label, Literal("x", lang="en")),
        (EX.A, RDFS.subClassOf, EX.C),
    ):
        assert triple in inferred, triple


def test_trivial_triples_are_left_out() -> None:
    closure = owl_rl.close(graph(SCHEMA))
    built_in = tuple(
        str(namespace)
        for namespace in (RDF, RDFS, OWL, Namespace("http://www.w3.org/2001/XMLSchema#"))
    )
    for subject, predicate, value in closure.inferred:
        assert isinstance(subject, URIRef), "literals and class expressions are no subjects"
        assert not isinstance(value, BNode), "nothing is typed by an anonymous class expression"
        assert not str(subject).startswith(built_in)
        assert value not in {OWL.Thing, RDFS.Resource}
        if predicate in {OWL.sameAs, OWL.equivalentClass, RDFS.subClassOf, RDFS.subPropertyOf}:
            assert subject != value


def test_blank_individuals_are_kept() -> None:
    closure = owl_rl.close(graph(SCHEMA + ":t :p [ :name 'blank' ] ."))
    assert any(isinstance(node, BNode) for node in closure.inferred.subjects(RDF.type, EX.E))


def test_nothing_stated_is_inferred() -> None:
    data = graph(SCHEMA)
    assert not set(owl_rl.close(data).inferred) & set(data)


def test_graph_given_is_not_changed() -> None:
    data = graph(SCHEMA)
    before = set(data)
    owl_rl.close(data)
    assert set(data) == before


def test_agrees_with_owlrl_as_it_comes() -> None:
    data = graph(SCHEMA)
    plain = Graph()
    plain += data
    semantics = OWLRL_Semantics(plain, axioms=False, daxioms=False)
    semantics.closure()
    ours = set(owl_rl.close(data).inferred)
    more = set(plain) - set(data) - ours
    assert ours <= set(plain)
    for subject, predicate, value in more:
        assert (
            isinstance(subject, Literal)
            or subject == value
            or value in {OWL.Thing, OWL.AnnotationProperty}
            or OWL.Nothing in (subject, value)
            or any(isinstance(node, BNode) for node in (subject, value))
            or str(subject).startswith("http://www.w3.org/")
        ), (subject, predicate, value)


def test_multigraph_is_refused() -> None:
    with pytest.raises(TypeError, match="plain graph"):
        owl_rl.close(Dataset())


def test_owlrl_would_reason_over_named_graphs() -> None:
    # The reason for the refusal; if owlrl mends it, the refusal can go.
    multigraph = Dataset()
    for triple in graph(":p a owl:ObjectProperty ; rdfs:domain :A ."):
        multigraph.default_graph.add(triple)
    multigraph.graph(EX.claimed).add((EX.x, EX.p, EX.y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        OWLRL_Semantics(multigraph, axioms=False, daxioms=False).closure()
    assert (EX.x, RDF.type, EX.A) in multigraph.default_graph


def test_content_of_a_claim_is_not_inferred(mini: Path) -> None:
    loaded = dataset.load(sources.discover(mini))
    inferred = owl_rl.close(loaded.facts + loaded.ontology).inferred
    assert (None, EX.plansMergerWith, None) not in inferred
    assert (EX.union, EX.hasMember, EX.north) in inferred


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (":A owl:disjointWith :B . :x a :A , :B .", "Disjoint classes"),
        (
            "[] a owl:AllDisjointClasses ; owl:members ( :A :B :C ) . :x a :A , :C .",
            "Disjoint classes",
        ),
        (":p a owl:IrreflexiveProperty . :x :p :x .", "Irreflexive property"),
        (":p a owl:AsymmetricProperty . :x :p :y . :y :p :x .", "asymmetric property"),
        (":p owl:propertyDisjointWith :q . :x :p :y ; :q :y .", "disjoint properties"),
        (
            """[] a owl:NegativePropertyAssertion ; owl:sourceIndividual :x ;
                owl:assertionProperty :p ; owl:targetIndividual :y . :x :p :y .""",
            "Negative (object) property assertion",
        ),
        (":x owl:sameAs :y ; owl:differentFrom :y .", "'sameAs' and 'differentFrom'"),
        (":x owl:differentFrom :x .", "'differentFrom' says that a node is not itself"),
        (":x a owl:Nothing .", "'Nothing'"),
        (":x :p 'eleven'^^xsd:integer .", "does not match its datatype"),
    ],
)
def test_contradictions_are_found(facts: str, message: str) -> None:
    assert any(message in found for found in messages(facts)), messages(facts)


def test_consistent_facts_have_no_contradiction() -> None:
    assert messages(SCHEMA) == []


def test_contradiction_is_readable_and_counted_once() -> None:
    text = ":A owl:disjointWith :B . :B owl:disjointWith :A . :x a :A , :B ."
    [found] = owl_rl.close(graph(text)).inconsistencies
    assert set(found.nodes) == {str(EX.A), str(EX.B), str(EX.x)}
    assert str(found) == f"Disjoint classes {EX.A} and {EX.B} have a common individual {EX.x}"


def test_names_in_contradictions_are_shortened() -> None:
    text = (
        "@prefix id: <https://w3id.org/communique/id/> . :A owl:disjointWith :B . id:x a :A, :B ."
    )
    [found] = owl_rl.close(graph(text)).inconsistencies
    assert found.message.endswith("common individual id:x")


def test_a_subclass_makes_members_of_disjoint_classes(mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", "ex:league a ex:Bloc", "ex:league a ex:Bloc , ex:Place")
    loaded = dataset.load(sources.discover(mini))
    [found] = owl_rl.close(loaded.facts + loaded.ontology).inconsistencies
    assert str(EX.league) in found.nodes
