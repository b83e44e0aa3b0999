"""Every fault the program foresees, as one hierarchy of exceptions.

A fault is either in the data (:class:`DataError`) or in the call (:class:`CallError`).  Each says
what is wrong and what to do about it.  Which exit status or HTTP status a type maps to is decided
in one table each, in ``cli/faults.py`` and ``web/problems.py``; nothing here knows about either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from communique.namespaces import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from communique.gate import Finding
    from communique.validation import Report


class CommuniqueError(Exception):
    """A foreseen fault.

    Args:
        message: What is wrong, as a sentence without a full stop.
        advice: What to do about it, in the same form; may be empty.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message, advice)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        """Return the message and the advice on one line."""
        return f"{self.message} — {self.advice}" if self.advice else self.message


class DataError(CommuniqueError):
    """The dataset is at fault.

    Args:
        message: What is wrong.
        advice: What to do about it.
        file: The file at fault, where one is.
        line: The line in that file, from 1.
        column: The column in that line, from 1.
        node: The IRI of the node at fault, where it is about one.
    """

    def __init__(  # noqa: PLR0913 - a fault's place has that many parts, all optional
        self,
        message: str,
        advice: str = "",
        *,
        file: Path | str | None = None,
        line: int | None = None,
        column: int | None = None,
        node: str | None = None,
    ) -> None:
        super().__init__(message, advice)
        self.file = file
        self.line = line
        self.column = column
        self.node = node

    @property
    def place(self) -> str:
        """The place as ``file:line:column``, as far as it is known; empty if it is not."""
        if self.file is None:
            return ""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)

    def __str__(self) -> str:
        """Return place, node, message and advice on one line."""
        node = shorten(self.node) if self.node else ""
        return ": ".join(part for part in (self.place, node, super().__str__()) if part)


class TurtleSyntaxError(DataError):
    """A file is not Turtle.

    Args:
        path: The file, or the name of the source a text came from.
        line: The line of the fault, from 1.
        column: The column of the fault, from 1.
        reason: The parser's explanation.
    """

    def __init__(self, path: Path | str, line: int, column: int, reason: str) -> None:
        super().__init__(
            f"not valid Turtle: {reason}",
            "correct the syntax at this place",
            file=path,
            line=line,
            column=column,
        )
        self.reason = reason


class HeaderError(DataError):
    """A file has no usable header (``<IRI> a owl:Ontology``), layer or name of its own."""


