"""Kills writers: `python tests/killing.py FOLDER KILLS SEED [--git]`, for test_kills.py.

A small dataset with the real ontology and the real shapes lies in FOLDER.  A process opens it as a
repository; several of its threads change files, one after another as the lock lets them, and others
read all the while.  At a random moment it is killed with SIGKILL.  The next one opens the same
repository, looks whether all is as it should be, and goes on, until it is killed itself.

What the writers do is written to a log as they do it, inside the lock: a change before it is made,
and again when it is acknowledged or rejected.  A line that was written survives its process.  So
after each kill it is known, to the byte, what every file has to hold: what the acknowledged changes
made of it, with or without the one change that was begun and not acknowledged, as a whole.

This process itself only forks, so that importing and reading the shapes is done once: it opens no
store on disk, whose threads a fork would lose.  At the end it writes what it counted, as JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pyoxigraph as ox

import crashing
from benchmarks import corpus
from communique import gate, sources
from communique.edits import Author, Edit
from communique.errors import CommuniqueError, DataError
from communique.gate import passage
from communique.gate.findings import Clock
from communique.repository import Repository
from communique.repository.history import AFTER, History
from communique.store import keeping
from communique.store.generation import Generation, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import IO

ARTICLES: Final = 2
WRITERS: Final = 3
READERS: Final = 2
PAUSE: Final = 0.005
"""Seconds between two looks of a reader."""
CHANGES: Final = 2
"""The most changes that a writer makes before the one in which it is killed."""
FIRST: Final = 1.0
"""Seconds that a change may take, as long as that is not known."""
OPENING: Final = 0.5
"""The most seconds that those live that are killed young."""
READY: Final = b"!"
"""What a writer tells its killer when it has looked at everything."""
YOUNG: Final = 0.1
"""How many are killed before they are ready."""
WHOLE: Final = 25
"""After so many kills everything is built anew and compared, and checked."""
EXTRAS: Final = 4
"""How many files come and go."""
KEPT: Final = 3
"""How many generations stay."""

KINDS: Final = ("article", "pair", "extra", "pair and extra", "bad")
"""Of changes."""
TOPICS: Final = "graph/topics.ttl"
STATES: Final = "graph/states.ttl"
TITLES: Final = """
SELECT ?graph ?title { ?graph a <http://www.w3.org/2002/07/owl#Ontology> ;
  <http://purl.org/dc/terms/title> ?title }"""
EXTRA: Final = """\
@prefix cmq: <https://w3id.org/communique/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix topic: <https://w3id.org/communique/topic/> .
@prefix value: <https://w3id.org/communique/value/> .

<https://w3id.org/communique/graph/extra-{name}>
    a owl:Ontology ;
    cmq:layer value:asserted ;
    dcterms:creator "The killer"@en ;
    dcterms:license <https://creativecommons.org/licenses/by/4.0/> ;
    dcterms:title "Extra, revision {revision}"@en ;
    owl:imports <https://w3id.org/communique/ontology> .

topic:extra-{name}
    a skos:Concept ;
    skos:broader topic:subject-1 ;
    skos:definition "Revision {revision}."@en ;
    skos:inScheme topic:topics ;
    skos:prefLabel "extra {name}"@en .
"""

Contents = dict[str, str]
"""The SHA-256 of each file of the dataset, by name."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything lies.

    Attributes:
        folder: The folder of all.
        has_git: Whether changes are committed to git.
    """

    folder: Path
    has_git: bool

    @property
    def root(self) -> Path:
        """The dataset's folder."""
        return self.folder / "dataset"

    @property
    def generations(self) -> Path:
        """Where generations are kept."""
        return self.folder / "generations"

    @property
    def log(self) -> Path:
        """What the writers did."""
        return self.folder / "log"

    def repository(self) -> Repository:
        """Returns the repository, not open yet."""
        history = History(self.root) if self.has_git else None
        return Repository(self.root, self.generations, history, patience=60.0)

    def contents(self) -> Contents:
        """Returns what its files hold."""
        files = sources.discover(self.root).files
        return {file.name: sha256(file.path.read_bytes()).hexdigest() for file in files}


@dataclass
class Model:
    """What the log says that the files have to hold.

    Attributes:
        state: After all that was acknowledged.
        pending: What was begun and neither acknowledged nor rejected; None if nothing was.
        counts: How often what happened.
    """

    state: Contents = field(default_factory=dict)
    pending: dict[str, str | None] | None = None
    counts: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def read(log: Path) -> Model:
        """Reads the log."""
        model = Model()
        for line in log.read_text(encoding="utf-8").splitlines():
            said: dict[str, Any] = json.loads(line)
            (kind, value), *_ = said.items()
            model.counts[kind] = model.counts.get(kind, 0) + 1
            if kind == "state":
                model.state, model.pending = value, None
            elif kind == "begun":
                assert model.pending is None, "two changes at once"
                model.pending = value
            elif kind in {"acknowledged", "rejected"}:
                assert model.pending is not None
                if kind == "acknowledged":
                    model.state = applied(model.state, model.pending)
                model.pending = None
        return model


def applied(state: Contents, change: Mapping[str, str | None]) -> Contents:
    """Returns what files hold after a change."""
    return {name: held for name, held in (state | dict(change)).items() if held is not None}


class Log:
    """Takes note of what happens, at once.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def say(self, kind: str, value: object) -> None:
        """Writes a line, in one piece."""
        line = json.dumps({kind: value}) + "\n"
        written = os.write(self._descriptor, line.encode())
        assert written == len(line)


def in_child(act: Callable[[], None]) -> int:
    """Forks, and has the child do something and end; returns the child's number."""
    child = os.fork()
    if child:
        return child
    try:
        act()
    except BaseException:  # noqa: BLE001 - the child must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def wait_for(child: int) -> None:
    """Waits for a child that is to end well."""
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit(f"a child ended with {status}")


# --- What is killed ------------------------------------------------------------------------------


def live(place: Place, seed: int, *, is_whole: bool, tell: Callable[[bytes], None]) -> None:
    """Opens the repository, looks whether all is well, and changes it for ever."""
    log = Log(place.log)
    repository = place.repository()
    repository.open()
    look(place, repository, is_whole=is_whole)
    if repository.recovered:
        log.say("recovered", list(repository.recovered))
    log.say("state", place.contents())
    keeping.prune(keeping.kept(place.generations), KEPT, repository.generation.digest)
    tell(READY)
    chance = seeded(seed)
    for _ in range(READERS):
        threading.Thread(target=forever, args=[lambda: read(repository)], daemon=True).start()
    for _ in range(WRITERS - 1):
        another = partial(write, repository, log, seeded(chance.randrange(2**32)), tell)
        threading.Thread(target=forever, args=[another], daemon=True).start()
    forever(partial(write, repository, log, chance, tell))


def forever(act: Callable[[], None]) -> NoReturn:
    """Does something again and again; the first fault ends the process."""
    try:
        while True:
            act()
    except BaseException:  # noqa: BLE001 - in a thread nobody would hear of it
        traceback.print_exc()
        os._exit(1)


def look(place: Place, repository: Repository, *, is_whole: bool) -> None:
    """Looks whether files, store and closure agree with one another and with the log."""
    found = place.contents()
    model = Model.read(place.log)
    expected = [model.state]
    if model.pending is not None:
        expected.append(applied(model.state, model.pending))
    assert found in expected, f"{found}\nis none of\n{expected}"
    left = [path for path in place.root.rglob("*") if ".communique-" in path.name]
    left += (place.root / ".communique").glob("*.json")
    assert left == [], left
    generation = repository.generation
    assert generation.digest == sources.discover(place.root).digest
    agree(place, generation)
    if place.has_git:
        committed(place, generation, model)
    if is_whole:
        rebuilt(place, generation)


def agree(place: Place, generation: Generation) -> None:
    """Compares the graphs of the files, those without blank nodes triple by triple."""
    files = {}
    for name, entry in generation.manifest["graphs"].items():
        file = entry["file"]
        if file is None:
            continue
        content = (place.root / file).read_bytes()
        files[file] = sha256(content).hexdigest()
        assert entry["sha256"] == files[file], file
        graph = ox.NamedNode(name)
        stored = {q.triple for q in generation.store.quads_for_pattern(None, None, None, graph)}
        written = {quad.triple for quad in ox.parse(content, format=ox.RdfFormat.TURTLE)}
        assert len(stored) == len(written), file
        nodes = {node for each in written for node in (each.subject, each.object)}
        if not any(isinstance(node, ox.BlankNode) for node in nodes):
            assert stored == written, file
    assert files == place.contents()


def committed(place: Place, generation: Generation, model: Model) -> None:
    """Looks whether git has what was acknowledged, and nothing else lies about."""
    assert git(place, "status", "--porcelain") == ""
    if model.counts.get("acknowledged"):
        assert f"{AFTER}: {generation.digest}\n" in git(place, "log", "-1", "--format=%B")


def git(place: Place, *words: str) -> str:
    """Runs git in the dataset's folder, and returns what it writes."""
    command = ["git", "-C", str(place.root), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def rebuilt(place: Place, generation: Generation) -> None:
    """Builds everything anew from the files alone, compares it, and checks it."""
    with tempfile.TemporaryDirectory(dir=place.folder) as scratch:
        anew = gate.build(place.root, Path(scratch))
        assert anew.digest == generation.digest
        assert set(anew.store) == set(generation.store)
    report = gate.check(place.root)
    assert report.passed, report.findings


def read(repository: Repository) -> None:
    """Reads the generation in service: it is of one version as a whole."""
    generation = repository.generation
    rows = generation.store.query(TITLES)
    assert isinstance(rows, ox.QuerySolutions)
    titles = {row["graph"].value.rpartition("/")[2]: row["title"].value for row in rows}
    # They are only changed together.
    assert titles["topics"].partition(",")[2] == titles["states"].partition(",")[2], titles
    time.sleep(PAUSE)  # the writers are to get their turn


def write(
    repository: Repository,
    log: Log,
    chance: random.Random,
    tell: Callable[[bytes], None],
    kinds: Sequence[str] = KINDS,
) -> None:
    """Makes one change."""
    with repository.session() as session:
        edits, is_good = invent(session.read, chance, kinds)
        log.say(
            "begun",
            {
                edit.name: None if edit.content is None else sha256(edit.content).hexdigest()
                for edit in edits
            },
        )
        try:
            session.change(edits, Author("The killer", "killer@example.org"), "Because.")
        except DataError:
            assert not is_good
            log.say("rejected", [])
        else:
            assert is_good
            log.say("acknowledged", [])
    tell(b".")


def invent(
    held: Callable[[str], bytes | None], chance: random.Random, kinds: Sequence[str]
) -> tuple[list[Edit], bool]:
    """Returns a change of one file or of several, and whether the gate is to let it pass."""
    revision = chance.randrange(10**9)
    extra = str(chance.randrange(EXTRAS))
    name = f"graph/extra/{extra}/extra-{extra}.ttl"
    content = EXTRA.format(name=extra, revision=revision)
    kind = chance.choice(kinds)
    edits = []
    if kind == "article":
        number = chance.randint(1, ARTICLES)
        edits.append(titled(f"graph/articles/1995/01/synthetic-{number}.ttl", held, revision))
    if "pair" in kind:
        edits += [titled(TOPICS, held, revision), titled(STATES, held, revision)]
    if "extra" in kind:
        is_there = held(name) is not None
        edits.append(Edit(name, None if is_there else content.encode()))
    if kind == "bad":
        # Both are rejected, the second only by the shapes; and with them what goes along.
        bad = content.replace("cmq:layer value:asserted ;\n    ", "").replace("topic:topics", "id")
        if chance.random() < 1 / 2:
            bad = content.replace("skos:definition", "skos:note")
        edits += [titled(TOPICS, held, revision), titled(STATES, held, revision)]
        edits.append(Edit(name, bad.encode()))
    return edits, kind != "bad"


def titled(name: str, held: Callable[[str], bytes | None], revision: int) -> Edit:
    """Returns an edit that says the revision in the title of a file."""
    text = (held(name) or b"").decode()
    before, _, rest = text.partition('dcterms:title "')
    title, _, after = rest.partition('"')
    title = f"{title.partition(',')[0]}, revision {revision}"
    return Edit(name, f'{before}dcterms:title "{title}"{after}'.encode())


# --- The killer ----------------------------------------------------------------------------------


def prepare(place: Place) -> None:
    """Writes the dataset and builds it, in a child; reads the shapes, once for all writers."""
    corpus.write(ARTICLES, 1, place.root, 1)
    if place.has_git:
        for words in (("init", "-q"), ("add", "."), (*IDENTITY, "commit", "-qm", "Before")):
            git(place, *words)
    dump = place.folder / "quads.nq"

    def build() -> None:
        built = gate.build(place.root, place.generations)
        built.store.dump(str(dump), format=ox.RdfFormat.N_QUADS)

    wait_for(in_child(build))
    (path,) = place.generations.iterdir()
    store = ox.Store()
    store.extend(ox.parse(path=str(dump), format=ox.RdfFormat.N_QUADS))
    dump.unlink()
    base = Generation(path, read_manifest(path), store)
    content = EXTRA.format(name="0", revision=0).encode()
    edited = sources.place(place.root, "graph/extra/0/extra-0.ttl", content)
    passage.examine(base, place.root, [edited], Clock(gate.silent))
    Log(place.log).say("state", place.contents())


IDENTITY: Final = ("-c", "user.name=The killer", "-c", "user.email=killer@example.org")


def every_step(place: Place) -> dict[str, int]:
    """Kills a writer at every step that a change of three files takes on the file system.

    The steps are those of :mod:`crashing`: the change's own, those of bringing its generation to
    disk, and, as far as they are ours, those of having git take note.
    """

    def change(step: int) -> None:
        log = Log(place.log)
        repository = place.repository()
        repository.open()
        look(place, repository, is_whole=False)
        if repository.recovered:
            log.say("recovered", list(repository.recovered))
        log.say("state", place.contents())
        crashing.arm(step, str(place.folder))
        write(repository, log, seeded(step), lambda _: None, ("pair and extra",))

    for step in itertools.count():
        _, status = os.waitpid(in_child(partial(change, step)), 0)
        if os.WIFSIGNALED(status):
            continue
        if status:
            sys.exit("a writer failed; its error is above")
        wait_for(in_child(partial(opened_and_looked_at, place)))
        return {"kills": step, **Model.read(place.log).counts}
    raise AssertionError


def opened_and_looked_at(place: Place) -> None:
    """Opens the repository, and looks at all there is."""
    repository = place.repository()
    repository.open()
    look(place, repository, is_whole=True)


class Killer:
    """Kills writers, one after another.

    When, is a matter of what they do and not of the clock alone, so that as many kills hit
    something on a slow machine as on a fast one: after some changes, at any moment of the next.

    Args:
        place: Where everything lies.
        seed: What decides all choices.
    """

    def __init__(self, place: Place, seed: int) -> None:
        self._place = place
        self._chance = seeded(seed)
        self._change = FIRST
        self.young = 0

    def run(self, kills: int) -> dict[str, int]:
        """Kills so many, and returns what happened how often."""
        for number in range(kills):
            if self._chance.random() < YOUNG:
                self.young += 1
                self._kill(lambda _pipe: self._wait(OPENING), is_whole=False)
            else:
                # The one after the last kill is not killed before it has looked at everything.
                self._kill(self._watch, is_whole=number % WHOLE == WHOLE - 1)

        wait_for(in_child(partial(opened_and_looked_at, self._place)))
        counts = Model.read(self._place.log).counts
        return {"kills": kills, "before it was ready": self.young, **counts}

    def _kill(self, watch: Callable[[IO[bytes]], None], *, is_whole: bool) -> None:
        """Has one writer live, watches it for a while, and kills it."""
        ours, theirs = os.pipe()
        seed = self._chance.randrange(2**32)

        def tell(what: bytes) -> None:
            os.write(theirs, what)

        child = in_child(lambda: live(self._place, seed, is_whole=is_whole, tell=tell))
        os.close(theirs)
        with os.fdopen(ours, "rb", buffering=0) as pipe:
            watch(pipe)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit("a writer ended by itself; its error is above")

    def _watch(self, pipe: IO[bytes]) -> None:
        """Waits for some changes, and for a part of the next one."""
        changes = self._chance.randint(0, CHANGES)
        if pipe.read(1) != READY:
            return  # it has ended by itself
        begun = time.monotonic()
        for _ in range(changes):
            pipe.read(1)
        if changes:
            self._change = (time.monotonic() - begun) / changes
        self._wait(self._change * (1 if changes else 2))  # the first takes longer

    def _wait(self, most: float) -> None:
        time.sleep(self._chance.uniform(0, most))


def seeded(seed: int) -> random.Random:
    """Returns what decides all choices."""
    return random.Random(seed)  # noqa: S311 - no secret depends on it


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description="Kill writers of a dataset.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("kills", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--git", action="store_true", help="have git take note of each change")
    parser.add_argument("--every-step", action="store_true", help="kill at each step instead")
    given = parser.parse_args()
    place = Place(given.folder.resolve(), given.git)
    try:
        prepare(place)
        killer = Killer(place, given.seed)
        json.dump(every_step(place) if given.every_step else killer.run(given.kills), sys.stdout)
    except CommuniqueError as fault:
        sys.exit(str(fault))


if __name__ == "__main__":
    main()
