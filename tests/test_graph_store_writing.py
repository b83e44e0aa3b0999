"""The SPARQL 1.1 Graph Store HTTP Protocol, on writing: a test per sentence with MUST or SHOULD.

Beyond it: conditional requests (RFC 9110), what the gate finds, and what it would find.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from communique.namespaces import GRAPH, INFERRED_GRAPH
from communique.store.describing import GRAPH_FORMATS
from communique.web.application import MAX_BODY
from conftest import edit, line_of
from writable import AGENTS, EDITORIAL, TURTLE, Writable, X, accepted, problem

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.test import TestResponse

EX = "https://example.org/"
BODY = f"<{EX}a> <{EX}b> <{EX}c> ."
PREFIXES = (
    "@prefix cmq: <https://w3id.org/communique/ontology#> . "
    "@prefix owl: <http://www.w3.org/2002/07/owl#> . "
    "@prefix value: <https://w3id.org/communique/value/> . "
)
HEADER = f"{PREFIXES} <{X}> a owl:Ontology ; cmq:layer value:background .\n"


TYPES = [TURTLE, "application/n-triples", "application/ld+json", "text/html", ""]
PIECES = [
    *("<a:a>", "<b:b>", "_:c", "[", "]", "(", ")", ".", ";", ",", "a", "1", "01", "'x'@en"),
    *("@prefix x: <y:z> .", "x:y", "@base <c:d> .", "<rel>", "true", '"\\u0000"', "<<(", "#", "{"),
    *('{"@id": "a:a",', '"b:b": 1}', "null", f"<{X}> a <http://www.w3.org/2002/07/owl#Ontology> ."),
]


def bodies() -> st.SearchStrategy[bytes]:
    """Makes bodies that are like RDF."""
    return st.lists(st.sampled_from(PIECES), max_size=20).map(
        lambda parts: " ".join(parts).encode()
    )


@pytest.fixture
def dataset(tmp_path: Path, generations: Path) -> Writable:
    """A dataset to be changed by the test."""
    return Writable(tmp_path, generations)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, generations: Path) -> Writable:
    """A dataset that no test changes."""
    return Writable(tmp_path_factory.mktemp("writable"), generations)


def graph(text: str | bytes, type_: str = TURTLE, less: str = X) -> rdflib.Graph:
    """Returns a graph, less the header that every file has."""
    found = rdflib.Graph().parse(data=text, format="turtle" if type_ == TURTLE else type_)
    found.remove((rdflib.URIRef(less), None, None))
    return found


def get(dataset: Writable, iri: str = X, **headers: str) -> TestResponse:
    """Returns a graph as it can be had."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return dataset.client.get("/data", query_string={"graph": iri}, headers=sent)


def is_iri(text: str) -> bool:
    """Tells whether a text is an IRI at all."""
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


# §4 graph identification


def test_4_1_the_request_iri_identifies_the_graph(dataset: Writable) -> None:
    accepted(dataset.send("PUT", "/graph/articles/2006/01/x", BODY), 201)
    name = GRAPH + "articles/2006/01/x"
    assert dataset.text("graph/articles/2006/01/x.ttl")
    assert isomorphic(graph(get(dataset, name).data, less=name), graph(BODY))
    accepted(dataset.send("DELETE", "/graph/articles/2006/01/x"))
    assert get(dataset, name).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("iri", ["x", "/graph/x", "//example.org/x", ""])
def test_4_2_an_iri_that_is_not_absolute_is_400(shared: Writable, method: str, iri: str) -> None:
    problem(shared.send(method, body=BODY, graph=iri), 400, "request")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_4_2_no_graph_or_both_is_400(shared: Writable, method: str) -> None:
    problem(shared.send(method, body=BODY), 400, "request")
    problem(shared.send(method, body=BODY, graph=X, default=""), 400, "request")
    problem(shared.send(method, body=BODY, graph=[X, X]), 400, "request")


