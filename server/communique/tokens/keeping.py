"""The file that tokens are kept in, which only its owner may read."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import stat
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from communique.errors import CallError, TokenFileError, TokenRejected
from communique.tokens.token import Token, check_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from communique.tokens.token import Scope

PREFIX: Final = "cmq_"
"""What every token begins with, so that one that gets where it does not belong can be found."""

_BYTES: Final = 32
_FORMAT: Final = 1
_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def default_path() -> Path:
    """Return the file where tokens are kept unless another is given.

    It is ``COMMUNIQUE_TOKENS``, or ``communique/tokens.json`` in the user's configuration
    (``XDG_CONFIG_HOME``, or ``~/.config``).
    """
    chosen = os.environ.get("COMMUNIQUE_TOKENS")
    if chosen:
        return Path(chosen)
    configuration = os.environ.get("XDG_CONFIG_HOME")
    base = Path(configuration) if configuration else Path.home() / ".config"
    return base / "communique" / "tokens.json"


class Tokens:
    """The tokens in a file.  It is read anew each time, so that what is revoked ends at once.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[Token, ...]:
        """Return all tokens, in the order in which they were made.

        Raises:
            TokenFileError: The file cannot be used.
        """
        try:
            with self._path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                content = file.read()
        except FileNotFoundError:
            return ()
        except OSError as error:
            reason = error.strerror or str(error)
            raise TokenFileError(self._path, f"cannot be read: {reason}") from error
        if mode & _OPEN_TO_OTHERS:
            advice = f"chmod 600 {self._path}"
            raise TokenFileError(self._path, "can be read or written by others", advice)
        try:
            said = json.loads(content)
            if said["format"] != _FORMAT:
                message = f"has the format {said['format']}, which is unknown"
                raise TokenFileError(self._path, message)
            return tuple(Token.decode(each) for each in said["tokens"])
        except (ValueError, TypeError, KeyError) as error:
            raise TokenFileError(self._path, "holds no tokens as they are kept") from error

    def create(
        self, name: str, scope: Scope, graphs: Sequence[str], expires: datetime | None
    ) -> tuple[Token, str]:
        """Make a token.

        Args:
            name: Whose it is: ``Ada Lovelace <ada@example.org>``.
            scope: What it allows.
            graphs: Patterns of the IRIs of the graphs it allows it for.
            expires: When it ends; None for never.

        Returns:
            What is kept of it, and the token itself, which cannot be had again.

        Raises:
            CallError: The name is none.
            TokenFileError: The file cannot be used.
        """
        secret = PREFIX + secrets.token_urlsafe(_BYTES)
        with self._change() as tokens:
            taken = {token.id for token in tokens}
            token = Token(
                id=next(id_ for id_ in iter(lambda: secrets.token_hex(4), "") if id_ not in taken),
                name=check_name(name),
                scope=scope,
                graphs=tuple(graphs),
                created=datetime.now(UTC).replace(microsecond=0),
                expires=expires,
                revoked=None,
                sha256=_digest(secret),
            )
            tokens.append(token)
        return token, secret

    def revoke(self, id_: str) -> Token:
        """Revoke a token, if it is not revoked already.

        Args:
            id_: What it is called by.

        Raises:
            CallError: There is none of that name.
            TokenFileError: The file cannot be used.
        """
        with self._change() as tokens:
            for index, token in enumerate(tokens):
                if token.id == id_:
                    if token.revoked is None:
                        now = datetime.now(UTC).replace(microsecond=0)
                        tokens[index] = replace(token, revoked=now)
                    return tokens[index]
            raise CallError(f"there is no token {id_}", "see communique token list")

    def verify(self, secret: str) -> Token:
        """Return what is kept of a token that is valid.

        The time that it takes says nothing of the tokens there are: all are compared, and in
        constant time.

        Args:
            secret: The token itself.

        Raises:
            TokenRejected: It is not known, has expired or was revoked.
            TokenFileError: The file cannot be used.
        """
        digest = _digest(secret)
        found = [token for token in self.read() if hmac.compare_digest(token.sha256, digest)]
        if not found:
            raise TokenRejected("is not known here")
        state = found[0].state(datetime.now(UTC))
        if state != "valid":
            raise TokenRejected({"expired": "has expired", "revoked": "was revoked"}[state])
        return found[0]

    @contextmanager
    def _change(self) -> Iterator[list[Token]]:
        """Lend the tokens to be changed; what is left at the end is kept.

        One at a time, across processes; whoever reads meanwhile finds the old file or the new one.
        """
        folder = self._path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            reason = error.strerror or str(error)
            raise TokenFileError(self._path, f"cannot be written: {reason}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            tokens = list(self.read())
            yield tokens
            self._write(tokens)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _write(self, tokens: Sequence[Token]) -> None:
        said = {"format": _FORMAT, "tokens": [token.encode() for token in tokens]}
        content = json.dumps(said, indent=2, ensure_ascii=False) + "\n"
        try:
            # mkstemp makes a file that only its owner may read.
            descriptor, name = tempfile.mkstemp(prefix=".tokens-", dir=self._path.parent)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            reason = error.strerror or str(error)
            raise TokenFileError(self._path, f"cannot be written: {reason}") from error


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
