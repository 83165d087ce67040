"""A driver of devices may write the status of claims, but not the parts that the target asks about.

**What.** ClusterRoles that allow to update `resourceclaims/status` of resource.k8s.io and neither
`resourceclaims/driver` nor `resourceclaims/binding`. Roles of Kubernetes itself are left out.

**Why.** Since 1.36 the API server asks, for each change of such a status, whether the writer may do just
that: `binding` for allocations and reservations, `driver` (with verbs such as `associated-node:update`)
for the state of devices. A driver or scheduler without them is refused, and pods wait for their claims.

**How to fix.** Install a version of the driver whose chart grants them, before the upgrade; or add them to
its ClusterRole.

**Source.** kubernetes.io/docs/concepts/security/hardening-guide/dynamic-resource-allocation.
"""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import counted, named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import ClusterRole, ResourceSlice
from seatrial.cluster.ownership import owner_of

_GROUP = "resource.k8s.io"
_WRITES = frozenset({"update", "patch", "*"})


@check(
    id="dra-driver-permissions",
    title="A driver of devices lacks permissions that the target asks for",
    reads=(ClusterRole, ResourceSlice),
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
        and _writes(role, "resourceclaims/status")
        and not _names(role, "resourceclaims/driver")
        and not _names(role, "resourceclaims/binding")
    ]
    if not short:
        return
    drivers = {each.spec.driver for each in context.read(ResourceSlice) if each.spec.driver}
    offered = f" Drivers that offer devices here: {named(drivers)}." if drivers else ""
    yield check.finding(
        Severity.WARNING,
        f"{counted(len(short), 'ClusterRole')} may write resourceclaims/status only"
        f" ({named(role.name for role in short)}); since {point.minor} {point.what}.{offered}",
        objects=[role.ref for role in short],
        owner=next((owner for role in short if (owner := owner_of(role.metadata))), None),
        fix="Grant resourceclaims/driver with associated-node:update and associated-node:patch to drivers,"
        " resourceclaims/binding with update and patch to schedulers.",
        source=point.source,
    )


def _writes(role: ClusterRole, resource: str) -> bool:
    return any(
        _matches(rule.api_groups, _GROUP)
        and resource in rule.resources
        and not _WRITES.isdisjoint(rule.verbs)
        for rule in role.rules
    )


def _names(role: ClusterRole, resource: str) -> bool:
    return any(
        _matches(rule.api_groups, _GROUP) and _matches(rule.resources, resource) for rule in role.rules
    )


def _matches(listed: Iterable[str], wanted: str) -> bool:
    return any(each in ("*", wanted) for each in listed)
