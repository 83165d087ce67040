"""Waivers: findings that somebody decided to live with, until a day that they named.

A waived finding stays in the report, apart, with who, why and until when; it no longer counts. A
waiver that ran out changes nothing but is reported. What could not be read cannot be waived.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase

import msgspec
from msgspec.structs import replace

from seatrial.cluster.findings import Finding, Severity, Waived
from seatrial.cluster.objects import ObjectRef


class Waiver(msgspec.Struct, frozen=True):
    """As it concerns one cluster; an empty selector means all."""

    check: str
    who: str
    why: str
    until: date
    """The last day on which it holds."""
    namespaces: tuple[str, ...] = ()
    """Patterns with `*` and `?`."""
    objects: tuple[str, ...] = ()
    """Patterns of `namespace/kind/name`, or `kind/name` without a namespace, as reports write them."""

    def covers(self, ref: ObjectRef) -> bool:
        in_namespace = not self.namespaces or any(fnmatchcase(ref.namespace, one) for one in self.namespaces)
        return in_namespace and (not self.objects or any(fnmatchcase(str(ref), one) for one in self.objects))


class Judged(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]


def apply_waivers(findings: Iterable[Finding], waivers: Iterable[Waiver], today: date) -> Judged:
    """Take out what is waived; a finding of which only some objects are waived stays for the others."""
    all_waivers, findings = tuple(waivers), tuple(findings)
    kept = [_ran_out(each, findings) for each in all_waivers if each.until < today]
    waived: list[Waived] = []
    in_force = [each for each in all_waivers if each.until >= today]
    for finding in findings:
        left: Finding | None = finding
        for waiver in in_force:
            if left is not None and waiver.check == left.check:
                left, taken = _split(left, waiver)
                if taken is not None:
                    waived.append(
                        Waived(finding=taken, who=waiver.who, why=waiver.why, until=waiver.until.isoformat())
                    )
        if left is not None:
            kept.append(left)
    return Judged(tuple(kept), tuple(waived))


def as_note(waived: Waived) -> Finding:
    """For a plan, which carries what was waived along, without letting it block."""
    message = f"{waived.finding.message} Waived by {waived.who} until {waived.until}: {waived.why}"
    return replace(waived.finding, severity=Severity.INFO, message=message)


def _split(finding: Finding, waiver: Waiver) -> tuple[Finding | None, Finding | None]:
    """What stays, and what is waived.

    Pods are there to show what else is concerned: they do not count unless there is nothing else.
    """
    if not finding.objects:
        return (finding, None) if waiver.namespaces or waiver.objects else (None, finding)
    meant = [ref for ref in finding.objects if ref.kind != "Pod"] or list(finding.objects)
    covered = [ref for ref in meant if waiver.covers(ref)]
    if not covered:
        return finding, None
    if len(covered) == len(meant):
        return None, finding
    others = tuple(ref for ref in finding.objects if ref not in covered)
    taken = tuple(each for each in finding.proposals if each.target in covered)
    left = tuple(each for each in finding.proposals if each not in taken)
    said = f"{finding.message} ({len(covered)} of {len(meant)} are waived.)"
    return (
        replace(finding, objects=others, proposals=left, message=said),
        replace(finding, objects=tuple(covered), proposals=taken),
    )


def _ran_out(waiver: Waiver, findings: Iterable[Finding]) -> Finding:
    needed = any(_split(each, waiver)[1] is not None for each in findings if each.check == waiver.check)
    what = waiver.check
    if waiver.objects or waiver.namespaces:
        what += f" of {', '.join((*waiver.objects, *(f'namespace {each}' for each in waiver.namespaces)))}"
    why = waiver.why if waiver.why.endswith((".", "!", "?")) else f"{waiver.why}."
    renew = "Renew the waiver in the fleet file with a new day and reason, or remove it."
    return Finding(
        check=waiver.check,
        severity=Severity.INFO,
        title="A waiver has run out",
        message=f"{waiver.who} waived {what} until {waiver.until}: {why}"
        + ("" if needed else " Nothing here needs it."),
        fix=renew if needed else "Remove the waiver from the fleet file, unless another cluster needs it.",
        source="the fleet file",
    )
