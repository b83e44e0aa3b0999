"""Tests of what git remembers of a node, against the definition, on made-up histories."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkouts import Checkout, Planned
from communique import cli
from communique.errors import CallError, GitFailure
from communique.repository.tracing import Entry, Trace, trace
from conftest import MINI, edit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EX = "https://example.org/"
NODE = f"{EX}x"
FILES = ("graph/a.ttl", "graph/b.ttl")
VALUES = ("1", "2", "[ ex:q 1 ]", "[ ex:q 2 ; ex:r [ ex:q 1 ] ]", "ex:y")
PREDICATES = ("ex:p", "ex:q")

FOLDERS = {"ontology/o.ttl": "", "graph/none.ttl": "", "shapes/s.ttl": ""}
"""Files that say nothing, so that the folders are there."""

Said = frozenset[tuple[str, str, str]]
"""The file, the predicate and the value, as they are written."""


def written(file: str, said: Said, order: int) -> str:
    """Returns a file in one of many layouts: they must make no difference."""
    lines = sorted(f"ex:x {p} {v} .\n" for f, p, v in said if f == file)
    turn = order % max(len(lines), 1)
    lines = lines[turn:] + lines[:turn]
    name = file.removesuffix(".ttl")
    owl = "http://www.w3.org/2002/07/owl#"
    head = f"@prefix ex: <{EX}> .\n<{EX}{name}> a <{owl}Ontology> .\n"
    return head + "".join(lines) + f"ex:other ex:p {order} . # not about it\n"


statements = st.frozensets(
    st.tuples(st.sampled_from(FILES), st.sampled_from(PREDICATES), st.sampled_from(VALUES)),
    max_size=5,
)


@dataclass(frozen=True)
class Past:
    """A made-up history.

    Args:
        said: What is said after each commit.
        parents: The parents of each.
    """

    said: list[Said]
    parents: list[list[int]]


ALWAYS: Said = frozenset({(FILES[0], "ex:p", "3")})
"""What the first commit says, so that there is something to remember."""


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    """Draws a history in which lines part and meet."""
    said = [ALWAYS, *draw(st.lists(statements, min_size=1, max_size=6))]
    before = [st.integers(max(0, number - 3), number - 1) for number in range(1, len(said))]
    parents = [draw(st.lists(one, min_size=1, max_size=2, unique=True)) for one in before]
    return Past(said, [[], *parents])


def plan(past: Past) -> list[Planned]:
    """Returns the commits of a history."""
    return [
        Planned(
            FOLDERS | {file: written(file, said, number // 2) for file in FILES},
            f"Change {number}",
            parents,
        )
        for number, (said, parents) in enumerate(zip(past.said, past.parents, strict=True))
    ]


def readable(found: Trace, term: str) -> str:
    """Returns a term as VALUES writes it."""
    if not term.startswith("_:"):
        return term.replace(f"<{EX}", "ex:").replace(">", "").split('"^^')[0].strip('"')
    inner = " ; ".join(f"{readable(found, p)} {readable(found, v)}" for p, v in found.nodes[term])
    return f"[ {inner} ]"


def outer(found: Trace, triples: Sequence[tuple[str, tuple[str, str, str]]]) -> Said:
    """Returns what is said of the node itself, of graphs and triples."""
    return frozenset(
        (f"{graph.removeprefix(EX)}.ttl", readable(found, p), readable(found, v))
        for graph, (s, p, v) in triples
        if s == f"<{NODE}>"
    )


def origins(found: Trace) -> dict[tuple[str, str, str], str]:
    """Returns the commit of each statement about the node itself."""
    return {
        statement: origin.commit.name
        for origin in found.origins
        for statement in outer(found, [(origin.graph, origin.triple)])
    }


def sides(found: Trace, entry: Entry) -> tuple[Said, Said]:
    """Returns what a commit adds to what is said of the node itself, and what it takes away."""
    graphs = entry.comparison.graphs
    return (
        outer(found, [(change.graph, triple) for change in graphs for triple in change.gained]),
        outer(found, [(change.graph, triple) for change in graphs for triple in change.lost]),
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """An empty repository."""
    return Checkout(tmp_path / "checkout")


drawn = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.slow
@drawn
@given(rest=st.lists(statements, min_size=1, max_size=6))
def test_a_line_of_commits(checkout: Checkout, rest: list[Said]) -> None:
    """Each triple is from the first commit of the last stretch in which it is said throughout."""
    states = [ALWAYS, *rest]
    past = Past(states, [[], *([number] for number in range(len(rest)))])
    checkout.make(plan(past))
    found = trace(checkout.place, NODE)

    expected = {}
    for statement in states[-1]:
        first = len(states) - 1
        while first and statement in states[first - 1]:
            first -= 1
        expected[statement] = checkout.names[first]
    assert origins(found) == expected

    changes = [
        (number, after - before, before - after)
        for number, (before, after) in enumerate(zip([frozenset(), *states], states, strict=False))
        if before != after
    ]
    told = [
        (checkout.names.index(entry.commit.name), *sides(found, entry))
        for entry in reversed(found.entries)
    ]
    assert told == changes


@pytest.mark.slow
@drawn
@given(past=pasts())
def test_lines_that_part_and_meet(checkout: Checkout, past: Past) -> None:
    """A triple is from a commit that none of its parents says, and is said ever since."""
    checkout.make(plan(past))
    found = trace(checkout.place, NODE)
    last = len(past.said) - 1
    told = origins(found)
    assert told.keys() == past.said[last]
    for statement, name in told.items():
        place = checkout.names.index(name)
        assert statement in past.said[place]
        assert not any(statement in past.said[parent] for parent in past.parents[place])
        reached = [last]
        while reached and reached[-1] != place:
            now = reached.pop()
            reached += [p for p in past.parents[now] if statement in past.said[p]]
        assert reached, "it was not said throughout"


def test_what_a_merge_takes_is_none_of_its_own(checkout: Checkout) -> None:
    one, two = ((FILES[0], "ex:p", "1"), (FILES[1], "ex:p", "2"))
    said = [ALWAYS, ALWAYS | {one}, ALWAYS | {two}, ALWAYS | {one, two}]
    checkout.make(plan(Past(said, [[], [0], [0], [1, 2]])))
    found = trace(checkout.place, NODE)
    assert {entry.commit.name for entry in found.entries} == set(checkout.names[:3])
    assert origins(found)[two] == checkout.names[2]


# --- What makes no difference --------------------------------------------------------------------


def test_a_moved_file_and_another_layout_are_no_change(checkout: Checkout) -> None:
    said = ALWAYS | {(FILES[0], "ex:p", "[ ex:q 1 ]")}
    text = written(FILES[0], said, 0)
    moved = "# a comment\n" + written(FILES[0], said, 1)
    checkout.make([Planned(FOLDERS | {FILES[0]: text}), Planned(FOLDERS | {"graph/z.ttl": moved})])
    found = trace(checkout.place, NODE)
    assert [entry.commit.name for entry in found.entries] == checkout.names[:1]
    assert {origin.file for origin in found.origins} == {"graph/z.ttl"}


def test_a_version_that_is_not_turtle_says_nothing_new(checkout: Checkout) -> None:
    text = written(FILES[0], ALWAYS, 0)
    states = [text, "oops", text + "ex:x ex:p 4 .", "ex:x", text]
    checkout.make([Planned(FOLDERS | {FILES[0]: state}) for state in states])
    found = trace(checkout.place, NODE)
    told = [(entry.commit.name, *sides(found, entry)) for entry in reversed(found.entries)]
    more = frozenset({(FILES[0], "ex:p", "4")})
    first, _oops, added, _worse, removed = checkout.names
    nothing: Said = frozenset()
    assert told == [(first, ALWAYS, nothing), (added, more, nothing), (removed, nothing, more)]


def test_names_in_other_words(checkout: Checkout) -> None:
    """Whichever way a file writes an IRI, what it says of it is found."""
    graph = f"<{EX}graph/a> a <http://www.w3.org/2002/07/owl#Ontology> ."
    node = f"{EX}deep/node-1"
    ways = [
        f"<{node}> <{EX}p> 1 .",
        f"@prefix n: <{EX}deep/no> . n:de-1 <{EX}p> 2 .",
        f"@prefix n: <{node}> . n: <{EX}p> 3 .",
        f"@base <{EX}deep/> . <node-1> <{EX}p> 4 .",
        f"BASE <{node}> <> <{EX}p> 5 .",
        f"prefix n: <{EX}deep/>\nn:node\\-1 <{EX}p> 6 .",
        f"<{EX}deep/\\u006Eode-1> <{EX}p> 7 .",
    ]
    checkout.make([Planned(FOLDERS | {FILES[0]: f"{graph}\n{way}"}) for way in ways])
    assert len(trace(checkout.place, node).entries) == len(ways)
    with pytest.raises(CallError, match="nothing was ever said of"):
        trace(checkout.place, f"{EX}deep/node-2")


# --- What it is about ----------------------------------------------------------------------------


def test_a_graph(checkout: Checkout) -> None:
    """All that its file says is about it."""
    checkout.make(plan(Past([ALWAYS, ALWAYS], [[], [0]])))
    edit(checkout.place / FILES[0], "ex:other ex:p 0", "ex:other ex:p 7")
    found = trace(checkout.place, f"{EX}graph/a")
    assert [entry.commit.name for entry in found.entries] == ["", checkout.names[0]]
    assert len(found.origins) == 3


def test_what_is_not_committed(checkout: Checkout) -> None:
    checkout.make(plan(Past([ALWAYS], [[]])))
    edit(checkout.place / FILES[0], "ex:x ex:p 3", "ex:x ex:p 3, 4")
    (checkout.place / "graph" / "new.ttl").write_text(f"<{NODE}> <{EX}p> 5 .")
    found = trace(checkout.place, NODE)
    assert [origin.commit.name for origin in found.origins] == ["", checkout.names[0], ""]


def test_before_the_first_commit(checkout: Checkout) -> None:
    shutil.copytree(MINI, checkout.place, dirs_exist_ok=True)
    found = trace(checkout.place, f"{EX}union")
    assert [entry.commit.name for entry in found.entries] == [""]


def test_a_dataset_below_the_top(checkout: Checkout) -> None:
    files = plan(Past([ALWAYS], [[]]))[0].files
    checkout.make([Planned({f"far/below/{name}": text for name, text in files.items()})])
    found = trace(checkout.place / "far" / "below", NODE)
    assert [(o.file, o.commit.name) for o in found.origins] == [(FILES[0], checkout.names[0])]


def test_what_was_all_taken_back(checkout: Checkout) -> None:
    checkout.make([*plan(Past([ALWAYS], [[]])), Planned(FOLDERS)])
    for name in ("a", "b"):
        (checkout.place / "graph" / f"{name}.ttl").unlink(missing_ok=True)
    (checkout.place / "graph").mkdir(exist_ok=True)
    found = trace(checkout.place, NODE)
    assert [len(entry.comparison.graphs) for entry in found.entries] == [1, 1]
    assert found.origins == ()


def test_where_there_is_no_git(mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(GitFailure, match="is in no git repository"):
        trace(mini, NODE)


def test_another_repository_in_the_environment_is_not_meant(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a hook, where git says in the environment which repository it runs for."""
    checkout.make(plan(Past([ALWAYS], [[]])))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert trace(checkout.place, NODE).entries[0].commit.name == checkout.names[0]


