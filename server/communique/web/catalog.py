"""What the dataset is, in VoID and DCAT: counts, licences, provenance, and where to have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from flask import url_for

from communique import namespaces
from communique.namespaces import BASE, DCAT, DCTERMS, OWL, PREFIXES, PROV, RDF, RDFS, VOID
from communique.store import naming, notices
from communique.store.describing import DATASET_FORMATS, GRAPH_FORMATS
from communique.store.graphs import Triple, iri, number, text
from communique.web import representing, statistics, versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communique.store.generation import Generation
    from communique.store.results import Term
    from communique.web.statistics import Counts, Statistics

DATASET: Final = BASE + ".well-known/void#dataset"
"""The IRI of the dataset, whatever its version."""
FOAF: Final = "http://xmlns.com/foaf/0.1/"
MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"

TITLE: Final = "communique: who said what"
DESCRIPTION: Final = "Who said what in international security; claims are kept apart from facts."

_COUNTS: Final = {
    "triples": VOID + "triples",
    "subjects": VOID + "distinctSubjects",
    "properties": VOID + "properties",
    "objects": VOID + "distinctObjects",
    "classes": VOID + "classes",
    "entities": VOID + "entities",
}
_HEADER: Final = tuple(
    DCTERMS + name for name in ("title", "description", "creator", "license", "source")
)
_VOCABULARIES: Final = ("cmq", "dcterms", "oa", "org", "prov", "rdfs", "schema", "skos")


def describe() -> list[Triple]:
    """Describe the version of the dataset that the request asks."""
    generation = versions.generation()
    counted = versions.once("statistics", statistics.count)
    return [
        *_dataset(generation, counted),
        *_partitions(counted),
        *_distributions(generation),
        *_service(),
        *(
            triple
            for name in generation.manifest["graphs"]
            for triple in _graph(generation, counted, name)
        ),
    ]


def metadata() -> dict[str, Any]:
    """Describe the dataset in schema.org's vocabulary, for search engines."""
    generation = versions.generation()
    facts = f"{_here('data.indirect')}?default&version={generation.digest}"
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": DATASET,
        "name": TITLE,
        "description": DESCRIPTION,
        "version": generation.digest,
        "url": _here("description.dataset"),
        "license": list(representing.licenses()),
        "isAccessibleForFree": True,
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": format_.media_type,
                "contentUrl": f"{facts}&format={format_.name}",
            }
            for format_ in GRAPH_FORMATS
        ],
    }


def _here(endpoint: str) -> str:
    """Return an address of the server, as the client knows it, with nothing that no IRI has."""
    return quote(url_for(endpoint, _external=True), safe=":/[]%")


def _dataset(generation: Generation, counted: Statistics) -> Iterator[Triple]:
    here = iri(_here("description.dataset"))
    dataset = iri(DATASET)
    yield here, RDF + "type", iri(VOID + "DatasetDescription")
    yield here, FOAF + "primaryTopic", dataset
    for type_ in (VOID + "Dataset", DCAT + "Dataset", PROV + "Entity"):
        yield dataset, RDF + "type", iri(type_)
    yield dataset, DCTERMS + "title", text(TITLE, "en")
    yield dataset, DCTERMS + "description", text(DESCRIPTION, "en")
    yield dataset, DCTERMS + "identifier", text(generation.digest)
    yield dataset, OWL + "versionInfo", text(generation.digest)
    yield dataset, DCAT + "version", text(generation.digest)
    yield dataset, DCAT + "landingPage", iri(_here("pages.start"))
    yield dataset, FOAF + "homepage", iri(_here("pages.start"))
    for license_ in representing.licenses():
        yield dataset, DCTERMS + "license", iri(license_)
    yield dataset, VOID + "uriSpace", text(BASE)
    yield dataset, VOID + "sparqlEndpoint", iri(_here("sparql.endpoint"))
    for prefix in _VOCABULARIES:
        yield dataset, VOID + "vocabulary", iri(PREFIXES[prefix])
    for feature in ("Turtle", "N-Triples", "RDF_XML", "JSON-LD", "TriG"):
        yield dataset, VOID + "feature", iri("http://www.w3.org/ns/formats/" + feature)
    left_out = notices.told(generation.manifest)
    if left_out:
        yield dataset, RDFS + "comment", text(left_out, "en")
    yield from _numbers(dataset, counted.facts)
    for name, entry in generation.manifest["graphs"].items():
        yield dataset, VOID + "subset", iri(name)
        if entry["file"] is not None:
            yield dataset, PROV + "wasDerivedFrom", iri(name)


