"""What checks report: a problem with its evidence, owner and fix; and what could not be looked at.

A report is clean only when everything that its checks wanted to read was read.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.ownership import Owner
from seatrial.cluster.proposal import Proposal
from seatrial.errors import ExitCode


class Severity(StrEnum):
    BLOCKER = "blocker"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)


class Evidence(StrEnum):
    """How we know, the strongest first; what an object once was never blocks."""

    CLIENT_CALLS = "client-calls"
    """Somebody asked the API server for it."""
    STATE = "state"
    """The object as it is now says so."""
    WILL_BE_APPLIED_AGAIN = "will-be-applied-again"
    """A file or a Helm release holds it."""
    ONCE_WAS = "once-was"
    """Only an annotation or a field manager remembers it."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One cause, however many objects it concerns."""

    check: str
    severity: Severity
    title: str
    message: str
    evidence: Evidence = Evidence.STATE
    objects: tuple[ObjectRef, ...] = ()
    owner: Owner | None = None
    owners: tuple[Owner, ...] = ()
    """Several that share the cause, each of which has to act; `owner` is None then."""
    fix: str = ""
    source: str = ""
    """Where the rule comes from: an API document, a KEP, a fact with its date."""
    location: str = ""
    """file:line, for what comes from a file."""
    proposals: tuple[Proposal, ...] = ()
    """Changes to live objects that would remove it."""
    responsible: tuple[str, ...] = ()
    """Whom to ask, from owner labels: "team=shop"."""

    @property
    def managers(self) -> tuple[Owner, ...]:
        """Who has to act, one or several."""
        return self.owners or ((self.owner,) if self.owner is not None else ())

    def __post_init__(self) -> None:
        if self.evidence is Evidence.ONCE_WAS and self.severity is Severity.BLOCKER:
            raise ValueError(f"{self.check}: what an object once was never blocks")


class Incomplete(msgspec.Struct, frozen=True, kw_only=True):
    """A check that could not see everything: its silence means nothing."""

    check: str
    what: str
    why: str
    next_step: str = ""
    location: str = ""


class Waived(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that somebody decided to live with for a while."""

    finding: Finding
    who: str
    why: str
    until: str
    """The last day, ISO 8601."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for one target; worst findings first."""

    target: str
    """The minor that the cluster is to go to, "1.37"."""
    subject: str
    """The cluster, snapshot or path that was checked."""
    findings: tuple[Finding, ...] = ()
    incomplete: tuple[Incomplete, ...] = ()
    checked: tuple[str, ...] = ()
    """Ids of the checks that ran."""
    waived: tuple[Waived, ...] = ()
    """Set apart by waivers; they do not count."""
    known: tuple[Finding, ...] = ()
    """Set apart by a baseline; they do not count."""

    @property
    def exit_code(self) -> ExitCode:
        if self.count(Severity.BLOCKER):
            return ExitCode.BLOCKERS
        if self.incomplete:
            return ExitCode.INCOMPLETE
        return ExitCode.WARNINGS if self.count(Severity.WARNING) else ExitCode.CLEAN

    @property
    def is_clean(self) -> bool:
        return self.exit_code is ExitCode.CLEAN

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.BLOCKER)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst first, then by check and object, so that equal clusters give equal reports."""
    return tuple(
        sorted(
            findings,
            key=lambda each: (each.severity.rank, each.check, each.location, each.objects, each.message),
        )
    )
