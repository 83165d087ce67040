"""A report as SARIF 2.1.0, in the shape that GitHub code scanning accepts.

GitHub shows a result at the file and line of its first location and takes none without: an object of a
live cluster is placed at a path that names it, `cluster/NAMESPACE/KIND/NAME`. What could not be
looked at is a result too, for a scan without results is shown as clean.

Source: SARIF 2.1.0 (OASIS); GitHub, "SARIF support for code scanning" (properties, at most 5,000 shown).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from seatrial import __version__
from seatrial.checks.check import Check
from seatrial.checks.registry import all_checks
from seatrial.cluster.findings import Finding, Incomplete, Report, Severity

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.BLOCKER: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def sarif(reports: Iterable[Report]) -> dict[str, Any]:
    """One run that holds the results of all `reports`."""
    reports = tuple(reports)
    checks = [check for check in all_checks() if any(check.id in each.checked for each in reports)]
    index = {check.id: number for number, check in enumerate(checks)}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Seatrial",
                        "semanticVersion": __version__,
                        "rules": [_rule(check) for check in checks],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            _notification(each, index) for report in reports for each in report.incomplete
                        ],
                    }
                ],
                "results": [result for report in reports for result in _results(report, index)],
            }
        ],
    }


def _rule(check: Check) -> dict[str, Any]:
    first, _, rest = check.page.partition("\n\n")
    return {
        "id": check.id,
        "name": "".join(word.capitalize() for word in check.id.split("-")),
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": " ".join(first.split())},
        "help": {"text": check.page, "markdown": rest or check.page},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": [check.profile.value, "kubernetes"]},
    }


def _results(report: Report, index: dict[str, int]) -> Iterator[dict[str, Any]]:
    for finding in report.findings:
        yield _result(finding, report, index)
    for finding in report.known:
        yield {**_result(finding, report, index), "baselineState": "unchanged"}
    for waived in report.waived:
        why = f"{waived.who} until {waived.until}: {waived.why}"
        suppression = {"kind": "external", "status": "accepted", "justification": why}
        yield {**_result(waived.finding, report, index), "suppressions": [suppression]}
    for incomplete in report.incomplete:
        text = f"Not looked at: {incomplete.what}: {incomplete.why} {incomplete.next_step}".strip()
        place = _place(incomplete.location, report.subject, incomplete.what)
        yield {
            "ruleId": incomplete.check,
            **_rule_index(incomplete.check, index),
            "level": "warning",
            "message": {"text": text},
            "locations": [{"physicalLocation": place}],
            "partialFingerprints": {"seatrial/v1": _digest("incomplete", incomplete.check, incomplete.what)},
        }


def _result(finding: Finding, report: Report, index: dict[str, int]) -> dict[str, Any]:
    parts = [finding.message]
    if finding.owner:
        parts.append(f"Owner: {finding.owner}.")
    if finding.responsible:
        parts.append(f"Ask: {', '.join(finding.responsible)}.")
    if finding.fix:
        parts.append(f"Fix: {finding.fix}")
    named = str(finding.objects[0]) if finding.objects else finding.check
    location: dict[str, Any] = {"physicalLocation": _place(finding.location, report.subject, named)}
    if finding.objects:
        location["logicalLocations"] = [
            {"fullyQualifiedName": str(ref), "kind": "object"} for ref in finding.objects[:100]
        ]
    file = finding.location.rpartition(":")[0]
    return {
        "ruleId": finding.check,
        **_rule_index(finding.check, index),
        "level": _LEVELS[finding.severity],
        "message": {"text": " ".join(parts)},
        "locations": [location],
        "partialFingerprints": {"seatrial/v1": _digest(finding.check, finding.title, file, named)},
        "properties": {
            "evidence": finding.evidence.value,
            "target": report.target,
            "subject": report.subject,
            "severity": finding.severity.value,
        },
    }


def _notification(incomplete: Incomplete, index: dict[str, int]) -> dict[str, Any]:
    return {
        "level": "warning",
        "message": {"text": f"{incomplete.what}: {incomplete.why}"},
        "associatedRule": {"id": incomplete.check, **_rule_index(incomplete.check, index, "index")},
    }


def _rule_index(check: str, index: dict[str, int], key: str = "ruleIndex") -> dict[str, int]:
    return {key: index[check]} if check in index else {}


def _place(location: str, subject: str, named: str) -> dict[str, Any]:
    file, _, line = location.rpartition(":")
    if not file or not line.isdigit():
        file, line = location, "1"
    uri = file or "/".join(("cluster", subject, named))
    return {
        "artifactLocation": {"uri": quote(uri.lstrip("/"), safe="/@:+,=~")},
        "region": {"startLine": max(1, int(line))},
    }


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
