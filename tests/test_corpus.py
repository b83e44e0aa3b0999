"""Tests of the synthetic corpora: as the real article, always the same, and one after another."""

import hashlib
import tracemalloc
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from rdflib import RDF, URIRef

from benchmarks import corpus
from benchmarks.synthetic.pool import KINDS, Pool
from benchmarks.synthetic.profile import COUNTS, SENTENCES, share
from communique import anchors, dataset, gate, sources, turtle, validation
from communique.namespaces import CMQ, INFERRED_GRAPH

ENCODED = "graph/articles/2005/11/edm-2-213.ttl"


def kinds(files: list[Path]) -> Counter[str]:
    """Counts the nodes of each class of the vocabulary."""
    found: Counter[str] = Counter()
    for file in files:
        classes = turtle.parse(file).objects(None, RDF.type)
        found.update(str(name).removeprefix(CMQ) for name in classes if str(name).startswith(CMQ))
    return found


def articles_in(root: Path) -> list[Path]:
    return sorted((root / "graph" / "articles").rglob("*.ttl"))


def digest(root: Path) -> str:
    whole = hashlib.sha256()
    for file in sorted(root.rglob("*.ttl")):
        whole.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    return whole.hexdigest()


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of three articles."""
    root = tmp_path_factory.mktemp("corpus") / "three"
    corpus.write(3, 7, root, texts=True)
    return root


def test_the_same_seed_gives_the_same_bytes(three: Path, tmp_path: Path) -> None:
    corpus.write(3, 7, tmp_path / "again")
    corpus.write(3, 8, tmp_path / "other")
    assert digest(three) == digest(tmp_path / "again")
    assert digest(three) != digest(tmp_path / "other")


def test_the_bytes_are_those_of_every_machine() -> None:
    # A change here is a change of every published measurement: say so in docs/benchmarks.md.
    whole = hashlib.sha256()
    for sheet in corpus.graphs(20, 1):
        whole.update(sheet.nquads().encode())
    assert whole.hexdigest() == "7afb1576e4f8fe3b5c8b4dfff514b61076c3d6d2294b5ac9dc9c1bc8d2b18d5d"


def test_a_smaller_corpus_is_the_beginning_of_a_larger_one() -> None:
    few = [one.sheet.turtle() for one in corpus.articles(5, 1)]
    many = [one.sheet.turtle() for one in islice(corpus.articles(100_000, 1), 5)]
    assert few == many
    assert next(corpus.articles(1, 1, first=4)).sheet.turtle() == few[4]


@pytest.mark.slow
def test_the_real_shapes_accept_it(three: Path) -> None:
    report = validation.validate(dataset.load(sources.discover(three)))
    assert not report.violations, [str(violation) for violation in report.violations]


@pytest.mark.slow
@pytest.mark.parametrize(("articles", "length"), [(12, corpus.SHORT), (1, SENTENCES)])
def test_the_real_gate_accepts_it_and_it_exercises_the_ontology(
    articles: int, length: int, tmp_path: Path
) -> None:
    corpus.write(articles, 3, tmp_path / "made", length)
    generation = gate.build(tmp_path / "made", tmp_path / "generations")
    names = ("coMemberOf", "holdsPost", "linkedTo", "memberOf", "onBehalfOf", "reportedBy")
    for name in names:
        query = f"ASK {{ GRAPH <{INFERRED_GRAPH}> {{ ?subject <{CMQ}{name}> ?object }} }}"
        assert generation.store.query(query), name


def test_every_anchor_resolves_in_the_text(three: Path) -> None:
    loaded = dataset.load(sources.discover(three))
    for text in sorted((three / "texts").iterdir()):
        report = anchors.resolve(loaded, text.read_bytes())
        assert report.passed, report.mismatches
        assert report.totals["sentence"] == corpus.SHORT
        assert not report.unanchored


def test_it_is_written_in_the_layout_of_the_project(three: Path) -> None:
    for file in sorted((three / "graph").rglob("*.ttl")):
        text = file.read_text(encoding="utf-8")
        assert turtle.format_text(text, file) == text


def test_a_full_article_has_the_nodes_of_the_encoded_one(tmp_path: Path) -> None:
    corpus.write(1, 1, tmp_path / "full", SENTENCES)
    encoded = kinds([sources.bundled_root() / ENCODED])
    made = kinds(articles_in(tmp_path / "full"))
    assert made.keys() == encoded.keys()
    for kind, count in encoded.items():
        # The encoding is still worked on; a corpus that followed every change would be no measure.
        assert made[kind] == pytest.approx(count, rel=0.15, abs=1), kind


def test_short_articles_have_them_in_proportion(tmp_path: Path) -> None:
    count = 39
    corpus.write(count, 1, tmp_path / "short")
    encoded = kinds([sources.bundled_root() / ENCODED])
    made = kinds(articles_in(tmp_path / "short"))
    assert made.keys() == encoded.keys()
    scale = count * corpus.SHORT / SENTENCES
    # Left out: what every article has at least once, however short.
    once = {"Article", "Encoding", "Heading", "Publication", "SourceText"}
    scarce = {"Dispatch", "EncodingRule", "OfficeHolding", "PublicStatement", "Selector"}
    for kind in encoded.keys() - once - scarce:
        assert made[kind] == pytest.approx(encoded[kind] * scale, rel=0.2, abs=2), kind


def test_shares_add_up() -> None:
    for kind, count in COUNTS.items():
        shares = [share(kind, article, corpus.SHORT) for article in range(SENTENCES)]
        assert sum(shares) == count * corpus.SHORT
        assert max(shares) - min(shares) <= 1


def test_short_articles_have_about_350_triples() -> None:
    sizes = [one.sheet.size for one in corpus.articles(60, 1)]
    assert min(sizes) >= 200
    assert max(sizes) <= 450


def test_memory_does_not_grow_with_the_corpus() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        for one in corpus.articles(count, 1):
            one.sheet.nquads()
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    peak(1)
    assert peak(60) < 2 * peak(10)


def test_entities_are_shared_and_their_number_is_bounded() -> None:
    for kind in KINDS:
        numbers = [kind.available(10**power, corpus.SHORT) for power in range(8)]
        assert numbers == sorted(numbers)
        assert numbers[-1] == kind.bound
    pool = Pool(1, corpus.SHORT)
    for kind in KINDS:
        for entity in islice(pool.all(kind, 1000), 0, None, 7):
            number = pool.introduction(entity)
            assert kind.available(number, corpus.SHORT) > entity.number
            assert not number or kind.available(number - 1, corpus.SHORT) <= entity.number


def test_nquads_say_what_the_files_say(three: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus.main(["--articles", "3", "--seed", "7", "--nquads"])
    lines = set(capsys.readouterr().out.splitlines())
    expected: set[str] = set()
    for file in sorted((three / "graph").rglob("*.ttl")):
        graph = turtle.parse(file)
        name = URIRef(f"https://w3id.org/communique/{file.relative_to(three).with_suffix('')}")
        for triple in graph:
            expected.add(f"{' '.join(term.n3() for term in (*triple, name))} .")
    assert lines == expected


def test_the_command_refuses_what_it_cannot_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["--articles", "0", "--nquads"], ["--articles", "2", "--out", str(tmp_path)]):
        with pytest.raises(SystemExit) as ended:
            corpus.main(arguments)
        assert ended.value.code == 2
    assert "exists already" in capsys.readouterr().err
