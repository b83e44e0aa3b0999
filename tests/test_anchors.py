"""Anchors resolve in the text that was encoded, and each way of not resolving is told apart."""

from hashlib import sha256
from pathlib import Path

import pytest

from communique import anchors, dataset, sources
from communique.anchors import AnchorReport, Mismatch
from communique.errors import TextNotFound
from conftest import MINI, edit, line_of

ONE = "https://w3id.org/communique/id/one/"
TEXT = (MINI / "one.txt").read_bytes()


def resolve(root: Path, text: bytes = TEXT, article: str | None = None) -> AnchorReport:
    """Returns what resolves of a dataset's anchors in a text."""
    return anchors.resolve(dataset.load(sources.discover(root)), text, article)


def test_everything_resolves_in_the_text() -> None:
    report = resolve(MINI)
    assert report.passed
    assert report.mismatches == ()
    assert report.outside == ()
    assert report.summary() == (
        "2 of 2 sentences anchored, 0 of 0 headings, 1 of 1 quotations, 1 of 1 mentions,"
        " 1 of 1 date phrases, 1 of 1 hedges, 4 of 4 anchors, 0 mismatches"
    )


def test_positions_are_code_points_not_bytes() -> None:
    # Everything after the first curly quotation mark has a byte offset that is larger.
    text = TEXT.decode()
    assert len(text) < len(TEXT)
    assert resolve(MINI).totals["quotation"] == 1


def test_another_text_is_told() -> None:
    report = resolve(MINI, b"x" + TEXT)
    assert not report.same_text
    assert not report.passed
    assert report.found == sha256(b"x" + TEXT).hexdigest()
    assert report.unresolved["sentence"] == 2
    assert "0 of 2 sentences anchored" in report.summary()


def test_another_text_in_which_all_resolves_does_not_pass() -> None:
    report = resolve(MINI, TEXT + b"\n")
    assert report.mismatches == ()
    assert not report.passed


@pytest.mark.parametrize(
    ("old", "new", "kind", "message"),
    [
        ("cmq:start 26", "cmq:start 27", "sentence", "is not what was encoded"),
        ("cmq:start 26", "cmq:start 99", "sentence", "are no stretch of text"),
        ("cmq:start 26", "cmq:start -1", "sentence", "are no stretch of text"),
        ("cmq:end 73", "cmq:end 730", "sentence", "it ends at 730, the text at 74"),
        ("cmq:start 26 ; ", "", "sentence", "no selector with a start and an end"),
        ('cmq:exact "It seems', 'cmq:exact "It seemed', "quotation", "has other words"),
        ('"The Union"', '"the Union"', "mention", "“the Union” is not in one:P1.S1"),
        ('"last month"', '"last year"', "date phrase", "“last year” is not in one:P1.S1"),
        ('cmq:wording "It seems"', 'cmq:wording "it seems"', "hedge", "“it seems” is not in"),
        ("cmq:anchor one:P1.S2 ,", "cmq:anchor one:P9.S9 ,", "anchor", "P9.S9 is no passage"),
        (
            "cmq:inSentence one:P1.S2",
            "cmq:inSentence one:P1.S1",
            "quotation",
            "it lies outside its sentence",
        ),
    ],
)
def test_each_mismatch_is_told_apart(
    mini: Path, old: str, new: str, kind: str, message: str
) -> None:
    path = mini / "graph" / "articles" / "one.ttl"
    edit(path, old, new)
    report = resolve(mini)
    assert report.same_text
    assert not report.passed
    found = [mismatch for mismatch in report.mismatches if mismatch.kind == kind]
    assert len(found) == 1
    assert message in found[0].message
    assert found[0].file == path
    assert found[0].line
    assert report.unresolved[kind] == 1


def test_mismatch_is_told_at_its_line(mini: Path) -> None:
    path = mini / "graph" / "articles" / "one.ttl"
    edit(path, '"The Union"', '"The Onion"')
    [mismatch] = resolve(mini).mismatches
    assert mismatch == Mismatch(
        kind="mention",
        node=ONE + "mention-1",
        file=path,
        line=line_of(path, "The Onion"),
        message="“The Onion” is not in one:P1.S1",
    )


