"""What the operators know of the vocabulary: which properties are of which kind."""

from __future__ import annotations

from typing import Final

from rdflib import DCTERMS, OWL, RDFS, SKOS, Namespace

CMQ: Final = Namespace("https://w3id.org/communique/ontology#")
VALUE: Final = Namespace("https://w3id.org/communique/value/")
ID: Final = Namespace("https://w3id.org/communique/id/")

OPTIONAL: Final = frozenset(
    {
        DCTERMS.description,
        OWL.imports,
        SKOS.altLabel,
        SKOS.broader,
        SKOS.exactMatch,
        SKOS.note,
        SKOS.scopeNote,
        CMQ.acceptedAs,
        CMQ.after,
        CMQ.agreesOnFactsWith,
        CMQ.agreesWith,
        CMQ.byOrderOf,
        CMQ.chair,
        CMQ.condition,
        CMQ.conflictsWith,
        CMQ.continues,
        CMQ.contrastsWith,
        CMQ.describes,
        CMQ.endsNotBefore,
        CMQ.eventPlace,
        CMQ.groundFor,
        CMQ.groundedIn,
        CMQ.groupOf,
        CMQ.illustrates,
        CMQ.involves,
        CMQ.locatedIn,
        CMQ.opposes,
        CMQ.organizer,
        CMQ.postIn,
        CMQ.proposes,
        CMQ.readAs,
        CMQ.relays,
        CMQ.remit,
        CMQ.supports,
        CMQ.targets,
    }
)
"""Properties without which a node is as valid, and says less."""

JOINT: Final = frozenset(
    {
        CMQ.cites,
        CMQ.content,
        CMQ.delegation,
        CMQ.derivedFrom,
        CMQ.followsRule,
        CMQ.mergedParty,
        CMQ.speaker,
    }
)
"""Properties of which each value is needed, however many there are."""

SINGLE: Final = frozenset(
    {
        RDFS.label,
        CMQ.capacity,
        CMQ.certainty,
        CMQ.characterCount,
        CMQ.citationBasis,
        CMQ.currentHolder,
        CMQ.currentMember,
        CMQ.datePrecision,
        CMQ.decidedOn,
        CMQ.delegate,
        CMQ.directness,
        CMQ.encodes,
        CMQ.end,
        CMQ.endedBy,
        CMQ.endsNotAfter,
        CMQ.endsNotBefore,
        CMQ.eventPlace,
        CMQ.exact,
        CMQ.hedgedBy,
        CMQ.inDocument,
        CMQ.inOrganization,
        CMQ.inSentence,
        CMQ.inTreaty,
        CMQ.isoAlpha2,
        CMQ.isoAlpha3,
        CMQ.isoNumeric,
        CMQ.issue,
        CMQ.issuer,
        CMQ.layer,
        CMQ.member,
        CMQ.membershipStatus,
        CMQ.modality,
        CMQ.narrator,
        CMQ.notAfter,
        CMQ.notBefore,
        CMQ.noteStatus,
        CMQ.object,
        CMQ.occasion,
        CMQ.outlet,
        CMQ.paragraph,
        CMQ.passageOf,
        CMQ.polarity,
        CMQ.post,
        CMQ.postIn,
        CMQ.predicate,
        CMQ.principal,
        CMQ.printedForm,
        CMQ.publicationEvent,
        CMQ.reason,
        CMQ.referenceBasis,
        CMQ.referenceMode,
        CMQ.refersTo,
        CMQ.register,
        CMQ.replacement,
        CMQ.replaces,
        CMQ.reports,
        CMQ.represents,
        CMQ.selector,
        CMQ.passageId,
        CMQ.sha256,
        CMQ.sourceStatus,
        CMQ.standing,
        CMQ.start,
        CMQ.startsNotAfter,
        CMQ.subject,
        CMQ.textOf,
        CMQ.unitOf,
        CMQ.volume,
        CMQ.wording,
    }
)
"""Properties of which a node has one value at most, a label one in each language."""

SCHEMES: Final = {
    CMQ.certainty: "positive",
    CMQ.citationBasis: "explicit",
    CMQ.dateBasis: "range",
    CMQ.datePrecision: "stated",
    CMQ.directness: "own-citation",
    CMQ.membershipStatus: "accepted",
    CMQ.modality: "certain",
    CMQ.noteStatus: "accepted",
    CMQ.polarity: "certain",
    CMQ.reason: "documented",
    CMQ.referenceBasis: "metonym",
    CMQ.referenceMode: "explicit",
    CMQ.speechAct: "hoped",
    CMQ.standing: "asserted",
    CMQ.layer: "accepted",
    CMQ.sourceStatus: "documented",
    CMQ.authorStatus: "documented",
}
"""Properties with a closed list, and a value of another list."""

DERIVED: Final = {
    CMQ.speaker: CMQ.attributedTo,
    CMQ.narrator: CMQ.attributedTo,
    CMQ.unitOf: CMQ.partOfOrganization,
    CMQ.inOrganization: CMQ.membershipIn,
    CMQ.inTreaty: CMQ.membershipIn,
    CMQ.supports: CMQ.linkedTo,
    CMQ.targets: CMQ.linkedTo,
    CMQ.retracts: CMQ.withdrawnBy,
    CMQ.replaces: CMQ.supersedes,
    CMQ.replacement: CMQ.retractedBy,
}
"""Properties, and those that follow from them and are never written."""

ORDINARY: Final = (CMQ.Claim, CMQ.Meeting, CMQ.Person, CMQ.Report, CMQ.Sentence, CMQ.Treaty)
"""Classes that have nothing in common, for a node to be given one that it does not have."""
