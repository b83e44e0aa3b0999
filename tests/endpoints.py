"""SPARQL endpoints to try the remote engine on: one of ours in this process, and real servers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import parse_qs

import pyoxigraph as ox

from communique.errors import StoreUnreachable
from communique.store.remote import Remote
from communique.store.virtuoso import Virtuoso
from conftest import missing, require_tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

AnyRemote = TypeVar("AnyRemote", bound=Remote)
FUSEKI: Final = "org.apache.jena:jena-fuseki-server:5.6.0"
"""The last line of Jena that runs on Java 17."""
COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
USER: Final = "editor"
PASSWORD: Final = "correct horse"  # noqa: S105 - of servers that live as long as a test
START: Final = 120
"""Seconds that a server may take to start."""
FETCH: Final = 600
"""Seconds that Maven may take to fetch one."""


class Small(BaseHTTPRequestHandler):
    """A SPARQL endpoint over a store of Oxigraph; under other paths, one that misbehaves."""

    store: ox.Store

    def do_POST(self) -> None:
        """Answer a form."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = parse_qs(body, keep_blank_values=True)
        status, answer = HTTPStatus.OK, b""
        if self.path == "/redirect":
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", "/sparql")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/page":
            answer = b"<html>Welcome!</html>"
        elif self.path == "/slow":
            time.sleep(2)
        else:
            try:
                if "update" in form:
                    self.store.update(form["update"][0])
                else:
                    found = self.store.query(form["query"][0])
                    assert isinstance(found, ox.QuerySolutions)
                    answer = found.serialize(format=ox.QueryResultsFormat.JSON) or b""
            except SyntaxError as fault:
                status, answer = HTTPStatus.BAD_REQUEST, str(fault).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def small() -> Iterator[str]:
    """Serve an empty store, and give the address of the server."""
    handler = type("Handler", (Small,), {"store": ox.Store()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def fuseki(folder: Path) -> Iterator[Remote]:
    """Run Apache Jena Fuseki with an empty dataset, for one user (basic authentication)."""
    reason = "fetches Apache Jena Fuseki, that the remote engine is tried on"
    maven = require_tool("mvn", reason)
    java = require_tool("java", "runs Apache Jena Fuseki")
    subprocess.run(
        [
            *(maven, "--batch-mode", "--quiet", COPY),
            *(f"-Dartifact={FUSEKI}", f"-DoutputDirectory={folder}"),
        ],
        check=True,
        cwd=folder,
        timeout=FETCH,
    )
    (jar,) = folder.glob("*.jar")
    (folder / "passwords").write_text(f"{USER}: {PASSWORD}\n")
    (port,) = free_ports(1)
    command: list[str | Path] = [java, "-jar", jar, "--localhost", "--port", str(port)]
    command += ["--auth=basic", "--passwd", "passwords", "--mem", "--update", "/ds"]
    url = f"http://127.0.0.1:{port}/ds"
    with running(command, folder, os.environ | {"FUSEKI_BASE": str(folder / "base")}):
        yield ready(Remote(f"{url}/query", f"{url}/update", USER, PASSWORD))


VIRTUOSO_INI: Final = """
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
NumberOfBuffers = 20000
MaxDirtyBuffers = 15000
CheckpointInterval = 0
DirsAllowed = .
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 5
[SPARQL]
ResultSetMaxRows = 1000000
"""


@contextmanager
def virtuoso(folder: Path) -> Iterator[Virtuoso]:
    """Run Virtuoso 7 with an empty database, for one user (digest authentication)."""
    server = require_tool("virtuoso-t", "the remote engine is tried on Virtuoso")
    sql_client = require_tool("isql-vt", "makes a user of Virtuoso")
    sql, http = free_ports(2)
    (folder / "virtuoso.ini").write_text(VIRTUOSO_INI.format(sql=sql, http=http))
    url = f"http://127.0.0.1:{http}/sparql-auth"
    store = Virtuoso(url, url, USER, PASSWORD)
    make_user = (
        f"DB.DBA.USER_CREATE('{USER}', '{PASSWORD}');"
        f'GRANT SPARQL_SELECT TO "{USER}"; GRANT SPARQL_UPDATE TO "{USER}";'
    )
    with running([server, "+foreground", "+configfile", "virtuoso.ini"], folder, os.environ):
        deadline = time.monotonic() + START
        login = [str(sql_client), f"127.0.0.1:{sql}", "dba", "dba", f"exec={make_user}"]
        while subprocess.run(login, check=False, capture_output=True, cwd=folder).returncode:
            assert time.monotonic() < deadline, (folder / "virtuoso.log").read_text()
            time.sleep(0.2)
        yield ready(store)


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def running(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """Run a server in a folder, with its output in a file there, and stop it in the end."""
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            shutil.rmtree(folder, ignore_errors=True)  # a database is large


def ready(store: AnyRemote) -> AnyRemote:
    """Wait until a server answers."""
    deadline = time.monotonic() + START
    while True:
        try:
            list(store.select("SELECT (1 AS ?one) WHERE { }"))
        except StoreUnreachable:
            if time.monotonic() > deadline:
                missing(f"a server that was started gives no answer at {store.query_url}")
            time.sleep(0.2)
        else:
            return store
