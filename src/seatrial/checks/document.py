"""A report as plain data: the JSON and YAML that programs read (docs/reports.md describes them)."""

from __future__ import annotations

from typing import Any

from seatrial.cluster.findings import Finding, Incomplete, Report, Severity
from seatrial.cluster.objects import ObjectRef

REPORT_FORMAT = 1


def report_document(report: Report) -> dict[str, Any]:
    return {
        "format": REPORT_FORMAT,
        "kind": "SeatrialReport",
        "subject": report.subject,
        "target": report.target,
        "clean": report.is_clean,
        "exitCode": int(report.exit_code),
        "counts": {
            **{f"{severity.value}s": report.count(severity) for severity in Severity},
            "incomplete": len(report.incomplete),
        },
        "findings": [_finding(each) for each in report.findings],
        "incomplete": [_incomplete(each) for each in report.incomplete],
        "checked": list(report.checked),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    owner = finding.owner
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "title": finding.title,
        "message": finding.message,
        "evidence": finding.evidence.value,
        "objects": [_object(each) for each in finding.objects],
        "owner": {"kind": owner.kind.value, "namespace": owner.namespace, "name": owner.name}
        if owner
        else None,
        "fix": finding.fix,
        "source": finding.source,
        "location": finding.location,
    }


def _object(ref: ObjectRef) -> dict[str, str]:
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "namespace": ref.namespace,
        "name": ref.name,
    }


def _incomplete(each: Incomplete) -> dict[str, str]:
    return {
        "check": each.check,
        "what": each.what,
        "why": each.why,
        "nextStep": each.next_step,
        "location": each.location,
    }
