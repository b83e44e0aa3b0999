"""An operation of a SPARQL 1.1 Update request, taken apart; and what stands for unnamed graphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from communique.store.guard import Reading
    from communique.store.rewriting import Written

DEFAULT: Final = "DEFAULT"
NAMED: Final = "NAMED"
ALL: Final = "ALL"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What stands for graphs that a request does not name.

    Attributes:
        graph: The IRI of the graph that is written where none is named; empty to refuse that.
        is_whole: Whether that graph is also what is read there, as if each operation said WITH.
        using: The IRIs of the graphs that are read as the default graph; as USING has it.
        using_named: The IRIs of those that are read as named graphs.
    """

    graph: str = ""
    is_whole: bool = False
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        word: The keyword it begins with; ``WITH`` counts as what follows it.
        reading: It as it was read, what stands for graphs put in.
        written: It as the engine gets it; None for those on whole graphs.
        graphs: The IRIs of the graphs that it writes, or ``DEFAULT``, ``NAMED`` or ``ALL``; for
            ``ADD``, ``MOVE`` and ``COPY`` from and to.
        is_silent: Whether it does not mind failing.
        is_wide: Whether what it reads may match the headers of files, without naming them.
        finders: Queries for the graphs that it writes beside those.
        default: The IRIs of the graphs that are the default graph of those queries; None for all.
        named: The IRIs of the graphs that are their named graphs; None for all.
    """

    word: str
    reading: Reading
    written: Written | None = None
    graphs: tuple[str, ...] = ()
    is_silent: bool = False
    is_wide: bool = False
    finders: tuple[str, ...] = ()
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
