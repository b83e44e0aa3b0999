"""Edits: what is to become of the files of a dataset, and who wants it so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to become of one file.

    Attributes:
        name: The file, relative to the dataset's root: ``graph/articles/2005/11/edm-2-213.ttl``.
        content: Its new content; None if it is to be removed.
    """

    name: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change.

    Attributes:
        name: What they are called.
        email: Their address; may be empty.
    """

    name: str
    email: str = ""
