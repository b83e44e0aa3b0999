"""What all tests share: how a test deals with a tool that may be absent."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


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
