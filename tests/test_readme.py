"""The README's examples, run word for word against the running server."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from communique.store.generation import Generation
from conftest import require_tool

README = Path(__file__).resolve().parent.parent / "README.md"
EXAMPLES = re.findall(
    r"^```sh\n(curl .*?)^```\n+prints\n+```text\n(.*?)^```$",
    README.read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture(scope="module")
def address(bundled: Generation, generations: Path) -> Iterator[str]:
    """Where the bundled dataset is served, as `localhost:PORT`."""
    assert bundled.path.is_relative_to(generations)
    words = ["serve", "--port", "0", "--generations", str(generations)]
    server = subprocess.Popen(
        [sys.executable, "-m", "communique", *words], stderr=subprocess.PIPE, encoding="utf-8"
    )
    try:
        assert server.stderr is not None
        line = ""
        while not line.startswith("serving "):
            line = server.stderr.readline()
            assert line, "the server ended before it listened"
        [port] = re.findall(r":(\d+)/", line)
        yield f"localhost:{port}"
    finally:
        server.terminate()
        server.communicate(timeout=10)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=["claim", "fact"])
def test_example_prints_what_the_readme_says(address: str, command: str, output: str) -> None:
    require_tool("curl", "the README's examples call it")
    shell = require_tool("sh", "the README's examples are shell commands")
    assert "localhost:8000" in command
    printed = subprocess.run(
        [shell, "-c", command.replace("localhost:8000", address)],
        check=True,
        capture_output=True,
        encoding="utf-8",
        timeout=30,
    ).stdout
    assert printed.replace("\r\n", "\n").strip() == output.strip()
