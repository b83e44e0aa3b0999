"""Tests of the pages for people."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from communique import __version__
from communique.sources import Example
from communique.web import create_app, pages
from stores import EX, small

if TYPE_CHECKING:
    from flask.testing import FlaskClient

HTML = {"Accept": "text/html"}
EXAMPLES = (
    Example("01", 'Who knows "Bob" & <Alice>?', f"# Who?\nSELECT ?x {{ ?x <{EX}knows> ?y }}\n"),
    Example("02", "Is there anything?", "# Is there anything?\nASK { ?s ?p ?o }\n"),
)
VOID = {"meta", "link", "br", "input", "hr", "img"}


class Page(HTMLParser):
    """Reads a page, and holds it to what every page must be.

    Attributes:
        elements: Each element's name and attributes, in order.
        texts: The texts of the elements, by name.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], "elements are left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.elements.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Closes an element."""
        assert self._open.pop() == tag, "elements overlap"

    def handle_data(self, data: str) -> None:
        """Notes a text."""
        for tag in set(self._open):
            self.texts[tag][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Returns the attributes of each element of a name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def cells(self) -> list[str]:
        """Returns the texts of the cells of the table."""
        return [" ".join(text.split()) for text in self.texts.get("td", [])]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A client of the application."""
    return create_app(small(), EXAMPLES).test_client()


def page(client: FlaskClient, path: str, query: str | None = None, **more: str) -> Page:
    """Returns a page as a browser gets it."""
    parameters = more if query is None else {"query": query, **more}
    response = client.get(path, query_string=parameters, headers=HTML)
    assert response.status_code == 200, response.text
    assert response.content_type == "text/html; charset=utf-8"
    return Page(response.text)


ALL = [
    pytest.param("/", None, id="start"),
    pytest.param("/sparql", None, id="query"),
    pytest.param("/sparql", "SELECT * { ?s ?p ?o }", id="table"),
    pytest.param("/sparql", "ASK {}", id="verdict"),
    pytest.param("/sparql", "DESCRIBE <http://example.org/alice>", id="graph"),
]


@pytest.mark.parametrize(("path", "query"), ALL)
def test_every_page_is_whole_and_accessible(
    client: FlaskClient, path: str, query: str | None
) -> None:
    shown = page(client, path, query)
    assert shown.all("html") == [{"lang": "en"}]
    assert len(shown.all("title")) == len(shown.all("h1")) == len(shown.all("main")) == 1
    assert shown.texts["title"][0].strip()
    assert "width=device-width" in str(shown.all("meta"))
    identifiers = [attributes["id"] for _, attributes in shown.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    for attributes in shown.all("label"):
        assert attributes["for"] in identifiers
    for attributes in shown.all("th"):
        assert attributes["scope"] == "col"
    labelled = [a["aria-labelledby"] for _, a in shown.elements if "aria-labelledby" in a]
    assert set(labelled) <= set(identifiers)


@pytest.mark.parametrize(("path", "query"), ALL)
def test_no_page_loads_or_runs_anything_from_elsewhere(
    client: FlaskClient, path: str, query: str | None
) -> None:
    response = client.get(path, query_string={"query": query} if query else {}, headers=HTML)
    shown = Page(response.text)
    names = {name for name, _ in shown.elements}
    assert not names & {"script", "iframe", "object", "embed", "style", "base"}
    for element, attributes in shown.elements:
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        loaded = attributes.get("src") or (attributes.get("href") if element == "link" else None)
        if loaded:
            assert loaded.startswith("/static/")
            with client.get(loaded) as file:
                assert file.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_start_page_offers_the_questions(client: FlaskClient) -> None:
    shown = page(client, "/")
    links = {urlsplit(a["href"] or "") for a in shown.all("a") if a.get("href")}
    queries = [parse_qs(link.query)["query"][0] for link in links if "query=" in link.query]
    assert sorted(queries) == sorted(example.query for example in EXAMPLES)
    for example in EXAMPLES:
        assert example.question in [text.strip() for text in shown.texts["a"]]


def test_one_click_answers_a_question(client: FlaskClient) -> None:
    for link in page(client, "/").all("a"):
        if "query=" in (link["href"] or ""):
            assert client.get(link["href"] or "", headers=HTML).status_code == 200


def test_a_question_is_the_title_of_its_answer(client: FlaskClient) -> None:
    as_a_form_sends_it = EXAMPLES[0].query.replace("\n", "\r\n")
    for query in (EXAMPLES[0].query, as_a_form_sends_it):
        assert page(client, "/sparql", query).texts["h1"] == [EXAMPLES[0].question]
    assert page(client, "/sparql", "ASK {}").texts["h1"] == ["Answer"]


def test_without_questions_the_start_page_offers_none() -> None:
    shown = page(create_app(small()).test_client(), "/")
    assert "Questions to begin with" not in [text.strip() for text in shown.texts["h2"]]


@pytest.mark.parametrize("path", ["/", "/sparql"])
def test_the_box_asks_the_endpoint(client: FlaskClient, path: str) -> None:
    shown = page(client, path)
    (form,) = shown.all("form")
    assert (form["action"], form["method"]) == ("/sparql", "get")
    (box,) = shown.all("textarea")
    assert box["name"] == "query"
    query = shown.texts["textarea"][0]
    assert client.get("/sparql", query_string={"query": query}, headers=HTML).status_code == 200


def test_the_pages_name_program_and_dataset(client: FlaskClient) -> None:
    footer = page(client, "/").texts["footer"][0]
    assert __version__ in footer
    assert "000000000000" in footer


def test_a_table_shows_terms_for_people(client: FlaskClient) -> None:
    shown = page(
        client,
        "/sparql",
        """
        PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        SELECT * { VALUES (?a ?b ?c ?d ?e ?f ?g) { (
          <https://w3id.org/communique/id/csto> <http://example.org/x> <urn:x:y>
          "привет"@ru 15 "2005-11-11"^^xsd:date UNDEF
        ) } }
        """,
    )
    assert shown.cells() == [
        *("id:csto", "http://example.org/x", "urn:x:y", "привет ru", "15", "2005-11-11", "\u2013"),
    ]
    links = [a for a in shown.all("a") if "title" in a]
    assert links == [
        {
            "href": "/id/csto",
            "title": "https://w3id.org/communique/id/csto",
            "rel": "noreferrer",
        },
        {"href": EX + "x", "title": EX + "x", "rel": "noreferrer"},
    ]
    assert {"class": "number"} in shown.all("td")
    assert {"dir": "auto", "lang": "ru"} in shown.all("span")
    assert shown.texts["caption"][0].split() == ["1", "row"]


@pytest.mark.parametrize("scheme", ["javascript", "data", "file", "JAVASCRIPT", "vbscript"])
def test_only_web_addresses_are_links(client: FlaskClient, scheme: str) -> None:
    shown = page(client, "/sparql", f"SELECT (<{scheme}:alert(1)> AS ?x) {{}}")
    assert shown.cells() == [f"{scheme}:alert(1)"]
    assert not [a for a in shown.all("a") if scheme in (a.get("href") or "").split("?")[0]]


EVIL = '<script>alert(1)</script><b title="\'">&amp;'
QUOTED = EVIL.replace('"', r"\"")


@pytest.mark.parametrize(
    "query",
    [
        f'SELECT ("{QUOTED}" AS ?x) {{}}',
        f'CONSTRUCT {{ <a:a> <a:b> "{QUOTED}" }} {{}}',
        f'ASK {{ FILTER("{QUOTED}" != "") }}',
        f"# {EVIL}\nASK {{}}",
        "SELECT (<http://a/?x='&\"> AS ?x) {}".replace('"', ""),
    ],
)
def test_whatever_is_shown_is_escaped(client: FlaskClient, query: str) -> None:
    response = client.get("/sparql", query_string={"query": query}, headers=HTML)
    shown = Page(response.text)
    assert response.status_code == 200
    assert not {"script", "b"} & {name for name, _ in shown.elements}
    assert shown.texts["textarea"][0].strip() == query.strip()
    if "SELECT" in query:
        (cell,) = shown.cells()
        assert cell in (EVIL, "http://a/?x='&")


def test_a_verdict_is_a_word(client: FlaskClient) -> None:
    assert "Yes" in page(client, "/sparql", "ASK {}").texts["p"]
    assert "No" in page(client, "/sparql", "ASK { ?x ?x ?x }").texts["p"]


def test_a_graph_is_shown_as_turtle(client: FlaskClient) -> None:
    shown = page(client, "/sparql", f"DESCRIBE <{EX}alice>")
    assert f'<{EX}name> "Alice"@en' in shown.texts["pre"][0]
    assert page(client, "/sparql", "DESCRIBE <a:nobody>").texts["pre"] == ["# no triples"]


@pytest.mark.parametrize(
    ("query", "formats"),
    [
        ("SELECT * {}", ["json", "xml", "csv", "tsv"]),
        ("ASK {}", ["json", "xml", "csv", "tsv"]),
        (f"DESCRIBE <{EX}alice>", ["turtle", "ntriples", "rdfxml", "jsonld"]),
    ],
)
def test_an_answer_can_be_downloaded_in_every_format(
    client: FlaskClient, query: str, formats: list[str]
) -> None:
    links = [a["href"] or "" for a in page(client, "/sparql", query).all("a") if "download" in a]
    assert [parse_qs(urlsplit(link).query)["format"][0] for link in links] == formats
    for link in links:
        assert client.get(link, headers=HTML).status_code == 200


def test_downloads_ask_the_same_graphs(client: FlaskClient) -> None:
    query = f"SELECT ?x {{ <{EX}alice> <{EX}knows> ?x }} ORDER BY ?x"
    graphs = {"default-graph-uri": [EX + "one", EX + "two"]}
    response = client.get("/sparql", query_string={"query": query, **graphs}, headers=HTML)
    (link,) = re.findall(r'href="([^"]*format=csv[^"]*)"', response.text)
    data = client.get(link.replace("&amp;", "&")).data.decode()
    assert data.split() == ["x", EX + "bob", EX + "carol", EX + "dave"]
    assert f"Asked of <code>{EX}one</code>" in response.text


def test_a_long_table_is_cut_and_says_so(client: FlaskClient) -> None:
    digits = "VALUES ?{} {{ 0 1 2 3 4 5 6 7 8 9 }}"
    hundred = " ".join(digits.format(name) for name in "abc")
    whole = page(client, "/sparql", f"SELECT * {{ {hundred} }}")
    assert len(whole.texts["tr"]) == 1 + pages.MAX_ROWS
    assert whole.texts["caption"][0].split() == ["1000", "rows"]
    more = digits.format("d")
    cut = page(client, "/sparql", f"SELECT * {{ {hundred} {more} }}")
    assert len(cut.texts["tr"]) == 1 + pages.MAX_ROWS
    assert "The first 1,000 rows; download the answer for all" in cut.texts["caption"][0]