# §5 graph management operations


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        (TURTLE, BODY),
        ("text/turtle; charset=UTF-8", BODY),
        ("application/n-triples", BODY),
        ("application/ld+json", json.dumps({"@id": EX + "a", EX + "b": {"@id": EX + "c"}})),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_5_the_payload_is_parsed_by_its_content_type(
    dataset: Writable, method: str, type_: str, body: str
) -> None:
    accepted(dataset.send(method, body=body, type_=type_, graph=X), 201)
    assert isomorphic(graph(get(dataset).data), graph(BODY))


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_5_without_a_content_type_nothing_is_guessed(shared: Writable, method: str) -> None:
    """It SHOULD be read as RDF/XML, which is not taken, for the danger of its entities."""
    response = shared.send(method, body=BODY, type_=None, graph=X)
    told = problem(response, 415, "unsupported-content")
    assert "text/turtle" in told["advice"]


# §5.1 status codes


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    ("type_", "body", "line"),
    [
        (TURTLE, "\n\n<a:a> <b:b> oops .", 3),
        (TURTLE, b"<a:a> <b:b> \n'\xff' .", 2),
        (TURTLE, "<a:a> <b:b> <<( <a:a> <b:b> <c:c> )>> .", None),
        ("application/n-triples", "<a:a> <b:b> <c:c> .\n@prefix x: <y:z> .", 2),
        ("application/ld+json", "{", 1),
        ("application/ld+json", '{"@context": "https://example.org/context.jsonld"}', None),
    ],
)
def test_5_1_a_payload_that_does_not_parse_is_400(
    shared: Writable, method: str, type_: str, body: str | bytes, line: int | None
) -> None:
    told = problem(shared.send(method, body=body, type_=type_, graph=X), 400, "body-syntax")
    if line is not None:
        assert told["line"] == line
    assert get(shared).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    "type_",
    [
        *("application/rdf+xml", "text/plain", "application/xml", "text/html", "image/png"),
        *("application/json", "application/trig", "application/x-www-form-urlencoded"),
        *("application/sparql-update", "text/turtle; charset=iso-8859-1"),
    ],
)
def test_5_1_other_content_types_are_415(shared: Writable, method: str, type_: str) -> None:
    problem(shared.send(method, body=BODY, type_=type_, graph=X), 415, "unsupported-content")


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_5_1_a_graph_that_does_not_exist_is_404(shared: Writable, method: str) -> None:
    response = shared.send(method, "/graph/x", "", "application/sparql-update")
    problem(response, 404, "unknown-graph")


@pytest.mark.parametrize("method", ["COPY", "MKCOL", "TRACE"])
def test_5_1_an_unsupported_method_is_405(shared: Writable, method: str) -> None:
    response = shared.send(method, body=BODY, graph=X)
    assert response.status_code == 405
    assert {"PUT", "POST", "DELETE", "PATCH"} < set(response.headers["Allow"].split(", "))


# §5.3 HTTP PUT


def test_5_3_put_stores_the_payload_and_creating_is_201(dataset: Writable) -> None:
    response = dataset.send("PUT", body=BODY, graph=X)
    accepted(response, 201)
    assert response.headers["Location"] == X
    assert isomorphic(graph(get(dataset).data), graph(BODY))
    assert "graph/x.ttl" in dataset.files


def test_5_3_put_replaces_what_was_there_and_modifying_is_200_or_204(dataset: Writable) -> None:
    dataset.send("PUT", body=BODY, graph=X)
    other = BODY.replace("/c>", "/d>")
    accepted(dataset.send("PUT", body=other, graph=X))
    assert isomorphic(graph(get(dataset).data), graph(other))
    brief = {"Prefer": "return=minimal"}
    response = dataset.send("PUT", body=BODY, graph=X, headers=brief)
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Preference-Applied"] == "return=minimal"
    assert isomorphic(graph(get(dataset).data), graph(BODY))


def test_5_3_put_is_applied_to_no_other_resource(dataset: Writable) -> None:
    before = dataset.files
    dataset.send("PUT", body=BODY, graph=X)
    after = dataset.files
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"graph/x.ttl"}


