"""Validating a change gives the verdict of validating everything, at a cost of its own.

The oracle is `validation.validate`, so pySHACL on all of the dataset, after each of many random
edits. How many the slow test makes, the environment variable COMMUNIQUE_EDITS says.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Final, cast

import pytest
from rdflib import RDFS, XSD, Literal, URIRef

from benchmarks import corpus
from communique import dataset, sources, validation
from communique.namespaces import CMQ
from communique.sources import Sources
from communique.store import terms
from communique.validation.change import Change, validate_change
from conftest import edit
from mutation.operators import OPERATORS, mutants
from revising import Edited, Editor, Ground, assert_same

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from communique.dataset import SourceGraph
    from communique.store.generation import Manifest
    from communique.validation import Report
    from mutation.operators import Mutant
    from revising import Triple

SEED: Final = 6
EDITS: Final = int(os.environ.get("COMMUNIQUE_EDITS", "2000"))
ENCODED: Final = "graph/articles/2005/11/edm-2-213.ttl"


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A corpus of one short article."""
    root = tmp_path_factory.mktemp("corpora") / "one"
    corpus.write(1, SEED, root, 1)
    return Ground.of(root)


@pytest.fixture(scope="session")
def two(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A corpus of two articles."""
    root = tmp_path_factory.mktemp("corpora") / "two"
    corpus.write(2, SEED + 1, root, 1)
    return Ground.of(root)


@pytest.fixture(scope="session")
def real() -> Ground:
    """The bundled dataset."""
    return Ground.of(sources.bundled_root())


def others(ground: Ground, seed: int) -> tuple[SourceGraph, ...]:
    """Returns articles that a corpus does not have, as they would lie in its folder."""
    root = ground.dataset.sources.root
    return tuple(
        dataset.read(
            sources.place(root, f"graph/{one.sheet.path}.ttl", one.sheet.turtle().encode())
        )
        for one in corpus.articles(2, seed, 1, 2)
    )


def try_edits(ground: Ground, count: int, seed: int, more: tuple[SourceGraph, ...] = ()) -> None:
    """Makes edits, and fails unless both verdicts agree on each; some are good and some are bad."""
    editor = Editor(ground, Random(seed), more)  # noqa: S311 - a choice of tests
    passed = [assert_same(ground, editor.edit()) for _ in range(count)]
    assert {*passed} == {True, False}


def test_verdict_on_some_random_edits(made_up: Ground) -> None:
    try_edits(made_up, 4, 2)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_verdict_on_many_random_edits(made_up: Ground, part: int) -> None:
    try_edits(made_up, EDITS // 25, SEED + part, others(made_up, SEED))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(5))
def test_verdict_on_random_edits_of_articles_that_share_entities(two: Ground, part: int) -> None:
    try_edits(two, EDITS // 25, SEED + part, others(two, SEED + 1))


@pytest.mark.slow
def test_verdict_on_random_edits_of_the_real_graph(real: Ground) -> None:
    try_edits(real, 20, SEED)


def of_mutant(ground: Ground, mutant: Mutant) -> Edited:
    """Returns an edit of the whole as one of its files."""
    removed, added = set(mutant.removed), set(mutant.added)
    graphs: dict[URIRef, frozenset[Triple] | None] = {}
    subjects = {triple[0] for triple in (*removed, *added)}
    for name, graph in ground.data.items():
        triples = frozenset(cast("frozenset[Triple]", graph.triples))
        if triples & removed or {subject for subject, _, _ in triples} & subjects:
            graphs[name] = (triples - removed) | added
            added = set()
    if added:
        name = next(iter(ground.data))
        graphs[name] = frozenset(cast("frozenset[Triple]", ground.data[name].triples)) | added
    return Edited(graphs)


@pytest.mark.slow
def test_verdict_on_slips_of_every_kind(real: Ground) -> None:
    chance = Random(SEED)  # noqa: S311 - a choice of tests
    found: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants(real.dataset.explicit):
        found[mutant.operator].append(mutant)
    assert found.keys() == OPERATORS.keys()
    for name in sorted(found):
        assert_same(real, of_mutant(real, chance.choice(found[name])))


# ---- what the edits of triples do not show


def change(root: Path, base: Ground, texts: Mapping[str, str | None]) -> tuple[Report, Report]:
    """Changes the texts of files; returns both verdicts."""
    files = {file.name: file for file in base.dataset.sources.files}
    written = {}
    removed = set()
    for name, text in texts.items():
        if text is None:
            removed |= {str(g.name) for g in base.data.values() if g.file.name == name}
            del files[name]
        else:
            files[name] = sources.place(root, name, text.encode())
            graph = dataset.read(files[name])
            written[str(graph.name)] = graph
    after = dataset.load(Sources(root, tuple(sorted(files.values(), key=sources.order))))
    found = validate_change(base.base, Change(root, written, frozenset(removed))).report
    return found, validation.validate(after)


def text_of(root: Path, name: str, old: str, new: str) -> dict[str, str | None]:
    """Returns a file with one text replaced."""
    text = (root / name).read_text(encoding="utf-8")
    assert old in text
    return {name: text.replace(old, new, 1)}


def test_findings_come_with_file_and_line_of_the_new_text(mini: Path) -> None:
    base = Ground.of(mini)
    league = 'ex:league a ex:Bloc ;\n    rdfs:label "League"@en .'
    some, whole = change(
        mini, base, text_of(mini, "graph/agents.ttl", league, "\n\nex:league a ex:Bloc .")
    )
    assert some.violations == whole.violations
    [violation] = some.violations
    assert violation.node == "https://example.org/league"
    old = (mini / "graph" / "agents.ttl").read_text(encoding="utf-8").splitlines()
    assert violation.line == old.index("ex:league a ex:Bloc ;") + 3


def test_finding_in_a_file_that_stays_comes_with_its_line(made_up: Ground) -> None:
    root = made_up.dataset.sources.root
    some, whole = change(
        root, made_up, text_of(root, "graph/places.ttl", "    a cmq:Region", "    a cmq:Person")
    )
    assert some.violations == whole.violations
    assert root / "graph" / "states.ttl" in {violation.file for violation in some.violations}
    assert all(violation.line for violation in some.violations)


def test_nothing_is_looked_at_where_nothing_changes(made_up: Ground) -> None:
    graphs = {str(name): graph for name, graph in made_up.data.items()}
    found = validate_change(made_up.base, Change(made_up.dataset.sources.root, graphs, frozenset()))
    assert not any(found.checked.values())
    assert found.report.passed


def test_same_triples_under_another_name_are_no_change(mini: Path) -> None:
    base = Ground.of(mini)
    text = (mini / "graph" / "agents.ttl").read_text(encoding="utf-8")
    renamed = base.data[URIRef("https://example.org/graph/agents")]
    file = sources.place(mini, "graph/renamed.ttl", text.encode())
    moved = replace(renamed, file=file, name=URIRef("https://example.org/graph/moved"))
    found = validate_change(
        base.base, Change(mini, {str(moved.name): moved}, frozenset({str(renamed.name)}))
    )
    assert not any(found.checked.values())


def test_subclasses_in_the_data_have_everything_looked_at(made_up: Ground) -> None:
    name, graph = next(iter(made_up.data.items()))
    triples = frozenset(cast("frozenset[Triple]", graph.triples))
    topic = URIRef(f"{CMQ}Sentence")
    added = (topic, RDFS.subClassOf, URIRef(f"{CMQ}Agent"))
    assert not assert_same(made_up, Edited({name: triples | {added}}))


def test_literals_that_the_store_changes_are_read_from_the_file(mini: Path) -> None:
    with (mini / "shapes" / "agents.ttl").open("a") as file:
        file.write(
            "ex:Sized a sh:NodeShape ; sh:targetNode ex:north ; sh:property [\n"
            "    sh:path ( ex:partOf ex:size ) ; sh:maxCount 1 ; sh:hasValue 07 ] .\n"
        )
    edit(mini / "graph" / "agents.ttl", "ex:league a", "ex:league ex:size 07 .\n\nex:league a")
    with (mini / "graph" / "articles" / "one.ttl").open("a") as file:
        file.write("ex:north ex:partOf ex:league .\n")
    base = Ground.of(mini)
    assert base.before.passed
    exact = {entry["file"]: entry["exact"] for entry in base.base.manifest["graphs"].values()}
    assert not exact["graph/agents.ttl"]
    assert exact["graph/articles/one.ttl"]
    further = "ex:north ex:partOf ex:office . ex:office ex:size 7 .\n\none:hedge a"
    for name, old, new in (
        ("graph/articles/one.ttl", "one:hedge a", further),
        ("graph/agents.ttl", "ex:size 07", "ex:size 7"),
    ):
        some, whole = change(mini, base, text_of(mini, name, old, new))
        assert some.violations == whole.violations
        assert [violation.node for violation in some.violations] == ["https://example.org/north"]


def test_blank_nodes_are_told_by_what_they_hang_on(mini: Path) -> None:
    with (mini / "shapes" / "agents.ttl").open("a") as file:
        file.write(
            "ex:Selector a sh:NodeShape ; sh:property [ sh:path ex:note ; sh:maxCount 0 ] ;\n"
            f"    sh:targetObjectsOf <{CMQ}selector> .\n"
            f"ex:Ended a sh:NodeShape ; sh:targetObjectsOf <{CMQ}selector> ; sh:property [\n"
            f"    sh:path ( [ sh:inversePath <{CMQ}selector> ] <{CMQ}passageOf> ex:lost ) ;\n"
            "    sh:maxCount 0 ] .\n"
        )
    base = Ground.of(mini)
    assert base.before.passed
    name = "graph/articles/one.ttl"
    # One finding at a node of the text that is written, three at nodes that stay as they are.
    some, whole = change(mini, base, text_of(mini, name, "cmq:end 73", "ex:note 1 ; cmq:end 73"))
    assert some.violations == whole.violations
    assert len(some.violations) == 1
    some, whole = change(mini, base, lost(mini))
    assert some.violations == whole.violations
    assert {violation.file for violation in some.violations} == {mini / name}
    assert len(some.violations) == 3


def lost(root: Path) -> dict[str, str | None]:
    """Returns a file that says of the text of an article that it is lost."""
    text = "<https://w3id.org/communique/id/one/text> ex:lost 1 .\n\nex:league a"
    return text_of(root, "graph/agents.ttl", "ex:league a", text)


def test_is_exact() -> None:
    def exact(text: str, datatype: URIRef | None = XSD.integer) -> bool:
        node = URIRef("https://example.org/")
        return terms.is_exact([(node, node, Literal(text, datatype=datatype, normalize=False))])

    assert exact("07", None)
    assert exact("7")
    assert not exact("07")
    assert exact("seven")
    assert not exact("2005-11-29T00:00:00+00:00", XSD.dateTime)
    assert exact("2005-11-29T00:00:00Z", XSD.dateTime)


# ---- the cost


def article(ground: Ground, number: int) -> SourceGraph:
    """Returns an article of a corpus."""
    name = f"synthetic-{number}.ttl"
    return next(g for g in ground.data.values() if g.file.path.name == name)


def looked_at(root: Path, articles: int) -> dict[str, dict[str, frozenset[str]]]:
    """Returns what changes of one article have looked at, in a corpus of so many."""
    corpus.write(articles, 1, root)
    ground = Ground.of(root)
    fifth = article(ground, 5)
    text = fifth.file.read().decode()
    found = {}
    for kind, old, new in (
        ("another title", 'dcterms:title "', 'dcterms:title "A new title, '),
        ("another date", "T00:00:00Z", "T00:00:01Z"),
        ("another speech act", "cmq:speechAct value:", "cmq:speechAct value:x"),
        ("another sentence", 'cmq:passageId "P1.S1"', 'cmq:passageId "P1.S9"'),
    ):
        assert old in text, kind
        file = sources.place(root, fifth.file.name, text.replace(old, new, 1).encode())
        written = {str(fifth.name): dataset.read(file)}
        extent = validate_change(ground.base, Change(root, written, frozenset()))
        found[kind] = dict(extent.checked)
    entries = {n: e for n, e in ground.base.manifest["graphs"].items() if n != str(fifth.name)}
    manifest = cast("Manifest", {**ground.base.manifest, "graphs": entries})
    without = replace(ground.base, manifest=manifest)
    written = {str(fifth.name): fifth}
    found["added"] = dict(validate_change(without, Change(root, written, frozenset())).checked)
    return found


@pytest.mark.slow
def test_as_much_is_looked_at_among_many_articles_as_among_few(tmp_path: Path) -> None:
    few, many = looked_at(tmp_path / "few", 10), looked_at(tmp_path / "many", 200)
    added = few.pop("added"), many.pop("added")
    assert few == many
    # An entity that was not mentioned before is looked at when it is; it may have been elsewhere.
    assert all(nodes <= added[0][shape] for shape, nodes in added[1].items())
    assert sum(map(len, added[1].values())) > 100
