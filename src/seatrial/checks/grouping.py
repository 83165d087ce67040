"""Puts together what belongs together for a reader: findings by owner, namespace or check; gaps by cause."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from seatrial.cluster.findings import Finding, Incomplete
from seatrial.cluster.objects import ObjectRef


class GroupBy(StrEnum):
    OWNER = "owner"
    """The people that labels name; else what manages the objects."""
    NAMESPACE = "namespace"
    CHECK = "check"


class Group(msgspec.Struct, frozen=True):
    name: str
    findings: tuple[Finding, ...]


def groups(findings: Iterable[Finding], by: GroupBy) -> tuple[Group, ...]:
    """Groups with the worst findings first; a finding that concerns several stands in each."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        for name in _names(finding, by):
            found.setdefault(name, []).append(finding)
    ranked = sorted(
        found.items(), key=lambda item: (min(each.severity.rank for each in item[1]), -len(item[1]), item[0])
    )
    return tuple(Group(name, tuple(members)) for name, members in ranked)


def _names(finding: Finding, by: GroupBy) -> tuple[str, ...]:
    if by is GroupBy.CHECK:
        return (finding.check,)
    if by is GroupBy.NAMESPACE:
        return tuple(dict.fromkeys(ref.namespace or "no namespace" for ref in finding.objects)) or (
            "no object",
        )
    if finding.responsible:
        return finding.responsible
    return tuple(map(str, finding.managers)) or ("no known owner",)


def is_named(ref: ObjectRef, message: str) -> bool:
    """Whether the message says already which object it is about: its kind and its name."""
    return str(ref) in message or (ref.kind in message and bool(ref.name) and ref.name in message)


class Gap(msgspec.Struct, frozen=True):
    """One thing that could not be looked at, and every check that is blind for it."""

    what: str
    why: str
    next_step: str
    location: str
    checks: tuple[str, ...]


def gaps(incomplete: Iterable[Incomplete]) -> tuple[Gap, ...]:
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for each in incomplete:
        key = (each.what, each.why, each.next_step, each.location)
        found.setdefault(key, []).append(each.check)
    return tuple(Gap(*key, tuple(dict.fromkeys(checks))) for key, checks in found.items())
