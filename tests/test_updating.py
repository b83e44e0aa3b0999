"""SPARQL 1.1 Update over HTTP: the Protocol's sentences on it (§2.2), and how it becomes edits.

Whether updates do what the standard says, W3C's suite shows; here is what is our own: files,
headers, layers, what is refused, patches, and limits.
"""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.errors import QuerySyntaxError, RefusedQuery
from communique.namespaces import GRAPH, INFERRED_GRAPH, RDF
from communique.settings import Settings
from communique.store import operations
from communique.store.guard import MAX_DEPTH, MAX_TOKENS
from communique.store.operations import Defaults
from communique.tokens import Scope
from communique.web import create_app
from communique.web.limits import Limited
from stores import small
from writable import AGENTS, EDITORIAL, SPARQL_UPDATE, Writable, X, accepted, problem

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.test import TestResponse

EX = "https://example.org/"
PREFIXES = f"""
PREFIX cmq: <https://w3id.org/communique/ontology#>
PREFIX value: <https://w3id.org/communique/value/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX ex: <{EX}>
PREFIX g: <{EX}graph/>
PREFIX n: <{GRAPH}>
"""
PIECES = [
    *("INSERT", "DELETE", "DATA", "WHERE", "WITH", "USING", "NAMED", "GRAPH", "SILENT", "TO"),
    *("CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD", "LOAD", "INTO", "DEFAULT", "ALL"),
    *("{", "}", "}", ";", ".", "[", "]", "(", ")", "?s ?p ?o", "<a:a> <a:b> 1", "<a:g>", "?g"),
    *("SERVICE", "FILTER(1<?b)SERVICE?g#>)", "PREFIX n: <a:b>", "n:x", "_:b", "'x'@en", "oops"),
    *("INSERT DATA { GRAPH <a:g> { <a:a> <a:b> 1 } }", "WHERE { ?s ?p ?o }", "{ ?s ?p ?o }"),
]


def texts() -> st.SearchStrategy[str]:
    """Makes texts that are like updates, and some that are like nothing."""
    likely = st.lists(st.sampled_from(PIECES), max_size=30)
    return likely.map(" ".join) | likely.map("".join) | st.text()


INSERT = f"INSERT DATA {{ GRAPH <{X}> {{ <{EX}a> <{EX}b> <{EX}c> }} }}"
RENAME = """
DELETE { ?s rdfs:label ?l } INSERT { ?s rdfs:label "N"@en }
WHERE { ?s rdfs:label ?l . FILTER(?s = ex:north) }
"""
DELETED = f"DELETE DATA {{ GRAPH <{EDITORIAL}> {{ <{EX}none> <{EX}b> <{EX}c> }} }}"


@pytest.fixture
def dataset(tmp_path: Path, generations: Path) -> Writable:
    """A dataset to be changed by the test."""
    return Writable(tmp_path, generations)


@pytest.fixture
def with_default(tmp_path: Path, generations: Path) -> Writable:
    """A dataset in which one graph stands for the default graph."""
    return Writable(tmp_path, generations, default_graph=AGENTS)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, generations: Path) -> Writable:
    """A dataset that no test changes."""
    return Writable(tmp_path_factory.mktemp("writable"), generations)


def patch(dataset: Writable, graph: str, text: str, **more: Any) -> TestResponse:  # noqa: ANN401
    """Sends an update as a patch of one graph."""
    return dataset.send("PATCH", body=PREFIXES + text, type_=SPARQL_UPDATE, graph=graph, **more)


# Protocol, §2.2


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_2_2_an_update_must_be_sent_by_post(shared: Writable, method: str) -> None:
    parameters: dict[str, Any] = {"update": INSERT} if method == "GET" else {}
    response = shared.send(method, "/sparql", INSERT, SPARQL_UPDATE, **parameters)
    assert response.status_code in {403, 405}
    assert not shared.ask("?s ?p ?o", X)


def test_2_2_1_an_update_in_a_form_is_refused_with_an_explanation(shared: Writable) -> None:
    """A page of another site could send it; so the option of a form is not offered."""
    response = shared.send("POST", "/sparql", {"update": INSERT}, None)
    told = problem(response, 403, "refused")
    assert told["clause"] == "update"
    assert SPARQL_UPDATE in told["advice"]
    assert not shared.ask("?s ?p ?o", X)


