"""What the endpoint says of itself: a SPARQL 1.1 Service Description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from communique.namespaces import VOID
from communique.store.query import ask
from communique.store.results import FORMATS

if TYPE_CHECKING:
    from communique.store.generation import Generation
    from communique.store.results import Answer

_FORMAT_NAMES: Final = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "rdfxml": "RDF_XML",
    "jsonld": "JSON-LD",
}
"""W3C's names for the formats, in ``http://www.w3.org/ns/formats/``."""

_QUERY: Final = """
PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
PREFIX format: <http://www.w3.org/ns/formats/>
PREFIX void: <{void}>
BASE <{endpoint}>
CONSTRUCT {{
  <> a sd:Service ;
    sd:endpoint <> ;
    sd:supportedLanguage sd:SPARQL11Query ;
    sd:resultFormat ?format ;
    sd:defaultDataset <#dataset> .
  <#dataset> a sd:Dataset ;
    sd:defaultGraph <#default-graph> ;
    sd:namedGraph ?named .
  <#default-graph> a sd:Graph ;
    void:triples {triples} .
  ?named a sd:NamedGraph ;
    sd:name ?name ;
    sd:graph ?graph .
  ?graph a sd:Graph ;
    void:triples ?triples .
}} WHERE {{
  {{ VALUES ?format {{ {formats} }} }}
  UNION
  {{ VALUES (?named ?graph ?name ?triples) {{ {graphs} }} }}
}}
"""


def describe(generation: Generation, endpoint: str) -> Answer:
    """Return the description of the service, as a graph.

    The graphs of the propositions are named graphs too; being so many, they are not listed.

    Args:
        generation: What it serves.
        endpoint: The URL of the endpoint, as the client knows it.
    """
    rows = [
        f"(<#named-graph-{number}> <#graph-{number}> <{name}> {entry['triples']})"
        for number, (name, entry) in enumerate(generation.manifest["graphs"].items(), 1)
    ]
    query = _QUERY.format(
        void=VOID,
        endpoint=quote(endpoint, safe=":/[]"),
        triples=generation.manifest["default_triples"],
        formats=" ".join(f"format:{_FORMAT_NAMES[format_.name]}" for format_ in FORMATS),
        graphs=" ".join(rows),
    )
    return ask(generation, query)
