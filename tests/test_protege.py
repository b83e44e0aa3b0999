"""The Turtle files in the hands of Protégé's libraries: OWL API, HermiT, catalogs; and of ROBOT.

The programs are in ``tests/protege``; Maven fetches what they need into its own cache.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from rdflib import OWL, RDF, SKOS, URIRef

from communique import namespaces, sources
from communique.turtle import format_text, lost_comments, parse
from conftest import require_tool

if TYPE_CHECKING:
    from collections.abc import Iterable

PROJECT = Path(__file__).with_name("protege")
ROOT = sources.bundled_root()
CATALOG = "ontology/catalog-v001.xml"
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for kind in ("ontology", "graph", "shapes")
    for path in (ROOT / kind).rglob("*.ttl")
)
TIMEOUT = 900
"""Seconds for one program: the first time, Maven fetches all it needs."""


def run(*command: str | Path) -> str:
    """Run a program and give its standard output; its standard error belongs to a failure."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, f"{command[:4]}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def java(profile: str, target: Path) -> list[str | Path]:
    """Build the programs of a Maven profile, and give the command that runs them."""
    maven = require_tool("mvn", "builds the programs that load the Turtle with the OWL API")
    program = require_tool("java", "runs the OWL API, HermiT, Protégé's catalogs and ROBOT")
    classpath = target / "classpath"
    run(
        *(maven, "--batch-mode", "--quiet", f"--activate-profiles={profile}"),
        *(f"--file={PROJECT / 'pom.xml'}", f"-Dtarget={target}"),
        *("compile", "dependency:build-classpath", f"-Dmdep.outputFile={classpath}"),
    )
    return [program, "-cp", f"{target / 'classes'}:{classpath.read_text()}"]


@dataclass(frozen=True)
class Outcome:
    """What the OWL API made of a dataset's files.

    Args:
        findings: By its first word, the rest of each line that the program wrote.
        saved: The folder of the files that it saved.
    """

    findings: dict[str, list[list[str]]]
    saved: Path


def round_trip(command: list[str | Path], root: Path, files: Iterable[str], saved: Path) -> Outcome:
    """Load, check, reason over and save the files of a dataset."""
    output = run(*command, "communique.RoundTrip", root / CATALOG, root, saved, *files)
    findings = defaultdict(list)
    for line in output.splitlines():
        kind, *rest = line.split("\t")
        findings[kind].append(rest)
    return Outcome(findings, saved)


