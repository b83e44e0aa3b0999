"""The endpoints that are measured, each started with the same data on the loopback interface."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.report import OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from benchmarks.environment import Environment

    Start = Callable[["Data", Path], AbstractContextManager["Endpoint"]]

CACHED: Final = f"{OURS}, answers kept"
UNCACHED: Final = f"{OURS}, no answers kept"
OXIGRAPH: Final = "oxigraph serve"
RDFLIB: Final = "rdflib-endpoint"
FUSEKI: Final = "Fuseki"
VIRTUOSO: Final = "Virtuoso"
NOTHING: Final = "nothing"
"""What answers without looking, to see what the load generator can do."""
OURS_OF: Final = {False: UNCACHED, True: CACHED}
"""Which of ours is measured, by whether queries are repeated."""

_START: Final = 900
"""Seconds that an endpoint may take to load the data and answer."""
_STOP: Final = 30
_HEAP: Final = "-Xmx4g"
_FUSEKI: Final = "org.apache.jena:jena-fuseki-server:5.6.0"
_COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
_GRAPH: Final = "urn:benchmark:default"
_READY: Final = "ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"


@dataclass(frozen=True, slots=True)
class Data:
    """What is served.

    Attributes:
        root: The dataset.
        generations: Where its generation is.
        generation: Its generation.
        triples: The default graph of the generation, as N-Triples.
    """

    root: Path
    generations: Path
    generation: Path
    triples: Path


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running endpoint.

    Attributes:
        port: Its port.
        path: The path that queries go to.
        pid: The number of its process.
    """

    port: int
    path: str
    pid: int


def available(found: Environment) -> dict[str, Start]:
    """Return, by name, what starts each endpoint, given the data and a folder to work in.

    Args:
        found: The competitors; those that cannot be had are left out.
    """
    scripts = found.python.parent
    starts: dict[str, Start] = {
        NOTHING: start_nothing,
        UNCACHED: lambda data, folder: _ours(data, folder, cache=0),
        CACHED: lambda data, folder: _ours(data, folder, cache=64),
        OXIGRAPH: lambda data, folder: _oxigraph(scripts / "oxigraph", data, folder),
        RDFLIB: lambda data, folder: _rdflib(scripts / "rdflib-endpoint", data, folder),
    }
    if shutil.which("mvn") and shutil.which("java"):
        starts[FUSEKI] = _fuseki
    if shutil.which("virtuoso-t") and shutil.which("isql-vt"):
        starts[VIRTUOSO] = _virtuoso
    return starts


@contextmanager
def _ours(data: Data, folder: Path, cache: int) -> Iterator[Endpoint]:
    """Serve the generation by this project."""
    port = _free_port()
    command = [
        *(sys.executable, "-m", "communique", "serve", "--dataset", data.root),
        *("--generations", data.generations, "--port", port, "--cache", cache),
    ]
    with _running(command, folder, os.environ) as pid:
        yield _ready(Endpoint(port, "/sparql", pid), folder)


@contextmanager
def writable(data: Data, folder: Path, tokens: Path) -> Iterator[Endpoint]:
    """Serve a dataset that can be changed, with the defaults.

    Args:
        data: What is served; its root is the dataset that is changed.
        folder: The folder to work in.
        tokens: The file of the tokens.
    """
    port = _free_port()
    command = [
        *(sys.executable, "-m", "communique", "serve", "--dataset", data.root, "--writable"),
        *("--generations", data.generations, "--tokens", tokens, "--port", port),
    ]
    with _running(command, folder, os.environ) as pid:
        yield _ready(Endpoint(port, "/sparql", pid), folder)


@contextmanager
def start_nothing(_data: Data, folder: Path) -> Iterator[Endpoint]:
    """Serve nothing."""
    port = _free_port()
    command = [sys.executable, Path(__file__).parent / "workers" / "nothing.py", port]
    with _running(command, folder, os.environ) as pid:
        yield _ready(Endpoint(port, "/sparql", pid), folder)


@contextmanager
def _oxigraph(program: Path, data: Data, folder: Path) -> Iterator[Endpoint]:
    """Serve a copy of the very store that the generation has."""
    port = _free_port()
    shutil.copytree(data.generation / "store", folder / "store")
    command = [program, "serve-read-only", "--location", "store", "--bind", f"127.0.0.1:{port}"]
    with _running(command, folder, os.environ) as pid:
        yield _ready(Endpoint(port, "/query", pid), folder)


@contextmanager
def _rdflib(program: Path, data: Data, folder: Path) -> Iterator[Endpoint]:
    """Serve the triples from rdflib's memory."""
    port = _free_port()
    command = [program, "serve", "--host", "127.0.0.1", "--port", port, data.triples]
    with _running(command, folder, os.environ) as pid:
        yield _ready(Endpoint(port, "/", pid), folder)


