"""Tests of writing queries so that the engine can read them in one way only."""

import contextlib
import re
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from communique.errors import QuerySyntaxError, RefusedQuery
from communique.store.guard import inspect
from communique.store.query import ask
from communique.store.rewriting import prefixes_to_resolve, write
from stores import Trap, small

EX = "PREFIX ex: <http://example.org/> "
GENERATION = small()


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    """A listener that nobody may call."""
    with Trap() as listening:
        yield listening


def written(text: str, **namespaces: str) -> str:
    """Returns a query as the engine gets it."""
    return write(inspect(text), {f"{name}:": iri for name, iri in namespaces.items()}).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ASK{?s ?p ?o}", "ASK{?s ?p ?o}"),
        ("ASK # a comment\n { ?s ?p ?o }", "ASK { ?s ?p ?o }"),
        ("# SERVICE\nASK {}#SERVICE", "ASK {}"),
        ("ASK/**/{}", "ASK/**/{}"),
        ("ASK { ?s ?p <http://a/b-c_d.e~f%20é:g> }", "ASK { ?s ?p <http://a/b-c_d.e~f%20é:g> }"),
        ("ASK { ?s ?p <http://a/?b=c#d> }", r"ASK { ?s ?p <http://a/\u003Fb\u003Dc\u0023d> }"),
        ("ASK { ?s ?p <http://a/Service> }", r"ASK { ?s ?p <http://a/\u0053ervice> }"),
        ("ASK { ?s ?p 'a SERVICE' }", r"ASK { ?s ?p 'a \u0053ERVICE' }"),
        (r'ASK { ?s ?p "\\service" }', r'ASK { ?s ?p "\\\u0073ervice" }'),
        (r"ASK { ?s ?p '\u00E9' }", "ASK { ?s ?p 'é' }"),
        (EX + "ASK { ?s ?p ex:a.b }", EX + "ASK { ?s ?p ex:a.b }"),
        (EX + "ASK { ?s ?p ex:a.b.c }", EX + "ASK { ?s ?p <http://example.org/a.b.c> }"),
        (EX + "ASK { ?s ?p ex:service }", EX + r"ASK { ?s ?p <http://example.org/\u0073ervice> }"),
        (EX + r"ASK { ?s ?p ex:a\,.b.c }", EX + r"ASK { ?s ?p <http://example.org/a\u002C.b.c> }"),
    ],
)
def test_writing(text: str, expected: str) -> None:
    assert written(text, ex="http://example.org/") == expected


def test_declarations_of_prefixes_are_kept() -> None:
    text = "PREFIX service: <http://a/> ASK { service:a ?p ?o }"
    assert prefixes_to_resolve(inspect(text)) == ("service:",)
    head = "PREFIX service: <http://a/>"
    assert written(text, service="http://a/") == f"{head} ASK {{ <http://a/a> ?p ?o }}"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?x { FILTER(1<?b)SERVICE?g#>\n{}}",
        "SELECT ?x { FILTER(1<?b)SERVICE?g#> {}\n{}}",
        "SELECT ?x { BIND(<TRAP> AS ?g) FILTER(1<2)SERVICE?g#>\n{}}",
        EX + "ASK { SERVICEex:a {} }",
        "PREFIX SERVICEt: <TRAP> PREFIX t: <TRAP> ASK { SERVICEt: {} }",
        "PREFIX SERVICE: <TRAP> PREFIX : <TRAP> ASK { SERVICE: {} }",
        EX + "PREFIX t: <TRAP> ASK { ?s ?p ex:a.b.SERVICE t: {} }",
        "PREFIX t: <TRAP> ASK { ?s ?p trueSERVICEt: {} }",
        "ASK { FILTER(1<'a'&&'>'&&EXISTS{ SERVICE SILENT <TRAP> {} }) }",
        "ASK { FILTER(1<'a'&&'>'||EXISTS{SERVICE<TRAP>{}})#'\n}",
        "ASK { ?s ?p '\\u0027 SERVICE <TRAP> {} }",
        "ASK { ?s ?p ''' ' SERVICE <TRAP> {} ''' }",
    ],
)
def test_what_the_engine_would_read_as_a_call_reaches_nobody(text: str, trap: Trap) -> None:
    with contextlib.suppress(QuerySyntaxError, RefusedQuery):
        list(ask(GENERATION, text.replace("TRAP", trap.url)).rows)
    assert trap.calls == 0


