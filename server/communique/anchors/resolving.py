"""Anchors re-resolved: does the article's text still say what the dataset points at?

The project does not contain the text.  Given it, every passage is found by its position (Unicode
code points, end exclusive, as in the Web Annotation Data Model, section 4.2.5) and compared by
digest, every repeated word is looked for in its sentence, and every anchor must lead to a passage.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final, cast

from rdflib import RDF, Literal, URIRef

from communique.anchors.report import AnchorReport, Mismatch
from communique.errors import TextNotFound
from communique.namespaces import CMQ, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib import Graph
    from rdflib.term import Identifier

    from communique.anchors.report import Span
    from communique.dataset import Dataset

_PASSAGES: Final = {
    "sentence": URIRef(CMQ + "Sentence"),
    "heading": URIRef(CMQ + "Heading"),
    "quotation": URIRef(CMQ + "Quotation"),
}
_SOURCE_TEXT: Final = URIRef(CMQ + "SourceText")
_MENTION: Final = URIRef(CMQ + "Mention")
_ANCHOR: Final = URIRef(CMQ + "anchor")
_DATE_PHRASE: Final = URIRef(CMQ + "datePhrase")
_END: Final = URIRef(CMQ + "end")
_EXACT: Final = URIRef(CMQ + "exact")
_IN_SENTENCE: Final = URIRef(CMQ + "inSentence")
_PASSAGE_OF: Final = URIRef(CMQ + "passageOf")
_PRINTED_FORM: Final = URIRef(CMQ + "printedForm")
_SELECTOR: Final = URIRef(CMQ + "selector")
_SHA256: Final = URIRef(CMQ + "sha256")
_START: Final = URIRef(CMQ + "start")
_WORDING: Final = URIRef(CMQ + "wording")

_QUOTED: Final = re.compile(r"“([^”\n]*)”?|\"([^\"\n]*)\"?")
"""A stretch between quotation marks; a mark that is not closed holds to the paragraph's end."""