@contextmanager
def _fuseki(data: Data, folder: Path) -> Iterator[Endpoint]:
    """Serve the triples from a database on disk (TDB2), with the statistics its optimizer likes."""
    port = _free_port()
    _call(folder, "mvn", "-B", "-q", _COPY, f"-Dartifact={_FUSEKI}", f"-DoutputDirectory={folder}")
    (jar,) = folder.glob("*.jar")
    java: list[str | Path] = ["java", _HEAP, "-cp", jar]
    _call(folder, *java, "tdb2.tdbloader", "--loc", "database", data.triples)
    statistics = _call(folder, *java, "tdb2.tdbstats", "--loc", "database")
    (folder / "database" / "Data-0001" / "stats.opt").write_text(statistics, encoding="utf-8")
    command = [*java, "org.apache.jena.fuseki.main.cmds.FusekiServerCmd", "--localhost"]
    command += ["--port", str(port), "--tdb2", "--loc", "database", "/data"]
    with _running(command, folder, os.environ | {"FUSEKI_BASE": str(folder / "base")}) as pid:
        yield _ready(Endpoint(port, "/data/query", pid), folder)


_INI: Final = """
[Database]
DatabaseFile = virtuoso.db
TransactionFile = virtuoso.trx
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
NumberOfBuffers = 340000
MaxDirtyBuffers = 250000
DirsAllowed = {folder}
CheckpointInterval = 0
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 20
MaxKeepAlives = 20
KeepAliveTimeout = 600
[SPARQL]
ResultSetMaxRows = 1000000
DefaultGraph = {graph}
"""
"""Buffers as Virtuoso's own sample has them for 4 GB of memory."""


@contextmanager
def _virtuoso(data: Data, folder: Path) -> Iterator[Endpoint]:
    """Serve the triples from Virtuoso's graph, which queries that name no graph are about."""
    sql, port = _free_port(), _free_port()
    here = data.triples.parent
    text = _INI.format(sql=sql, http=port, folder=here, graph=_GRAPH)
    (folder / "virtuoso.ini").write_text(text, encoding="utf-8")
    command = ["virtuoso-t", "+foreground", "+configfile", "virtuoso.ini"]
    with _running(command, folder, os.environ) as pid:
        endpoint = _ready(Endpoint(port, "/sparql", pid), folder)
        client = ["isql-vt", f"127.0.0.1:{sql}", "dba", "dba", "ERRORS=STDOUT"]
        for statement in (
            f"ld_dir('{here}', '{data.triples.name}', '{_GRAPH}')",
            "rdf_loader_run()",
            "checkpoint",
        ):
            said = _call(folder, *client, f"exec={statement};")
            if "Error" in said:
                raise RuntimeError(f"Virtuoso does not load the data: {said}")
        yield endpoint


def versions() -> dict[str, str]:
    """Return the versions of the endpoints that are no Python packages."""
    found = {"fuseki": _FUSEKI.rpartition(":")[2]}
    if shutil.which("virtuoso-t"):
        said = subprocess.run(
            ["virtuoso-t", "-?"],  # noqa: S607 # as a shell would find it
            check=False,
            capture_output=True,
            text=True,
        )
        number = re.search(r"Version (\d[\w.-]*)", said.stderr + said.stdout)
        found["virtuoso"] = number[1] if number else "7"
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def _running(
    command: Sequence[object], folder: Path, environment: Mapping[str, str]
) -> Iterator[int]:
    """Run a server in a folder, with its output in a file there, and stop it in the end."""
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 # our own commands
            [str(part) for part in command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(timeout=_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _ready(endpoint: Endpoint, folder: Path) -> Endpoint:
    """Wait until an endpoint answers.

    Raises:
        RuntimeError: It does not.
    """
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=_START)
        try:
            connection.request("GET", f"{endpoint.path}?query={_READY}")
            status = connection.getresponse().status
            if status == http.client.OK:
                return endpoint
            if status == http.client.NOT_FOUND:
                break
        except OSError:
            pass
        finally:
            connection.close()
        if not _is_alive(endpoint.pid):
            break
        time.sleep(0.2)
    said = (folder / "output.txt").read_text(encoding="utf-8", errors="replace")
    raise RuntimeError(f"no answer at {endpoint.path}: {said[-1000:]}")


def _is_alive(pid: int) -> bool:
    """Tell whether a child of this process still runs."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def _call(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(  # noqa: S603 # our own commands
        [str(part) for part in command], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout
