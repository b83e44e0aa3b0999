"""W3C's SPARQL 1.1 Update suites over HTTP: evaluation and syntax.

The data of each case is a dataset without vocabulary and shapes, in which the default graph is a
file of facts and every named graph one of the editors' layer.  A writable server runs the request.
New graphs are named after their files here, so the hosts of the suite's IRIs are renamed, in the
data, the requests and the results alike.  Results are compared less the headers that files have.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox
import pytest

from communique import sources
from communique.namespaces import CMQ, GRAPH, LAYER_ASSERTED, LAYER_EDITORIAL, OWL, RDF
from communique.repository import Repository
from communique.tokens import Scope, Tokens
from communique.web import create_app
from conftest import missing
from suite_server import Reply, Swappable, swappable
from test_sparql_suite import HERE, MF, ROOT, SUITES, UT, Manifest, parametrized

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RDFS_LABEL: Final = "http://www.w3.org/2000/01/rdf-schema#label"
DEFAULT: Final = GRAPH + "the-default"
"""The graph that stands for the default graph."""
_HOSTS: Final = re.compile(r"http://((?:www\.)?example\.(?:org|com))(?=[/>])")
_SYNTAX: Final = "https://w3id.org/communique/problem/query-syntax"
_LOAD: Final = (
    "Update §3.1.4: LOAD SILENT is always a success; here nothing is fetched, and it says so"
)
EXPECTED_FAILURES: Final = {
    "update-silent/load-silent": _LOAD,
    "update-silent/load-into-silent": _LOAD,
}
"""Cases of evaluation that fail, each with its reason."""
REFUSED: Final = {
    403: "it is SPARQL, and loads a document, or writes what is no graph of this dataset",
    409: "it is SPARQL, and fails because a graph is not there",
}
"""What becomes of requests of the syntax suite that are understood and not run."""


@dataclass(frozen=True)
class Case:
    """A test case.

    Attributes:
        name: Its folder and its name there.
        kind: The local name of its class.
        request: The file of the request.
        before: The files of the graphs before, by their names; ``""`` is the default graph.
        after: Likewise those after.
    """

    name: str
    kind: str
    request: Path
    before: tuple[tuple[str, Path], ...] = ()
    after: tuple[tuple[str, Path], ...] = ()


def cases(name: str) -> Iterator[Case]:
    """Yield each test case that a manifest leads to."""
    iri = HERE + name
    manifest = Manifest(iri)
    for included in manifest.list(iri, MF + "include"):
        yield from cases(included.removeprefix(HERE))
    for entry in manifest.list(iri, MF + "entries"):
        kind = manifest.objects[entry, RDF + "type"][0].removeprefix(MF)
        [action] = manifest.objects[entry, MF + "action"]
        label = f"{name.split('/', maxsplit=1)[0]}/{re.split('[#/]', entry)[-1]}"
        if (action, UT + "request") in manifest.objects:
            [request] = manifest.files(action, UT + "request")
            [result] = manifest.objects[entry, MF + "result"]
            yield Case(label, kind, request, graphs(manifest, action), graphs(manifest, result))
        else:
            yield Case(label, kind, ROOT / action.removeprefix(HERE))


def graphs(manifest: Manifest, node: str) -> tuple[tuple[str, Path], ...]:
    """Return the files of the graphs that a node of a manifest names."""
    found = [("", path) for path in manifest.files(node, UT + "data")]
    for each in manifest.objects.get((node, UT + "graphData"), []):
        [path] = manifest.files(each, UT + "graph")
        [label] = manifest.objects[each, RDFS_LABEL]
        found.append((label, path))
    return tuple(found)


CASES: Final = sorted(
    cases("manifest-sparql11-update.ttl") if ROOT.is_dir() else [], key=lambda case: case.name
)


def rename(text: str) -> str:
    """Rename the hosts of the suite's IRIs."""
    return _HOSTS.sub(lambda host: GRAPH + host[1], text)


def triples(path: Path) -> str:
    """Return what a file says as N-Triples, renamed."""
    format_ = ox.RdfFormat.from_extension(path.suffix[1:])
    found = ox.parse(path=path, format=format_, base_iri=GRAPH, rename_blank_nodes=True)
    lines = ox.serialize((quad.triple for quad in found), format=ox.RdfFormat.N_TRIPLES)
    return rename((lines or b"").decode())


def header(name: str, layer: str) -> str:
    """Return the header of a file, in N-Triples."""
    return f"<{name}> <{RDF}type> <{OWL}Ontology> .\n<{name}> <{CMQ}layer> <{layer}> .\n"


class Served:
    """A writable server whose dataset is another for each case.

    Args:
        server: The server.
        folder: Where the datasets are put.
    """

    def __init__(self, server: Swappable, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._numbers = itertools.count()
        tokens = Tokens(folder / "tokens" / "tokens.json")
        self._tokens = tokens
        self._secret = tokens.create("W3C <w3c@example.org>", Scope.WRITE, ["*"], None)[1]
        self.repository: Repository | None = None

    def serve(self, case: Case) -> None:
        """Serve the data of a case."""
        root = self._folder / f"case-{next(self._numbers)}"
        for kind in sources.Kind:
            (root / kind).mkdir(parents=True)
        before = {"": "", **{name: "" for name, _ in case.before}}
        for name, path in case.before:
            before[name] += triples(path)
        for number, (name, text) in enumerate(before.items()):
            graph = rename(f"{name}>")[:-1] or DEFAULT
            layer = LAYER_EDITORIAL if name else LAYER_ASSERTED
            file = root / "graph" / f"{number}.ttl"
            file.write_text(header(graph, layer) + text, encoding="utf-8")
        self.repository = Repository(root, self._folder / "generations")
        app = create_app(
            self.repository.open(),
            repository=self.repository,
            tokens=self._tokens,
            default_graph=DEFAULT,
        )
        self._server.exchange(app)

    def send(self, request: str) -> Reply:
        """Send an update request."""
        return self._server.ask(
            "POST",
            "/sparql",
            rename(request),
            Content_Type="application/sparql-update",
            Authorization=f"Bearer {self._secret}",
        )

    def content(self) -> ox.Dataset:
        """Return what the server has after all, as it can be had, less the headers."""
        assert self.repository is not None
        found = ox.Dataset()
        for name, entry in self.repository.generation.manifest["graphs"].items():
            if entry["file"] is None:
                continue
            reply = self._server.ask("GET", f"/data?graph={name}&format=ntriples")
            assert reply.status == 200
            own = header(name, entry["layer"] or "")
            graph = ox.DefaultGraph() if name == DEFAULT else ox.NamedNode(name)
            for quad in ox.parse(reply.body, ox.RdfFormat.N_TRIPLES):
                if f"{quad.triple} .\n" not in own:
                    found.add(ox.Quad(quad.subject, quad.predicate, quad.object, graph))
        return canonical(found)


def expected(case: Case) -> ox.Dataset:
    """Return what a case expects, as the engine writes numbers."""
    store = ox.Store()
    for name, path in case.after:
        graph = ox.NamedNode(rename(f"{name}>")[:-1]) if name else ox.DefaultGraph()
        store.load(triples(path), ox.RdfFormat.N_TRIPLES, to_graph=graph)
    return canonical(ox.Dataset(store))


def canonical(found: ox.Dataset) -> ox.Dataset:
    """Give blank nodes canonical names, so that isomorphic datasets are equal."""
    found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A writable server to load the data of one case after the other."""
    with swappable() as server:
        yield Served(server, tmp_path_factory.mktemp("updates"))


def parameters(*kinds: str) -> pytest.MarkDecorator:
    """Give a test the cases of some kinds."""
    return parametrized(CASES, EXPECTED_FAILURES, *kinds)


def test_suite_is_collected_whole(capsys: pytest.CaptureFixture[str]) -> None:
    if not CASES:
        missing(f"W3C's test suites are not in {SUITES}")
    kinds = Counter(case.kind for case in CASES)
    with capsys.disabled():
        failing = f"{len(EXPECTED_FAILURES)} expected to fail"
        print(f"\n{len(CASES)} cases of updates, {failing}: {dict(kinds)}")  # noqa: T201 - for CI
    assert kinds == {
        "UpdateEvaluationTest": 94,
        "PositiveUpdateSyntaxTest11": 42,
        "NegativeUpdateSyntaxTest11": 13,
        "NegativeSyntaxTest11": 8,
    }
    assert EXPECTED_FAILURES.keys() <= {case.name for case in CASES}


@pytest.mark.slow
@parameters("UpdateEvaluationTest")
def test_evaluation(served: Served, case: Case) -> None:
    served.serve(case)
    reply = served.send(case.request.read_text(encoding="utf-8"))
    assert reply.status == 200, reply.body.decode()
    assert served.content() == expected(case)


def problem(reply: Reply) -> dict[str, Any]:
    """Return the problem that a reply tells."""
    told: dict[str, Any] = json.loads(reply.body)
    return told


@pytest.mark.slow
@parameters("PositiveUpdateSyntaxTest11")
def test_valid_syntax_is_understood(served: Served, case: Case) -> None:
    served.serve(case)
    reply = served.send(case.request.read_text(encoding="utf-8"))
    if reply.status != 200:
        assert reply.status in REFUSED, reply.body.decode()
        assert problem(reply)["type"] != _SYNTAX


@pytest.mark.slow
@parameters("NegativeUpdateSyntaxTest11", "NegativeSyntaxTest11")
def test_invalid_syntax_is_400(served: Served, case: Case) -> None:
    served.serve(case)
    reply = served.send(case.request.read_text(encoding="utf-8"))
    assert reply.status == 400, reply.body.decode()
    assert problem(reply)["type"] == _SYNTAX
