"""Persistent volumes are used; with care.

**What.** PersistentVolumeClaims, and StatefulSets that make some, outside of Kubernetes' and the
provider's own namespaces.

**Why.** A volume ties its pod to a zone and often to one node, so that a drain waits until it is let go
there and taken elsewhere; and what is on it needs a backup.

**How to fix.** A managed database or object storage; an emptyDir for what may be lost. A team that
decides otherwise says so in its fleet file, with a reason.

**Source.** The policy of a four-person startup that keeps Kubernetes boring (docs/happy-path.md).
"""

from __future__ import annotations

from seatrial.catalog.happy_path import Thing
from seatrial.checks.check import Check, Context, Found, Profile, check
from seatrial.checks.happy_path import happy_findings, is_ours
from seatrial.cluster.models import PersistentVolumeClaim, StatefulSet


@check(
    id="happy-persistent-volume",
    title="Persistent volumes are used",
    reads=(PersistentVolumeClaim, StatefulSet),
    in_files=True,
    profile=Profile.HAPPY_PATH,
)
def happy_persistent_volume(check: Check, context: Context) -> Found:
    claims = [each.ref for each in context.read(PersistentVolumeClaim) if is_ours(each.metadata)]
    makers = [
        each.ref
        for each in context.read(StatefulSet)
        if each.spec.volume_claim_templates and is_ours(each.metadata)
    ]
    used = [(ref, "") for ref in (*claims, *makers)]
    return happy_findings(check, context, Thing.PERSISTENT_VOLUMES, used, "claim")