class UnusableSources(DataError):  # noqa: N818 - reads as the fault it is
    """Files of the dataset cannot be used: every fault found, at once.

    Args:
        faults: The faults, in the order of the files; at least one.
    """

    def __init__(self, faults: Sequence[DataError]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class ValidationFailed(DataError):  # noqa: N818 - named for the verdict it carries
    """The shapes reject the dataset.

    Args:
        report: The violations, one for each finding.
    """

    def __init__(self, report: Report) -> None:
        count = len(report.violations)
        super().__init__(
            f"the shapes reject the dataset: {count} violation{'' if count == 1 else 's'}",
            "correct the nodes the report names, then check again",
        )
        self.report = report


class InconsistentOntology(DataError):  # noqa: N818 - the logician's term
    """The facts and the ontology contradict each other.

    Args:
        faults: One fault for each contradiction; at least one.
    """

    def __init__(self, faults: Sequence[DataError]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class LeakError(DataError):
    """The content of claims is among the facts.

    Args:
        leaks: One fault for each proposition whose triple is among the facts; at least one.
    """

    def __init__(self, leaks: Sequence[DataError]) -> None:
        super().__init__("; ".join(str(leak) for leak in leaks))
        self.leaks = tuple(leaks)


class UnusableArchive(DataError):  # noqa: N818 - reads as the fault it is
    """A backup is damaged or tampered with, or no backup at all."""


class CallError(CommuniqueError):
    """The call is at fault: what was asked for cannot be done as asked."""


class DatasetNotFound(CallError):  # noqa: N818 - reads as the fault it is
    """A folder is not a dataset (it needs ``ontology/``, ``graph/`` and ``shapes/``)."""


class NoSourceFile(CallError):  # noqa: N818 - reads as the fault it is
    """A change is about what cannot be a file of a dataset."""


class BuildError(CallError):
    """A generation cannot be kept where the call says, or one that is there cannot be used."""


class UnusableVersion(CallError):  # noqa: N818 - reads as the fault it is
    """The gate does not let pass a version that is asked for beside others.

    Args:
        name: What the version is called.
        findings: What the gate found.
    """

    def __init__(self, name: str, findings: Sequence[Finding]) -> None:
        super().__init__(f"the gate does not let {name} pass", "choose a version that it lets pass")
        self.findings = tuple(findings)


class TextNotFound(CallError):  # noqa: N818 - reads as the fault it is
    """No article of the dataset answers to what was asked for."""


class QuerySyntaxError(CallError):
    """A query is not SPARQL 1.1.

    Args:
        reason: What is wrong.
        line: The line of the fault in the query, from 1, where known.
        column: The column of the fault, from 1, where known.
        advice: What to do about it.
    """

    def __init__(
        self,
        reason: str,
        line: int | None = None,
        column: int | None = None,
        advice: str = "correct the query",
    ) -> None:
        place = f" at line {line}, column {column}" if line and column else ""
        super().__init__(f"not a valid SPARQL query{place}: {reason}", advice)
        self.reason = reason
        self.line = line
        self.column = column


class RefusedQuery(CallError):  # noqa: N818 - named for the verdict
    """A query asks for something that is refused on principle.

    Args:
        message: What is refused.
        advice: What to do instead.
        clause: The clause it turns on, such as ``SERVICE``.
    """

    def __init__(self, message: str, advice: str = "", *, clause: str) -> None:
        super().__init__(message, advice)
        self.clause = clause


class StoppedQuery(CallError):  # noqa: N818 - named for the verdict
    """A query was stopped because it took more than it may."""


class DeadlineExceeded(StoppedQuery):
    """A query took too long.

    Args:
        seconds: How long it may take.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the query was stopped after {seconds:g} seconds, which is its deadline",
            "ask for less: name more of what you look for, or use LIMIT",
        )
        self.seconds = seconds


class MemoryExceeded(StoppedQuery):
    """A query took too much memory.

    Args:
        limit: How many bytes it may take; 0 where that is not known.
        message: What to say instead.
        advice: Likewise.
    """

    def __init__(self, limit: int = 0, message: str = "", advice: str = "") -> None:
        much = f"more than {limit // 1024**2} MiB of memory" if limit else "too much memory"
        super().__init__(
            message or f"the query was stopped because it needed {much}",
            advice or "ask for less: join, group and sort fewer solutions",
        )


class Busy(CallError):  # noqa: N818 - reads as the fault it is
    """There is more to do than can be done; trying again later will help.

    Args:
        message: What is wrong.
        retry_after: Seconds to wait before trying again.
    """

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, f"try again in {retry_after} seconds")
        self.retry_after = retry_after


class EngineFailure(CallError):  # noqa: N818 - reads as the fault it is
    """The process that ran a query ended for a reason of its own.

    Args:
        cause: What ended it.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"the process that ran the query ended unexpectedly: {cause}",
            "the server goes on; if the same query does it again, please report it",
        )
        self.cause = cause


class ServiceFailed(CallError):  # noqa: N818 - reads as the fault it is
    """Another endpoint, which a query calls with ``SERVICE``, gives no answer.

    Args:
        endpoint: Its address.
        reason: What came instead.
    """

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(
            f"no answer from SERVICE <{endpoint}>: {reason}",
            "try again later or ask it for less, or write SERVICE SILENT to go on without it",
        )
        self.endpoint = endpoint
        self.reason = reason


class UnwritableAnswer(CallError):  # noqa: N818 - named for what it is about
    """An answer cannot be expressed in the format asked for."""


class RemoteStoreError(CallError):
    """A remote store does not do its part.

    Args:
        url: The address that was asked.
        message: What is wrong.
        advice: What to do about it.
    """

    def __init__(self, url: str, message: str, advice: str) -> None:
        super().__init__(message, advice)
        self.url = url


class StoreUnreachable(RemoteStoreError):  # noqa: N818 - reads as the fault it is
    """A remote store gives no answer.

    Args:
        url: The address that was asked.
        reason: What came instead.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            url, f"no answer from {url}: {reason}", "check the address, and that the store runs"
        )


class StoreRefused(RemoteStoreError):  # noqa: N818 - reads as the fault it is
    """A remote store does not do what it was asked.

    Args:
        url: The address that was asked.
        status: The status code of HTTP.
        reason: What the store said, or the beginning of it.
    """

    def __init__(self, url: str, status: int, reason: str) -> None:
        super().__init__(
            url,
            f"{url} answers {status}: {reason}",
            "check that the address is the right one and allows this user to query and update",
        )
        self.status = status
        self.reason = reason


class StoreAnswerUnreadable(RemoteStoreError):  # noqa: N818 - reads as the fault it is
    """A remote store answers a query with something else than a result.

    Args:
        url: The address that was asked.
        answer: The beginning of what it answered.
    """

    def __init__(self, url: str, answer: str) -> None:
        super().__init__(
            url,
            f"{url} does not answer with SPARQL results as JSON: {answer}",
            "check that the address is one of a SPARQL 1.1 endpoint",
        )
        self.answer = answer


class TokenFileError(CallError):
    """The file of the tokens cannot be used.

    Args:
        path: The file.
        reason: Why, to follow its name.
        advice: What to do about it.
    """

    def __init__(self, path: Path, reason: str, advice: str = "") -> None:
        super().__init__(f"the file of the tokens {path} {reason}", advice or "see who may use it")
        self.path = path


class TokenMissing(CallError):  # noqa: N818 - reads as the fault it is
    """What is asked needs a token, and there is none."""

    def __init__(self) -> None:
        super().__init__(
            "changing anything here needs a token",
            "send it in the header, Authorization: Bearer TOKEN; "
            "who runs the server makes one with communique token create",
        )


class TokenRejected(CallError):  # noqa: N818 - reads as the fault it is
    """A token is not valid.

    Args:
        reason: Why, to follow "the token".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the token {reason}", "ask who runs the server for one: communique token create"
        )


