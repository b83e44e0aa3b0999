"""Tests of linked data: every IRI of the project's leads to what it names."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import RDF, RDFS, SKOS

from communique import turtle
from communique.namespaces import BASE, CMQ, ID, VALUE
from communique.store import describing
from communique.store.describing import GRAPH_FORMATS
from communique.web import create_app, problems, resources
from test_pages import Page

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from communique.store.generation import Generation
    from communique.store.results import Format

HTML = {"Accept": "text/html"}
CSTO = rdflib.URIRef(ID + "csto")
C01 = rdflib.URIRef(ID + "edm-2-213/C01")
PROPOSITION = ID + "edm-2-213/C01-proposition"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def client(bundled: Generation) -> FlaskClient:
    """A client of the bundled dataset."""
    return create_app(bundled).test_client()


def path(iri: str) -> str:
    """Returns the path of an IRI of the project's."""
    return "/" + iri.removeprefix(BASE)


def document(iri: str) -> str:
    """Returns the path of the document about an IRI of the project's."""
    return "/doc/" + iri.removeprefix(BASE).replace("#", "%23")


def graph(response: TestResponse) -> rdflib.Graph:
    """Returns the graph that a response has."""
    assert response.status_code == 200, response.text
    return rdflib.Graph().parse(data=response.data, format=response.mimetype)


def links(response: TestResponse) -> dict[str, list[str]]:
    """Returns the targets of the Link headers by relation."""
    found: dict[str, list[str]] = {}
    for target, relation in re.findall(r'<([^>]*)>; rel="([^"]*)"', response.headers["Link"]):
        found.setdefault(relation, []).append(target)
    return found


def page(client: FlaskClient, iri: str, **more: str) -> Page:
    """Returns the page about something."""
    response = client.get(document(iri), query_string=more, headers=HTML)
    assert response.status_code == 200, response.text
    return Page(response.text)


def text(shown: Page, tag: str) -> str:
    """Returns the texts of the elements of a name, in one."""
    return " ".join(" ".join(shown.texts.get(tag, [])).split())


def test_every_iri_of_ours_dereferences(client: FlaskClient, bundled: Generation) -> None:
    addresses = {
        path(term.value).partition("#")[0]
        for quad in bundled.store
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)
        if isinstance(term, ox.NamedNode) and term.value.startswith(BASE)
    }
    assert len(addresses) > 500
    lost = []
    for address in sorted(addresses):
        response = client.head(address)
        if response.status_code == 303:
            response = client.head(response.headers["Location"])
        if response.status_code != 200:
            lost.append(address)
    assert lost == []


@pytest.mark.parametrize(
    "iri", [ID + "csto", VALUE + "negative", PROPOSITION, BASE + "topic/terrorism"]
)
@pytest.mark.parametrize("base", ["http://localhost/", "https://data.example:8443/"])
def test_a_thing_leads_to_its_document(client: FlaskClient, iri: str, base: str) -> None:
    response = client.get(path(iri), base_url=base)
    assert response.status_code == 303
    assert response.headers["Location"] == document(iri)
    assert links(response)["describedby"] == [document(iri)]
    assert client.get(document(iri), base_url=base).status_code == 200


@pytest.mark.parametrize("format_", GRAPH_FORMATS, ids=lambda format_: format_.name)
def test_a_document_has_every_format(client: FlaskClient, format_: Format) -> None:
    accepted = client.get(document(CSTO), headers={"Accept": format_.media_type})
    named = client.get(document(CSTO), query_string={"format": format_.name})
    assert accepted.mimetype == named.mimetype == format_.media_type
    assert accepted.data == named.data
    assert accepted.headers["Content-Location"] == f"{document(CSTO)}?format={format_.name}"
    assert b"csto" in accepted.data


def test_a_document_has_what_is_said_of_a_thing_and_with_it(
    client: FlaskClient, bundled: Generation
) -> None:
    found = graph(client.get(document(CSTO)))
    query = f"CONSTRUCT WHERE {{ <{CSTO}> ?p ?o }}"
    asked = graph(client.get("/sparql", query_string={"query": query}))
    assert set(found.triples((CSTO, None, None))) == set(asked)
    incoming = graph(
        client.get("/sparql", query_string={"query": f"CONSTRUCT WHERE {{ ?s ?p <{CSTO}> }}"})
    )
    assert len(incoming) <= describing.SIZE
    assert set(found.triples((None, None, CSTO))) == set(incoming)
    assert bundled.digest == client.get(document(CSTO)).headers["Dataset-Version"]