def test_5_3_a_body_cannot_be_another_graph_than_the_request_says(shared: Writable) -> None:
    response = shared.send("PUT", body=HEADER.replace(f"<{X}>", f"<{X}y>") + BODY, graph=X)
    [finding] = problem(response, 422, "rejected")["findings"]
    assert "2 headers" in finding["message"]


def test_5_3_an_empty_body_is_an_empty_graph(dataset: Writable) -> None:
    accepted(dataset.send("PUT", body="", graph=X), 201)
    assert len(graph(get(dataset).data)) == 0
    assert get(dataset).status_code == 200


def test_5_3_an_empty_body_of_a_type_that_has_none_is_400(shared: Writable) -> None:
    problem(shared.send("PUT", body="", type_="application/ld+json", graph=X), 400, "body-syntax")


# §5.4 HTTP DELETE


def test_5_4_delete_removes_the_graph_and_its_file(dataset: Writable) -> None:
    accepted(dataset.send("DELETE", graph=EDITORIAL))
    assert "graph/editorial.ttl" not in dataset.files
    assert get(dataset, EDITORIAL).status_code == 404
    problem(dataset.send("DELETE", graph=EDITORIAL), 404, "unknown-graph")


# §5.5 HTTP POST


def test_5_5_post_merges(dataset: Writable) -> None:
    dataset.send("PUT", body=f"# My notes.\n{BODY}", graph=X)
    more = f"<{EX}a> <{EX}b> <{EX}d>, [ <{EX}b> 01 ] ."
    accepted(dataset.send("POST", body=more, graph=X))
    assert isomorphic(graph(get(dataset).data), graph(BODY + more.replace("01", "1")))
    text = dataset.text("graph/x.ttl")
    assert text.startswith("# My notes.\n")
    assert " 01 " in text


def test_5_5_blank_nodes_of_the_payload_are_its_own(dataset: Writable) -> None:
    body = f"_:a <{EX}b> 1 . _:a <{EX}b> 2 ."
    dataset.send("PUT", body=body, graph=X)
    dataset.send("POST", body=body, graph=X)
    assert len(graph(get(dataset).data)) == 4


def test_5_5_multipart_form_data_merges_its_files(dataset: Writable) -> None:
    dataset.send("PUT", body=BODY, graph=X)
    parts: Any = {
        "one": (io.BytesIO(f"_:a <{EX}b> 1 .".encode()), "one.ttl", "text/turtle; charset=utf-8"),
        "two": (io.BytesIO(f"_:a <{EX}b> 2 .".encode()), "two.ttl", ""),
    }
    accepted(dataset.send("POST", body=parts, type_="multipart/form-data", graph=X))
    expected = graph(f"{BODY} [] <{EX}b> 1 . [] <{EX}b> 2 .")
    assert isomorphic(graph(get(dataset).data), expected)


def test_5_5_a_form_with_anything_else_is_400(shared: Writable) -> None:
    parts: Any = {"one": BODY}
    response = shared.send("POST", body=parts, type_="multipart/form-data", graph=X)
    problem(response, 400, "request")


def test_5_5_post_to_the_graph_store_makes_a_new_graph(dataset: Writable) -> None:
    response = dataset.send("POST", body=BODY)
    accepted(response, 201)
    name = response.headers["Location"]
    assert name.startswith(GRAPH + "new/")
    assert isomorphic(graph(get(dataset, name).data, less=name), graph(BODY))
    assert dataset.send("POST", body=BODY).headers["Location"] != name


def test_5_5_the_header_of_the_payload_names_the_new_graph(dataset: Writable) -> None:
    response = dataset.send("POST", body=HEADER + BODY)
    accepted(response, 201)
    assert response.headers["Location"] == X
    assert "graph/x.ttl" in dataset.files
    assert dataset.ask(f"<{EX}a> ?p ?o")  # it is of a layer of facts
    problem(dataset.send("POST", body=HEADER + BODY), 409, "conflict")


