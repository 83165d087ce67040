"""Runs checks over what was read, and turns everything that was not read into `Incomplete`.

findings = [f for c in checks for f in c(snapshot, target)]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec.structs import replace

from seatrial.catalog import api_catalog, releases
from seatrial.checks.attribution import Attribution
from seatrial.checks.bugs import bug_in
from seatrial.checks.bundles import bundles
from seatrial.checks.check import Check, Context, Profile, Section
from seatrial.checks.files import FilesAsSnapshot, as_snapshot
from seatrial.checks.permissions import rule_allowing
from seatrial.checks.registry import all_checks
from seatrial.checks.settings import DEFAULT_SETTINGS, CheckSettings
from seatrial.checks.waivers import apply_waivers
from seatrial.cluster.audit import AuditLog
from seatrial.cluster.findings import Evidence, Finding, Incomplete, Report, in_order
from seatrial.cluster.manifests import ManifestProblem, Manifests
from seatrial.cluster.models.metadata import Resource
from seatrial.cluster.snapshot import Snapshot, SnapshotMeta, Unread, UnreadReason
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


@dataclass(frozen=True, slots=True)
class Inputs:
    """What there is to look at; any of it may be missing."""

    subject: str
    """What the report is about: the cluster's name, or the paths."""
    snapshot: Snapshot | None = None
    manifests: Manifests | None = None
    audit: AuditLog | None = None


def check_snapshot(
    snapshot: Snapshot,
    target: Minor,
    checks: Iterable[Check] | None = None,
    settings: CheckSettings = DEFAULT_SETTINGS,
) -> Report:
    """Is this cluster ready for `target`?"""
    return check_inputs(Inputs(snapshot.meta.cluster, snapshot=snapshot), target, checks, settings)


def check_manifests(
    manifests: Manifests, target: Minor, subject: str, checks: Iterable[Check] | None = None
) -> Report:
    """Would these files still apply on `target`?"""
    return check_inputs(Inputs(subject, manifests=manifests), target, checks)


def check_inputs(
    inputs: Inputs,
    target: Minor,
    checks: Iterable[Check] | None = None,
    settings: CheckSettings = DEFAULT_SETTINGS,
) -> Report:
    """Run the checks that these inputs can answer; all of the readiness profile unless said."""
    asked = tuple(checks_of(Profile.READINESS) if checks is None else checks)
    manifests = inputs.manifests or Manifests()
    context = Context(
        target,
        api_catalog(),
        releases(),
        inputs.snapshot or _NO_CLUSTER,
        manifests.found,
        inputs.audit,
        settings,
    )
    ran = tuple(each for each in asked if _can_answer(each, inputs))
    on_files = tuple(each for each in asked if each.in_files and inputs.manifests is not None)
    found = [*_found_in_cluster(ran, context)]
    for together in bundles(manifests.found) if on_files else ():
        written = as_snapshot(together, target, inputs.subject)
        found += _unread_files(written.problems)
        found += _found_in_files(on_files, context, written)
    if on_files or any(Section.MANIFESTS in each.reads for each in ran):
        found += _unread_files(manifests.problems)
    checked = {each.id for each in (*ran, *on_files)}
    judged = apply_waivers(
        (each for each in found if isinstance(each, Finding)),
        (each for each in settings.waivers if each.check in checked),
        settings.today,
    )
    return Report(
        target=str(target),
        subject=inputs.subject,
        findings=in_order(judged.findings),
        incomplete=tuple(dict.fromkeys(each for each in found if isinstance(each, Incomplete))),
        checked=tuple(sorted(checked)),
        waived=judged.waived,
    )


def checks_of(profile: Profile) -> tuple[Check, ...]:
    return tuple(each for each in all_checks() if each.profile is profile)


def _can_answer(check: Check, inputs: Inputs) -> bool:
    if Section.MANIFESTS in check.reads and inputs.manifests is None:
        return False
    if Section.AUDIT in check.reads and inputs.audit is None:
        return False
    reads_a_cluster = any(each not in (Section.MANIFESTS, Section.AUDIT) for each in check.reads)
    return inputs.snapshot is not None or not reads_a_cluster


