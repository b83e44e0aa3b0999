"""A change through the gate: the same generation, or the same findings, as from scratch."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest

from changing import apply, faults, next_one, same_generation
from communique import gate
from communique.edits import Edit
from communique.errors import BuildError, DataError, NoSourceFile
from communique.store import generation
from conftest import MINI

AGENTS = "graph/agents.ttl"
EX = "https://example.org/"


def changed(name: str, old: str, new: str) -> Edit:
    """An edit that replaces the one occurrence of a text in a file of the small dataset."""
    text = (MINI / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    return Edit(name, text.replace(old, new).encode())


def added(name: str, text: str) -> Edit:
    """An edit that adds to the end of a file of the small dataset."""
    return Edit(name, (MINI / name).read_bytes() + text.encode())


VALID = {
    "a label": [changed(AGENTS, '"League"', '"Leagues"')],
    "a fact with consequences": [added(AGENTS, "\nex:league ex:hasMember ex:north .\n")],
    "a fact less": [changed(AGENTS, "@en ;\n    ex:partOf ex:union .", "@en .")],
    "facts to editorial": [changed(AGENTS, "value:background", "value:editorial")],
    "editorial to facts": [changed("graph/editorial.ttl", "value:editorial", "value:asserted")],
    "a file less": [Edit("graph/editorial.ttl", None)],
    "an article less": [Edit("graph/articles/one.ttl", None)],
    "a graph that becomes one of facts": [
        changed("graph/editorial.ttl", "value:editorial", "value:background")
    ],
    "a graph that is no longer one of facts": [
        changed("graph/articles/one.ttl", "value:asserted", "value:editorial")
    ],
    "the ontology": [added("ontology/mini.ttl", "\nex:Extra a owl:Class .\n")],
}


@pytest.mark.parametrize("edits", VALID.values(), ids=VALID)
def test_is_what_building_from_scratch_gives(mini: Path, tmp_path: Path, edits: list[Edit]) -> None:
    base = gate.build(mini, tmp_path / "generations")
    after = next_one(base, mini, edits)
    same_generation(after, mini, tmp_path / "scratch")
    assert gate.build(mini, tmp_path / "generations").path == after.path


def test_what_is_not_published_leaves_nothing(mini: Path, tmp_path: Path) -> None:
    base = gate.build(mini, tmp_path / "generations")
    with gate.propose(base, mini, VALID["a label"], tmp_path / "generations") as candidate:
        assert candidate.digest != base.digest
    assert [path.name for path in (tmp_path / "generations").iterdir()] == [base.digest]


def test_nothing_changed_is_the_same_generation(mini: Path, tmp_path: Path) -> None:
    base = gate.build(mini, tmp_path / "generations")
    same = Edit(AGENTS, (mini / AGENTS).read_bytes())
    with gate.propose(base, mini, [same], tmp_path / "generations") as candidate:
        assert candidate.digest == base.digest
        assert (len(candidate.gained), len(candidate.lost)) == (0, 0)
        assert candidate.publish().path == base.path


def test_tells_what_is_gained_and_lost(mini: Path, tmp_path: Path) -> None:
    base = gate.build(mini, tmp_path / "generations")
    edits = VALID["a fact with consequences"]
    with gate.propose(base, mini, edits, tmp_path / "generations") as candidate:
        member = (f"<{EX}league>", f"<{EX}hasMember>", f"<{EX}north>")
        assert candidate.gained.asserted == (member,)
        inverse = (f"<{EX}north>", f"<{EX}memberOf>", f"<{EX}league>")
        assert inverse in candidate.gained.inferred
        assert list(candidate.gained) == [member, *candidate.gained.inferred]
        assert list(candidate.lost) == []


def test_refuses_what_is_no_file_of_a_dataset(mini: Path, tmp_path: Path) -> None:
    base = gate.build(mini, tmp_path / "generations")
    for name in ("graph/../x.ttl", "README.md", "graph/x.txt", "graph/.x.ttl", "/graph/x.ttl", ""):
        with pytest.raises(NoSourceFile, match="no name of a Turtle file"):
            gate.propose(base, mini, [Edit(name, b"")], tmp_path / "generations")


INVALID = {
    "no Turtle": [changed(AGENTS, "ex:league a ex:Bloc ;", "ex:league a ex:Bloc : ;")],
    "no header": [
        changed(AGENTS, "<https://example.org/graph/agents> a owl:Ontology", "ex:x a ex:Y")
    ],
    "a shape": [changed(AGENTS, "ex:status ex:active", "ex:status ex:dormant")],
    "a leak": [added(AGENTS, "\nex:union ex:plansMergerWith ex:league .\n")],
    "a contradiction": [changed(AGENTS, "ex:league a ex:Bloc", "ex:league a ex:Bloc , ex:Place")],
}


@pytest.mark.parametrize("edits", INVALID.values(), ids=INVALID)
def test_finds_what_checking_the_whole_finds(mini: Path, tmp_path: Path, edits: list[Edit]) -> None:
    base = gate.build(mini, tmp_path / "generations")
    assert faults(base, mini, edits)
    assert [path.name for path in (tmp_path / "generations").iterdir()] == [base.digest]


def locks(directory: Path) -> list[str]:
    """The stores below a directory that this process has open for writing."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists them
            found.append(str(descriptor.readlink()))
    return [path for path in found if path.startswith(str(directory)) and "LOCK" in path]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="tells open files by /proc")