class TokenInsufficient(CallError):  # noqa: N818 - reads as the fault it is
    """A token is valid, and does not allow what is asked.

    Args:
        message: What it does not allow.
        scope: The scope that would.
    """

    def __init__(self, message: str, scope: str) -> None:
        super().__init__(message, "ask who runs the server for one that does")
        self.scope = scope


class Conflict(CallError):  # noqa: N818 - reads as the fault it is
    """A change cannot be made because of another one, by hand or otherwise; nothing was changed.

    In HTTP it is 409 (RFC 9110, §15.5.10).
    """


class LostUpdate(CallError):  # noqa: N818 - named for what it prevents
    """A change would overwrite what its author has not seen; nothing was changed.

    In HTTP it is 412 (RFC 9110, §15.5.13): ``If-Match`` or ``If-None-Match`` does not hold.
    """


class StorageError(CallError):
    """A change cannot be brought to disk; nothing was changed.

    The files may be read-only, or belong to somebody else, or the disk is at fault.  Whoever sent
    the change is not to blame: in HTTP it is 500 (RFC 9110, §15.6.1).
    """


class StorageFull(StorageError):  # noqa: N818 - reads as the fault it is
    """A change cannot be brought to disk because there is no space; nothing was changed.

    In HTTP it is 507 (RFC 4918, §11.5), which is not to be repeated unasked.
    """


class GitFailure(CallError):  # noqa: N818 - reads as the fault it is
    """Git does not do what it is asked; of a change that was to be committed, nothing is left.

    A hook may have refused, HEAD may be on no branch, there may be no repository.  Whoever sent a
    change is not to blame: in HTTP it is 500 (RFC 9110, §15.6.1).
    """


class ChangeRejected(CallError):  # noqa: N818 - named for the verdict
    """The gate does not let a change pass; nothing was changed.

    In HTTP it is 422 (RFC 9110, §15.5.21).

    Args:
        fault: Why, as the gate told it.
        findings: Its findings, each with its place.
    """

    def __init__(self, fault: DataError, findings: Sequence[Finding]) -> None:
        count = sum(finding.severity == "violation" for finding in findings)
        super().__init__(
            f"the gate does not let this pass: {count} fault{'' if count == 1 else 's'}; "
            "nothing was changed",
            "correct what the findings name, then send it again",
        )
        self.fault = fault
        self.findings = tuple(findings)


class RefusedChange(RefusedQuery):
    """A change is of something that is not to be changed, or not in this way."""


class BodySyntaxError(CallError):
    """What a request sends is not of the type that it says.

    Args:
        kind: What it is to be: Turtle, JSON-LD.
        reason: What is wrong.
        line: The line of the fault, from 1, where known.
        column: The column of the fault, from 1, where known.
    """

    def __init__(
        self, kind: str, reason: str, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(f"the body is not valid {kind}: {reason}", "correct the syntax there")
        self.line = line
        self.column = column


class NoSuchGraph(CallError):  # noqa: N818 - reads as the fault it is
    """A change needs a graph that the dataset does not have.

    Args:
        iri: The IRI of the graph.
    """

    def __init__(self, iri: str) -> None:
        super().__init__(
            f"this dataset has no graph <{iri}>",
            "list the graphs it has with SELECT DISTINCT ?g { GRAPH ?g {} }",
        )


class OtherGraph(CallError):  # noqa: N818 - reads as the fault it is
    """A change of one graph would change another one; nothing was changed.

    In HTTP it is 422 (SPARQL 1.1 Graph Store HTTP Protocol, §5.7).

    Args:
        iri: The IRI of the other one.
    """

    def __init__(self, iri: str) -> None:
        super().__init__(
            f"this would change another graph, <{iri}>; nothing was changed",
            "send an update of several graphs to /sparql",
        )