def test_2_2_2_an_update_is_sent_directly(dataset: Writable) -> None:
    accepted(dataset.update(INSERT))
    assert dataset.ask(f"<{EX}a> <{EX}b> <{EX}c>", X)
    assert "graph/x.ttl" in dataset.files


def test_2_2_2_the_body_is_utf8(dataset: Writable) -> None:
    text = f"INSERT DATA {{ GRAPH <{X}> {{ <{EX}a> <{EX}b> 'Бордюжа' }} }}"
    accepted(dataset.update(text.encode()))
    assert "Бордюжа" in dataset.text("graph/x.ttl")
    problem(dataset.update(text.encode("koi8-r")), 400, "request")
    response = dataset.send("POST", "/sparql", INSERT, SPARQL_UPDATE + "; charset=koi8-r")
    problem(response, 415, "unsupported-content")


def test_2_2_3_using_graph_uri_is_as_if_every_operation_said_using(dataset: Writable) -> None:
    copy = "INSERT { GRAPH n:x { ?s rdfs:comment ?o } } WHERE { ?s rdfs:comment ?o }"
    told = accepted(dataset.update(PREFIXES + copy))
    assert told["files"] == []  # a comment is in the editors' graph alone, which is of no facts
    accepted(dataset.update(PREFIXES + copy, using_graph_uri=EDITORIAL))
    assert dataset.ask("?s <http://www.w3.org/2000/01/rdf-schema#comment> ?o", X)
    twice = f"{copy} ; INSERT {{ GRAPH n:y {{ ?s ?p ?o }} }} WHERE {{ ?s ?p ?o }}"
    told = accepted(dataset.update(PREFIXES + twice, using_graph_uri=[EDITORIAL, X]))
    assert told["files"] == ["graph/y.ttl"]


def test_2_2_3_using_named_graph_uri_likewise(dataset: Writable) -> None:
    copy = "INSERT { GRAPH n:x { ?s ex:in ?g } } WHERE { GRAPH ?g { ?s rdfs:comment ?o } }"
    accepted(dataset.update(PREFIXES + copy, using_named_graph_uri=AGENTS))
    assert "graph/x.ttl" not in dataset.files
    accepted(dataset.update(PREFIXES + copy, using_named_graph_uri=[AGENTS, EDITORIAL]))
    assert dataset.ask(f"?s <{EX}in> <{EDITORIAL}>", X)


def test_2_2_3_delete_where_follows_the_parameters_too(dataset: Writable) -> None:
    dataset.update(INSERT)
    text = f"DELETE WHERE {{ GRAPH <{X}> {{ ?s <{EX}b> ?o }} }}"
    accepted(dataset.update(text, using_named_graph_uri=EDITORIAL))
    assert dataset.ask(f"?s <{EX}b> ?o", X)
    accepted(dataset.update(text, using_named_graph_uri=X))
    assert not dataset.ask(f"?s <{EX}b> ?o", X)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT { GRAPH n:x { ?s ?p ?o } } USING g:agents WHERE { ?s ?p ?o }",
        "INSERT { GRAPH n:x { ?s ?p ?o } } USING NAMED g:agents WHERE { ?s ?p ?o }",
        "WITH n:x INSERT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "CREATE GRAPH n:y ; WITH n:x DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
@pytest.mark.parametrize("name", ["using_graph_uri", "using_named_graph_uri"])
def test_2_2_3_graphs_in_both_places_are_an_error(shared: Writable, text: str, name: str) -> None:
    told = problem(shared.update(PREFIXES + text, **{name: EDITORIAL}), 400, "query-syntax")
    assert "parameters" in told["detail"]


@pytest.mark.parametrize("name", ["default_graph_uri", "named_graph_uri"])
def test_2_2_3_parameters_of_queries_are_an_error(shared: Writable, name: str) -> None:
    problem(shared.update(INSERT, **{name: EDITORIAL}), 400, "request")


@pytest.mark.parametrize("iri", ["x", "/x", "a:<>", "a: b"])
def test_2_2_3_graphs_are_absolute_iris(shared: Writable, iri: str) -> None:
    problem(shared.update(INSERT, using_graph_uri=iri), 400, "request")


