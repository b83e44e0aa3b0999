"""Clients that others wrote, unchanged, against the running server.

They are curl, rdflib's SPARQLStore, SPARQLWrapper, Apache Jena, Comunica and the OWL API. What
is in no Python package is described in ``tests/clients`` and fetched into caches outside the
repository: by Maven into its own, by npm into ``communique/clients`` in the user's.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from xml.dom.minidom import Document

import pytest
from rdflib import Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import SPARQLWrapper

import queries
from communique import sources, turtle
from communique.namespaces import BASE
from communique.store import query as store
from conftest import missing, require_tool
from test_protege import java as owlapi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.store.generation import Generation

FOLDER: Final = Path(__file__).resolve().parent
QUESTIONS: Final = sorted((FOLDER / "competency").glob("*.rq"))[::8]
"""Some of the sample questions."""
PROJECT: Final = FOLDER / "clients"
NODE: Final = (20, 19)
"""The oldest version of Node that Comunica runs on."""
TIMEOUT: Final = 600
"""Seconds for one program; the first time it is fetched as well."""
START: Final = 60
"""Seconds that the server may take to start."""
PERSON: Final = f"{BASE}id/nikolai-bordyuzha"
ALL_OF_PERSON: Final = f"CONSTRUCT WHERE {{ <{PERSON}> ?p ?o }}"


@pytest.fixture(scope="module")
def url(bundled: Generation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running server of the bundled dataset, without the slash at its end."""
    log = tmp_path_factory.mktemp("server") / "log.txt"
    command = [sys.executable, "-m", "communique", "serve", "--port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--generations", str(bundled.path.parent)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        limit = time.monotonic() + START
        while not (found := re.search(r"http://[^/\s]+", log.read_text(encoding="utf-8"))):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < limit, "the server does not start"
            time.sleep(0.05)
        yield found[0]
    finally:
        process.kill()
        process.wait()


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a program and return its standard output; its standard error belongs to a failure."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        check=False,
        cwd=cwd,
        encoding="utf-8",
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, f"{command[-4:]}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def table(text: str) -> tuple[queries.Row, list[queries.Row]]:
    """Read a table in CSV: its header, and its rows in an order of their own."""
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    return tuple(header), sorted(map(tuple, rows))


def expected(question: Path) -> tuple[queries.Row, list[queries.Row]]:
    """Return the answer to a sample question, likewise."""
    answer = queries.read_csv(question.with_suffix(".csv"))
    return answer.header, sorted(answer.rows)


@pytest.fixture(scope="module")
def person(bundled: Generation) -> Graph:
    """What the dataset says of one person."""
    answer = store.ask(bundled, ALL_OF_PERSON).serialize("application/n-triples")
    graph = turtle.parse_text(answer.decode(), "expected")
    assert len(graph) > 20
    return graph


# --- curl ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.stem)
def test_curl(url: str, question: Path) -> None:
    curl = require_tool("curl", "asks the running server")
    form = ("--data-urlencode", f"query@{question}")
    direct = ("-H", "Content-Type: application/sparql-query", "--data-binary", f"@{question}")
    for arguments in (("--get", *form), form, direct):
        got = run(curl, "-sS", "--fail", "-H", "Accept: text/csv", *arguments, f"{url}/sparql")
        assert table(got) == expected(question)


def test_curl_follows_a_thing_to_what_is_said_of_it(url: str) -> None:
    curl = require_tool("curl", "asks the running server")
    place = PERSON.replace(BASE, f"{url}/")
    got = run(curl, "-sS", "--fail", "--location", "-H", "Accept: text/turtle", place)
    graph = turtle.parse_text(got, place)
    assert (URIRef(PERSON), None, None) in graph


# --- Python --------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.stem)
@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
def test_rdflib_sparqlstore(url: str, method: str, form: str, question: Path) -> None:
    remote = Graph(SPARQLStore(f"{url}/sparql", method=method, returnFormat=form))
    found = remote.query(question.read_text(encoding="utf-8"))
    assert found.vars is not None
    header = tuple(map(str, found.vars))
    # rdflib writes times in its own way.
    rows = [
        tuple(str(row.get(name, "")).replace("+00:00", "Z") for name in found.vars)
        for row in found.bindings
    ]
    assert (header, sorted(rows)) == expected(question)


def test_rdflib_sparqlstore_as_a_graph(url: str, person: Graph) -> None:
    remote = Graph(SPARQLStore(f"{url}/sparql"))
    assert set(remote.triples((URIRef(PERSON), None, None))) == set(person)
    assert len(list(remote.predicates(URIRef(PERSON), unique=True))) == len(
        set(person.predicates())
    )


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.stem)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sparqlwrapper(url: str, method: str, question: Path) -> None:
    wrapper = SPARQLWrapper(f"{url}/sparql")
    wrapper.setQuery(question.read_text(encoding="utf-8"))
    wrapper.setMethod(method)
    wrapper.setReturnFormat("json")
    found = wrapper.queryAndConvert()
    assert isinstance(found, dict)
    header = tuple(found["head"]["vars"])
    rows = [
        tuple(row[name]["value"] if name in row else "" for name in header)
        for row in found["results"]["bindings"]
    ]
    assert (header, sorted(rows)) == expected(question)
    wrapper.setReturnFormat("csv")
    answer = wrapper.queryAndConvert()
    assert isinstance(answer, bytes)
    assert table(answer.decode()) == expected(question)
    wrapper.setReturnFormat("xml")
    document = wrapper.queryAndConvert()
    assert isinstance(document, Document)
    assert len(document.getElementsByTagName("result")) == len(rows)


