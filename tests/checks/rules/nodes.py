"""Nodes with what their kubelets report, and pods of Kubernetes' own components."""

from collections.abc import Mapping
from typing import Any

from tests.builders import a_node, a_pod

from seatrial.cluster.objects import Obj

EKS = {"eks.amazonaws.com/nodegroup": "workers"}
AKS = {"kubernetes.azure.com/agentpool": "pool1"}


def a_node_that_reports(name: str = "node-1", *, labels: Mapping[str, str] | None = None, **info: Any) -> Obj:
    """`info` are fields of status.nodeInfo: osImage, kernelVersion, containerRuntimeVersion…"""
    node = a_node(name, labels=labels, kubelet=info.pop("kubeletVersion", "v1.36.4"))
    node["status"]["nodeInfo"].update(info)
    return node


def a_component(name: str, version: str, *, static: bool = False, node: str = "node-1") -> Obj:
    spec: dict[str, Any] = {"containers": [{"name": name, "image": f"registry.k8s.io/{name}:{version}"}]}
    return a_pod(
        f"{name}-{node}",
        "kube-system",
        node=node,
        owner=("Node", node) if static else ("DaemonSet", name),
        spec=spec,
    )