def test_2_2_4_success_is_2xx(shared: Writable) -> None:
    assert shared.update(INSERT, dry_run="").status_code == 200


def test_2_2_5_an_update_that_is_none_is_400_with_line_and_column(shared: Writable) -> None:
    told = problem(shared.update(f"{INSERT} ;\nINSERT OOPS"), 400, "query-syntax")
    assert (told["line"], told["column"]) == (2, 8)
    told = problem(
        shared.update("INSERT DATA\n { GRAPH n:x { n:a n:b n:c } }"), 400, "query-syntax"
    )
    assert told["line"] == 2
    assert "PREFIX n: <" in told["advice"]
    told = problem(
        shared.update(f"DELETE {{ GRAPH <{X}> {{ _:a ?p ?o }} }} WHERE {{ ?s ?p ?o }}"),
        400,
        "query-syntax",
    )
    assert told["line"] == 1


@pytest.mark.parametrize("text", ["SELECT * { ?s ?p ?o }", "ASK {}", "oops", "{}", "\x00"])
def test_2_2_5_a_query_is_no_update(shared: Writable, text: str) -> None:
    problem(shared.update(text), 400, "query-syntax")


def test_2_2_an_empty_update_changes_nothing(shared: Writable) -> None:
    told = accepted(shared.update("  # nothing\n"))
    assert told["before"] == told["after"]


def test_2_3_relative_iris_are_resolved_against_the_services_own_base(shared: Writable) -> None:
    told = accepted(shared.update("INSERT DATA { GRAPH <graph/x> { <a> <b> <c> } }", dry_run=""))
    assert told["files"] == ["graph/x.ttl"]
    base = f"BASE <{GRAPH}> INSERT DATA {{ GRAPH <y> {{ <a> <b> <c> }} }}"
    assert accepted(shared.update(base, dry_run=""))["files"] == ["graph/y.ttl"]


# files


def test_what_an_update_leaves_stays_as_the_file_has_it(dataset: Writable) -> None:
    body = f"# My notes.\n<{EX}a> <{EX}b> 1.50 , 01 , [ <{EX}c> 2.0 ] ; <{EX}d> 'gone' ."
    dataset.send("PUT", body=body, graph=X)
    before = dataset.text("graph/x.ttl")
    accepted(dataset.update(f"DELETE DATA {{ GRAPH <{X}> {{ <{EX}a> <{EX}d> 'gone' }} }}"))
    gone = f' ;\n    <{EX}d> "gone" .'
    assert gone in before
    assert dataset.text("graph/x.ttl") == before.replace(gone, " .")
    assert dataset.text("graph/x.ttl").startswith("# My notes.\n")
    # The store has one literal for 1.50 and 1.5, so that either names it.
    accepted(dataset.update(f"DELETE DATA {{ GRAPH <{X}> {{ <{EX}a> <{EX}b> 1.5 , 1 }} }}"))
    assert "1.50" not in dataset.text("graph/x.ttl")
    assert "2.0" in dataset.text("graph/x.ttl")


def test_blank_nodes_can_be_added_to(dataset: Writable) -> None:
    dataset.send("PUT", body=f"<{EX}a> <{EX}b> [ <{EX}c> 1 ] .", graph=X)
    text = "INSERT { GRAPH n:x { ?x ex:d 2 } } WHERE { GRAPH n:x { ex:a ex:b ?x } }"
    accepted(dataset.update(PREFIXES + text))
    assert dataset.ask(f"<{EX}a> <{EX}b> [ <{EX}c> 1 ; <{EX}d> 2 ]", X)
    assert dataset.text("graph/x.ttl").count("[") == 1


def test_a_new_file_uses_the_prefixes_of_the_update(dataset: Writable) -> None:
    accepted(dataset.update(PREFIXES + "INSERT DATA { GRAPH n:x { ex:a ex:b ex:c } }"))
    assert "\nex:a\n    ex:b ex:c .\n" in dataset.text("graph/x.ttl")


