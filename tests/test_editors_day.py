"""An editor's day, from end to end: the steps of CONTRIBUTING.md, with a server that watches."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
import urllib.parse
from pathlib import Path
from typing import NamedTuple

import pytest

from checkouts import Checkout
from communique import sources
from communique.namespaces import GRAPH, PREFIXES
from conftest import edit, line_of
from test_protege import CATALOG, java, round_trip
from test_watching import Watched, watched

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = Path(__file__).with_name("editing") / "article.template"
TEXT = (
    "BORDYUZHA RULES OUT BASES IN UZBEKISTAN\n"
    "Eurasia Daily Monitor, volume 9, issue 1, December 1, 2005\n"
    "By\n"
    "Nikolai Bordyuzha said on November 30 that the organization has “no plans for bases in "
    "Uzbekistan” (Interfax, November 30)."
)
"""The article, which nobody wrote."""
NAME = "articles/2005/12/edm-9-1"
FILE = f"graph/{NAME}.ttl"
EDITORIAL = "graph/editorial/edm-9-1.ttl"
SAID = "edm-9-1:C01 cmq:speaker id:nikolai-bordyuzha"
ENCODED = "Encode Eurasia Daily Monitor 9/1"
ADA = "Ada Editor <ada@example.org>"
OURS = PREFIXES | {
    article: f"https://w3id.org/communique/id/{article}/"
    for article in ("edm-9-1", "editorial-edm-9-1")
}
PREAMBLE = "".join(f"@prefix {prefix}: <{name}> .\n" for prefix, name in OURS.items())
LABEL = 'cmq:Claim\n    a owl:Class ;\n    rdfs:label "claim"@en ;'


class Slip(NamedTuple):
    """What an editor gets wrong."""

    right: str
    wrong: str
    says: str
    """What is said of it; LINE stands for its line."""
    below: int = 0
    """How many lines below it shows."""


SLIPS = (
    Slip(
        "cmq:speechAct value:deny ;",
        "cmq:speechAct value:deny",
        f"{FILE}:LINE:5: not valid Turtle: A dot is expected at the end of statements — "
        "correct the syntax at this place",
        below=1,
    ),
    Slip(
        "cmq:speaker id:nikolai-bordyuzha ;",
        "cmq:speeker id:nikolai-bordyuzha ;",
        f"{FILE}:LINE: edm-9-1:C01 cmq:speeker: shape:Claim: A claim has no such property. "
        "Check its spelling, and whether subject and object are swapped.",
    ),
    Slip(
        "cmq:speechAct value:deny ;",
        "cmq:speechAct value:denies ;",
        f"{FILE}:LINE: edm-9-1:C01 cmq:speechAct: shape:ClaimSpeechAct: The speech act is missing "
        "or is none of value:speech-acts. Give at least one cmq:speechAct.",
    ),
)
"""A semicolon is forgotten, a property is misspelt, a value is not in the list."""

CORRECTION = f"""
<{GRAPH}editorial/edm-9-1>
    a owl:Ontology ;
    cmq:layer value:editorial ;
    dcterms:creator "The communique editors"@en ;
    dcterms:license <https://creativecommons.org/licenses/by/4.0/> ;
    dcterms:title "Editorial notes on Eurasia Daily Monitor 9/1"@en ;
    owl:imports <{GRAPH}{NAME}> , <https://w3id.org/communique/ontology> .

editorial-edm-9-1:correction
    a cmq:Correction ;
    rdfs:label "day of the statement"@en ;
    cmq:about edm-9-1:E01 ;
    cmq:decidedOn "2026-11-24T00:00:00Z"^^xsd:dateTime ;
    cmq:noteStatus value:documented ;
    dcterms:creator "The communique editors"@en ;
    dcterms:description "The agency has the statement a day earlier."@en ;
    dcterms:source <https://example.org/record> .
"""
RETRACTION = """
editorial-edm-9-1:retraction
    a cmq:Retraction ;
    rdfs:label "report of Bordyuzha's denial"@en ;
    cmq:decidedOn "2026-11-24T00:00:00Z"^^xsd:dateTime ;
    cmq:reason value:withdrawn-by-source ;
    cmq:retracts edm-9-1:C01 ;
    dcterms:creator "The communique editors"@en ;
    dcterms:description "The agency has withdrawn its dispatch."@en ;
    dcterms:source <https://example.org/notice> .
