"""Tests of writing answers while they are computed, and of their bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.errors import RefusedQuery, UnwritableAnswer
from communique.store import query, writing
from communique.store.results import FORMATS, Answer
from communique.store.writing import Bounds
from stores import small

TABLES = [f.media_type for f in FORMATS if "select" in f.kinds]
GRAPHS = [f.media_type for f in FORMATS if "graph" in f.kinds]
GENERATION = small()
MANY = writing.GROUPED + 5


class Pieces(list[bytes]):
    """An output that keeps what it gets apart."""

    def write(self, data: bytes, /) -> int:
        """Keeps some bytes."""
        self.append(data)
        return len(data)


def numbers(count: int) -> str:
    """Returns a pattern with `count` solutions."""
    return f"VALUES ?n {{ {' '.join(map(str, range(count)))} }}"


def answer(text: str) -> Answer:
    """Asks the small generation."""
    return query.ask(GENERATION, text)


@pytest.mark.parametrize("media_type", TABLES)
def test_a_table_comes_in_pieces_that_make_up_the_whole(media_type: str) -> None:
    text = f"SELECT ?n {{ {numbers(5000)} }}"
    pieces = Pieces()
    answer(text).write(media_type, pieces)
    assert len(pieces) > 1
    assert b"".join(pieces) == answer(text).serialize(media_type)


@pytest.mark.parametrize("media_type", GRAPHS)
def test_a_large_graph_comes_in_pieces(media_type: str) -> None:
    text = f"CONSTRUCT {{ <http://example.org/s> <http://example.org/p> ?n }} {{ {numbers(MANY)} }}"
    pieces = Pieces()
    answer(text).write(media_type, pieces)
    assert len(pieces) > 4
    assert b"".join(pieces).count(str(MANY - 1).encode()) == 1


@pytest.mark.parametrize("media_type", TABLES)
@pytest.mark.parametrize("rows", [1, 2, 700, 2000])
def test_a_table_may_have_as_many_rows_as_the_bound_and_no_more(media_type: str, rows: int) -> None:
    text = f"SELECT ?n ?m {{ {numbers(rows)} BIND('\"}}}},{{<result>\\n' AS ?m) }}"
    answer(text).write(media_type, Pieces(), Bounds(rows=rows))
    if rows > 1:
        with pytest.raises(RefusedQuery, match="more than") as caught:
            answer(text).write(media_type, Pieces(), Bounds(rows=rows - 1))
        assert caught.value.clause == "rows"


@given(
    st.lists(st.text('"}{],:\n\r<result>\\a', max_size=12), min_size=2, max_size=40),
    st.sampled_from(TABLES),
)
def test_no_literal_is_taken_for_a_row(texts: list[str], media_type: str) -> None:
    escaped = [
        t.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
        for t in texts
    ]
    literals = " ".join(f'"{text}"' for text in escaped)
    text = f"SELECT ?x ?y {{ VALUES ?x {{ {literals} }} BIND(?x AS ?y) }}"
    answer(text).write(media_type, Pieces(), Bounds(rows=len(texts)))
    with pytest.raises(RefusedQuery):
        answer(text).write(media_type, Pieces(), Bounds(rows=len(texts) - 1))


@pytest.mark.parametrize("media_type", GRAPHS)
def test_a_graph_may_have_as_many_triples_as_the_bound_and_no_more(media_type: str) -> None:
    text = f"CONSTRUCT {{ <http://example.org/s> <http://example.org/p> ?n }} {{ {numbers(50)} }}"
    answer(text).write(media_type, Pieces(), Bounds(rows=50))
    with pytest.raises(RefusedQuery):
        answer(text).write(media_type, Pieces(), Bounds(rows=49))


@pytest.mark.parametrize("media_type", TABLES)
def test_an_answer_may_be_as_long_as_the_bound_and_no_longer(media_type: str) -> None:
    text = f"SELECT ?n {{ {numbers(3000)} }}"
    size = len(answer(text).serialize(media_type))
    answer(text).write(media_type, Pieces(), Bounds(size=size))
    with pytest.raises(RefusedQuery) as caught:
        answer(text).write(media_type, Pieces(), Bounds(size=size - 1))
    assert caught.value.clause == "bytes"


def test_what_xml_cannot_express_is_found_across_pieces() -> None:
    """U+FFFE is three bytes, which come to lie at every place around a border of pieces."""
    for length in range(8000, 8100):
        text = f"SELECT ?x {{ BIND('{'a' * length}\\uFFFE' AS ?x) }}"
        with pytest.raises(UnwritableAnswer):
            answer(text).write("application/sparql-results+xml", Pieces())


@pytest.mark.parametrize("function", ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()"])
def test_an_answer_knows_that_asking_again_gives_another(function: str) -> None:
    assert not answer(f"SELECT ({function} AS ?x) {{}}").is_repeatable
    assert answer(f"SELECT ?x {{ BIND('{function}' AS ?x) }}").is_repeatable