def test_an_update_of_several_graphs_is_all_or_nothing(dataset: Writable) -> None:
    before = dataset.files
    text = (
        "INSERT DATA { GRAPH n:x { ex:a ex:b 1 } } ; "
        "DELETE { GRAPH g:agents { ?s rdfs:label ?l } } "
        "WHERE { GRAPH g:agents { ?s rdfs:label ?l ; a ex:State } }"
    )
    findings = problem(dataset.update(PREFIXES + text), 422, "rejected")["findings"]
    assert {finding["node"] for finding in findings} == {EX + "north", EX + "south"}
    assert {finding["file"] for finding in findings} == {"graph/agents.ttl"}
    assert dataset.files == before
    told = accepted(
        dataset.update(PREFIXES + text.replace("?s rdfs:label ?l }", "?s ex:l ?l }", 1))
    )
    assert set(told["files"]) == {"graph/x.ttl"}


def test_operations_see_what_those_before_them_did(dataset: Writable) -> None:
    """Also in the default graph, if what they wrote is of facts."""
    text = """
    INSERT DATA { GRAPH g:agents { ex:west a ex:State ; rdfs:label "West"@en } } ;
    INSERT { GRAPH n:x { ?s ex:seen true } } WHERE { ?s rdfs:label "West"@en } ;
    DELETE WHERE { GRAPH g:agents { ex:west ?p ?o } } ;
    INSERT { GRAPH n:x { ?s ex:seen false } } WHERE { ?s rdfs:label "West"@en }
    """
    assert accepted(dataset.update(PREFIXES + text))["files"] == ["graph/x.ttl"]
    assert dataset.ask(f"<{EX}west> <{EX}seen> true", X)
    assert not dataset.ask(f"<{EX}west> <{EX}seen> false", X)


def test_what_another_graph_says_too_stays_known(dataset: Writable) -> None:
    header = f"<{X}> a owl:Ontology ; cmq:layer value:background . "
    union = "ex:north ex:memberOf ex:union . "
    text = f"""
    INSERT DATA {{ GRAPH n:x {{ {header} {union} }} }} ;
    DELETE DATA {{ GRAPH g:agents {{ {union} }} }} ;
    INSERT {{ GRAPH n:y {{ ?s ex:seen true }} }} WHERE {{ ?s ex:memberOf ex:union }}
    """
    accepted(dataset.update(PREFIXES + text))
    assert dataset.ask(f"<{EX}north> <{EX}seen> true", GRAPH + "y")


def test_graphs_may_be_found_by_a_variable(dataset: Writable) -> None:
    text = """
    DELETE { GRAPH ?g { ?s rdfs:label "South"@en } }
    INSERT { GRAPH ?g { ?s rdfs:label "Southern"@en } }
    WHERE { GRAPH ?g { ?s rdfs:label "South"@en } }
    """
    assert accepted(dataset.update(PREFIXES + text))["files"] == ["graph/agents.ttl"]
    assert '"Southern"@en' in dataset.text("graph/agents.ttl")
    text = "DELETE WHERE { GRAPH ?g { ex:union rdfs:comment ?c } }"
    assert accepted(dataset.update(PREFIXES + text))["files"] == ["graph/editorial.ttl"]


@pytest.mark.parametrize("function", ["UUID()", "RAND()", "NOW()", "STRUUID()", "BNODE()"])
def test_a_graph_by_a_variable_is_to_be_the_same_again(shared: Writable, function: str) -> None:
    where = f"BIND({function} AS ?x) BIND(n:x AS ?g)"
    text = f"INSERT {{ GRAPH ?g {{ ex:a ex:b ?x }} }} WHERE {{ {where} }}"
    told = problem(shared.update(PREFIXES + text), 403, "refused")
    assert told["clause"] == function.removesuffix("()")


# headers and layers


def test_a_graph_that_is_emptied_is_still_a_graph(dataset: Writable) -> None:
    header = dataset.text("graph/editorial.ttl").split("\nex:union", 1)[0]
    for text in ("CLEAR GRAPH g:editorial", "DELETE WHERE { GRAPH g:editorial { ?s ?p ?o } }"):
        told = accepted(dataset.update(PREFIXES + text))
        assert dataset.text("graph/editorial.ttl").split() != header.split() or told["files"] == []
    assert dataset.ask(f"<{EDITORIAL}> a <http://www.w3.org/2002/07/owl#Ontology>", EDITORIAL)
    accepted(dataset.update(PREFIXES + "DROP GRAPH g:editorial"))
    assert "graph/editorial.ttl" not in dataset.files


