"""Pods that must keep apart, with no node to spare.

**What.** With one node drained and nothing put in its place, pods with required anti-affinity or host
ports find that every other node with room holds a pod that they must stay away from; or, with required
affinity, none of the pods that they must be beside.

**Why.** They wait until the drained node is back. When a disruption budget covers them, it then refuses
the eviction of the next one, and the drain of the next node stands still.

**How to fix.** Let the node group add a node first (surge), run one replica less than there are nodes, or
make the rule preferred instead of required.

**Source.** kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node, "Inter-pod affinity and
anti-affinity".
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.placement.drain import Obstacle
from seatrial.checks.placement.homeless import BRINGS, READS, stranded, workload_of
from seatrial.checks.wording import named, qualified
from seatrial.cluster.models import Pod
from seatrial.cluster.ownership import owner_of


@check(id="apart-without-a-node", title="Pods must keep apart and no node is to spare", reads=READS)
def apart_without_a_node(check: Check, context: Context) -> Found:
    for group in stranded(context, frozenset({Obstacle.APART, Obstacle.TOGETHER}), workload_of):
        first = group.pods[0]
        namespace, kind, name = workload_of(first)
        yield check.finding(
            group.severity,
            f"{qualified(namespace, name)} ({kind}): {_rule(first.pod, first.obstacle)}. While"
            f" {named(group.nodes, most=3)} {'is' if len(group.nodes) == 1 else 'are'} drained, no other"
            f" node may take its pod.{BRINGS[group.replacement]}",
            objects=[each.pod.ref for each in group.pods],
            owner=owner_of(first.pod.metadata),
            fix="Add a node before draining (surge), run one replica less, or make the rule preferred.",
            source="required affinity and host ports, drain simulated node by node",
        )


def _rule(pod: Pod, obstacle: Obstacle) -> str:
    if obstacle is Obstacle.TOGETHER:
        return "it must run beside other pods (required affinity)"
    ports = sorted({port.host_port for each in pod.spec.containers for port in each.ports if port.host_port})
    if ports:
        return f"it takes host port {', '.join(map(str, ports))}"
    keys = sorted({term.topology_key for term in pod.spec.affinity.pod_anti_affinity.required})
    return (
        f"required anti-affinity by {', '.join(keys)}" if keys else "other pods keep it away (anti-affinity)"
    )
