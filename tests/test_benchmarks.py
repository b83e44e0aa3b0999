"""Tests of the parts of the benchmarks that could be wrong without anybody noticing."""

import sys
from pathlib import Path

import pytest

from benchmarks import corpus, measuring, report
from benchmarks.comparison import compare, facts
from benchmarks.workers.ours_changes import build
from communique.namespaces import CMQ, OWL, RDF

TRIPLES = f"""\
<urn:a> <{CMQ}memberOf> <urn:b> .
<urn:a> <{RDF}type> <{CMQ}State> .
<urn:a> <{RDF}type> <{OWL}Thing> .
<urn:a> <{OWL}sameAs> <urn:a> .
<{OWL}Thing> <{RDF}type> <{OWL}Class> .
<urn:a> <{RDF}type> _:expression .
_:expression <{RDF}type> <{OWL}Class> .
"literal" <{RDF}type> <{OWL}Thing> .
"""


def test_only_facts_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "triples.nt"
    path.write_text(TRIPLES, encoding="utf-8")
    assert {value for _, _, value in facts(path)} == {"<urn:b>", f"<{CMQ}State>"}


def test_differences_are_told_by_property_and_class() -> None:
    state = ("<urn:a>", f"<{RDF}type>", f"<{CMQ}State>")
    member = ("<urn:a>", f"<{CMQ}memberOf>", "<urn:b>")
    common = ("<urn:b>", f"<{CMQ}hasMember>", "<urn:a>")
    found = compare(frozenset({state, common}), frozenset({member, common}))
    assert found.both == 1
    assert found.missing == {"a cmq:State": 1}
    assert found.extra == {"cmq:memberOf": 1}


def test_a_power_is_fitted() -> None:
    factor, power = report.fit([(10.0, 3 * 10**1.5), (40.0, 3 * 40**1.5), (90.0, 3 * 90**1.5)])
    assert factor == pytest.approx(3)
    assert power == pytest.approx(1.5)


def test_a_measurement_tells_time_and_memory() -> None:
    code = "import json; x = bytearray(50_000_000); print(json.dumps({'seconds': {'close': 1}}))"
    outcome = measuring.run([sys.executable, "-c", code], 60)
    assert outcome.status == "ok"
    assert outcome.seconds == {"close": 1.0}
    assert outcome.peak > 50_000_000
    assert outcome.wall > 0


def test_a_measurement_that_takes_too_long_is_given_up() -> None:
    outcome = measuring.run([sys.executable, "-c", "import time; time.sleep(60)"], 0.2)
    assert outcome.status == "not within 0.2 s"
    assert outcome.wall < 30


def test_a_measurement_that_fails_says_why() -> None:
    outcome = measuring.run([sys.executable, "-c", "raise ValueError('no corpus')"], 60)
    assert outcome.status == "failed: ValueError: no corpus"


def test_results_go_between_their_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- x: begin -->\nold\n<!-- x: end -->\nafter\n", encoding="utf-8")
    report.insert(page, "x", "new")
    report.insert(page, "x", "newer")
    text = "before\n<!-- x: begin -->\n\nnewer\n<!-- x: end -->\nafter\n"
    assert page.read_text(encoding="utf-8") == text


@pytest.mark.slow
def test_changes_leave_the_closure_as_it_was(tmp_path: Path) -> None:
    made, _ = build(3, 2, 1, tmp_path)
    before = made.digest()
    (article,) = (one.sheet for one in corpus.articles(1, 1, first=3))
    made.add(article)
    assert made.digest() != before
    made.remove(article)
    assert made.digest() == before
