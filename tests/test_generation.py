"""Generations: whole or absent, named by their digest, and holding each layer where it belongs."""

import hashlib
import multiprocessing
import os
import shutil
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from communique import gate, sources
from communique.errors import BuildError
from communique.namespaces import INFERRED_GRAPH
from communique.store import generation
from communique.store.generation import Generation
from conftest import MINI, edit

EX = "https://example.org/"
ONE = "https://w3id.org/communique/id/one/"
CLAIM = (f"{EX}union", f"{EX}plansMergerWith", f"{EX}league")


@pytest.fixture(scope="module")
def built(generations: Path) -> Generation:
    """The small dataset, built."""
    return gate.build(MINI, generations)


def holds(built: Generation, graph: str | None, *triple: str) -> bool:
    """Tells whether a graph of a generation, or the default graph, holds a triple."""
    name = ox.DefaultGraph() if graph is None else ox.NamedNode(graph)
    subject, predicate, value = (ox.NamedNode(term) for term in triple)
    return ox.Quad(subject, predicate, value, name) in built.store


def size(built: Generation, graph: str | None) -> int:
    """Returns the number of triples in a graph."""
    name = ox.DefaultGraph() if graph is None else ox.NamedNode(graph)
    return len(list(built.store.quads_for_pattern(None, None, None, name)))


def test_is_named_by_its_digest(built: Generation, generations: Path) -> None:
    assert built.digest == sources.discover(MINI).digest
    assert built.path == generations / built.digest


def test_default_graph_is_facts_ontology_and_inferences(built: Generation) -> None:
    rdf_type = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    assert holds(built, None, f"{EX}north", f"{EX}memberOf", f"{EX}union")
    assert holds(built, None, f"{EX}north", rdf_type, f"{EX}Agent")
    assert holds(built, None, f"{EX}Bloc", rdf_type, "http://www.w3.org/2002/07/owl#Class")
    assert not holds(
        built, None, f"{EX}AgentShape", rdf_type, "http://www.w3.org/ns/shacl#NodeShape"
    )
    comment = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")
    assert not list(built.store.quads_for_pattern(None, comment, None, ox.DefaultGraph()))
    assert list(
        built.store.quads_for_pattern(None, comment, None, ox.NamedNode(f"{EX}graph/editorial"))
    )


def test_inferences_have_a_graph_of_their_own(built: Generation) -> None:
    triple = (f"{EX}union", f"{EX}hasMember", f"{EX}north")
    assert holds(built, INFERRED_GRAPH, *triple)
    assert holds(built, None, *triple)
    assert not holds(built, f"{EX}graph/agents", *triple)


def test_content_of_a_claim_is_only_in_the_graph_of_its_proposition(built: Generation) -> None:
    subject, predicate, value = (ox.NamedNode(term) for term in CLAIM)
    found = list(built.store.quads_for_pattern(subject, predicate, value, None))
    assert [quad.graph_name for quad in found] == [ox.NamedNode(f"{ONE}C1-p1")]
    assert size(built, f"{ONE}C1-p1") == 1


def test_what_two_files_say_is_one_fact(mini: Path, tmp_path: Path) -> None:
    before = gate.build(mini, tmp_path / "generations").manifest
    with (mini / "graph" / "articles" / "one.ttl").open("a") as file:
        file.write("\nex:north a ex:State .\n")
    after = gate.build(mini, tmp_path / "generations")
    assert after.manifest["default_triples"] == before["default_triples"] == size(after, None)
    assert after.manifest["quads"] == before["quads"] + 1 == len(set(after.store))


def test_manifest_counts_what_is_there(built: Generation) -> None:
    manifest = built.manifest
    assert set(manifest["graphs"]) == {
        f"{EX}ontology",
        f"{EX}graph/agents",
        f"{EX}graph/editorial",
        f"{EX}graph/one",
        f"{EX}shapes/agents",
        INFERRED_GRAPH,
    }
    for name, entry in manifest["graphs"].items():
        assert entry["triples"] == size(built, name) > 0, name
    assert manifest["default_triples"] == size(built, None)
    assert manifest["quads"] == len(built.store)
    assert manifest["propositions"] == 1
    assert manifest["versions"] == sources.versions()
    assert manifest["graphs"][f"{EX}graph/agents"] == {
        "kind": "graph",
        "file": "graph/agents.ttl",
        "sha256": hashlib.sha256((MINI / "graph" / "agents.ttl").read_bytes()).hexdigest(),
        "exact": True,
        "layer": "https://w3id.org/communique/value/background",
        "triples": 20,
    }


def test_store_is_read_only(built: Generation) -> None:
    with pytest.raises(RuntimeError, match="read-write"):
        built.store.add(ox.Quad(ox.NamedNode(EX), ox.NamedNode(EX), ox.NamedNode(EX)))


