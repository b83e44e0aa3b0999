"""Known attacks: queries without end, large and odd ones, such as reach outside, and wrong HTTP."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from hostile import message

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST: Final = (b"Host", b"localhost")
FORM: Final = b"application/x-www-form-urlencoded"
GET: Final = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: localhost\r\n"
POST: Final = GET.replace(b"GET", b"POST")


def outside(port: int) -> Iterator[tuple[str, str]]:
    """Yield the names of queries that would have the server call a port, and the queries."""
    there = f"http://127.0.0.1:{port}/"
    yield "service", f"SELECT * {{ SERVICE <{there}> {{ ?s ?p ?o }} }}"
    yield "silent service", f"ASK {{ SERVICE SILENT <{there}> {{ ?s ?p ?o }} }}"
    yield "service by variable", f"ASK {{ BIND(<{there}> AS ?g) SERVICE ?g {{ ?s ?p ?o }} }}"
    yield "service by VALUES", f"ASK {{ VALUES ?g {{ <{there}> }} SERVICE ?g {{ ?s ?p ?o }} }}"
    yield "service in EXISTS", f"ASK {{ FILTER NOT EXISTS {{ SERVICE <{there}> {{}} }} }}"
    yield "service with escapes", f"ASK {{ \\u0053ERV\\u0049CE <{there}> {{ ?s ?p ?o }} }}"
    yield "service after a comment", f"ASK {{ #\\u000a\rSERVICE <{there}> {{ ?s ?p ?o }} }}"
    yield "service without a space", f"ASK {{ ?s ?p 1.SERVICE<{there}>{{}} }}"
    yield "service in a word", f"ASK {{ FILTER(true)SERVICESILENT<{there}>{{}} }}"
    yield "service by prefix", f"PREFIX x: <{there}> ASK {{ SERVICE x: {{ ?s ?p ?o }} }}"
    yield "load", f"LOAD <{there}>"
    yield "silent load", f"PREFIX x: <{there}> LOAD SILENT x: INTO GRAPH <a>"
    yield "insert by service", f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <{there}> {{ ?s ?p ?o }} }}"
    yield "from", f"SELECT * FROM <{there}> {{ ?s ?p ?o }}"  # noqa: S608 - SPARQL
    yield "from named", f"SELECT * FROM NAMED <{there}> {{ GRAPH ?g {{ ?s ?p ?o }} }}"  # noqa: S608 - SPARQL
    yield "graph", f"SELECT * {{ GRAPH <{there}> {{ ?s ?p ?o }} }}"
    yield "describe", f"DESCRIBE <{there}>"


HEAVY: Final = {
    "cross product": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
    "cross product, all rows": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "cross product, sorted": (
        "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?i ?a ?f LIMIT 1"
    ),
    "cross product, distinct": (
        "SELECT DISTINCT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } OFFSET 1000000000"
    ),
    "cross product, grouped": (
        "SELECT ?a ?d ?g (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } GROUP BY ?a ?d ?g"
    ),
    "cross product, joined into one text": (
        "SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d))) AS ?t) { ?a ?b ?c . ?d ?e ?f }"
    ),
    "cross product, constructed": "CONSTRUCT { ?a ?e ?i } { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "cross product of OPTIONALs": (
        "SELECT (COUNT(*) AS ?n) { OPTIONAL { ?a ?b ?c } OPTIONAL { ?d ?e ?f } "
        "OPTIONAL { ?g ?h ?i } }"
    ),
    "cross product of UNIONs": (
        "SELECT (COUNT(*) AS ?n) { "
        + " ".join(f"{{ ?a{i} ?b{i} ?c{i} }} UNION {{ ?c{i} ?b{i} ?a{i} }}" for i in range(6))
        + " }"
    ),
    "NOT EXISTS of a cross product": (
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c FILTER NOT EXISTS "
        "{ ?d ?e ?f . ?g ?h ?i FILTER(STR(?d) = CONCAT(STR(?a), STR(?i))) } }"
    ),
    "MINUS of a cross product": (
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f MINUS { ?a ?y ?z . ?d ?v ?w . ?t ?u ?s } }"
    ),
    "property path over everything": "SELECT (COUNT(*) AS ?n) { ?a (!<x>)* ?b . ?b (!<x>)* ?c }",
    "property path back and forth": (
        "SELECT (COUNT(*) AS ?n) { ?a ((!<x>)|^(!<x>))+ ?b . ?c (!<x>)* ?d }"
    ),
    "property paths nested": "SELECT (COUNT(*) AS ?n) { ?a ((((!<x>)*)+)*/((!<y>)*)+)* ?b }",
    "a text that doubles": (
        'SELECT (STRLEN(?x34) AS ?n) { BIND("0123456789" AS ?x0) '
        + " ".join(f"BIND(CONCAT(?x{i}, ?x{i}) AS ?x{i + 1})" for i in range(34))
        + " }"
    ),
    "a text that grows by REPLACE": (
        'SELECT (STRLEN(?x20) AS ?n) { BIND("aaaaaaaaaa" AS ?x0) '
        + " ".join(f'BIND(REPLACE(?x{i}, "a", "aaaaaaaaaa") AS ?x{i + 1})' for i in range(20))
        + " }"
    ),
}
"""Queries that no machine can answer in time."""

LIGHT: Final = {
    "regular expression, exponential": (
        'SELECT (REGEX(CONCAT("' + "a" * 5000 + '", "!"), "^(a+)+$") AS ?x) {}'
    ),
    "regular expression, alternatives": (
        'SELECT (REGEX("' + "a" * 5000 + '", "^(a|a|aa)*b$") AS ?x) {}'
    ),
    "regular expression, references": r'SELECT (REGEX("aaaa", "(a*)*\\1\\1") AS ?x) {}',
    "regular expression, repeated": 'SELECT (REGEX("a", "((a{1000}){1000}){1000}") AS ?x) {}',
    "regular expression, nested": (
        'SELECT (REGEX("a", "' + "(" * 2000 + "a" + ")" * 2000 + '") AS ?x) {}'
    ),
    "regular expression, no expression": (
        'SELECT (REGEX("a", "[") AS ?x) (REGEX("a", "a", "zz") AS ?y) {}'
    ),
    "regular expression of each row": (
        'SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER REGEX(STR(?o), "(.*)(.*)(.*)(.*)x$") }'
    ),
    "literal of a mebibyte": 'ASK { FILTER("' + "x" * 1_000_000 + '" = "y") }',
    "name of a mebibyte": "ASK { ?s <http://a/" + "x" * 1_000_000 + "> ?o }",
    "variable of a mebibyte": "ASK { ?" + "x" * 1_000_000 + " ?p ?o }",
    "comment of a mebibyte": "ASK {} #" + "x" * 1_000_000,
    "blank space of a mebibyte": "ASK" + " " * 1_000_000 + "{}",
    "number of many digits": "SELECT (" + "9" * 100_000 + " + 1 AS ?x) {}",
    "exponent": "SELECT (1e999999999 * 1e-999999999 AS ?x) {}",
    "date far away": (
        'PREFIX x: <http://www.w3.org/2001/XMLSchema#> SELECT (YEAR("'
        + "9" * 5000
        + '-01-01T00:00:00"^^x:dateTime) AS ?y) {}'
    ),
    "nested groups": "ASK " + "{" * 60_000 + "}" * 60_000,
    "nested groups, not closed": "ASK " + "{" * 60_000,
    "nested groups, as deep as may be": "ASK " + "{" * 64 + "}" * 64,
    "nested subqueries": "SELECT * " + "{ SELECT * " * 60 + "{}" + "}" * 60,
    "nested OPTIONALs": "ASK { " + "OPTIONAL { ?s ?p ?o " * 60 + "}" * 61,
    "nested expressions": "ASK { FILTER(" + "(" * 62 + "1" + ")" * 62 + ") }",
    "nested calls": "ASK { FILTER(" + "ABS(" * 61 + "1" + ")" * 61 + ") }",
    "nested EXISTS": "ASK { " + "FILTER EXISTS { " * 62 + "}" * 63,
    "nested collections": "ASK { ?s ?p " + "(" * 62 + "1" + ")" * 62 + " }",
    "nested blank nodes": "ASK { ?s ?p " + "[ <p> " * 62 + "1" + "]" * 62 + " }",
    "nested paths": "ASK { ?s " + "(" * 62 + "<p>" + ")*" * 62 + " ?o }",
    "nested negations": "ASK { FILTER(" + "!" * 3900 + "true) }",
    "nested signs": "ASK { FILTER(" + "- " * 3900 + "1 = 1) }",
    "nested inverses": "ASK { ?s " + "^" * 3900 + "<p> ?o }",
    "nested triples": "ASK { ?s ?p " + "<<" * 60 + " ?s ?p ?o " + ">> ?p ?o" * 59 + ">> }",
    "long conjunction": "ASK { FILTER(" + " && ".join(["true"] * 1900) + ") }",
    "long disjunction": "ASK { FILTER(" + " || ".join(["false"] * 1900) + ") }",
    "long sum": "ASK { FILTER(1 = " + " + ".join(["1"] * 1900) + ") }",
    "long UNION": "SELECT (COUNT(*) AS ?n) { " + " UNION ".join(["{}"] * 1200) + " }",
    "long path": "ASK { ?s " + "/".join(["<p>"] * 1900) + " ?o }",
    "long alternative path": "ASK { ?s (" + "|".join(["<p>"] * 1900) + ")* ?o }",
    "many OPTIONALs": "ASK { " + "OPTIONAL { ?s <p> ?o } " * 500 + "}",
    "many MINUSes": "ASK { " + "MINUS { ?s <p> ?o } " * 500 + "}",
    "many BINDs": "SELECT * { " + " ".join(f"BIND({i} AS ?v{i})" for i in range(600)) + " }",
    "many variables": "SELECT " + " ".join(f"?v{i}" for i in range(3900)) + " {}",
    "many triple patterns": "ASK { " + "?s <p> ?o . " * 900 + "}",
    "many prefixes": "".join(f"PREFIX p{i}: <http://a/{i}> " for i in range(900)) + "ASK {}",
    "many values": "SELECT (COUNT(*) AS ?n) { VALUES ?x { " + "1 " * 200_000 + "} }",
    "many rows of values": (
        "SELECT (COUNT(*) AS ?n) { VALUES (?x ?y) { " + "(1 UNDEF) " * 50_000 + "} }"
    ),
    "values in values": "ASK { VALUES ?x { VALUES ?y { 1 } } }",
    "too long": "ASK { " + "?s ?p ?o . " * 2000 + "}",
    "lone surrogate": "ASK { FILTER('\ud800' = 'a') }",
    "lone surrogate, escaped": r"ASK { FILTER('\uD800' = 'a') }",
    "beyond Unicode, escaped": r"ASK { FILTER('\U00110000' = 'a') }",
    "character zero": "ASK { FILTER('\x00' = 'a') }",
    "character zero, escaped": r"SELECT ('\u0000' AS ?x) {}",
    "byte order mark": "\ufeffASK {}",
    "direction turned": "ASK { FILTER('\u202e' = 'a') } # \u2066",
    "homograph of a keyword": "\uff21\uff33\uff2b {}",
    "markup": "SELECT ('<script>alert(1)</script>' AS ?x) (<javascript:alert(1)> AS ?y) {}",
    "templates": "SELECT ('{{ 7*7 }}{% raw %}${7*7}#{7*7}' AS ?x) {}",
    "a line for the log": "ASK {} #\r\nHTTP/1.1 200 OK\r\n\r\n",
    "undefined function": "SELECT (<http://a/f>(1) AS ?x) {}",
    "limit of the integers": (
        "SELECT * {} LIMIT 99999999999999999999999999 OFFSET 99999999999999999999"
    ),
    "negative limit": "SELECT * {} LIMIT -1",
    "division": "SELECT (-9223372036854775808 / -1 AS ?x) (ABS(-9223372036854775808) AS ?y) {}",
    "substring out of range": (
        "SELECT (SUBSTR('é', -9223372036854775808, 9223372036854775807) AS ?x) {}"
    ),
    "duration out of range": (
        "PREFIX x: <http://www.w3.org/2001/XMLSchema#> "
        "SELECT (x:dayTimeDuration('P99999999999999999D') * 99999999 AS ?x) {}"
    ),
}
"""Queries that are answered or refused at once."""


def tricks(port: int) -> Iterator[tuple[str, bytes]]:
    """Yield requests that are wrong, with a name for each.

    Args:
        port: One that they would have the server call.
    """
    yield from _heads(port)
    yield from _parameters(port)
    yield from _paths()
    yield from _bodies()


def _heads(port: int) -> Iterator[tuple[str, bytes]]:
    """Yield requests with wrong request lines and headers."""
    there = f"http://127.0.0.1:{port}/"
    yield "no host", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
    yield "two hosts", GET + b"Host: a\r\nHost: b\r\nConnection: close\r\n\r\n"
    yield "host of another", message(b"GET", b"/sparql", [(b"Host", f"127.0.0.1:{port}".encode())])
    yield "host with markup", message(b"GET", b"/", [(b"Host", b'"><script>')])
    yield "host with a path", message(b"GET", b"/sparql", [(b"Host", b"a/b?c#d@e")])
    yield "forwarded host", message(b"GET", b"/sparql", [HOST, (b"X-Forwarded-Host", b"evil.test")])
    yield "absolute form", message(b"GET", there.encode(), [HOST])
    yield "authority form", message(b"CONNECT", f"127.0.0.1:{port}".encode(), [HOST])
    yield "HTTP/0.9", b"GET /health\r\n\r\n"
    yield "HTTP/1.0", b"GET /health HTTP/1.0\r\n\r\n"
    yield "HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield "HTTP/9.9", b"GET / HTTP/9.9\r\nHost: a\r\nConnection: close\r\n\r\n"
    yield "no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300) + b"\r\n\r\n"
    yield "bare line feeds", b"GET /health HTTP/1.1\nHost: a\nConnection: close\n\n"
    yield "folded header", GET + b"X: a\r\n b\r\nConnection: close\r\n\r\n"
    yield "header without a colon", GET + b"X\r\nConnection: close\r\n\r\n"
    yield "space before the colon", GET + b"Accept : text/csv\r\nConnection: close\r\n\r\n"
    yield "character zero in a header", GET + b"Accept: a\x00b\r\nConnection: close\r\n\r\n"
    yield "header of 300 KiB", GET + b"X: " + b"x" * 300_000 + b"\r\n\r\n"
    yield "10,000 headers", GET + b"X: y\r\n" * 10_000 + b"Connection: close\r\n\r\n"
    yield "line of 300 KiB", b"GET /" + b"x" * 300_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    yield (
        "accept of 10,000 types",
        message(b"GET", b"/sparql", [HOST, (b"Accept", b"a/b;q=0.1," * 10_000)]),
    )
    yield (
        "accept of many q",
        message(b"GET", b"/sparql", [HOST, (b"Accept", b"text/html" + b";q=1" * 20_000)]),
    )
    yield (
        "range of many",
        message(b"GET", b"/static/style.css", [HOST, (b"Range", b"bytes=" + b"0-," * 9_000)]),
    )
    yield (
        "etags of many",
        message(b"GET", b"/ontology", [HOST, (b"If-None-Match", b'"a",' * 9_000)]),
    )


def _parameters(port: int) -> Iterator[tuple[str, bytes]]:
    """Yield requests with wrong parameters."""
    there = f"http://127.0.0.1:{port}/"
    yield "10,000 parameters", message(b"GET", b"/sparql?" + b"a=b&" * 10_000, [HOST])
    yield (
        "100,000 parameters",
        message(b"POST", b"/sparql", [HOST, (b"Content-Type", FORM)], b"a=b&" * 100_000),
    )
    yield "two queries", message(b"GET", b"/sparql?query=ASK%7B%7D&query=ASK%7B%7D", [HOST])
    yield (
        "query twice",
        message(
            b"POST", b"/sparql?query=ASK%7B%7D", [HOST, (b"Content-Type", FORM)], b"query=ASK%7B%7D"
        ),
    )
    yield (
        "update",
        message(b"POST", b"/sparql", [HOST, (b"Content-Type", FORM)], b"update=CLEAR+ALL"),
    )
    yield (
        "graph from outside",
        message(
            b"GET",
            b"/sparql?" + urlencode({"query": "ASK{}", "default-graph-uri": there}).encode(),
            [HOST],
        ),
    )
    yield (
        "named graph from outside",
        message(
            b"GET",
            b"/sparql?" + urlencode({"query": "ASK{}", "named-graph-uri": there}).encode(),
            [HOST],
        ),
    )
    yield (
        "graph store from outside",
        message(b"GET", b"/data?" + urlencode({"graph": there}).encode(), [HOST]),
    )
    yield (
        "writing",
        message(
            b"PUT", b"/data?default", [HOST, (b"Content-Type", b"text/turtle")], b"<a> <b> <c> ."
        ),
    )
    yield (
        "explain of outside",
        message(
            b"GET",
            b"/explain?" + urlencode({"s": f"<{there}>", "p": "a", "o": f"<{there}>"}).encode(),
            [HOST],
        ),
    )
    yield "not UTF-8", message(b"GET", b"/sparql?query=%ff%fe%ed%a0%80", [HOST])
    yield "overlong UTF-8", message(b"GET", b"/sparql?query=ASK%c0%bb%c1%bb%7D", [HOST])
    yield "percent cut", message(b"GET", b"/sparql?query=ASK%7B%7D%", [HOST])


def _paths() -> Iterator[tuple[str, bytes]]:
    """Yield requests with wrong paths."""
    yield "encoded twice", message(b"GET", b"/%252e%252e/%252e%252e/etc/passwd", [HOST])
    yield "folders above", message(b"GET", b"/static/../../../../../../etc/passwd", [HOST])
    yield (
        "folders above, encoded",
        message(b"GET", b"/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd", [HOST]),
    )
    yield "folders above, backslash", message(b"GET", b"/static/..%5c..%5cetc%5cpasswd", [HOST])
    yield "character zero in a path", message(b"GET", b"/static/style.css%00.html", [HOST])
    yield "raw bytes in a path", message(b"GET", b"/id/\xff\xfe\x80", [HOST])
    yield (
        "header in a parameter",
        message(b"GET", b"/sparql?format=%0d%0aSet-Cookie:%20a=b&query=ASK%7B%7D", [HOST]),
    )
    yield "header in a path", message(b"GET", b"/id/a%0d%0aSet-Cookie:%20a=b", [HOST])
    yield (
        "markup in a path",
        message(
            b"GET", b"/id/%3Cscript%3Ealert(1)%3C/script%3E", [HOST, (b"Accept", b"text/html")]
        ),
    )


def _bodies() -> Iterator[tuple[str, bytes]]:
    """Yield requests with wrong bodies."""
    yield (
        "zipped body",
        message(
            *(b"POST", b"/sparql"),
            [HOST, (b"Content-Encoding", b"gzip"), (b"Content-Type", b"application/sparql-query")],
            gzip.compress(b" " * 10_000_000),
        ),
    )
    yield (
        "multipart",
        message(
            *(b"POST", b"/sparql"),
            [HOST, (b"Content-Type", b"multipart/form-data; boundary=x")],
            b"--x\r\n" * 50_000,
        ),
    )
    yield (
        "charset unknown",
        message(
            b"POST",
            b"/sparql",
            [HOST, (b"Content-Type", b"application/sparql-query; charset=\xff")],
            b"ASK{}",
        ),
    )
    yield (
        "body of two mebibytes",
        message(
            b"POST",
            b"/sparql",
            [HOST, (b"Content-Type", b"application/sparql-query")],
            b" " * 2_000_000,
        ),
    )
    yield "length negative", POST + b"Content-Length: -1\r\n\r\n"
    yield "length no number", POST + b"Content-Length: 1e3\r\n\r\n"
    yield (
        "length enormous",
        POST + b"Content-Length: 99999999999999\r\n\r\n",
    )
    yield (
        "lengths in contradiction",
        POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    )
    yield (
        "length and chunks",
        (
            POST
            + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
            + b"Connection: close\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n"
        ),
    )
    yield (
        "chunk of no size",
        POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n\r\n",
    )
    yield (
        "chunk of a negative size",
        POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    )
    yield (
        "chunks by another name",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n",
    )
    # Waitress waits for a body; RFC 9110, §10.1.1, forbids clients to ask so without one.
    yield "expects to continue, with nothing", GET + b"Expect: 100-continue\r\n\r\n"
    yield (
        "expects to continue",
        message(
            *(b"POST", b"/sparql"),
            [HOST, (b"Expect", b"100-continue"), (b"Content-Type", FORM)],
            b"query=ASK%7B%7D",
        ),
    )
    yield "expects more", GET + b"Expect: 200-maybe\r\nConnection: close\r\n\r\n"
    yield (
        "upgrade",
        GET + b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n\r\n",
    )