def test_a_new_graph_is_of_no_facts_unless_it_says_so(dataset: Writable) -> None:
    accepted(dataset.update(INSERT))
    assert not dataset.ask(f"<{EX}a> <{EX}b> <{EX}c>")
    layer = f"GRAPH <{X}> {{ <{X}> cmq:layer ?l }}"
    other = layer.replace("?l", "value:asserted")
    text = f"DELETE {{ {layer} }} INSERT {{ {other} }} WHERE {{ {layer} }}"
    accepted(dataset.update(PREFIXES + text))
    assert dataset.ask(f"<{EX}a> <{EX}b> <{EX}c>")


@pytest.mark.parametrize(
    ("pattern", "is_wide"),
    [
        *(("?s ?p ?o", True), ("<a:s> ?p 1", True), ("?s a ?t", True), ("?s a/<a:b> ?o", True)),
        *(("?s ^a ?o", True), ("?s (a)* ?o", True), ("?s !<a:p> ?o", True), ("[] ?p 2", True)),
        *(("?s <a:p> 1 ; ?q 2", True), ("?s <a:p> [ ?q ?z ]", True), ("(1 2) ?p ?o", True)),
        *(("_:b ?p <a:a>", True), ("GRAPH ?g { ?s ?p ?o }", True)),
        ("?s <a:p> ?o . { SELECT ?s { ?s ?q <a:b> } }", True),
        (f"?s <{RDF}type> ?t", True),
        *(("?s a <a:T> ; <a:p> ?o", False), ("?s <a:p> ?o FILTER(?o > 1)", False)),
        *(("?s <a:p> ?o . ?o <a:q> 'x'@en", False), ("?s <a:p> 1 , 2 ; <a:r> ?x", False)),
        *(("GRAPH ?g { ?s <a:p> ?o }", False), ("?s (<a:p>)* ?o", False)),
        ("?s <a:p> ?o OPTIONAL { ?o <a:q> ?z }", False),
    ],
)
def test_only_what_may_match_headers_has_them_hidden(pattern: str, *, is_wide: bool) -> None:
    """Hiding them costs something for each file."""
    text = f"DELETE {{ GRAPH <a:g> {{ <a:a> <a:b> 1 }} }} WHERE {{ {pattern} }}"
    [operation] = operations.read(text, Defaults()).operations
    assert operation.is_wide is is_wide


def test_graphs_may_be_found_by_their_layer(dataset: Writable) -> None:
    text = """
    INSERT { GRAPH n:x { ?g ex:is "editorial" } }
    WHERE { GRAPH ?g { ?g cmq:layer value:editorial } }
    """
    accepted(dataset.update(PREFIXES + text))
    assert dataset.ask(f"<{EDITORIAL}> <{EX}is> 'editorial'", X)


def test_a_copy_is_of_the_layer_of_what_it_is_a_copy_of(dataset: Writable) -> None:
    accepted(dataset.update(PREFIXES + "COPY g:agents TO n:x ; COPY g:editorial TO n:y"))
    assert "cmq:layer value:background" in dataset.text("graph/x.ttl")
    assert "cmq:layer value:editorial" in dataset.text("graph/y.ttl")
    assert AGENTS not in dataset.text("graph/x.ttl")
    accepted(dataset.update(PREFIXES + "MOVE g:editorial TO n:z ; ADD n:y TO n:x"))
    assert "graph/editorial.ttl" not in dataset.files
    assert "cmq:layer value:background" in dataset.text("graph/x.ttl")
    assert "Other sources give another year" in dataset.text("graph/x.ttl")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("DROP GRAPH n:x", "DROP"),
        ("CLEAR GRAPH n:x", "CLEAR"),
        ("CREATE GRAPH g:agents", "CREATE"),
        ("COPY n:x TO n:y", "COPY"),
        ("MOVE n:x TO n:y", "MOVE"),
        ("ADD n:x TO n:y", "ADD"),
    ],
)
def test_what_fails_is_a_conflict_unless_it_is_silent(
    shared: Writable, text: str, word: str
) -> None:
    told = problem(shared.update(PREFIXES + text), 409, "conflict")
    assert f"{word} SILENT" in told["advice"]
    told = accepted(shared.update(PREFIXES + text.replace(word, f"{word} SILENT")))
    assert told["before"] == told["after"]