def _partitions(counted: Statistics) -> Iterator[Triple]:
    """Yield how often each class and each property is used (VoID, §4.5)."""
    for kind, numbers, count in (
        ("class", counted.classes, "entities"),
        ("property", counted.properties, "triples"),
    ):
        for place, (name, many) in enumerate(numbers.items(), 1):
            if not name:
                continue
            part = iri(f"{DATASET}-{kind}-{place}")
            yield iri(DATASET), f"{VOID}{kind}Partition", part
            yield part, VOID + kind, iri(name)
            yield part, VOID + count, number(many)


def _distributions(generation: Generation) -> Iterator[Triple]:
    """Yield where to download the facts, and the whole dataset with all its graphs."""
    facts, dump = _here("data.indirect") + "?default", _here("data.dump")
    version = f"version={generation.digest}"
    for name, title, access, url, format_ in (
        *((f.name, "The facts", facts, f"{facts}&{version}", f) for f in GRAPH_FORMATS),
        *((f"dump-{f.name}", "All graphs", dump, f"{dump}?{version}", f) for f in DATASET_FORMATS),
    ):
        part, file = iri(f"{DATASET}-{name}"), iri(f"{url}&format={format_.name}")
        yield iri(DATASET), DCAT + "distribution", part
        yield part, RDF + "type", iri(DCAT + "Distribution")
        yield part, DCTERMS + "title", text(f"{title} as {format_.label}", "en")
        yield part, DCAT + "downloadURL", file
        yield part, DCAT + "accessURL", iri(access)
        yield part, DCAT + "mediaType", iri(MEDIA_TYPES + format_.media_type)
        for license_ in representing.licenses():
            yield part, DCTERMS + "license", iri(license_)
        yield iri(DATASET), VOID + "dataDump", file


def _service() -> Iterator[Triple]:
    endpoint = _here("sparql.endpoint")
    catalog, service = iri(f"{DATASET}-catalog"), iri(f"{DATASET}-service")
    yield catalog, RDF + "type", iri(DCAT + "Catalog")
    yield catalog, DCTERMS + "title", text("communique", "en")
    yield catalog, DCAT + "dataset", iri(DATASET)
    yield catalog, DCAT + "service", service
    yield service, RDF + "type", iri(DCAT + "DataService")
    yield service, DCTERMS + "title", text("The SPARQL endpoint", "en")
    yield service, DCAT + "endpointURL", iri(endpoint)
    yield service, DCAT + "endpointDescription", iri(endpoint)
    yield service, DCAT + "servesDataset", iri(DATASET)
    yield service, DCTERMS + "conformsTo", iri("https://www.w3.org/TR/sparql11-protocol/")
    yield service, DCTERMS + "conformsTo", iri("https://www.w3.org/TR/sparql11-http-rdf-update/")


def _graph(generation: Generation, counted: Statistics, name: str) -> Iterator[Triple]:
    """Yield what a named graph is, how large, under what licence, and where it is from."""
    entry = generation.manifest["graphs"][name]
    graph = iri(name)
    yield graph, RDF + "type", iri(VOID + "Dataset")
    yield graph, RDF + "type", iri(PROV + "Entity")
    for predicate in _HEADER:
        for term in naming.values(generation, name, predicate):
            yield graph, predicate, term
    if entry["layer"] is not None:
        yield graph, namespaces.LAYER, iri(entry["layer"])
    if entry["file"] is not None:
        yield graph, DCTERMS + "identifier", text(entry["file"])
    for encoding in counted.encodings.get(name, []):
        yield graph, PROV + "wasGeneratedBy", iri(encoding)
    if entry["kind"] == "inferred":
        yield from _reasoning(generation, graph)
    if entry["kind"] == "withdrawn":
        yield graph, DCTERMS + "title", text("What is withdrawn, by which decision", "en")
        for license_ in representing.licenses():
            yield graph, DCTERMS + "license", iri(license_)
    yield from _numbers(graph, counted.graphs[name])


def _reasoning(generation: Generation, graph: Term) -> Iterator[Triple]:
    """Yield from what, and by what, the inferences are."""
    activity = iri(f"{DATASET}-reasoning")
    yield graph, DCTERMS + "title", text("What follows by reasoning", "en")
    yield graph, PROV + "wasGeneratedBy", activity
    yield activity, RDF + "type", iri(PROV + "Activity")
    yield activity, RDFS + "label", text("reasoning in OWL 2 RL", "en")
    for license_ in representing.licenses():
        yield graph, DCTERMS + "license", iri(license_)
    for name, entry in generation.manifest["graphs"].items():
        if entry["kind"] == "ontology" or entry["layer"] in namespaces.FACT_LAYERS:
            yield activity, PROV + "used", iri(name)
            yield graph, PROV + "wasDerivedFrom", iri(name)


def _numbers(subject: Term, counts: Counts) -> Iterator[Triple]:
    for name, predicate in _COUNTS.items():
        yield subject, predicate, number(getattr(counts, name))
