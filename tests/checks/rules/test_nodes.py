"""Nodes that cannot take pods, and kubelets that the API server does not support."""

from typing import Any

from tests.builders import a_node, a_snapshot
from tests.checks.corpus import Case

from seatrial.cluster.objects import Obj

READY, SKEW = "node-not-ready", "kubelet-skew"


def changed(node: Obj, **metadata: Any) -> Obj:
    node["metadata"].update(metadata)
    return node


def tainted(node: Obj, key: str) -> Obj:
    node["spec"]["taints"] = [{"key": key, "effect": "NoSchedule"}]
    return node


CASES = (
    Case(
        check=READY,
        name="a node that does not report",
        severities=("blocker",),
        snapshot=a_snapshot(a_node(), a_node("n2", ready=None)),
    ),
    Case(
        check=READY,
        name="a cordoned node",
        severities=("warning",),
        snapshot=a_snapshot(a_node(), a_node("n2", cordoned=True)),
    ),
    Case(
        check=READY,
        name="nodes that an autoscaler takes away, and one that just joined",
        severities=(),
        snapshot=a_snapshot(
            tainted(a_node("n1", cordoned=True), "ToBeDeletedByClusterAutoscaler"),
            tainted(a_node("n2", ready=False), "karpenter.sh/disrupted"),
            changed(a_node("n3", ready=False), creationTimestamp="2026-11-21T11:55:00Z"),
            changed(a_node("n4", ready=None), deletionTimestamp="2026-11-21T11:59:00Z"),
        ),
    ),
    Case(
        check=READY,
        name="a node that joined an hour ago and is still not ready",
        severities=("blocker",),
        snapshot=a_snapshot(changed(a_node(ready=False), creationTimestamp="2026-11-21T11:00:00Z")),
    ),
    Case(check=READY, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=SKEW,
        name="a kubelet four minors behind the target",
        severities=("blocker",),
        snapshot=a_snapshot(a_node(kubelet="v1.33.9")),
    ),
    Case(
        check=SKEW,
        name="a kubelet three minors behind, and a virtual node of its own count",
        severities=(),
        snapshot=a_snapshot(
            a_node(kubelet="v1.34.0"),
            a_node("aci", kubelet="v1.25.0-vk-azure-aci-1.6.1", labels={"type": "virtual-kubelet"}),
        ),
    ),
    Case(
        check=SKEW,
        name="a kubelet newer than the API server that the target overtakes",
        severities=("warning",),
        snapshot=a_snapshot(a_node(kubelet="v1.37.0")),
    ),
    Case(check=SKEW, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)