def test_words_outside_quotation_marks_may_not_be_repeated(mini: Path) -> None:
    path = mini / "graph" / "articles" / "one.ttl"
    edit(
        path,
        'cmq:start 27 ; cmq:end 53 ; cmq:exact "It seems there is no plan,"',
        'cmq:start 55 ; cmq:end 59 ; cmq:exact "said"',
    )
    [mismatch] = resolve(mini).mismatches
    assert mismatch.message == "the words are not between quotation marks"


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("He said: “Yes. No. Perhaps.” So.", True),
        ('He said: "Yes. No. Perhaps." So.', True),
        ("He said: “Yes. No. Perhaps.\n“Or.”", True),
        ("He said: “Yes.” No. “Perhaps.”", False),
        ('He said: "Yes." No. "Perhaps."', False),
        ("He said: Yes. No. Perhaps.", False),
    ],
)
def test_what_is_between_quotation_marks(mini: Path, text: str, *, passes: bool) -> None:
    path = mini / "graph" / "articles" / "one.ttl"
    head = path.read_text().split("one:text a")[0]
    start = text.index("No.")
    path.write_text(
        f"""{head}
one:text a cmq:SourceText ; cmq:sha256 "{sha256(text.encode()).hexdigest()}" .
one:S a cmq:Sentence ; cmq:passageOf one:text ;
    cmq:selector [ cmq:start 0 ; cmq:end {len(text)} ] .
one:Q a cmq:Quotation ; cmq:passageOf one:text ; cmq:inSentence one:S ; cmq:anchor one:S ;
    cmq:selector [ cmq:start {start} ; cmq:end {start + 3} ; cmq:exact "No." ] .
"""
    )
    assert resolve(mini, text.encode()).passed is passes


def test_sentence_that_nothing_points_at_is_not_anchored(mini: Path) -> None:
    edit(mini / "graph" / "articles" / "one.ttl", "    cmq:anchor one:P1.S1 ;\n", "")
    report = resolve(mini)
    assert report.unanchored == (ONE + "P1.S1",)
    assert "1 of 2 sentences anchored" in report.summary()


def test_text_outside_all_passages_is_told(mini: Path) -> None:
    path = mini / "graph" / "articles" / "one.ttl"
    text = path.read_text()
    first = text[text.index("one:P1.S1 a") : text.index("one:P1.S2 a")]
    edit(path, first, "")
    assert resolve(mini).outside == ((0, 26),)


def test_text_that_is_not_utf8() -> None:
    with pytest.raises(TextNotFound, match="not UTF-8"):
        resolve(MINI, b"\xff\xfe")


def test_article_is_chosen_by_name_or_digest(mini: Path) -> None:
    other = b"Another."
    path = mini / "graph" / "articles" / "two.ttl"
    text = (mini / "graph" / "articles" / "one.ttl").read_text()
    text = text.replace("id/one/", "id/two/").replace("graph/one", "graph/two")
    path.write_text(text.replace(sha256(TEXT).hexdigest(), sha256(other).hexdigest()))
    assert resolve(mini).text == ONE + "text"
    assert resolve(mini, other).text == ONE.replace("one", "two") + "text"
    assert resolve(mini, TEXT, "two").text == ONE.replace("one", "two") + "text"
    with pytest.raises(TextNotFound, match="no article's text has the digest") as raised:
        resolve(mini, b"A third.")
    assert "--article" in raised.value.advice
    with pytest.raises(TextNotFound, match="no article three") as raised:
        resolve(mini, b"A third.", "three")
    assert raised.value.advice == "choose one of: one, two"


def test_dataset_without_articles(mini: Path) -> None:
    (mini / "graph" / "articles" / "one.ttl").unlink()
    with pytest.raises(TextNotFound, match="no article"):
        resolve(mini)
