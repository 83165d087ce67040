"""Nodes with a containerd that the kubelet will soon no longer talk to.

**What.** Nodes that run containerd 1.x, when the target's kubelet needs 2.0, or the minor after it does.

**Why.** containerd 1.x cannot tell the kubelet its cgroup driver (RuntimeConfig). Up to 1.37 the kubelet
falls back to its own setting and counts the node in the metric `kubelet_cri_losing_support`; from 1.38 on
it does not start.

**How to fix.** Node images with containerd 2; on nodes that are upgraded in place, containerd first.
Managed services change the image with the minor: look which containerd the new one has. containerd 2 drops
Docker schema 1 images and `registry.mirrors` in its configuration.

**Source.** KEP-4033; pull request 139121 of kubernetes/kubernetes, which moved it from 1.37 to 1.38.
"""

from __future__ import annotations

import re

from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import counted, named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node
from seatrial.cluster.node_groups import membership

_CONTAINERD = re.compile(r"^containerd://v?(\d+)\.")


@check(
    id="containerd-too-old",
    title="containerd 1.x loses the kubelet's support",
    reads=(Node,),
    uses_facts=True,
)
def containerd_too_old(check: Check, context: Context) -> Found:
    dropped = turning_point("containerd-1-dropped")
    if context.target.plus(1) < dropped.minor:
        return
    reached = dropped.reached_by(context.target)
    found: dict[bool, list[Node]] = {}
    for node in context.read(Node):
        version = _CONTAINERD.match(node.status.node_info.container_runtime_version)
        if version is not None and int(version[1]) < 2:
            found.setdefault(bool(membership(node.labels).manager), []).append(node)
    for replaced, nodes in sorted(found.items()):
        versions = {node.status.node_info.container_runtime_version.partition("://")[2] for node in nodes}
        yield check.finding(
            Severity.BLOCKER if reached and not replaced else Severity.WARNING if reached else Severity.INFO,
            f"{counted(len(nodes), 'node')} with containerd {named(versions)}; from {dropped.minor} on"
            f" {dropped.what}." + (" A node group's new image may bring it: look." if replaced else ""),
            objects=[node.ref for node in nodes],
            fix="Move the nodes to containerd 2 before their kubelets.",
            source=dropped.source,
        )
