"""Runs checks over what was read, and turns everything that was not read into `Incomplete`.

findings = [f for c in checks for f in c(snapshot, target)]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from seatrial.catalog import api_catalog, releases
from seatrial.checks.check import Check, Context, Section
from seatrial.checks.registry import all_checks
from seatrial.cluster.findings import Finding, Incomplete, Report, in_order
from seatrial.cluster.manifests import Manifests
from seatrial.cluster.models.metadata import Resource
from seatrial.cluster.snapshot import Snapshot, SnapshotMeta, Unread
from seatrial.cluster.version import Minor
from seatrial.errors import SeatrialError

_NO_CLUSTER = Snapshot(
    SnapshotMeta(
        cluster="",
        uid="",
        server_version="0.0",
        captured_at=datetime(1970, 1, 1, tzinfo=UTC),
        seatrial="",
    )
)


def check_snapshot(snapshot: Snapshot, target: Minor, checks: Iterable[Check] | None = None) -> Report:
    """Is this cluster ready for `target`?"""
    chosen = _chosen(checks, lambda each: Section.MANIFESTS not in each.reads)
    return _run(chosen, snapshot, Manifests(), target, snapshot.meta.cluster)


def check_manifests(
    manifests: Manifests, target: Minor, subject: str, checks: Iterable[Check] | None = None
) -> Report:
    """Would these files still apply on `target`?"""
    chosen = _chosen(checks, lambda each: each.reads_files_only)
    return _run(chosen, _NO_CLUSTER, manifests, target, subject)


def _chosen(checks: Iterable[Check] | None, applies: Callable[[Check], bool]) -> tuple[Check, ...]:
    return tuple(each for each in (all_checks() if checks is None else checks) if applies(each))


def _run(
    checks: tuple[Check, ...], snapshot: Snapshot, manifests: Manifests, target: Minor, subject: str
) -> Report:
    context = Context(target, api_catalog(), releases(), snapshot, manifests.found)
    findings: list[Finding] = []
    incomplete: list[Incomplete] = []
    for each in checks:
        for found in _found_by(each, context, manifests):
            if isinstance(found, Finding):
                findings.append(found)
            else:
                incomplete.append(found)
    return Report(
        target=str(target),
        subject=subject,
        findings=in_order(findings),
        incomplete=tuple(dict.fromkeys(incomplete)),
        checked=tuple(each.id for each in checks),
    )


def _found_by(check: Check, context: Context, manifests: Manifests) -> Iterator[Finding | Incomplete]:
    if check.uses_facts and context.target > context.apis.horizon:
        yield _beyond_horizon(check, context)
    if Section.MANIFESTS in check.reads:
        for problem in manifests.problems:
            yield check.incomplete(
                problem.location, problem.what, next_step=problem.next_step, location=problem.location
            )
    blind = False
    for wanted in check.reads:
        for gap in _gaps(check, wanted, context.snapshot):
            blind = blind or gap[0]
            yield gap[1]
    if blind:
        return
    try:
        yield from check.function(check, context)
    except SeatrialError as problem:
        yield check.incomplete(problem.where or check.title, problem.what, next_step=problem.next_step)


def _gaps(
    check: Check, wanted: type[Resource] | Section, snapshot: Snapshot
) -> Iterator[tuple[bool, Incomplete]]:
    """What of `wanted` was not read, and whether the check would see nothing of it at all."""
    match wanted:
        case Section.METRICS:
            if snapshot.metrics is None:
                said = [each.message for each in snapshot.unread_resource("", "/metrics") if each.message]
                why = said[0] if said else "the API server's /metrics was not read."
                yield (
                    True,
                    check.incomplete(
                        "metrics of the API servers", why, next_step="Allow get on the URL /metrics."
                    ),
                )
        case Section.RELEASES:
            for unread in snapshot.unread_resource("", "secrets"):
                yield not unread.namespace, _not_read(check, "Helm's records (secrets)", unread)
        case Section():
            return
        case kind:
            for unread in snapshot.unread_of(kind):
                yield not unread.namespace, _not_read(check, kind.PLURAL, unread)
            if not snapshot.asked_for(kind):
                why, next_step = _never_asked_for(snapshot)
                yield True, check.incomplete(kind.PLURAL, why, next_step=next_step)


def _never_asked_for(snapshot: Snapshot) -> tuple[str, str]:
    """Why, and the next step."""
    if snapshot.meta.portable:
        return "the snapshot does not hold this kind.", "Take a new snapshot with this Seatrial."
    return (
        "the server does not offer this kind.",
        "Look whether it is a Kubernetes API server: kubectl api-resources lists what it offers.",
    )


def _not_read(check: Check, what: str, unread: Unread) -> Incomplete:
    where = f"{what} in namespace {unread.namespace}" if unread.namespace else what
    return check.incomplete(
        where,
        unread.message or f"reading it {unread.reason.value}",
        next_step=f"Allow list on {unread.gvr} and run again.",
    )


def _beyond_horizon(check: Check, context: Context) -> Incomplete:
    return check.incomplete(
        f"Kubernetes {context.target}",
        f"Seatrial does not know this minor: its facts were gathered on {context.apis.gathered} and end at"
        f" {context.apis.horizon}.",
        next_step=f"Check against a minor up to {context.apis.horizon}, or install a newer Seatrial.",
    )
