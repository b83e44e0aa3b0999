"""Tests of giving answers again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from communique.errors import RefusedQuery
from communique.store.workers.asking import Inline, Kept, Question
from communique.store.workers.cache import Cached
from communique.store.workers.messages import Head
from communique.store.writing import Bounds
from stores import EX, small

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from communique.store.generation import Generation
    from communique.store.workers.asking import Reply
    from communique.store.workers.messages import Asked

GENERATION = small()
QUESTION = Question("SELECT * { ?s ?p ?o }", forms={"select": "text/csv"})
SIZE = 100_000


def state(cache: Cached) -> tuple[int, int]:
    """Returns how many questions a cache answered, and how many it did not."""
    return cache.state.hits, cache.state.misses


def test_an_answer_is_given_again() -> None:
    cache = Cached(Inline(), SIZE)
    first = cache.ask(GENERATION, QUESTION, 1)
    again = cache.ask(GENERATION, replace(QUESTION, text=f"\r\n {QUESTION.text}\t"), 1)
    assert (again.head, again.whole) == (first.head, first.whole)
    assert b"".join(again) == first.whole
    assert state(cache) == (1, 1)


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, text="SELECT * { ?s ?p ?O }"),
        replace(QUESTION, default_graphs=(f"{EX}one",)),
        replace(QUESTION, named_graphs=(f"{EX}one",)),
        replace(QUESTION, forms={"select": "text/tab-separated-values"}),
        replace(QUESTION, rows=1),
        replace(QUESTION, bounds=Bounds(rows=7)),
    ],
)
def test_whatever_an_answer_depends_on_is_asked_apart(other: Question) -> None:
    cache = Cached(Inline(), SIZE)
    cache.ask(GENERATION, QUESTION, 1)
    cache.ask(GENERATION, other, 1)
    assert state(cache) == (0, 2)


def test_each_version_of_the_dataset_is_asked_apart() -> None:
    cache = Cached(Inline(), SIZE)
    newer = replace(GENERATION, manifest=GENERATION.manifest | {"digest": "1" * 64})
    cache.ask(GENERATION, QUESTION, 1)
    cache.ask(newer, QUESTION, 1)
    assert state(cache) == (0, 2)


def test_white_space_inside_a_query_is_not_touched() -> None:
    cache = Cached(Inline(), SIZE)
    for text in ("SELECT ('a b' AS ?x) {}", "SELECT ('a  b' AS ?x) {}"):
        reply = cache.ask(GENERATION, replace(QUESTION, text=text), 1)
        assert text.split("'")[1].encode() in (reply.whole or b"")


def test_what_is_different_each_time_is_not_kept() -> None:
    cache = Cached(Inline(), SIZE)
    question = replace(QUESTION, text="SELECT (UUID() AS ?x) {}")
    answers = {cache.ask(GENERATION, question, 1).whole for _ in range(3)}
    assert len(answers) == 3
    assert cache.state.entries == 0


def test_faults_are_not_kept() -> None:
    cache = Cached(Inline(), SIZE)
    for _ in range(2):
        with pytest.raises(RefusedQuery):
            cache.ask(GENERATION, replace(QUESTION, text="CLEAR ALL"), 1)
    assert (state(cache), cache.state.entries) == ((0, 2), 0)


def test_what_was_asked_longest_ago_gives_way() -> None:
    cache = Cached(Inline(), SIZE)
    first = replace(QUESTION, text="ASK {}", forms={"ask": "text/csv"})
    cache.ask(GENERATION, first, 1)
    number = 0
    while cache.state.entries == number + 1:
        number += 1
        cache.ask(GENERATION, replace(first, text=f"ASK {{}} #{number}"), 1)
        if number < 5:
            cache.ask(GENERATION, first, 1)
        assert cache.state.size <= SIZE
    assert number > 20
    hits, _ = state(cache)
    cache.ask(GENERATION, first, 1)
    assert state(cache)[0] == hits + 1
    cache.ask(GENERATION, replace(first, text="ASK {} #1"), 1)
    assert state(cache)[0] == hits + 1


class Piecemeal:
    """Answers in pieces, which fail or not."""

    def __init__(self, pieces: list[bytes], fault: RefusedQuery | None = None) -> None:
        self.pieces = pieces
        self.fault = fault
        self.asked = 0

    def ask(
        self,
        generation: Generation,
        question: Asked[Any],
        seconds: float,
        is_abandoned: Callable[[], bool] = bool,
    ) -> Reply[Any]:
        """Answers a question."""
        assert (generation, question, seconds) == (GENERATION, QUESTION, 1)
        assert not is_abandoned()
        self.asked += 1
        outer = self

        class Pieces(Kept[Any]):
            def __iter__(self) -> Iterator[bytes]:
                yield from outer.pieces
                if outer.fault is not None:
                    raise outer.fault

        reply = Pieces(Head("select", "text/csv", is_repeatable=True), b"")
        reply.whole = None
        return reply


def test_what_comes_in_pieces_is_kept_when_it_is_whole() -> None:
    source = Piecemeal([b"one", b"two"])
    cache = Cached(source, SIZE)
    reply = cache.ask(GENERATION, QUESTION, 1)
    assert reply.whole is None
    pieces = iter(reply)
    next(pieces)
    assert cache.state.entries == 0
    assert list(pieces) == [b"two"]
    assert cache.ask(GENERATION, QUESTION, 1).whole == b"onetwo"
    assert source.asked == 1


def test_what_breaks_off_or_is_too_large_is_not_kept() -> None:
    fault = RefusedQuery("too many", clause="rows")
    cache = Cached(Piecemeal([b"one"], fault), SIZE)
    with pytest.raises(RefusedQuery):
        list(cache.ask(GENERATION, QUESTION, 1))
    assert cache.state.entries == 0
    cache = Cached(Piecemeal([b"x" * SIZE]), SIZE)
    assert len(b"".join(cache.ask(GENERATION, QUESTION, 1))) == SIZE
    assert cache.state.entries == 0


def test_the_small_generation_has_no_place() -> None:
    """Else these tests would share one."""
    assert GENERATION.path == Path()