def test_5_5_a_graph_that_does_not_exist_is_made(dataset: Writable) -> None:
    accepted(dataset.send("POST", body=BODY, graph=X), 201)
    assert isomorphic(graph(get(dataset).data), graph(BODY))


@pytest.mark.parametrize("parameters", [{}, {"graph": X}])
def test_5_5_an_empty_payload_is_204(shared: Writable, parameters: Any) -> None:  # noqa: ANN401
    response = shared.send("POST", body="", type_=TURTLE, **parameters)
    assert (response.status_code, response.data) == (204, b"")
    assert get(shared).status_code == 404


# §5.7 HTTP PATCH is tested with updates, in test_updating.py


# names


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("x", "graph/x.ttl"),
        ("articles/2006/01/edm-3-1", "graph/articles/2006/01/edm-3-1.ttl"),
        ("x.ttl", "graph/x.ttl.ttl"),
        ("a.b_c~d-e", "graph/a.b_c~d-e.ttl"),
        ("%31", "graph/%31.ttl"),
        ("caf%C3%A9", "graph/caf%C3%A9.ttl"),
    ],
)
def test_the_name_of_a_new_graph_is_that_of_its_file(
    shared: Writable, name: str, file: str
) -> None:
    told = accepted(shared.send("PUT", body=BODY, graph=GRAPH + name, dry_run=""))
    assert told["files"] == [file]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "/",
            "x/",
            "/x",
            "a//b",
            ".",
            "..",
            "../x",
            "a/../b",
            "a/./b",
            ".hidden",
            "a/.b",
            "x.",
        ),
        *("%2E%2E/x", "..%2Fx", "a%2Fb", "a%5Cb", "a%00b", "%0A", "a%2e", "%zz", "a%"),
        *("a\\b", "a b", "a?b", "a#b", "a:b", "a*b", "a|b", "é", "a\x00b", "a\nb", "x" * 201),
        "/".join(["y" * 60] * 4),
    ],
)
def test_names_that_no_file_is_to_have_are_refused(shared: Writable, name: str) -> None:
    before = shared.files
    for method in ("PUT", "POST"):
        response = shared.send(method, body=BODY, graph=GRAPH + name)
        problem(response, *((403, "refused") if is_iri(GRAPH + name) else (400, "request")))
    assert shared.files == before


@pytest.mark.parametrize(
    "iri",
    [
        *("http://example.org/x", "urn:x:y", "https://w3id.org/communique/", "file:///etc/passwd"),
        *("https://w3id.org/communique/id/x", "https://w3id.org/communique/graphs/x"),
        *("https://w3id.org/communique/ontology/new", "https://w3id.org/communique/ontology"),
        *(INFERRED_GRAPH, "https://example.org/one-proposition"),
    ],
)
def test_other_graphs_are_refused_with_an_explanation(shared: Writable, iri: str) -> None:
    problem(shared.send("PUT", body=BODY, graph=iri), 403, "refused")


def test_a_proposition_is_not_to_be_written(shared: Writable) -> None:
    names = {
        str(name.value)
        for name in shared.repository.generation.store.named_graphs()
        if isinstance(name, ox.NamedNode)
    }
    [proposition, *_] = sorted(names - set(shared.repository.generation.manifest["graphs"]))
    for method in ("PUT", "POST", "DELETE"):
        problem(shared.send(method, body=BODY, graph=proposition), 403, "refused")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_the_default_graph_is_refused_unless_a_setting_says_which_it_is(
    shared: Writable, method: str
) -> None:
    told = problem(shared.send(method, body=BODY, default=""), 403, "refused")
    assert told["clause"] == "default"
    assert "default_graph" in told["advice"]