def resolve(dataset: Dataset, content: bytes, article: str | None = None) -> AnchorReport:
    """Resolve every anchor of an article in its text.

    Args:
        dataset: The dataset.
        content: The text, as its file has it.
        article: The article's slug, such as ``edm-2-213``, where the digest does not tell.

    Raises:
        TextNotFound: The content is not UTF-8, or no article of the dataset answers.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"the text is not UTF-8: {error.reason} at byte {error.start}"
        raise TextNotFound(message, "give the article's plain text in UTF-8") from error
    digest = sha256(content).hexdigest()
    node = _choose(dataset.explicit, digest, article)
    expected = str(dataset.explicit.value(node, _SHA256) or "")
    return _Resolver(dataset, node, text).report(expected, digest)


def _choose(graph: Graph, digest: str, article: str | None) -> URIRef:
    """Return the source text that is meant."""
    texts = sorted(str(node) for node in graph.subjects(RDF.type, _SOURCE_TEXT))
    if not texts:
        raise TextNotFound("the dataset has no article", "choose another with --dataset")
    if article is not None:
        chosen = [node for node in texts if f"/{article}/" in node or node.endswith(f"/{article}")]
        if not chosen:
            known = ", ".join(node.split("/")[-2] for node in texts)
            message = f"the dataset has no article {article}"
            raise TextNotFound(message, f"choose one of: {known}")
        return URIRef(chosen[0])
    for node in texts:
        if (URIRef(node), _SHA256, Literal(digest)) in graph:
            return URIRef(node)
    if len(texts) > 1:
        message = f"no article's text has the digest {digest}"
        raise TextNotFound(message, "say which article is meant with --article")
    return URIRef(texts[0])


@dataclass
class _Resolver:
    """Resolves the anchors of one source text."""

    dataset: Dataset
    source: URIRef
    text: str
    totals: Counter[str] = field(default_factory=Counter)
    mismatches: dict[tuple[str, str], Mismatch] = field(default_factory=dict)
    spans: dict[Identifier, Span] = field(default_factory=dict)
    passages: dict[Identifier, str] = field(default_factory=dict)

    def report(self, expected: str, found: str) -> AnchorReport:
        """Resolve everything."""
        self._passages()
        self._quotations()
        self._mentions()
        self._words("date phrase", _DATE_PHRASE)
        self._words("hedge", _WORDING)
        anchored = self._anchors()
        mismatches = sorted(
            self.mismatches.values(), key=lambda found: (str(found.file), found.line or 0)
        )
        return AnchorReport(
            text=str(self.source),
            expected=expected,
            found=found,
            totals=dict(self.totals),
            unresolved=dict(Counter(mismatch.kind for mismatch in mismatches)),
            unanchored=tuple(
                sorted(
                    str(passage)
                    for passage, kind in self.passages.items()
                    if kind == "sentence" and passage not in anchored
                )
            ),
            outside=tuple(self._outside()),
            mismatches=tuple(mismatches),
        )

    def _passages(self) -> None:
        """Find each passage by its position, and compare its digest."""
        graph = self.dataset.explicit
        for kind, type_ in _PASSAGES.items():
            self.totals[kind] = 0
            for passage in sorted(graph.subjects(_PASSAGE_OF, self.source), key=str):
                if (passage, RDF.type, type_) in graph:
                    self.totals[kind] += 1
                    self._passage(kind, cast("Identifier", passage))

    def _passage(self, kind: str, passage: Identifier) -> None:
        graph = self.dataset.explicit
        self.passages[passage] = kind
        selector = graph.value(passage, _SELECTOR)
        start, end = (graph.value(selector, end) for end in (_START, _END))
        if not (isinstance(start, Literal) and isinstance(end, Literal)):
            self._mismatch(kind, passage, "it has no selector with a start and an end")
            return
        first, last = start.value, end.value
        if not (isinstance(first, int) and isinstance(last, int)) or not 0 <= first < last:
            message = f"its positions {start} to {end} are no stretch of text"
            self._mismatch(kind, passage, message, _SELECTOR)
            return
        if last > len(self.text):
            message = f"it ends at {last}, the text at {len(self.text)}"
            self._mismatch(kind, passage, message, _SELECTOR)
            return
        self.spans[passage] = (first, last)
        digest = graph.value(selector, _SHA256)
        words = self.text[first:last]
        if digest is not None and sha256(words.encode()).hexdigest() != str(digest):
            message = f"the text from {first} to {last} is not what was encoded"
            self._mismatch(kind, passage, message, _SELECTOR)

    def _quotations(self) -> None:
        """Compare the words repeated with the text; only quoted words may be repeated."""
        graph = self.dataset.explicit
        quoted = [
            next(found.span(group) for group in (1, 2) if found.group(group) is not None)
            for found in _QUOTED.finditer(self.text)
        ]
        for passage, kind in self.passages.items():
            if kind != "quotation" or passage not in self.spans:
                continue
            first, last = self.spans[passage]
            exact = graph.value(graph.value(passage, _SELECTOR), _EXACT)
            sentence = cast("Identifier | None", graph.value(passage, _IN_SENTENCE))
            start, end = self.spans.get(sentence, (0, len(self.text))) if sentence else (0, 0)
            if exact is not None and self.text[first:last] != str(exact):
                self._mismatch(kind, passage, "the text there has other words", _SELECTOR)
            elif not start <= first < last <= end:
                self._mismatch(kind, passage, "it lies outside its sentence", _IN_SENTENCE)
            elif not any(opened <= first < last <= closed for opened, closed in quoted):
                message = "the words are not between quotation marks"
                self._mismatch(kind, passage, message, _SELECTOR)

    def _mentions(self) -> None:
        """Look for each printed form in its sentence."""
        graph = self.dataset.explicit
        self.totals["mention"] = 0
        for mention in sorted(graph.subjects(RDF.type, _MENTION), key=str):
            sentence = graph.value(mention, _IN_SENTENCE)
            if sentence in self.passages:
                self.totals["mention"] += 1
                form = str(graph.value(mention, _PRINTED_FORM) or "")
                if not form or form not in self._words_of(sentence):
                    message = f"“{form}” is not in {shorten(str(sentence))}"
                    node = cast("Identifier", mention)
                    self._mismatch("mention", node, message, _PRINTED_FORM)

    def _words(self, kind: str, predicate: URIRef) -> None:
        """Look for words repeated outside quotations in the passages their node is anchored to."""
        graph = self.dataset.explicit
        self.totals[kind] = 0
        for node, words in sorted(graph.subject_objects(predicate), key=str):
            ours = [passage for passage in graph.objects(node, _ANCHOR) if passage in self.passages]
            if not ours:
                continue
            self.totals[kind] += 1
            if not any(str(words) in self._words_of(passage) for passage in ours):
                names = " or ".join(sorted(shorten(str(passage)) for passage in ours))
                message = f"“{words}” is not in {names}"
                self._mismatch(kind, cast("Identifier", node), message, predicate)

    def _anchors(self) -> set[Identifier]:
        """Make sure that every anchor leads to a passage; return the passages pointed at."""
        graph = self.dataset.explicit
        prefix = str(self.source).rsplit("/", 1)[0] + "/"
        self.totals["anchor"] = 0
        pointed = set()
        for node, passage in graph.subject_objects(_ANCHOR):
            if passage in self.passages:
                self.totals["anchor"] += 1
                pointed.add(cast("Identifier", passage))
            elif str(passage).startswith(prefix):
                self.totals["anchor"] += 1
                message = f"{shorten(str(passage))} is no passage of the text"
                self._mismatch("anchor", cast("Identifier", node), message, _ANCHOR, passage)
        return pointed

    def _words_of(self, passage: object) -> str:
        """Return the text of a passage; empty where it does not resolve."""
        first, last = self.spans.get(cast("Identifier", passage), (0, 0))
        return self.text[first:last]

    def _outside(self) -> Iterator[Span]:
        """Yield the stretches that belong to no passage, white space apart."""
        reached = 0
        for first, last in [*sorted(self.spans.values()), (len(self.text), len(self.text))]:
            if self.text[reached:first].strip():
                yield (reached, first)
            reached = max(reached, last)

    def _mismatch(
        self,
        kind: str,
        node: Identifier,
        message: str,
        predicate: URIRef | None = None,
        value: object = None,
    ) -> None:
        """Record the first thing that is wrong with a node."""
        place = self.dataset.locate(node, predicate, cast("Identifier | None", value))
        self.mismatches.setdefault(
            (kind, f"{node} {value}"),
            Mismatch(
                kind=kind,
                node=str(node),
                file=place.file.path if place else None,
                line=place.line if place else None,
                message=message,
            ),
        )
