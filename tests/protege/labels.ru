PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
INSERT { ?term rdfs:label ?label } WHERE { ?term skos:prefLabel ?label }
