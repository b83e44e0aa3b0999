"""Backups: one archive that proves itself, restored byte for byte or not at all."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from communique import backup, cli, gate, sources
from communique.backup import archive
from communique.edits import Author, Edit
from communique.errors import CallError, UnusableArchive
from communique.repository import Repository
from conftest import MINI

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

AGENTS: Final = "graph/agents.ttl"


def contents(root: Path) -> dict[str, bytes]:
    """The files of a folder, without a repository's own."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".communique" not in path.parts
    }


@pytest.fixture
def saved(mini: Path, tmp_path: Path) -> Path:
    """A backup of the small dataset."""
    return backup.save(mini, tmp_path / "backup.tar.gz", tmp_path / "generations").path


def restore(path: Path, root: Path, **how: object) -> backup.Restored:
    """Restores a backup."""
    return backup.restore(path, root, root.parent / "generations", **how)  # type: ignore[arg-type]


def test_is_restored_byte_for_byte(mini: Path, saved: Path, tmp_path: Path) -> None:
    restored = restore(saved, tmp_path / "copy")
    expected = {name: content for name, content in contents(mini).items() if name != "one.txt"}
    assert contents(tmp_path / "copy") == expected
    assert restored.digest == sources.discover(mini).digest == restored.contents.dataset
    assert gate.check(tmp_path / "copy").passed


def test_equal_datasets_give_equal_archives(mini: Path, saved: Path, tmp_path: Path) -> None:
    (mini / AGENTS).touch()
    again = backup.save(mini, tmp_path / "again.tar.gz", tmp_path / "generations")
    assert again.path.read_bytes() == saved.read_bytes()
    assert again.contents.dataset == sources.discover(mini).digest


def test_any_tar_can_unpack_it(saved: Path, tmp_path: Path) -> None:
    with tarfile.open(saved) as found:
        found.extractall(tmp_path / "plain", filter="data")
    listed = json.loads((tmp_path / "plain" / archive.LIST).read_text(encoding="utf-8"))
    assert listed["format"] == archive.FORMAT
    unpacked = contents(tmp_path / "plain" / archive.DATASET)
    assert unpacked[AGENTS] == (MINI / AGENTS).read_bytes()
    assert {member["name"] for member in listed["members"]} == {
        f"dataset/{name}" for name in unpacked
    }


def test_has_the_built_dataset_if_asked(mini: Path, tmp_path: Path) -> None:
    path = tmp_path / "backup.tar.gz"
    made = backup.save(mini, path, tmp_path / "built", with_generation=True)
    digest = sources.discover(mini).digest
    assert made.contents.generation == digest
    restored = backup.restore(path, tmp_path / "copy", tmp_path / "elsewhere")
    assert restored.generation == tmp_path / "elsewhere" / digest
    stages: list[gate.Stage] = []
    assert gate.build(tmp_path / "copy", tmp_path / "elsewhere", stages.append).digest == digest
    assert stages == [], "it need not be built"


def test_a_built_dataset_of_another_program_is_left_out(mini: Path, tmp_path: Path) -> None:
    path = tmp_path / "backup.tar.gz"
    made = backup.save(mini, path, tmp_path / "built", with_generation=True).contents

    def locate(name: str) -> Path:
        folder, _, rest = name.partition("/")
        return (mini if folder == archive.DATASET else tmp_path / "built" / made.dataset) / rest

    older = replace(made, dataset="0" * 64, generation="0" * 64, versions={"communique": "0.0.9"})
    with path.open("wb") as output:
        archive.write(older, locate, output, lambda _member: None)
    restored = restore(path, tmp_path / "copy")
    assert restored.generation is None
    assert restored.digest == sources.discover(mini).digest
    assert not (tmp_path / "generations").exists()
    called = CliRunner().invoke(cli.main, ["restore", str(path), str(tmp_path / "other")])
    assert "made with communique 0.0.9" in called.stderr


