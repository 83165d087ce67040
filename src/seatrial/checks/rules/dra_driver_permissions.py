"""A driver of devices may write the status of claims, but not the parts that the target asks about.

**What.** ClusterRoles that allow to update `resourceclaims/status` of resource.k8s.io and neither
`resourceclaims/driver` nor `resourceclaims/binding`. Roles of Kubernetes itself are left out. It blocks where
a driver is seen to write: claims hold its report of their devices, and no service account that may write the
status may do what the target asks of drivers. Otherwise it warns: many drivers have the permission and never
use it, and files do not show what they write.

**Why.** Since 1.36 the API server asks, for each change of such a status, whether the writer may do just
that: `binding` for allocations and reservations, `driver` (with verbs such as `associated-node:update`)
for the state of devices. A driver or scheduler without them is refused, and pods wait for their claims.

**How to fix.** Install a version of the driver whose chart grants them, before the upgrade; or add them to
its ClusterRole.

**Source.** kubernetes.io/docs/concepts/security/hardening-guide/dynamic-resource-allocation; issue 138149 of
kubernetes/kubernetes; pull request 48911 of cilium/cilium (a refused write leaves the pod pending).
"""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.service_accounts import READS, Grant, bindings, grants
from seatrial.checks.wording import counted, named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import ClusterRole, ResourceClaim, ResourceSlice
from seatrial.cluster.models.roles import PolicyRuleOfRole
from seatrial.cluster.ownership import owner_of

_GROUP = "resource.k8s.io"
_WRITES = frozenset({"update", "patch", "*"})


@check(
    id="dra-driver-permissions",
    title="A driver of devices lacks permissions that the target asks for",
    reads=(*READS, ResourceSlice, ResourceClaim),
    in_files=True,
)
def dra_driver_permissions(check: Check, context: Context) -> Found:
    point = turning_point("dra-granular-status")
    if not point.reached_by(context.target):
        return
    short = [
        role
        for role in context.read(ClusterRole)
        if not role.name.startswith("system:")
        and _writes(role.rules)
        and not _names(role.rules, "resourceclaims/driver")
        and not _names(role.rules, "resourceclaims/binding")
    ]
    if not short:
        return
    drivers = {each.spec.driver for each in context.read(ResourceSlice) if each.spec.driver}
    writing = drivers & _seen_to_write(context) if context.snapshot.meta.minor < point.minor else set()
    refused = sorted(writing) if writing and _none_may_as_asked(context) else []
    offered = f" Drivers that offer devices here: {named(drivers)}." if drivers else ""
    lost = f" What {named(refused)} writes into claims today will be refused." if refused else ""
    yield check.finding(
        Severity.BLOCKER if refused else Severity.WARNING,
        f"{counted(len(short), 'ClusterRole')} may write resourceclaims/status only"
        f" ({named(role.name for role in short)}); since {point.minor} {point.what}.{offered}{lost}",
        objects=[role.ref for role in short],
        owner=next((owner for role in short if (owner := owner_of(role.metadata))), None),
        fix="Grant resourceclaims/driver with associated-node:update and associated-node:patch to drivers,"
        " resourceclaims/binding with update and patch to schedulers.",
        source=point.source,
    )


def _seen_to_write(context: Context) -> set[str]:
    """Drivers whose reports stand in the status of claims."""
    return {each.driver for claim in context.read(ResourceClaim) for each in claim.status.devices}


def _none_may_as_asked(context: Context) -> bool:
    """Whether service accounts write the status, and none of them may do it as the target asks of drivers.

    Groups are out of the reckoning, except that one with the permission may hold any account.
    """
    may = {each.name for each in context.read(ClusterRole) if _names(each.rules, "resourceclaims/driver")}
    of_groups = any(
        subject.kind == "Group" and subject.name != "system:masters"
        for binding in bindings(context.snapshot)
        if binding.role_ref.kind == "ClusterRole" and binding.role_ref.name in may
        for subject in binding.subjects
    )
    accounts = [tuple(rule for each in granted for rule in each.rules) for granted in _granted(context)]
    writers = [rules for rules in accounts if _writes(rules)]
    return (
        bool(writers) and not of_groups and not any(_names(each, "resourceclaims/driver") for each in writers)
    )


def _granted(context: Context) -> Iterable[tuple[Grant, ...]]:
    """By service account, without those that only Kubernetes' own roles are granted to."""
    for granted in grants(context.snapshot).values():
        if not all(each.role.startswith("ClusterRole system:") for each in granted):
            yield granted


def _writes(rules: Iterable[PolicyRuleOfRole]) -> bool:
    return any(
        _matches(rule.api_groups, _GROUP)
        and "resourceclaims/status" in rule.resources
        and not _WRITES.isdisjoint(rule.verbs)
        for rule in rules
    )


def _names(rules: Iterable[PolicyRuleOfRole], resource: str) -> bool:
    return any(_matches(rule.api_groups, _GROUP) and _matches(rule.resources, resource) for rule in rules)


def _matches(listed: Iterable[str], wanted: str) -> bool:
    return any(each in ("*", wanted) for each in listed)
