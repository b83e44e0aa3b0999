"""The documentation tells the truth: queries give the results shown, examples are in the graph."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from rdflib import SH, Graph, Literal, Namespace, URIRef

import queries
from communique import cli, dataset, sources, turtle
from communique.namespaces import CMQ, PREFIXES
from communique.store import query as store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.store.generation import Generation

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = sorted(DOCS.glob("*.md"))
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"\n\n((?:\|.*\|(?:\n|$))+)")
_CELL = re.compile(r"(?<!\\)\|")
_NODE = re.compile(r"^### `(cmq:\w+)`\n\nNeeds (.*)\.$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A query of the documentation.

    Attributes:
        page: The name of the page.
        line: The line on which it begins.
        query: The text.
        table: The result that the page shows; None if it shows none.
    """

    page: str
    line: int
    query: str
    table: queries.Table | None

    def __str__(self) -> str:
        """Name it in a test's output."""
        return f"{self.page}:{self.line}"


def blocks(page: Path, language: str) -> Iterator[tuple[re.Match[str], str]]:
    """The fenced blocks of a page in one language, with the page's whole text."""
    text = page.read_text(encoding="utf-8")
    for block in _FENCED.finditer(text):
        if block[1] == language:
            yield block, text


def examples() -> Iterator[Example]:
    """Every query of every page that is about the bundled dataset."""
    for page in PAGES:
        if page.name != "corrections.md":  # it has a dataset of its own: test_corrections.py
            yield from examples_of(page)


def examples_of(page: Path) -> Iterator[Example]:
    """Every query of a page."""
    for block, text in blocks(page, "sparql"):
        line = text.count("\n", 0, block.start()) + 1
        table = _TABLE.match(text, block.end())
        yield Example(page.name, line, block[2], read_table(table[1]) if table else None)


def read_table(text: str) -> queries.Table:
    """Read a table in Markdown: a header, a rule, rows."""
    header, _rule, *rows = (
        tuple(cell.strip().replace("\\|", "|") for cell in _CELL.split(line)[1:-1])
        for line in text.splitlines()
    )
    return queries.Table(header, tuple(rows))


EXAMPLES = list(examples())


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_query_gives_the_result_shown(bundled: Generation, example: Example) -> None:
    answer = store.ask(bundled, example.query)
    if example.table is None:
        pytest.fail("the page shows no result below the query")
    assert answer.variables == example.table.header
    rows = answer.cells()
    assert Counter(rows) == Counter(example.table.rows)
    assert queries.is_ordered(example.query) or len(rows) == 1, "the order shown is accidental"
    assert tuple(rows) == example.table.rows


def test_there_are_queries_to_run() -> None:
    assert {example.page for example in EXAMPLES} >= {"model.md", "encoding.md"}
    assert len([example for example in EXAMPLES if example.page == "model.md"]) >= 20


def test_examples_in_turtle_are_in_the_graph() -> None:
    facts = dataset.load(sources.discover(sources.bundled_root())).facts
    names = PREFIXES | queries.PREFIXES
    prefixes = "".join(f"@prefix {prefix}: <{name}> .\n" for prefix, name in names.items())
    seen = 0
    for block, _text in blocks(DOCS / "encoding.md", "turtle"):
        example = turtle.parse_text(prefixes + block[2], "encoding.md")
        missing = [triple for triple in example if triple not in facts]
        assert missing == []
        # Not only true but whole: what the page shows of a node is all that the graph has on it.
        for node in set(example.subjects()):
            assert set(example.predicate_objects(node)) == set(facts.predicate_objects(node)), node
        seen += len(example)
    assert seen > 100


def required(shapes: Graph, cls: URIRef) -> set[str]:
    """The properties that the shapes demand of every node of a class, as prefixed names."""
    names = Graph(bind_namespaces="none")
    for prefix, name in PREFIXES.items():
        names.bind(prefix, name)
    found = set()
    for shape in shapes.subjects(SH.targetClass, cls):
        for part in shapes.objects(shape, SH.property):
            path = shapes.value(part, SH.path)
            count = shapes.value(part, SH.minCount)
            if isinstance(path, URIRef) and isinstance(count, Literal) and int(count) > 0:
                found.add(names.qname(path))
    return found - {"rdf:type"}


NODES = dict(_NODE.findall((DOCS / "encoding.md").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", NODES)
def test_page_lists_what_the_shapes_demand(name: str) -> None:
    shapes = dataset.load(sources.discover(sources.bundled_root())).shapes
    cls = Namespace(CMQ)[name.removeprefix("cmq:")]
    assert set(re.findall(r"`([^`]+)`", NODES[name])) == required(shapes, cls)


def test_every_kind_of_node_is_listed() -> None:
    text = (DOCS / "encoding.md").read_text(encoding="utf-8")
    assert len(NODES) == len(re.findall(r"^### ", text, re.MULTILINE)) >= 20


COMMANDS = [
    (page.name, *block[2].removeprefix("$ ").split("\n", 1))
    for page in PAGES
    for block, _text in blocks(page, "console")
    if block[2].startswith("$ communique explain ")
]


@pytest.mark.usefixtures("bundled")
@pytest.mark.parametrize(("page", "command", "shown"), COMMANDS)
def test_command_prints_what_is_shown(
    generations: Path, monkeypatch: pytest.MonkeyPatch, page: str, command: str, shown: str
) -> None:
    """What a page leaves out is "…"; line numbers are compared as numbers of whatever size."""
    monkeypatch.setenv("COMMUNIQUE_GENERATIONS", str(generations))
    words = shlex.split(command)[1:]
    found = CliRunner().invoke(cli.main, words, catch_exceptions=False).stdout
    expected, printed = (re.sub(r"(?<=\.ttl:)\d+", "0", text.strip()) for text in (shown, found))
    pattern = ".*".join(re.escape(part) for part in expected.split("…"))
    assert re.fullmatch(pattern, printed, re.DOTALL), (page, found)


def test_there_are_commands_to_run() -> None:
    assert len([page for page, *_ in COMMANDS if page == "reasoning.md"]) >= 4


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [target for target in targets if not (page.parent / target).exists()] == []
