"""The built wheel is what people install, so it is what is tested here."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import communique

ROOT = Path(__file__).resolve().parent.parent
DATA = "communique/data/"

BORDYUZHA = """
PREFIX cmq: <https://w3id.org/communique/ontology#>
PREFIX id: <https://w3id.org/communique/id/>
SELECT (COUNT(DISTINCT ?claim) AS ?claims) WHERE { ?claim cmq:speaker id:nikolai-bordyuzha }
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as for a release: first a source archive, then from that the wheel."""
    built = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", built, ROOT],
        check=True,
        capture_output=True,
    )
    return built / f"communique-{communique.__version__}-py3-none-any.whl"


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """The names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_every_data_file(names: set[str]) -> None:
    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder, pattern in (
            ("ontology", "*.ttl"),
            ("graph", "*.ttl"),
            ("shapes", "*.ttl"),
            ("tests/competency", "*.rq"),
            ("tests/competency", "*.csv"),
        )
        for path in (ROOT / folder).rglob(pattern)
    }
    shipped = {name.removeprefix(DATA) for name in names if name.startswith(DATA)}
    assert len(wanted) > 20
    assert shipped >= wanted
    others = {name for name in shipped if name.startswith("tests/")} - wanted
    assert not others


def test_wheel_holds_every_module_and_no_tests(names: set[str]) -> None:
    package = ROOT / "server" / "communique"
    wanted = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert "communique/py.typed" in wanted
    assert names >= wanted
    tops = {name.split("/")[0] for name in names}
    assert tops == {"communique", f"communique-{communique.__version__}.dist-info"}


def test_wheel_carries_its_licences(names: set[str]) -> None:
    licences = f"communique-{communique.__version__}.dist-info/licenses"
    assert {f"{licences}/LICENSE", f"{licences}/LICENSES/CC-BY-4.0.txt"} <= names


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `communique` in a clean environment: the locked dependencies and the wheel."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True)
    binaries = home / ("Scripts" if os.name == "nt" else "bin")
    pip = [
        str(binaries / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    lock = ROOT / "requirements.lock"
    subprocess.run([*pip, "--require-hashes", "--requirement", str(lock)], check=True)
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True)
    return binaries / "communique"


def run(command: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs the installed command in a folder, with no trace of the checkout in its surroundings."""
    kept = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")
    surroundings = {name: os.environ[name] for name in kept if name in os.environ}
    return subprocess.run(
        [command, *arguments],
        cwd=cwd,
        env=surroundings | {"HOME": str(cwd.parent / "home")},
        input=BORDYUZHA,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.slow
def test_installed_wheel_works_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    checked = run(installed, "check", "--json", cwd=empty)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout)

    answered = run(installed, "query", "-", "--format", "csv", cwd=empty)
    assert answered.returncode == 0, answered.stderr
    assert answered.stdout.splitlines() == ["claims", "9"]
    assert list(empty.iterdir()) == []
