"""Slips in values: closed lists, datatypes, dates, positions and numbers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from rdflib import RDF, XSD, Literal, URIRef

from mutation.mutants import (
    is_only,
    is_our_property,
    operator,
    replace,
    triples,
    value,
    values,
)
from mutation.vocabulary import CMQ, SCHEMES, VALUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib import Graph

    from mutation.mutants import Edit

# ---- values


@operator
def take_a_value_of_another_list(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, *SCHEMES):
        yield replace(triple, VALUE[SCHEMES[triple[1]]])


@operator
def change_the_datatype(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph):
        literal = triple[2]
        if not is_our_property(triple) or not isinstance(literal, Literal):
            continue
        if literal.datatype == XSD.dateTime:
            yield replace(triple, Literal(str(literal)[:10], datatype=XSD.date))
            yield replace(triple, Literal(str(literal)))
        elif literal.datatype == XSD.integer:
            yield replace(triple, Literal(str(literal)))
            yield replace(triple, Literal(f"{literal}.0", datatype=XSD.decimal))
        else:
            yield replace(triple, Literal(str(literal), lang="en"))


@operator
def upper_case_the_digest(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.sha256):
        yield replace(triple, Literal(str(triple[2]).upper()))


@operator
def shorten_the_digest(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.sha256):
        yield replace(triple, Literal(str(triple[2])[:-1]))


# ---- dates

DATES: Final = (
    CMQ.notBefore,
    CMQ.notAfter,
    CMQ.startsNotAfter,
    CMQ.endsNotBefore,
    CMQ.endsNotAfter,
)


@operator
def write_the_date_otherwise(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, *DATES):
        text = str(triple[2])
        yield replace(triple, _date(text.replace("Z", "+00:00")))
        yield replace(triple, _date(text[:11] + "12:30:00Z"))


@operator
def reverse_the_dates(graph: Graph) -> Iterator[Edit]:
    for first, last in ((CMQ.notBefore, CMQ.notAfter), (CMQ.endsNotBefore, CMQ.endsNotAfter)):
        for node, _, early in triples(graph, first):
            for late in values(graph, node, last):
                later = str(_shift(str(late), days=400))
                yield replace((node, first, early), _date(later[:11] + "00:00:00Z"))


@operator
def shift_a_date_by_a_day(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, *DATES):
        # These are what the sources' order of events gives: no day is wrong in itself.
        bases = set(values(graph, triple[0], CMQ.dateBasis))
        fixed = {VALUE["dispatch-date"], VALUE["publication-date"]}
        free = (
            triple[1] == CMQ.notBefore and (triple[0], CMQ.datePrecision, VALUE.range) in graph
        ) or (VALUE.sequence in bases and not bases & fixed)
        if not free:
            for days in (-1, 1):
                yield replace(triple, _shift(str(triple[2]), days=days))


@operator
def change_the_precision(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.datePrecision):
        for precision in ("day", "month", "year", "open"):
            if VALUE[precision] != triple[2]:
                yield replace(triple, VALUE[precision])


def _date(text: str) -> Literal:
    return Literal(text, datatype=XSD.dateTime, normalize=False)


def _shift(text: str, *, days: int) -> Literal:
    moved = datetime.fromisoformat(text) + timedelta(days=days)
    return _date(moved.strftime("%Y-%m-%dT%H:%M:%SZ"))


# ---- anchors and passages


@operator
def shift_one_end_of_a_passage(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.start, CMQ.end):
        for step in (-1, 1):
            position = int(triple[2]) + step
            if position >= 0:
                yield replace(triple, Literal(position))


@operator
def shorten_the_quoted_words(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.exact):
        yield replace(triple, Literal(str(triple[2])[:-1]))


@operator
def anchor_elsewhere(graph: Graph) -> Iterator[Edit]:
    kinds = {CMQ.Claim, CMQ.Report, CMQ.Delegation, CMQ.Hedge, CMQ.Membership, CMQ.Presupposition}
    for triple in triples(graph, CMQ.anchor):
        if value(graph, triple[0], RDF.type) in kinds and is_only(graph, triple):
            first = str(triple[2]).rsplit("/", 1)[0]
            for sentence in ("P1.S1", "P13.S2"):
                other = URIRef(f"{first}/{sentence}")
                if other != triple[2]:
                    yield replace(triple, other)


@operator
def anchor_to_the_whole_text(graph: Graph) -> Iterator[Edit]:
    for triple in triples(graph, CMQ.anchor):
        yield replace(triple, value(graph, triple[2], CMQ.passageOf))


@operator
def number_it_otherwise(graph: Graph) -> Iterator[Edit]:
    for property_ in (CMQ.register, CMQ.passageId):
        numbers = values(graph, None, property_)
        for triple in triples(graph, property_):
            yield replace(triple, numbers[numbers.index(triple[2]) - 1])
    for triple in triples(graph, CMQ.paragraph):
        yield replace(triple, Literal(int(triple[2]) + 1))
