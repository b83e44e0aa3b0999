"""Writes a synthetic corpus: articles with the shape of the encoded one, as many as asked for.

One article after another is made up and written, so that memory does not grow with the corpus.
The same seed gives the same bytes, and a smaller corpus is the beginning of a larger one.

    python -m benchmarks.corpus --articles 1000 --seed 1 --out corpus
    python -m benchmarks.corpus --articles 1000 --seed 1 --nquads > corpus.nq
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.synthetic import article, entities
from benchmarks.synthetic.profile import SENTENCES
from communique import sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.synthetic.article import Article
    from benchmarks.synthetic.sheet import Sheet

SHORT: Final = 3
"""Sentences of an article unless told otherwise, which make some 350 triples."""
_MOST: Final = 100_000
_STEP: Final = 1000
"""Progress is told after so many articles."""


def articles(count: int, seed: int, sentences: int = SHORT, first: int = 0) -> Iterator[Article]:
    """Make up articles, one after another.

    Args:
        count: How many.
        seed: What decides all choices.
        sentences: How many sentences each has.
        first: The number of the first one.
    """
    return (article.write(number, seed, sentences) for number in range(first, first + count))


def graphs(count: int, seed: int, sentences: int = SHORT) -> Iterator[Sheet]:
    """Make up the graphs of a corpus: those of the entities that articles share, then the articles.

    Args:
        count: How many articles.
        seed: What decides all choices.
        sentences: How many sentences each has.
    """
    yield from entities.sheets(count, seed, sentences)
    for one in articles(count, seed, sentences):
        yield one.sheet


def write(count: int, seed: int, out: Path, sentences: int = SHORT, *, texts: bool = False) -> int:
    """Write a dataset: the bundled ontology and shapes, and a synthetic graph.

    Args:
        count: How many articles.
        seed: What decides all choices.
        out: The folder; it must not exist.
        sentences: How many sentences each article has.
        texts: Whether to write the articles' texts as well, into the folder ``texts``.

    Returns:
        How many triples the graph has.
    """
    bundled = sources.bundled_root()
    for kind in (sources.Kind.ONTOLOGY, sources.Kind.SHAPES):
        shutil.copytree(bundled / kind, out / kind)
    triples = 0
    folder = out / sources.Kind.GRAPH
    for sheet in entities.sheets(count, seed, sentences):
        triples += _save(sheet, folder)
    for number, one in enumerate(articles(count, seed, sentences), 1):
        triples += _save(one.sheet, folder)
        if texts:
            path = out / "texts" / f"{one.slug}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text(one.text, encoding="utf-8", newline="\n")
        if number % _STEP == 0:
            sys.stderr.write(f"{number} of {count} articles\n")
    return triples


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Args:
        arguments: The arguments; those of the process if None.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--articles", type=_number, required=True, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--sentences", type=_number, default=SHORT, metavar="N")
    size.add_argument("--full", action="store_true", help=f"{SENTENCES} sentences an article")
    to = parser.add_mutually_exclusive_group(required=True)
    to.add_argument("--out", type=Path, metavar="DIR", help="write a dataset into a new folder")
    to.add_argument("--nquads", action="store_true", help="write the graph to standard output")
    parser.add_argument("--texts", action="store_true", help="write the texts too, into DIR/texts")
    given = parser.parse_args(arguments)
    sentences = SENTENCES if given.full else given.sentences
    if given.nquads:
        for sheet in graphs(given.articles, given.seed, sentences):
            sys.stdout.write(sheet.nquads())
        return
    if given.out.exists():
        parser.error(f"{given.out} exists already; give a new folder")
    count = write(given.articles, given.seed, given.out, sentences, texts=given.texts)
    sys.stderr.write(f"{given.articles} articles, {count} triples in {given.out}\n")


def _number(given: str) -> int:
    number = int(given)
    if not 1 <= number <= _MOST:
        message = f"{given} is not between 1 and {_MOST}"
        raise argparse.ArgumentTypeError(message)
    return number


def _save(sheet: Sheet, folder: Path) -> int:
    path = folder / f"{sheet.path}.ttl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sheet.turtle(), encoding="utf-8", newline="\n")
    return sheet.size


if __name__ == "__main__":
    main()
