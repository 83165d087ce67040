"""A Helm operation was cut off and left its release locked.

**What.** Releases whose latest revision is `pending-install`, `pending-upgrade`, `pending-rollback` or
`uninstalling`. Older than an hour it is stale: nobody waits so long for Helm. Younger, it may be at work
right now, and is only told.

**Why.** Helm refuses every further operation on such a release ("another operation is in progress"), so
whatever should upgrade the chart around the cluster upgrade fails. Helm leaves the lock when its process
dies: a pipeline that was cancelled, a pod that was evicted, a machine that was switched off.

**How to fix.** Make sure that no Helm is at work on it. Then `helm rollback` to the revision that the
finding names; where there never was a good one, `helm uninstall`. Flux and Argo CD retry by themselves:
look there first why they did not.

**Source.** helm/helm issues 7476 and 11863; `helm rollback` in Helm's documentation.
"""

from __future__ import annotations

from datetime import timedelta

from seatrial.checks.callers import age_of
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.wording import qualified
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.helm_release import ReleaseRecord
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.ownership import Owner, OwnerKind
from seatrial.cluster.release_state import Pending, by_release, release_state

_STALE_AFTER = timedelta(hours=1)  # Helm waits 5 minutes unless told otherwise


@check(
    id="release-pending",
    title="A Helm release is locked by an operation that never ended",
    reads=(Section.RELEASES,),
)
def release_pending(check: Check, context: Context) -> Found:
    for history in by_release(context.snapshot.releases).values():
        state = release_state(history)
        if isinstance(state, Pending):
            yield _finding(check, context, history[-1], state)


def _finding(check: Check, context: Context, record: ReleaseRecord, state: Pending) -> Finding:
    age = age_of(record.updated, context.now)
    fresh = age is not None and age < _STALE_AFTER
    name = qualified(record.namespace, record.name)
    since = f" since {record.updated[:16].replace('T', ' ')}" if record.updated else ""
    if fresh:
        fix = "Wait for it to end, and look again."
    elif state.good_revision:
        fix = (
            f"When no Helm is at work on it: helm rollback {record.name} {state.good_revision}"
            f" --namespace {record.namespace}"
        )
    else:
        fix = f"When no Helm is at work on it: helm uninstall {record.name} --namespace {record.namespace}"
    return check.finding(
        Severity.INFO if fresh else Severity.WARNING,
        f"Release {name} is {state.status.value}{since} (revision {state.revision}): Helm refuses to touch it"
        " until that ends.",
        title="A Helm operation seems to be under way" if fresh else "",
        objects=[_record_of(record)],
        owner=Owner(OwnerKind.HELM, record.name, record.namespace),
        fix=fix,
        source="Helm's release record",
    )


def _record_of(record: ReleaseRecord) -> ObjectRef:
    return ObjectRef(
        "v1", record.storage, record.namespace, f"sh.helm.release.v1.{record.name}.v{record.revision}"
    )
