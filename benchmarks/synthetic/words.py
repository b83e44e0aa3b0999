"""Made-up names and words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

_ONSETS: Final = list("bdfgklmnprstvz")
_NUCLEI: Final = list("aeiou")
_CODAS: Final = ["", "n", "r", "l", "s"]
_SYLLABLES: Final = [o + n + c for c in _CODAS for o in _ONSETS for n in _NUCLEI]

_NAMES: Final = len(_SYLLABLES) ** 2
_STEP: Final = 48_611

_LATIN: Final = "abdefgiklmnoprstuvyz"
_CYRILLIC: Final = str.maketrans(
    _LATIN + _LATIN.upper(), "абдефгиклмнопрстувызАБДЕФГИКЛМНОПРСТУВЫЗ"
)

_WORDS: Final = """
    about after agreed along also among around because before between beyond broad careful
    caution common council debate delay detail draft during early effort further general
    guarded however interest joint later likely long matters measure mutual near neighbours
    notes often once open ordinary others pace partly patient plain plan progress quiet
    recent region remains report round schedule shared since slow some steady still talk
    terms then though toward under until usual view warily while within work year
""".split()  # noqa: SIM905 # a list of so many words would be no easier to read


def name(number: int) -> str:
    """Return a made-up name; different numbers have different names.

    Args:
        number: Any number from 0.
    """
    rest, place = divmod(number, _NAMES)
    # A step that has no divisor in common with the number of names reaches each of them once.
    digits = divmod(place * _STEP % _NAMES, len(_SYLLABLES))
    syllables = [_SYLLABLES[digit] for digit in digits]
    while rest:
        rest, digit = divmod(rest, len(_SYLLABLES))
        syllables.append(_SYLLABLES[digit])
    return "".join(syllables).capitalize()


def russian(words: str) -> str:
    """Spell a text in Cyrillic letters, letter by letter; others stay as they are."""
    return words.translate(_CYRILLIC)


def phrase(random: Random, length: int) -> str:
    """Return words without meaning.

    Args:
        random: Where the choice comes from.
        length: How many.
    """
    return " ".join(_WORDS[int(random.random() * len(_WORDS))] for _ in range(length))
