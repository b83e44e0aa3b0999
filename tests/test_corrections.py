"""docs/corrections.md holds: its files pass the gate, and its queries give the tables shown.

So do the questions in `tests/corrections/`, on the same dataset: the bundled one with the page's
files.  Nothing of it is in the bundled dataset, because nothing of it has happened.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import queries
from communique import gate, sources, turtle
from communique.store import query as store
from test_docs import DOCS, Example, blocks, examples_of

if TYPE_CHECKING:
    from communique.store.generation import Generation

PAGE: Final = DOCS / "corrections.md"
QUESTIONS: Final = sorted((Path(__file__).resolve().parent / "corrections").glob("*.rq"))
EXAMPLES: Final = list(examples_of(PAGE))

pytestmark = pytest.mark.slow


def write(root: Path) -> None:
    """Writes what the page tells to write, into a copy of the bundled dataset."""
    for kind in sources.Kind:
        shutil.copytree(sources.bundled_root() / kind, root / kind)
    for block, _text in blocks(PAGE, "turtle"):
        name, _, text = block[2].removeprefix("# ").partition("\n")
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") + "\n" if path.exists() else ""
        path.write_text(before + text, encoding="utf-8")


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory, generations: Path) -> Generation:
    """The bundled dataset with the decisions of the page, built."""
    root = tmp_path_factory.mktemp("decided") / "dataset"
    write(root)
    return gate.build(root, generations)


def test_what_the_page_writes_is_in_the_one_layout(tmp_path: Path) -> None:
    write(tmp_path / "dataset")
    for name in ("graph/editorial/decisions.ttl", "graph/articles/2005/11/edm-2-213.ttl"):
        text = (tmp_path / "dataset" / name).read_text(encoding="utf-8")
        formatted = turtle.format_text(text, name)
        for block, _text in blocks(PAGE, "turtle"):
            for node in block[2].partition("\n")[2].strip().split("\n\n"):
                if not node.startswith("@prefix") and f"# {name}\n" in block[2]:
                    assert node in formatted


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_query_gives_the_result_shown(decided: Generation, example: Example) -> None:
    assert example.table is not None
    answer = store.ask(decided, example.query)
    assert answer.variables == example.table.header
    assert tuple(answer.cells()) == example.table.rows
    shown = len(example.table.rows)
    assert queries.is_ordered(example.query) or shown == 1, "the order shown is accidental"


def test_there_are_examples_and_questions() -> None:
    assert len(EXAMPLES) >= 5
    assert len(QUESTIONS) >= 6


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_question_has_its_exact_answer(decided: Generation, path: Path) -> None:
    expected = queries.read_csv(path.with_suffix(".csv"))
    assert expected.rows
    queries.assert_answers(decided, path.read_text(encoding="utf-8"), expected)
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    assert re.match(rf"# {int(path.stem)}\. [A-Z]", first), first


def test_nothing_of_it_is_in_the_bundled_dataset(bundled: Generation) -> None:
    assert bundled.manifest["withdrawn"] == {"retracted": 0, "superseded": 0}
