"""Which version a request asks, and what may be kept of the response (RFC 9110, §13).

A representation is named by the version, the program, what was asked and the format; from these the
entity tag follows before anything is computed, and who has the representation need not wait for it.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar, cast
from urllib.parse import parse_qsl, urlencode

from flask import Response, current_app, g, request

from communique import __version__
from communique.store import generation as generations
from communique.web import protocol
from communique.web.problems import UnknownVersion
from communique.web.served import served

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from communique.repository.committed import Committed
    from communique.store.generation import Generation

KEPT: Final = 4
"""How many generations are held open beside the one that is served."""
NAME: Final = "version"
"""The parameter that asks a version."""

MAX_COMPUTED: Final = 64
"""How many things computed from generations are kept."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_OPEN: Final = "communique.versions"
_ONCE: Final = "communique.once"
_COMMITTED: Final = "communique.committed"
_LATEST: Final = "public, no-cache"
"""It may be kept, and has to be asked for again: the dataset may have a newer version."""
_FIXED: Final = "public, max-age=31536000, immutable"
"""What one version says never changes."""

_Value = TypeVar("_Value")


class _Open:
    """The kept generations that are open, the one asked last at the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, Generation] = {}

    def get(self, digest: str) -> Generation | None:
        """Return a generation, opened if need be, or None if it is not kept.

        Args:
            digest: Its digest.
        """
        newest = latest()
        if digest == newest.digest:
            return newest
        with self._lock:
            found = self._held.pop(digest, None)
            if found is None and _DIGEST.fullmatch(digest):
                found = generations.find(newest.path.parent, digest)
            if found is not None:
                self._held[digest] = found
                while len(self._held) > KEPT:
                    del self._held[next(iter(self._held))]
            return found


class _Computed:
    """What was computed from generations, the oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[str, str], object] = {}

    def get(self, name: str, of: Generation, compute: Callable[[Generation], object]) -> object:
        """Return what follows from a generation.

        Args:
            name: What it is.
            of: The generation.
            compute: Computes it.
        """
        key = (of.digest, name)
        with self._lock:
            if key in self._held:
                return self._held[key]
        value = compute(of)  # two may compute it at once, and find the same
        with self._lock:
            self._held[key] = value
            while len(self._held) > MAX_COMPUTED:
                del self._held[next(iter(self._held))]
        return value


def register(app: Flask) -> None:
    """Have an application remember what it opens and computes, the same for all its threads.

    Args:
        app: The application.
    """
    app.extensions[_OPEN] = _Open()
    app.extensions[_ONCE] = _Computed()
    app.before_request(_begin)


def _begin() -> None:
    """Take note of what is in service as the request begins."""
    latest()


def latest() -> Generation:
    """Return the generation that was in service when the request began."""
    if "latest" not in g:
        g.latest = served().generation
    return cast("Generation", g.latest)


def renew() -> None:
    """Have the rest of the request see what is in service by now, as after a change of its own."""
    g.pop("latest", None)
    g.pop("generation", None)


def ask(digest: str | None) -> None:
    """Take note of the version that the request names elsewhere than in its URL, as in a form.

    Args:
        digest: Its digest; None for the latest.
    """
    g.version = digest


def asked() -> str | None:
    """Return the version that the request names; None for the latest.

    Raises:
        BadRequest: Its URL names several.
    """
    if "version" not in g:
        g.version = protocol.parameters(request, [NAME]).get(NAME)
    return cast("str | None", g.version)


def generation() -> Generation:
    """Return the generation that the request asks: the one it names, or the latest.

    Raises:
        UnknownVersion: It names one that is not kept.
        BadRequest: It names several.
    """
    if "generation" not in g:
        digest = asked()
        g.generation = latest() if digest is None else _find(digest)
    return cast("Generation", g.generation)


def current() -> Generation:
    """Return the generation that answers, the latest where the request names none that is kept."""
    return cast("Generation", g.get("generation") or latest())


def once(name: str, compute: Callable[[Generation], _Value]) -> _Value:
    """Return what follows from the generation that the request asks, computed only once.

    Args:
        name: What it is, unique to its use.
        compute: Computes it.
    """
    computed = cast("_Computed", current_app.extensions[_ONCE])
    return cast("_Value", computed.get(name, generation(), compute))


def tag(*parts: object, of: str | None = None) -> str:
    """Return the strong entity tag of a representation (RFC 9110, §8.8.3).

    Args:
        parts: All that it depends on beside the version and the program.
        of: What names the part of the dataset that it depends on; the version if it depends on all.
    """
    version = of or generation().digest
    named = json.dumps([version, __version__, *parts], ensure_ascii=False)
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def unchanged(etag: str, *, is_known: bool = True) -> Response | None:
    """Return the response to who has the representation already (RFC 9110, §15.4.5), or None.

    Args:
        etag: Its entity tag.
        is_known: Whether there is a representation for sure, which ``*`` asks for.
    """
    had = request.if_none_match
    # §13.1.2: "A recipient MUST use the weak comparison function"
    has = had.contains_weak(etag) and (is_known or not had.star_tag)
    if request.method in {"GET", "HEAD"} and has:
        return mark(Response(status=HTTPStatus.NOT_MODIFIED), etag)
    return None


def mark(response: Response, etag: str) -> Response:
    """Say of a response how it may be kept, and return it.

    Args:
        response: The response.
        etag: The entity tag of the representation.
    """
    response.set_etag(etag)
    response.headers["Cache-Control"] = _LATEST if asked() is None else _FIXED
    response.vary.add("Accept")
    return response


def settled_query() -> str:
    """Return the query string of the request, with the version named by its digest.

    Raises:
        UnknownVersion: It names one that is not kept.
        BadRequest: It names several.
    """
    query: str = request.environ.get("QUERY_STRING", "")
    name = asked()
    if name is None or generation().digest == name:
        return query
    named = {NAME: generation().digest}
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(key, named.get(key, value)) for key, value in pairs])


def _find(name: str) -> Generation:
    opened = cast("_Open", current_app.extensions[_OPEN])
    found = opened.get(name)
    if found is None:
        digest = _of_commit(name)
        found = None if digest is None else opened.get(digest)
    if found is None:
        raise UnknownVersion(
            f"there is no version {name} of the dataset here",
            f"name a version that is kept, by its digest or its commit; or leave the parameter "
            f"{NAME} out to ask the latest, {latest().digest}",
        )
    return found


def _of_commit(name: str) -> str | None:
    """Return the digest of the kept version that a commit is of; None if there is none."""
    root = served().root
    if root is None:
        return None
    # Late, because it is seldom asked.
    from communique.repository.committed import Committed  # noqa: PLC0415

    known = current_app.extensions.setdefault(_COMMITTED, Committed(root))
    return cast("Committed", known).find(name, latest().path.parent)
