"""The threat model names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PAGE = (TESTS.parent / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)


def test_every_threat_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    threats = [row for row in rows if not re.match(r"\|(---| Threat )", row)]
    assert len(threats) > 20
    for threat in threats:
        assert re.search(r"`test_\w+\.py::test_\w+` \|$", threat), threat


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_it_exists(file: str, name: str) -> None:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
