"""Tests of exporting: equal datasets give equal bytes, and all of a dataset is in them."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from communique import dataset, gate, sources
from communique.errors import CallError
from communique.namespaces import INFERRED_GRAPH
from communique.store import exporting
from communique.store.generation import Generation, Manifest
from conftest import MINI

EX = "https://example.org/"
ONE = f"{EX}graph/one"
AGENTS = f"{EX}graph/agents"
PARSED = {
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "turtle": ox.RdfFormat.TURTLE,
    "jsonld": ox.RdfFormat.JSON_LD,
}
RDFC = "http://example.com/#"
SPECIFIED = [
    # RDFC-1.0, appendix A.1: unique hashes
    (
        "<#p> <#q> _:e0 . <#p> <#r> _:e1 . _:e0 <#s> <#u> . _:e1 <#t> <#u> .",
        "<#p> <#q> _:c14n0 .|<#p> <#r> _:c14n1 .|_:c14n0 <#s> <#u> .|_:c14n1 <#t> <#u> .",
    ),
    # Likewise, A.2: shared hashes
    (
        "<#p> <#q> _:e0, _:e1 . _:e0 <#p> _:e2 . _:e1 <#p> _:e3 . _:e2 <#r> _:e3 .",
        (
            "<#p> <#q> _:c14n2 .|<#p> <#q> _:c14n3 .|_:c14n0 <#r> _:c14n1 .|"
            "_:c14n2 <#p> _:c14n1 .|_:c14n3 <#p> _:c14n0 ."
        ),
    ),
]


@pytest.fixture(scope="module")
def built(generations: Path) -> Generation:
    """The small dataset, built."""
    return gate.build(MINI, generations)


def held(text: str) -> Generation:
    """Returns a generation in memory with the quads of a text in TriG."""
    store = ox.Store()
    store.load(text.encode(), ox.RdfFormat.TRIG, base_iri=RDFC.rstrip("#"))
    manifest = Manifest(
        format=1,
        digest="0" * 64,
        versions={},
        default_triples=len(store),
        quads=len(store),
        propositions=0,
        withdrawn={"retracted": 0, "superseded": 0},
        graphs={},
    )
    return Generation(Path(), manifest, store)


def read(content: bytes, form: str) -> ox.Dataset:
    """Reads an export, with canonical names for its blank nodes."""
    found = ox.Dataset(ox.parse(content, format=PARSED[form]))
    found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return found


@pytest.mark.parametrize(("text", "canonical"), SPECIFIED, ids=["unique", "shared"])
def test_nquads_are_what_the_recommendation_gives(text: str, canonical: str) -> None:
    expected = canonical.replace("<#", f"<{RDFC}").replace("|", "\n") + "\n"
    assert exporting.export(held(text), "nquads").content.decode() == expected


def test_nquads_escape_as_the_recommendation_says() -> None:
    """RDFC-1.0, section 5: these characters are escaped, and no others."""
    text = r'<#a> <#b> "\u0000\b\t\n\u000B\f\r\u001F\"\\\u007F\u0080é" .'
    line = exporting.export(held(text), "nquads").content.decode()
    assert r'"\u0000\b\t\n\u000B\f\r\u001F\"\\\u007F' + '\x80é"' in line
    assert line.count("\n") == 1


def test_nquads_are_in_order_of_code_points() -> None:
    text = '<#a> <#b> "\U0001f600", "\uffee", "a", "Z" ; <#B> "b" .'
    lines = exporting.export(held(text), "nquads").content.decode().splitlines()
    assert len(lines) == 5
    assert lines == sorted(lines)


@pytest.mark.parametrize("form", exporting.FORMATS)
def test_equal_datasets_give_equal_bytes(
    built: Generation, mini: Path, tmp_path: Path, form: str
) -> None:
    path = mini / "graph" / "articles" / "one.ttl"
    head, *blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    path.write_text("# Other lines.\n" + "\n\n".join([head, *reversed(blocks)]), encoding="utf-8")
    other = gate.build(mini, tmp_path / "generations")
    assert other.digest != built.digest
    assert set(other.store) != set(built.store)
    one, two = (exporting.export(each, form) for each in (built, other))
    assert one.content == two.content
    assert one.sha256 == two.sha256


def test_another_dataset_gives_other_bytes(built: Generation, mini: Path, tmp_path: Path) -> None:
    with (mini / "graph" / "agents.ttl").open("a", encoding="utf-8") as file:
        file.write("\nex:north ex:memberOf ex:league .\n")
    other = gate.build(mini, tmp_path / "generations")
    assert exporting.export(other, "nquads").sha256 != exporting.export(built, "nquads").sha256


@pytest.mark.parametrize("form", ["nquads", "trig", "jsonld"])
def test_formats_for_datasets_have_all(built: Generation, form: str) -> None:
    exported = exporting.export(built, form)
    everything = ox.Dataset(built.store)
    everything.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    assert set(read(exported.content, form)) == set(everything)
    assert exported.statements == len(everything) == built.manifest["quads"]


def test_turtle_has_the_default_graph(built: Generation) -> None:
    exported = exporting.export(built, "turtle")
    assert len(read(exported.content, "turtle")) == built.manifest["default_triples"]
    assert exported.statements == built.manifest["default_triples"]


def test_turtle_has_the_merge_of_the_graphs_asked_for(built: Generation) -> None:
    exported = exporting.export(built, "turtle", [ONE, AGENTS, ONE])
    counts = [built.manifest["graphs"][name]["triples"] for name in (ONE, AGENTS)]
    assert exported.statements == sum(counts) == len(read(exported.content, "turtle"))


@pytest.mark.parametrize("name", [ONE, INFERRED_GRAPH, exporting.DEFAULT])
def test_only_the_graph_asked_for(built: Generation, name: str) -> None:
    found = read(exporting.export(built, "nquads", [name]).content, "nquads")
    graph = ox.DefaultGraph() if name == exporting.DEFAULT else ox.NamedNode(name)
    assert {quad.graph_name for quad in found} == {graph}
    assert len(found) == len(list(built.store.quads_for_pattern(None, None, None, graph)))


def test_the_graph_of_a_proposition(built: Generation) -> None:
    name = "https://w3id.org/communique/id/one/C1-p1"
    expected = f"<{EX}union> <{EX}plansMergerWith> <{EX}league> <{name}> .\n"
    assert exporting.export(built, "nquads", [name]).content.decode() == expected


def test_without_inferences_what_the_files_say_is_left(built: Generation) -> None:
    loaded = dataset.load(sources.discover(MINI))
    found = read(exporting.export(built, "nquads", inferred=False).content, "nquads")
    names = {quad.graph_name for quad in found}
    assert ox.NamedNode(INFERRED_GRAPH) not in names
    assert len(list(found.quads_for_graph_name(ox.DefaultGraph()))) == len(
        loaded.facts + loaded.ontology
    )
    everything = read(exporting.export(built, "nquads").content, "nquads")
    assert set(found) < set(everything)
    assert len(everything) - len(found) == 2 * built.manifest["graphs"][INFERRED_GRAPH]["triples"]


@pytest.mark.parametrize("name", [f"{EX}nowhere", "one", ""])
def test_unknown_graph(built: Generation, name: str) -> None:
    with pytest.raises(CallError, match="has no graph") as raised:
        exporting.export(built, "nquads", [name])
    assert f"default, {AGENTS}, " in raised.value.advice


def test_inferences_are_not_both_asked_for_and_left_out(built: Generation) -> None:
    with pytest.raises(CallError, match="both asked for and left out"):
        exporting.export(built, "nquads", [INFERRED_GRAPH], inferred=False)
