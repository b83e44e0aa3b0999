"""Explanations: proofs, where each leaf is asserted, and the words of the source it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rdflib import Graph

from communique.explain.places import Places
from communique.explain.terms import parse
from communique.namespaces import CMQ, INFERRED_GRAPH, shorten
from communique.reasoning.compiler import compile_rules
from communique.reasoning.proofs import Prover
from communique.store import terms
from communique.store.engine import Embedded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from communique.explain.places import Place, Standing
    from communique.reasoning.proofs import Proof
    from communique.reasoning.rules import Pattern, Rule
    from communique.store.generation import Generation

_PASSAGES: Final = """
PREFIX cmq: <{cmq}>
SELECT DISTINCT ?passage (COALESCE(?id, "") AS ?name)
  (COALESCE(?first, -1) AS ?start) (COALESCE(?last, -1) AS ?end) (COALESCE(?words, "") AS ?exact)
WHERE {{
  {subject} cmq:anchor ?passage .
  OPTIONAL {{ ?passage cmq:passageId ?id }}
  OPTIONAL {{
    ?passage cmq:selector ?selector .
    ?selector cmq:start ?first ; cmq:end ?last .
    OPTIONAL {{ ?selector cmq:exact ?words }}
  }}
}}
ORDER BY ?first DESC(?last) ?passage
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a source text that a node is anchored to.

    Attributes:
        iri: The passage's IRI.
        name: Its identifier within its article, such as ``P4.S2``.
        start: Where it starts in the text, in code points from 0; None if that is not known.
        end: Where it ends, exclusive; None if that is not known.
        exact: The source's own words, where it is a quotation.
    """

    iri: str
    name: str
    start: int | None
    end: int | None
    exact: str | None

    def __str__(self) -> str:
        """Write it as ``P4.S2 [1093-1224] “…”``, as far as it is known."""
        range_ = f" [{self.start}–{self.end}]" if self.start is not None else ""  # noqa: RUF001 - a range
        return f"{self.name}{range_}" + (f" “{self.exact}”" if self.exact else "")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a triple holds: a node of a proof, with its sources.

    Attributes:
        triple: The triple.
        rule: The rule it follows by; None where it is asserted.
        axiom: Where the rule's axiom is written.
        premises: Why the premises hold.
        asserted: Where the triple is asserted; empty where it is inferred.
        passages: What an asserted triple's subject is anchored to.
    """

    triple: Pattern
    rule: Rule | None = None
    axiom: Place | None = None
    premises: tuple[Reason, ...] = ()
    asserted: tuple[Place, ...] = ()
    passages: tuple[Passage, ...] = ()

    @property
    def steps(self) -> int:
        """How often a rule is applied."""
        return sum(1 for reason in self.walk() if reason.rule is not None)

    def walk(self) -> Iterator[Reason]:
        """Yield this and every reason within it, each premise after its conclusion."""
        yield self
        for premise in self.premises:
            yield from premise.walk()


@dataclass(frozen=True, slots=True)
class Lack:
    """What the nearest rule lacks to conclude a triple.

    Attributes:
        rule: The rule.
        axiom: Where its axiom is written.
        held: The premises that hold.
        lacking: The premises that do not; variables stand for anything.
    """

    rule: Rule
    axiom: Place | None
    held: tuple[Pattern, ...]
    lacking: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a triple holds, or why it does not.

    Attributes:
        triple: The triple.
        proofs: Its proofs, the shortest first; none if it does not hold.
        lack: If it does not hold, what the nearest rule lacks; None if no rule is near.
        standing: Where it stands as asserted, as claimed, and as said by editors.
        digest: The digest of the dataset.
        has_lines: Whether the dataset's files were at hand to give lines.
    """

    triple: Pattern
    proofs: tuple[Reason, ...]
    lack: Lack | None
    standing: Standing
    digest: str
    has_lines: bool

    @property
    def holds(self) -> bool:
        """Whether the triple holds."""
        return bool(self.proofs)


class Explainer:
    """Explains the triples of a generation.

    Args:
        generation: The generation.
        root: The dataset's folder, for the lines; None if it is not at hand.
    """

    def __init__(self, generation: Generation, root: Path | None = None) -> None:
        self.engine = Embedded(generation.store)
        self._digest = generation.digest
        manifest = generation.manifest
        ontologies = {
            name: terms.graph(generation.store, name)
            for name, entry in manifest["graphs"].items()
            if entry["kind"] == "ontology"
        }
        whole = Graph(bind_namespaces="none")
        for graph in ontologies.values():
            whole += graph
        self._prover = Prover(self.engine, compile_rules(whole), INFERRED_GRAPH)
        self._places = Places(self.engine, manifest, ontologies, root)

    def explain(self, triple: Pattern, more: int = 0) -> Explanation:
        """Explain a triple.

        Args:
            triple: The triple, as :func:`communique.explain.terms.read_triple` returns it.
            more: How many further proofs are wanted.
        """
        proofs = self._prover.prove(triple, 1 + more)
        return Explanation(
            triple=triple,
            proofs=tuple(self._reason(proof) for proof in proofs),
            lack=None if proofs else self._lack(triple),
            standing=self._places.standing(triple),
            digest=self._digest,
            has_lines=self._places.has_lines,
        )

    def _reason(self, proof: Proof) -> Reason:
        """Add its sources to a proof."""
        if proof.step is None:
            return Reason(
                proof.triple,
                asserted=self._places.standing(proof.triple).asserted,
                passages=self._passages(proof.triple[0]),
            )
        rule = proof.step.rule
        premises = tuple(map(self._reason, proof.premises))
        return Reason(proof.triple, rule, self._axiom(rule), premises)

    def _lack(self, triple: Pattern) -> Lack | None:
        missing = self._prover.missing(triple)
        if missing is None:
            return None
        rule = missing.rule
        return Lack(rule, self._axiom(rule), missing.held, missing.lacking)

    def _axiom(self, rule: Rule) -> Place | None:
        return self._places.axiom(rule.axiom) if rule.axiom else None

    def _passages(self, subject: str) -> tuple[Passage, ...]:
        """Find the passages that a node is anchored to."""
        if not subject.startswith("<"):
            return ()
        found = []
        for row in self.engine.select(_PASSAGES.format(cmq=CMQ, subject=subject)):
            iri, name, start, end, exact = (parse(term).value for term in row)
            first, last = (int(start), int(end)) if int(start) >= 0 else (None, None)
            found.append(Passage(iri, name or shorten(iri), first, last, exact or None))
        return tuple(found)
