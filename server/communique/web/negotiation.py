"""Which representation a client gets (RFC 9110, §12)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header

from communique.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from communique.store.results import Format

MAX_ACCEPT: Final = 4096
"""How many characters of an ``Accept`` header are read; what is beyond is passed over."""

_SHOWN: Final = 200
"""How many characters of it are shown in a message."""
_ANY: Final = "*"
_USUAL: Final = 1000
"""What is remembered of longer headers would fill the memory."""
_WITH_CHARSET: Final = ("text/",)
"""Only these types have a parameter for the charset; what is left is UTF-8 by definition."""


class NotAcceptable(CallError):  # noqa: N818 - named as HTTP names it
    """None of the representations offered is acceptable to the client.

    Args:
        asked: What the client asked for.
        offers: What is offered.
    """

    def __init__(self, asked: str, offers: Sequence[Offer]) -> None:
        self.offered = tuple(offer.media_type for offer in offers if not offer.is_alias)
        super().__init__(
            f"this answer cannot be given as {asked[:_SHOWN]}",
            f"accept one of {', '.join(self.offered)}",
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """A media type that an answer can be given in.

    Attributes:
        media_type: The media type, without parameters.
        name: The short name of the format.
        is_alias: Whether it is a less precise type for a format that has one of its own.
    """

    media_type: str
    name: str
    is_alias: bool = False

    @property
    def content_type(self) -> str:
        """The media type with its charset, where the type has such a parameter."""
        if self.media_type.startswith(_WITH_CHARSET):
            return f"{self.media_type}; charset=utf-8"
        return self.media_type


HTML: Final = Offer("text/html", "html")


def offers_of(formats: Iterable[Format]) -> list[Offer]:
    """Return the offers for formats, in the order of the server's preference.

    A page for a browser comes after all that is for programs, so that only who asks for it gets it.

    Args:
        formats: The formats, the default first.
    """
    formats = list(formats)
    own = [Offer(format_.media_type, format_.name) for format_ in formats]
    aliases = [
        Offer(alias, format_.name, is_alias=True)
        for format_ in formats
        for alias in format_.aliases
    ]
    return [*own, HTML, *aliases]


def choose(offers: Sequence[Offer], accept: str | None, wanted: str | None = None) -> Offer:
    """Choose one of the offers.

    Args:
        offers: The offers, the default first.
        accept: The ``Accept`` header; None or empty accepts everything.
        wanted: The ``format`` parameter, a short name or a media type; it goes before the header.

    Raises:
        NotAcceptable: None of the offers will do.
    """
    if wanted:
        for offer in offers:
            if wanted.lower() in {offer.name, offer.media_type}:
                return offer
        raise NotAcceptable(wanted, offers)
    if not accept or not accept.strip():
        return offers[0]
    find = _best if len(accept) <= _USUAL else _best.__wrapped__
    best = find(tuple(offers), accept)
    if best is None:
        raise NotAcceptable(accept, offers)
    return best


@lru_cache(maxsize=1024)
def _best(offers: tuple[Offer, ...], accept: str) -> Offer | None:
    """Return the offer that a header accepts most, if it accepts any.

    Clients send the same few headers all the time.
    """
    ranges = _ranges(accept)
    # max() returns the first of equals: the server's own preference decides what the client's does
    # not.
    best = max(offers, key=lambda offer: _weight(offer.media_type, ranges))
    return best if _weight(best.media_type, ranges)[0] > 0 else None


def prefers(offer: Offer, others: Sequence[Offer], accept: str | None) -> bool:
    """Tell whether a client would rather have one offer than any of the others.

    Args:
        offer: The offer.
        others: The others, which the server prefers.
        accept: The ``Accept`` header.
    """
    ranges = _ranges(accept)
    own = _weight(offer.media_type, ranges)
    return own[0] > 0 and all(own > _weight(other.media_type, ranges) for other in others)


def _ranges(accept: str | None) -> MIMEAccept:
    """Return the ranges of a header, as far as it is read."""
    if accept is not None and len(accept) > MAX_ACCEPT:
        accept = accept[:MAX_ACCEPT].rpartition(",")[0]
    return parse_accept_header(accept, MIMEAccept)


def _weight(media_type: str, ranges: MIMEAccept) -> tuple[float, int]:
    """Return the quality that the most specific matching range gives to a type, and how specific.

    §12.5.1: "The media type quality factor associated with a given type is determined by finding
    the media range with the highest precedence that matches the type."
    """
    matching = [
        (specificity, quality)
        for value, quality in ranges
        if (specificity := _specificity(media_type, value)) is not None
    ]
    specificity, quality = max(matching, default=(0, 0.0))
    return quality, specificity


def _specificity(media_type: str, media_range: str) -> int | None:
    """Return how specifically a range matches a type, or None if it does not."""
    value, parameters = parse_options_header(media_range)
    for name, parameter in parameters.items():
        # All that is offered is UTF-8.  JSON-LD 1.1, §6.3, has unknown profiles ignored.
        is_utf8 = name == "charset" and parameter.lower().replace("-", "") == "utf8"
        is_profile = name == "profile" and media_type == "application/ld+json"
        if not (is_utf8 or is_profile):
            return None
    type_, _, subtype = value.lower().partition("/")
    offered_type, _, offered_subtype = media_type.partition("/")
    if value in {"*/*", _ANY}:
        return 1
    if type_ != offered_type or subtype not in {_ANY, offered_subtype}:
        return None
    return 2 if subtype == _ANY else 3 + len(parameters)
