"""How literals are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rdflib import XSD

if TYPE_CHECKING:
    from rdflib import Literal

    from communique.turtle.naming import Names

LINE_BREAK: Final = "\0"
"""Stands for a line break within a string while the text around it is being indented."""

_SHORT: Final = {
    XSD.integer: re.compile(r"[+-]?[0-9]+"),
    XSD.decimal: re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    XSD.boolean: re.compile(r"true|false"),
}
# By number, as the OWL API takes the n of the escape of a line break for the letter n.
_ESCAPES: Final = str.maketrans(
    {code: f"\\u{code:04X}" for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF)}
    | {ord("\\"): r"\\"}
)
_REGION: Final = 2
_SCRIPT: Final = 4


def write_literal(literal: Literal, names: Names) -> str:
    """Write a literal.

    Args:
        literal: The literal.
        names: Writes the IRI of its datatype.

    Returns:
        The literal in Turtle, with :data:`LINE_BREAK` for line breaks.
    """
    text = str(literal)
    short = _SHORT.get(literal.datatype) if literal.datatype is not None else None
    if short is not None and short.fullmatch(text):
        return text
    if literal.language is not None:
        return f"{_quote(text)}@{language_tag(literal.language)}"
    if literal.datatype is not None:
        return f"{_quote(text)}^^{names.write(literal.datatype)}"
    return _quote(text)


def _quote(text: str) -> str:
    lines = [line.translate(_ESCAPES) for line in text.split("\n")]
    if len(lines) == 1:
        return '"' + lines[0].replace('"', r"\"") + '"'
    # A blank at the end of a line is easily lost; three quotes in a row would end the string.
    lines = [re.sub(" $", r"\\u0020", line) for line in lines]
    return '"""' + re.sub('"(?="|$)', r'\\"', LINE_BREAK.join(lines)) + '"""'


def language_tag(tag: str) -> str:
    """Write a language tag with the capitals that RFC 5646, section 2.1.1, recommends.

    Parsers put tags in small letters, which mean the same.

    Args:
        tag: A language tag in any case, such as ``ru-latn``.

    Returns:
        The tag: ``ru-Latn``, ``zh-Hant-TW``, ``en-x-abcd``.
    """
    written: list[str] = []
    for subtag in tag.lower().split("-"):
        if not written or any(len(before) == 1 for before in written):
            written.append(subtag)
        elif len(subtag) == _REGION:
            written.append(subtag.upper())
        elif len(subtag) == _SCRIPT:
            written.append(subtag.title())
        else:
            written.append(subtag)
    return "-".join(written)