def test_all_graphs_are_those_of_the_data(dataset: Writable) -> None:
    accepted(dataset.update("DROP ALL"))
    assert {name.split("/")[0] for name in dataset.files} == {"ontology", "shapes"}


# the default graph


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { ex:a ex:b ex:c }",
        "DELETE DATA { ex:a ex:b ex:c }",
        "DELETE WHERE { ex:a ex:b ?c }",
        "INSERT { ex:a ex:b ex:c } WHERE {}",
        "DELETE { ex:a ex:b ?c } WHERE { ex:a ex:b ?c }",
        "INSERT { GRAPH n:x { ex:a ex:b 1 } ex:a ex:b 2 } WHERE {}",
        *("CLEAR DEFAULT", "DROP DEFAULT", "COPY DEFAULT TO n:x", "MOVE n:x TO DEFAULT"),
    ],
)
def test_the_default_graph_is_not_to_be_written(shared: Writable, text: str) -> None:
    told = problem(shared.update(PREFIXES + text), 403, "refused")
    assert told["clause"] == "DEFAULT"
    assert "WITH or GRAPH" in told["advice"]


def test_the_default_graph_goes_to_the_graph_of_the_setting(with_default: Writable) -> None:
    text = """
    INSERT DATA {
        ex:west a ex:State ; rdfs:label "West"@en .
        GRAPH n:x { ex:a ex:b 1 }
        ex:west ex:memberOf ex:union
    } ;
    DELETE { ?s rdfs:label ?l } INSERT { ?s rdfs:label "Western"@en }
    WHERE { ?s rdfs:label ?l FILTER(?l = "West"@en) }
    """
    told = accepted(with_default.update(PREFIXES + text))
    assert set(told["files"]) == {"graph/agents.ttl", "graph/x.ttl"}
    assert with_default.ask(f"<{EX}west> <{EX}memberOf> <{EX}union>")
    assert '"Western"@en' in with_default.text("graph/agents.ttl")
    narrow = with_default.token(graphs=[GRAPH + "*"])
    response = with_default.update(PREFIXES + "INSERT DATA { ex:a ex:b 1 }", token=narrow)
    problem(response, 403, "token-insufficient")


def test_with_says_which_graph_it_is(dataset: Writable) -> None:
    text = f"{PREFIXES} WITH g:agents {RENAME}"
    assert accepted(dataset.update(text))["files"] == ["graph/agents.ttl"]
    assert 'rdfs:label "N"@en' in dataset.text("graph/agents.ttl")


