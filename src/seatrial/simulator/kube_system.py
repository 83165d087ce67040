"""What runs in every new cluster before anybody installs anything: DNS, the proxy, a storage class.

A rehearsal from a snapshot has the cluster's own; this is for clusters made from nothing (the demo,
tests, `simulator serve`), whose drains should meet the same budget in kube-system as real ones do.
"""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers import kinds
from seatrial.simulator.store import ResourceKey

_NAMESPACE = "kube-system"
_DNS = {"k8s-app": "kube-dns"}
_PROXY = {"k8s-app": "kube-proxy"}


def seed_kube_system(cluster: SimulatedCluster) -> None:
    """Create what is missing; harmless when run twice. Call it after `start`."""
    for key, obj in kube_system_objects(cluster.minor):
        meta = obj["metadata"]
        if cluster.store.raw(key, meta.get("namespace") or "", meta["name"]) is None:
            cluster.verbs.create(key, obj)


def kube_system_objects(minor: Minor) -> tuple[tuple[ResourceKey, Obj], ...]:
    """The objects, in the order in which they are created."""
    return (
        (kinds.STORAGE_CLASSES, _storage_class()),
        (kinds.SERVICES, _dns_service()),
        (kinds.DEPLOYMENTS, _dns()),
        (kinds.POD_DISRUPTION_BUDGETS, _dns_budget()),
        (kinds.DAEMON_SETS, _proxy(minor)),
    )


def _dns() -> Obj:
    container = {
        "name": "coredns",
        "image": "coredns:v1.12.0",
        "ports": [
            {"name": "dns", "containerPort": 53, "protocol": "UDP"},
            {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
        ],
        "resources": {"requests": {"cpu": "100m", "memory": "70Mi"}, "limits": {"memory": "170Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}},
    }
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": _DNS},
    }
    pod = {
        "containers": [container],
        "priorityClassName": "system-cluster-critical",
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
        "topologySpreadConstraints": [spread],
    }
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": _DNS},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
        "template": {"metadata": {"labels": _DNS}, "spec": pod},
    }
    return _object("apps/v1", "Deployment", "coredns", labels=_DNS, spec=spec)


def _dns_service() -> Obj:
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "dns"},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": "dns-tcp"},
    ]
    return _object("v1", "Service", "kube-dns", labels=_DNS, spec={"selector": _DNS, "ports": ports})


def _dns_budget() -> Obj:
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": _DNS}}
    return _object("policy/v1", "PodDisruptionBudget", "coredns", labels=_DNS, spec=spec)


def _proxy(minor: Minor) -> Obj:
    container = {
        "name": "kube-proxy",
        "image": f"kube-proxy:v{minor}.0",
        "resources": {"requests": {"cpu": "100m"}},
    }
    pod = {
        "containers": [container],
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "tolerations": [{"operator": "Exists"}],
    }
    spec = {
        "selector": {"matchLabels": _PROXY},
        "template": {"metadata": {"labels": _PROXY}, "spec": pod},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
    }
    return _object("apps/v1", "DaemonSet", "kube-proxy", labels=_PROXY, spec=spec)


def _storage_class() -> Obj:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "standard",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "disk.csi.seatrial.dev",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }


def _object(api_version: str, kind: str, name: str, **content: Any) -> Obj:
    labels = content.pop("labels")
    meta = {"name": name, "namespace": _NAMESPACE, "labels": dict(labels)}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **content}
