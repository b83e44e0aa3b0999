"""docs/commands.md lists every command with every option as it is, and nothing that is not."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from communique import sources
from communique.cli import main
from communique.settings import Settings
from conftest import edit

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
SETTINGS = {setting.name for setting in fields(Settings)}
"""They have a page of their own, which is tested with them."""

Row = tuple[str, ...]


def commands(group: click.Command = main, before: str = "") -> dict[str, click.Command]:
    """Returns the commands by name, those of a group under the group's name and their own."""
    assert isinstance(group, click.Group)
    found: dict[str, click.Command] = {}
    with click.Context(group) as context:
        named = {name: group.get_command(context, name) for name in group.list_commands(context)}
    for name, command in named.items():
        assert command is not None
        if isinstance(command, click.Group):
            found |= commands(command, f"{before}{name} ")
        else:
            found[before + name] = command
    return found


def usage(name: str, command: click.Command) -> str:
    """Returns how a command is called, as `--help` says it."""
    with click.Context(command, info_name=f"communique {name}") as context:
        words = command.collect_usage_pieces(context)
    return " ".join([context.command_path, *words])


def default(option: click.Option) -> str:
    """Returns what is so where an option is not given, as the page has it."""
    if isinstance(option.show_default, str):
        return option.show_default
    if option.secondary_opts:
        return f"`{(option.opts if option.default else option.secondary_opts)[0]}`"
    if option.is_flag:
        return "off"
    if isinstance(option.default, list):
        return ", ".join(f"`{value}`" for value in option.default)
    if not isinstance(option.default, str | int):
        return "none"
    return f"`{option.default}`"


def rows(command: click.Command) -> list[Row]:
    """Returns a command's options as the page has them."""
    found: list[Row] = []
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in SETTINGS:
            words = [*option.opts, *option.secondary_opts]
            value = f" {option.metavar}" if option.metavar else ""
            says = " ".join((option.help or "").split())
            if isinstance(option.type, click.Choice):
                says += f" One of {', '.join(f'`{choice}`' for choice in option.type.choices)}."
            cell = ", ".join(f"`{word}{value}`" for word in words)
            found.append((cell, default(option), says))
    return found


def sections() -> dict[str, str]:
    """Returns the page's sections by their headings."""
    _head, *parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {heading: text for heading, _, text in (part.partition("\n") for part in parts)}


def test_the_page_has_every_command_in_the_order_of_the_help() -> None:
    assert list(sections()) == list(commands())


@pytest.mark.parametrize("name", commands())
def test_the_page_has_every_option_as_it_is(name: str) -> None:
    table = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in sections()[name].splitlines()
        if line.startswith("|")
    ]
    assert table[2:] == rows(commands()[name])


@pytest.mark.parametrize("name", commands())
def test_the_page_says_how_to_call_it(name: str) -> None:
    assert f"\n```text\n{usage(name, commands()[name])}\n```\n" in sections()[name]


def test_settings_are_options_of_serve_alone() -> None:
    for name, command in commands().items():
        given = {parameter.name for parameter in command.params} & SETTINGS
        assert given == (SETTINGS if name == "serve" else set())
    assert "(configuration.md)" in sections()["serve"]


def test_every_option_has_a_help() -> None:
    for command in commands().values():
        assert all(says for _option, _default, says in rows(command))
        assert command.help


@pytest.mark.slow
@pytest.mark.usefixtures("bundled")
def test_diff_prints_what_the_page_shows(bundled_copy: Path, generations: Path) -> None:
    """The page compares with a revision, which is tested in test_revisions.py."""
    moved = "topic:afghanistan-working-group\n    a skos:Concept ;\n    skos:broader topic:"
    edit(
        bundled_copy / "graph" / "topics.ttl",
        f"{moved}security ;",
        f"{moved}central-asian-security ;",
    )
    words = ["diff", str(sources.bundled_root()), str(bundled_copy)]
    result = CliRunner().invoke(main, [*words, "--generations", str(generations)])
    assert result.exit_code == 1
    [shown] = re.findall(
        r"```console\n\$ communique diff HEAD \.\n(.*?)```", PAGE.read_text(), re.DOTALL
    )
    assert result.stdout == shown
