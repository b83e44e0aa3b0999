"""Answers of endpoints, compared: how many rows, and a digest of them.

Rows and triples count in any order.  A value counts, not its spelling: engines differ in how they
write the zone of a date, and some give no datatype with a string.
"""

from __future__ import annotations

import hashlib
import http.client
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

import pyoxigraph as ox

from benchmarks import mix

_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_VERDICT: Final = "__ASK_RETVAL"
"""The column in which Virtuoso has the verdict of ASK, where it is asked for JSON."""
_TRUE: Final = ("true", "1", True, 1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is compared of an answer.

    Attributes:
        rows: How many rows or triples it has; for a verdict 1 if it is true, and else 0.
        digest: A digest of its rows or triples.
    """

    rows: int
    digest: str


def fetch(port: int, target: str, media_type: str, seconds: float) -> Answer:
    """Ask an endpoint, and return what is compared of its answer.

    Args:
        port: Its port.
        target: The request target.
        media_type: The media type to ask for.
        seconds: How long it may take.

    Raises:
        RuntimeError: There is no answer.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", target, headers={"Accept": media_type})
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise RuntimeError(f"status {response.status}: {body[:500].decode(errors='replace')}")
    return read(body, media_type)


def read(body: bytes, media_type: str) -> Answer:
    """Read an answer.

    Args:
        body: The answer.
        media_type: Its media type.
    """
    if media_type == mix.GRAPH:
        quads = ox.parse(body, format=ox.RdfFormat.TURTLE)
        rows = {" ".join(map(str, quad.triple)) for quad in quads}
        return _answer(sorted(rows))
    said = json.loads(body)
    if "boolean" in said:
        return _verdict(said["boolean"])
    names = said["head"]["vars"]
    found = said["results"]["bindings"]
    if names == [_VERDICT]:
        return _verdict(found[0][_VERDICT]["value"])
    return _answer(sorted("\t".join(_value(row.get(name)) for name in names) for row in found))


def _verdict(given: object) -> Answer:
    verdict = given in _TRUE
    return Answer(int(verdict), str(verdict))


def _answer(rows: list[str]) -> Answer:
    return Answer(len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16])


def _value(term: object) -> str:
    """Return what a term means, for whatever engine wrote it."""
    if not isinstance(term, dict):
        return ""
    one = cast("dict[str, str]", term)
    text = one["value"]
    if one.get("datatype") == _XSD + "dateTime":
        text = datetime.fromisoformat(text).astimezone(UTC).isoformat()
    return f"{one['type'] == 'uri'} {text} {one.get('xml:lang', '').lower()}"