def test_the_default_graph_goes_to_the_graph_of_the_setting(
    tmp_path: Path, generations: Path
) -> None:
    dataset = Writable(tmp_path, generations, default_graph=X)
    accepted(dataset.send("PUT", body=HEADER + BODY, default=""), 201)
    assert isomorphic(graph(get(dataset).data), graph(BODY))
    assert dataset.ask(f"<{EX}a> ?p ?o")
    narrow = dataset.token(graphs=[AGENTS])
    problem(dataset.send("PUT", body=BODY, default="", token=narrow), 403, "token-insufficient")


def test_two_graphs_are_not_one_file(dataset: Writable) -> None:
    """The file graph/editorial.ttl is the graph that its header names."""
    told = problem(dataset.send("PUT", "/graph/editorial", BODY), 409, "conflict")
    assert EDITORIAL in told["detail"]
    problem(dataset.send("PUT", "/graph/Editorial", BODY), 409, "conflict")


def test_a_version_is_not_to_be_written(shared: Writable) -> None:
    digest = shared.repository.generation.digest
    problem(shared.send("PUT", body=BODY, graph=X, version=digest), 400, "request")


def test_shapes_and_the_ontology_are_changed_through_the_whole_gate(dataset: Writable) -> None:
    shapes = "https://example.org/shapes/agents"
    body = get(dataset, shapes).text.replace("minCount 1", "minCount 2")
    narrow = dataset.token(graphs=[GRAPH + "*"])
    problem(dataset.send("PUT", body=body, graph=shapes, token=narrow), 403, "token-insufficient")
    response = dataset.send("PUT", body=body, graph=shapes)
    findings = problem(response, 422, "rejected")["findings"]
    assert {finding["file"] for finding in findings} >= {"graph/agents.ttl"}


# conditional requests, RFC 9110


def tag(dataset: Writable, iri: str = X, **headers: str) -> str:
    """Returns the entity tag of a graph."""
    return get(dataset, iri, **headers).headers["ETag"]


@pytest.mark.parametrize("format_", GRAPH_FORMATS, ids=lambda format_: format_.name)
def test_if_match_holds_for_the_tag_of_any_format(dataset: Writable, format_: Any) -> None:  # noqa: ANN401
    dataset.send("PUT", body=BODY, graph=X)
    condition = {"If-Match": tag(dataset, Accept=format_.media_type)}
    accepted(dataset.send("PUT", body=HEADER, graph=X, headers=condition))
    told = problem(dataset.send("PUT", body=BODY, graph=X, headers=condition), 412, "lost-update")
    assert "ETag" in told["advice"]
    assert len(graph(get(dataset).data)) == 0


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_if_match_that_does_not_hold_is_412(shared: Writable, method: str) -> None:
    for condition in ('"x"', f"W/{tag(shared, AGENTS)}", '""'):
        response = shared.send(method, body=BODY, graph=AGENTS, headers={"If-Match": condition})
        problem(response, 412, "lost-update")
    if method != "DELETE":
        response = shared.send(method, body=BODY, graph=X, headers={"If-Match": "*"})
        problem(response, 412, "lost-update")


def test_if_match_of_anything_holds_for_what_is_there(shared: Writable) -> None:
    for condition in ("*", f'"x", {tag(shared, AGENTS)}'):
        response = shared.send(
            "POST", body=BODY, graph=AGENTS, headers={"If-Match": condition}, dry_run=""
        )
        accepted(response)


def test_if_none_match_makes_sure_that_nothing_is_there(dataset: Writable) -> None:
    condition = {"If-None-Match": "*"}
    accepted(dataset.send("PUT", body=BODY, graph=X, headers=condition), 201)
    problem(dataset.send("PUT", body=BODY, graph=X, headers=condition), 412, "lost-update")
    condition = {"If-None-Match": f"W/{tag(dataset)}"}
    problem(dataset.send("PUT", body="", graph=X, headers=condition), 412, "lost-update")
    assert isomorphic(graph(get(dataset).data), graph(BODY))