@pytest.fixture(scope="module", params=["owlapi4", "owlapi5"])
def owlapi(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[str | Path]:
    """The command that runs the programs with one version of the OWL API."""
    return java(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def outcome(owlapi: list[str | Path], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What one version of the OWL API made of the bundled dataset."""
    return round_trip(owlapi, ROOT, FILES, tmp_path_factory.mktemp("saved"))


# --- The OWL API and HermiT ----------------------------------------------------------------------


@pytest.mark.slow
def test_every_triple_is_read(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    axioms = {file: int(count) for file, count, _logical in outcome.findings["axioms"]}
    with capsys.disabled():
        print("", *(f"{count:7,} axioms  {file}" for file, count in axioms.items()), sep="\n")  # noqa: T201 - CI shows the counts
    assert list(axioms) == FILES
    assert all(axioms.values())
    assert outcome.findings["unparsed"] == []


@pytest.mark.slow
def test_profiles_dl_and_rl(outcome: Outcome) -> None:
    assert outcome.findings["violation"] == []


@pytest.mark.slow
def test_hermit_finds_no_contradiction(outcome: Outcome) -> None:
    verdicts = {name: verdict for name, verdict, _axioms in outcome.findings["consistent"]}
    assert verdicts == {"ontology": "true", "all": "true"}
    assert outcome.findings["unsatisfiable"] == []


@pytest.mark.slow
def test_saving_and_formatting_changes_nothing(outcome: Outcome) -> None:
    changed = [
        file
        for file in FILES
        if format_text((outcome.saved / file).read_text(encoding="utf-8"), file).encode()
        != (ROOT / file).read_bytes()
    ]
    assert changed == []
    assert not any(lost_comments(outcome.saved / file) for file in FILES)


BAD = {
    "ontology/bad.ttl": """
        <https://w3id.org/communique/ontology> a owl:Ontology .
        cmq:A a owl:Class ; owl:disjointWith cmq:B .
        cmq:B a owl:Class .
        cmq:C a owl:Class ; rdfs:subClassOf cmq:A , cmq:B .
    """,
    "graph/bad.ttl": """
        <https://w3id.org/communique/graph/bad> a owl:Ontology ;
            owl:imports <https://w3id.org/communique/ontology> .
        ex:x a cmq:C ; cmq:undeclared ex:y .
    """,
    "shapes/bad.ttl": """
        <https://w3id.org/communique/shapes/bad> a owl:Ontology .
        sh:in a owl:AnnotationProperty .
        ex:shape sh:in ( 1 2 ) .
    """,
    "shapes/worse.ttl": """
        <https://w3id.org/communique/shapes/worse> a owl:Ontology .
        [] a owl:AllDisjointClasses .
    """,
}


@pytest.mark.slow
def test_faults_are_found(owlapi: list[str | Path], tmp_path: Path) -> None:
    """The tests above can fail."""
    prefixes = "".join(
        f"@prefix {prefix}: <{namespace}> .\n"
        for prefix, namespace in {**namespaces.PREFIXES, "ex": "http://example.org/"}.items()
    )
    for name, text in BAD.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(format_text(prefixes + text, name), encoding="utf-8")
    (tmp_path / CATALOG).write_text(
        '<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">'
        '<uri name="https://w3id.org/communique/ontology" uri="bad.ttl"/></catalog>'
    )
    outcome = round_trip(owlapi, tmp_path, BAD, tmp_path / "saved")
    findings = outcome.findings
    assert ["ontology", "true"] in [verdict[:2] for verdict in findings["consistent"]]
    assert ["all", "false"] in [verdict[:2] for verdict in findings["consistent"]]
    assert [name for name, _class in findings["unsatisfiable"]] == ["ontology"]
    assert any("undeclared" in text for name, _, text in findings["violation"] if "graph" in name)
    assert {name for name, _triple in findings["unparsed"]} == {"shapes/worse.ttl"}
    saved = (tmp_path / "saved/shapes/bad.ttl").read_text(encoding="utf-8")
    assert "( 1 2 )" not in format_text(saved, "saved")  # why no shape may use a list


# --- Catalogs ------------------------------------------------------------------------------------


def entries(catalog: Path, name: str) -> list[ET.Element]:
    root = ET.parse(catalog).getroot()  # noqa: S314 - our own file
    return root.findall(f"{{urn:oasis:names:tc:entity:xmlns:xml:catalog}}{name}")


def test_the_catalog_lists_every_file() -> None:
    """A new file needs a line ``<uri name="its header's IRI" uri="its path"/>`` in the catalog."""
    expected = {}
    for file in FILES:
        (header,) = parse(ROOT / file).subjects(RDF.type, OWL.Ontology)
        expected[str(header)] = ROOT / file
    listed = {
        entry.attrib["name"]: (ROOT / CATALOG).parent.joinpath(entry.attrib["uri"]).resolve()
        for entry in entries(ROOT / CATALOG, "uri")
    }
    assert listed == expected


def test_every_folder_leads_to_the_catalog() -> None:
    """Protégé reads the catalog of the folder it opens a file from, and makes one if there is none.

    A new folder needs a copy of ``graph/catalog-v001.xml`` with the path put right.
    """
    for folder in {(ROOT / file).parent for file in FILES} - {ROOT / "ontology"}:
        (entry,) = entries(folder / "catalog-v001.xml", "nextCatalog")
        assert (folder / entry.attrib["catalog"]).resolve() == ROOT / CATALOG


@pytest.mark.slow
def test_protege_finds_imports_and_leaves_the_catalogs_alone(tmp_path: Path) -> None:
    command = java("protege", tmp_path / "target")
    for kind in ("ontology", "graph", "shapes"):
        shutil.copytree(ROOT / kind, tmp_path / kind)
    before = {path: path.read_bytes() for path in tmp_path.rglob("catalog*.xml")}
    folders = sorted({(tmp_path / file).parent for file in FILES})
    output = run(*command, "communique.Catalogs", namespaces.ONTOLOGY_GRAPH, *folders)
    redirects = [line.split("\t")[1:] for line in output.splitlines() if "redirect\t" in line]
    ontology = str(tmp_path / "ontology/communique.ttl")
    assert redirects == [[str(folder), ontology] for folder in folders]
    assert {path: path.read_bytes() for path in tmp_path.rglob("catalog*.xml")} == before


# --- ROBOT ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    """The command that runs ROBOT."""
    command = java("robot", tmp_path_factory.mktemp("robot"))
    return [*command, "org.obolibrary.robot.CommandLineInterface"]


EXPLAINED = {
    # ROBOT asks for a definition by IAO:0000115, the property of OBO. We use that of SKOS.
    "missing_definition": SKOS.definition,
}
"""The rules of ROBOT that may warn of a term, and the property that the term has instead."""


@pytest.mark.slow
def test_robot_report(robot: list[str | Path], tmp_path: Path) -> None:
    """No error, and each warning explained.

    ROBOT knows only ``rdfs:label`` for a label. The values have ``skos:prefLabel``, which is an
    ``rdfs:label`` by SKOS and by ``ontology/alignments.ttl``: the update says so to ROBOT.
    """
    ontology, alignments = (ROOT / f"ontology/{name}.ttl" for name in ("communique", "alignments"))
    run(
        *(*robot, "merge", "--catalog", ROOT / CATALOG, "--input", ontology, "--input", alignments),
        *("query", "--update", PROJECT / "labels.ru"),
        *("report", "--base-iri", namespaces.BASE, "--fail-on", "none"),
        *("--output", tmp_path / "report.tsv"),
    )
    with (tmp_path / "report.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert rows
    graph = parse(ontology)
    unexplained = [
        row
        for row in rows
        if row["Level"] != "INFO"
        and not (
            row["Level"] == "WARN"
            and row["Rule Name"] in EXPLAINED
            and (URIRef(row["Subject"]), EXPLAINED[row["Rule Name"]], None) in graph
        )
    ]
    assert unexplained == []


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["DL", "RL"])
@pytest.mark.parametrize("file", ["ontology/alignments.ttl", "ontology/communique.ttl"])
def test_robot_validate_profile(
    robot: list[str | Path], profile: str, file: str, tmp_path: Path
) -> None:
    report = tmp_path / "report.txt"
    run(
        *(*robot, "validate-profile", "--profile", profile, "--catalog", ROOT / CATALOG),
        *("--input", ROOT / file, "--output", report),
    )
    assert "[Ontology and imports closure in profile]" in report.read_text(encoding="utf-8")