def test_the_trap_catches_what_it_is_for() -> None:
    """The engine by itself does call, even silently: else the tests here would prove nothing."""
    for text in (
        "ASK { SERVICE SILENT <TRAP> { ?s ?p ?o } }",
        "PREFIX t: <TRAP> ASK { SERVICESILENTt: { ?s ?p ?o } }",
        "PREFIX t: <TRAP> ASK { FILTER(1<2)SERVICESILENTt:#>\n{ ?s ?p ?o } }",
    ):
        with Trap() as calling:
            GENERATION.store.query(text.replace("TRAP", calling.url))
            assert calling.calls > 0, text


FRAGMENTS = st.sampled_from(
    [
        *("SERVICE", "SERVICE ", "service", "SILENT", " SILENT ", "SERVICESILENT", "SERVICEt:"),
        *("<TRAP>", "t:", "t:x", "?g", "$service", "?x", "{", "}", "{}", "{ ?s ?p ?o }"),
        *("<", ">", "<?b", "<=", "&&", "||", "(", ")", "[", "]", "!", "=", "+", "-", "*", "/"),
        *("'", '"', "'''", '"""', "\\", "\\u0027", "\\u0053", "#", "#>", "\n", "\r", " ", "\t"),
        *(".", ";", ",", "|", "^", "?", ":", "@en", "@", "_:service", "1", "1.", "e5", "a", "true"),
        *("FILTER(", "EXISTS", "OPTIONAL", "GRAPH ?g", "BIND(<TRAP> AS ?g)", "UNION", "VALUES ?g"),
        *("t:a.b.", "t:a.", "t:\\,", "%53", "é", "\u017fERVICE"),
    ]
)
HEADS = st.sampled_from(["ASK {", "SELECT * { ?s ?p ?o . ", "ASK { FILTER(1", "ASK { ?s ?p "])


MIDDLES = st.lists(FRAGMENTS, max_size=14).map("".join)
TAILS = st.sampled_from(["}", ")}", "} }"])


@settings(max_examples=600, deadline=None)
@given(HEADS, MIDDLES, TAILS)
@example("ASK { FILTER(1", "<?b)SERVICE SILENT?g#>\n{}", "}")
def test_no_text_makes_the_engine_call(trap: Trap, head: str, middle: str, tail: str) -> None:
    assert_silent(trap, head + middle + tail)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(HEADS, MIDDLES, TAILS)
def test_no_text_among_many_makes_the_engine_call(
    trap: Trap, head: str, middle: str, tail: str
) -> None:
    assert_silent(trap, head + middle + tail)


def assert_silent(trap: Trap, text: str) -> None:
    """Asks a query, if it is one, and fails if anybody was called."""
    text = f"PREFIX t: <TRAP> {text}".replace("TRAP", trap.url)
    with contextlib.suppress(QuerySyntaxError, RefusedQuery):
        list(ask(GENERATION, text).rows)
    assert trap.calls == 0


OPEN = re.compile(r"(?:[?$]|@[a-z-]*|_:)\w*", re.IGNORECASE)


@settings(max_examples=500, deadline=None)
@given(HEADS, MIDDLES)
def test_what_is_written_has_the_keyword_only_in_variables_labels_and_tags(
    head: str, middle: str
) -> None:
    """Whatever the engine makes of the text, there is nothing it could take for the keyword."""
    try:
        reading = inspect(f"PREFIX t: <http://t/> {head}{middle} }}")
    except (QuerySyntaxError, RefusedQuery):
        return
    text = write(reading, {"t:": "http://t/"}).text
    assert "service" not in OPEN.sub("", text).casefold().replace("\u017f", "s")


