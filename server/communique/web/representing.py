"""How linked data is given: in which formats, and what its headers say (RFC 8288)."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from flask import Response, request, url_for

from communique.namespaces import BASE, DCTERMS
from communique.store import naming
from communique.store.describing import GRAPH_FORMATS
from communique.web import negotiation, protocol, versions
from communique.web.negotiation import HTML
from communique.web.problems import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from communique.store.generation import Generation
    from communique.store.results import Format
    from communique.store.writing import Output

OFFERS: Final = tuple(negotiation.offers_of(GRAPH_FORMATS))
"""What a document can be had as."""
MAX_PAGE: Final = 100_000
"""The highest number of a page."""

_IN_MEMORY: Final = 1024 * 1024
"""Bytes up to which a document is put together in memory."""
_PIECE: Final = 64 * 1024


def path_of(iri: str) -> str | None:
    """Return the path here of an IRI of the project's own, its fragment and the version included.

    Args:
        iri: An IRI.

    Returns:
        The path; None for other IRIs.
    """
    if not iri.startswith(BASE):
        return None
    path, hash_, fragment = iri.removeprefix(BASE).partition("#")
    version = versions.asked()
    query = "?" + urlencode({versions.NAME: version}) if version else ""
    root = url_for("pages.start")
    return f"{root}{quote(path, safe='/:@!$&()*+,;=')}{query}{hash_}{quote(fragment)}"


def document_path(iri: str) -> str:
    """Return the path here of the document on one of the project's own IRIs.

    Args:
        iri: The IRI.
    """
    name = iri.removeprefix(BASE)
    return url_for("resources.document", name=name, version=versions.asked())  # None: left out


def page_number() -> int:
    """Return the number of the page that the request asks.

    Raises:
        BadRequest: It is no such number.
    """
    text = protocol.parameters(request, ["page"]).get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_PAGE):
        raise BadRequest(f"there is no page {text}", "give the number of a page, from 1")
    return int(text)


def with_parameters(**changes: str | int | None) -> str:
    """Return the path of the request with other parameters.

    Args:
        changes: The new values; None leaves a parameter out.
    """
    kept = request.args.to_dict() | {name: str(value) for name, value in changes.items()}
    given = {name: value for name, value in kept.items() if changes.get(name, "") is not None}
    path = request.root_path + quote(request.path, safe="/:@!$&()*+,;=")
    return path + ("?" + urlencode(given) if given else "")


def downloads() -> list[tuple[str, str]]:
    """Return name and address of the formats in which the page that is asked can be had."""
    return [(each.label, with_parameters(format=each.name, page=None)) for each in GRAPH_FORMATS]


def alternates() -> list[tuple[str, str, str]]:
    """Return name, address and media type of the formats in which the page can be had."""
    return [
        (each.label, with_parameters(format=each.name), each.media_type) for each in GRAPH_FORMATS
    ]


def represent(
    write: Callable[[Format, Output], None],
    page: Callable[[], str],
    *tag: object,
    links: Mapping[str, str],
    of: str | None = None,
) -> Response:
    """Return a document in the format that the client would rather have.

    Args:
        write: Writes it in a format.
        page: Returns it as a page.
        tag: All that it depends on beside the version, the program, and the format.
        links: Where links lead, by their relation.
        of: What names the part of the dataset that it says, where it is a part; a page says more.
    """
    wanted = protocol.parameters(request, ["format"]).get("format")
    chosen = negotiation.choose(OFFERS, request.headers.get("Accept"), wanted)
    # A page also shows the parameters and the address it was asked with.
    host = (request.url_root, *sorted(request.args.items())) if chosen == HTML else ()
    etag = versions.tag(chosen.name, *tag, *host, of=None if chosen == HTML else of)
    response = versions.unchanged(etag)
    if response is None:
        if chosen == HTML:
            response = Response(page(), content_type=chosen.content_type)
        else:
            format_ = next(f for f in GRAPH_FORMATS if f.name == chosen.name)
            response = written(lambda output: write(format_, output), chosen.content_type)
    add_links(response, links, chosen.name)
    response.headers["Content-Location"] = with_parameters(format=chosen.name)
    return versions.mark(response, etag)


class Streamed(Response):
    """A response that is written while it leaves, if a worker makes it; its format cannot fail.

    Args:
        write: Writes it.
        content_type: Its type.
    """

    def __init__(self, write: Callable[[Output], None], content_type: str) -> None:
        super().__init__(self._pieces(), content_type=content_type)
        self.write_to = write

    def _pieces(self) -> Iterator[bytes]:
        """Yield it in pieces, for who cannot take it while it is written."""
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            self.write_to(file)
            file.seek(0)
            while piece := file.read(_PIECE):
                yield piece


def written(write: Callable[[Output], None], content_type: str) -> Response:
    """Return a response that is written to a file first, so that memory does not grow with it.

    Args:
        write: Writes it.
        content_type: Its type.
    """
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - see below

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(_PIECE):
                yield piece

    try:
        write(file)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    file.seek(0)
    response = Response(pieces(), content_type=content_type)
    if request.method == "HEAD":
        file.close()  # nobody reads it
    else:
        response.call_on_close(file.close)
    response.content_length = size
    return response


def add_links(response: Response, links: Mapping[str, str], shown: str = "") -> None:
    """Add the Link headers of a document.

    Args:
        response: The response.
        links: Where links lead, by their relation.
        shown: The name of the format it is in.
    """
    said = [f'<{_uri(target)}>; rel="{relation}"' for relation, target in links.items()]
    for offer in OFFERS:
        if not offer.is_alias and offer.name != shown:
            address = with_parameters(format=offer.name)
            said.append(f'<{address}>; rel="alternate"; type="{offer.media_type}"')
    said += [f'<{_uri(iri)}>; rel="license"' for iri in licenses()]
    response.headers["Link"] = ", ".join(said)


def _uri(iri: str) -> str:
    """Return the URI for an IRI (RFC 3987, §3.1), as a header must have it."""
    return quote(iri, safe="%/:?#[]@!$&'()*+,;=~")


def licenses() -> tuple[str, ...]:
    """Return the IRIs of the licences that the data is under."""
    return versions.once("licenses", _licenses)


def _licenses(generation: Generation) -> tuple[str, ...]:
    found = {
        term.value
        for name in generation.manifest["graphs"]
        for term in naming.values(generation, name, DCTERMS + "license")
        if term.kind == "uri" and term.value.startswith(("https://", "http://"))
    }
    return tuple(sorted(found))
