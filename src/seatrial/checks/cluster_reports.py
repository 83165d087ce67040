"""The reports of several clusters side by side: what `seatrial check` has when it is given more than one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from seatrial.checks.document import report_document
from seatrial.cluster.findings import Report, Severity
from seatrial.errors import ExitCode

REPORTS_FORMAT = 1
_WORSE = (ExitCode.CLEAN, ExitCode.WARNINGS, ExitCode.INCOMPLETE, ExitCode.BLOCKERS)


class ClusterReport(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster of several."""

    cluster: str
    """As the user named it: a context, or a cluster of the fleet file."""
    version: str = ""
    """What its API server runs, "v1.36.4"; empty where it was not read."""
    report: Report
    """Of a cluster that could not be read, one that says so."""


def worst_exit_code(reports: Iterable[Report]) -> ExitCode:
    """As within one report: blockers win over incomplete, which wins over warnings."""
    return max((each.exit_code for each in reports), key=_WORSE.index, default=ExitCode.CLEAN)


def reports_document(clusters: tuple[ClusterReport, ...]) -> dict[str, Any]:
    """All of them as plain data (docs/reports.md)."""
    reports = [each.report for each in clusters]
    return {
        "format": REPORTS_FORMAT,
        "kind": "SeatrialReports",
        "clean": all(each.is_clean for each in reports),
        "exitCode": int(worst_exit_code(reports)),
        "counts": {
            "clusters": len(reports),
            "clean": sum(each.is_clean for each in reports),
            **{f"{severity.value}s": sum(each.count(severity) for each in reports) for severity in Severity},
            "incomplete": sum(len(each.incomplete) for each in reports),
        },
        "clusters": [
            {"cluster": each.cluster, "version": each.version, "report": report_document(each.report)}
            for each in clusters
        ],
    }
