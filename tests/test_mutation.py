"""The shapes catch slips: edit the real graph, and see whether a violation names the edited node.

Each operator of `mutation/operators.py` makes one kind of slip wherever it can be made. The quick
test takes an edit of each; the slow one takes a hundred (or as many as the environment variable
COMMUNIQUE_MUTANTS says), and holds the score against the target. The edits that no shape notices
are in `mutation/survivors.tsv`, each with the reason.
"""

from __future__ import annotations

import csv
import os
import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from rdflib import RDF

import test_corrections
from communique import dataset, sources
from mutation.judge import Judge
from mutation.operators import OPERATORS, Mutant, mutants
from mutation.vocabulary import CMQ

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE: Final = Path(__file__).resolve().parent
SURVIVORS: Final = HERE / "mutation" / "survivors.tsv"
SEED: Final = 213
SCORE: Final = 0.98


@cache
def judge() -> Judge:
    """Returns the judge, with the dataset of the checkout before it."""
    return Judge(dataset.load(sources.discover(HERE.parent)))


@cache
def edits() -> dict[str, list[Mutant]]:
    """Returns every edit of every operator."""
    found: dict[str, list[Mutant]] = {name: [] for name in OPERATORS}
    for mutant in mutants(judge().data):
        found[mutant.operator].append(mutant)
    return found


@cache
def explained() -> dict[str, str]:
    """Returns the edits that are known to survive, each with the reason."""
    with SURVIVORS.open(encoding="utf-8", newline="") as file:
        return {row["edit"]: row["reason"] for row in csv.DictReader(file, delimiter="\t")}


def sample(each: int) -> list[Mutant]:
    """Returns some edits of each operator, the same ones every time."""
    chance = random.Random(SEED)  # noqa: S311 - a choice of tests, not a secret
    return [
        mutant
        for found in edits().values()
        for mutant in (found if len(found) <= each else chance.sample(found, each))
    ]


def survivors(chosen: Iterable[Mutant]) -> list[str]:
    """Returns the edits that no violation names."""
    return [str(mutant) for mutant in chosen if not judge().notices(mutant)]


def test_there_are_operators_and_edits_enough() -> None:
    assert len(OPERATORS) >= 20
    assert all(edits().values()), "an operator fits nowhere"
    assert sum(map(len, edits().values())) >= 500


def test_some_edits_of_every_operator_are_noticed() -> None:
    chosen = sample(1)
    assert len(chosen) == len(OPERATORS)
    assert [edit for edit in survivors(chosen) if edit not in explained()] == []


@pytest.mark.slow
def test_nearly_all_edits_are_noticed() -> None:
    chosen = sample(int(os.environ.get("COMMUNIQUE_MUTANTS", "100")))
    assert len(chosen) >= 500
    surviving = survivors(chosen)
    assert 1 - len(surviving) / len(chosen) >= SCORE
    assert [edit for edit in surviving if edit not in explained()] == []


@pytest.mark.slow
def test_every_edit_of_a_decision_is_noticed(tmp_path: Path) -> None:
    """Nothing in the graph is retracted or superseded; the examples of the documentation are."""
    test_corrections.write(tmp_path / "dataset")
    examined = Judge(dataset.load(sources.discover(tmp_path / "dataset")))
    decisions = {
        node
        for kind in (CMQ.Correction, CMQ.Retraction, CMQ.Supersession)
        for node in examined.data.subjects(RDF.type, kind)
    }
    chosen = [
        mutant
        for mutant in mutants(examined.data)
        if any(triple[0] in decisions for triple in (*mutant.removed, *mutant.added))
    ]
    assert len(chosen) > 50
    assert [str(mutant) for mutant in chosen if not examined.notices(mutant)] == []


def test_the_list_of_survivors_is_of_edits_that_exist() -> None:
    known = {str(mutant) for found in edits().values() for mutant in found}
    assert set(explained()) - known == set()
    assert all(reason.endswith(".") for reason in explained().values())