def _found_in_cluster(checks: tuple[Check, ...], context: Context) -> Iterator[Finding | Incomplete]:
    attribution = Attribution(context.snapshot, context.settings)
    for each in checks:
        for found in _found_by(each, context):
            yield attribution.of(found) if isinstance(found, Finding) else found


def _found_in_files(
    checks: tuple[Check, ...], context: Context, written: FilesAsSnapshot
) -> Iterator[Finding | Incomplete]:
    beside = None if context.snapshot is _NO_CLUSTER else context.snapshot
    context = replace(context, snapshot=written.snapshot, beside=beside)
    attribution = Attribution(written.snapshot, context.settings)
    for each in checks:
        for found in _found_by(each, context):
            if isinstance(found, Finding):
                yield _at_its_place(attribution.of(found), written)
            else:
                yield found


def _at_its_place(finding: Finding, written: FilesAsSnapshot) -> Finding:
    """The finding with the file that it is in; what a file says will be applied, it is not yet so."""
    places = [place for ref in finding.objects if (place := written.location_of(ref))]
    return replace(
        finding,
        location=finding.location or (places[0] if places else ""),
        evidence=Evidence.WILL_BE_APPLIED_AGAIN if finding.evidence is Evidence.STATE else finding.evidence,
        proposals=(),
    )


def _unread_files(problems: Iterable[ManifestProblem]) -> Iterator[Incomplete]:
    """Of no check in particular: each that looks into files missed the same."""
    for problem in problems:
        yield Incomplete(
            check="",
            what=problem.location,
            why=problem.what,
            next_step=problem.next_step,
            location=problem.location,
        )


def _found_by(check: Check, context: Context) -> Iterator[Finding | Incomplete]:
    if check.uses_facts and context.target > context.apis.horizon:
        yield _beyond_horizon(check, context)
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
    except MemoryError:
        raise
    except Exception as bug:
        if context.settings.raises_bugs:
            raise
        yield bug_in(check, bug)


def _gaps(
    check: Check, wanted: type[Resource] | Section, snapshot: Snapshot
) -> Iterator[tuple[bool, Incomplete]]:
    """What of `wanted` was not read, and whether the check would see nothing of it at all."""
    match wanted:
        case Section.METRICS:
            if snapshot.metrics is None:
                unread = next(iter(snapshot.unread_resource("", "/metrics")), None)
                why = unread.message if unread else ""
                step = 'Allow it by the rule {nonResourceURLs: ["/metrics"], verbs: ["get"]}.'
                if unread and unread.reason is UnreadReason.FAILED:
                    step = "Try again; `kubectl get --raw /metrics` shows what the API server answers."
                yield (
                    True,
                    check.incomplete(
                        "metrics of the API servers",
                        why or "the API server's /metrics was not read.",
                        next_step=step,
                    ),
                )
        case Section.RELEASES:
            for unread in snapshot.unread_resource("", "secrets"):
                yield not unread.namespace, _not_read(check, "Helm's records (secrets)", unread)
            for unread in snapshot.unread_resource("", "configmaps"):
                # few keep them there, but whoever does would look clean
                yield False, _not_read(check, "Helm's records (configmaps)", unread)
        case Section.CUSTOM_RESOURCES:
            for unread in snapshot.unread:
                custom = not api_catalog().is_builtin(unread.gvr.group)
                if custom and unread.reason is not UnreadReason.NOT_SERVED:
                    yield False, _not_read(check, str(unread.gvr), unread)
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
        next_step=_how_to_read(unread),
    )


def _how_to_read(unread: Unread) -> str:
    if unread.reason is UnreadReason.FORBIDDEN:
        rule = rule_allowing(unread.gvr.group, unread.gvr.resource)
        return f"Allow it by this rule of a ClusterRole (`seatrial rbac` prints all): {rule}"
    return "Look at what the server answered, and run again."


def _beyond_horizon(check: Check, context: Context) -> Incomplete:
    return check.incomplete(
        f"Kubernetes {context.target}",
        f"Seatrial does not know this minor: its facts were gathered on {context.apis.gathered} and end at"
        f" {context.apis.horizon}.",
        next_step=f"Check against a minor up to {context.apis.horizon}, or install a newer Seatrial.",
    )