def test_the_store_is_closed_before_others_read_it(mini: Path, tmp_path: Path) -> None:
    """A store that stayed open would go on writing into a generation that never changes."""
    directory = tmp_path / "generations"
    base = gate.build(mini, directory)
    for number in range(3):
        edits = [added(AGENTS, f"\nex:x{number} a ex:State ; rdfs:label '{number}'@en .\n")]
        before = {path: path.stat().st_mtime_ns for path in base.path.rglob("*")}
        after = next_one(base, mini, edits)
        assert locks(directory) == []
        assert {path: path.stat().st_mtime_ns for path in base.path.rglob("*")} == before
        base = after
    store = ox.Store(str(tmp_path / "generations" / "open"))
    assert len(locks(directory)) == 1, "the test can find something"
    del store


def test_a_change_that_is_rejected_leaves_the_base_alone(mini: Path, tmp_path: Path) -> None:
    base = gate.build(mini, tmp_path / "generations")
    quads = set(base.store)
    for edits in INVALID.values():
        with pytest.raises(DataError):
            gate.propose(base, mini, edits, tmp_path / "generations")
    assert set(base.store) == quads
    assert set(generation.open_generation(base.path).store) == quads


def test_a_full_disk_is_told(mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = gate.build(mini, tmp_path / "generations")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with gate.propose(base, mini, VALID["a label"], tmp_path / "generations") as candidate:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(BuildError, match="No space left on device"):
            candidate.publish()
    assert [path.name for path in (tmp_path / "generations").iterdir()] == [base.digest]


def test_two_claims_on_one_name_are_told_at_the_later_file(mini: Path, tmp_path: Path) -> None:
    base = gate.build(mini, tmp_path / "generations")
    taken = changed(
        "graph/articles/one.ttl", "<https://example.org/graph/one>", f"<{EX}graph/agents>"
    )
    [first] = faults(base, mini, [taken])
    assert first.file == mini / "graph" / "articles" / "one.ttl"
    apply(mini, [Edit(taken.name, (MINI / taken.name).read_bytes())])
    early = changed(AGENTS, f"<{EX}graph/agents> a", f"<{EX}graph/one> a")
    [second] = faults(base, mini, [early])
    assert second.file == mini / "graph" / "articles" / "one.ttl"


def test_a_name_passes_from_one_file_to_another(mini: Path, tmp_path: Path) -> None:
    base = gate.build(mini, tmp_path / "generations")
    content = (mini / AGENTS).read_bytes()
    after = next_one(base, mini, [Edit(AGENTS, None), Edit("graph/actors.ttl", content)])
    same_generation(after, mini, tmp_path / "scratch")


def test_the_example_of_the_documentation_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parent.parent / "docs" / "gate.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    shutil.copytree(MINI, tmp_path / "mine")
    notes = (MINI / AGENTS).read_text(encoding="utf-8").replace("graph/agents>", "graph/notes>")
    (tmp_path / "notes.ttl").write_text(f"{notes}\nex:new a ex:State ; rdfs:label 'New'@en .\n")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/gate.md", "exec"), {})  # noqa: S102 - our own page
    rdf_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    lines = capsys.readouterr().out.splitlines()
    assert f"+ <{EX}new> {rdf_type} <{EX}State>" in lines
    assert f"+ <{EX}new> {rdf_type} <{EX}Agent>" in lines
