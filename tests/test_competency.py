"""The sample questions: each gives its exact answer on the bundled dataset."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import queries

if TYPE_CHECKING:
    from communique.store.generation import Generation

FOLDER = Path(__file__).resolve().parent / "competency"
QUESTIONS = sorted(FOLDER.glob("*.rq"))


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_question_has_its_exact_answer(bundled: Generation, path: Path) -> None:
    queries.assert_answers(
        bundled, path.read_text(encoding="utf-8"), queries.read_csv(path.with_suffix(".csv"))
    )


def test_questions_and_answers_come_in_pairs() -> None:
    assert len(QUESTIONS) >= 50
    assert [path.stem for path in QUESTIONS] == sorted(path.stem for path in FOLDER.glob("*.csv"))


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_first_line_is_the_question_in_plain_words(path: Path) -> None:
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    assert re.match(rf"# {int(path.stem)}\. [A-Z“]", first), first
    assert "cmq:" not in first


def test_no_answer_is_empty_without_a_reason() -> None:
    """A question that nothing answers would pass for the wrong reason as well."""
    empty = [path.stem for path in QUESTIONS if not queries.read_csv(path.with_suffix(".csv")).rows]
    assert empty == []
