"""What is imported, put through the gate and into a dataset's folder."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from communique import sources, turtle
from communique.edits import Author, Edit
from communique.errors import CallError
from communique.gate import whole
from communique.gate.findings import Clock, silent
from communique.importing.reading import read
from communique.repository import Repository, files
from communique.turtle import reading
from communique.turtle.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from communique.gate.findings import Progress
    from communique.importing.reading import Import
    from communique.repository import Session
    from communique.validation import Report

_AUTHOR: Final = Author("communique import")
_NAMED: Final = 5
"""How many files a message names."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of an import.

    Attributes:
        imported: What was read.
        before: The digest of the dataset before; None if there was none.
        after: The digest of the dataset after, or as it would be.
        changed: The names of the files that changed, or would change.
        report: What the shapes found of what is affected; warnings only.
    """

    imported: Import
    before: str | None
    after: str
    changed: tuple[str, ...]
    report: Report


def apply(  # noqa: PLR0913 - what from, where to, and how
    paths: Sequence[Path],
    form: str | None,
    root: Path,
    directory: Path,
    progress: Progress = silent,
    *,
    replace: bool = False,
    dry_run: bool = False,
) -> Applied:
    """Import files into a dataset, or into a folder that is to become one.

    All of it passes the gate and is there, or nothing is.

    Args:
        paths: The files to import.
        form: One of :data:`communique.importing.reading.FORMATS`; None to go by their names.
        root: The folder.
        directory: Where generations are kept.
        progress: Is told of each stage of the gate.
        replace: Whether files may be replaced that say something else.
        dry_run: Whether to change nothing, and only say what would come of it.

    Raises:
        CallError: The folder holds something else than a dataset; a format is unknown or refused;
            a file would have to be replaced, and may not.
        DataError: What is imported cannot be read, or the gate does not let it pass.
        StorageError: The folder cannot be written.
        Busy: Another process was changing the dataset for too long.
    """
    if files.is_vacant(root):
        return _begin(read(paths, form, {}), root.resolve(), progress, dry_run=dry_run)
    root = sources.find_root(root)
    repository = Repository(root, directory)
    known = repository.open(progress).manifest["graphs"]
    imported = read(paths, form, {name: entry["file"] or "" for name, entry in known.items()})
    with repository.session() as session:
        edits = [each for edit in imported.edits if (each := _edit(session, root, edit))]
        there = [edit.name for edit in edits if session.read(edit.name) is not None]
        if there and not replace:
            more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
            message = f"these files say something else already: {', '.join(there[:_NAMED])}{more}"
            raise CallError(message, "say --replace to replace them; nothing was changed")
        outcome = session.change(edits, _AUTHOR, dry_run=dry_run)
    return Applied(imported, outcome.before, outcome.after, outcome.files, outcome.report)


def _edit(session: Session, root: Path, edit: Edit) -> Edit | None:
    """Return an edit with the prefixes that the file has; None if the file says the same."""
    before = session.read(edit.name)
    if before is None or edit.content is None:
        return edit
    path = root / edit.name
    old, new = (reading.read(turtle.decode(each, path), path) for each in (before, edit.content))
    if canonical(old.triples) == canonical(new.triples):
        return None
    declared = "".join(f"@prefix {prefix}: <{name}> .\n" for prefix, name in old.prefixes.items())
    return Edit(edit.name, declared.encode() + edit.content)


def _begin(imported: Import, root: Path, progress: Progress, *, dry_run: bool) -> Applied:
    """Make a dataset of what is imported, in a folder that is empty or new."""
    revised = sources.revise(sources.Sources(root, ()), imported.edits)
    passed = whole.run(revised, Clock(progress))
    if not dry_run:
        root.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f".{root.name}.importing-", dir=root.parent))
        try:
            for kind in sources.Kind:
                (place / "whole" / kind).mkdir(parents=True)
            for file in revised.files:
                path = place / "whole" / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                files.write_durably(path, file.read())
            files.appear(place / "whole", root)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    names = tuple(file.name for file in revised.files)
    return Applied(imported, None, revised.digest, names, passed.report)
