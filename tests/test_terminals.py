"""Tests of the terminals of SPARQL."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.errors import QuerySyntaxError
from communique.store.terminals import read


def kinds(text: str) -> list[tuple[str, str]]:
    """Returns the kind and the text of each token."""
    return [(token.kind, token.text) for token in read(text).tokens]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<http://example.org/a?b=(c)#d>", "IRIREF"),
        ("<>", "IRIREF"),
        ("<?b&&?c>", "IRIREF"),
        ("cmq:Claim", "PNAME_LN"),
        ("edm-2-213:P4.S2", "PNAME_LN"),
        (":a:b:c", "PNAME_LN"),
        (":1", "PNAME_LN"),
        ("a.b:c.d.e", "PNAME_LN"),
        (r"ex:a\(b\)", "PNAME_LN"),
        ("ex:%20x", "PNAME_LN"),
        ("\u0435\u0445:\u0438\u043c\u044f", "PNAME_LN"),
        ("ex:", "PNAME_NS"),
        (":", "PNAME_NS"),
        ("_:b0.x", "BLANK_NODE_LABEL"),
        ("?x", "VAR"),
        ("$x", "VAR"),
        ("?1é", "VAR"),
        ("@ru-Latn", "LANGTAG"),
        ("@en--ltr", "LANGTAG"),
        ("1", "INTEGER"),
        ("+1", "INTEGER"),
        ("-1.5", "DECIMAL"),
        (".5", "DECIMAL"),
        ("1.e3", "DOUBLE"),
        ("-.5E-7", "DOUBLE"),
        ("'a'", "STRING_LITERAL1"),
        ('"a\\"b"', "STRING_LITERAL2"),
        ("'''a\n'b''c'''", "STRING_LITERAL_LONG1"),
        ('"""a\n"b""c\\""""', "STRING_LITERAL_LONG2"),
        ('""', "STRING_LITERAL2"),
        ("( \t\r\n)", "NIL"),
        ("[ ]", "ANON"),
        ("SELECT", "WORD"),
        ("GROUP_CONCAT", "WORD"),
        ("SHA256", "WORD"),
        ("^^", "PUNCTUATION"),
        ("||", "PUNCTUATION"),
        ("<=", "PUNCTUATION"),
        ("<<(", "PUNCTUATION"),
        ("# SERVICE <x> {}", "COMMENT"),
    ],
)
def test_a_terminal_is_one_token(text: str, kind: str) -> None:
    assert kinds(text) == [(kind, text)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("ex:a.", ["ex:a", "."]),
        ("ex:a.b.", ["ex:a.b", "."]),
        ("?x.?y", ["?x", ".", "?y"]),
        ("1.SERVICE", ["1", ".", "SERVICE"]),
        ("?a<?b", ["?a", "<", "?b"]),
        ("?a <5", ["?a", "<", "5"]),
        ("?a-1", ["?a", "-1"]),
        ("?a - 1", ["?a", "-", "1"]),
        ("ex:p?", ["ex:p", "?"]),
        ("ex:p?/ex:q", ["ex:p", "?", "/", "ex:q"]),
        ('"a"^^xsd:date', ['"a"', "^^", "xsd:date"]),
        ('"a"@en', ['"a"', "@en"]),
        ('"""a""""', ['"""a"""', None]),
        ("'a'#'b'\n'c'", ["'a'", "#'b'", "'c'"]),
        ("#a\rSELECT", ["#a", "SELECT"]),
        ("( #\n)", ["(", "#", ")"]),
        ("SERVICEex:a", ["SERVICEex:a"]),
        ("a:b", ["a:b"]),
        ("a :b", ["a", ":b"]),
    ],
)
def test_the_longest_terminal_wins(text: str, tokens: list[str | None]) -> None:
    if None in tokens:
        with pytest.raises(QuerySyntaxError):
            read(text)
    else:
        assert [text for _, text in kinds(text)] == tokens


@pytest.mark.parametrize(
    ("text", "reason", "line", "column"),
    [
        ("SELECT `", "unexpected character `", 1, 8),
        ("SELECT\n  \\", "unexpected character \\", 2, 3),
        ("SELECT \0", "unexpected character U+0000", 1, 8),
        ("SELECT 'a", "this string has no end", 1, 8),
        ("SELECT 'a\n'", "this string has no end", 1, 8),
        ('SELECT """a\n""', "this string has no end", 1, 8),
        (r"SELECT 'a\d'", r"\d is no escape sequence", 1, 10),
        ('SELECT """\n\\d"""', r"\d is no escape sequence", 2, 1),
        ("SELECT '\ud800'", "half of a surrogate pair is not a character", 1, 9),
        (r"SELECT '\uD800'", "half of a surrogate pair is not a character", 1, 9),
        (r"SELECT '\U00110000'", r"there is no character \U00110000", 1, 9),
        ("SELECT &", "unexpected character &", 1, 8),
    ],
)
def test_what_is_no_terminal_is_an_error_with_its_place(
    text: str, reason: str, line: int, column: int
) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        read(text)
    assert (caught.value.reason, caught.value.line, caught.value.column) == (reason, line, column)


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        (r"<ab\u00E9xy>", "<abéxy>"),
        (r"\u03B1:a", "\u03b1:a"),
        (r"a\u003Ab", "a:b"),
        (r"S\u0045LECT", "SELECT"),
        (r'"\U0001F46A"', '"\U0001f46a"'),
        (r'"\\u0041"', r'"\\u0041"'),
        (r'"\\\u0041"', r'"\\A"'),
        (r"\u0053ERVICE", "SERVICE"),
        (r"'\u0027", "''"),
        ("#\\u000ASELECT", "#\nSELECT"),
    ],
)
def test_codepoint_escapes_are_resolved_before_all_else(text: str, resolved: str) -> None:
    """SPARQL 1.1, §19.2, with its own examples."""
    assert read(text).text == resolved


