"""Where in a request's body something is that the gate finds in the file made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from communique.gate import Finding
from communique.web.bodies import Body
from communique.web.places import BODY, Places

ROOT = Path("/dataset")
NAME = "graph/x.ttl"
TEXT = """\
@prefix cmq: <https://w3id.org/communique/ontology#> .
@prefix id: <https://w3id.org/communique/id/> .

id:a a cmq:Claim ;
    cmq:date [
        cmq:notBefore "x" ,
            "y" ;
        cmq:precision [ cmq:note 1 ]
    ] ;
    <https://example.org/p/q> 2 .

id:b
    cmq:date [ cmq:notBefore "z" ] .
"""
A = "https://w3id.org/communique/id/a"


def finding(
    node: str | None,
    path: str | None = None,
    value: str | None = None,
    file: Path | None = ROOT / NAME,
) -> Finding:
    """Makes a finding in line 99 of the file in the one layout."""
    return Finding("shape", "violation", file, 99, 1, node, path, value, None, "wrong", "mend it")


@pytest.mark.parametrize(
    ("node", "path", "value", "line"),
    [
        (A, None, None, 4),
        (A, "cmq:date", None, 5),
        (A, "cmq:lacking", None, 4),
        (A, "cmq:date/cmq:notBefore", "x", 6),
        (A, "cmq:date/cmq:notBefore", "y", 7),
        (A, "cmq:date/cmq:notBefore", "of another", 6),
        (A, "cmq:date/cmq:precision/cmq:note", "1", 8),
        (A, "cmq:date/cmq:lacking", None, 5),
        (A, "cmq:lacking/cmq:note", None, 4),
        (A, "https://example.org/p/q", "2", 10),
        ("https://w3id.org/communique/id/b", "cmq:date/cmq:notBefore", "z", 13),
        ("https://w3id.org/communique/id/none", None, None, None),
        ("_:b0", None, None, None),
        (None, None, None, None),
    ],
)
def test_a_finding_has_the_line_of_the_body(
    node: str | None, path: str | None, value: str | None, line: int | None
) -> None:
    places = Places(ROOT, {NAME: Body(TEXT, (), has_lines=True)})
    found = places.locate(finding(node, path, value))
    assert (found.file, found.line, found.column) == (BODY, line, None)
    assert (found.message, found.advice) == ("wrong", "mend it")


def test_what_has_no_lines_has_none() -> None:
    places = Places(ROOT, {NAME: Body(TEXT, (), has_lines=False)})
    found = places.locate(finding(A))
    assert (found.file, found.line) == (BODY, None)


def test_other_files_are_told_relative_to_the_dataset() -> None:
    places = Places(ROOT, {NAME: Body(TEXT, (), has_lines=True)})
    found = places.locate(finding(A, file=ROOT / "graph" / "y.ttl"))
    assert (found.file, found.line) == (Path("graph/y.ttl"), 99)
    assert places.locate(finding(A, file=None)).file is None