def test_the_tag_of_a_graph_changes_with_that_graph_alone(dataset: Writable) -> None:
    dataset.send("PUT", body=BODY, graph=X)
    before, other = tag(dataset), tag(dataset, AGENTS)
    dataset.send("POST", body=f"<{EX}n> <{EX}p> 1 .", graph=X)
    assert tag(dataset) != before
    assert tag(dataset, AGENTS) == other
    unchanged = get(dataset, AGENTS, If_None_Match=other)
    assert unchanged.status_code == 304
    assert unchanged.headers["Dataset-Version"] == dataset.repository.generation.digest
    assert tag(dataset, Accept="text/html") != tag(dataset)


def test_put_gives_no_tag_since_what_is_kept_is_in_our_layout(dataset: Writable) -> None:
    """RFC 9110, §9.3.4: "An origin server MUST NOT send a validator field"."""
    response = dataset.send("PUT", body=BODY, graph=X)
    assert "ETag" not in response.headers
    assert "Last-Modified" not in response.headers


# what comes of it


def test_the_version_is_told_and_is_in_service_at_once(dataset: Writable) -> None:
    before = dataset.repository.generation.digest
    response = dataset.send("PUT", body=BODY, graph=X, message="A note.")
    told = accepted(response, 201)
    assert told["before"] == before
    assert told["after"] == response.headers["Dataset-Version"]
    assert dataset.client.get("/health").headers["Dataset-Version"] == told["after"]
    old = dataset.client.get("/data", query_string={"graph": X, "version": before})
    assert old.status_code == 404


def test_writing_the_same_changes_nothing(dataset: Writable) -> None:
    dataset.send("PUT", body=BODY, graph=X)
    told = accepted(dataset.send("PUT", body=f"  {BODY}\n", graph=X))
    assert told["before"] == told["after"]
    assert told["files"] == []


def test_facts_gained_and_lost_are_told_inferred_ones_too(dataset: Writable) -> None:
    text = dataset.text("graph/agents.ttl")
    without = text.replace("    ex:partOf ex:union .", "    rdfs:comment 'alone' .")
    told = accepted(dataset.send("PUT", body=without, graph=AGENTS, dry_run=""))
    assert told["lost"]["asserted"]["count"] == 1
    assert told["lost"]["asserted"]["triples"] == [f"<{EX}council> <{EX}partOf> <{EX}union> ."]
    inferred = told["lost"]["inferred"]
    assert inferred["count"] == len(inferred["triples"]) > 0
    assert f"<{EX}office> <{EX}partOf> <{EX}union> ." in inferred["triples"]
    assert told["gained"]["asserted"]["count"] == 1


def test_a_dry_run_changes_nothing(dataset: Writable) -> None:
    before, digest = dataset.files, dataset.repository.generation.digest
    for method, body in (("PUT", BODY), ("POST", BODY), ("DELETE", "")):
        told = accepted(dataset.send(method, body=body, graph=EDITORIAL, dry_run="true"))
        assert told["status"] == "would be accepted"
        assert told["after"] != told["before"] == digest
    response = dataset.send("PUT", body=BODY, graph=X, dry_run="")
    assert response.status_code == 200
    assert response.headers["Dataset-Version"] == digest
    assert dataset.files == before
    assert dataset.repository.generation.digest == digest
    problem(dataset.send("PUT", body=BODY, graph=X, dry_run="maybe"), 400, "request")


def test_a_rejection_says_the_line_of_the_body(dataset: Writable, tmp_path: Path) -> None:
    body = tmp_path / "body.ttl"
    body.write_text("# A comment above,\n# of two lines.\n\n" + dataset.text("graph/agents.ttl"))
    edit(body, 'rdfs:label "South"@en ;', "")
    before = dataset.files
    [finding] = problem(dataset.send("PUT", body=body.read_text(), graph=AGENTS), 422, "rejected")[
        "findings"
    ]
    assert finding["file"] == "body"
    assert finding["line"] == line_of(body, "ex:south a ex:State")
    assert finding["node"] == EX + "south"
    assert finding["severity"] == "violation"
    assert "Give it one in English" in finding["message"]
    assert dataset.files == before