def test_what_is_claimed_is_only_in_the_document_about_the_proposition(client: FlaskClient) -> None:
    claimed = "hasOnAgenda"
    own = client.get(document(PROPOSITION), query_string={"format": "trig"})
    graphs = {str(q.graph_name) for q in ox.parse(own.data, ox.RdfFormat.TRIG)}
    assert f"<{PROPOSITION}>" in graphs
    for name in (CSTO, C01, rdflib.URIRef(ID + "edm-2-213/additional-csto-bases")):
        for format_ in GRAPH_FORMATS:
            response = client.get(document(name), query_string={"format": format_.name})
            assert claimed not in response.text
    assert f"cmq:predicate cmq:{claimed}" in client.get(document(PROPOSITION)).text


def test_trig_has_the_graphs_that_statements_are_from(client: FlaskClient) -> None:
    response = client.get(document(CSTO), query_string={"format": "trig"})
    graphs = {
        str(quad.graph_name)[1:-1].removeprefix(BASE)
        for quad in ox.parse(response.data, ox.RdfFormat.TRIG)
    }
    assert {"graph/inferred", "graph/background", "graph/organizations"} <= graphs
    assert "" not in graphs


def test_editorial_things_are_told_apart(client: FlaskClient) -> None:
    iri = ID + "editorial-edm-2-213/note-direct"
    assert "garbled wording" in client.get(document(iri)).text
    shown = page(client, iri)
    assert "Editorial notes on Eurasia Daily Monitor 2/213" in text(shown, "small")
    about = rdflib.URIRef(ID + "edm-2-213/C14")
    assert "note-direct" not in client.get(document(about)).text
    assert "garbled wording" in text(page(client, about), "a")


def test_json_ld_is_compact_and_the_same_graph(client: FlaskClient) -> None:
    told = json.loads(client.get(document(C01), query_string={"format": "jsonld"}).data)
    assert told["@context"] == "http://localhost/context.jsonld"
    context = json.loads(client.get("/context.jsonld").data)
    (claim,) = [node for node in told["@graph"] if node["@id"] == str(C01)]
    assert claim["speaker"] == ID + "nikolai-bordyuzha"
    assert claim["register"] == "C01"
    assert "Claim" in claim["@type"]
    inline = json.dumps(told | context)
    found = set()
    for quad in ox.parse(inline.encode(), ox.RdfFormat.JSON_LD):
        found.add(tuple(map(turtle.to_rdflib, quad.triple)))
    assert found == set(graph(client.get(document(C01))))


def test_the_context_has_every_property_and_class(client: FlaskClient) -> None:
    context: dict[str, Any] = json.loads(client.get("/context.jsonld").data)["@context"]
    vocabulary = graph(client.get("/ontology"))
    for kind in ("Class", "ObjectProperty", "DatatypeProperty"):
        for term in vocabulary.subjects(RDF.type, rdflib.OWL[kind]):
            if str(term).startswith(CMQ):
                definition = context[str(term).removeprefix(CMQ)]
                if kind == "ObjectProperty":
                    assert definition == {"@id": str(term), "@type": "@id"}
                else:
                    assert definition == str(term)


def test_links_say_what_belongs_to_a_document(client: FlaskClient) -> None:
    found = links(client.get(document(CSTO)))
    assert found["describes"] == [str(CSTO)]
    assert found["canonical"] == [BASE + "doc/id/csto"]
    assert found["describedby"] == ["/.well-known/void"]
    assert found["license"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert len(found["alternate"]) == len(GRAPH_FORMATS)  # all but this one, and the page
    for address in (*found["alternate"], *found["describedby"]):
        assert client.get(address).status_code == 200


def test_long_documents_have_pages(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = graph(client.get(document(CSTO)))
    monkeypatch.setattr(describing, "SIZE", 20)
    found = rdflib.Graph()
    address = document(CSTO) + "?format=turtle"
    count = 0
    while address:
        response = client.get(address)
        found += graph(response)
        count += 1
        next_ = links(response).get("next", [])
        address = next_[0] if next_ else ""
    assert count > 5
    assert set(found) == set(whole)
    shown = page(client, str(CSTO), page="2")
    assert [a["href"] for a in shown.all("a") if a.get("rel") == "prev"] == [document(CSTO)]
    assert len([a for a in shown.all("a") if a.get("rel") == "next"]) == 1


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "9999999999", "\u0662"])
def test_other_pages_are_400(client: FlaskClient, number: str) -> None:
    assert client.get(document(CSTO), query_string={"page": number}).status_code == 400


