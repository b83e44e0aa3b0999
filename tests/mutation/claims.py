"""Slips in what is encoded: who speaks for whom, what is claimed, reported and accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mutation.mutants import (
    add,
    of_class,
    operator,
    replace,
    triples,
    value,
    values,
)
from mutation.vocabulary import CMQ, ID, VALUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib import Graph

    from mutation.mutants import Edit

OUTLET: Final = ID.interfax

# ---- claims


@operator
def let_an_outlet_speak(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.speaker, CMQ.delegate, CMQ.principal):
        yield replace(triple, OUTLET)


@operator
def let_another_speak(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.speaker, CMQ.delegate):
        other = ID["sergei-lavrov"] if triple[2] != ID["sergei-lavrov"] else ID["robert-simmons"]
        yield replace(triple, other)


@operator
def speak_for_oneself(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.principal):
        yield replace(triple, value(graph, triple[0], CMQ.delegate))


@operator
def speak_for_another(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.principal):
        yield replace(triple, ID.nato if triple[2] != ID.nato else ID.csto)


@operator
def assert_what_is_claimed(graph: Graph) -> Iterator[Edit]:
    for node in of_class(graph, CMQ.Proposition):
        yield add(*(value(graph, node, part) for part in (CMQ.subject, CMQ.predicate, CMQ.object)))


@operator
def take_the_content_of_another(graph: Graph) -> Iterator[Edit]:
    contents = values(graph, None, CMQ.content)
    for triple in triples(graph, CMQ.content):
        yield replace(triple, contents[contents.index(triple[2]) - 9])


@operator
def deny_without_a_denial(graph: Graph) -> Iterator[Edit]:
    denials = {VALUE[act] for act in ("deny", "deny-need", "dismiss", "reject", "rule-out")}
    for claim in of_class(graph, CMQ.Claim):
        if denials & set(values(graph, claim, CMQ.speechAct)):
            old = tuple(
                (content, CMQ.polarity, VALUE.negative)
                for content in values(graph, claim, CMQ.content)
                if (content, CMQ.polarity, VALUE.negative) in graph
            )
            yield old, tuple((content, CMQ.polarity, VALUE.positive) for content, _, _ in old)


@operator
def agree_with_the_opposite(graph: Graph) -> Iterator[Edit]:
    for one, _, other in triples(graph, CMQ.agreesWith):
        for mine in values(graph, one, CMQ.content):
            for its in values(graph, other, CMQ.content):
                parts = (CMQ.subject, CMQ.predicate, CMQ.object)
                if all(value(graph, mine, part) == value(graph, its, part) for part in parts):
                    old = value(graph, mine, CMQ.polarity)
                    new = VALUE.positive if old == VALUE.negative else VALUE.negative
                    yield replace((mine, CMQ.polarity, old), new)


@operator
def reply_to_oneself(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.repliesTo):
        for own, _, speaker in triples(graph, CMQ.speaker):
            if speaker == value(graph, triple[0], CMQ.speaker):
                yield replace(triple, own)


@operator
def leave_a_membership_unaccepted(graph: Graph) -> Iterator[Edit]:
    for membership in of_class(graph, CMQ.Membership):
        old = tuple(t for t in triples(graph, CMQ.acceptedAs) if t[2] == membership)
        if old:
            yield old, ()


@operator
def accept_a_claim_as_fact(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.acceptedAs, CMQ.describes):
        yield replace(triple, ID["edm-2-213/C07"])


@operator
def accept_what_is_only_narrated(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.describes):
        if (triple[2], CMQ.standing, VALUE["as-narrated"]) in graph:
            yield (triple,), ((triple[0], CMQ.acceptedAs, triple[2]),)


# ---- reports


@operator
def derive_from_a_report_of_another_claim(graph: Graph) -> Iterator[Edit]:
    origins = values(graph, None, CMQ.derivedFrom)
    for triple in triples(graph, CMQ.derivedFrom):
        claim = value(graph, triple[0], CMQ.reports)
        yield replace(triple, next(o for o in origins if value(graph, o, CMQ.reports) != claim))


@operator
def say_that_no_source_is_given(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.derivedFrom):
        yield add(triple[0], CMQ.sourceStatus, VALUE["not-given"])


@operator
def call_a_quotation_a_paraphrase(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.directness):
        paraphrase = VALUE.paraphrase
        yield replace(triple, VALUE["direct-quotation"] if triple[2] == paraphrase else paraphrase)


@operator
def change_the_basis_of_the_citation(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.citationBasis):
        for basis in ("citation-scope", "named-document", "own-citation"):
            if VALUE[basis] != triple[2]:
                yield replace(triple, VALUE[basis])


# ---- memberships and offices


@operator
def join_an_outlet(graph: Graph) -> Iterator[Edit]:
    bodies = (CMQ.inOrganization, CMQ.mergedParty, CMQ.registeredWith)
    for triple in triples(graph, *bodies, CMQ.currentMember, CMQ.member, CMQ.currentHolder):
        yield replace(triple, OUTLET)


@operator
def treat_a_treaty_as_an_organization(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.inTreaty, CMQ.inOrganization):
        other = CMQ.inOrganization if triple[1] == CMQ.inTreaty else CMQ.inTreaty
        yield (triple,), ((triple[0], other, triple[2]),)


@operator
def keep_a_former_member(graph: Graph) -> Iterator[Edit]:
    pairs = {CMQ.member: CMQ.currentMember, CMQ.currentMember: CMQ.member}
    for triple in triples(graph, *pairs):
        yield (triple,), ((triple[0], pairs[triple[1]], triple[2]),)
    for triple in triples(graph, CMQ.membershipStatus):
        for status in ("former-member", "full-member", "observer"):
            current = status == "full-member"
            if current != (triple[2] == VALUE["full-member"]):
                yield replace(triple, VALUE[status])


@operator
def hold_another_post(graph: Graph) -> Iterator[Edit]:
    posts = values(graph, None, CMQ.post)
    for triple in triples(graph, CMQ.capacity, CMQ.post):
        yield replace(triple, posts[posts.index(triple[2]) - 1])
