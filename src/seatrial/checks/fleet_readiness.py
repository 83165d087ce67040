"""A fleet at a glance: which clusters are ready, what blocks the others, which cause to remove first.

A cause is what one check says, whatever it is called on each cluster. What could not be read blocks like
a cause of its own: nobody knows what hides behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from seatrial.checks.cluster_reports import ClusterReport
from seatrial.cluster.findings import Report
from seatrial.errors import ExitCode


class Readiness(StrEnum):
    READY = "ready"
    WARNED = "ready, with warnings"
    UNKNOWN = "incomplete"
    BLOCKED = "blocked"


class Cause(msgspec.Struct, frozen=True):
    check: str
    title: str
    clusters: tuple[str, ...]
    """Those that it blocks, in the order of the fleet."""
    unblocks: tuple[str, ...]
    """Those that nothing else blocks: removing it makes them ready."""
    responsible: tuple[str, ...]
    """Owners and teams that the findings name, most often named first."""


class FleetReadiness(msgspec.Struct, frozen=True):
    clusters: dict[str, Readiness]
    causes: tuple[Cause, ...]
    """What unblocks most first."""

    def count(self, readiness: Readiness) -> int:
        return sum(each is readiness for each in self.clusters.values())


_OF_EXIT_CODE = {
    ExitCode.CLEAN: Readiness.READY,
    ExitCode.WARNINGS: Readiness.WARNED,
    ExitCode.INCOMPLETE: Readiness.UNKNOWN,
    ExitCode.BLOCKERS: Readiness.BLOCKED,
}


def readiness_of(report: Report) -> Readiness:
    return _OF_EXIT_CODE[report.exit_code]


def fleet_readiness(clusters: Iterable[ClusterReport]) -> FleetReadiness:
    clusters = tuple(clusters)
    blocked_by: dict[str, dict[str, None]] = {each.cluster: _causes(each.report) for each in clusters}
    titles: dict[str, str] = {}
    named: dict[str, dict[str, int]] = {}
    for each in clusters:
        for finding in each.report.blockers:
            titles.setdefault(finding.check, finding.title)
            for name in (*finding.responsible, *map(str, finding.managers)):
                counts = named.setdefault(finding.check, {})
                counts[name] = counts.get(name, 0) + 1
    causes = [
        Cause(
            check=check,
            title=title,
            clusters=tuple(name for name, found in blocked_by.items() if check in found),
            unblocks=tuple(name for name, found in blocked_by.items() if set(found) == {check}),
            responsible=tuple(sorted(named.get(check, {}), key=lambda name: (-named[check][name], name))),
        )
        for check, title in {**titles, _UNREAD: "Something could not be read"}.items()
    ]
    return FleetReadiness(
        clusters={each.cluster: readiness_of(each.report) for each in clusters},
        causes=tuple(
            sorted(
                (each for each in causes if each.clusters),
                key=lambda each: (-len(each.unblocks), -len(each.clusters), each.check),
            )
        ),
    )


_UNREAD = ""


def _causes(report: Report) -> dict[str, None]:
    found = dict.fromkeys(each.check for each in report.blockers)
    if report.incomplete:
        found[_UNREAD] = None
    return found
