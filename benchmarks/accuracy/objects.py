"""Kubernetes objects of the generated clusters, as short as their purpose allows."""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers import kinds
from seatrial.simulator.store import ResourceKey

NAMESPACE = "shop"
Made = tuple[ResourceKey, Obj]


def deployment(name: str, replicas: int, **spec: Any) -> Made:
    return kinds.DEPLOYMENTS, _workload("Deployment", name, replicas, {}, spec)


def stateful_set(name: str, replicas: int, *, volume: bool = False, **spec: Any) -> Made:
    own: Obj = {"serviceName": name}
    if volume:
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        own["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": claim}]
    return kinds.STATEFUL_SETS, _workload("StatefulSet", name, replicas, own, spec)


def daemon_set(name: str, **spec: Any) -> Made:
    obj = _workload("DaemonSet", name, 0, {}, spec)
    del obj["spec"]["replicas"]
    return kinds.DAEMON_SETS, obj


def job(name: str, **spec: Any) -> Made:
    obj = _named(
        "batch/v1", "Job", name, spec={"template": _template(name, {"restartPolicy": "Never", **spec})}
    )
    return kinds.JOBS, obj


def bare_pod(name: str, **spec: Any) -> Made:
    template = _template(name, spec)
    pod = _named("v1", "Pod", name, spec=template["spec"])
    pod["metadata"]["labels"] = template["metadata"]["labels"]
    return kinds.PODS, pod


def budget(name: str, *, over: str = "", **limits: Any) -> Made:
    spec = {"selector": {"matchLabels": {"app": over or name}}, **limits}
    return kinds.POD_DISRUPTION_BUDGETS, _named("policy/v1", "PodDisruptionBudget", name, spec=spec)


def anti_affinity(name: str) -> Obj:
    """No two pods of it on one node."""
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": name}}}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def on_node(node: str) -> Obj:
    """Only on the machine of that name."""
    expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def in_zone(zone: str) -> Obj:
    return {"topology.kubernetes.io/zone": zone}


def spread(name: str, key: str, *, hard: bool) -> list[Obj]:
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "DoNotSchedule" if hard else "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app": name}},
        }
    ]


def _workload(kind: str, name: str, replicas: int, own: Obj, pod: Obj) -> Obj:
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": name}},
        "template": _template(name, pod),
        **own,
    }
    return _named("apps/v1", kind, name, spec=spec)


def _template(name: str, pod: Obj) -> Obj:
    """`pod` holds fields of the pod's spec, and of its container: cpu, memory, port, probe, image."""
    pod = dict(pod)
    container: Obj = {
        "name": "app",
        "image": pod.pop("image", f"{name}:1"),
        "resources": {"requests": {"cpu": pod.pop("cpu", "100m"), "memory": pod.pop("memory", "64Mi")}},
    }
    if port := pod.pop("port", None):
        container["ports"] = [{"containerPort": port, "hostPort": port}]
    if (probe := pod.pop("probe", None)) is not None:
        container["readinessProbe"] = {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": probe}
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **pod}}


def _named(api_version: str, kind: str, name: str, **fields: Any) -> Obj:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        **fields,
    }