def test_codepoint_escapes_are_resolved_only_once() -> None:
    with pytest.raises(QuerySyntaxError, match=r"unexpected character \\"):
        read(r"?x ?y \u005Cu0031")


@pytest.mark.parametrize(
    ("offset", "place"),
    [(0, (1, 1)), (3, (1, 4)), (4, (1, 10)), (5, (1, 11)), (6, (2, 1)), (8, (2, 3)), (9, (2, 13))],
)
def test_places_are_those_of_the_text_as_written(offset: int, place: tuple[int, int]) -> None:
    query = read("abc\\u0044E\nfg\\U00000048i")
    assert query.text == "abcDE\nfgHi"
    assert query.place(offset) == place


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_ending_counts(end: str) -> None:
    assert read(f"a{end}{end}b").place(1 + 2 * len(end)) == (3, 1)


PIECES = st.sampled_from(
    [
        *("SELECT", "?x", "$y", "ex:a.b", ":", "<http://a/b>", "<a", "_:b", "@en", "1", "-2.5"),
        *("'a'", '"b"', "'''c'''", '"""d"""', "(", ")", "{", "}", "[", "]", "^^", "||", "<", ">"),
        *("# x\n", "#", "\n", " ", "\t", "'", '"', "\\n", ".", "e", "é", "service"),
    ]
)


@given(st.lists(PIECES).map("".join))
def test_tokens_and_white_space_make_up_the_text(text: str) -> None:
    try:
        query = read(text)
    except QuerySyntaxError:
        return
    end = 0
    for token in query.tokens:
        assert not query.text[end : token.start].strip(" \t\r\n")
        assert query.text[token.start : token.end] == token.text
        end = token.end
    assert not query.text[end:].strip(" \t\r\n")


@given(st.text())
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        read(text)
    except QuerySyntaxError as error:
        line, column = error.line or 0, error.column or 0
    else:
        return
    lines = re.split(r"\r\n|\r|\n", text)
    assert 1 <= line <= len(lines)
    assert 1 <= column <= len(lines[line - 1]) + 1
