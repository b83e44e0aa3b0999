"""Tests of the tokens: what is kept of them, whom they admit, and the commands for them."""

from __future__ import annotations

import json
import multiprocessing
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from communique import cli, tokens
from communique.errors import CallError, TokenFileError, TokenRejected
from communique.tokens import Scope, Tokens

ADA = "Ada Lovelace <ada@example.org>"
GRAPHS = ["https://w3id.org/communique/graph/*"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file for tokens, in a folder that is not there yet."""
    return tmp_path / "configuration" / "tokens.json"


def run(path: Path, *words: str) -> Result:
    """Runs `communique token`."""
    return CliRunner().invoke(cli.main, ["token", words[0], "--tokens", str(path), *words[1:]])


def test_a_token_is_accepted_and_says_whose_it_is(path: Path) -> None:
    made, secret = Tokens(path).create(ADA, Scope.WRITE, GRAPHS, None)
    assert Tokens(path).verify(secret) == made
    assert (made.name, made.scope, made.graphs) == (ADA, Scope.WRITE, tuple(GRAPHS))


def test_a_token_has_256_random_bits_and_no_two_are_alike(path: Path) -> None:
    secrets = {Tokens(path).create(ADA, Scope.READ, GRAPHS, None)[1] for _ in range(20)}
    assert len(secrets) == 20
    # RFC 6750, §2.1: b64token; 43 characters of base64url are 258 bits.
    assert all(re.fullmatch(r"cmq_[A-Za-z0-9_-]{43}", secret) for secret in secrets)


def test_the_token_itself_is_not_kept(path: Path) -> None:
    _made, secret = Tokens(path).create(ADA, Scope.WRITE, GRAPHS, None)
    for file in path.parent.rglob("*"):
        assert secret.removeprefix("cmq_") not in file.read_text(encoding="utf-8")
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_only_its_owner_may_read_the_file(path: Path) -> None:
    Tokens(path).create(ADA, Scope.WRITE, GRAPHS, None)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_is_open_to_others_is_refused(path: Path, mode: int) -> None:
    _made, secret = Tokens(path).create(ADA, Scope.WRITE, GRAPHS, None)
    path.chmod(mode)
    with pytest.raises(TokenFileError, match="by others — chmod 600"):
        Tokens(path).verify(secret)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"format": 2, "tokens": []}', "\xff"])
def test_a_file_that_is_none_is_refused_and_left_alone(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content, encoding="latin-1")
    path.chmod(0o600)
    with pytest.raises(TokenFileError):
        Tokens(path).verify("cmq_x")
    with pytest.raises(TokenFileError):
        Tokens(path).revoke("x")
    assert path.read_text(encoding="latin-1") == content


def test_without_a_file_there_are_no_tokens(path: Path) -> None:
    assert Tokens(path).read() == ()
    with pytest.raises(TokenRejected, match="not known"):
        Tokens(path).verify("cmq_x")
    assert not path.parent.exists()


@pytest.mark.parametrize("odd", ["", "cmq_", "x" * 5000, "привет", "\ud800", "a" * 64])
def test_whatever_else_is_sent_is_not_known(path: Path, odd: str) -> None:
    made, _secret = Tokens(path).create(ADA, Scope.WRITE, GRAPHS, None)
    for sent in (odd, made.id, made.sha256):
        with pytest.raises(TokenRejected, match="not known"):
            Tokens(path).verify(sent)


def test_an_expired_token_is_rejected(path: Path) -> None:
    now = datetime.now(UTC)
    _made, over = Tokens(path).create(ADA, Scope.WRITE, GRAPHS, now - timedelta(seconds=1))
    _made, good = Tokens(path).create(ADA, Scope.WRITE, GRAPHS, now + timedelta(hours=1))
    with pytest.raises(TokenRejected, match="has expired"):
        Tokens(path).verify(over)
    Tokens(path).verify(good)


def test_a_revoked_token_is_rejected_at_once_and_others_are_not(path: Path) -> None:
    held = Tokens(path)
    (first, one), (_second, two) = (
        held.create(ADA, Scope.WRITE, GRAPHS, None),
        held.create(ADA, Scope.WRITE, GRAPHS, None),
    )
    held.verify(one)
    revoked = Tokens(path).revoke(first.id)
    with pytest.raises(TokenRejected, match="was revoked"):
        held.verify(one)
    held.verify(two)
    assert Tokens(path).revoke(first.id) == revoked  # once more changes nothing
    with pytest.raises(CallError, match="there is no token nobody"):
        held.revoke("nobody")


def test_scopes_are_in_order() -> None:
    assert [[a.covers(b) for b in Scope] for a in Scope] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


@pytest.mark.parametrize(
    ("pattern", "graph", "is_covered"),
    [
        ("https://e.org/graph/*", "https://e.org/graph/articles/2005/11/x", True),
        ("https://e.org/graph/*", "https://e.org/ontology", False),
        ("https://e.org/graph/*", "https://e.org/Graph/x", False),
        ("https://e.org/graph/articles/2005/??/*", "https://e.org/graph/articles/2005/11/x", True),
        ("https://e.org/graph/x", "https://e.org/graph/x", True),
        ("https://e.org/graph/x", "https://e.org/graph/xy", False),
        ("*", "urn:x:y", True),
    ],
)
def test_a_token_is_for_the_graphs_of_its_patterns(
    path: Path, pattern: str, graph: str, *, is_covered: bool
) -> None:
    made, _secret = Tokens(path).create(ADA, Scope.WRITE, ["urn:other", pattern], None)
    assert made.covers(graph) is is_covered


@pytest.mark.parametrize(
    "name", ["", "Ada", "ada@example.org", "<ada@example.org>", "A\nB <a@b>", "A <a b@c>", "A <a>"]
)
def test_a_name_has_an_address(path: Path, name: str) -> None:
    with pytest.raises(CallError, match="no name with an address"):
        Tokens(path).create(name, Scope.READ, GRAPHS, None)
    assert not path.exists()


def make_many(path: Path) -> None:
    """Makes tokens, in a process of its own."""
    for _ in range(10):
        Tokens(path).create(ADA, Scope.READ, GRAPHS, None)


def test_processes_do_not_lose_one_anothers_tokens(path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=make_many, args=(path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len({token.id for token in Tokens(path).read()}) == 40


def test_the_file_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COMMUNIQUE_TOKENS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/configuration")
    assert tokens.default_path() == Path("/configuration/communique/tokens.json")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", "/ada")
    assert tokens.default_path() == Path("/ada/.config/communique/tokens.json")
    monkeypatch.setenv("COMMUNIQUE_TOKENS", "/x.json")
    assert tokens.default_path() == Path("/x.json")


# The commands


def test_create_shows_the_token_alone_on_standard_output(path: Path) -> None:
    result = run(path, "create", "--name", ADA, "--scope", "write")
    assert result.exit_code == 0
    made = Tokens(path).verify(result.stdout.strip())
    assert made.scope is Scope.WRITE
    assert "only time" in result.stderr


def test_create_is_modest_by_default(path: Path) -> None:
    said = json.loads(run(path, "create", "--name", ADA, "--json").stdout)
    made = Tokens(path).verify(said["token"])
    assert made.scope is Scope.PROPOSE
    assert list(made.graphs) == GRAPHS
    assert made.expires is not None
    assert timedelta(days=89) < made.expires - datetime.now(UTC) <= timedelta(days=90)


@pytest.mark.parametrize(
    ("when", "hours"), [("12h", 12), ("90d", 90 * 24), ("4w", 4 * 7 * 24), ("never", None)]
)
def test_expires_understands_spans(path: Path, when: str, hours: int | None) -> None:
    assert run(path, "create", "--name", ADA, "--expires", when).exit_code == 0
    [made] = Tokens(path).read()
    expected = None if hours is None else made.created + timedelta(hours=hours)
    assert made.expires == expected or (
        expected is not None
        and made.expires is not None
        and abs(made.expires - expected) <= timedelta(seconds=2)
    )


def test_expires_understands_days(path: Path) -> None:
    assert run(path, "create", "--name", ADA, "--expires", "2999-01-31").exit_code == 0
    [made] = Tokens(path).read()
    assert made.expires == datetime(2999, 1, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("when", ["", "90", "-1d", "0d", "2020-01-01", "2027-02-30", "soon"])
def test_expires_refuses_what_is_no_time_to_come(path: Path, when: str) -> None:
    result = run(path, "create", "--name", ADA, "--expires", when)
    assert result.exit_code == 2
    assert not path.exists()


def test_list_shows_every_token_and_no_secret(path: Path) -> None:
    secret = run(path, "create", "--name", ADA, "--scope", "write").stdout.strip()
    Tokens(path).create(ADA, Scope.READ, ["urn:x"], datetime.now(UTC) - timedelta(days=1))
    for form in ([], ["--json"]):
        said = run(path, "list", *form).stdout
        assert ADA in said
        assert secret not in said
        assert Tokens(path).read()[0].sha256 not in said
    entries = json.loads(run(path, "list", "--json").stdout)
    assert [entry["state"] for entry in entries] == ["valid", "expired"]


def test_revoke_is_told_and_kept(path: Path) -> None:
    made, secret = Tokens(path).create(ADA, Scope.WRITE, GRAPHS, None)
    result = run(path, "revoke", made.id)
    assert (result.exit_code, result.stdout) == (0, f"revoked {made.id}, {ADA}\n")
    with pytest.raises(TokenRejected):
        Tokens(path).verify(secret)
    assert json.loads(run(path, "revoke", made.id, "--json").stdout)["state"] == "revoked"
    assert run(path, "revoke", "x").exit_code == 2
