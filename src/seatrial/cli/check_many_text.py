"""Prints the reports of several clusters for people: what each has, then one line for each."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.cluster_reports import ClusterReport
from seatrial.cli.output import Tone, icon, print_line, print_table
from seatrial.cli.report_text import print_report, verdict
from seatrial.cluster.findings import Severity


def print_reports(clusters: tuple[ClusterReport, ...]) -> None:
    for each in clusters:
        if each.report.findings or each.report.incomplete:
            print_line((f"CLUSTER {each.cluster}", Tone.STRONG))
            print_report(each.report)
            print_line()
    print_table(
        ("CLUSTER", "VERSION", "TARGET", "VERDICT", "BLOCKERS", "WARNINGS", "INCOMPLETE"),
        [tuple(_row(each)) for each in clusters],
    )


def _row(cluster: ClusterReport) -> Iterator[str]:
    report = cluster.report
    tone, word = verdict(report)
    yield cluster.cluster
    yield cluster.version or "unknown"
    yield report.target or "unknown"
    yield f"{icon(tone)} {word}"
    yield str(report.count(Severity.BLOCKER))
    yield str(report.count(Severity.WARNING))
    yield str(len(report.incomplete))
