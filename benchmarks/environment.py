"""Sets up the competitors: a Python environment of their own, and Jena with Maven.

Neither is needed to use or to test the project.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
_FOLDER: Final = ROOT / "benchmarks"
_PLACE: Final = ROOT / ".venv-benchmarks"
_JENA: Final = _FOLDER / "jena"
_HEAP: Final = "-Xmx12g"
_COMPETITORS: Final = ("owlrl", "oxigraph", "rdflib", "rdflib-endpoint", "reasonable")


@dataclass(frozen=True, slots=True)
class Environment:
    """How to start the competitors.

    Attributes:
        python: The interpreter that has the Python competitors.
        java: The command that starts Jena's, less its arguments; none if it cannot be had.
        versions: What is installed, by name.
    """

    python: Path
    java: list[str]
    versions: dict[str, str]


def set_up() -> Environment:
    """Install the competitors where they are missing."""
    python = _PLACE / "bin" / "python"
    requirements = _FOLDER / "requirements.txt"
    stamp = _PLACE / requirements.name
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        _call(sys.executable, "-m", "venv", _PLACE)
        _call(python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", requirements)
        shutil.copyfile(requirements, stamp)
    listed = _call(python, "-m", "pip", "list", "--format=freeze").splitlines()
    installed = dict(line.split("==", 1) for line in listed if "==" in line)
    versions = {name: installed[name] for name in _COMPETITORS}
    java: list[str] = []
    if shutil.which("mvn") and shutil.which("java"):
        classpath = _JENA / "target" / "classpath"
        goal = ("package", "dependency:build-classpath", f"-Dmdep.outputFile={classpath}")
        _call("mvn", "--quiet", "--batch-mode", "--file", _JENA / "pom.xml", *goal)
        libraries = classpath.read_text(encoding="utf-8").strip()
        java = ["java", _HEAP, "-cp", f"{_JENA / 'target' / 'classes'}:{libraries}", "Closure"]
        versions["jena"] = libraries.partition("jena-arq-")[2].partition(".jar")[0]
    return Environment(python, java, versions)


def _call(*command: str | Path) -> str:
    arguments = [str(part) for part in command]
    done = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return done.stdout
