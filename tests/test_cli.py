"""The command line: what it prints where, and its exit status."""

import contextlib
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rdflib import RDF, SH, Graph

from communique import __version__, cli, sources
from communique.cli import editing
from communique.errors import CallError, CommuniqueError, DataError
from conftest import MINI, edit, line_of

EX = "https://example.org/"
QUERY = (MINI / "tests" / "competency" / "01.rq").read_text()
ADVICE = "The status is not in the list. Choose one that is."
COMMAND = [sys.executable, "-m", "communique"]


@pytest.fixture
def run(generations: Path, monkeypatch: pytest.MonkeyPatch) -> "Run":
    """Runs the command with the generations that all tests share."""
    monkeypatch.setenv("COMMUNIQUE_GENERATIONS", str(generations))
    return Run()


class Run:
    """Runs the command in this process."""

    def __call__(self, *arguments: str | Path, stdin: str | bytes | None = None) -> Result:
        """Returns what a call printed, and its exit status."""
        words = [str(argument) for argument in arguments]
        return CliRunner().invoke(cli.main, words, input=stdin, catch_exceptions=False)


def subclasses(kind: type[CommuniqueError]) -> Iterator[type[CommuniqueError]]:
    """Yields a class and all below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from subclasses(below)


def test_every_fault_has_an_exit_status() -> None:
    for kind in (*subclasses(DataError), *subclasses(CallError)):
        fault = kind.__new__(kind)
        assert cli.exit_status(fault) == (1 if issubclass(kind, DataError) else 2), kind


def test_version(run: Run) -> None:
    assert run("--version").stdout == f"communique, version {__version__}\n"


def test_check_of_sound_data(run: Run) -> None:
    result = run("check", "--dataset", MINI)
    assert result.exit_code == 0
    assert result.stdout == "passed: 0 violations, 0 warnings\n"
    stages = [line.split(":")[0].split(" (")[0] for line in result.stderr.splitlines()]
    assert stages == [
        *("read", "shapes", "claims", "reasoning"),
        *("claims after reasoning", "shapes after reasoning"),
    ]


def test_check_names_file_line_node_shape_and_advice(run: Run, mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    edit(path, "ex:status ex:active", "ex:status ex:dormant")
    result = run("check", "--dataset", mini)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{path}:{line_of(path, 'ex:dormant')}: {EX}union {EX}status: {EX}AgentShape: {ADVICE}",
        "failed: 1 violation, 0 warnings",
    ]


def test_check_of_a_syntax_error_names_the_column(run: Run, mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    edit(path, "ex:league a ex:Bloc ;", "ex:league a ex:Bloc : ;")
    result = run("check", "--dataset", mini)
    assert result.exit_code == 1
    place = f"{path}:{line_of(path, 'ex:league a')}:21: "
    assert result.stdout.startswith(f"{place}not valid Turtle: ")
    assert "— correct the syntax" in result.stdout


def test_files_are_named_from_the_working_directory(
    run: Run, mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(mini / "graph" / "agents.ttl", "ex:status ex:active", "ex:status ex:dormant")
    monkeypatch.chdir(mini)
    assert run("check", "--dataset", ".").stdout.startswith("graph/agents.ttl:")


def test_check_tells_warnings_apart(run: Run, mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", '"League"', '"League of the Seven Provinces"')
    result = run("check", "--dataset", mini)
    assert result.exit_code == 0
    assert "AgentShape: warning: The label is long." in result.stdout
    assert result.stdout.endswith("passed: 0 violations, 1 warning\n")


def test_check_as_json(run: Run, mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    edit(path, "ex:status ex:active", "ex:status ex:dormant")
    result = run("check", "--json", "--dataset", mini)
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["passed"] is False
    assert report["digest"] == sources.discover(mini).digest
    assert [stage["name"] for stage in report["stages"]] == ["read", "shapes"]
    assert report["findings"] == [
        {
            "check": "shape",
            "severity": "violation",
            "file": "graph/agents.ttl",
            "line": line_of(path, "ex:dormant"),
            "column": None,
            "node": EX + "union",
            "path": EX + "status",
            "value": EX + "dormant",
            "shape": EX + "AgentShape",
            "message": ADVICE,
            "advice": "",
        }
    ]


def test_check_writes_the_shacl_report(run: Run, mini: Path, tmp_path: Path) -> None:
    edit(mini / "graph" / "agents.ttl", "ex:status ex:active", "ex:status ex:dormant")
    run("check", "--report", tmp_path / "report.ttl", "--dataset", mini)
    report = Graph().parse(tmp_path / "report.ttl")
    assert len(list(report.subjects(RDF.type, SH.ValidationResult))) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["chekc"],
        ["check", "--no-such-option"],
        ["check", "--dataset", "/nowhere"],
        ["check", "--dataset", "/"],
        ["query"],
        ["query", "/nowhere.rq"],
        ["query", "-", "--format", "docx"],
        ["serve", "--port", "http"],
        ["serve", "--port", "70000"],
        ["anchors", "/nowhere.txt"],
        ["format", "/nowhere.ttl"],
    ],
)
def test_wrong_call(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.strip()


def test_wrong_dataset_gets_advice(run: Run) -> None:
    message = run("build", "--dataset", "/nowhere").stderr
    assert message.startswith("communique: there is no folder /nowhere — give the folder")


def test_build_names_the_generation_once_built(run: Run, generations: Path) -> None:
    first = run("build", "--dataset", MINI)
    assert first.exit_code == 0
    assert first.stdout == f"{generations / sources.discover(MINI).digest}\n"
    second = run("build", "--dataset", MINI)
    assert (second.stdout, second.stderr) == (first.stdout, "")


def test_build_as_json(run: Run) -> None:
    entry = json.loads(run("build", "--json", "--dataset", MINI).stdout)
    assert entry["digest"] == sources.discover(MINI).digest
    assert entry["propositions"] == 1


def test_build_of_faulty_data_says_why(run: Run, mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", "ex:status ex:active", "ex:status ex:dormant")
    result = run("build", "--dataset", mini)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "AgentShape: The status is not in the list." in result.stderr


def test_generations_can_be_kept_elsewhere(run: Run, tmp_path: Path) -> None:
    result = run("build", "--dataset", MINI, "--generations", tmp_path / "here")
    assert Path(result.stdout.strip()).parent == tmp_path / "here"


def test_generations_cannot_be_kept_in_a_file(run: Run, mini: Path) -> None:
    place = mini / "graph" / "agents.ttl" / "generations"
    result = run("build", "--dataset", mini, "--generations", place)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "choose another directory with --generations" in result.stderr


def test_query_as_a_table(run: Run) -> None:
    result = run("query", MINI / "tests" / "competency" / "01.rq", "--dataset", MINI)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "member",
        "-------------------------",
        f"{EX}north",
        f"{EX}south",
    ]


def test_query_from_standard_input(run: Run) -> None:
    result = run("query", "-", "--format", "csv", "--dataset", MINI, stdin=QUERY)
    assert result.stdout_bytes == f"member\r\n{EX}north\r\n{EX}south\r\n".encode()


@pytest.mark.parametrize(
    ("form", "start"),
    [("json", '{"head":{'), ("xml", "<?xml"), ("tsv", "?member\n")],
)
def test_query_forms_of_rows(run: Run, form: str, start: str) -> None:
    result = run("query", "-", "--format", form, "--dataset", MINI, stdin=QUERY)
    assert result.exit_code == 0
    assert result.stdout.startswith(start)
    assert f"{EX}south" in result.stdout


@pytest.mark.parametrize(
    ("form", "start"),
    [("table", ""), ("turtle", ""), ("ntriples", "<"), ("rdfxml", "<?xml"), ("jsonld", "[")],
)
def test_query_forms_of_triples(run: Run, form: str, start: str) -> None:
    text = f"DESCRIBE <{EX}league>"
    result = run("query", "-", "--format", form, "--dataset", MINI, stdin=text)
    assert result.exit_code == 0
    assert result.stdout.startswith(start)
    assert "League" in result.stdout


@pytest.mark.parametrize(
    ("pattern", "answer"), [("ex:north a ex:State", "yes"), ("ex:x ex:y ex:z", "no")]
)
def test_query_that_asks(run: Run, pattern: str, answer: str) -> None:
    text = f"PREFIX ex: <{EX}> ASK {{ {pattern} }}"
    assert run("query", "-", "--dataset", MINI, stdin=text).stdout == f"{answer}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * WHERE {", "not a valid SPARQL query"),
        (f"SELECT * WHERE {{ SERVICE <{EX}> {{ ?s ?p ?o }} }}", "SERVICE"),
        ("INSERT DATA { <a:b> <a:c> <a:d> }", "INSERT"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_query_that_is_refused(run: Run, text: str | bytes, message: str) -> None:
    result = run("query", "-", "--dataset", MINI, stdin=text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_query_has_no_such_form(run: Run) -> None:
    result = run("query", "-", "--format", "turtle", "--dataset", MINI, stdin=QUERY)
    assert result.exit_code == 2
    assert "choose one of --format table, json" in result.stderr


def test_query_of_an_unreadable_dataset_says_why(run: Run, mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", "cmq:layer value:background .", "cmq:layer value:rumour .")
    result = run("query", "-", "--dataset", mini, stdin=QUERY)
    assert result.exit_code == 1
    assert "value:rumour is unknown" in result.stderr


def test_anchors_resolve(run: Run) -> None:
    result = run("anchors", MINI / "one.txt", "--dataset", MINI)
    assert result.exit_code == 0
    assert result.stdout.startswith("2 of 2 sentences anchored, ")
    assert result.stdout.endswith(", 0 mismatches\n")


def test_anchors_in_another_text(run: Run, tmp_path: Path) -> None:
    text = tmp_path / "other.txt"
    text.write_text("Nothing of the kind.")
    result = run("anchors", text, "--dataset", MINI)
    assert result.exit_code == 1
    assert "is another text than the one encoded" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("0 of 2 sentences anchored")


def test_anchors_that_do_not_resolve(run: Run, mini: Path) -> None:
    path = mini / "graph" / "articles" / "one.ttl"
    edit(path, '"The Union"', '"The Onion"')
    result = run("anchors", MINI / "one.txt", "--dataset", mini)
    assert result.exit_code == 1
    line = (
        f"{path}:{line_of(path, 'Onion')}: one:mention-1: mention: “The Onion” is not in one:P1.S1"
    )
    assert result.stdout.splitlines()[0] == line


def test_anchors_lists_only_so_many_mismatches(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editing, "MISMATCHES", 2)
    text = tmp_path / "other.txt"
    text.write_text("Nothing of the kind.")
    lines = run("anchors", text, "--dataset", MINI).stdout.splitlines()
    assert len(lines) == 6
    assert lines[4].endswith(" more; --json lists all")


def test_anchors_as_json(run: Run) -> None:
    report = json.loads(run("anchors", MINI / "one.txt", "--json", "--dataset", MINI).stdout)
    assert report["passed"] is True
    assert report["same_text"] is True
    assert report["totals"]["sentence"] == 2


def test_anchors_of_an_unknown_article(run: Run) -> None:
    result = run("anchors", MINI / "one.txt", "--article", "two", "--dataset", MINI)
    assert result.exit_code == 2
    assert "choose one of: one" in result.stderr


def test_format_and_its_check(run: Run, mini: Path) -> None:
    path = mini / "graph" / "editorial.ttl"
    run("format", "--dataset", mini)
    assert run("format", "--check", "--dataset", mini).exit_code == 0
    path.write_text(path.read_text() + "\n\n")
    before = path.read_bytes()
    result = run("format", "--check", "--dataset", mini)
    assert result.exit_code == 1
    assert result.stdout == f"{path}\n"
    assert "run communique format" in result.stderr
    assert path.read_bytes() == before
    assert run("format", path).stdout == f"{path}\n"
    assert run("format", "--check", path).exit_code == 0


def test_format_loses_no_comment(run: Run, mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    edit(path, "ex:league a", "# What is the League?\nex:league a")
    before = path.read_bytes()
    result = run("format", "--dataset", mini)
    assert result.exit_code == 1
    assert f"{path}:{line_of(path, 'What is')}: formatting would lose this comment" in result.stderr
    assert path.read_bytes() == before


def test_unreadable_file_is_no_traceback(run: Run, mini: Path) -> None:
    (mini / "graph" / "gone.ttl").symlink_to(mini / "nowhere")
    (mini / "graph" / "loop.ttl").mkdir()
    assert run("check", "--dataset", mini).exit_code == 0
    text = mini / "text"
    text.symlink_to(text)
    assert run("anchors", text, "--dataset", mini).exit_code == 2


def test_bad_literal_is_a_finding_without_a_traceback(mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", '"2003-09-18T00:00:00Z"', '"2003-99-18T00:00:00Z"')
    result = subprocess.run(
        [*COMMAND, "check", "--dataset", mini],
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert result.returncode == 1
    assert "The founding date is no xsd:dateTime." in result.stdout
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["query", "serve"])
def test_existing_generation_needs_no_build_library(generations: Path, command: str) -> None:
    program = """