@pytest.mark.parametrize(
    "address", ["/id/nobody", "/doc/id/nobody", "/topic/x", "/value/x", "/doc/x", '/id/a b<>"{}']
)
def test_what_is_unknown_is_404(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert json.loads(response.data)["type"] == problems.TYPE + "unknown"
    assert client.get(address, headers=HTML).status_code == 404


def test_versions_of_the_vocabulary(client: FlaskClient) -> None:
    assert client.get("/ontology/0.1.0").data == client.get("/ontology").data
    assert client.get("/ontology/0.0.9").status_code == 404
    assert client.get("/alignments/0.1.0").status_code == 200


def test_the_page_of_the_vocabulary_has_a_place_for_every_term(client: FlaskClient) -> None:
    shown = Page(client.get("/ontology", headers=HTML).text)
    places = {attributes.get("id") for _, attributes in shown.elements}
    terms = {
        str(term).partition("#")[2]
        for term in graph(client.get("/ontology")).subjects()
        if str(term).startswith(CMQ)
    }
    assert len(terms) > 200
    assert terms <= places


def test_all_shapes_are_at_the_address_of_their_iris(client: FlaskClient) -> None:
    found = graph(client.get("/shapes"))
    assert rdflib.URIRef(BASE + "shapes#AcceptedAs") in set(found.subjects())
    shown = Page(client.get("/shapes", headers=HTML).text)
    assert "AcceptedAs" in {attributes.get("id") for _, attributes in shown.elements}


def test_the_page_of_a_claim(client: FlaskClient) -> None:
    shown = page(client, C01)
    assert shown.texts["h1"] == ["Bordyuzha: additional CSTO bases are not on the agenda"]
    everything = text(shown, "main")
    for said in (
        "Nikolai Bordyuzha, as CSTO Secretary-General, on behalf of Collective Security Treaty",
        "that the CSTO has additional bases on its agenda",
        "negative",
        "“Setting up any additional CSTO bases is not on the agenda anyway.”",
        "sentence P4.S2",
        "Eurasia Daily Monitor 2/213, by Eurasia Daily Monitor, as direct quotation, after",
    ):
        assert said in everything


def test_the_page_of_a_speaker(client: FlaskClient) -> None:
    shown = page(client, ID + "nikolai-bordyuzha")
    query = f"SELECT (COUNT(*) AS ?n) {{ ?c <{CMQ}speaker> <{ID}nikolai-bordyuzha> }}"
    answer = client.get("/sparql", query_string={"query": query, "format": "csv"})
    count = answer.text.split()[1]
    assert f"{count} claims" in shown.texts["h2"]
    assert "Bordyuzha: the CSTO has no bases of its own; Russia has" in text(shown, "a")


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("nikolai-bordyuzha", "on behalf of Collective Security Treaty Organization"),
        ("alikbek-jekshenkulov", "on behalf of Kyrgyzstan"),
        ("csto", "said on its behalf by Nikolai Bordyuzha"),
        ("kyrgyzstan", "said on its behalf by Alikbek Jekshenkulov"),
    ],
)
def test_of_joint_speakers_each_speaks_for_his_own(
    client: FlaskClient, agent: str, said: str
) -> None:
    shown = page(client, ID + agent)
    claim = "Bordyuzha and Jekshenkulov: full commitment to all CSTO agreements"
    items = [" ".join(item.split()) for item in shown.texts["li"]]
    assert f"{claim} {said}" in items


def test_what_follows_says_why(client: FlaskClient) -> None:
    shown = page(client, CSTO)
    asked = [a["href"] or "" for a in shown.all("a") if a.get("class") == "why"]
    assert any("hasMember" in link for link in asked)
    explained = client.get(next(link for link in asked if "hasMember" in link), headers=HTML)
    assert "Why it holds" in explained.text


