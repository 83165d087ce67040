"""What an API server makes by itself when it first starts: namespaces, its own Service, roles, priorities."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.cluster.objects import Obj
from seatrial.simulator.admission import NAMESPACES
from seatrial.simulator.store import ResourceKey
from seatrial.simulator.verbs import Verbs

_SERVICES = ResourceKey("", "services")
_PRIORITIES = ResourceKey("scheduling.k8s.io", "priorityclasses")
_ROLES = ResourceKey("rbac.authorization.k8s.io", "clusterroles")
_BINDINGS = ResourceKey("rbac.authorization.k8s.io", "clusterrolebindings")
_RBAC = "rbac.authorization.k8s.io"
_EVERYTHING = [
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
]
_READING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]


def bootstrap(verbs: Verbs) -> None:
    """Create what is missing; harmless when run twice."""
    for key, obj in _objects():
        meta = obj["metadata"]
        if verbs.store.raw(key, meta.get("namespace") or "", meta["name"]) is None:
            verbs.create(key, obj)


def _objects() -> Iterator[tuple[ResourceKey, Obj]]:
    for name in ("default", "kube-system", "kube-public", "kube-node-lease"):
        yield NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    for name, value in (
        ("system-cluster-critical", 2000000000),
        ("system-node-critical", 2000001000),
    ):
        head = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass"}
        yield _PRIORITIES, {**head, "metadata": {"name": name}, "value": value}
    for name, rules in (
        ("cluster-admin", _EVERYTHING),
        ("admin", _EVERYTHING[:1]),
        ("edit", _EVERYTHING[:1]),
        ("view", _READING),
    ):
        head = {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole"}
        labels = {"kubernetes.io/bootstrapping": "rbac-defaults"}
        yield _ROLES, {**head, "metadata": {"name": name, "labels": labels}, "rules": rules}
    yield (
        _BINDINGS,
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "cluster-admin"},
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": "system:masters"}],
        },
    )
    labels = {"component": "apiserver", "provider": "kubernetes"}
    ports = [{"name": "https", "port": 443, "targetPort": 6443}]
    yield (
        _SERVICES,
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels},
            "spec": {"clusterIP": "10.96.0.1", "ports": ports},
        },
    )
