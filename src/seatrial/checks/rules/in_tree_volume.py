"""A volume is of a type that was taken out of Kubernetes.

**What.** Pods, PersistentVolumes and StorageClasses of a built-in volume type. Types that were removed
without a successor (GlusterFS, RBD, CephFS) cannot be mounted; types that were redirected to a CSI driver
(the disks of AWS, Azure, GCE, OpenStack, vSphere, Portworx) need that driver, which a CSIDriver object
shows. FlexVolumes, deprecated since 1.23, are only counted.

**Why.** The object stays valid and the API takes it. The pod that comes to a new node waits for its volume
for ever, and so does the data in it.

**How to fix.** Install the CSI driver before the upgrade. Where nothing took the type over, move the data
to volumes of a CSI driver first: it can be mounted now, and not afterwards.

**Source.** The CSI migration KEPs; kubernetes.io/docs/concepts/storage/persistent-volumes.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from seatrial.catalog.in_tree_volumes import InTreeVolume, in_tree_volumes
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.templates import READS, pod_templates
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import CSIDriver, Node, PersistentVolume, StorageClass
from seatrial.cluster.models.metadata import Resource
from seatrial.cluster.models.pods import Volume
from seatrial.cluster.models.storage import VolumeSpec
from seatrial.cluster.objects import ObjectRef


@check(
    id="in-tree-volume",
    title="A volume is of a type that Kubernetes no longer has",
    reads=(*READS, PersistentVolume, StorageClass, CSIDriver, Node),
    in_files=True,
)
def in_tree_volume(check: Check, context: Context) -> Found:
    drivers = {each.name for each in context.read(CSIDriver)}
    used = _used(context)
    for kind in in_tree_volumes():
        mounted = used.get(kind.attribute, [])
        classes = [each for each in context.read(StorageClass) if _provisions(each, kind)]
        if kind.is_gone(context.target):
            yield from _gone(check, context, kind, mounted, classes)
        elif kind.needs_driver(context.target) and kind.csi_driver not in drivers:
            yield from _without_driver(check, context, kind, mounted, classes)
    flexible = [use.ref for use in used.get("flex_volume", [])]
    if flexible:
        yield check.finding(
            Severity.INFO,
            f"{counted(len(flexible), 'object')} with a FlexVolume, deprecated since 1.23: its driver is a"
            " program that new nodes must bring along.",
            objects=flexible,
            fix="Move to the CSI driver of the same storage; until then put the program on every new node.",
            source="kubernetes.io/docs/concepts/storage/volumes, flexVolume",
        )


class _Use(msgspec.Struct, frozen=True):
    ref: ObjectRef
    is_live: bool
    """Something mounts it, or will: a scaled-down workload or a released volume stops nobody."""


def _used(context: Context) -> dict[str, list[_Use]]:
    """By the field of a volume: who mounts one. Every template is looked at once, most have none."""
    fields = (*(kind.attribute for kind in in_tree_volumes()), "flex_volume")
    found: dict[str, list[_Use]] = {}
    for holder, is_live, volumes in _holders(context):
        for volume in volumes:
            for field in fields:
                if getattr(volume, field) is not None:
                    found.setdefault(field, []).append(_Use(holder.ref, is_live))
    return found


def _holders(context: Context) -> Iterator[tuple[Resource, bool, tuple[Volume | VolumeSpec, ...]]]:
    for template in pod_templates(context):
        if template.spec.volumes:
            live = template.replicas > 0 or template.kind in ("DaemonSet", "CronJob")
            yield template.workload, live, template.spec.volumes
    for volume in context.read(PersistentVolume):
        if volume.spec.csi is None:
            yield volume, volume.status.phase in ("Bound", ""), (volume.spec,)


def _severity(uses: list[_Use]) -> Severity:
    return Severity.BLOCKER if any(use.is_live for use in uses) else Severity.WARNING


def _provisions(each: StorageClass, kind: InTreeVolume) -> bool:
    return bool(kind.provisioner) and each.provisioner == kind.provisioner


def _gone(
    check: Check, context: Context, kind: InTreeVolume, mounted: list[_Use], classes: list[StorageClass]
) -> Iterator[Finding]:
    if mounted:
        yield check.finding(
            _severity(mounted),
            f"Kubernetes has not had the volume type {kind.field} since {kind.removed}: on"
            f" {context.target} what uses it waits for its volume for ever"
            f" ({counted(len(mounted), 'object')}).",
            objects=[use.ref for use in mounted],
            fix="Copy the data to volumes of a CSI driver before the upgrade.",
            source=kind.source,
        )
    elif classes:
        yield _classes_only(check, kind, classes, f"was removed in {kind.removed}")


def _without_driver(
    check: Check, context: Context, kind: InTreeVolume, mounted: list[_Use], classes: list[StorageClass]
) -> Iterator[Finding]:
    """Files do not tell which drivers a cluster has; a cluster without nodes tells nothing either."""
    if not context.read(Node):
        return
    if mounted:
        yield check.finding(
            _severity(mounted),
            f"Volumes of the type {kind.field} are handed to the CSI driver {kind.csi_driver} since"
            f" {kind.redirected}, and the cluster has no such driver: {counted(len(mounted), 'object')} for"
            " which no other node can mount the volume.",
            objects=[use.ref for use in mounted],
            fix=f"Install the CSI driver {kind.csi_driver} before the upgrade.",
            source=kind.source,
        )
    elif classes:
        yield _classes_only(check, kind, classes, f"needs the CSI driver {kind.csi_driver}, which is missing")


def _classes_only(check: Check, kind: InTreeVolume, classes: list[StorageClass], why: str) -> Finding:
    resources: list[Resource] = [*classes]
    return check.finding(
        Severity.WARNING,
        f"StorageClass {', '.join(each.name for each in resources)}: {kind.provisioner} {why}, so no new"
        " volume comes from it.",
        objects=[each.ref for each in resources],
        fix="Make a StorageClass of a CSI driver and let claims name that.",
        source=kind.source,
    )
