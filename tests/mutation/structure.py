"""Slips in the structure: something missing, misnamed, of the wrong class or at the wrong end."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rdflib import DCTERMS, RDF, RDFS, SKOS, BNode, Literal, URIRef

from mutation.mutants import (
    Triple,
    add,
    is_header,
    is_only,
    is_our_property,
    is_ours,
    is_text,
    of_class,
    operator,
    replace,
    triples,
    value,
    values,
)
from mutation.vocabulary import (
    CMQ,
    DERIVED,
    ID,
    JOINT,
    OPTIONAL,
    ORDINARY,
    SCHEMES,
    SINGLE,
    VALUE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib import Graph
    from rdflib.term import Identifier

    from mutation.mutants import Edit

# ---- something is missing


@operator
def drop_the_class(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, RDF.type):
        if not is_header(graph, triple[0]):
            yield (triple,), ()


@operator
def drop_the_english_label(graph: Graph) -> Iterator[Edit]:
    bare = {CMQ.Delegation, CMQ.Mention, CMQ.Report, CMQ.Sentence, CMQ.Heading, CMQ.Quotation}
    for triple in triples(graph, RDFS.label, SKOS.prefLabel):
        if (
            cast("Literal", triple[2]).language == "en"
            and value(graph, triple[0], RDF.type) not in bare
        ):
            yield (triple,), ()


@operator
def drop_the_only_value(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph):
        named = {RDF.type, RDFS.label, SKOS.prefLabel}
        if triple[1] not in named and not _optional(graph, triple) and is_only(graph, triple):
            yield (triple,), ()


def _optional(graph: Graph, triple: Triple) -> bool:
    """Say whether the node is as valid without the triple."""
    node, property_, _ = triple
    kind = value(graph, node, RDF.type)
    conditional = {
        CMQ.topic: (node, CMQ.standing, None) in graph,
        CMQ.concerns: kind in {CMQ.Initiative, CMQ.Meeting, CMQ.PublicStatement},
        CMQ.datePhrase: (node, CMQ.dateBasis, VALUE["relative-phrase"]) not in graph,
        CMQ.actor: kind == CMQ.Decision and (node, CMQ.anchor, None) not in graph,
        DCTERMS.source: (node, CMQ.noteStatus, VALUE.conjecture) in graph,
    }
    return property_ in OPTIONAL or conditional.get(property_, False)


@operator
def drop_one_of_several_needed_values(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, *JOINT):
        if not is_only(graph, triple):
            yield (triple,), ()


# ---- names and texts


@operator
def strip_the_language(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph):
        if is_text(triple[2]) and triple[1] != DCTERMS.creator:
            yield replace(triple, Literal(str(triple[2])))


@operator
def end_a_text_with_a_space(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph):
        if is_text(triple[2]) and triple[1] != DCTERMS.creator:
            text = cast("Literal", triple[2])
            yield replace(triple, Literal(f"{text} ", lang=text.language))


@operator
def add_a_second_english_label(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, RDFS.label, SKOS.prefLabel):
        if cast("Literal", triple[2]).language == "en":
            yield add(triple[0], triple[1], Literal("another name", lang="en"))


# ---- classes and terms


@operator
def misspell_the_class(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, RDF.type):
        if not is_header(graph, triple[0]):
            yield replace(triple, URIRef(f"{triple[2]}s"))


@operator
def give_a_class_of_another_kind(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, RDF.type):
        if not is_header(graph, triple[0]):
            for class_ in ORDINARY:
                if class_ != triple[2]:
                    yield replace(triple, class_)


@operator
def give_a_class_too_general(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, RDF.type):
        general = {
            CMQ.Claim: CMQ.Statement,
            CMQ.Dispatch: CMQ.Document,
            CMQ.City: CMQ.Place,
            CMQ.Person: CMQ.Agent,
            CMQ.State: CMQ.Agent,
            CMQ.Quotation: CMQ.Passage,
        }.get(cast("URIRef", triple[2]))
        if general is not None:
            yield replace(triple, general)


@operator
def add_a_second_class(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, RDF.type):
        if not is_header(graph, triple[0]):
            for class_ in ORDINARY[:2]:
                if class_ != triple[2]:
                    yield add(triple[0], RDF.type, class_)


@operator
def misspell_the_property(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph):
        if is_our_property(triple):
            yield (triple,), ((triple[0], URIRef(f"{triple[1]}s"), triple[2]),)


@operator
def use_a_property_of_another_class(graph: Graph) -> Iterator[Edit]:
    for node, _, class_ in triples(graph, RDF.type):
        if not is_header(graph, node):
            if class_ != CMQ.Claim:
                yield add(node, CMQ.speaker, ID["sergei-lavrov"])
            if class_ != CMQ.Selector:
                yield add(node, CMQ.start, Literal(0))


@operator
def describe_a_term_of_the_vocabulary(graph: Graph) -> Iterator[Edit]:
    for term in {triple[2] for triple in triples(graph, *SCHEMES)}:
        yield add(term, SKOS.note, Literal("a note", lang="en"))


@operator
def write_what_is_derived(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, *DERIVED):
        yield add(triple[0], DERIVED[triple[1]], triple[2])
    for membership in of_class(graph, CMQ.Membership):
        for member in values(graph, membership, CMQ.currentMember):
            yield add(member, CMQ.memberOf, value(graph, membership, CMQ.inOrganization))
    for claim, _, speaker in triples(graph, CMQ.speaker):
        yield add(speaker, CMQ.madeClaim, claim)


# ---- ends of a triple


@operator
def swap_subject_and_object(graph: Graph) -> Iterator[Edit]:
    symmetric = {CMQ.agreesWith, CMQ.agreesOnFactsWith, CMQ.conflictsWith, CMQ.contrastsWith}
    either = {CMQ.groundFor, CMQ.illustrates, CMQ.opposes, CMQ.supports} | symmetric
    for triple in triples(graph):
        if is_our_property(triple) and is_ours(triple[2]) and triple[1] not in either:
            yield (triple,), ((triple[2], triple[1], triple[0]),)


@operator
def point_at_nothing(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph):
        if is_our_property(triple) and isinstance(triple[2], URIRef):
            yield replace(triple, URIRef(f"{triple[2]}-x"))


@operator
def point_at_a_literal(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph):
        if is_our_property(triple) and isinstance(triple[2], URIRef):
            yield replace(triple, Literal(str(triple[2])))


@operator
def put_a_node_for_a_literal(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph):
        if isinstance(triple[2], Literal) and triple[1] != DCTERMS.creator:
            yield replace(triple, ID.csto)


@operator
def make_the_node_blank(graph: Graph) -> Iterator[Edit]:
    for node, _, _ in triples(graph, RDF.type):
        if not is_header(graph, node):
            old = tuple(cast("Triple", triple) for triple in graph.triples((node, None, None)))
            yield old, tuple((BNode("blank"), triple[1], triple[2]) for triple in old)


@operator
def relate_to_itself(graph: Graph) -> Iterator[Edit]:
    links = (CMQ.agreesWith, CMQ.repliesTo, CMQ.supports, CMQ.derivedFrom, CMQ.after, CMQ.unitOf)
    for triple in triples(graph, *links, CMQ.locatedIn, CMQ.groundFor, CMQ.targets):
        yield replace(triple, triple[0])


@operator
def repeat_a_single_value(graph: Graph) -> Iterator[Edit]:
    for property_ in sorted(SINGLE):
        pool = values(graph, None, property_)
        for triple in triples(graph, property_):
            fits = (v for v in pool if v != triple[2] and _language(v) == _language(triple[2]))
            other = next(fits, None)
            if other is not None:
                yield add(triple[0], property_, other)


def _language(term: Identifier) -> str | None:
    return term.language if isinstance(term, Literal) else None