# what is refused


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("LOAD <{address}>", "LOAD"),
        ("LOAD SILENT <{address}> INTO GRAPH n:x", "LOAD"),
        ("INSERT DATA {{ GRAPH n:x {{ ex:a ex:b 1 }} }} ; LOAD <{address}>", "LOAD"),
        (
            "INSERT {{ GRAPH n:x {{ ?s ?p ?o }} }} WHERE {{ SERVICE <{address}> {{ ?s ?p ?o }} }}",
            "SERVICE",
        ),
        (
            "DELETE {{ GRAPH n:x {{ ?s ?p 1 }} }} WHERE {{ SERVICE SILENT <{address}> {{}} }}",
            "SERVICE",
        ),
    ],
)
def test_nothing_is_fetched_and_nobody_is_called(shared: Writable, text: str, clause: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        response = shared.update(PREFIXES + text.format(address=address))
        assert problem(response, 403, "refused")["clause"] == clause
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_call_in_disguise_is_not_run(shared: Writable) -> None:
    """The engine would read a comparison and a call, the standard an IRI."""
    text = f"INSERT {{ GRAPH <{X}> {{ ?s ?p 1 }} }} WHERE {{ ?s ?p ?b FILTER(1<?b)SERVICE?g#>) }}"
    response = shared.update(text, dry_run="")
    assert response.status_code in {200, 400}
    problem(shared.update(text.replace("?b)SERVICE", "?b) SERVICE")), 403, "refused")


@pytest.mark.parametrize("word", ["INSERT DATA", "DELETE DATA"])
@pytest.mark.parametrize("iri", [INFERRED_GRAPH, "http://example.org/x", GRAPH + "a/../b"])
def test_other_graphs_are_refused(shared: Writable, word: str, iri: str) -> None:
    response = shared.update(f"{word} {{ GRAPH <{iri}> {{ <{EX}a> <{EX}b> 1 }} }}")
    if word == "INSERT DATA":
        problem(response, 403, "refused")
    else:
        assert response.status_code in {200, 403}
        assert not shared.ask(f"<{EX}a> <{EX}b> 1", X)


def test_derived_graphs_found_by_a_variable_are_refused(shared: Writable) -> None:
    text = "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }"
    problem(shared.update(PREFIXES + text), 403, "refused")


def test_a_graph_found_by_a_variable_must_be_one_of_the_tokens(shared: Writable) -> None:
    narrow = shared.token(graphs=[AGENTS])
    text = "DELETE { GRAPH ?g { ?s rdfs:comment ?o } } WHERE { GRAPH ?g { ?s rdfs:comment ?o } }"
    problem(shared.update(PREFIXES + text, token=narrow), 403, "token-insufficient")
    problem(shared.update("DROP ALL", token=narrow), 403, "token-insufficient")
    assert shared.ask("?s <http://www.w3.org/2000/01/rdf-schema#comment> ?o", EDITORIAL)


def test_updates_are_not_too_deep_or_long_but_data_may_be_long() -> None:
    deep = "[ <a:b> " * (MAX_DEPTH + 1) + "1" + " ]" * (MAX_DEPTH + 1)
    for text in (
        f"INSERT DATA {{ GRAPH <a:g> {{ <a:a> <a:b> {deep} }} }}",
        f"INSERT {{ GRAPH <a:g> {{ <a:a> <a:b> {deep} }} }} WHERE {{}}",
    ):
        with pytest.raises(RefusedQuery, match="nested more than"):
            operations.read(text, Defaults())
    many = "<a:a> <a:b> 1 . " * MAX_TOKENS
    operations.read(f"INSERT DATA {{ GRAPH <a:g> {{ {many} }} }}", Defaults())
    with pytest.raises(RefusedQuery, match="are the most"):
        operations.read(f"DELETE WHERE {{ GRAPH <a:g> {{ {many} }} }}", Defaults())
    data = "INSERT DATA { GRAPH <a:g> { <a:a> <a:b> 1 } }"
    with pytest.raises(RefusedQuery, match="are the most"):
        operations.read(f"{data} ; DELETE WHERE {{ GRAPH <a:g> {{ {many} }} }}", Defaults())


def test_a_label_is_not_to_be_in_two_operations() -> None:
    text = "INSERT DATA { GRAPH <a:g> { _:b <a:b> 1 } }"
    with pytest.raises(QuerySyntaxError, match="_:b is in another INSERT DATA"):
        operations.read(f"{text} ; {text}", Defaults())


# patches: Graph Store Protocol, §5.7


def test_5_7_a_patch_is_an_update_of_the_graph(dataset: Writable) -> None:
    told = accepted(patch(dataset, AGENTS, RENAME))
    assert told["files"] == ["graph/agents.ttl"]
    assert 'rdfs:label "N"@en' in dataset.text("graph/agents.ttl")
    accepted(patch(dataset, AGENTS, "INSERT DATA { ex:north ex:note 1 }"))
    accepted(patch(dataset, AGENTS, "INSERT DATA { GRAPH g:agents { ex:north ex:note 2 } }"))
    accepted(patch(dataset, AGENTS, "DELETE WHERE { ex:north ex:note ?n }"))
    assert "note" not in dataset.text("graph/agents.ttl")


def test_5_7_a_patch_reads_that_graph(shared: Writable) -> None:
    """As WITH has it: the default graph is the graph, and not what follows from it."""
    inferred = "INSERT { ?s ex:seen true } WHERE { ?s ex:hasMember ?o }"
    told = accepted(patch(shared, AGENTS, inferred, dry_run=""))
    assert told["files"] == []


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { GRAPH n:x { ex:a ex:b 1 } }",
        "INSERT { GRAPH ?g { ex:union ex:b 1 } } WHERE { GRAPH ?g { ex:union rdfs:comment ?c } }",
        "COPY g:agents TO n:x",
        "MOVE g:agents TO n:x",
        "DROP ALL",
        "WITH g:editorial DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_5_7_a_patch_of_another_graph_is_422(shared: Writable, text: str) -> None:
    problem(patch(shared, AGENTS, text), 422, "other-graph")
    assert shared.ask("?s <http://www.w3.org/2000/01/rdf-schema#comment> ?o", EDITORIAL)


def test_a_patch_is_conditional_as_other_changes_are(dataset: Writable) -> None:
    tag = dataset.client.get("/data", query_string={"graph": EDITORIAL}).headers["ETag"]
    text = "INSERT DATA { ex:union ex:note 1 }"
    accepted(patch(dataset, EDITORIAL, text, headers={"If-Match": tag}))
    response = patch(dataset, EDITORIAL, text, headers={"If-Match": tag})
    problem(response, 412, "lost-update")


def test_a_patch_needs_a_graph_and_an_update(shared: Writable) -> None:
    problem(patch(shared, X, "INSERT DATA { ex:a ex:b 1 }"), 404, "unknown-graph")
    problem(patch(shared, AGENTS, "oops"), 400, "query-syntax")
    response = shared.send("PATCH", body="<a:a> <a:b> 1 .", graph=AGENTS)
    problem(response, 415, "unsupported-content")
    other = shared.token(Scope.WRITE, [X])
    response = patch(shared, AGENTS, "INSERT DATA { ex:a ex:b 1 }", token=other)
    problem(response, 403, "token-insufficient")


# limits


@pytest.mark.slow
def test_an_update_is_stopped_at_its_deadline_and_leaves_nothing(
    tmp_path: Path, generations: Path
) -> None:
    dataset = Writable(tmp_path, generations)
    limited = Limited.start(dataset.repository.generation, Settings(workers=2))
    try:
        client = create_app(
            dataset.repository.generation,
            limited=limited,
            repository=dataset.repository,
            tokens=dataset.tokens,
        ).test_client()
        cross = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o"
        text = f"INSERT {{ GRAPH <{X}> {{ ?a ?b ?o }} }} WHERE {{ {cross} }}"
        sent = {"Authorization": f"Bearer {dataset.secret}"}
        before = dataset.files
        kept = set(generations.iterdir())
        assert client.get("/sparql?query=ASK%7B%7D").status_code == 200  # a worker has started
        response = client.post(
            "/sparql?" + urlencode({"timeout": "0.5"}),
            data=text,
            content_type=SPARQL_UPDATE,
            headers=sent,
        )
        told = problem(response, 504, "deadline")
        assert told["seconds"] == 0.5
        assert dataset.files == before
        assert set(generations.iterdir()) == kept
        response = client.post("/sparql", data=INSERT, content_type=SPARQL_UPDATE, headers=sent)
        assert json.loads(response.data)["files"] == ["graph/x.ttl"]
    finally:
        assert limited.pool is not None
        limited.pool.close()


def test_the_description_says_that_updates_are_taken(shared: Writable) -> None:
    description = shared.client.get("/sparql", headers={"Accept": "application/n-triples"}).text
    assert "SPARQL11Query>" in description
    assert "SPARQL11Update>" in description
    reading = create_app(small()).test_client()
    description = reading.get("/sparql", headers={"Accept": "application/n-triples"}).text
    assert "SPARQL11Query>" in description
    assert "SPARQL11Update>" not in description


@pytest.mark.slow
@given(texts())
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    for defaults in (Defaults(), Defaults(graph=X), Defaults(graph=X, is_whole=True, using=(X,))):
        try:
            request = operations.read(text, defaults)
        except (QuerySyntaxError, RefusedQuery):
            continue
        for operation in request.operations:
            assert operation.written is None or "SERVICE" not in operation.written.text.upper()


def test_what_changes_nothing_is_no_new_version(shared: Writable) -> None:
    told = accepted(shared.update(DELETED))
    assert told["before"] == told["after"]
    assert told["files"] == []
