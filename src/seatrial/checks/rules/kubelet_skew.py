"""Kubelets that the target's API server does not support.

**What.** Nodes whose kubelet is older than the target allows (three minors since 1.28, two before), or
newer than the API server is now. Virtual nodes, whose versions are their own, are left out.

**Why.** The control plane goes first. A kubelet that is too old for it afterwards is unsupported: pods
may not start or be reported wrongly, and providers refuse the upgrade. A kubelet must never be newer
than the API server; where the target makes that good, it warns only.

**How to fix.** Upgrade the nodes first, as far as the control plane's present version.

**Source.** kubernetes.io/releases/version-skew-policy; Seatrial's facts (`seatrial facts releases`).
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput


@check(
    id="kubelet-skew",
    title="Kubelets that the API server does not support",
    reads=(Section.CLUSTER, Node),
    uses_facts=True,
)
def kubelet_skew(check: Check, context: Context) -> Found:
    current = context.snapshot.meta.minor
    release = context.known_releases.get(context.target)
    too_old: dict[Minor, list[Node]] = {}
    too_new: dict[Minor, list[Node]] = {}
    for node in context.read(Node):
        if node.labels.get("type") == "virtual-kubelet":
            continue
        version = node.status.node_info.kubelet_version
        try:
            kubelet = Minor.parse(version)
        except BadInput:
            yield check.incomplete(
                str(node.ref),
                f"its kubelet reports {version!r} as its version.",
                next_step="Look at status.nodeInfo.kubeletVersion of the node.",
            )
            continue
        if release is not None and kubelet < release.min_kubelet:
            too_old.setdefault(kubelet, []).append(node)
        elif kubelet > current:
            too_new.setdefault(kubelet, []).append(node)
    for kubelet, nodes in sorted(too_old.items()):
        assert release is not None  # noqa: S101  too_old is filled only then
        yield check.finding(
            Severity.BLOCKER,
            f"{_counted(nodes)} kubelet {kubelet}; an API server of {context.target} supports kubelets from"
            f" {release.min_kubelet} on.",
            objects=[node.ref for node in nodes],
            fix=f"Upgrade these nodes to {current} before the control plane.",
            source=f"version skew policy, facts of {context.known_releases.gathered}",
        )
    for kubelet, nodes in sorted(too_new.items()):
        yield check.finding(
            Severity.BLOCKER if kubelet > context.target else Severity.WARNING,
            f"{_counted(nodes)} kubelet {kubelet}, newer than the API server ({current}).",
            objects=[node.ref for node in nodes],
            fix=f"Replace them by nodes of {current}, or upgrade the control plane to {kubelet} first.",
            source="version skew policy",
        )


def _counted(nodes: list[Node]) -> str:
    return f"{nodes[0].name} runs" if len(nodes) == 1 else f"{len(nodes)} nodes run"
