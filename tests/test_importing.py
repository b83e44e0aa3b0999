"""Import: what was exported comes back as the same files, through the gate, or nothing does."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from communique import cli, gate, importing, sources, turtle
from communique.errors import CallError, CommuniqueError, DataError
from communique.namespaces import BASE, GRAPH, ID, INFERRED_GRAPH
from communique.store import exporting
from conftest import edit

if TYPE_CHECKING:
    from click.testing import Result

AGENTS: Final = "graph/agents.ttl"
_NAMES: Final = (
    ("<https://example.org/graph/one>", f"<{GRAPH}articles/one>"),
    ("<https://example.org/graph/", f"<{GRAPH}"),
    ("<https://example.org/shapes/", f"<{BASE}shapes/"),
    ("ex:ontology a owl:Ontology", f"<{BASE}ontology> a owl:Ontology"),
    # N-Quads know no prefixes: what is written with others than the project's comes back in full.
    ("https://example.org/", ID),
)
"""What the small dataset calls its graphs, and what ours are called."""


@pytest.fixture
def named(mini: Path) -> Path:
    """The small dataset, in the one layout, with the names that its files would give its graphs."""
    (mini / "ontology" / "mini.ttl").rename(mini / "ontology" / "communique.ttl")
    for file in sources.discover(mini).files:
        text = file.path.read_text(encoding="utf-8")
        for old, new in _NAMES:
            text = text.replace(old, new)
        # Without the head: a format that has no comments cannot bring one back.
        text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        file.path.write_text(turtle.format_text(text, file.path), encoding="utf-8")
    return mini


def exported(root: Path, place: Path, form: str = "nquads") -> Path:
    """A dataset as one file."""
    path = place / f"dataset.{form}"
    path.write_bytes(exporting.export(gate.build(root, place / "built"), form).content)
    return path


def take(
    path: Path,
    root: Path,
    form: str | None = "nquads",
    *,
    replace: bool = False,
    dry_run: bool = False,
) -> importing.Applied:
    """Imports a file."""
    return importing.apply(
        [path], form, root, path.parent / "generations", replace=replace, dry_run=dry_run
    )


def texts(root: Path) -> dict[str, bytes]:
    """The files of a dataset."""
    return {file.name: file.read() for file in sources.discover(root).files}


def quads(tmp_path: Path, text: str, name: str = "some.trig") -> Path:
    """A file to import, in TriG if nothing else is said."""
    head = f"@prefix : <{GRAPH}> . @prefix ex: <https://example.org/> .\n"
    head += f"@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix cmq: <{BASE}ontology#> .\n"
    head += (
        f"@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix value: <{BASE}value/> .\n"
    )
    path = tmp_path / name
    path.write_text(head + text, encoding="utf-8")
    return path


def test_every_format_of_export_can_be_imported() -> None:
    assert set(importing.FORMATS) == set(exporting.FORMATS)


@pytest.mark.parametrize("form", ["nquads", "trig", "jsonld"])
def test_an_export_comes_back_as_the_same_files(named: Path, tmp_path: Path, form: str) -> None:
    path = exported(named, tmp_path, form)
    applied = take(path, tmp_path / "copy", form)
    assert texts(tmp_path / "copy") == texts(named)
    assert applied.before is None
    assert applied.after == sources.discover(named).digest
    assert sorted(applied.changed) == sorted(texts(named))
    assert applied.imported.left_out > 0
    again = exported(tmp_path / "copy", tmp_path / "copy" / "..", form)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_the_bundled_dataset_comes_back_byte_for_byte(
    bundled_copy: Path, tmp_path: Path, generations: Path
) -> None:
    path = tmp_path / "dataset.nq"
    path.write_bytes(exporting.export(gate.build(bundled_copy, generations), "nquads").content)
    take(path, tmp_path / "copy", None)
    assert texts(tmp_path / "copy") == texts(bundled_copy)


def test_each_graph_can_come_as_turtle(named: Path, tmp_path: Path) -> None:
    paths = [file.path for file in sources.discover(named).files]
    importing.apply(paths, None, tmp_path / "copy", tmp_path / "generations")
    assert texts(tmp_path / "copy") == texts(named)


def test_what_is_there_is_kept_unless_told(mini: Path, tmp_path: Path) -> None:
    path = exported(mini, tmp_path)
    assert take(path, mini).changed == (), "in another layout they say the same"
    edit(mini / AGENTS, '"League"', '"Leagues"')
    before = texts(mini)
    with pytest.raises(CallError, match=r"already: graph/agents\.ttl"):
        take(path, mini)
    assert texts(mini) == before
    would = take(path, mini, replace=True, dry_run=True)
    assert would.changed == (AGENTS,)
    assert texts(mini) == before
    applied = take(path, mini, replace=True)
    assert (applied.changed, applied.after) == (would.changed, would.after)
    text = (mini / AGENTS).read_text(encoding="utf-8")
    assert '"League"' in text
    assert "ex:league\n" in text, "it keeps the prefixes that its file has"
    assert sources.discover(mini).digest == applied.after


def test_the_comment_at_the_head_stays(mini: Path, tmp_path: Path) -> None:
    path = exported(mini, tmp_path)
    text = "# By hand.\n\n" + (mini / AGENTS).read_text(encoding="utf-8").replace("League", "L")
    (mini / AGENTS).write_text(text, encoding="utf-8")
    take(path, mini, replace=True)
    assert (mini / AGENTS).read_text(encoding="utf-8").startswith("# By hand.\n\n@prefix")


def test_a_new_graph_becomes_a_new_file(mini: Path, tmp_path: Path) -> None:
    text = (
        ":x/new { :x/new a owl:Ontology ; cmq:layer value:asserted . "
        'ex:west a ex:State ; rdfs:label "West"@en }'
    ).replace(":x/new", f"<{GRAPH}x/new>")
    applied = take(quads(tmp_path, text), mini, None)
    assert applied.changed == ("graph/x/new.ttl",)
    assert applied.imported.graphs == {"graph/x/new.ttl": GRAPH + "x/new"}
    assert 'rdfs:label "West"@en' in (mini / "graph/x/new.ttl").read_text(encoding="utf-8")


def test_what_the_gate_rejects_changes_nothing(mini: Path, tmp_path: Path) -> None:
    text = ":new { :new a owl:Ontology ; cmq:layer value:asserted . ex:west a ex:State }"
    before = texts(mini)
    with pytest.raises(DataError, match="shapes reject"):
        take(quads(tmp_path, text), mini, None)
    assert texts(mini) == before
    with pytest.raises(DataError):
        take(quads(tmp_path, ":new { ex:west a ex:State }"), tmp_path / "new", None)
    assert not (tmp_path / "new").exists()


def test_dry_run_makes_no_folder(named: Path, tmp_path: Path) -> None:
    path = exported(named, tmp_path)
    would = take(path, tmp_path / "copy", dry_run=True)
    assert would.after == sources.discover(named).digest
    assert not (tmp_path / "copy").exists()
    assert list(tmp_path.glob(".copy*")) == []


HEADED: Final = ":a { :a a owl:Ontology ; cmq:layer value:asserted . "
REFUSED: Final = {
    "a default graph of its own": (
        HEADED + "} ex:west a ex:State .",
        "default graph has a triple that is in no named graph",
    ),
    "a claim that says something else": (
        HEADED
        + "ex:p a cmq:Proposition ; cmq:subject ex:s ; cmq:predicate ex:q ; cmq:object ex:o }"
        " ex:p { ex:s ex:q ex:other }",
        "the graph of the proposition",
    ),
    "a name that no file can have": (
        "<https://example.org/elsewhere> { <https://example.org/elsewhere> a owl:Ontology }",
        "no name that a new graph can have",
    ),
    "a way out of the folder": (
        f"<{GRAPH}../../evil> {{ <{GRAPH}../../evil> a owl:Ontology }}",
        "cannot be the name of a file|no name that a new graph can have",
    ),
    "a graph without a name": ("_:g { ex:a a ex:State }", "a blank node for a name"),
    "two graphs in one file": (
        HEADED + f"}} <{GRAPH}A> {{ <{GRAPH}A> a owl:Ontology }}",
        "would be the same file",
    ),
    "no TriG": (":a { :a a ", "not valid TriG"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_what_would_be_lost_or_misplaced(
    mini: Path, tmp_path: Path, text: str, message: str
) -> None:
    before = texts(mini)
    with pytest.raises(CommuniqueError, match=message):
        take(quads(tmp_path, text), mini, None)
    assert texts(mini) == before


def test_refuses_turtle_without_a_header(mini: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no header"):
        take(quads(tmp_path, "ex:west a ex:State .", "some.ttl"), mini, None)


@pytest.mark.parametrize(
    "context", ['"https://example.org/c.jsonld"', '{"@import": "file:///etc/passwd"}']
)
def test_refuses_contexts_that_are_elsewhere(mini: Path, tmp_path: Path, context: str) -> None:
    path = tmp_path / "some.jsonld"
    path.write_text(f'{{"@context": {context}, "@id": "ex:a"}}', encoding="utf-8")
    with pytest.raises(DataError, match="would have to be fetched — write the context"):
        take(path, mini, None)


@pytest.mark.parametrize("name", ["some.rdf", "some.owl", "some.xml"])
def test_refuses_rdf_xml_and_says_why(mini: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("<rdf:RDF/>", encoding="utf-8")
    with pytest.raises(CallError, match="by its entities — convert it"):
        take(tmp_path / name, mini, None)


def test_does_not_guess_a_format(mini: Path, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="give --format"):
        take(quads(tmp_path, "", "some.txt"), mini, None)


def test_says_where_the_syntax_is_wrong(mini: Path, tmp_path: Path) -> None:
    path = tmp_path / "some.nq"
    path.write_text("<http://a/b> <http://a/c> <http://a/d> .\n<http://a/b> nonsense .\n")
    with pytest.raises(DataError) as raised:
        take(path, mini, None)
    assert (raised.value.file, raised.value.line) == (path, 2)


def test_refuses_a_folder_with_something_else(mini: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(CallError, match="no dataset"):
        take(exported(mini, tmp_path), tmp_path / "home")


def test_blank_nodes_of_two_files_never_meet(tmp_path: Path) -> None:
    paths = []
    for number in (1, 2):
        graph = f"<{GRAPH}g{number}>"
        path = tmp_path / f"{number}.nq"
        path.write_text(
            f"{graph} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
            f"<http://www.w3.org/2002/07/owl#Ontology> {graph} .\n"
            f"_:b <http://a/p> <http://a/{number}> {graph} .\n",
            encoding="utf-8",
        )
        paths.append(path)
    found = importing.read(paths, None, {})
    assert [b"[]\n    <http://a/p>" in (each.content or b"") for each in found.edits] == [True] * 2


# --- Whatever a dataset says

_IRIS: Final = st.sampled_from([f"https://example.org/{name}" for name in "abc"]).map(ox.NamedNode)
_BLANK: Final = st.sampled_from("xyz").map(ox.BlankNode)
_LITERALS: Final = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=6).map(ox.Literal),
    st.sampled_from(["01", "1.50", "7"]).map(
        lambda text: ox.Literal(
            text, datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")
        )
    ),
    st.sampled_from(["en", "ru-latn"]).map(lambda tag: ox.Literal("слово", language=tag)),
)
_TRIPLES: Final = st.lists(
    st.builds(ox.Triple, _IRIS | _BLANK, _IRIS, _IRIS | _BLANK | _LITERALS), max_size=6
)


@given(said=st.dictionaries(st.sampled_from(["one", "two", "deep/three"]), _TRIPLES, min_size=1))
@settings(deadline=None, max_examples=30)
def test_what_is_written_is_what_is_read(said: dict[str, list[ox.Triple]]) -> None:
    """N-Quads → files → the same graphs; and those files again → the same bytes."""
    type_ = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    ontology = ox.NamedNode("http://www.w3.org/2002/07/owl#Ontology")
    dataset = ox.Dataset()
    for name, triples in said.items():
        graph = ox.NamedNode(GRAPH + name)
        for triple in (ox.Triple(graph, type_, ontology), *triples):
            dataset.add(ox.Quad(triple.subject, triple.predicate, triple.object, graph))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "all.nq"
        path.write_bytes(ox.serialize(dataset, format=ox.RdfFormat.N_QUADS) or b"")
        found = importing.read([path], None, {})
        paths = []
        for each in found.edits:
            assert each.content is not None
            part = Path(folder) / each.name.replace("/", "-")
            part.write_bytes(each.content)
            paths.append(part)
            graph = ox.NamedNode(found.graphs[each.name])
            expected, told = ox.Dataset(), ox.Dataset()
            for quad in dataset.quads_for_graph_name(graph):
                expected.add(ox.Quad(quad.subject, quad.predicate, quad.object))
            for quad in ox.parse(each.content, format=ox.RdfFormat.TURTLE):
                told.add(quad)
            for either in (expected, told):
                either.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
            assert set(told) == set(expected)
        again = importing.read(paths, "turtle", {})
    assert {e.name: e.content for e in again.edits} == {e.name: e.content for e in found.edits}
    assert {e.name for e in found.edits} == {f"graph/{name}.ttl" for name in said}


# --- The command


def call(*words: object) -> Result:
    """Calls the program."""
    return CliRunner().invoke(cli.main, [str(word) for word in words], catch_exceptions=False)


def test_the_command_tells_what_came_of_it(named: Path, tmp_path: Path) -> None:
    path, built = exported(named, tmp_path), ("--generations", tmp_path / "generations")
    words = ("import", path, "--format", "nquads", "--dataset", tmp_path / "copy", *built)
    would = call(*words, "--dry-run")
    assert would.exit_code == 0
    assert "would change" in would.stderr
    assert not (tmp_path / "copy").exists()
    done = call(*words, "--json")
    entry = json.loads(done.stdout)
    assert would.stdout.split() == entry["changed"]
    assert entry["graphs"][AGENTS] == GRAPH + "agents"
    assert entry["after"] == sources.discover(named).digest
    assert entry["before"] is None
    assert INFERRED_GRAPH not in entry["graphs"].values()
    again = call(*words)
    assert again.exit_code == 0
    assert "0 files changed" in again.stderr


def test_exit_status_says_whose_fault_it_is(mini: Path, tmp_path: Path) -> None:
    built = ("--dataset", mini, "--generations", tmp_path / "generations")
    wrong = call("import", quads(tmp_path, ":a { "), *built)
    assert (wrong.exit_code, "some.trig:" in wrong.stderr) == (1, True)
    (tmp_path / "some.rdf").write_text("<rdf:RDF/>", encoding="utf-8")
    assert call("import", tmp_path / "some.rdf", *built).exit_code == 2
