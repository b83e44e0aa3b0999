"""Sequences of random edits, valid and invalid, held against checking and building the whole."""

from __future__ import annotations

import re
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from benchmarks import corpus
from changing import apply, derive, holds_the_same
from communique import gate, reasoning, sources
from communique.edits import Edit
from communique.errors import DataError, ValidationFailed
from communique.reasoning import schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rdflib import Graph

    from communique.reasoning import Schema

ARTICLES: Final = 3
STATEMENT: Final = re.compile(r"(?m)^    \S+ [^;\n]* ;\n")
SUBJECT: Final = re.compile(r"(?m)^([A-Za-z][\w.-]*:[\w.-]+) a ")
PART: Final = re.compile(r"cmq:(subject|predicate|object) ([^\s;,]+)")
LAYER: Final = re.compile(r"cmq:layer value:[a-z]+")
REMOVABLE: Final = re.compile("graph/(?:articles|editorial)/")
DECISION: Final = """{prefixes}
@prefix cmq: <https://w3id.org/communique/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix id: <https://w3id.org/communique/id/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix value: <https://w3id.org/communique/value/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<https://w3id.org/communique/graph/editorial/decision-{number}>
    a owl:Ontology ;
    dcterms:creator "The editors"@en ;
    dcterms:description "A decision."@en ;
    dcterms:license <https://creativecommons.org/licenses/by/4.0/> ;
    dcterms:title "A decision"@en ;
    cmq:layer value:editorial .

<https://w3id.org/communique/id/decision-{number}/decision>
    a cmq:Retraction ;
    rdfs:label "decision {number}"@en ;
    cmq:decidedOn "2026-01-10T09:00:00Z"^^xsd:dateTime ;
    cmq:reason value:withdrawn-by-source ;
    cmq:{kind} {one} ;
    dcterms:creator "The editors"@en ;
    dcterms:description "It was withdrawn."@en ;
    dcterms:source <https://example.org/notice> ;
    <https://example.org/note> {other} .
"""
CLASS: Final = re.compile(r"(?m)^(\S+) a owl:Class\b")


class Editor:
    """Makes up edits of a dataset's files, the same ones for the same seed.

    Args:
        root: The dataset's folder.
        seed: What decides all choices.
    """

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.random = Random(seed)  # noqa: S311 - choices, no secrets
        self.gone: dict[str, bytes] = {}
        vocabulary = sorted((root / "ontology").glob("*.ttl"))
        texts = [path.read_text(encoding="utf-8") for path in vocabulary]
        self.classes = [name for text in texts for name in CLASS.findall(text)]
        self.kinds: tuple[Callable[[], Edit | None], ...] = (
            self.remove,
            self.restore,
            self.drop_statement,
            self.say_again_elsewhere,
            self.assert_claim,
            self.give_class,
            self.break_syntax,
            self.take_header,
            self.reword,
            self.withdraw,
            self.move,
        )

    def names(self) -> list[str]:
        """The files under graph/."""
        files = sources.discover(self.root).files
        return [file.name for file in files if file.kind is sources.Kind.GRAPH]

    def edits(self) -> list[Edit]:
        """One edit or two of different files."""
        found: dict[str, Edit] = {}
        for _ in range(self.random.choice((1, 1, 1, 2))):
            edit = self.random.choice(self.kinds)()
            if edit is not None:
                found[edit.name] = edit
        return list(found.values())

    def text(self, name: str) -> str:
        """The text of a file."""
        return (self.root / name).read_text(encoding="utf-8")

    def any(self) -> str:
        """The name of any file."""
        return self.random.choice(self.names())

    def move(self) -> Edit | None:
        """Move a file to another layer, so that what it says becomes fact or no longer is."""
        name = self.any()
        layer = self.random.choice(("asserted", "background", "editorial"))
        text = LAYER.sub(f"cmq:layer value:{layer}", self.text(name), count=1)
        return Edit(name, text.encode())

    def withdraw(self) -> Edit | None:
        """Retract an article, a claim or whatever it is, or put one in the place of another."""
        text = self.text(self.any())
        found = SUBJECT.findall(text)
        if not found:
            return None
        number = self.random.randrange(1000)
        prefixes = "\n".join(line for line in text.splitlines() if line.startswith("@prefix"))
        decision = DECISION.format(
            number=number,
            prefixes=prefixes,
            one=self.random.choice(found),
            other=self.random.choice(found),
            kind=self.random.choice(("retracts", "retracts", "replaces")),
        )
        return Edit(f"graph/editorial/decision-{number}.ttl", decision.encode())

    def article(self) -> str:
        """The name of a file of an article or a decision."""
        return self.random.choice([name for name in self.names() if REMOVABLE.match(name)] or ["-"])

    def remove(self) -> Edit | None:
        """Remove an article or a decision."""
        name = self.article()
        if name == "-":
            return None
        self.gone[name] = (self.root / name).read_bytes()
        return Edit(name, None)

    def restore(self) -> Edit | None:
        """Put back what was removed."""
        if not self.gone:
            return None
        name = self.random.choice(sorted(self.gone))
        return Edit(name, self.gone[name])

    def drop_statement(self) -> Edit | None:
        """Leave out a statement."""
        name = self.any()
        text = self.text(name)
        found = list(STATEMENT.finditer(text))
        if not found:
            return None
        one = self.random.choice(found)
        return Edit(name, (text[: one.start()] + text[one.end() :]).encode())

    def say_again_elsewhere(self) -> Edit | None:
        """Two files then say the same, and one of them may stop."""
        text, name = self.text(self.any()), self.any()
        blocks = [block for block in text.split("\n\n") if SUBJECT.match(block)]
        if not blocks:
            return None
        prefixes = "\n".join(line for line in text.splitlines() if line.startswith("@prefix"))
        block = self.random.choice(blocks)
        return Edit(name, f"{self.text(name)}\n{prefixes}\n{block}\n".encode())

    def assert_claim(self) -> Edit | None:
        """Assert what somebody claims."""
        source = self.article()
        if source == "-":
            return None
        text, name = self.text(source), self.any()
        found = [dict(PART.findall(block)) for block in text.split("\n\n")]
        found = [parts for parts in found if len(parts) == 3]
        if not found:
            return None
        parts = self.random.choice(found)
        prefixes = "\n".join(line for line in text.splitlines() if line.startswith("@prefix"))
        added = f"{prefixes}\n{parts['subject']} {parts['predicate']} {parts['object']} .\n"
        return Edit(name, f"{self.text(name)}\n{added}".encode())

    def give_class(self) -> Edit | None:
        """Give a node one more class."""
        name = self.any()
        text = self.text(name)
        found = SUBJECT.findall(text)
        if not found:
            return None
        added = f"{self.random.choice(found)} a {self.random.choice(self.classes)} ."
        return Edit(name, f"{text}\n{added}\n".encode())

    def break_syntax(self) -> Edit | None:
        """Leave out a character."""
        name = self.any()
        text = self.text(name)
        place = self.random.randrange(len(text))
        return Edit(name, (text[:place] + text[place + 1 :]).encode())

    def take_header(self) -> Edit | None:
        """Give a file the header of another, or a new name."""
        name, other = self.any(), self.any()
        header = re.compile(r"(?m)^<[^>]*> a owl:Ontology")
        found = header.search(self.text(other))
        taken = found.group() if found and self.random.random() < 0.5 else None
        new = taken or f"<https://example.org/{self.random.randrange(1000)}> a owl:Ontology"
        return Edit(name, header.sub(new, self.text(name), count=1).encode())

    def reword(self) -> Edit | None:
        """Change a text."""
        name = self.any()
        text = self.text(name)
        found = list(re.finditer(r'"[^"\n]{3,}"@en', text))
        if not found:
            return None
        one = self.random.choice(found)
        return Edit(name, f'{text[: one.start()]}"other words"@en{text[one.end() :]}'.encode())


