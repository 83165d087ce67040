"""Pods with different SELinux labels share a volume, and the kubelet will mount it with one label.

**What.** Running pods that use one PersistentVolumeClaim, whose CSI driver allows mounts with a label
(`seLinuxMount: true`), while their SELinux labels differ or only some of them have one. Pods that all
set `seLinuxChangePolicy: Recursive` are left out, and so are claims with one pod.

**Why.** From 1.37 the kubelet mounts the volume with the label of the pod that comes first, instead of
relabelling file by file. A pod with another label, or a privileged one without, that comes to the same
node stays in ContainerCreating until the first has gone. Only nodes that run SELinux are concerned,
which the API does not show.

**How to fix.** Give the pods the same label, or set `seLinuxChangePolicy: Recursive` in the security
context of all of them.

**Source.** KEP-1710, Conflicts with other Pods.
"""

from __future__ import annotations

from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import qualified
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import CSIDriver, PersistentVolume, PersistentVolumeClaim, Pod
from seatrial.cluster.models.pods import SELinuxOptions
from seatrial.cluster.ownership import owner_of

_Claim = tuple[str, str]
_ONE_POD = "ReadWriteOncePod"


@check(
    id="selinux-volume-conflict",
    title="Pods with different SELinux labels share a volume",
    reads=(Pod, PersistentVolumeClaim, PersistentVolume, CSIDriver),
)
def selinux_volume_conflict(check: Check, context: Context) -> Found:
    point = turning_point("selinux-mount")
    if not point.reached_by(context.target):
        return
    labelled = _claims_mounted_with_labels(context)
    for claim, pods in _pods_of_claims(context).items():
        mounts = {_mounted_with(pod) for pod in pods}
        if claim not in labelled or len(mounts) < 2:
            continue
        names = ", ".join(sorted(each or "no label" for each in mounts))
        yield check.finding(
            Severity.WARNING,
            f"{len(pods)} pods share the claim {qualified(*claim)} but want it mounted differently"
            f" ({names}): since"
            f" {point.minor} {point.what}, and those that meet on a node of SELinux wait for each other.",
            objects=[pod.ref for pod in pods],
            owner=next((owner for pod in pods if (owner := owner_of(pod.metadata))), None),
            fix="Set seLinuxChangePolicy: Recursive in the security context of all of them, or give"
            " them one label.",
            source=point.source,
        )


def _claims_mounted_with_labels(context: Context) -> set[_Claim]:
    drivers = {each.name for each in context.read(CSIDriver) if each.spec.se_linux_mount}
    volumes = {
        each.name
        for each in context.read(PersistentVolume)
        if each.spec.csi and each.spec.csi.driver in drivers
    }
    return {
        (each.namespace, each.name)
        for each in context.read(PersistentVolumeClaim)
        if each.spec.volume_name in volumes and _ONE_POD not in each.spec.access_modes
    }


def _pods_of_claims(context: Context) -> dict[_Claim, list[Pod]]:
    found: dict[_Claim, list[Pod]] = {}
    for pod in context.read(Pod):
        if pod.is_finished:
            continue
        for volume in pod.spec.volumes:
            if volume.persistent_volume_claim is not None:
                key = (pod.namespace, volume.persistent_volume_claim.claim_name)
                found.setdefault(key, []).append(pod)
    return found


def _mounted_with(pod: Pod) -> str:
    """The label that its volumes would be mounted with; "" where they are mounted without one."""
    if pod.spec.security_context.se_linux_change_policy == "Recursive":
        return ""
    of_pod = pod.spec.security_context.se_linux_options
    labels = {_label(each.security_context.se_linux_options or of_pod) for each in pod.spec.containers}
    return labels.pop() if len(labels) == 1 else ""


def _label(options: SELinuxOptions | None) -> str:
    """Without a level the runtime picks one, and the kubelet mounts without a label."""
    if options is None or not options.level:
        return ""
    return ":".join((options.user, options.role, options.type, options.level))
