"""The reports of several clusters side by side: what `seatrial check` has when it is given more than one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from seatrial.checks.document import ReportDocument, as_document
from seatrial.cluster.findings import Report, Severity
from seatrial.errors import ExitCode

REPORTS_FORMAT: Literal[1] = 1
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


class ReportsCounts(msgspec.Struct, frozen=True, kw_only=True):
    clusters: int
    clean: int
    blockers: int
    warnings: int
    infos: int
    incomplete: int


class ClusterReportDocument(msgspec.Struct, frozen=True, kw_only=True):
    cluster: str
    version: str
    report: ReportDocument


class ReportsDocument(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was found in several clusters."""

    format: Literal[1] = REPORTS_FORMAT
    kind: Literal["SeatrialReports"] = "SeatrialReports"
    clean: bool
    exit_code: int
    """The worst of them."""
    counts: ReportsCounts
    clusters: tuple[ClusterReportDocument, ...]


def reports_document(clusters: tuple[ClusterReport, ...]) -> dict[str, Any]:
    """All of them as plain data (docs/reports.md)."""
    reports = [each.report for each in clusters]
    document = ReportsDocument(
        clean=all(each.is_clean for each in reports),
        exit_code=int(worst_exit_code(reports)),
        counts=ReportsCounts(
            clusters=len(reports),
            clean=sum(each.is_clean for each in reports),
            blockers=_count(reports, Severity.BLOCKER),
            warnings=_count(reports, Severity.WARNING),
            infos=_count(reports, Severity.INFO),
            incomplete=sum(len(each.incomplete) for each in reports),
        ),
        clusters=tuple(
            ClusterReportDocument(cluster=each.cluster, version=each.version, report=as_document(each.report))
            for each in clusters
        ),
    )
    plain: dict[str, Any] = msgspec.to_builtins(document)
    return plain


def _count(reports: Iterable[Report], severity: Severity) -> int:
    return sum(each.count(severity) for each in reports)
