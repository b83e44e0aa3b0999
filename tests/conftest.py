"""What all tests share: how a test deals with a tool that may be absent."""

import os
import shutil
import signal
from pathlib import Path
from typing import NoReturn

import pytest

from communique import gate, sources
from communique.store.generation import Generation

MINI = Path(__file__).resolve().parent / "mini"
"""A dataset just large enough to try the program on."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what it puts in the background deaf to interrupts, and the programs under test
    # would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def missing(reason: str) -> NoReturn:
    """Ends the running test because something it needs is absent.

    On a person's machine the test is skipped, and says why. In CI (the environment has `CI=true`)
    everything must be there: a silent skip would be a check that nobody makes, so the test fails.

    Args:
        reason: What is absent, and what it is needed for.
    """
    if os.environ.get("CI") == "true":
        pytest.fail(f"must not be absent in CI: {reason}", pytrace=False)
    pytest.skip(reason)


def require_tool(name: str, reason: str) -> Path:
    """Finds a program that a test needs; ends the test if there is none.

    Args:
        name: The program's name, looked up in PATH.
        reason: What the test needs it for.

    Returns:
        The program's path.
    """
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is not installed: {reason}")
    return Path(found)


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    """A copy of the small dataset, to be edited by the test."""
    ignored = shutil.ignore_patterns(".communique")
    return Path(shutil.copytree(MINI, tmp_path / "mini", ignore=ignored))


@pytest.fixture
def bundled_copy(tmp_path: Path) -> Path:
    """A copy of the bundled dataset, to be edited by the test."""
    root = tmp_path / "bundled"
    for kind in sources.Kind:
        shutil.copytree(sources.bundled_root() / kind, root / kind)
    return root


@pytest.fixture(scope="session")
def generations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for generations that all tests share, so that each is built once."""
    return tmp_path_factory.mktemp("generations")


@pytest.fixture(scope="session")
def bundled(generations: Path) -> Generation:
    """The bundled dataset, built."""
    return gate.build(sources.bundled_root(), generations)


def edit(path: Path, old: str, new: str) -> None:
    """Replaces the one occurrence of a text in a file.

    Args:
        path: The file.
        old: The text; the test fails unless it occurs exactly once.
        new: What to write instead.
    """
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def line_of(path: Path, text: str) -> int:
    """Returns the line of a file, from 1, where a text occurs first."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)
