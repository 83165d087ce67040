"""A report as workflow commands of GitHub Actions, which puts them beside the lines of a pull request.

Source: GitHub, "Workflow commands" (escapes); it shows at most ten of each level for a step, so the
worst come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seatrial.checks.grouping import Gap, gaps
from seatrial.cluster.findings import Finding, Report, Severity

_COMMANDS = {Severity.BLOCKER: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_annotations(reports: Iterable[Report]) -> Iterator[str]:
    """One line for each finding, and each thing that could not be looked at."""
    reports = tuple(reports)
    for report in reports:
        about = f"{report.subject}: " if len(reports) > 1 else ""
        for finding in report.findings:
            yield _of_finding(finding, about)
        for gap in gaps(report.incomplete):
            yield _of_gap(gap, about)


def _of_finding(finding: Finding, about: str) -> str:
    parts = [about + finding.message]
    if finding.owner and not finding.location:
        parts.append(f"Owner: {finding.owner}.")
    if finding.responsible:
        parts.append(f"Ask: {', '.join(finding.responsible)}.")
    if finding.fix:
        parts.append(f"Fix: {finding.fix}")
    command = _COMMANDS[finding.severity]
    return _command(command, finding.location, f"{finding.title} [{finding.check}]", " ".join(parts))


def _of_gap(gap: Gap, about: str) -> str:
    checks = ", ".join(each for each in gap.checks if each)
    message = f"{about}{gap.what}: {gap.why} {gap.next_step}".strip()
    return _command(
        "warning", gap.location, f"Not looked at [{checks}]" if checks else "Not looked at", message
    )


def _command(command: str, location: str, title: str, message: str) -> str:
    file, _, line = location.rpartition(":")
    if not line.isdigit():
        file, line = location, ""
    properties = {"file": file, "line": line, "title": title}
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{command} {said}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
