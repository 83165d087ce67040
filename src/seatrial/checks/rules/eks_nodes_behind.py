"""EKS nodes that are behind the control plane when its next upgrade begins.

**What.** On EKS: nodes of managed node groups and Fargate whose kubelet is of an older minor than the
control plane is now.

**Why.** EKS asks that managed and Fargate nodes run the control plane's minor before it is upgraded. The
same page also allows kubelets from 1.25 on to stay up to three minors behind, so this warns and does not
block; kubelet-skew blocks where the target really is too far ahead. Fargate nodes never upgrade in place.

**How to fix.** Upgrade the node groups to the control plane's minor first. Delete the pods on Fargate, so
that they come back on a new node.

**Source.** docs.aws.amazon.com/eks/latest/userguide/update-cluster.html, step 1 and "Detailed
considerations" (read 2026-11-22).
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.provider_of import provider_of
from seatrial.checks.wording import counted, named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node
from seatrial.cluster.node_groups import is_virtual, membership
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput


@check(
    id="eks-nodes-behind",
    title="EKS nodes are behind the control plane",
    reads=(Section.CLUSTER, Section.PROVIDER, Node),
)
def eks_nodes_behind(check: Check, context: Context) -> Found:
    current = context.snapshot.meta.minor
    if provider_of(context) != "eks" or context.target <= current:
        return
    behind: dict[tuple[str, Minor], list[Node]] = {}
    for node in context.read(Node):
        where = "Fargate" if is_virtual(node.labels) else membership(node.labels).group
        minor = _minor(node)
        if (
            minor is not None
            and minor < current
            and (where == "Fargate" or membership(node.labels).manager == "eks")
        ):
            behind.setdefault((where, minor), []).append(node)
    for (where, minor), nodes in sorted(behind.items()):
        fargate = where == "Fargate"
        yield check.finding(
            Severity.WARNING,
            f"{'Fargate' if fargate else f'Node group {where}'}: {counted(len(nodes), 'node')} at {minor},"
            f" the control plane at {current} ({named(node.name for node in nodes)}).",
            objects=[node.ref for node in nodes],
            fix=f"Delete the pods on these nodes: they come back on nodes of {current}."
            if fargate
            else f"Upgrade the node group to {current} before the control plane.",
            source="EKS user guide, Update existing cluster to new Kubernetes version",
        )


def _minor(node: Node) -> Minor | None:
    try:
        return Minor.parse(node.status.node_info.kubelet_version)
    except BadInput:
        return None  # kubelet-skew says so