"""


class Editor:
    """An editor with a text, a dataset in git, and a terminal.

    Args:
        place: Where all that is.
    """

    def __init__(self, place: Path) -> None:
        self.checkout = Checkout(place / "checkout")
        self.root = self.checkout.place
        for kind in sources.Kind:
            shutil.copytree(ROOT / kind, self.root / kind)
        self.checkout.commit("The dataset")
        # Outside the repository: the text is the publisher's.
        self.text = place / "article.txt"
        self.text.write_bytes(TEXT.encode())
        self.tokens = place / "tokens.json"

    def run(self, *words: str | Path, status: int = 0) -> str:
        """Runs a command of ours and returns what it prints on standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "communique", *map(str, words)],
            cwd=self.root,
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout if status == 0 else done.stdout + done.stderr

    def check(self, status: int = 0) -> list[str]:
        """Checks the dataset."""
        return self.run("check", "--dataset", self.root, status=status).splitlines()

    def look_up(self, words: str) -> list[str]:
        """Finds words in the text as step 3 says."""
        page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
        [program] = re.findall(r"<<'PYTHON'\n(.*?)^ *PYTHON$", page, re.DOTALL | re.MULTILINE)
        return subprocess.run(
            [sys.executable, "-", self.text, words],
            input=textwrap.dedent(program),
            capture_output=True,
            check=True,
            encoding="utf-8",
        ).stdout.splitlines()

    def encode(self) -> str:
        """Returns the article, encoded."""

        def position(found: re.Match[str]) -> str:
            start, end, digest = self.look_up(found[1])[1].split()
            return f'cmq:end {end} ;\n    cmq:sha256 "{digest}" ;\n    cmq:start {start}'

        digest, length = self.look_up("By")[0].split()
        _note, _blank, template = TEMPLATE.read_text(encoding="utf-8").partition("\n\n")
        text = f'cmq:characterCount {length} ;\n    cmq:sha256 "{digest}"'
        return re.sub(r'@words "(.*?)"', position, template.replace("@text", text))

    def list_in_catalog(self, file: str) -> None:
        """Has Protégé find a file, as step 4 says."""
        catalog = self.root / CATALOG
        entry = f'    <uri name="{GRAPH}{file[6:-4]}" uri="../{file}"/>\n'
        last = '    <uri name="https://w3id.org/communique/graph/background"'
        edit(catalog, last, entry + last)
        folder = (self.root / file).parent
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "catalog-v001.xml").exists():
            up = "../" * (len(Path(file).parts) - 1)
            text = (self.root / "graph" / "catalog-v001.xml").read_text(encoding="utf-8")
            text = text.replace("../ontology/", f"{up}ontology/")
            (folder / "catalog-v001.xml").write_text(text, encoding="utf-8")

    def changed(self) -> list[str]:
        """Returns the lines that git shows as changed, with their marks."""
        lines = self.checkout.git("diff", "--unified=0").splitlines()
        return [line for line in lines if re.match(r"[-+](?![-+]{2} )", line)]

    def commit(self, message: str, *files: str) -> None:
        """Commits the files that were touched, as step 10 says."""
        self.checkout.git("add", "--", *files)
        self.checkout.git("commit", "--quiet", "--message", message)
        assert self.checkout.status() == []

    def token(self) -> str:
        """Returns a token to write with."""
        words = ("--name", ADA, "--scope", "write", "--tokens", self.tokens, "--json")
        found: str = json.loads(self.run("token", "create", *words))["token"]
        return found


def ask(it: Watched, pattern: str) -> bool:
    """Asks whether something is so."""
    declared = "".join(f"PREFIX {prefix}: <{name}>\n" for prefix, name in OURS.items())
    query = urllib.parse.urlencode({"query": f"{declared}ASK {{ {pattern} }}"})
    found: bool = json.loads(it.server.ask(f"sparql?{query}").body)["boolean"]
    return found


def slips_are_caught(editor: Editor, it: Watched) -> None:
    """Saves a new article with slips: none gets into service, and each is told usably."""
    path, first = editor.root / FILE, it.digest()
    editor.list_in_catalog(FILE)
    article = editor.encode()
    for slip in SLIPS:
        assert article.count(slip.right) == 1
        path.write_text(article.replace(slip.right, slip.wrong), encoding="utf-8")
        told = slip.says.replace("LINE", str(line_of(path, slip.wrong) + slip.below))
        assert told in editor.check(1)
        # The server's terminal has the same, and its page, too.
        it.wait_for_line(told)
        status = it.status()
        assert (status["files"], status["dataset"]) == ("rejected", first)
        assert FILE in {finding["file"] for finding in status["findings"]}
        assert it.digest() == first
    # A fourth one shows only beside the text.
    start = int(re.findall(r'cmq:exact "no plans.*?cmq:start (\d+)', article, re.DOTALL)[0])
    path.write_text(article.replace(f"cmq:start {start}", f"cmq:start {start + 1}"))
    told = editor.run("anchors", "--dataset", editor.root, editor.text, status=1)
    assert f"edm-9-1:P1.S1-quotation: quotation: the text from {start + 1} to " in told


def the_article_is_accepted(editor: Editor, it: Watched) -> None:
    """Saves it as it should be: it passes, is in the one layout and in service."""
    (editor.root / FILE).write_text(editor.encode(), encoding="utf-8")
    assert editor.check() == ["passed: 0 violations, 0 warnings"]
    told = editor.run("anchors", "--dataset", editor.root, editor.text)
    assert told.endswith(" 0 mismatches\n")
    assert editor.run("format", "--dataset", editor.root) == f"{FILE}\n"
    it.wait_for_files()
    assert it.status()["files"] == "in service"
    assert ask(it, SAID)


