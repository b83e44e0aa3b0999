"""Retracted and superseded matter through the whole program: out of the facts, and said so."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from changing import next_one, same_generation
from communique import cli, gate, namespaces
from communique.edits import Edit
from communique.namespaces import CMQ, INFERRED_GRAPH, PREFIXES, RDF, WITHDRAWN_GRAPH
from communique.store import notices
from communique.store.query import ask
from communique.web import create_app
from conftest import MINI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

    from communique.store.generation import Generation

EX: Final = "https://example.org/"
ONE: Final = namespaces.ID + "one/"
DECISIONS: Final = "graph/decisions.ttl"
ARTICLE: Final = "graph/articles/two.ttl"
_PREFIXES: Final = f"@prefix ex: <{EX}> .\n@prefix one: <{ONE}> .\n" + "".join(
    f"@prefix {prefix}: <{name}> .\n" for prefix, name in PREFIXES.items()
)
TWO: Final = f"""{_PREFIXES}
<{EX}graph/two> a owl:Ontology ; cmq:layer value:asserted .
ex:article a cmq:Article ; rdfs:label "Two"@en .
ex:west a ex:State ; rdfs:label "West"@en ; ex:memberOf ex:union .
ex:C9 a ex:Claim ; cmq:content ex:p9 .
ex:p9 a cmq:Proposition ; cmq:subject ex:west ; cmq:predicate ex:plansMergerWith ;
    cmq:object ex:league .
