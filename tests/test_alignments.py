"""Questions in the words of W3C ORG, PROV-O, Web Annotation, schema.org and SKOS, and no others.

Whoever knows those vocabularies gets exact answers without learning ours: reasoning supplies the
outside terms.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import queries

if TYPE_CHECKING:
    from communique.store.generation import Generation

FOLDER = Path(__file__).resolve().parent / "alignments"
QUESTIONS = sorted(FOLDER.glob("*.rq"))
VOCABULARIES = {
    "oa": "http://www.w3.org/ns/oa#",
    "org": "http://www.w3.org/ns/org#",
    "prov": "http://www.w3.org/ns/prov#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
DATA = {
    "edm-2-213": "https://w3id.org/communique/id/edm-2-213/",
    "id": "https://w3id.org/communique/id/",
    "topic": "https://w3id.org/communique/topic/",
}
"""What a query may name besides: single entities, articles' nodes and topics."""


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_question_has_its_exact_answer(bundled: Generation, path: Path) -> None:
    expected = queries.read_csv(path.with_suffix(".csv"))
    assert expected.rows
    queries.assert_answers(bundled, path.read_text(encoding="utf-8"), expected)


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_question_uses_outside_vocabularies_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    declared = dict(re.findall(r"^PREFIX ([\w-]+): <([^>]+)>$", text, re.MULTILINE))
    assert declared.items() <= (VOCABULARIES | DATA).items()
    assert VOCABULARIES.keys() & declared.keys()
    body = re.sub(r"^(#|PREFIX).*$", "", text, flags=re.MULTILINE)
    assert "<" not in body, "an IRI written in full would escape the check of prefixes"


def test_every_vocabulary_is_asked_in() -> None:
    assert len(QUESTIONS) >= 10
    text = "".join(path.read_text(encoding="utf-8") for path in QUESTIONS)
    assert [prefix for prefix in VOCABULARIES if f" {prefix}:" not in text] == []


@pytest.mark.parametrize("vocabulary", ["oa", "org", "prov", "schema"])
def test_outside_terms_come_from_reasoning_alone(bundled: Generation, vocabulary: str) -> None:
    """No source file writes a triple in them: they are answered, not stored by hand."""
    namespace = VOCABULARIES[vocabulary]
    query = f"""
    SELECT DISTINCT ?graph ?term WHERE {{
      GRAPH ?graph {{ ?subject ?property ?object }}
      BIND (IF(?property = rdf:type, ?object, ?property) AS ?term)
      FILTER (STRSTARTS(STR(?term), "{namespace}"))
    }}"""
    prefixes = "PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>\n"
    graphs = {graph for graph, _ in queries.select(bundled, prefixes + query).rows}
    assert graphs == {"https://w3id.org/communique/graph/inferred"}
