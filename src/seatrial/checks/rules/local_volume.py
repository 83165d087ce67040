"""Persistent volumes that are bound to one node.

**What.** Running pods whose PersistentVolume is a directory or disk of a certain node (local, hostPath, or a
node affinity to one host name). Where it is bound to its node and the cluster is of EKS, GKE or AKS, whose
upgrades replace the nodes or their disks, a blocker; else a warning.

**Why.** The pod can run nowhere else: while its node is away it stays pending, and when the node is replaced
it stays so for good, and the data is lost.

**How to fix.** Move the data to a volume that can be attached elsewhere, or restore a replica of it on
another node first. Software that keeps copies by itself has to be told before each node.

**Source.** kubernetes.io/docs/concepts/storage/volumes (local).
"""

from __future__ import annotations

from seatrial.catalog.providers import drain_limits
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.provider_of import provider_of
from seatrial.checks.volumes import bound_volumes
from seatrial.checks.wording import named, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node, PersistentVolume, PersistentVolumeClaim, Pod
from seatrial.cluster.ownership import Owner, owner_of

_HOST = "kubernetes.io/hostname"


@check(
    id="local-volume",
    title="Volumes that cannot leave their node",
    reads=(PersistentVolume, PersistentVolumeClaim, Pod, Node),
)
def local_volume(check: Check, context: Context) -> Found:
    replaced = provider_of(context) in {each.provider for each in drain_limits()}
    tied: dict[tuple[str, Owner | None, bool], list[tuple[Pod, PersistentVolume]]] = {}
    for pod, volume in bound_volumes(context):
        bound = _is_bound_to_a_node(volume)
        if pod.leaves_when_drained and (bound or volume.spec.host_path is not None):
            tied.setdefault((pod.namespace, owner_of(pod.metadata), bound), []).append((pod, volume))
    for (namespace, owner, bound), found in tied.items():
        keepers = named(f"{pod.name} ({volume.name})" for pod, volume in found)
        yield check.finding(
            Severity.BLOCKER if replaced and bound else Severity.WARNING,
            f"{within(namespace)}the data of {keepers} is on its node; {_effect(replaced, bound)}.",
            objects=[each.ref for pair in found for each in pair],
            owner=owner,
            fix="Move the data to a volume that other nodes can attach, or copy it to another node first.",
            source="node affinity of the volumes",
        )


def _effect(replaced: bool, bound: bool) -> str:
    if not bound:
        return "elsewhere the pod starts over an empty directory"
    if replaced:
        return "when the node is replaced, the data is lost and the pod stays pending"
    return "while the node is away, the pod stays pending"


def _is_bound_to_a_node(volume: PersistentVolume) -> bool:
    required = volume.spec.node_affinity.required
    return volume.spec.local is not None or (
        required is not None
        and any(each.key == _HOST for term in required.node_selector_terms for each in term.match_expressions)
    )