def test_warnings_let_pass_and_are_told_with_the_line_of_the_body(dataset: Writable) -> None:
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    body = f"\n<{EX}west> a <{EX}State> ;\n  <{label}> 'A state far in the west of it'@en ."
    response = dataset.send("POST", body=body, graph=AGENTS)
    [finding] = accepted(response)["findings"]
    assert finding["severity"] == "warning"
    assert (finding["file"], finding["line"]) == ("body", 3)
    assert "Consider a shorter one" in finding["message"]
    headers = {"Accept": TURTLE}
    report = dataset.send("POST", body=body + "#", graph=AGENTS, headers=headers, dry_run="")
    assert report.status_code == 200


def test_a_rejected_addition_says_the_line_of_what_was_added(shared: Writable) -> None:
    body = f"\n\n<{EX}west> a\n <{EX}State> ."
    [finding] = problem(shared.send("POST", body=body, graph=AGENTS), 422, "rejected")["findings"]
    assert (finding["file"], finding["line"]) == ("body", 3)


def test_a_rejection_can_be_had_as_the_validation_report(shared: Writable) -> None:
    body = f"<{EX}west> a <{EX}State> ."
    sh = "http://www.w3.org/ns/shacl#"
    for accept in (TURTLE, "application/ld+json"):
        response = shared.send("POST", body=body, graph=AGENTS, headers={"Accept": accept})
        assert response.status_code == 422
        assert response.mimetype == accept
        report = ox.parse(response.data, ox.RdfFormat.from_media_type(accept))
        values = [quad.object for quad in report if quad.predicate.value == sh + "focusNode"]
        assert values == [ox.NamedNode(EX + "west")]
    page = shared.send("POST", body=body, graph=AGENTS, headers={"Accept": "text/html"})
    assert page.status_code == 422
    assert "Give it one in English" in page.text
    assert "body, line 1" in page.text


def test_an_outcome_can_be_had_as_the_validation_report_or_a_page(shared: Writable) -> None:
    for accept in (TURTLE, "application/ld+json", "text/html", "application/json"):
        headers = {"Accept": accept}
        response = shared.send("PUT", body=BODY, graph=X, dry_run="", headers=headers)
        assert response.status_code == 200
        assert response.mimetype == accept
    headers = {"Accept": "image/png"}
    problem(shared.send("PUT", body=BODY, graph=X, headers=headers), 406, "not-acceptable")
    assert get(shared).status_code == 404  # what cannot be told is not done


def test_a_contradiction_is_rejected(shared: Writable) -> None:
    response = shared.send("PUT", body=HEADER + f"<{EX}union> a <{EX}Place> .", graph=X)
    findings = problem(response, 422, "rejected")["findings"]
    assert {finding["check"] for finding in findings} == {"consistency"}


def test_a_body_over_the_limit_is_413(shared: Writable) -> None:
    response = shared.send("PUT", body=b"#" * (MAX_BODY + 1), graph=X)
    assert response.status_code == 413


def test_what_is_nested_too_deep_is_refused(shared: Writable) -> None:
    deep = f"<{EX}a> <{EX}b> " + 400 * f"[ <{EX}b> " + "1" + 400 * " ]" + " ."
    problem(shared.send("PUT", body=deep, graph=X), 400, "request")


@given(body=st.binary(max_size=60) | bodies(), type_=st.sampled_from(TYPES))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@pytest.mark.slow
def test_any_body_is_taken_or_refused(shared: Writable, body: bytes, type_: str) -> None:
    for method in ("PUT", "POST"):
        response = shared.send(method, body=body, type_=type_, graph=AGENTS, dry_run="")
        assert response.status_code in {200, 204, 400, 415, 422}, response.text
        assert response.status_code != 415 or type_ not in TYPES[:3]


@pytest.mark.parametrize("message", ["x" * 1001, "a\x00b", "a\x1b[1m"])
def test_messages_are_short_and_of_characters(shared: Writable, message: str) -> None:
    problem(shared.send("PUT", body=BODY, graph=X, message=message), 400, "request")