@pytest.mark.parametrize(
    "iri", [str(CSTO), str(C01), PROPOSITION, CMQ + "Claim", VALUE + "negative"]
)
def test_pages_are_whole_safe_and_lead_nowhere_wrong(client: FlaskClient, iri: str) -> None:
    response = client.get(document(iri), headers=HTML)
    shown = Page(response.text)
    identifiers = [attributes["id"] for _, attributes in shown.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert len(shown.all("h1")) == 1
    assert [a["type"] for a in shown.all("script")] == ["application/ld+json"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    for link in {(a["href"] or "").partition("#")[0] for a in shown.all("a")}:
        assert urlsplit(link).scheme in {"", "http", "https"}
        if link.startswith("/") and not link.startswith("/explain"):
            assert client.head(link).status_code in {200, 303}, link


def test_metadata_for_search_engines(client: FlaskClient) -> None:
    told = json.loads(page(client, C01).texts["script"][0])
    assert told["@context"] == "https://schema.org"
    assert told["@type"] == ["Claim"]
    assert [author["name"] for author in told["author"]] == ["Nikolai Bordyuzha"]
    told = json.loads(page(client, CSTO).texts["script"][0])
    assert told["sameAs"] == ["http://www.wikidata.org/entity/Q318693"]
    assert told["alternateName"] == ["CSTO", "ОДКБ"]


def test_nothing_can_end_the_metadata(tmp_path: Path) -> None:
    evil = '</script><script>alert(1)</script><!--&"'
    store = ox.Store()
    thing = ox.NamedNode(ID + "evil")
    for predicate in (RDFS.label, SKOS.definition, SKOS.altLabel):
        store.add(ox.Quad(thing, ox.NamedNode(str(predicate)), ox.Literal(evil)))
    for address in ("javascript:alert(1)", "data:text/html,x", "http://a/?'&amp;"):
        store.add(ox.Quad(thing, ox.NamedNode(str(SKOS.exactMatch)), ox.NamedNode(address)))
    evil_client = create_app(generation_of(store, tmp_path)).test_client()
    shown = page(evil_client, ID + "evil")
    assert len(shown.all("script")) == 1
    told = json.loads(shown.texts["script"][0])
    assert told["name"] == evil
    assert told["sameAs"] == ["http://a/?'&amp;"]
    assert shown.texts["h1"] == [evil]
    assert not [
        a for a in shown.all("a") if urlsplit(a["href"] or "").scheme in {"javascript", "data"}
    ]


def generation_of(store: ox.Store, path: Path) -> Generation:
    """Returns a generation in memory."""
    from communique.store.generation import Generation, Manifest  # noqa: PLC0415

    manifest = Manifest(
        format=1,
        digest="1" * 64,
        versions={},
        default_triples=0,
        quads=0,
        propositions=0,
        withdrawn={"retracted": 0, "superseded": 0},
        graphs={},
    )
    return Generation(path, manifest, store)


def test_names_from_anywhere_make_good_headers(tmp_path: Path) -> None:
    store = ox.Store()
    iri = ID + "тест'\u00e9(x)"
    store.add(ox.Quad(ox.NamedNode(iri), ox.NamedNode(str(RDFS.label)), ox.Literal("x")))
    wide = create_app(generation_of(store, tmp_path)).test_client()
    response = wide.get(path(iri))
    assert response.status_code == 303
    found = wide.get(response.headers["Location"])
    assert found.status_code == 200
    assert found.headers["Link"].isascii()
    assert found.headers["Content-Location"].isascii()


def test_the_site_map_lists_documents(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "SITEMAP", 50)
    index = ET.fromstring(client.get("/sitemap.xml").data)  # noqa: S314 - our own
    parts = [urlsplit(str(loc.text)).path for loc in index.iter(SITEMAP + "loc")]
    assert len(parts) > 1
    found = []
    for part in parts:
        urls = ET.fromstring(client.get(part).data)  # noqa: S314 - our own
        found += [str(loc.text) for loc in urls.iter(SITEMAP + "loc")]
    assert len(found) == len(set(found))
    assert {"http://localhost" + document(C01), "http://localhost" + document(CSTO)} <= set(found)
    assert client.get(f"/sitemap/{len(parts) + 1}.xml").status_code == 404
    assert client.get("/sitemap/0.xml").status_code == 404


def test_robots_are_shown_the_site_map(client: FlaskClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    assert "Disallow: /sparql" in lines
    assert "Sitemap: http://localhost/sitemap.xml" in lines


@pytest.mark.parametrize("kind", problems.KINDS.values(), ids=lambda kind: kind.name)
def test_every_type_of_problem_dereferences(client: FlaskClient, kind: problems.Kind) -> None:
    told = json.loads(client.get(f"/problem/{kind.name}").data)
    assert (told["status"], told["title"]) == (kind.status.value, kind.title)
    assert Page(client.get(f"/problem/{kind.name}", headers=HTML).text).texts["h1"] == [kind.title]
    assert client.get("/problem/x").status_code == 404
