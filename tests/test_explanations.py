"""The route ``/explain``, and the command."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from rdflib import RDF, Graph

from communique import cli, sources
from communique.web import create_app
from communique.web.explanations import MAX_MORE
from stores import EX, small
from test_pages import Page

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from communique.store.generation import Generation

MEMBER = {"s": "id:armenia", "p": "cmq:memberOf", "o": "id:csto"}
ABSENT = {"s": "id:csto", "p": "cmq:mergesWith", "o": "id:eurasian-economic-community"}
HTML = {"Accept": "text/html"}
FORMATS = {
    "json": "application/json",
    "turtle": "text/turtle; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
}


@pytest.fixture(scope="module")
def client(bundled: Generation) -> FlaskClient:
    """A client of the application, with the bundled dataset at hand."""
    return create_app(bundled, root=sources.bundled_root()).test_client()


def page(client: FlaskClient, **parameters: str) -> tuple[Page, str]:
    """Returns a page as a browser gets it."""
    response = client.get("/explain", query_string=parameters, headers=HTML)
    assert response.status_code == 200, response.text
    assert response.headers["Vary"] == "Accept"
    return Page(response.text), response.text


@pytest.mark.parametrize("triple", [MEMBER, ABSENT])
@pytest.mark.parametrize("name", FORMATS)
def test_formats(client: FlaskClient, name: str, triple: dict[str, str]) -> None:
    media_type = FORMATS[name]
    by_name = client.get("/explain", query_string=triple | {"format": name})
    by_type = client.get("/explain", query_string=triple, headers={"Accept": media_type})
    for response in (by_name, by_type):
        assert (response.status_code, response.content_type) == (200, media_type)
        assert response.headers["Vary"] == "Accept"
    if name == "json":
        assert json.loads(by_name.data)["holds"] is (triple is MEMBER)
    if name == "turtle":
        graph = Graph().parse(data=by_name.text, format="turtle")
        assert (None, RDF.type, RDF.Statement) in graph


def test_programs_get_json_unless_they_ask(client: FlaskClient) -> None:
    for headers in ({}, {"Accept": "*/*"}):
        response = client.get("/explain", query_string=MEMBER, headers=headers)
        assert response.content_type == "application/json"


def test_page_of_a_proof(client: FlaskClient) -> None:
    shown, text = page(client, **MEMBER)
    assert shown.texts["h1"] == ["Why it holds"]
    assert "<strong>prp-spo2</strong>" in text
    assert "asserted in" in text
    assert "graph/articles/2005/11/edm-2-213.ttl:" in text
    assert "P2.S1" in text
    assert [field["value"] for field in shown.all("input")] == list(MEMBER.values())
    for link in shown.all("a"):
        assert link["href"]


def test_page_links_to_the_other_formats_and_further_proofs(client: FlaskClient) -> None:
    triple = {"s": "edm-2-213:C01", "p": "a", "o": "cmq:Statement"}
    shown, _ = page(client, **triple)
    links = [str(link["href"]) for link in shown.all("a")]
    forms = [link for link in links if "format=" in link]
    assert len(forms) == 3
    assert {client.get(link, headers=HTML).content_type for link in forms} == {
        *(FORMATS[name] for name in ("json", "turtle", "text")),
    }
    (longer,) = (link for link in links if link.endswith("more=4"))
    assert "Proof 1 of 5" in client.get(longer, headers=HTML).text


def test_page_of_what_does_not_hold(client: FlaskClient) -> None:
    shown, text = page(client, **ABSENT)
    assert shown.texts["h1"] == ["It does not hold"]
    assert "It is the content of edm-2-213:C07-proposition: claimed" in text
    assert "is missing" in text
    assert "Further proofs" not in text


def test_page_shows_quotations_in_full_and_escapes(client: FlaskClient) -> None:
    _, text = page(client, s="edm-2-213:C01-report", p="a", o="cmq:Report")
    assert "<q>Setting up any additional CSTO bases is not on the agenda anyway.</q>" in text
    shown, text = page(client, s="id:csto", p="rdfs:label", o='"<script>"')
    assert "<script>" not in text
    assert shown.all("input")[2]["value"] == '"<script>"'


def test_form(client: FlaskClient) -> None:
    shown, _ = page(client)
    (form,) = shown.all("form")
    assert (form["action"], form["method"]) == ("/explain", "get")
    names = [str(field["name"]) for field in shown.all("input")]
    assert names == ["s", "p", "o"]
    assert [label["for"] for label in shown.all("label")] == names
    assert client.get("/explain?s=&p=&o=", headers=HTML).status_code == 200


@pytest.mark.parametrize(
    ("parameters", "detail"),
    [
        ("s=id:csto", "there is no parameter p and no o"),
        ("", "there is no triple to explain"),
        ("s=id:a&s=id:b&p=a&o=id:c", "the parameter s is given more than once"),
        ("s=id:csto&p=a&o=Org", "the object Org is no term"),
        ("s=id:csto&p=a&o=id:x&more=-1", "more is -1, which is no number from 0 to 20"),
        ("s=id:csto&p=a&o=id:x&more=%C2%B2", "more is ², which is no number from 0 to 20"),
        (f"s=id:csto&p=a&o=id:x&more={MAX_MORE + 1}", "more is 21, which is"),
        ("s=%FF&p=a&o=id:x", "the parameters in the URL are not percent-encoded UTF-8"),
    ],
)
def test_wrong_call(client: FlaskClient, parameters: str, detail: str) -> None:
    response = client.get(f"/explain?{parameters}", headers={"Accept": "application/json"})
    problem = json.loads(response.data)
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    assert problem["detail"].startswith(detail)
    assert problem["advice"]


def test_unknown_format(client: FlaskClient) -> None:
    response = client.get("/explain", query_string=MEMBER | {"format": "xml"})
    assert response.status_code == 406
    assert json.loads(response.data)["offered"] == [
        *("application/json", "text/turtle", "text/plain", "text/html"),
    ]


def test_server_without_the_folder_gives_no_lines() -> None:
    names = {"s": "alice", "p": "knows", "o": "bob", "format": "text"}
    triple = {key: name if key == "format" else EX + name for key, name in names.items()}
    response = create_app(small()).test_client().get("/explain", query_string=triple)
    assert response.text.startswith(f"{EX}alice {EX}knows {EX}bob\n")
    assert "No lines" in response.text


def run(generations: Path, *words: str) -> Result:
    """Runs the command."""
    options = ["--generations", str(generations)]
    return CliRunner().invoke(cli.main, ["explain", *words, *options], catch_exceptions=False)


@pytest.mark.usefixtures("bundled")
def test_command_and_its_exit_status(generations: Path) -> None:
    result = run(generations, *MEMBER.values())
    assert result.exit_code == 0
    assert result.stdout.startswith("id:armenia cmq:memberOf id:csto\n│ by prp-spo2: ")
    result = run(generations, *ABSENT.values())
    assert result.exit_code == 1
    assert "does not hold." in result.stdout
    result = run(generations, "id:csto", "a", "Organization")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "the object Organization is no term — write a prefixed name" in result.stderr
    assert run(generations, "id:csto", "a").exit_code == 2


@pytest.mark.usefixtures("bundled")
def test_command_gives_further_proofs_and_other_formats(generations: Path) -> None:
    words = ("edm-2-213:C01", "a", "cmq:Statement", "--more", "1")
    assert "Proof 2 of 2" in run(generations, *words).stdout
    entry = json.loads(run(generations, *words, "--format", "json").stdout)
    assert len(entry["proofs"]) == 2
    turtle = run(generations, *words, "--format", "turtle").stdout
    assert Graph().parse(data=turtle, format="turtle")


def test_serving_does_not_load_what_only_explaining_needs() -> None:
    code = (
        "import sys, communique.web.explanations;"
        "print([name for name in ('rdflib', 'communique.explain') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
