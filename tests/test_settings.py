"""Tests of the settings, and that docs/configuration.md lists them as they are."""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from communique import cli, settings
from communique.errors import CallError
from communique.settings import Settings
from communique.web import protocol, serving

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
NAMES = [setting.name for setting in fields(Settings)]


def shown(default: object) -> str:
    """Returns a default as the table has it."""
    if default == "":
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def test_the_table_has_every_setting_as_it_is() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    table = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("|")
    ]
    expected = []
    for setting in fields(Settings):
        flag = f"`{settings.flag(setting.name)}`"
        if isinstance(setting.default, bool):
            flag += f", `--no-{setting.name}`"
        expected.append(
            [
                f"`{setting.name}`",
                flag,
                f"`{settings.variable(setting.name)}`",
                shown(setting.default),
                str(setting.metadata["help"]).rstrip("."),
            ]
        )
    assert table[2:] == expected


def test_the_fixed_limits_are_documented() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"its header {serving.MAX_HEADER // 1024} KiB" in text
    assert f"{serving.MAX_FIELDS} fields" in text
    assert f"{protocol.MAX_PARAMETERS} parameters" in text
    assert f"{serving.MAX_CONNECTIONS} connections" in text


def test_the_example_is_a_file_of_settings(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    file = tmp_path / "communique.toml"
    file.write_text(found[1], encoding="utf-8")
    assert settings.read(file)["timeout"] == 10.0


@pytest.fixture
def served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mini: Path
) -> Callable[..., Settings | str]:
    """Calls `communique serve`, which ends as it would listen; returns the settings it had."""
    seen: list[Settings] = []

    class Listening(Exception):  # noqa: N818 - no error
        """It would listen now."""

    def listen(chosen: Settings) -> Settings:
        seen.append(chosen)
        raise Listening

    def call(*arguments: str, **environment: str) -> Settings | str:
        seen.clear()
        # The settings are the first thing that the command makes.
        monkeypatch.setattr(
            "communique.cli.serving.Settings", lambda **given: listen(Settings(**given))
        )
        done = CliRunner().invoke(
            cli.main,
            ["serve", "--dataset", str(mini), "--generations", str(tmp_path), *arguments],
            env=environment,
        )
        return seen[0] if seen else done.output

    return call


def test_flags_go_before_variables_those_before_the_file_and_that_before_defaults(
    served: Callable[..., Settings | str], tmp_path: Path
) -> None:
    file = tmp_path / "c.toml"
    file.write_text("timeout = 3\nqueue = 4\nrows = 5\nmetrics = false\n", encoding="utf-8")
    config = ("--config", str(file))
    assert served() == Settings()
    assert served(*config) == Settings(timeout=3.0, queue=4, rows=5, metrics=False)
    found = served(*config, "--queue", "9", COMMUNIQUE_ROWS="8", COMMUNIQUE_QUEUE="7")
    assert found == Settings(timeout=3.0, queue=9, rows=8, metrics=False)
    assert served(COMMUNIQUE_CONFIG=str(file), COMMUNIQUE_METRICS="true") == Settings(
        timeout=3.0, queue=4, rows=5, metrics=True
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_can_be_set_in_each_way(
    served: Callable[..., Settings | str], tmp_path: Path, name: str
) -> None:
    default = asdict(Settings())[name]
    if isinstance(default, bool):
        other: object = not default
        flags = [settings.flag(name) if other else f"--no-{name}"]
    elif isinstance(default, str):
        other = "json" if name == "log" else "127.0.0.9"
        flags = [settings.flag(name), str(other)]
    else:
        other = default + 1
        flags = [settings.flag(name), str(other)]
    expected = Settings(**{name: other})  # type: ignore[arg-type] # of the default's type
    assert served(*flags) == expected
    assert served(**{settings.variable(name): str(other).lower()}) == expected
    file = tmp_path / "c.toml"
    value = f'"{other}"' if isinstance(other, str) else str(other).lower()
    file.write_text(f"{name} = {value}\n", encoding="utf-8")
    assert served("--config", str(file)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = 1", "colour, which is no setting"),
        ('timeout = "soon"', "timeout is not of the right type"),
        ("queue = 1.5", "queue is not of the right type"),
        ("workers = true", "workers is not of the right type"),
        ("=", "is no TOML"),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CallError, match=message):
        settings.read(file)


@pytest.mark.parametrize(
    "arguments", [("--timeout", "0"), ("--queue", "-1"), ("--log", "xml"), ("--port", "99999")]
)
def test_a_value_out_of_range_is_refused(
    served: Callable[..., Settings | str], arguments: tuple[str, str]
) -> None:
    assert f"Invalid value for '{arguments[0]}'" in str(served(*arguments))


def test_a_value_out_of_range_in_the_file_is_refused(
    served: Callable[..., Settings | str], tmp_path: Path
) -> None:
    file = tmp_path / "c.toml"
    file.write_text("timeout = 0\n", encoding="utf-8")
    assert "Invalid value for '--timeout'" in str(served("--config", str(file)))
