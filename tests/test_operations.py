"""Tests that what docs/operations.md says to write down is well-formed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import require_tool

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "operations.md").read_text(
    encoding="utf-8"
)


def block(language: str) -> str:
    """Returns the only block of code in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    verify = require_tool("systemd-analyze", "it checks the unit")
    unit = tmp_path / "communique.service"
    # The program has to exist.
    text = block("ini").replace("/opt/communique/bin/communique", sys.executable)
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [verify, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    # It looks at all of the system's units; only what it says of ours counts.
    assert "communique.service" not in done.stderr
    assert "ExecStart" in text


def test_systemd_would_reject_another(tmp_path: Path) -> None:
    verify = require_tool("systemd-analyze", "it checks the unit")
    unit = tmp_path / "communique.service"
    unit.write_text(block("ini").replace("KillMode=mixed", "KillMode=gently"), encoding="utf-8")
    done = subprocess.run(
        [verify, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert "communique.service" in done.stderr


def test_the_container_file_serves_what_it_built() -> None:
    text = block("dockerfile")
    instructions = [line.split()[0] for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert instructions[0] == "FROM"
    assert instructions.index("USER") < text.count("\n")
    assert 'ENTRYPOINT ["communique", "serve"]' in text
    check = re.search(r'HEALTHCHECK CMD \["python", "-c", "(.*)"\]', text)
    assert check is not None
    compile(check[1], "HEALTHCHECK", "exec")


@pytest.mark.parametrize("word", ["proxy_http_version 1.1", "X-Forwarded-Proto", "limit_req"])
def test_the_proxy_does_what_the_page_asks_for(word: str) -> None:
    assert word in block("nginx")