# SPARQLWrapper itself reads graphs by means that rdflib has deprecated.
@pytest.mark.filterwarnings("ignore:(ConjunctiveGraph|Dataset).*deprecated:DeprecationWarning")
@pytest.mark.parametrize("method", ["urlencoded", "postdirectly"])
@pytest.mark.parametrize("form", ["turtle", "rdf+xml", "json-ld"])
def test_sparqlwrapper_reads_graphs(url: str, method: str, form: str, person: Graph) -> None:
    wrapper = SPARQLWrapper(f"{url}/sparql", returnFormat=form)
    wrapper.setMethod("POST")
    wrapper.setRequestMethod(method)
    wrapper.setQuery(ALL_OF_PERSON)
    found = wrapper.queryAndConvert()
    if isinstance(found, bytes):  # SPARQLWrapper leaves Turtle as it is
        found = turtle.parse_text(found.decode(), "answer")
    assert isinstance(found, Graph)
    assert set(found) == set(person)


# --- Apache Jena ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def jena(tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    """The command that runs a program of Jena's."""
    maven = require_tool("mvn", "fetches Apache Jena, which asks the running server")
    program = require_tool("java", "runs Apache Jena")
    classpath = tmp_path_factory.mktemp("jena") / "classpath"
    run(
        *(maven, "--batch-mode", "--quiet", f"--file={PROJECT / 'pom.xml'}"),
        *("dependency:build-classpath", f"-Dmdep.outputFile={classpath}"),
    )
    return [program, "-cp", classpath.read_text(encoding="utf-8")]


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.stem)
def test_jena_rsparql(url: str, jena: list[str | Path], question: Path) -> None:
    arguments = ("--service", f"{url}/sparql", "--query", question, "--results=csv")
    assert table(run(*jena, "arq.rsparql", *arguments)) == expected(question)


@pytest.mark.slow
@pytest.mark.parametrize("place", [f"sparql?query={quote(ALL_OF_PERSON)}", "id/nikolai-bordyuzha"])
def test_jena_riot_reads_by_url(
    url: str, jena: list[str | Path], person: Graph, place: str
) -> None:
    got = run(*jena, "riotcmd.riot", "--output=ntriples", f"{url}/{place}")
    graph = turtle.parse_text(got, place)
    assert set(graph.triples((URIRef(PERSON), None, None))) == set(person)


@pytest.mark.slow
def test_jena_riot_reads_the_graph_store(
    url: str, jena: list[str | Path], bundled: Generation
) -> None:
    got = run(*jena, "riotcmd.riot", "--output=ntriples", f"{url}/data?default")
    assert len(got.splitlines()) == bundled.manifest["default_triples"]


# --- Comunica ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def comunica() -> list[str | Path]:
    """The command that asks with Comunica, which is installed into the user's cache."""
    node = require_tool("node", "runs Comunica, which asks the running server")
    npm = require_tool("npm", "installs Comunica")
    version = run(node, "--version").strip()
    if tuple(map(int, version[1:].split(".")[:2])) < NODE:
        missing(f"Comunica needs Node {NODE[0]}.{NODE[1]} or later, and this is {version}")
    files = [PROJECT / name for name in ("package.json", "package-lock.json")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = cache / "communique" / "clients" / digest
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            unfinished = Path(folder) / digest
            unfinished.mkdir()
            for path in files:
                shutil.copy(path, unfinished)
            run(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=unfinished)
            unfinished.rename(place)
    # Modules are looked up from where the program is.
    return [node, shutil.copy(PROJECT / "ask.mjs", place)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sparql", "auto"])
def test_comunica(url: str, comunica: list[str | Path], kind: str) -> None:
    lines = run(*comunica, kind, f"{url}/sparql", *QUESTIONS).splitlines()
    for question, line in zip(QUESTIONS, lines, strict=True):
        found = json.loads(line)
        header, rows = expected(question)
        assert sorted(found["variables"]) == sorted(header)
        order = [found["variables"].index(name) for name in header]
        got = sorted(tuple(row[index] for index in order) for row in found["rows"])
        assert got == rows, question.stem


# --- The OWL API ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("version", ["owlapi4", "owlapi5"])
def test_owlapi_loads_the_ontology_by_its_iri(url: str, tmp_path: Path, version: str) -> None:
    folder = sources.bundled_root() / "ontology"
    pairs = {f"{BASE}ontology": "communique.ttl", f"{BASE}alignments": "alignments.ttl"}
    arguments = [part for iri, name in pairs.items() for part in (iri, folder / name)]
    command = owlapi(version, tmp_path)
    lines = run(*command, "communique.Served", BASE, f"{url}/", *arguments).splitlines()
    assert [line.split("\t")[0] for line in lines] == list(pairs)
    for line in lines:
        _iri, count, absent, excess = line.split("\t")
        assert int(count) > 100
        assert (absent, excess) == ("0", "0")
