"""The repository keeps its promises: documentation, locks, versions and names agree."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import click
import pytest

import communique
from communique.cli import main
from communique.namespaces import ID, PREFIXES
from communique.turtle import parse, parse_text
from conftest import missing, require_tool

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
FIRST_SCREEN = 20
"""Lines of the README that a reader sees without scrolling."""


def read(name: str) -> str:
    """Returns the text of a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file under version control, and every new one that is not ignored."""
    git = require_tool("git", "it lists the files of the repository")
    if not (ROOT / ".git").exists():
        missing("this is not a git checkout, so it has no list of files")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        encoding="utf-8",
    ).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def documents() -> list[Path]:
    """Returns the pages of documentation."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def code_in(page: str) -> Iterator[str]:
    """Yields the lines of a Markdown page's code blocks, and its code spans."""
    fence = re.compile(r"^ *```\w*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
    for block in fence.findall(page):
        yield from (line.strip() for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", fence.sub("", page))


def commands() -> dict[str, click.Command]:
    """Returns the commands of `communique` by name."""
    assert isinstance(main, click.Group)
    with click.Context(main) as context:
        found = {name: main.get_command(context, name) for name in main.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def locked(name: str) -> dict[str, str]:
    """Returns the versions that a lock file pins, by distribution."""
    pins = re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", read(name), re.MULTILINE)
    assert pins
    return dict(pins)


def targets() -> dict[str, str]:
    """Returns the Makefile's phony targets with what `make help` says of each."""
    makefile = read("Makefile")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    helped = dict(re.findall(r"^([a-z-]+):.*## (.+)$", makefile, re.MULTILINE))
    return {name: helped.get(name, "") for name in phony[1].split()}


def test_first_screen_has_both_commands() -> None:
    first_screen = "\n".join(read("README.md").splitlines()[:FIRST_SCREEN])
    assert "make serve" in first_screen
    assert "make test" in first_screen


def test_map_of_the_house_is_true() -> None:
    rooms = re.findall(r"^\| `([^`]+/)` \|", read("README.md"), re.MULTILINE)
    assert "server/communique/" in rooms
    assert not [room for room in rooms if not (ROOT / room).is_dir()]


def test_every_make_target_is_explained() -> None:
    assert not [name for name, text in targets().items() if not text]


@pytest.mark.parametrize("page", documents(), ids=lambda path: path.name)
def test_documented_make_targets_exist(page: Path) -> None:
    code = "\n".join(code_in(page.read_text(encoding="utf-8")))
    unknown = set(re.findall(r"^make ([a-z-]+)", code, re.MULTILINE)) - set(targets())
    assert not unknown


@pytest.mark.parametrize("page", documents(), ids=lambda path: path.name)
def test_documented_commands_exist(page: Path) -> None:
    unknown = []
    for line in code_in(page.read_text(encoding="utf-8")):
        # "The communique editors" are who says so, in examples of Turtle.
        for name, rest in re.findall(r"(?<!The )\bcommunique ([a-z][a-z-]*)([^|`;&]*)", line):
            command = commands().get(name)
            within = re.match(r" ([a-z]+)", rest)
            if isinstance(command, click.Group) and within:
                command = command.commands.get(within[1])
            if command is None:
                unknown.append(name)
                continue
            known = {
                option
                for parameter in command.params
                for option in (*parameter.opts, *parameter.secondary_opts)
            }
            options = set(re.findall(r"(?<!\S)--[a-z0-9-]+", rest)) - {"--help"}
            unknown.extend(f"{name} {option}" for option in sorted(options - known))
    assert not unknown


def test_worked_examples_are_what_the_graph_says() -> None:
    article = parse(ROOT / "graph/articles/2005/11/edm-2-213.ttl")
    examples = re.findall(
        r"^```turtle\n(.*?)^```$", read("CONTRIBUTING.md"), re.MULTILINE | re.DOTALL
    )
    prefixes = PREFIXES | {"edm-2-213": f"{ID}edm-2-213/"}
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in prefixes.items())
    shown = [triple for text in examples for triple in parse_text(head + text, "CONTRIBUTING.md")]
    assert len(shown) > 20
    assert not [triple for triple in shown if triple not in article]


def test_every_command_is_documented() -> None:
    code = [line for page in documents() for line in code_in(page.read_text(encoding="utf-8"))]
    named = set(re.findall(r"\bcommunique ([a-z][a-z-]*)", "\n".join(code)))
    assert named >= set(commands())


def test_every_option_has_a_help_text() -> None:
    silent = [
        f"{name} {parameter.name}"
        for name, command in commands().items()
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    silent += [name for name, command in commands().items() if not command.help]
    assert not silent


@pytest.mark.parametrize("page", documents(), ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    inner = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert not [link for link in inner if not (page.parent / link).exists()]


def test_changelog_knows_the_version_or_has_unreleased_changes() -> None:
    headings = re.findall(r"^## \[([^]]+)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] in {"Unreleased", communique.__version__}


def test_installed_version_is_the_only_one_written_down() -> None:
    assert metadata.version("communique") == communique.__version__
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]


def test_ontology_has_the_version_of_the_package() -> None:
    ontology = read("ontology/communique.ttl")
    version = re.escape(communique.__version__)
    assert re.search(rf"owl:versionIRI <[^>]*/ontology/{version}>", ontology)
    assert re.search(rf'owl:versionInfo "{version}"', ontology)


@pytest.mark.parametrize("name", LOCKS)
def test_lock_file_names_no_address(name: str) -> None:
    text = read(name)
    assert not re.search(r"://|--(index|extra-index|find|trusted)|^file:|@ file", text)


@pytest.mark.parametrize("name", LOCKS)
def test_lock_file_pins_everything_by_hash(name: str) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", read(name), flags=re.MULTILINE))
    assert not [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]


def test_lock_files_agree_with_each_other_and_the_project() -> None:
    runtime, development = (locked(name) for name in LOCKS)
    assert runtime.items() <= development.items()
    project = tomllib.loads(read("pyproject.toml"))["project"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[^a-z0-9-]", requirement)[0] for requirement in requirements}

    assert names(project["dependencies"]) <= set(runtime)
    extras = project["optional-dependencies"]
    assert names(extras["test"]) | names(extras["dev"]) - {"communique"} <= set(development)


def test_no_file_names_a_path_of_one_machine(tracked: list[Path]) -> None:
    here = {str(ROOT), str(Path.home())}
    own = re.compile("|".join([*map(re.escape, sorted(here)), r"/home/[a-z]+/", r"/Users/\w+/"]))
    found = []
    for path in tracked:
        if path == Path(__file__).resolve():
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in own.finditer(text)]
    assert not found


def test_text_files_are_tidy(tracked: list[Path]) -> None:
    untidy = []
    for path in tracked:
        data = path.read_bytes()
        if b"\0" in data or not data or path.is_relative_to(ROOT / "LICENSES"):
            continue
        if b"\r" in data or not data.endswith(b"\n") or b"\xef\xbb\xbf" in data:
            untidy.append(str(path.relative_to(ROOT)))
    assert not untidy