def quoted(text: str, style: str, escape: str) -> str:
    """Writes a string literal, escaping what must be, and besides all that `escape` holds."""
    out = ""
    for character in text:
        if character in "\\\"'\r\n\t":
            out += "\\" + {"\r": "r", "\n": "n", "\t": "t"}.get(character, character)
        elif character in escape:
            out += f"\\U{ord(character):08X}"
        else:
            out += character
    return f"{style}{out}{style}"


TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.sampled_from(["SERVICE", "service", "\\u0053", "\\", '"', "'", "#", "{", "é"])).map(
        "".join
    ),
)


@settings(deadline=None)
@given(TEXT, st.sampled_from(["'", '"', "'''", '"""']), st.text(max_size=5))
def test_every_string_keeps_its_meaning(text: str, style: str, escape: str) -> None:
    answer = ask(GENERATION, f"SELECT ({quoted(text, style, escape)} AS ?x) {{}}")
    ((term,),) = answer.rows
    assert term is not None
    assert term.value == text


IRI = st.text(
    st.sampled_from("abcservice:/?#!$&'()*+,;=@-._~%41éü") | st.characters(categories=["L"]),
    max_size=30,
).map(lambda path: "http://a/" + path.replace("%", "%41").replace("#", "", path.count("#") - 1))


def is_iri(text: str) -> bool:
    """Tells whether the engine takes a text for an IRI."""
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


@settings(deadline=None)
@given(IRI.filter(is_iri), st.sampled_from(["SELECT (IRI AS ?x) {}", "SELECT ?x { VALUES?x{IRI}}"]))
def test_every_iri_keeps_its_meaning(iri: str, query: str) -> None:
    ((term,),) = ask(GENERATION, query.replace("IRI", f"<{iri}>")).rows
    assert term is not None
    assert (term.kind, term.value) == ("uri", iri)


LOCAL = st.from_regex(r"[a-z_][a-zé0-9.:-]*[a-z0-9]", fullmatch=True) | st.sampled_from(
    ["service", "a.b.c.d", "SERVICE.x.service", "1.2.3"]
)


@settings(deadline=None)
@given(LOCAL, st.sampled_from(["ex", "service", "", "a.b-c", "SERVICE"]))
def test_every_prefixed_name_keeps_its_meaning(local: str, prefix: str) -> None:
    """Names with several dots too, which Oxigraph by itself cannot read."""
    text = f"PREFIX {prefix}: <http://example.org/> SELECT ({prefix}:{local} AS ?x) {{}}"
    ((term,),) = ask(GENERATION, text).rows
    assert term is not None
    assert term.value == f"http://example.org/{local}"


COMMENT = st.text(
    st.characters(exclude_characters="\r\n\\", exclude_categories=["Cs"]), max_size=20
)


@settings(deadline=None)
@given(st.lists(COMMENT, min_size=11, max_size=11))
def test_comments_change_nothing(comments: list[str]) -> None:
    head = ["PREFIX", ":", "<http://example.org/>", "SELECT", "?x", "WHERE"]
    parts = [*head, "{", ":alice", ":knows", "?x", "}"]
    text = "".join(f"{part} #{comment}\n" for part, comment in zip(parts, comments, strict=True))
    assert [str(term) for (term,) in ask(GENERATION, text).rows] == ["http://example.org/bob"]


@settings(deadline=None)
@given(st.sets(st.integers(0, 70)))
def test_codepoint_escapes_change_nothing(places: set[int]) -> None:
    text = "PREFIX : <http://example.org/> SELECT ?x WHERE { :alice :knows ?x }"
    escaped = "".join(
        f"\\u{ord(character):04X}" if index in places else character
        for index, character in enumerate(text)
    )
    assert [str(term) for (term,) in ask(GENERATION, escaped).rows] == ["http://example.org/bob"]


def test_offsets_lead_back_to_the_token() -> None:
    text = "ASK # a comment\n{ ?s ?p <http://a/?b> ; '''a\nb''' ?x }"
    reading = inspect(text)
    result = write(reading, {})
    for token, start in zip(reading.tokens, result.starts, strict=True):
        line = result.text.count("\n", 0, start) + 1
        column = start - (result.text.rfind("\n", 0, start) + 1) + 1
        assert result.offset(line, column) == token.start
