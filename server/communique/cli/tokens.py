"""The commands that make, list and revoke tokens: ``token create``, ``list`` and ``revoke``."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from communique import namespaces, terminal, tokens
from communique.cli.options import json_option
from communique.tokens import Scope, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from communique.tokens import Token

_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}
_SPAN: Final = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_NEVER: Final = "never"


class _Expiry(click.ParamType[datetime | None]):
    """When a token ends: after a span, at the end of a day, or never."""

    name = "when"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | None:
        """Read it.

        Args:
            value: The text.
            param: The option.
            ctx: The call.
        """
        if value == _NEVER:
            return None
        now = datetime.now(UTC).replace(microsecond=0)
        span = _SPAN.fullmatch(value)
        if span:
            return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
        try:
            end = datetime.combine(date.fromisoformat(value), time.max, UTC).replace(microsecond=0)
        except ValueError:
            self.fail(f"{value!r} is neither a span such as 12h, 90d or 4w, nor a day, nor never")
        if end <= now:
            self.fail(f"{value} is over", param, ctx)
        return end


def tokens_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option that says where tokens are kept.

    Args:
        command: The command.
    """
    return click.option(
        "--tokens",
        "path",
        metavar="FILE",
        envvar="COMMUNIQUE_TOKENS",
        show_envvar=True,
        default=tokens.default_path,
        show_default="in the user's configuration",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The file that tokens are kept in.",
    )(command)


@click.group()
def token() -> None:
    """Make, list and revoke the tokens that allow changing the dataset over HTTP."""


@token.command()
@click.option(
    "--name", required=True, metavar="NAME", help="Whose it is: 'Ada Lovelace <ada@example.org>'."
)
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    default=Scope.PROPOSE.value,
    show_default=True,
    help="What it allows: nothing but reading, asking what a change would do, or changing.",
)
@click.option(
    "--graph",
    "graphs",
    metavar="PATTERN",
    multiple=True,
    default=[namespaces.GRAPH + "*"],
    show_default=True,
    help="A pattern of the IRIs of the graphs it is for; * stands for anything.  May be repeated.",
)
@click.option(
    "--expires",
    metavar="WHEN",
    type=_Expiry(),
    default="90d",
    show_default=True,
    help="When it ends: after 12h, 90d or 4w, at the end of a day such as 2027-01-31, or never.",
)
@tokens_option
@json_option
def create(  # noqa: PLR0913 - one parameter for each option
    name: str,
    scope: str,
    graphs: tuple[str, ...],
    expires: datetime | None,
    path: Path,
    *,
    as_json: bool,
) -> None:
    """Make a token, and show it once."""
    made, secret = Tokens(path).create(name, Scope(scope), graphs, expires)
    if as_json:
        click.echo(_json(_entry(made) | {"token": secret}))
        return
    click.echo(secret)
    end = f"until {made.expires.isoformat()}" if made.expires else "without end"
    click.echo(
        f"{made.id}: {made.scope} {end}.  This is the only time that the token is shown.", err=True
    )


@token.command("list")
@tokens_option
@json_option
def list_(path: Path, *, as_json: bool) -> None:
    """List the tokens, and whether each is valid, expired or revoked."""
    found = Tokens(path).read()
    if as_json:
        click.echo(_json([_entry(each) for each in found]))
        return
    for each in found:
        end = each.expires.isoformat() if each.expires else _NEVER
        state = each.state(datetime.now(UTC))
        click.echo(f"{each.id}  {state:<7}  {each.scope:<7}  {end:<25}  {each.name}")
        for pattern in each.graphs:
            click.echo(f"          {pattern}")
    click.echo(terminal.count(len(found), "token"), err=True)


@token.command()
@click.argument("id_", metavar="ID")
@tokens_option
@json_option
def revoke(id_: str, path: Path, *, as_json: bool) -> None:
    """Revoke a token, by the ID that list shows; a running server heeds it at once."""
    revoked = Tokens(path).revoke(id_)
    if as_json:
        click.echo(_json(_entry(revoked)))
    else:
        click.echo(f"revoked {revoked.id}, {revoked.name}")


def _entry(kept: Token) -> dict[str, Any]:
    """Return what JSON says of a token."""
    said = {name: value for name, value in kept.encode().items() if name != "sha256"}
    return said | {"state": kept.state(datetime.now(UTC))}


def _json(said: object) -> str:
    return json.dumps(said, indent=2, ensure_ascii=False)