def test_literals_and_blank_nodes_survive(built: Generation) -> None:
    selector = ox.NamedNode("https://w3id.org/communique/ontology#selector")
    exact = ox.NamedNode("https://w3id.org/communique/ontology#exact")
    passage = ox.NamedNode(f"{ONE}P1.S2-quotation")
    for graph in (ox.DefaultGraph(), ox.NamedNode(f"{EX}graph/one")):
        [quad] = built.store.quads_for_pattern(passage, selector, None, graph)
        assert isinstance(quad.object, ox.BlankNode)
        [words] = built.store.quads_for_pattern(quad.object, exact, None, graph)
        assert words.object == ox.Literal("It seems there is no plan,")


def test_same_dataset_gives_same_quads(built: Generation, mini: Path, tmp_path: Path) -> None:
    again = gate.build(mini, tmp_path / "generations")
    assert again.path != built.path
    assert again.manifest == built.manifest
    assert set(again.store) == set(built.store)


def test_unchanged_dataset_is_not_built_again(built: Generation, generations: Path) -> None:
    stages: list[gate.Stage] = []
    before = built.path.stat().st_mtime_ns
    again = gate.build(MINI, generations, stages.append)
    assert again.digest == built.digest
    assert stages == []
    assert built.path.stat().st_mtime_ns == before


def test_changed_dataset_is_built_beside_the_old(mini: Path, tmp_path: Path) -> None:
    first = gate.build(mini, tmp_path / "generations")
    edit(mini / "graph" / "agents.ttl", '"League"', '"Leagues"')
    second = gate.build(mini, tmp_path / "generations")
    assert first.digest != second.digest
    assert len(list((tmp_path / "generations").iterdir())) == 2
    assert len(first.store) == len(second.store)


def test_opens_from_a_directory_nobody_may_write(built: Generation, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(built.path, tmp_path / built.digest))
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    opened = generation.open_generation(copy)
    assert set(opened.store) == set(built.store)
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before


def test_failed_build_leaves_nothing(
    mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BuildError, match="No space left on device") as raised:
        gate.build(mini, tmp_path / "generations")
    assert "--generations" in raised.value.advice
    assert list((tmp_path / "generations").iterdir()) == []


def test_remains_of_a_crash_are_removed_only_when_old(mini: Path, tmp_path: Path) -> None:
    directory = tmp_path / "generations"
    old, young = directory / ".building-old", directory / ".building-young"
    for place in (old, young):
        place.mkdir(parents=True)
    day_before_yesterday = time.time() - 2 * 24 * 60 * 60
    os.utime(old, (day_before_yesterday, day_before_yesterday))
    gate.build(mini, directory)
    assert not old.exists()
    assert young.exists()


def test_broken_generation_says_what_to_do(mini: Path, tmp_path: Path) -> None:
    built = gate.build(mini, tmp_path / "generations")
    path = built.path
    (path / "manifest.json").write_text("{")
    with pytest.raises(BuildError, match="cannot be opened") as raised:
        gate.build(mini, tmp_path / "generations")
    assert "delete that directory" in raised.value.advice
    shutil.rmtree(path)
    assert gate.build(mini, tmp_path / "generations").digest == built.digest


def test_unwritable_place_is_told(mini: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BuildError, match="cannot be written"):
        gate.build(mini, tmp_path / "file" / "generations")


def _build(root: Path, directory: Path, start: float) -> str:
    """Builds at a moment agreed on; returns the digest and the number of quads."""
    time.sleep(max(0.0, start - time.time()))
    built = gate.build(root, directory)
    return f"{built.digest} {len(list(built.store))}"


def test_concurrent_builders_do_not_harm_each_other(mini: Path, tmp_path: Path) -> None:
    directory = tmp_path / "generations"
    context = multiprocessing.get_context("spawn")
    start = time.time() + 2
    with context.Pool(4) as pool:
        found = pool.starmap(_build, [(mini, directory, start)] * 4)
    assert len(set(found)) == 1
    assert [path.name for path in directory.iterdir()] == [found[0].split()[0]]


def test_the_second_builder_uses_what_the_first_made(
    mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "generations"
    first = gate.build(mini, directory)
    # As if the first had finished while the second was building.
    hidden = first.path.rename(directory / "hidden")
    find = generation.find
    calls: list[str] = []

    def found_later(where: Path, digest: str) -> Generation | None:
        calls.append(digest)
        if len(calls) == 2:
            answer = find(where, digest)
            hidden.rename(first.path)
            return answer
        return find(where, digest)

    monkeypatch.setattr(generation, "find", found_later)
    second = gate.build(mini, directory)
    assert second.digest == first.digest
    assert [path.name for path in directory.iterdir()] == [first.digest]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"COMMUNIQUE_GENERATIONS": "/srv/g"}, "/srv/g"),
        ({"XDG_CACHE_HOME": "/srv/c"}, "/srv/c/communique/generations"),
    ],
)
def test_default_directory(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("COMMUNIQUE_GENERATIONS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert generation.default_directory().is_relative_to(Path.home())
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert generation.default_directory() == Path(expected)
