"""What the server says of itself: a SPARQL 1.1 Service Description, and the dataset in VoID."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request

from communique.namespaces import OWL, VOID
from communique.store import graphs, notices
from communique.store.results import FORMATS
from communique.web import catalog, delegating, documents, representing, statistics, versions

if TYPE_CHECKING:
    from communique.store.generation import Generation
    from communique.store.results import Answer, Format
    from communique.store.writing import Output

blueprint = Blueprint("description", __name__)
blueprint.before_request(delegating.delegate)

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
PREFIX owl: <{owl}>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
BASE <{endpoint}>
CONSTRUCT {{
  <> a sd:Service ;
    sd:endpoint <> ;
    sd:supportedLanguage {languages} ;
    sd:resultFormat ?format ;{features}
    sd:defaultDataset <#dataset> ;
    sd:availableGraphs <#graphs> ;
    rdfs:seeAlso <.well-known/void> .
  <#graphs> a sd:GraphCollection ;
    sd:namedGraph ?named .
  <#dataset> a sd:Dataset ;
    dcterms:isVersionOf <{dataset}> ;
    owl:versionInfo "{digest}" ;
    sd:defaultGraph <#default-graph> ;
    sd:namedGraph ?named .
  <#default-graph> a sd:Graph ;
    {left_out}void:triples {triples} .
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


def describe(
    generation: Generation,
    endpoint: str,
    *,
    is_federated: bool = False,
    is_writable: bool = False,
) -> Answer:
    """Return the description of the service, as a graph.

    The graphs of the propositions are named graphs too; being so many, they are not listed.

    Args:
        generation: What it serves.
        endpoint: The URL of the endpoint, as the client knows it.
        is_federated: Whether queries may call other services.
        is_writable: Whether it takes updates.
    """
    rows = [
        f"(<#named-graph-{number}> <#graph-{number}> <{name}> {entry['triples']})"
        for number, (name, entry) in enumerate(generation.manifest["graphs"].items(), 1)
    ]
    left_out = notices.told(generation.manifest)
    query = _QUERY.format(
        void=VOID,
        owl=OWL,
        dataset=catalog.DATASET,
        digest=generation.digest,
        endpoint=quote(endpoint, safe=":/[]"),
        triples=generation.manifest["default_triples"],
        languages="sd:SPARQL11Query" + (" , sd:SPARQL11Update" if is_writable else ""),
        left_out=f'rdfs:comment "{left_out}"@en ; ' if left_out else "",
        features="\n    sd:feature sd:BasicFederatedQuery ;" if is_federated else "",
        formats=" ".join(f"format:{_FORMAT_NAMES[format_.name]}" for format_ in FORMATS),
        graphs=" ".join(rows),
    )
    # Late, because it is a worker that asks, where there are any.
    from communique.store.query import ask  # noqa: PLC0415

    return ask(generation, query)


@blueprint.get("/.well-known/void")
def dataset() -> Response:
    """Describe the dataset in VoID and DCAT."""
    generation = versions.generation()

    def write(format_: Format, output: Output) -> None:
        prefixes = {"foaf": catalog.FOAF, "media": catalog.MEDIA_TYPES}
        graphs.write(catalog.describe(), prefixes, format_, output)

    def page() -> str:
        return render_template(
            "dataset.html",
            generation=generation,
            counted=versions.once("statistics", statistics.count),
            licenses=representing.licenses(),
            metadata=documents.script(catalog.metadata()),
            downloads=representing.downloads(),
            left_out=notices.told(generation.manifest),
        )

    links = {"describes": catalog.DATASET}
    return representing.represent(write, page, "void", request.url_root, links=links)
