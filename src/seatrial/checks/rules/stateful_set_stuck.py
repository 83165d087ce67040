"""StatefulSets whose pods would not come back, or would come back as something else.

**What.** Ordered StatefulSets (podManagementPolicy OrderedReady) in which a pod fails, or has not been ready
for ten minutes, while pods with higher numbers run: a blocker. Updates that were left half done, by a
partition or by the strategy OnDelete: warnings, or for information where an operator owns the set.

**Why.** An ordered set makes a pod only when all pods with lower numbers are ready. With one that never is,
each pod that a drain evicts stays away, and not even a corrected template is rolled out. After a half-done
update, an evicted pod below the partition comes back in the old revision; under OnDelete it comes back in
the new one: the drain carries out an update that nobody watches.

**How to fix.** Repair the failing pod first; delete it after correcting the template, since the controller
does not replace it. Finish the update: set the partition to 0, or delete the old pods one by one.

**Source.** kubernetes.io/docs/concepts/workloads/controllers/statefulset (forced rollback, partitions,
OnDelete).
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.failing import failure_of
from seatrial.checks.wording import named, qualified
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import Pod, StatefulSet
from seatrial.cluster.ownership import owner_of


@check(
    id="stateful-set-stuck",
    title="A StatefulSet would not survive a drain as it is",
    reads=(StatefulSet, Pod),
)
def stateful_set_stuck(check: Check, context: Context) -> Found:
    pods: dict[tuple[str, str], list[Pod]] = {}
    for pod in context.read(Pod):
        owner = pod.controller
        if owner is not None and owner.kind == "StatefulSet":
            pods.setdefault((pod.namespace, owner.name), []).append(pod)
    for each in context.read(StatefulSet):
        own = sorted(pods.get((each.namespace, each.name), []), key=_ordinal)
        if found := _deadlock(check, context, each, own) or _left_behind(check, each):
            yield found


def _ordinal(pod: Pod) -> int:
    number = pod.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def _deadlock(check: Check, context: Context, each: StatefulSet, pods: list[Pod]) -> Finding | None:
    if each.spec.pod_management_policy != "OrderedReady" or each.spec.replicas < 2:
        return None
    broken = next((pod for pod in pods if failure_of(context, pod)), None)
    if broken is None:
        return None
    above = [pod for pod in pods if _ordinal(pod) > _ordinal(broken) and pod.is_ready]
    if not above and not _is_updating(each):
        return None
    lost = (
        f"{named(pod.name for pod in above)} would not come back after a drain"
        if above
        else "its update does not go on, whatever the template says"
    )
    return check.finding(
        Severity.BLOCKER if above else Severity.WARNING,
        f"StatefulSet {qualified(each.namespace, each.name)} makes its pods in order, and {broken.name} fails"
        f" ({failure_of(context, broken)}): {lost}.",
        objects=[each.ref, broken.ref, *(pod.ref for pod in above)],
        owner=owner_of(each.metadata),
        fix=f"Repair {broken.name}, and delete it once the template is right: it is not replaced otherwise.",
        source="kubernetes.io/docs/concepts/workloads/controllers/statefulset#forced-rollback",
    )


def _left_behind(check: Check, each: StatefulSet) -> Finding | None:
    if not _is_updating(each) or each.spec.replicas == 0:
        return None
    strategy = each.spec.update_strategy
    partition = strategy.rolling_update.partition
    if strategy.type == "OnDelete":
        why = "under OnDelete: each pod that a drain evicts comes back in the new revision, unwatched"
        fix = "Delete the old pods one by one before the upgrade, or take the change back."
    elif partition > 0:
        why = f"at partition {partition}: evicted pods below it come back in the old revision"
        fix = "Finish the update by setting the partition to 0, or take the change back."
    else:
        return None
    return check.finding(
        Severity.INFO if each.metadata.owner_references else Severity.WARNING,
        f"StatefulSet {qualified(each.namespace, each.name)} was left in the middle of an update {why}.",
        objects=[each.ref],
        owner=owner_of(each.metadata),
        fix=fix,
        source="status.currentRevision and status.updateRevision",
    )


def _is_updating(each: StatefulSet) -> bool:
    status = each.status
    return bool(status.current_revision) and status.current_revision != status.update_revision