# --- The commands --------------------------------------------------------------------------------


def run(*arguments: str | Path) -> str:
    """Runs a command and returns what it prints."""
    words = [str(argument) for argument in arguments]
    result = CliRunner().invoke(cli.main, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def told(checkout: Checkout) -> Checkout:
    """A repository with two commits, the second as the server makes them."""
    trailers = f"Dataset-Version-Before: {'0' * 64}\nDataset-Version-After: {'1' * 64}\n"
    first = Planned(FOLDERS | {FILES[0]: written(FILES[0], ALWAYS, 0)}, "First\n\nIn short.")
    said = ALWAYS | {(FILES[0], "ex:p", "[ ex:q 1 ]")}
    second = Planned(FOLDERS | {FILES[0]: written(FILES[0], said, 0)}, f"Second\n\n{trailers}")
    checkout.make([first, second])
    return checkout


def test_history(told: Checkout) -> None:
    assert run("history", NODE, "--dataset", told.place).splitlines() == [
        f"commit {told.names[1]}",
        "Author: Author 1 <a1@example.org>",
        "Date:   2023-11-14T22:14:20+00:00",
        "",
        "    Second",
        "",
        f"graph/a.ttl <{EX}graph/a>: 2 triples gained, 0 lost",
        f"  <{NODE}>",
        f"    + <{EX}p> [ <{EX}q> 1 ]",
        "",
        f"commit {told.names[0]}",
        "Author: Author 0 <a0@example.org>",
        "Date:   2023-11-14T22:13:20+00:00",
        "",
        "    First",
        "",
        "    In short.",
        "",
        f"graph/a.ttl <{EX}graph/a>: 1 triple gained, 0 lost",
        f"  <{NODE}>",
        f"    + <{EX}p> 3",
    ]


def test_history_as_json(told: Checkout) -> None:
    second, first = json.loads(run("history", "--json", NODE, "--dataset", told.place))
    assert second["commit"] == {
        "name": told.names[1],
        "date": "2023-11-14T22:14:20+00:00",
        "author": {"name": "Author 1", "email": "a1@example.org"},
        "message": "Second",
        "versions": {"before": "0" * 64, "after": "1" * 64},
    }
    assert first["commit"]["versions"] == {"before": None, "after": None}
    [graph] = first["graphs"]
    assert (graph["graph"], graph["file"], graph["lost"]) == (f"{EX}graph/a", "graph/a.ttl", [])
    assert [triple[1] for triple in graph["gained"]] == [f"<{EX}p>"]


def test_blame(told: Checkout) -> None:
    edit(told.place / FILES[0], "ex:x ex:p 3", "ex:x ex:p 3, 4")
    dates = ["2023-11-14  Author 0", "2023-11-14  Author 1"]
    one, two = (f"{name[:10]}  {date}" for name, date in zip(told.names, dates, strict=True))
    assert run("blame", NODE, "--dataset", told.place).splitlines() == [
        f"graph/a.ttl <{EX}graph/a>",
        f"  <{NODE}>",
        f"    {one}  <{EX}p> 3",
        f"    {'not committed'.ljust(len(one))}  <{EX}p> 4",
        f"    {two}  <{EX}p> [ <{EX}q> 1 ]",
    ]
    entries = json.loads(run("blame", "--json", NODE, "--dataset", told.place))
    assert [entry["commit"] and entry["commit"]["name"] for entry in entries] == [
        told.names[0],
        None,
        told.names[1],  # the node's own triple, and that of the blank node it leads to
        told.names[1],
    ]


def test_blame_of_what_nobody_says_any_more(told: Checkout) -> None:
    (told.place / FILES[0]).unlink()
    result = CliRunner().invoke(cli.main, ["blame", NODE, "--dataset", str(told.place)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing is said of" in result.stderr


@pytest.mark.parametrize("name", ["", "x", "no where:x", f"{EX}nothing", "<x>"])
def test_what_is_no_node(told: Checkout, name: str) -> None:
    result = CliRunner().invoke(cli.main, ["history", name, "--dataset", str(told.place)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("communique: ")
