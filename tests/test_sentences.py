"""The registers of the sentences with MUST or SHOULD of two specifications, and their tests.

Each row of a register is a sentence, in our words: the section, the keyword, whose duty it is, the
sentence, what we do otherwise and why, where we do, and the tests.  A sentence about clients is
tested by what the server makes of one that does not keep to it.  The first test of a row is named
by the section, and of a sentence that is kept it is that sentence's own.
"""

from __future__ import annotations

import csv
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

FOLDER: Final = Path(__file__).parent / "protocol"
REGISTERS: Final = {"sparql11-protocol": 33, "graph-store": 47}
"""How many sentences there are, so that none is lost."""
KEYWORDS: Final = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT"}
"""In capitals or not, as the specification has it."""


@dataclass(frozen=True)
class Sentence:
    """A row of a register."""

    section: str
    keyword: str
    of: str
    sentence: str
    deviation: str
    tests: str


def read(register: str) -> list[Sentence]:
    """Reads a register."""
    with (FOLDER / f"{register}.tsv").open(encoding="utf-8", newline="") as file:
        return [Sentence(**row) for row in csv.DictReader(file, delimiter="\t")]


SENTENCES: Final = [
    pytest.param(one, id=f"{register}-{one.section}-{number}")
    for register in REGISTERS
    for number, one in enumerate(read(register), 1)
]


@pytest.mark.parametrize("register", REGISTERS)
def test_no_sentence_is_lost_and_each_has_a_test_of_its_own(register: str) -> None:
    sentences = read(register)
    assert len(sentences) == REGISTERS[register]
    kept = [one.tests.split()[0] for one in sentences if not one.deviation]
    assert len(set(kept)) == len(kept)


@pytest.mark.parametrize("one", SENTENCES)
def test_the_tests_of_a_sentence_are_there_and_run(one: Sentence) -> None:
    assert one.keyword.upper() in KEYWORDS
    assert one.of in {"server", "client", "cache", "user"}
    first, *_ = names = one.tests.split()
    assert first.partition("::")[2].startswith(f"test_{one.section.replace('.', '_')}_")
    for name in names:
        module, _, function = name.partition("::")
        test = getattr(importlib.import_module(module), function)
        marks = {mark.name for mark in getattr(test, "pytestmark", [])}
        assert not marks & {"skip", "skipif", "xfail"}, f"{name} is not run"


def test_the_tests_of_all_sentences_run_in_this_session(request: pytest.FixtureRequest) -> None:
    """Each test that a register names is among those collected, of the files that are collected."""
    if request.config.getoption("keyword") or "::" in "".join(request.config.args):
        pytest.skip("only some tests of a file were asked for")
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    files = {item.path.stem for item in items}
    collected = {f"{item.path.stem}::{item.originalname}" for item in items}
    named = {name for register in REGISTERS for one in read(register) for name in one.tests.split()}
    assert {name for name in named if name.partition("::")[0] in files} <= collected
