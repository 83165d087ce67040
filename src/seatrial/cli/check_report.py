"""Prints what `seatrial check` found, in the format that was asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, assert_never

from seatrial.cli.check_format import CheckFormat, Grouping
from seatrial.cli.output import OutputFormat, harmless, print_data

if TYPE_CHECKING:
    from seatrial.checks.cluster_reports import ClusterReport
    from seatrial.cluster.findings import Report
    from seatrial.cluster.snapshot import Snapshot


def print_one(
    report: Report, snapshot: Snapshot | None, output: CheckFormat, group_by: Grouping | None
) -> None:
    """`snapshot` is the cluster that was checked, if one was."""
    match output:
        case CheckFormat.TEXT:
            from seatrial.cli.report_text import print_report

            print_report(report, group_by)
        case CheckFormat.TABLE | CheckFormat.WIDE:
            from seatrial.cli.report_table import print_report_table

            print_report_table(report, wide=output is CheckFormat.WIDE, group_by=group_by)
        case CheckFormat.JSON | CheckFormat.YAML:
            from seatrial.checks.document import report_document

            print_data(report_document(report), OutputFormat(output.value))
        case CheckFormat.SARIF | CheckFormat.GITHUB | CheckFormat.HTML:
            from seatrial.checks.cluster_reports import ClusterReport

            version = snapshot.meta.server_version if snapshot else ""
            _print_published((ClusterReport(cluster=report.subject, version=version, report=report),), output)
        case _:
            assert_never(output)


def print_many(clusters: tuple[ClusterReport, ...], output: CheckFormat, group_by: Grouping | None) -> None:
    match output:
        case CheckFormat.TEXT | CheckFormat.TABLE | CheckFormat.WIDE:
            from seatrial.cli.check_many_text import print_reports

            print_reports(clusters, output, group_by)
        case CheckFormat.JSON | CheckFormat.YAML:
            from seatrial.checks.cluster_reports import reports_document

            print_data(reports_document(clusters), OutputFormat(output.value))
        case CheckFormat.SARIF | CheckFormat.GITHUB | CheckFormat.HTML:
            _print_published(clusters, output)
        case _:
            assert_never(output)


def _print_published(clusters: tuple[ClusterReport, ...], output: CheckFormat) -> None:
    """The forms that other programs show."""
    reports = [each.report for each in clusters]
    if output is CheckFormat.SARIF:
        from seatrial.checks.formats.sarif import sarif

        print_data(sarif(reports), OutputFormat.JSON)
    elif output is CheckFormat.GITHUB:
        from seatrial.checks.formats.github import github_annotations

        sys.stdout.writelines(harmless(line) + "\n" for line in github_annotations(reports))
    else:
        from seatrial.checks.formats.html import html_page
        from seatrial.clock import WallClock

        sys.stdout.write(html_page(clusters, made=f"{WallClock().now():%Y-%m-%d %H:%M} UTC"))