def the_change_is_reviewed(editor: Editor, it: Watched) -> None:
    """Looks at it with git: there is what was done, and nothing else."""
    folder = "graph/articles/2005/12"
    files = [f"{folder}/catalog-v001.xml", FILE]
    assert editor.checkout.status() == [f" M {CATALOG}", *(f"?? {file}" for file in files)]
    [line] = editor.changed()
    assert line.startswith("+    <uri name=")
    editor.commit(ENCODED, CATALOG, folder)
    # Where a word is changed, one line differs.
    edit(editor.root / FILE, 'rdfs:label "bases in Uzbekistan"', 'rdfs:label "any bases"')
    assert editor.run("format", "--dataset", editor.root) == ""
    assert editor.changed() == [
        '-    rdfs:label "bases in Uzbekistan"@en ;',
        '+    rdfs:label "any bases"@en ;',
    ]
    it.wait_for_files()


def it_is_corrected(editor: Editor, it: Watched) -> None:
    """Sends a correction: a commit of that alone, although another file has changes."""
    named = {"graph": f"{GRAPH}editorial/edm-9-1", "message": "Correct the day of E01"}
    reply = it.server.ask(
        f"data?{urllib.parse.urlencode(named)}",
        (PREAMBLE + CORRECTION).encode(),
        "PUT",
        Authorization=f"Bearer {editor.token()}",
        Content_Type="text/turtle",
    )
    assert reply.status == 201, reply.body
    git = editor.checkout.git
    assert json.loads(reply.body)["commit"] == git("rev-parse", "HEAD")
    assert git("show", "--no-patch", "--format=%an <%ae>: %s") == f"{ADA}: Correct the day of E01"
    assert git("show", "--name-status", "--format=") == f"A\t{EDITORIAL}"
    assert editor.checkout.status() == [f" M {FILE}"]
    editor.list_in_catalog(EDITORIAL)
    editor.commit("Any bases; list the notes", FILE, CATALOG)


def it_is_retracted(editor: Editor, it: Watched) -> None:
    """Retracts the claim by hand: it is no fact any more that it was made, and history keeps it."""
    with (editor.root / EDITORIAL).open("a", encoding="utf-8") as file:
        file.write(RETRACTION)
    editor.run("format", "--dataset", editor.root)
    assert editor.check() == ["passed: 0 violations, 0 warnings"]
    it.wait_for_files()
    assert not ask(it, SAID)
    assert ask(it, f"GRAPH <{GRAPH}{NAME}> {{ {SAID} }}")
    assert ask(it, "?r cmq:retracts edm-9-1:C01 ; cmq:reason value:withdrawn-by-source")
    editor.commit("Retract C01", EDITORIAL)
    told = editor.run("history", "editorial-edm-9-1:correction", "--dataset", editor.root)
    assert f"Author: {ADA}\n" in told
    blamed = json.loads(editor.run("blame", "--json", "edm-9-1:C01", "--dataset", editor.root))
    assert {entry["commit"]["message"] for entry in blamed} == {ENCODED}


def the_ontology_is_saved_by_protege(editor: Editor, it: Watched, place: Path) -> None:
    """Saves another label with Protégé's library: in service at once, and one line in the end."""
    file = "ontology/communique.ttl"
    shutil.copytree(editor.root / "ontology", place / "ontology")
    edit(place / file, LABEL, LABEL.replace('"claim"', '"claim of somebody"'))
    command = java("owlapi4", place / "owlapi4")
    saved = round_trip(command, place, [file], place / "saved").saved / file
    (editor.root / file).write_bytes(saved.read_bytes())
    it.wait_for_files()
    assert ask(it, 'cmq:Claim rdfs:label "claim of somebody"@en')
    assert len(editor.changed()) > 1000
    assert editor.run("format", "--dataset", editor.root) == f"{file}\n"
    assert [line[0] for line in editor.changed()] == ["-", "+"]
    it.wait_for_files()
    editor.commit("Another label for claims", file)


@pytest.mark.slow
@pytest.mark.usefixtures("bundled")
def test_an_editors_day(tmp_path: Path, generations: Path) -> None:
    editor = Editor(tmp_path)
    flags = ("--watch", "--writable", "--git", "--tokens", str(editor.tokens))
    with watched(editor.root, generations, *flags) as it:
        it.patience = 300
        slips_are_caught(editor, it)
        the_article_is_accepted(editor, it)
        the_change_is_reviewed(editor, it)
        it_is_corrected(editor, it)
        it_is_retracted(editor, it)
        the_ontology_is_saved_by_protege(editor, it, tmp_path / "protege")
        assert not [line for line in it.lines if "Traceback" in line]