def run(root: Path, directory: Path, seed: int, steps: int) -> Counter[str]:
    """Makes random edits one after another, and looks at what comes of each.

    The shapes' verdict on changes is held against that on the whole by tests of its own.  So what
    they reject is not looked at again here, and what they accept is not validated again.

    Returns:
        How often the gate accepted edits, or raised what.
    """
    editor = Editor(root, seed)
    base = gate.build(root, directory)
    counts: Counter[str] = Counter()
    for _ in range(steps):
        edits = editor.edits()
        verdict: DataError | None = None
        try:
            with gate.propose(base, root, edits, directory) as candidate:
                after = candidate.publish()
        except DataError as fault:
            verdict = fault
        counts["accepted" if verdict is None else type(verdict).__name__] += 1
        if isinstance(verdict, ValidationFailed):
            continue
        before = [_as_it_is(root, edit.name) for edit in edits]
        apply(root, edits)
        if verdict is None:
            holds_the_same(after, root)
            base = after
        else:
            with pytest.raises(DataError) as raised:
                derive(root)
            assert gate.findings_of(verdict) == gate.findings_of(raised.value), edits
            apply(root, before)
    return counts


def _as_it_is(root: Path, name: str) -> Edit:
    path = root / name
    return Edit(name, path.read_bytes() if path.exists() else None)


@pytest.fixture
def schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closes each ontology once."""
    known: dict[frozenset[object], Schema] = {}

    def close_schema(ontology: Graph) -> Schema:
        key = frozenset(ontology)
        if key not in known:
            known[key] = schema.close_schema(ontology)
        return known[key]

    monkeypatch.setattr(reasoning, "close_schema", close_schema)


@pytest.mark.usefixtures("schemas")
def test_random_edits_of_the_small_dataset(mini: Path, tmp_path: Path) -> None:
    counts = run(mini, tmp_path / "generations", seed=1, steps=4)
    assert counts["accepted"] >= 1


@pytest.mark.slow
@pytest.mark.usefixtures("schemas")
@pytest.mark.parametrize("seed", range(20, 26))
def test_many_random_edits_of_the_small_dataset(mini: Path, tmp_path: Path, seed: int) -> None:
    counts = run(mini, tmp_path / "generations", seed, steps=25)
    assert counts["accepted"] >= 10


@pytest.mark.slow
@pytest.mark.usefixtures("schemas")
@pytest.mark.parametrize("seed", range(2))
def test_random_edits_of_the_bundled_dataset(bundled_copy: Path, tmp_path: Path, seed: int) -> None:
    counts = run(bundled_copy, tmp_path / "generations", seed, steps=10)
    assert counts["accepted"] >= 1


@pytest.mark.slow
@pytest.mark.usefixtures("schemas")
@pytest.mark.parametrize("seed", range(2))
def test_random_edits_of_a_corpus(tmp_path: Path, seed: int) -> None:
    root = tmp_path / "corpus"
    corpus.write(ARTICLES, seed, root)
    counts = run(root, tmp_path / "generations", seed, steps=15)
    assert counts["accepted"] >= 1
