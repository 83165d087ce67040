"""Running one check in a test, and looking at what it said."""

from __future__ import annotations

from seatrial.checks.registry import get_check
from seatrial.checks.run import check_manifests, check_snapshot
from seatrial.cluster.findings import Finding, Report
from seatrial.cluster.manifests import parse_manifests
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor

TARGET = Minor(1, 37)


def report(check: str, snapshot: Snapshot, target: Minor = TARGET) -> Report:
    return check_snapshot(snapshot, target, [get_check(check)])


def report_on_text(text: str, target: Minor = TARGET, check: str = "removed-api-in-file") -> Report:
    return check_manifests(parse_manifests(text, "app.yaml"), target, "app.yaml", [get_check(check)])


def said(report: Report) -> list[tuple[str, tuple[str, ...]]]:
    """(severity, objects) of each finding; nothing may be incomplete."""
    assert report.incomplete == ()
    return [(each.severity.value, names(each)) for each in report.findings]


def names(finding: Finding) -> tuple[str, ...]:
    return tuple(str(ref) for ref in finding.objects)


def gaps(report: Report) -> list[str]:
    """What was incomplete; nothing may have been found."""
    assert report.findings == ()
    return [each.what for each in report.incomplete]
