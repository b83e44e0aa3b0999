"""Write the page that describes the vocabulary: ``python -m communique.documentation FOLDER``."""

from __future__ import annotations

from pathlib import Path

import click

from communique import dataset, sources
from communique.documentation import page
from communique.documentation.vocabulary import Vocabulary


@click.command()
@click.option(
    "--dataset",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder with ontology/, graph/ and shapes/; the bundled data if not given.",
)
@click.argument("target", type=click.Path(path_type=Path, file_okay=False))
def main(folder: Path | None, target: Path) -> None:
    """Describe the vocabulary of a dataset in TARGET/index.html."""
    root = sources.find_root(folder)
    loaded = dataset.load(sources.discover(root))
    vocabulary = Vocabulary(loaded.ontology, loaded.explicit, sources.examples(root))
    target.mkdir(parents=True, exist_ok=True)
    written = target / "index.html"
    written.write_text(page.render(vocabulary), encoding="utf-8")
    click.echo(f"{len(vocabulary.terms)} terms in {written}")


if __name__ == "__main__":
    main(prog_name="python -m communique.documentation")
