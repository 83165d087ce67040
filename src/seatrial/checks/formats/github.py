"""A report as workflow commands of GitHub Actions, which puts them beside the lines of a pull request.

Source: GitHub, "Workflow commands" (escapes); it shows at most ten of each level for a step, so the
worst come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seatrial.cluster.findings import Finding, Incomplete, Report, Severity

_COMMANDS = {Severity.BLOCKER: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_annotations(reports: Iterable[Report]) -> Iterator[str]:
    """One line for each finding, and each thing that could not be looked at."""
    for report in reports:
        for finding in report.findings:
            yield _of_finding(finding)
        for incomplete in report.incomplete:
            yield _of_gap(incomplete)


def _of_finding(finding: Finding) -> str:
    parts = [finding.message, *([f"Fix: {finding.fix}"] if finding.fix else [])]
    if finding.owner and not finding.location:
        parts.insert(1, f"Owner: {finding.owner}.")
    command = _COMMANDS[finding.severity]
    return _command(command, finding.location, f"{finding.title} [{finding.check}]", " ".join(parts))


def _of_gap(incomplete: Incomplete) -> str:
    message = f"{incomplete.what}: {incomplete.why} {incomplete.next_step}".strip()
    return _command("warning", incomplete.location, f"Not looked at [{incomplete.check}]", message)


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
