"""Prints a report of checks for people: the worst first, each with what to do about it."""

from __future__ import annotations

from seatrial.checks.grouping import Gap, GroupBy, gaps, groups, is_named
from seatrial.checks.wording import counted
from seatrial.cli.check_format import Grouping
from seatrial.cli.output import Tone, icon, print_line
from seatrial.cluster.findings import Evidence, Finding, Report, Severity, Waived
from seatrial.errors import ExitCode

TONES = {Severity.BLOCKER: Tone.BAD, Severity.WARNING: Tone.WARN, Severity.INFO: Tone.QUIET}
_MOST_OBJECTS = 5
_MOST_CHECKS = 3
EVIDENCE = {
    Evidence.CLIENT_CALLS: "a client asks for it",
    Evidence.WILL_BE_APPLIED_AGAIN: "it will be applied again",
    Evidence.ONCE_WAS: "it once was",
    Evidence.STATE: "",
}


def print_report(report: Report, group_by: Grouping | None = None) -> None:
    if group_by is None:
        for finding in report.findings:
            _print_finding(finding)
    else:
        for group in groups(report.findings, GroupBy(group_by.value)):
            print_line((f"{group.name} ({len(group.findings)})", Tone.STRONG))
            for finding in group.findings:
                _print_finding(finding)
            print_line()
    for gap in gaps(report.incomplete):
        _print_gap(gap)
    for waived in report.waived:
        _print_waived(waived)
    print_verdict(report)


def _print_finding(finding: Finding) -> None:
    tone = TONES[finding.severity]
    at = f"{finding.location}: " if finding.location else ""
    print_line(
        (f"{icon(tone)} {finding.severity.value.upper()}", tone),
        f"  {finding.title}  ",
        (f"[{finding.check}]", Tone.QUIET),
    )
    print_line(f"    {at}{finding.message}")
    if len(finding.objects) > 1:
        shown = ", ".join(str(ref) for ref in finding.objects[:_MOST_OBJECTS])
        more = len(finding.objects) - _MOST_OBJECTS
        print_line(("    objects: ", Tone.QUIET), shown + (f" and {more} more" if more > 0 else ""))
    elif finding.objects and not is_named(finding.objects[0], finding.message):
        print_line(("    object: ", Tone.QUIET), str(finding.objects[0]))
    if EVIDENCE[finding.evidence]:
        print_line(("    evidence: ", Tone.QUIET), EVIDENCE[finding.evidence])
    if finding.owner and not finding.location:
        print_line(("    owner: ", Tone.QUIET), str(finding.owner))
    if finding.responsible:
        print_line(("    ask: ", Tone.QUIET), ", ".join(finding.responsible))
    if finding.fix:
        print_line(("    fix: ", Tone.QUIET), finding.fix)


def _print_gap(gap: Gap) -> None:
    checks = ", ".join(gap.checks[:_MOST_CHECKS])
    more = len(gap.checks) - _MOST_CHECKS
    others = f" and {counted(more, 'more check')}" if more > 0 else ""
    said = f"[{checks}{others}]" if checks else ""
    print_line(
        (f"{icon(Tone.UNKNOWN)} INCOMPLETE", Tone.UNKNOWN),
        f"  {gap.what}  ",
        (said, Tone.QUIET),
    )
    print_line(f"    {gap.why}")
    if gap.next_step:
        print_line(("    next: ", Tone.QUIET), gap.next_step)


def _print_waived(waived: Waived) -> None:
    finding = waived.finding
    print_line(
        (f"{icon(Tone.QUIET)} waived  {finding.title}  [{finding.check}]  ", Tone.QUIET),
        f"by {waived.who} until {waived.until}: {waived.why}",
    )


def print_verdict(report: Report) -> None:
    tone, word = verdict(report)
    goes_to = f" to Kubernetes {report.target}" if report.target else ""
    counts = ", ".join(
        f"{number} {name}{'s' if number != 1 and name in ('blocker', 'warning', 'note') else ''}"
        for number, name in (
            (report.count(Severity.BLOCKER), "blocker"),
            (report.count(Severity.WARNING), "warning"),
            (report.count(Severity.INFO), "note"),
            (len(gaps(report.incomplete)), "incomplete"),
            (len(report.waived), "waived"),
            (len(report.known), "known before"),
        )
        if number
    )
    print_line(
        (f"{icon(tone)} {word}", tone),
        f"  {report.subject}{goes_to}: {counts or 'nothing found'}"
        f" ({len(report.checked)} check{'s' if len(report.checked) != 1 else ''})",
    )


def verdict(report: Report) -> tuple[Tone, str]:
    match report.exit_code:
        case ExitCode.BLOCKERS:
            return Tone.BAD, "NOT READY"
        case ExitCode.INCOMPLETE:
            return Tone.UNKNOWN, "INCOMPLETE"
        case ExitCode.WARNINGS:
            return Tone.WARN, "WARNINGS"
        case _:
            return Tone.GOOD, "CLEAN"
