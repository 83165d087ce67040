"""A StatefulSet is used; with care.

**What.** StatefulSets outside of Kubernetes' and the provider's own namespaces.

**Why.** Their pods leave and come one by one, so that one pod that is never ready stops an update and a
drain, and what they keep is in the cluster.

**How to fix.** A Deployment that keeps nothing, with its state in a managed database. A team that decides
otherwise says so in its fleet file, with a reason.

**Source.** The policy of a four-person startup that keeps Kubernetes boring (docs/happy-path.md).
"""

from __future__ import annotations

from seatrial.catalog.happy_path import Thing
from seatrial.checks.check import Check, Context, Found, Profile, check
from seatrial.checks.happy_path import happy_findings, is_ours
from seatrial.cluster.models import StatefulSet


@check(
    id="happy-stateful-set",
    title="StatefulSets are used",
    reads=(StatefulSet,),
    in_files=True,
    profile=Profile.HAPPY_PATH,
)
def happy_stateful_set(check: Check, context: Context) -> Found:
    used = [(each.ref, "") for each in context.read(StatefulSet) if is_ours(each.metadata)]
    return happy_findings(check, context, Thing.STATEFUL_SETS, used, "StatefulSet")