"""


def decisions(*made: str) -> Edit:
    """A file with decisions of the editors."""
    head = f"{_PREFIXES}\n<{EX}graph/decisions> a owl:Ontology ; cmq:layer value:editorial .\n"
    return Edit(DECISIONS, (head + "\n".join(made)).encode())


def retraction(target: str, name: str = "ex:retraction") -> str:
    """A retraction in Turtle."""
    return f"""{name} a cmq:Retraction ; cmq:retracts {target} ;
    cmq:reason value:withdrawn-by-source ; cmq:decidedOn "2006-01-10T09:00:00Z"^^xsd:dateTime ;
    dcterms:creator "The editors"@en ; dcterms:source <https://example.org/notice> ;
    dcterms:description "<b>It</b> was never said."@en ; rdfs:label "that retraction"@en ."""


def supersession(older: str, newer: str, name: str = "ex:supersession") -> str:
    """A supersession in Turtle."""
    return f"{name} a cmq:Supersession ; cmq:replaces {older} ; cmq:replacement {newer} ."


def build(root: Path, directory: Path, *edits: Edit) -> Generation:
    """A dataset with edits, built."""
    for edit in edits:
        (root / edit.name).write_bytes(edit.content or b"")
    return gate.build(root, directory)


def holds(generation: Generation, triple: str, graph: str = "") -> bool:
    """Whether a graph, or the default one, has a triple."""
    prefixes = f"PREFIX ex: <{EX}> PREFIX one: <{ONE}> "
    prefixes += "".join(f"PREFIX {prefix}: <{name}> " for prefix, name in PREFIXES.items())
    where = f"GRAPH <{graph}> {{ {triple} }}" if graph else triple
    return bool(ask(generation, f"{prefixes} ASK {{ {where} }}").boolean)


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Generation]:
    """The small dataset with a claim and an article that are retracted, and its generation."""
    place = tmp_path_factory.mktemp("decided")
    root = Path(shutil.copytree(MINI, place / "mini"))
    made = decisions(retraction("one:C1"), retraction("ex:article", "ex:other"))
    return root, build(root, place / "generations", made, Edit(ARTICLE, TWO.encode()))


@pytest.fixture(scope="module")
def generation(decided: tuple[Path, Generation]) -> Generation:
    """The generation of it."""
    return decided[1]


def test_default_queries_leave_it_out(generation: Generation) -> None:
    for triple in (
        "one:C1 a ?class",
        "one:C1-p1 ?property ?value",
        "one:hedge ?property ?value",
        "ex:west ?property ?value",
        "?anything ex:hasMember ex:west",
    ):
        assert not holds(generation, triple), triple
    assert holds(generation, "ex:union ex:hasMember ex:north")


def test_its_named_graphs_keep_it(generation: Generation) -> None:
    assert holds(generation, "one:C1 cmq:content one:C1-p1", f"{EX}graph/one")
    assert holds(generation, "ex:west ex:memberOf ex:union", f"{EX}graph/two")
    assert holds(generation, "ex:union ex:plansMergerWith ex:league", f"{ONE}C1-p1")
    assert holds(generation, "ex:west ex:plansMergerWith ex:league", f"{EX}p9")
    assert not holds(generation, "ex:union ex:hasMember ex:west", INFERRED_GRAPH)


def test_what_is_withdrawn_is_marked(generation: Generation) -> None:
    for node in ("one:C1", "one:C1-p1", "one:hedge"):
        assert holds(generation, f"{node} cmq:withdrawnBy ex:retraction", WITHDRAWN_GRAPH)
    for node in ("ex:article", "ex:west", "ex:C9", "ex:p9"):
        assert holds(generation, f"{node} cmq:withdrawnBy ex:other", WITHDRAWN_GRAPH)
    assert not holds(generation, "?node cmq:withdrawnBy ?decision")
    assert not holds(generation, "one:E1 cmq:withdrawnBy ?decision", WITHDRAWN_GRAPH)


def test_the_decision_is_a_fact(generation: Generation) -> None:
    assert holds(generation, "ex:retraction cmq:retracts one:C1 ; cmq:reason ?why")
    assert not holds(generation, 'ex:union rdfs:comment "Other sources give another year."@en')


def test_the_manifest_counts_it(generation: Generation) -> None:
    assert generation.manifest["withdrawn"] == {"retracted": 2, "superseded": 0}
    entry = generation.manifest["graphs"][WITHDRAWN_GRAPH]
    assert (entry["kind"], entry["file"]) == ("withdrawn", None)
    found = generation.store.quads_for_pattern(None, None, None, ox.NamedNode(WITHDRAWN_GRAPH))
    assert entry["triples"] == len(list(found)) > 0


def test_nothing_is_marked_where_nothing_is_withdrawn(mini: Path, tmp_path: Path) -> None:
    built = build(mini, tmp_path / "generations")
    assert built.manifest["withdrawn"] == {"retracted": 0, "superseded": 0}
    assert WITHDRAWN_GRAPH not in built.manifest["graphs"]
    assert not built.store.contains_named_graph(ox.NamedNode(WITHDRAWN_GRAPH))
    assert notices.told(built.manifest) == notices.field(built.manifest) == ""


def test_a_contradiction_ends_with_the_retraction_of_one_side(mini: Path, tmp_path: Path) -> None:
    strange = TWO + "ex:union a ex:Place .\n"
    (mini / ARTICLE).write_text(strange, encoding="utf-8")
    assert not gate.check(mini).passed
    built = build(mini, tmp_path / "generations", decisions(retraction("ex:article")))
    assert holds(built, "ex:union a ex:Bloc")
    assert not holds(built, "ex:union a ex:Place")


def test_content_of_a_claim_may_not_become_fact_by_its_retraction(mini: Path) -> None:
    """What somebody claimed is no fact, whether or not the claim is withdrawn."""
    path = mini / "graph" / "agents.ttl"
    text = path.read_text(encoding="utf-8") + "\nex:union ex:plansMergerWith ex:league .\n"
    path.write_text(text, encoding="utf-8")
    (mini / DECISIONS).write_bytes(decisions(retraction("one:C1")).content or b"")
    report = gate.check(mini)
    assert [finding.check for finding in report.findings] == ["claim"]


def test_no_file_can_be_the_graph_of_what_is_withdrawn(mini: Path) -> None:
    (mini / "graph" / "mine.ttl").write_text(
        f"<{WITHDRAWN_GRAPH}> a <http://www.w3.org/2002/07/owl#Ontology> .", encoding="utf-8"
    )
    [finding] = gate.check(mini).findings
    assert "made when the dataset is built" in finding.message


# --- Later decisions: the same as from scratch

STEPS: Final = {
    "a retraction": [decisions(retraction("one:C1"))],
    "an article, and its retraction": [
        Edit(ARTICLE, TWO.encode()),
        decisions(retraction("ex:article")),
    ],
    "a supersession": [Edit(ARTICLE, TWO.encode()), decisions(supersession("one:C1", "ex:C9"))],
    "both": [decisions(retraction("ex:article"), supersession("one:C1", "ex:C9"))],
    "another decision on the same": [decisions(retraction("one:C1", "ex:again"))],
    "the claim is no longer there": [
        Edit(
            "graph/articles/one.ttl",
            (MINI / "graph/articles/one.ttl").read_bytes().split(b"one:C1 a")[0],
        )
    ],
    "the claim is there again": [
        Edit("graph/articles/one.ttl", (MINI / "graph/articles/one.ttl").read_bytes())
    ],
    "nothing any more": [Edit(DECISIONS, None)],
    "no article any more": [Edit(ARTICLE, None)],
}


def test_later_decisions_give_what_building_from_scratch_gives(mini: Path, tmp_path: Path) -> None:
    current = gate.build(mini, tmp_path / "generations")
    for name in ("an article, and its retraction", "both", "nothing any more"):
        current = next_one(current, mini, STEPS[name])
        same_generation(current, mini, tmp_path / "scratch")
    assert WITHDRAWN_GRAPH not in current.manifest["graphs"]


@pytest.mark.slow
def test_each_later_decision_gives_what_building_from_scratch_gives(
    mini: Path, tmp_path: Path
) -> None:
    current = gate.build(mini, tmp_path / "generations")
    for edits in STEPS.values():
        current = next_one(current, mini, edits)
        same_generation(current, mini, tmp_path / "scratch")
    assert WITHDRAWN_GRAPH not in current.manifest["graphs"]


def test_a_retraction_tells_which_facts_and_inferences_are_lost(mini: Path, tmp_path: Path) -> None:
    base = build(mini, tmp_path / "generations", Edit(ARTICLE, TWO.encode()))
    edit = decisions(retraction("ex:article"))
    with gate.propose(base, mini, [edit], tmp_path / "generations") as candidate:
        assert (f"<{EX}west>", f"<{EX}memberOf>", f"<{EX}union>") in candidate.lost.asserted
        assert (f"<{EX}union>", f"<{EX}hasMember>", f"<{EX}west>") in candidate.lost.inferred
        assert (f"<{EX}retraction>", f"<{CMQ}retracts>", f"<{EX}article>") in (
            candidate.gained.asserted
        )


_STEP: Final = st.sampled_from(sorted(STEPS))


@pytest.mark.slow
@given(names=st.lists(_STEP, min_size=1, max_size=4))
@settings(deadline=None, max_examples=25)
def test_in_whatever_order_decisions_come(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(MINI, Path(folder) / "mini"))
        current = gate.build(root, Path(folder) / "generations")
        for number, name in enumerate(names):
            current = next_one(current, root, STEPS[name])
            same_generation(current, root, Path(folder) / f"scratch-{number}")


# --- And say so


@pytest.fixture
def client(generation: Generation) -> Iterator[FlaskClient]:
    """A client of a server of it."""
    with create_app(generation).test_client() as found:
        yield found


def test_every_answer_says_how_much_is_left_out(client: FlaskClient) -> None:
    for path in ("/sparql?query=ASK{}", "/data?default", "/doc/id/one/C1", "/nothing"):
        response = client.get(path)
        assert response.headers["Retracted-Matter"] == "retracted=2", path
    assert "Retracted-Matter" in response.headers["Access-Control-Expose-Headers"]


def test_no_header_where_nothing_is_left_out(mini: Path, tmp_path: Path) -> None:
    built = build(mini, tmp_path / "generations")
    with create_app(built).test_client() as client:
        assert "Retracted-Matter" not in client.get("/sparql?query=ASK{}").headers


def test_counts_of_both_kinds() -> None:
    manifest = {"withdrawn": {"retracted": 1, "superseded": 12}}
    assert notices.field(manifest) == "retracted=1, superseded=12"  # type: ignore[arg-type]
    assert notices.told(manifest) == (  # type: ignore[arg-type]
        "1 retracted and 12 superseded articles or claims do not count as fact, and are left out"
    )
    manifest = {"withdrawn": {"retracted": 0, "superseded": 1}}
    assert notices.told(manifest) == (  # type: ignore[arg-type]
        "1 superseded article or claim does not count as fact, and is left out"
    )


def test_the_page_of_what_is_retracted_has_a_notice(client: FlaskClient) -> None:
    page = client.get("/doc/id/one/C1", headers={"Accept": "text/html"}).get_data(as_text=True)
    [notice] = page.split('<div class="notice" role="note">')[1:]
    for said in (
        "<strong>Retracted</strong> on",
        "2006-01-10",
        "The editors",
        "withdrawn-by-source",
        "https://example.org/notice",
        "&lt;b&gt;It&lt;/b&gt; was never said.",
        'href="https://example.org/retraction"',
    ):
        assert said in notice, said
    assert "It goes with" not in notice
    assert "one:C1-p1" in page, "what was recorded is still shown"


def test_the_page_of_what_goes_with_it_says_with_what(client: FlaskClient) -> None:
    page = client.get("/doc/id/one/C1-p1", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "It goes with" in page
    other = client.get("/doc/id/one/E1", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "notice" not in other


def test_the_page_of_the_graph_of_what_is_retracted_has_a_notice(client: FlaskClient) -> None:
    for name, has in (("two", True), ("one", False)):
        path = f"/data?graph={EX}graph/{name}"
        page = client.get(path, headers={"Accept": "text/html"}).get_data(as_text=True)
        assert ("<strong>Retracted</strong>" in page) == has


def test_what_is_retracted_has_the_retraction_for_its_facts(client: FlaskClient) -> None:
    turtle = client.get("/doc/id/one/C1", headers={"Accept": "text/turtle"}).get_data(as_text=True)
    assert "cmq:retracts one:C1" in turtle or f"<{ONE}C1>" in turtle
    assert "cmq:content" not in turtle
    trig = client.get("/doc/id/one/C1", headers={"Accept": "application/trig"})
    assert "cmq:content" in trig.get_data(as_text=True)
    assert "cmq:withdrawnBy" in trig.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/sparql", "/.well-known/void"])
def test_the_descriptions_say_so(client: FlaskClient, path: str) -> None:
    text = client.get(path, headers={"Accept": "text/turtle"}).get_data(as_text=True)
    assert "2 retracted articles or claims do not count as fact" in text
    assert WITHDRAWN_GRAPH in text


@pytest.mark.parametrize("path", ["/sparql?query=ASK{}", "/.well-known/void"])
def test_the_pages_say_so(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "2 retracted articles or claims do not count as fact" in page


def test_the_command_says_so(decided: tuple[Path, Generation], tmp_path: Path) -> None:
    root, generation = decided
    (tmp_path / "q.rq").write_text("ASK {}", encoding="utf-8")
    words = ["query", str(tmp_path / "q.rq"), "--dataset", str(root)]
    called = CliRunner().invoke(cli.main, [*words, "--generations", str(generation.path.parent)])
    assert called.stdout == "yes\n"
    assert "2 retracted articles or claims do not count as fact" in called.stderr


def test_an_explanation_says_that_it_was_asserted_once(decided: tuple[Path, Generation]) -> None:
    root, generation = decided
    words = ["explain", f"<{EX}west>", f"<{EX}memberOf>", f"<{EX}union>", "--dataset", str(root)]
    called = CliRunner().invoke(cli.main, [*words, "--generations", str(generation.path.parent)])
    assert called.exit_code == 1
    assert "does not hold" in called.stdout
    assert "It was asserted in graph/articles/two.ttl:" in called.stdout
    assert "withdrawn since" in called.stdout


def test_an_explanation_finds_the_decision_in_its_file(decided: tuple[Path, Generation]) -> None:
    root, generation = decided
    triple = [f"<{EX}retraction>", f"<{RDF}type>", f"<{CMQ}Retraction>"]
    words = ["explain", *triple, "--dataset", str(root)]
    called = CliRunner().invoke(cli.main, [*words, "--generations", str(generation.path.parent)])
    assert called.exit_code == 0
    assert "asserted in graph/decisions.ttl:" in called.stdout
