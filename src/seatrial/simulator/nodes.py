"""Makes Node objects as a cloud's machines register them: labels, capacity, conditions, version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Version
from seatrial.simulator.quantities import amount

_POOL_LABELS = {
    "eks": ("eks.amazonaws.com/nodegroup",),
    "gke": ("cloud.google.com/gke-nodepool",),
    "aks": ("kubernetes.azure.com/agentpool", "agentpool"),
    "kapsule": ("k8s.scaleway.com/pool-name",),
}
_IMAGES = {
    "eks": "Amazon Linux 2023",
    "gke": "Container-Optimized OS from Google",
    "aks": "Ubuntu 22.04 LTS",
    "kapsule": "Ubuntu 24.04 LTS",
}
_PODS = 110  # kubelet's default; EKS ties it to the instance's network cards
# kubelet, system and eviction reserve; real ones depend on the size, this is a common middle
_RESERVED_MILLICORES = 80
_RESERVED_BYTES = 600 * 2**20


def make_node(
    name: str,
    kubelet: Version,
    *,
    provider: str = "",
    pool: str = "",
    zone: str = "",
    region: str = "",
    cpu: str = "4",
    memory: str = "16Gi",
    pods: int = _PODS,
    arch: str = "amd64",
    instance_type: str = "",
    labels: Mapping[str, str] | None = None,
    taints: Sequence[Mapping[str, Any]] = (),
    image: str = "",
    address: str = "10.0.0.1",
    created: str = "2026-01-01T00:00:00Z",
    ready: bool = True,
) -> Obj:
    """A Node ready to be created; `kubelet` is also the version of its image.

    `provider` (eks, gke, aks, kapsule or empty) decides by which label the pool is known. `image` is
    the node image's own name, where a node-image upgrade has to be told from a kubelet upgrade.
    """
    pool_labels = _POOL_LABELS.get(provider, ("node.seatrial.dev/pool",)) if pool else ()
    all_labels = {
        "kubernetes.io/arch": arch,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        **({"topology.kubernetes.io/zone": zone} if zone else {}),
        **({"topology.kubernetes.io/region": region or _region_of(zone)} if zone or region else {}),
        **({"node.kubernetes.io/instance-type": instance_type} if instance_type else {}),
        **dict.fromkeys(pool_labels, pool),
        **(labels or {}),
    }
    capacity = {
        "cpu": cpu,
        "memory": memory,
        "pods": str(pods),
        "ephemeral-storage": "50Gi",
    }
    allocatable = {
        **capacity,
        "cpu": f"{max(0, amount('cpu', cpu) - _RESERVED_MILLICORES)}m",
        "memory": f"{max(0, amount('memory', memory) - _RESERVED_BYTES) // 1024}Ki",
    }
    spec: dict[str, Any] = {"providerID": f"{provider or 'simulated'}:///{zone or 'zone'}/{name}"}
    all_taints = [dict(taint) for taint in taints]
    if not ready:  # a kubelet registers with it, so that nothing lands before the network is up
        all_taints.append({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"})
    if all_taints:
        spec["taints"] = all_taints
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": all_labels},
        "spec": spec,
        "status": {
            "capacity": capacity,
            "allocatable": allocatable,
            "conditions": node_conditions(ready=ready, now=created),
            "addresses": [
                {"type": "InternalIP", "address": address},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": {
                "architecture": arch,
                "bootID": "",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": "6.12.0",
                "kubeProxyVersion": f"v{kubelet}",
                "kubeletVersion": f"v{kubelet}",
                "machineID": "",
                "operatingSystem": "linux",
                "osImage": image or _IMAGES.get(provider, "Ubuntu 24.04 LTS"),
                "systemUUID": "",
            },
        },
    }


def node_conditions(*, ready: bool, now: str) -> list[dict[str, Any]]:
    """The four conditions of a kubelet; only Ready varies."""
    healthy = (
        ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    )
    conditions = [_condition(kind, "False", reason, message, now) for kind, reason, message in healthy]
    if ready:
        conditions.append(_condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", now))
    else:
        conditions.append(
            _condition("Ready", "False", "KubeletNotReady", "container runtime network not ready", now)
        )
    return conditions


def _condition(kind: str, status: str, reason: str, message: str, now: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }


def _region_of(zone: str) -> str:
    """ "eu-west-1a" and "europe-west1-b" lie in the region their names start with."""
    head, _, tail = zone.rpartition("-")
    if head and len(tail) == 1:
        return head
    return zone[:-1] if zone and zone[-1].isalpha() else zone
