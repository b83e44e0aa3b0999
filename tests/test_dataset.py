"""Files become named graphs with a layer, or a fault that says where and what to do."""

from pathlib import Path

import pytest
from rdflib import RDF, Graph, Literal, URIRef

from communique import dataset, namespaces, sources
from communique.errors import DataError, HeaderError, TurtleSyntaxError, UnusableSources
from conftest import edit, line_of

EX = "https://example.org/"
PREFIXES = """\
@prefix cmq: <https://w3id.org/communique/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix value: <https://w3id.org/communique/value/> .
"""


def load(root: Path) -> dataset.Dataset:
    """Returns the dataset in a folder."""
    return dataset.load(sources.discover(root))


def fault(root: Path) -> DataError:
    """Returns the one fault of a dataset that cannot be used."""
    with pytest.raises(UnusableSources) as raised:
        load(root)
    [single] = raised.value.faults
    return single


def test_graphs_are_named_by_their_headers(mini: Path) -> None:
    graphs = load(mini).graphs
    assert {str(name): (graph.file.name, graph.layer) for name, graph in graphs.items()} == {
        EX + "ontology": ("ontology/mini.ttl", None),
        EX + "graph/agents": ("graph/agents.ttl", URIRef(namespaces.LAYER_BACKGROUND)),
        EX + "graph/one": ("graph/articles/one.ttl", URIRef(namespaces.LAYER_ASSERTED)),
        EX + "graph/editorial": ("graph/editorial.ttl", URIRef(namespaces.LAYER_EDITORIAL)),
        EX + "shapes/agents": ("shapes/agents.ttl", None),
    }


def test_parts_are_plain_graphs_of_the_right_layers(mini: Path) -> None:
    loaded = load(mini)
    parts = (loaded.explicit, loaded.facts, loaded.ontology, loaded.shapes, loaded.ontology_shapes)
    assert {type(part) for part in parts} == {Graph}
    editorial = (URIRef(EX + "union"), None, Literal("Other sources give another year.", lang="en"))
    assert editorial in loaded.explicit
    assert editorial not in loaded.facts
    state = (URIRef(EX + "north"), RDF.type, URIRef(EX + "State"))
    assert state in loaded.facts
    assert state not in loaded.ontology
    assert len(loaded.ontology_shapes) == 0


def test_literals_keep_their_lexical_form(mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", '"2003-09-18T00:00:00Z"', '"2003-09-18T00:00:00.00Z"')
    [founded] = load(mini).explicit.objects(None, URIRef(EX + "founded"))
    assert str(founded) == "2003-09-18T00:00:00.00Z"


def test_shapes_for_the_ontology_are_kept_apart(mini: Path) -> None:
    text = f"{PREFIXES}\n<{EX}shapes/ontology> a owl:Ontology .\n"
    (mini / "shapes" / "ontology.ttl").write_text(text)
    loaded = load(mini)
    assert len(loaded.ontology_shapes) == 1
    assert not set(loaded.ontology_shapes) & set(loaded.shapes)


def test_missing_header(mini: Path) -> None:
    path = mini / "graph" / "more.ttl"
    path.write_text(f"<{EX}a> <{EX}b> <{EX}c> .\n")
    found = fault(mini)
    assert isinstance(found, HeaderError)
    assert found.file == path
    assert "no header" in found.message
    assert "owl:Ontology" in found.advice


def test_double_header_is_told_at_its_line(mini: Path) -> None:
    path = mini / "graph" / "agents.ttl"
    with path.open("a") as file:
        file.write(f"\n<{EX}second> a owl:Ontology .\n")
    found = fault(mini)
    assert "2 headers" in found.message
    assert (found.file, found.line) == (path, line_of(path, "second"))


def test_blank_header(mini: Path) -> None:
    (mini / "graph" / "more.ttl").write_text(f"{PREFIXES}\n[] a owl:Ontology .\n")
    assert "blank node" in fault(mini).message


def test_duplicate_graph_name(mini: Path) -> None:
    path = mini / "graph" / "more.ttl"
    text = f"{PREFIXES}\n<{EX}graph/agents> a owl:Ontology ; cmq:layer value:asserted .\n"
    path.write_text(text)
    found = fault(mini)
    assert "already that of graph/agents.ttl" in found.message
    assert (found.file, found.line) == (path, 5)


def test_name_of_the_inferred_graph_is_taken(mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", f"<{EX}graph/agents>", f"<{namespaces.INFERRED_GRAPH}>")
    assert "inferred" in fault(mini).message


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("<https://example.org/graph/agents> a owl:Ontology .", "does not say which layer"),
        ("cmq:layer value:rumour .", "value:rumour is unknown"),
        ('cmq:layer "background" .', "background is unknown"),
        ("cmq:layer value:background , value:asserted .", "more than one layer"),
    ],
)
def test_layer_must_be_one_that_is_known(mini: Path, new: str, message: str) -> None:
    path = mini / "graph" / "agents.ttl"
    old = "cmq:layer value:background ."
    if new.startswith("<"):
        old = f"<{EX}graph/agents> a owl:Ontology ;\n    {old}"
    edit(path, old, new)
    found = fault(mini)
    assert message in found.message
    assert "value:asserted, value:background, value:editorial" in found.advice
    assert (found.file, found.line) == (path, line_of(path, "graph/agents>"))


def test_every_fault_is_listed(mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", "ex:league a ex:Bloc ;", "ex:league a ex:Bloc ")
    (mini / "shapes" / "more.ttl").write_text("")
    with pytest.raises(UnusableSources) as raised:
        load(mini)
    syntax, header = raised.value.faults
    assert isinstance(syntax, TurtleSyntaxError)
    assert (syntax.line, header.line) == (line_of(mini / "graph/agents.ttl", '"League"'), 1)
    assert str(syntax) in str(raised.value)


def test_locate_gives_the_closest_place(mini: Path) -> None:
    loaded = load(mini)
    path = mini / "graph" / "agents.ttl"
    council, part_of = URIRef(EX + "council"), URIRef(EX + "partOf")
    node = line_of(path, "ex:council a")
    value = line_of(path, "ex:partOf ex:union")

    def line(*terms: URIRef) -> int | None:
        place = loaded.locate(*terms)
        assert place is not None
        assert place.file.path == path
        return place.line

    assert line(council) == node
    assert line(council, part_of, URIRef(EX + "union")) == value
    assert line(council, part_of, URIRef(EX + "nothing")) == value
    assert line(council, URIRef(EX + "status")) == node
    assert loaded.locate(URIRef(EX + "nobody")) is None


def test_locate_finds_a_node_that_is_only_a_value(mini: Path) -> None:
    edit(mini / "graph" / "agents.ttl", "ex:status ex:active", "ex:status ex:dormant")
    place = load(mini).locate(URIRef(EX + "dormant"))
    assert place is not None
    assert place.line == line_of(mini / "graph" / "agents.ttl", "ex:dormant")
