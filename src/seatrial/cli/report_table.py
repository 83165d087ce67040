"""Prints a report of checks as a table: one line for each finding, the worst first."""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.checks.grouping import Gap, GroupBy, gaps, groups
from seatrial.cli.check_format import Grouping
from seatrial.cli.output import Tone, icon, print_line, print_table
from seatrial.cli.report_text import EVIDENCE, TONES, print_verdict
from seatrial.cluster.findings import Finding, Report

_COLUMNS = ("SEVERITY", "CHECK", "WHERE", "OWNER", "WHAT")
_WIDE = ("OBJECTS", "EVIDENCE", "ASK", "MESSAGE", "FIX")


def print_report_table(report: Report, *, wide: bool, group_by: Grouping | None) -> None:
    unread = [_gap_row(each) for each in gaps(report.incomplete)]
    if group_by is None:
        _print(report.findings, unread, wide)
    else:
        for group in groups(report.findings, GroupBy(group_by.value)):
            print_line((f"{group.name} ({len(group.findings)})", Tone.STRONG))
            _print(group.findings, [], wide)
            print_line()
        _print((), unread, wide)
    print_verdict(report)


def _print(findings: Iterable[Finding], unread: list[tuple[str, ...]], wide: bool) -> None:
    rows = [*map(_row, findings), *unread]
    if rows:
        count = len(_COLUMNS) + (len(_WIDE) if wide else 0)
        print_table((*_COLUMNS, *_WIDE)[:count], [row[:count] for row in rows])


def _row(finding: Finding) -> tuple[str, ...]:
    more = f" +{len(finding.objects) - 1}" if len(finding.objects) > 1 else ""
    where = finding.location or (str(finding.objects[0]) if finding.objects else "") + more
    return (
        f"{icon(TONES[finding.severity])} {finding.severity.value}",
        finding.check,
        where,
        str(finding.owner or ""),
        finding.title,
        str(len(finding.objects)),
        EVIDENCE[finding.evidence],
        ", ".join(finding.responsible),
        finding.message,
        finding.fix,
    )


def _gap_row(gap: Gap) -> tuple[str, ...]:
    checks = gap.checks[0] + (f" +{len(gap.checks) - 1}" if len(gap.checks) > 1 else "")
    return (
        f"{icon(Tone.UNKNOWN)} incomplete",
        checks,
        gap.location or gap.what,
        "",
        "Not looked at",
        "0",
        "",
        "",
        gap.why,
        gap.next_step,
    )
