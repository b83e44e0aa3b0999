"""A remote engine: any SPARQL 1.1 endpoint as reasoning sees a store, by query and update requests.

Only what the protocol guarantees is used: both operations by POST with a form, results as JSON.
A redirect is a fault and is not followed, so that credentials and data go nowhere but to the
addresses that were given.

Blank nodes of an answer are labels of that answer: no later request can name them.  The closure
and its increments do not need to, because they copy triples inside the store.

Source: SPARQL 1.1 Protocol, sections 2.1.2 and 2.2.1; SPARQL 1.1 Query Results JSON Format.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pyoxigraph as ox

from communique.errors import StoreAnswerUnreadable, StoreRefused, StoreUnreachable
from communique.store.engine import Sequential
from communique.store.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    from rdflib import Graph

    Parameters: TypeAlias = Sequence[tuple[str, str]]
    """Parameters of the protocol: names with values, a name more than once where it is a list."""

TIMEOUT: Final = 600.0
"""Seconds to wait for a remote store: a request of the closure may have much to do."""
BATCH: Final = 500
"""How many triples are sent in one request."""
_JSON: Final = "application/sparql-results+json"
_EXCERPT: Final = 500
"""How many characters of what a store said against a request are repeated."""


@dataclass(frozen=True)
class Remote(Sequential):
    """A SPARQL 1.1 endpoint.

    Attributes:
        query_url: The address for queries.
        update_url: The address for updates.
        user: Who asks, where the endpoint wants to know (HTTP's basic or digest scheme).
        password: The password.
        timeout: How many seconds to wait for an answer.
    """

    query_url: str
    update_url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = TIMEOUT
    _opener: urllib.request.OpenerDirector = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare connections.

        Raises:
            ValueError: An address is not one of HTTP.
        """
        for url in (self.query_url, self.update_url):
            if urllib.parse.urlsplit(url).scheme not in {"http", "https"}:
                raise ValueError(f"not an address of HTTP: {url}")
        handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
        if self.user is not None:
            known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
            password = self.password or ""
            known.add_password(None, [self.query_url, self.update_url], self.user, password)
            handlers += [
                _Drained(),
                urllib.request.HTTPBasicAuthHandler(known),
                urllib.request.HTTPDigestAuthHandler(known),
            ]
        object.__setattr__(self, "_opener", urllib.request.build_opener(*handlers))

    def update(self, text: str, parameters: Parameters = ()) -> None:
        """Run an update request.

        Args:
            text: The request.
            parameters: Further parameters of the protocol.

        Raises:
            StoreUnreachable: There is no answer.
            StoreRefused: The store does not do it.
        """
        with self._post(self.update_url, [("update", text), *parameters], "*/*") as answer:
            answer.read()

    def select(self, text: str, parameters: Parameters = ()) -> Iterator[tuple[str, ...]]:
        """Run a SELECT query.

        Args:
            text: The query, which leaves no variable unbound.
            parameters: Further parameters of the protocol.

        Returns:
            The rows, with terms as SPARQL writes them.

        Raises:
            StoreUnreachable: There is no answer.
            StoreRefused: The store does not do it.
            StoreAnswerUnreadable: What it answers is not a result of SELECT as JSON, or a variable
                is unbound.
        """
        with self._post(self.query_url, [("query", text), *parameters], _JSON) as answer:
            body = answer.read()
        try:
            found = json.loads(body)
            names = found["head"]["vars"]
            rows = [
                tuple(_term(row[name]) for name in names) for row in found["results"]["bindings"]
            ]
        except (KeyError, TypeError, ValueError) as fault:
            excerpt = body[:_EXCERPT].decode("utf-8", "replace")
            raise StoreAnswerUnreadable(self.query_url, excerpt) from fault
        return iter(rows)

    def load(self, triples: Graph, name: str) -> None:
        """Copy triples into a graph.

        Args:
            triples: The triples.  Those with blank nodes go in one request, because the next would
                make others of them.
            name: The IRI of the graph.
        """
        blank: list[str] = []
        named: list[str] = []
        for quad in Terms().quads(triples, name):
            terms = quad.triple
            some = any(isinstance(term, ox.BlankNode) for term in (terms.subject, terms.object))
            (blank if some else named).append(" ".join(map(str, terms)) + " .")
        parts = [blank] if blank else []
        parts += [named[start : start + BATCH] for start in range(0, len(named), BATCH)]
        for part in parts:
            self.update(f"INSERT DATA {{ GRAPH <{name}> {{ {' '.join(part)} }} }}")

    def _post(self, url: str, form: Parameters, accept: str) -> IO[bytes]:
        """Send a form.

        Args:
            url: Where to.
            form: The fields.
            accept: The media type wanted.
        """
        request = urllib.request.Request(  # noqa: S310 - only HTTP: the constructor looks
            url, urllib.parse.urlencode(form).encode(), {"Accept": accept}
        )
        try:
            answer: IO[bytes] = self._opener.open(request, timeout=self.timeout)
        except urllib.error.HTTPError as fault:
            with fault:
                excerpt = fault.read(_EXCERPT).decode("utf-8", "replace").strip()
            raise StoreRefused(url, fault.code, excerpt or HTTPStatus(fault.code).phrase) from fault
        except (urllib.error.URLError, OSError) as fault:
            reason = fault.reason if isinstance(fault, urllib.error.URLError) else fault
            raise StoreUnreachable(url, str(reason)) from fault
        return answer


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the answer that asks for one is an error like others."""

    def redirect_request(self, *_: object) -> None:
        """Decline."""


class _Drained(urllib.request.BaseHandler):
    """Reads to its end an answer that asks for credentials, so that its connection is closed."""

    handler_order = 100  # before those that answer with credentials, and leave it open

    def http_error_401(self, _request: object, answer: IO[bytes], *_: object) -> None:
        """Read the answer, and leave what to do about it to others."""
        answer.read()


def _term(binding: dict[str, Any]) -> str:
    """Write a term of an answer as SPARQL does, in the same way as the embedded engine.

    Args:
        binding: The term in the JSON format; ``typed-literal`` is how older stores call a literal
            with a datatype.

    Raises:
        ValueError: It is no term.
    """
    kind, value = binding["type"], binding["value"]
    if kind == "uri":
        return str(ox.NamedNode(value))
    if kind == "bnode":
        return str(ox.BlankNode(re.sub(r"[^0-9A-Za-z]", "x", value)))
    if kind not in {"literal", "typed-literal"}:
        raise ValueError(f"no kind of term: {kind}")
    if "xml:lang" in binding:
        return str(ox.Literal(value, language=binding["xml:lang"]))
    if "datatype" in binding:
        return str(ox.Literal(value, datatype=ox.NamedNode(binding["datatype"])))
    return str(ox.Literal(value))
