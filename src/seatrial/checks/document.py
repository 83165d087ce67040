"""A report as programs read it: one versioned document (docs/reports.md, docs/schemas/report.schema.json).

A change that breaks readers raises the format; new fields may appear without.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from seatrial.cluster.findings import Evidence, Finding, Incomplete, Report, Severity, Waived
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.ownership import Owner, OwnerKind
from seatrial.cluster.proposal import Proposal

REPORT_FORMAT: Literal[1] = 1


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A piece of a document."""


class ObjectDocument(_Part, frozen=True, kw_only=True):
    """An object; namespace and name may be empty."""

    api_version: str
    kind: str
    namespace: str
    name: str


class OwnerDocument(_Part, frozen=True, kw_only=True):
    """What manages an object and would put it back."""

    kind: OwnerKind
    namespace: str
    name: str


class ProposalDocument(_Part, frozen=True, kw_only=True):
    """A change to a live object that would remove the finding."""

    title: str
    object: ObjectDocument
    subresource: str
    """Where the patches go, if not to the object itself: "status"; else empty."""
    patch: dict[str, Any]
    """JSON merge patch (RFC 7386)."""
    undo: dict[str, Any]
    """The merge patch that takes it back."""
    safe: bool
    """Whether `seatrial fix` may carry it out, once approved."""
    temporary: bool
    """Whether it is meant to be taken back after the upgrade."""


class FindingDocument(_Part, frozen=True, kw_only=True):
    """One cause, however many objects it concerns."""

    check: str
    severity: Severity
    title: str
    message: str
    evidence: Evidence
    objects: tuple[ObjectDocument, ...]
    owner: OwnerDocument | None
    owners: tuple[OwnerDocument, ...]
    """All of them where several share the cause, and `owner` is null."""
    responsible: tuple[str, ...]
    """Whom to ask, from owner labels: "team=shop"."""
    fix: str
    source: str
    location: str
    """file:line, for what comes from a file."""
    proposals: tuple[ProposalDocument, ...]


class WaivedDocument(_Part, frozen=True, kw_only=True):
    """A finding that somebody decided to live with; it does not count."""

    finding: FindingDocument
    who: str
    why: str
    until: str
    """The last day, ISO 8601."""


class IncompleteDocument(_Part, frozen=True, kw_only=True):
    """What could not be looked at: the silence of this check means nothing."""

    check: str
    what: str
    why: str
    next_step: str
    location: str


class CountsDocument(_Part, frozen=True, kw_only=True):
    blockers: int
    warnings: int
    infos: int
    incomplete: int
    waived: int
    known: int


class ReportDocument(_Part, frozen=True, kw_only=True):
    """What was found in one cluster, snapshot or set of files, for one target."""

    format: Literal[1] = REPORT_FORMAT
    kind: Literal["SeatrialReport"] = "SeatrialReport"
    subject: str
    target: str
    clean: bool
    """Nothing to warn about, and everything could be read."""
    exit_code: int
    counts: CountsDocument
    findings: tuple[FindingDocument, ...]
    """The worst first."""
    incomplete: tuple[IncompleteDocument, ...]
    waived: tuple[WaivedDocument, ...]
    known: tuple[FindingDocument, ...]
    """In the baseline; they do not count."""
    checked: tuple[str, ...]
    """Ids of the checks that ran."""


def report_document(report: Report) -> dict[str, Any]:
    """The document as plain data."""
    plain: dict[str, Any] = msgspec.to_builtins(as_document(report))
    return plain


def as_document(report: Report) -> ReportDocument:
    return ReportDocument(
        subject=report.subject,
        target=report.target,
        clean=report.is_clean,
        exit_code=int(report.exit_code),
        counts=CountsDocument(
            blockers=report.count(Severity.BLOCKER),
            warnings=report.count(Severity.WARNING),
            infos=report.count(Severity.INFO),
            incomplete=len(report.incomplete),
            waived=len(report.waived),
            known=len(report.known),
        ),
        findings=tuple(map(_finding, report.findings)),
        incomplete=tuple(map(_incomplete, report.incomplete)),
        waived=tuple(map(_waived, report.waived)),
        known=tuple(map(_finding, report.known)),
        checked=report.checked,
    )


def _finding(finding: Finding) -> FindingDocument:
    return FindingDocument(
        check=finding.check,
        severity=finding.severity,
        title=finding.title,
        message=finding.message,
        evidence=finding.evidence,
        objects=tuple(map(_object, finding.objects)),
        owner=_owner(finding.owner) if finding.owner is not None else None,
        owners=tuple(map(_owner, finding.owners)),
        responsible=finding.responsible,
        fix=finding.fix,
        source=finding.source,
        location=finding.location,
        proposals=tuple(map(_proposal, finding.proposals)),
    )


def _owner(owner: Owner) -> OwnerDocument:
    return OwnerDocument(kind=owner.kind, namespace=owner.namespace, name=owner.name)


def _object(ref: ObjectRef) -> ObjectDocument:
    return ObjectDocument(api_version=ref.api_version, kind=ref.kind, namespace=ref.namespace, name=ref.name)


def _proposal(proposal: Proposal) -> ProposalDocument:
    return ProposalDocument(
        title=proposal.title,
        object=_object(proposal.target),
        subresource=proposal.subresource,
        patch=proposal.patch,
        undo=proposal.undo,
        safe=proposal.safe,
        temporary=proposal.temporary,
    )


def _waived(waived: Waived) -> WaivedDocument:
    return WaivedDocument(
        finding=_finding(waived.finding), who=waived.who, why=waived.why, until=waived.until
    )


def _incomplete(each: Incomplete) -> IncompleteDocument:
    return IncompleteDocument(
        check=each.check, what=each.what, why=each.why, next_step=each.next_step, location=each.location
    )
