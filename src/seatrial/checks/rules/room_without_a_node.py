"""Too little room for the pods of a drained node.

**What.** Each node is drained on paper, with nothing put in its place: its pods must find another node
that may take them (selector, node affinity, taints) and has the room (requests against allocatable, pods
that already wait included). DaemonSets and static pods stay, volumes are not looked at. A node group that
adds a node first (surge), and a cluster of one node, are left out.

**Why.** An upgrade drains every node. Pods that find no place wait until the node is back, and a budget
over them may hold up the drain of the next one.

**How to fix.** Surge: let the node group add a node before it drains one. Or add a node for the upgrade,
or ask for less where requests are far above use. A pod that only one node may take needs a wider selector.

**Source.** kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler; the drain as
`kubectl drain --ignore-daemonsets` does it.
"""

from __future__ import annotations

from collections import Counter

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.placement.drain import Homeless, Obstacle
from seatrial.checks.placement.homeless import BRINGS, READS, stranded, workload_of
from seatrial.checks.placement.needs import requests_of
from seatrial.checks.wording import named, qualified
from seatrial.cluster.node_groups import membership
from seatrial.cluster.ownership import owner_of


@check(id="room-without-a-node", title="Drained pods would find no room", reads=READS)
def room_without_a_node(check: Check, context: Context) -> Found:
    for group in stranded(context, frozenset({Obstacle.ROOM}), lambda each: membership(each.node.labels)):
        by_node: dict[str, list[Homeless]] = {}
        for each in group.pods:
            by_node.setdefault(each.node.name, []).append(each)
        worst = max(sorted(by_node), key=lambda name: len(by_node[name]))
        where = membership(group.pods[0].node.labels).group
        count = f"{len(by_node)} node{'s' if len(by_node) > 1 else ''}"
        yield check.finding(
            group.severity,
            f"{count}{f' of {where}' if where else ''} cannot be drained into the room on the others."
            f" {worst}: {_lost(by_node[worst])}.{BRINGS[group.replacement]}",
            objects=[*(each.node.ref for each in group.pods), *(each.pod.ref for each in by_node[worst])],
            fix="Add a node before draining: raise the node group's surge, or scale it up for the upgrade.",
            source="requests against allocatable, drain simulated node by node",
        )
    for group in stranded(context, frozenset({Obstacle.NOWHERE}), workload_of):
        namespace, kind, name = workload_of(group.pods[0])
        owner = owner_of(group.pods[0].pod.metadata)
        yield check.finding(
            group.severity,
            f"{qualified(namespace, name)} ({kind}): only the node that it runs on"
            f" ({named(group.nodes, most=3)}) may take it; while that is drained it"
            f" waits.{BRINGS[group.replacement]}",
            title="Pods are bound to one node",
            objects=[each.pod.ref for each in group.pods],
            owner=owner,
            fix="Widen its node selector, affinity or tolerations, or label a second node for it.",
            source="nodeSelector, nodeAffinity and taints",
        )


def _lost(homeless: list[Homeless]) -> str:
    short = Counter(resource for each in homeless for resource in each.short)
    asked = [requests_of(each.pod.spec) for each in homeless]
    named_short = [
        f"{resource} (they ask for {_sum(resource, asked)})"
        for resource, _ in sorted(short.items(), key=lambda item: (-item[1], item[0]))[:2]
    ]
    pods = f"{len(homeless)} pod{'s' if len(homeless) > 1 else ''} would wait"
    return f"{pods}, short of {' and '.join(named_short)}" if named_short else pods


def _sum(resource: str, asked: list[dict[str, int]]) -> str:
    total = sum(each.get(resource, 0) for each in asked)
    if resource == "cpu":
        return f"{total / 1000:g} CPU"
    if resource == "memory":
        return f"{total / 2**30:.1f} GiB"
    return str(total)
