"""Prints what `seatrial check` found, in the format that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.cli.output import OutputFormat, print_data

if TYPE_CHECKING:
    from seatrial.checks.cluster_reports import ClusterReport
    from seatrial.cluster.findings import Report


def print_one(report: Report, output: OutputFormat) -> None:
    if output is OutputFormat.TABLE:
        from seatrial.cli.report_text import print_report

        print_report(report)
    else:
        from seatrial.checks.document import report_document

        print_data(report_document(report), output)


def print_many(clusters: tuple[ClusterReport, ...], output: OutputFormat) -> None:
    if output is OutputFormat.TABLE:
        from seatrial.cli.check_many_text import print_reports

        print_reports(clusters)
    else:
        from seatrial.checks.cluster_reports import reports_document

        print_data(reports_document(clusters), output)
