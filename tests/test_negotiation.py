"""Tests of content negotiation, each case by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.store.results import FORMATS
from communique.web.negotiation import HTML, NotAcceptable, Offer, choose, offers_of, prefers

TABLE = offers_of(format_ for format_ in FORMATS if "select" in format_.kinds)
GRAPH = offers_of(format_ for format_ in FORMATS if "graph" in format_.kinds)
JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)
SPARQL_WRAPPER = (
    "application/sparql-results+json,application/json,text/javascript,application/javascript"
)
JENA = (
    "application/sparql-results+json;q=1, application/sparql-results+xml;q=0.9, "
    "text/tab-separated-values;q=0.7, text/csv;q=0.5, application/json;q=0.2, "
    "application/xml;q=0.2, */*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        pytest.param(None, JSON, id="no header accepts everything"),
        pytest.param("", JSON, id="an empty header accepts everything"),
        pytest.param("*/*", JSON, id="the wildcard gets the default"),
        pytest.param("*", JSON, id="a lone star is read as the wildcard"),
        pytest.param("application/*", JSON, id="a range of a type gets the first of the type"),
        pytest.param("text/*", "text/csv", id="a range of text gets CSV, not the page"),
        pytest.param("text/csv", "text/csv", id="an exact type gets it"),
        pytest.param("TEXT/CSV", "text/csv", id="case does not matter"),
        pytest.param("text/html", "text/html", id="who asks for a page gets it"),
        pytest.param(FIREFOX, "text/html", id="Firefox gets the page"),
        pytest.param(CHROME, "text/html", id="Chrome gets the page"),
        pytest.param(SPARQL_WRAPPER, JSON, id="SPARQLWrapper gets JSON by its own type"),
        pytest.param(JENA, JSON, id="Jena gets what it likes best"),
        pytest.param("application/json", "application/json", id="plain JSON is an alias"),
        pytest.param("application/xml", "application/xml", id="plain XML is an alias"),
        pytest.param("text/xml", "text/xml", id="text XML is an alias"),
        pytest.param(f"application/json, {JSON}", JSON, id="the own type goes before its alias"),
        pytest.param(
            f"application/json, {JSON};q=0.9", "application/json", id="unless the client says not"
        ),
        pytest.param("text/csv;q=0.4, text/html;q=0.5", "text/html", id="the higher quality wins"),
        pytest.param("text/csv;q=0.5, text/html;q=0.5", "text/csv", id="the server breaks ties"),
        pytest.param(f"text/csv, {XML}", XML, id="the server breaks ties, whatever the order"),
        pytest.param("text/csv, */*", "text/csv", id="what is named goes before what is not"),
        pytest.param("*/*, text/csv;q=0.9", JSON, id="unless its quality is lower"),
        pytest.param(f"*/*, {JSON};q=0", XML, id="a quality of zero excludes"),
        pytest.param("text/*, text/csv;q=0", "text/tab-separated-values", id="also from a range"),
        pytest.param("text/*;q=0.3, text/csv;q=0.2", "text/tab-separated-values", id="specific"),
        pytest.param("text/csv;q=0.001", "text/csv", id="the least quality is enough"),
        pytest.param("image/png, text/csv;q=0.1", "text/csv", id="what is not offered is passed"),
        pytest.param("text/csv;charset=utf-8", "text/csv", id="UTF-8 is what all is in"),
        pytest.param('text/csv; charset="UTF-8"', "text/csv", id="a quoted parameter is the same"),
        pytest.param(
            "text/csv;charset=latin1, */*;q=0.1", JSON, id="another charset is another type"
        ),
        pytest.param(
            "text/csv;header=absent, text/html", "text/html", id="other parameters are too"
        ),
        pytest.param(" text/csv ; q=1 , ", "text/csv", id="white space and empty parts are legal"),
    ],
)
def test_tables(accept: str | None, chosen: str) -> None:
    assert choose(TABLE, accept).media_type == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        pytest.param(None, "text/turtle", id="the default is Turtle"),
        pytest.param("*/*", "text/turtle", id="the wildcard gets Turtle"),
        pytest.param("application/rdf+xml", "application/rdf+xml", id="RDF/XML"),
        pytest.param("application/n-triples", "application/n-triples", id="N-Triples"),
        pytest.param("application/ld+json", "application/ld+json", id="JSON-LD"),
        pytest.param(
            'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"',
            "application/ld+json",
            id="a profile of JSON-LD is a wish, not a condition",
        ),
        pytest.param("application/json", "application/json", id="plain JSON is JSON-LD's alias"),
        pytest.param(FIREFOX, "text/html", id="Firefox gets the page"),
        pytest.param(
            "text/turtle;q=0.5, application/ld+json", "application/ld+json", id="quality decides"
        ),
        pytest.param("application/*", "application/n-triples", id="a range of a type"),
    ],
)
def test_graphs(accept: str | None, chosen: str) -> None:
    assert choose(GRAPH, accept).media_type == chosen


@pytest.mark.parametrize(
    "accept",
    [
        pytest.param("image/png", id="a type that is not offered"),
        pytest.param("text/turtle", id="a type for another kind of answer"),
        pytest.param("image/*", id="a range in which nothing is offered"),
        pytest.param("*/*;q=0", id="nothing at all"),
        pytest.param("text/csv;q=0", id="all but what is excluded is not named"),
        pytest.param("text/csv;charset=latin1", id="a charset that is not offered"),
        pytest.param("nonsense", id="what is no media range"),
    ],
)
def test_nothing_acceptable(accept: str) -> None:
    with pytest.raises(NotAcceptable) as caught:
        choose(TABLE, accept)
    assert caught.value.offered == (
        JSON,
        XML,
        *("text/csv", "text/tab-separated-values"),
        "text/html",
    )
    assert "text/csv" in caught.value.advice


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("json", JSON),
        ("xml", XML),
        ("csv", "text/csv"),
        ("tsv", "text/tab-separated-values"),
        ("html", "text/html"),
        ("CSV", "text/csv"),
        ("text/csv", "text/csv"),
        ("application/json", "application/json"),
    ],
)
def test_the_format_parameter_goes_before_the_header(wanted: str, chosen: str) -> None:
    assert choose(TABLE, "image/png", wanted).media_type == chosen


@pytest.mark.parametrize("wanted", ["turtle", "pdf", "*/*"])
def test_a_format_that_is_not_offered_is_not_replaced(wanted: str) -> None:
    with pytest.raises(NotAcceptable, match="cannot be given as"):
        choose(TABLE, "*/*", wanted)


@pytest.mark.parametrize(
    ("media_type", "content_type"),
    [
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/turtle", "text/turtle; charset=utf-8"),
        ("text/html", "text/html; charset=utf-8"),
        (JSON, JSON),
        ("application/rdf+xml", "application/rdf+xml"),
    ],
)
def test_the_charset_is_named_where_the_type_has_one(media_type: str, content_type: str) -> None:
    assert Offer(media_type, "").content_type == content_type


@pytest.mark.parametrize(
    ("accept", "wants_page"),
    [
        (None, False),
        ("*/*", False),
        ("text/*", True),
        ("text/html", True),
        (FIREFOX, True),
        ("application/json, text/html", False),
        ("application/json;q=0.5, text/html", True),
        ("text/html;q=0", False),
    ],
)
def test_a_page_is_for_who_would_rather_have_one(accept: str | None, *, wants_page: bool) -> None:
    others = [Offer("application/problem+json", "json"), Offer("application/json", "json")]
    assert prefers(HTML, others, accept) is wants_page


RANGE = st.builds(
    "{};q={}".format,
    st.sampled_from([*(offer.media_type for offer in TABLE), "text/*", "application/*", "*/*"]),
    st.sampled_from(["0", "0.2", "0.5", "1"]),
)


def quality(media_type: str, accept: list[str]) -> float:
    """Returns the quality that RFC 9110, §12.5.1, gives to a type: the most specific range's."""
    ranges = dict(reversed([entry.split(";q=") for entry in accept]))
    for value in (media_type, media_type.split("/", maxsplit=1)[0] + "/*", "*/*"):
        if value in ranges:
            return float(ranges[value])
    return 0.0


@given(st.lists(RANGE, min_size=1, unique_by=lambda entry: entry.split(";")[0]))
def test_no_offer_has_a_higher_quality_than_the_chosen_one(accept: list[str]) -> None:
    qualities = {offer.media_type: quality(offer.media_type, accept) for offer in TABLE}
    header = ", ".join(accept)
    if not any(qualities.values()):
        with pytest.raises(NotAcceptable):
            choose(TABLE, header)
        return
    assert qualities[choose(TABLE, header).media_type] == max(qualities.values())


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_any_header_is_understood_or_refused(accept: str) -> None:
    try:
        chosen = choose(TABLE, accept)
    except NotAcceptable:
        return
    assert chosen in TABLE
