"""What a hostile client sends: requests made up at random, valid ones among them."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import re
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_from_bytes, quote_plus

from hypothesis import strategies as st

# --- Sending -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Response:
    """What a server answers.

    Attributes:
        status: The status.
        headers: The header fields, names in lower case.
        body: The body, as far as it came.
        is_whole: Whether all of it came.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    is_whole: bool


def send(port: int, message: bytes, timeout: float = 30) -> Response | None:
    """Send bytes to a server of this machine.

    Args:
        port: Its port.
        message: The request, well-formed or not.
        timeout: How many seconds it may take to answer.

    Returns:
        What it answers; None if it closes the connection or never answers.
    """
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        # Where it has heard enough, it may have said why.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(message)
        answer = http.client.HTTPResponse(
            connection, method=message.split(b" ")[0].decode("latin-1")
        )
        try:
            answer.begin()
        except (http.client.HTTPException, ConnectionError, TimeoutError):
            return None
        headers = {name.lower(): value for name, value in answer.getheaders()}
        try:
            return Response(answer.status, headers, answer.read(), is_whole=True)
        except http.client.IncompleteRead as cut:
            return Response(answer.status, headers, cut.partial, is_whole=False)
        except (ConnectionError, http.client.HTTPException):
            return Response(answer.status, headers, b"", is_whole=False)


def message(
    method: bytes, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes = b""
) -> bytes:
    """Write a request with its length and an end of the connection."""
    fields = [*headers, (b"Connection", b"close")]
    if body or method in {b"POST", b"PUT", b"PATCH"}:
        fields.append((b"Content-Length", str(len(body)).encode()))
    head = b"".join(name + b": " + value + b"\r\n" for name, value in fields)
    return method + b" " + target + b" HTTP/1.1\r\n" + head + b"\r\n" + body


def asking(query: str, accept: str = "*/*") -> bytes:
    """Write a request that asks a query."""
    headers = [
        (b"Host", b"localhost"),
        (b"Accept", accept.encode()),
        (b"Content-Type", b"application/sparql-query"),
    ]
    return message(b"POST", b"/sparql", headers, query.encode("utf-8", "surrogatepass"))


# --- Made up at random ---------------------------------------------------------------------------

NOT_IN_URL: Final = re.compile(rb"[^!-~]")
"""Bytes that are percent-encoded; one that is not is a case of its own in the tests."""
ROUTES: Final = (
    *("/", "/sparql", "/explain", "/health", "/ready", "/metrics", "/data", "/static/style.css"),
    *("/static/../application.py", "/static/%2e%2e/%2e%2e/errors.py", "/static/..%2f..%2f", "//"),
    *("/ontology", "/ontology/0.1.0", "/alignments", "/graph/inferred", "/graph/x", "/shapes"),
    *("/id/nikolai-bordyuzha", "/id/edm-2-213/C01", "/id/", "/id/%00", "/id/%ff%fe", "/id/a/../b"),
    *("/doc/id/csto", "/doc/ontology", "/value/negative", "/topic/x", "/problem/refused"),
    *("/problem/x", "/robots.txt", "/sitemap.xml", "/sitemap/1.xml", "/sitemap/0.xml"),
    *("/sitemap/99999999999999999999.xml", "/.well-known/void", "/context.jsonld", "/favicon.ico"),
    *("http://example.org/sparql", "*", "/sparql/", "/SPARQL", "/%73parql", "/sparql;x=y"),
)
NAMES: Final = (
    *("query", "update", "default-graph-uri", "named-graph-uri", "format", "timeout", "version"),
    *("graph", "default", "s", "p", "o", "more", "page", "using-graph-uri", "x"),
)
HEADERS: Final = (
    *("Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization", "Cookie"),
    *("Content-Encoding", "Content-Type", "Expect", "Forwarded", "Host", "If-Match", "Range"),
    *("If-Modified-Since", "If-None-Match", "Origin", "Access-Control-Request-Method", "Referer"),
    *("Upgrade", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "TE"),
    *("X-HTTP-Method-Override", "X-Request-Id", "X-Real-IP", "Max-Forwards", "Slug", "X"),
)
VALUES: Final = (
    *("*/*", "text/html", "text/csv", "application/ld+json;q=0.1, */*;q=0", "text/*;q=NaN"),
    *(
        "application/sparql-query",
        "application/x-www-form-XXd",
        "text/html;q=1e999",
        ",;,=,",
    ),
    *("application/x-www-form-XXd; charset=utf-16", 'a/b; c="', "multipart/form-data", "é"),
    *(
        "application/sparql-update",
        "application/json",
        "gzip",
        "identity;q=0",
        "-1",
    ),
    *(
        "bytes=0-1",
        "bytes=-9999999999999999999",
        '"x"',
        "W/",
        "*",
        "Thu, 99 Foo 0000",
        "%0d%0aX: y",
    ),
    *(
        "evil.example.org",
        "localhost:99999",
        "[::1",
        "127.0.0.1:80:80",
        "\x01",
        "a\tb",
        "${jndi:x}",
    ),
)
TOKENS: Final = (
    *(
        "SELECT",
        "ASK",
        "CONSTRUCT",
        "DESCRIBE",
        "WHERE",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "*",
        ".",
        ";",
    ),
    *(
        "?s",
        "?p",
        "?o",
        "<http://example.org/a>",
        "<a>",
        "<>",
        "a:b",
        ":",
        "PREFIX",
        "BASE",
        "FROM",
    ),
    *("NAMED", "GRAPH", "OPTIONAL", "UNION", "MINUS", "FILTER", "BIND", "AS", "VALUES", "UNDEF"),
    *(
        "SERVICE",
        "SILENT",
        "LOAD",
        "INSERT",
        "DATA",
        "GROUP BY",
        "HAVING",
        "ORDER BY",
        "LIMIT",
        "1",
    ),
    *(
        "OFFSET",
        "-1",
        "1e999",
        '"x"',
        "'''",
        '"""',
        "@en",
        "^^",
        "true",
        "EXISTS",
        "NOT",
        "IN",
        "!",
    ),
    *(
        "REGEX",
        "COUNT",
        "SUM",
        "DISTINCT",
        "REDUCED",
        "CONCAT",
        "IF",
        "COALESCE",
        "BNODE()",
        "NOW()",
    ),
    *("/", "|", "^", "+", "-", "=", "<", ">", "&&", "||", "<<", ">>", "_:b", "#", "\\u0041", "\\u"),
    *(
        "\\uD800",
        "\n",
        "\r",
        "\t",
        "\x00",
        "\ufeff",
        "é",
        "\U0001f600",
        "\u202e",
        "99999999999999999999",
    ),
)
SAMPLES: Final = (
    "SELECT * WHERE { ?s ?p ?o } LIMIT 3",
    "ASK { ?s a ?c }",
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 3",
    "DESCRIBE <https://w3id.org/communique/id/csto>",
    "SELECT ?c (COUNT(*) AS ?n) WHERE { ?s a ?c } GROUP BY ?c HAVING (?n > 3) ORDER BY ?n LIMIT 3",
    'SELECT (REPLACE("a", "(a)", "$1$2") AS ?x) (STRDT("x", <http://a/>) AS ?y) {}',
    'SELECT (SUBSTR("é", -1, 1e30) AS ?x) (1/0 AS ?y) (STRLANG("a", "") AS ?z) {}',
    'PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT (xsd:integer("1e9") AS ?x) {}',
    "SELECT * { GRAPH ?g { ?s (<a>|^<b>)* ?o } } LIMIT 2 OFFSET 99999999999",
)