import sys
from communique import cli, web
web.serve = lambda *_: None
cli.main(sys.argv[1:], standalone_mode=False)
print(*({"rdflib", "pyshacl", "owlrl", "rich"} & set(sys.modules)))
"""
    options = ["--dataset", str(MINI), "--generations", str(generations)]
    subprocess.run([*COMMAND, "build", *options], check=True, capture_output=True)
    result = subprocess.run(
        [sys.executable, "-c", program, command, *(["-"] if command == "query" else []), *options],
        input=QUERY,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    assert result.stdout.splitlines()[-1] == ""


def test_serve_answers_and_stops_cleanly(generations: Path) -> None:
    words = ["serve", "--port", "0", "--dataset", str(MINI), "--generations", str(generations)]
    server = subprocess.Popen([*COMMAND, *words], stderr=subprocess.PIPE, encoding="utf-8")
    try:
        assert server.stderr is not None
        line = ""
        while not line.startswith("serving "):
            line = server.stderr.readline()
            assert line, "the server ended before it listened"
        [url] = re.findall(r"http://127\.0\.0\.1:\d+/", line)
        assert sources.discover(MINI).digest[:12] in line
        with urllib.request.urlopen(f"{url}health", timeout=10) as response:  # noqa: S310 - ours
            assert response.status == 200
        server.send_signal(signal.SIGINT)
        rest = server.communicate(timeout=10)[1]
    finally:
        server.kill()
    assert (server.returncode, rest) == (0, "stopped\n")


def test_serve_at_a_taken_port(generations: Path, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("serve", "--port", port, "--dataset", MINI, "--generations", generations)
    assert result.exit_code == 2
    assert "choose another address with --host or --port" in result.stderr


def test_interrupt_is_clean(mini: Path) -> None:
    # A FIFO in the place of a file holds the program up where it reads its sources.
    os.mkfifo(mini / "query.rq")
    words = ["query", str(mini / "query.rq"), "--dataset", str(mini)]
    process = subprocess.Popen([*COMMAND, *words], stderr=subprocess.PIPE, encoding="utf-8")
    with (mini / "query.rq").open("w"):  # opens once the program has opened the other end
        errors = interrupted(process)
    assert process.returncode == 130
    assert errors.strip() == "communique: interrupted"


def interrupted(process: subprocess.Popen[str]) -> str:
    """Interrupts a program that is about to wait; returns what it wrote.

    A signal between Python's last look for one and the system call that waits is seen after the
    wait only; so whoever waits too long presses the keys again.
    """
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=5)[1]
    process.kill()
    return process.communicate()[1]


def test_terminal_gets_ruled_tables_and_progress(tmp_path: Path) -> None:
    outer, inner = pty.openpty()
    words = ["query", "-", "--dataset", str(MINI), "--generations", str(tmp_path)]
    process = subprocess.Popen(
        [*COMMAND, *words], stdin=subprocess.PIPE, stdout=inner, stderr=inner
    )
    process.communicate(QUERY.encode(), timeout=60)
    os.close(inner)
    shown = b""
    while True:
        try:
            chunk = os.read(outer, 65536)
        except OSError:  # the other end is closed
            break
        shown += chunk
    os.close(outer)
    assert process.returncode == 0
    assert b"reasoning" in shown
    assert "─────".encode() in shown
    assert f"{EX}south".encode() in shown
