"""Volumes in a zone with one node, or none.

**What.** Running pods whose PersistentVolume belongs to one zone, where that zone has no other node that
takes pods. Also zones that have none at all. For information where the node is of a managed node group of
EKS, which starts the new node in the zone of the old one.

**Why.** A disk cannot leave its zone. While the only node there is drained the pod stays pending, unless the
upgrade adds its spare node in that very zone; a spare node in another zone does not help.

**How to fix.** Have a node added in each zone that holds such volumes before its nodes are drained: one node
group per zone, or a surge of as many nodes as there are zones.

**Source.** kubernetes.io/docs/setup/best-practices/multiple-zones;
learn.microsoft.com/azure/aks/availability-zones;
docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html (scale up phase).
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.volumes import bound_volumes
from seatrial.checks.wording import named, qualified
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node, PersistentVolume, PersistentVolumeClaim, Pod
from seatrial.cluster.node_groups import membership

_ZONES = (
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
    "topology.ebs.csi.aws.com/zone",
    "topology.gke.io/zone",
    "topology.disk.csi.azure.com/zone",
)


@check(
    id="zonal-volume",
    title="Volumes in a zone that a drain would empty",
    reads=(PersistentVolume, PersistentVolumeClaim, Pod, Node),
)
def zonal_volume(check: Check, context: Context) -> Found:
    nodes: dict[str, list[Node]] = {}
    for node in context.read(Node):
        if node.is_ready and not node.spec.unschedulable:
            for zone in {node.labels[key] for key in _ZONES if key in node.labels}:
                nodes.setdefault(zone, []).append(node)
    held: dict[tuple[str, ...], list[tuple[Pod, PersistentVolume]]] = {}
    for pod, volume in bound_volumes(context):
        zones = _zones_of(volume)
        if zones and pod.leaves_when_drained:
            held.setdefault(tuple(sorted(zones)), []).append((pod, volume))
    for where, found in held.items():
        there = {node.name: node for zone in where for node in nodes.get(zone, ())}
        if len(there) > 1:
            continue
        state = f"one node that takes pods ({named(there)})" if there else "no node that takes pods"
        stays = any(membership(node.labels).manager == "eks" for node in there.values())
        after = (
            "EKS starts the new node there first"
            if stays
            else "they stay pending until a node is added there"
        )
        yield check.finding(
            Severity.INFO if stays else Severity.WARNING,
            f"Zone {', '.join(where)} has {state} and holds the volumes of"
            f" {named(qualified(pod.namespace, pod.name) for pod, _ in found)}; {after}.",
            objects=[each.ref for pair in found for each in pair],
            fix=f"Have a node added in zone {', '.join(where)} before its nodes are drained.",
            source="node affinity of the volumes; zone labels of the nodes",
        )


def _zones_of(volume: PersistentVolume) -> set[str]:
    required = volume.spec.node_affinity.required
    if required is None:
        return set()
    return {
        value
        for term in required.node_selector_terms
        for each in term.match_expressions
        if each.key in _ZONES and each.operator == "In"
        for value in each.values
        if value
    }