def _texts() -> st.SearchStrategy[str]:
    return st.text(max_size=40)


def _queries() -> st.SearchStrategy[str]:
    soup = st.lists(st.sampled_from(TOKENS), max_size=25).map(" ".join)
    cut = st.builds(
        lambda query, at, put: query[:at] + put + query[at + len(put) // 2 :],
        st.sampled_from(SAMPLES),
        st.integers(0, 90),
        st.sampled_from(TOKENS) | st.text(max_size=3),
    )
    return st.sampled_from(SAMPLES) | soup | cut | _texts()


@st.composite
def _parameters(draw: st.DrawFn) -> bytes:
    """Make up the parameters of a URL or a form, encoded well or not."""
    parts = []
    for name in draw(st.lists(st.sampled_from(NAMES) | _texts(), max_size=4)):
        value = draw(
            _queries() if name in {"query", "update"} else st.sampled_from(VALUES) | _texts()
        )
        encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-16", "utf-7"]))
        raw = value.encode(encoding, "surrogatepass")
        parts.append(quote_plus(name, errors="surrogatepass") + "=" + quote_plus(raw))
    joined = draw(st.sampled_from(["&", "&", "&", ";", "&&"])).join(parts).encode()
    return joined if draw(st.integers(0, 9)) else joined + draw(st.binary(max_size=10))


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Make up a request, such as a client could send that means no good."""
    method = draw(
        st.sampled_from([b"GET"] * 6 + [b"POST"] * 6 + [b"HEAD", b"OPTIONS", b"PUT", b"DELETE"])
        | st.sampled_from([b"PATCH", b"TRACE", b"PROPFIND", b"QUERY", b"get", b"X" * 50])
    )
    target = draw(st.sampled_from(ROUTES) | st.just("/sparql") | _texts().map(_as_path)).encode()
    if draw(st.booleans()):
        target += b"?" + NOT_IN_URL.sub(lambda m: b"%%%02X" % m[0][0], draw(_parameters()))
    headers = [(b"Host", b"localhost")]
    for name in draw(st.lists(st.sampled_from(HEADERS), max_size=5)):
        value = draw(st.sampled_from(VALUES) | _texts()).encode("utf-8", "surrogatepass")
        headers.append((name.encode(), value.replace(b"\n", b" ").replace(b"\r", b" ")))
    body = b""
    if method in {b"POST", b"PUT", b"PATCH"}:
        kind = draw(st.sampled_from(["query", "form", "form", "binary", "gzip"]))
        if kind == "form":
            headers.append((b"Content-Type", b"application/x-www-form-XXd"))
            body = draw(_parameters())
        elif kind == "query":
            headers.append((b"Content-Type", b"application/sparql-query"))
            body = draw(_queries()).encode("utf-8", "surrogatepass")
        else:
            body = draw(st.binary(max_size=60))
            body = gzip.compress(body) if kind == "gzip" else body
    return message(method, target, headers, body)


def _as_path(text: str) -> str:
    return "/" + quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="/:;=@")
