"""Prints the reports of several clusters for people: what each has, one line for each, what to do first."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.cluster_reports import ClusterReport
from seatrial.checks.fleet_readiness import Cause, fleet_readiness
from seatrial.checks.grouping import gaps
from seatrial.cli.check_format import CheckFormat, Grouping
from seatrial.cli.output import Tone, icon, print_line, print_table
from seatrial.cli.report_table import print_report_table
from seatrial.cli.report_text import print_report, verdict
from seatrial.cluster.findings import Severity

_MOST_CAUSES = 10


def print_reports(
    clusters: tuple[ClusterReport, ...], output: CheckFormat, group_by: Grouping | None
) -> None:
    """In tables only the summary, for a fleet has more findings than a screen has lines; wide shows all."""
    for each in clusters:
        if output is not CheckFormat.TABLE and (each.report.findings or each.report.incomplete):
            print_line((f"CLUSTER {each.cluster}", Tone.STRONG))
            if output is CheckFormat.WIDE:
                print_report_table(each.report, wide=True, group_by=group_by)
            else:
                print_report(each.report, group_by)
            print_line()
    print_table(
        ("CLUSTER", "VERSION", "TARGET", "VERDICT", "BLOCKERS", "WARNINGS", "INCOMPLETE"),
        [tuple(_row(each)) for each in clusters],
    )
    if output is CheckFormat.TABLE:
        _print_unread(clusters)
    causes = fleet_readiness(clusters).causes
    if causes:
        print_line()
        print_table(
            ("WHAT TO REMOVE FIRST", "CHECK", "MAKES READY", "BLOCKS", "ASK"),
            [_cause(each) for each in causes[:_MOST_CAUSES]],
        )


def _print_unread(clusters: tuple[ClusterReport, ...]) -> None:
    """Why a cluster was not looked at at all: a number would not tell."""
    for cluster in clusters:
        for gap in cluster.report.incomplete if not cluster.version else ():
            print_line()
            print_line((f"{icon(Tone.UNKNOWN)} {cluster.cluster}", Tone.UNKNOWN), f"  {gap.why}")
            if gap.next_step:
                print_line(("    next: ", Tone.QUIET), gap.next_step)


def _row(cluster: ClusterReport) -> Iterator[str]:
    report = cluster.report
    tone, word = verdict(report)
    yield cluster.cluster
    yield cluster.version or "unknown"
    yield report.target or "unknown"
    yield f"{icon(tone)} {word}"
    yield str(report.count(Severity.BLOCKER))
    yield str(report.count(Severity.WARNING))
    yield str(len(gaps(report.incomplete)))


def _cause(cause: Cause) -> tuple[str, ...]:
    return (
        cause.title,
        cause.check,
        _some(cause.unblocks),
        _some(cause.clusters),
        ", ".join(cause.responsible[:3]),
    )


def _some(clusters: tuple[str, ...]) -> str:
    if not clusters:
        return "0"
    more = ", …" if len(clusters) > 3 else ""
    return f"{len(clusters)}: {', '.join(clusters[:3])}{more}"