def test_is_not_written_over_another_file(mini: Path, saved: Path, tmp_path: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(CallError, match="is there already"):
        backup.save(mini, saved, tmp_path / "generations")
    assert saved.read_bytes() == before
    (mini / AGENTS).write_bytes((mini / AGENTS).read_bytes() + b"\n# more\n")
    backup.save(mini, saved, tmp_path / "generations", replace=True)
    assert saved.read_bytes() != before
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_refuses_a_folder_with_something_else(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear", encoding="utf-8")
    for force in (False, True):
        with pytest.raises(CallError, match="no dataset"):
            restore(saved, tmp_path / "home", replace=force)
    assert contents(tmp_path / "home") == {"letter.txt": b"dear"}


def test_restores_into_an_empty_folder(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    restore(saved, tmp_path / "empty")
    assert (tmp_path / "empty" / AGENTS).is_file()


def test_replaces_a_dataset_when_told(mini: Path, saved: Path, tmp_path: Path) -> None:
    expected = contents(mini)
    (mini / AGENTS).write_text("broken", encoding="utf-8")
    (mini / "graph" / "new.ttl").write_text("# new", encoding="utf-8")
    (mini / "graph" / "articles" / "one.ttl").unlink()
    (mini / "tests" / "competency" / "01.rq").write_text("ASK {}", encoding="utf-8")
    (mini / "README").write_text("mine", encoding="utf-8")
    with pytest.raises(CallError, match="--force"):
        restore(saved, mini)
    restored = restore(saved, mini, replace=True)
    assert restored.removed == ("graph/new.ttl",)
    assert contents(mini) == expected | {"README": b"mine"}
    assert list(mini.rglob("*.communique-*")) == []
    assert list(tmp_path.glob(".*restoring*")) == []


def test_what_it_must_be_is_held_against_what_it_is(saved: Path, tmp_path: Path) -> None:
    with saved.open("rb") as file:
        sha256 = archive.digest_of(file)[1]
    assert restore(saved, tmp_path / "copy", sha256=sha256.upper()).sha256 == sha256
    with pytest.raises(UnusableArchive, match=f"is {sha256}, and should be 0000"):
        restore(saved, tmp_path / "other", sha256="0" * 64)
    assert not (tmp_path / "other").exists()


# --- Archives that are not what they were


def unpacked(path: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    """The members of an archive, with their content."""
    with tarfile.open(path) as found:
        members = found.getmembers()
        files = [found.extractfile(member) for member in members]
        return [
            (member, file.read() if file else b"")
            for member, file in zip(members, files, strict=True)
        ]


def packed(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    """Writes an archive."""
    with tarfile.open(path, "w:gz") as made:
        for member, content in members:
            member.size = len(content) if member.isreg() else 0
            made.addfile(member, io.BytesIO(content))


def listing(change: Callable[[dict[str, object]], None]) -> Callable[[Path], None]:
    """A tampering with the list of members."""

    def tamper(path: Path) -> None:
        (head, content), *rest = unpacked(path)
        listed = json.loads(content)
        change(listed)
        packed(path, [(head, json.dumps(listed).encode()), *rest])

    return tamper


def renamed(name: str) -> Callable[[Path], None]:
    """A tampering that gives the second member, and its entry, another name."""

    def tamper(path: Path) -> None:
        (head, content), (first, text), *rest = unpacked(path)
        listed = json.loads(content)
        listed["members"][0]["name"] = name
        first.name = name
        packed(path, [(head, json.dumps(listed).encode()), (first, text), *rest])

    return tamper


def _link(path: Path) -> None:
    head, (first, _text), *rest = unpacked(path)
    first.type, first.linkname = tarfile.SYMTYPE, "/etc/passwd"
    packed(path, [head, (first, b""), *rest])


def _content(path: Path) -> None:
    head, (first, text), *rest = unpacked(path)
    packed(path, [head, (first, text.swapcase()), *rest])


def _shorter(path: Path) -> None:
    head, (first, text), *rest = unpacked(path)
    packed(path, [head, (first, text[:-1]), *rest])


def _without_the_last(path: Path) -> None:
    packed(path, unpacked(path)[:-1])


def _without_the_list(path: Path) -> None:
    packed(path, unpacked(path)[1:])


def _one_more(path: Path) -> None:
    packed(path, [*unpacked(path), (tarfile.TarInfo("dataset/graph/x.ttl"), b"x")])


def _in_another_order(path: Path) -> None:
    head, first, second, *rest = unpacked(path)
    packed(path, [head, second, first, *rest])


def _followed(path: Path) -> None:
    path.write_bytes(path.read_bytes() + gzip.compress(b"more"))


def _no_archive(path: Path) -> None:
    path.write_bytes(b"Dear backup")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _no_tar(path: Path) -> None:
    path.write_bytes(gzip.compress(b"Dear backup" * 1000))


TAMPERED: Final[dict[str, tuple[Callable[[Path], None], str]]] = {
    "out of the folder": (renamed("dataset/../../evil.ttl"), "may lie anywhere"),
    "absolute": (renamed("/tmp/evil.ttl"), "may lie anywhere"),  # noqa: S108 - an attack
    "absolute below": (renamed("dataset//tmp/evil.ttl"), "may lie anywhere"),
    "with a backslash": (renamed("dataset\\..\\evil.ttl"), "may lie anywhere"),
    "elsewhere": (renamed("evil.ttl"), "may lie anywhere"),
    "a link": (_link, "is no file"),
    "other content": (_content, "its SHA-256 is another"),
    "another size": (_shorter, "should have"),
    "a file less": (_without_the_last, "is missing"),
    "no list": (_without_the_list, "does not begin with"),
    "a file more": (_one_more, "does not list: dataset/graph/x.ttl"),
    "another order": (_in_another_order, "should be"),
    "something behind": (_followed, "something follows"),
    "no archive": (_no_archive, "not compressed by gzip"),
    "nothing": (_empty, "cannot be read to its end"),
    "no tar": (_no_tar, "cannot be read to its end"),
    "a newer format": (listing(lambda listed: listed.update(format=2)), "newer version"),
    "no sense": (listing(lambda listed: listed.update(members=[{"x": 1}])), "makes no sense"),
    "a list of nothing": (listing(lambda listed: listed.update(members=3)), "makes no sense"),
    "twice": (
        listing(lambda listed: listed.update(members=2 * listed["members"])),  # type: ignore[operator]
        "a file twice",
    ),
    "no Turtle": (listing(lambda listed: listed.update(members=[])), "no Turtle in it"),
}


@pytest.mark.parametrize(("tamper", "message"), TAMPERED.values(), ids=TAMPERED)
def test_what_is_tampered_with_is_refused_and_nothing_touched(
    saved: Path, tmp_path: Path, tamper: Callable[[Path], None], message: str
) -> None:
    tamper(saved)
    before = contents(tmp_path)
    with pytest.raises(UnusableArchive, match=message):
        restore(saved, tmp_path / "copy")
    assert contents(tmp_path) == before
    with pytest.raises(UnusableArchive, match=message):
        restore(saved, tmp_path / "mini", replace=True)
    assert contents(tmp_path) == before


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that no test changes."""
    place = tmp_path_factory.mktemp("whole")
    return backup.save(MINI, place / "whole.tar.gz", place / "generations").path


@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_a_damaged_archive_is_refused_or_says_the_same(whole: Path, data: st.DataObject) -> None:
    """A bit may fall where it means nothing, as in the time of gzip's header; nothing else may."""
    content = bytearray(whole.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans(), label="cut"):
        del content[at:]
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "damaged").write_bytes(content)
        try:
            restore(place / "damaged", place / "copy")
        except UnusableArchive:
            assert not (place / "copy").exists()
        else:
            expected = {n: c for n, c in contents(MINI).items() if n != "one.txt"}
            assert contents(place / "copy") == expected


_NAMES: Final = st.from_regex(r"[A-Za-zéж0-9_-]{1,40}(/[a-z0-9 ]{1,30}){0,3}", fullmatch=True)


@given(
    files=st.dictionaries(
        st.tuples(st.sampled_from(["ontology", "graph", "shapes"]), _NAMES),
        st.binary(max_size=2000),
        min_size=1,
        max_size=8,
    )
)
@settings(deadline=None, max_examples=15)
def test_whatever_the_files_hold_they_come_back(files: dict[tuple[str, str], bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, place = Path(folder) / "dataset", Path(folder)
        for kind in sources.Kind:
            (root / kind).mkdir(parents=True)
        for (kind_name, name), content in files.items():
            path = root / kind_name / f"{name}.ttl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        made = backup.save(root, place / "made", place / "generations")
        restored = restore(made.path, place / "copy")
        assert contents(place / "copy") == contents(root)
        assert restored.contents == made.contents
        assert restored.digest == sources.discover(root).digest


def test_what_changes_while_it_is_read_is_noticed(mini: Path, tmp_path: Path) -> None:
    made = backup.save(mini, tmp_path / "one.tar.gz", tmp_path / "generations").contents

    def locate(name: str) -> Path:
        return mini / name.removeprefix("dataset/")

    for content in (b"", (mini / AGENTS).read_bytes() + b" ", (mini / AGENTS).read_bytes().upper()):
        (mini / AGENTS).write_bytes(content)
        with pytest.raises(UnusableArchive, match="changed while it was read"):
            archive.write(made, locate, io.BytesIO(), lambda _member: None)


@pytest.mark.slow
def test_is_consistent_while_a_server_changes_the_dataset(mini: Path, tmp_path: Path) -> None:
    """Two files change together; a backup has both as they were, or both as they are."""
    repository = Repository(mini, tmp_path / "generations")
    repository.open()
    versions = {repository.generation.digest}
    done = threading.Event()
    text = (mini / AGENTS).read_text(encoding="utf-8")
    notes = (mini / "graph" / "editorial.ttl").read_text(encoding="utf-8")

    def change() -> None:
        for number in range(6):
            edits = [
                Edit(AGENTS, text.replace('"North"', f'"North {number}"').encode()),
                Edit("graph/editorial.ttl", notes.replace("another year", f"{number}").encode()),
            ]
            with repository.session() as session:
                versions.add(session.change(edits, Author("A. Tester")).after)
        done.set()

    writer = threading.Thread(target=change)
    writer.start()
    found = set()
    while not done.is_set():
        made = backup.save(mini, tmp_path / "b.tar.gz", tmp_path / "generations", replace=True)
        found.add(made.contents.dataset)
    writer.join()
    assert found
    assert found <= versions


# --- The commands


def call(*words: object) -> Result:
    """Calls the program."""
    return CliRunner().invoke(cli.main, [str(word) for word in words], catch_exceptions=False)


def test_one_command_each(mini: Path, tmp_path: Path) -> None:
    path, built = tmp_path / "b.tar.gz", ("--generations", tmp_path / "generations")
    made = call("backup", path, "--dataset", mini, *built, "--generation", "--json")
    assert made.exit_code == 0
    entry = json.loads(made.stdout)
    assert entry["dataset"] == entry["generation"] == sources.discover(mini).digest
    assert entry["size"] == path.stat().st_size
    with path.open("rb") as file:
        assert entry["sha256"] == archive.digest_of(file)[1]
    restored = call(
        "restore", path, tmp_path / "copy", *built, "--sha256", entry["sha256"], "--json"
    )
    assert restored.exit_code == 0
    told = json.loads(restored.stdout)
    assert told["digest"] == entry["dataset"]
    assert told["built"] == str(tmp_path / "generations" / entry["dataset"])
    assert told["files"] == entry["files"]
    assert call("check", "--dataset", tmp_path / "copy").exit_code == 0


def test_commands_tell_people(mini: Path, tmp_path: Path) -> None:
    path, built = tmp_path / "b.tar.gz", ("--generations", tmp_path / "generations")
    made = call("backup", path, "--dataset", mini, *built)
    sha256, _, name = made.stdout.strip().partition("  ")
    assert name == str(path), "as sha256sum writes it"
    assert "verify: " in made.stderr
    restored = call("restore", path, tmp_path / "copy", *built, "--sha256", sha256)
    assert restored.stdout.strip() == str(tmp_path / "copy")


def test_exit_status_says_whose_fault_it_is(saved: Path, tmp_path: Path) -> None:
    assert call("restore", saved, tmp_path / "mini").exit_code == 2
    assert call("restore", saved, tmp_path / "copy", "--sha256", "abc").exit_code == 2
    saved.write_bytes(saved.read_bytes()[:-9])
    damaged = call("restore", saved, tmp_path / "copy")
    assert damaged.exit_code == 1
    assert "is no whole backup" in damaged.stderr
    assert not (tmp_path / "copy").exists()
