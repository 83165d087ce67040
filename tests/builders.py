"""Small builders of objects and snapshots: name what the test is about, the rest is ordinary."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from seatrial.cluster.helm_release import BrokenRecord, ReleaseRecord
from seatrial.cluster.metrics import ApiMetrics
from seatrial.cluster.models import KINDS
from seatrial.cluster.objects import GroupKind, GroupVersionKind, GroupVersionResource, Obj
from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.snapshot import ResourceList, Snapshot, SnapshotMeta, Unread, UnreadReason

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_TYPED = {kind.group_kind(): kind for kind in KINDS}
_CLUSTER_SCOPED = {
    "Node",
    "Namespace",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "PersistentVolume",
    "StorageClass",
    "CSIDriver",
    "IngressClass",
    "ClusterRole",
    "ClusterRoleBinding",
    "CertificateSigningRequest",
    "ResourceSlice",
    "APIService",
    "CustomResourceDefinition",
}


def a_snapshot(
    *objects: Obj,
    version: str = "v1.36.4",
    unread: Iterable[Unread] = (),
    metrics: ApiMetrics | None = ApiMetrics(servers_known=1),
    releases: Iterable[ReleaseRecord] = (),
    broken_releases: Iterable[BrokenRecord] = (),
    provider: ProviderState | None = None,
    captured_at: datetime = NOW,
    cluster: str = "harbour",
) -> Snapshot:
    """A cluster that holds just these objects; every other typed kind was read and is empty."""
    unread = tuple(unread)
    hidden = {(each.gvr.group, each.gvr.resource) for each in unread if not each.namespace}
    by_kind: dict[GroupVersionKind, list[Obj]] = {
        kind.API: [] for kind in KINDS if (kind.API.group, kind.PLURAL) not in hidden
    }
    for obj in objects:
        by_kind.setdefault(GroupVersionKind.of_object(obj), []).append(obj)
    return Snapshot(
        meta=SnapshotMeta(
            cluster=cluster,
            uid="11111111-2222-3333-4444-555555555555",
            server_version=version,
            captured_at=captured_at,
            seatrial="0.1.0",
        ),
        resources=tuple(_listed(gvk, found) for gvk, found in by_kind.items()),
        unread=unread,
        metrics=metrics,
        releases=tuple(releases),
        broken_releases=tuple(broken_releases),
        provider=provider,
    )


def _listed(gvk: GroupVersionKind, found: list[Obj]) -> ResourceList:
    typed = _TYPED.get(gvk.group_kind)
    plural = typed.PLURAL if typed else f"{gvk.kind.lower()}s"
    return ResourceList(
        gvr=GroupVersionResource(gvk.group, gvk.version, plural),
        kind=gvk.kind,
        namespaced=gvk.kind not in _CLUSTER_SCOPED,
        items=tuple(json.dumps(obj).encode() for obj in found),
    )


def forbidden(kind: type[Any], namespace: str = "") -> Unread:
    """Reading this kind was refused, in one namespace or everywhere."""
    return Unread(
        gvr=GroupVersionResource(kind.API.group, kind.API.version, kind.PLURAL),
        reason=UnreadReason.FORBIDDEN,
        namespace=namespace,
        message=f'{kind.PLURAL} is forbidden: User "auditor" cannot list resource "{kind.PLURAL}"',
    )


def not_served(kind: type[Any]) -> Unread:
    return Unread(
        gvr=GroupVersionResource(kind.API.group, kind.API.version, kind.PLURAL),
        reason=UnreadReason.NOT_SERVED,
    )


def an_object(
    api_version: str,
    kind: str,
    name: str,
    namespace: str = "",
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    owner: tuple[str, str] | None = None,
    generation: int = 1,
    **fields: Any,
) -> Obj:
    """Any object; `owner` is (kind, name) of its controller; further arguments are its top-level fields."""
    metadata: Obj = {"name": name, "uid": f"uid-{kind.lower()}-{namespace}-{name}", "generation": generation}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = dict(labels)
    if annotations:
        metadata["annotations"] = dict(annotations)
    if owner:
        metadata["ownerReferences"] = [_owner_reference(namespace, *owner)]
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def _owner_reference(namespace: str, kind: str, name: str) -> Obj:
    api_version = {
        "Job": "batch/v1",
        "Node": "v1",
        "ReplicationController": "v1",
        "PostgresCluster": "db.example.org/v1",
    }.get(kind, "apps/v1")
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": name,
        "uid": f"uid-{kind.lower()}-{namespace}-{name}",
        "controller": True,
    }


def a_pod(
    name: str,
    namespace: str = "shop",
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    owner: tuple[str, str] | None = None,
    node: str = "node-1",
    ready: bool = True,
    phase: str = "Running",
    terminating: bool = False,
    spec: Mapping[str, Any] | None = None,
) -> Obj:
    pod = an_object(
        "v1",
        "Pod",
        name,
        namespace,
        labels=labels,
        annotations=annotations,
        owner=owner,
        spec={
            "nodeName": node,
            "containers": [{"name": "main", "image": "example.org/app:1"}],
            **(spec or {}),
        },
        status={
            "phase": phase,
            "conditions": [{"type": "Ready", "status": "True" if ready and phase == "Running" else "False"}],
        },
    )
    if terminating:
        pod["metadata"]["deletionTimestamp"] = "2026-11-21T11:59:00Z"
    return pod


def a_node(
    name: str = "node-1",
    *,
    kubelet: str = "v1.36.4",
    ready: bool | None = True,
    cordoned: bool = False,
    conditions: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    cpu: str = "4",
    memory: str = "16Gi",
) -> Obj:
    """`ready=None` is a node whose kubelet stopped reporting."""
    status = {True: "True", False: "False", None: "Unknown"}[ready]
    listed = [{"type": "Ready", "status": status}]
    listed += [{"type": kind, "status": value} for kind, value in (conditions or {}).items()]
    resources = {"cpu": cpu, "memory": memory, "pods": "110"}
    return an_object(
        "v1",
        "Node",
        name,
        labels={"kubernetes.io/hostname": name, **(labels or {})},
        spec={"unschedulable": True} if cordoned else {},
        status={
            "conditions": listed,
            "nodeInfo": {"kubeletVersion": kubelet, "architecture": "amd64", "operatingSystem": "linux"},
            "capacity": resources,
            "allocatable": resources,
        },
    )


def a_namespace(name: str, *, labels: Mapping[str, str] | None = None) -> Obj:
    return an_object("v1", "Namespace", name, labels={"kubernetes.io/metadata.name": name, **(labels or {})})


def a_deployment(
    name: str,
    namespace: str = "shop",
    *,
    replicas: int = 2,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    ready: int | None = None,
) -> list[Obj]:
    """A Deployment with its ReplicaSet and pods, all with the same labels (`app: NAME` by default)."""
    return _with_pods("Deployment", name, namespace, replicas, labels, annotations, ready)


def a_stateful_set(
    name: str,
    namespace: str = "shop",
    *,
    replicas: int = 2,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    ready: int | None = None,
) -> list[Obj]:
    """A StatefulSet with its pods."""
    return _with_pods("StatefulSet", name, namespace, replicas, labels, annotations, ready)


def _with_pods(
    kind: str,
    name: str,
    namespace: str,
    replicas: int,
    labels: Mapping[str, str] | None,
    annotations: Mapping[str, str] | None,
    ready: int | None,
) -> list[Obj]:
    labels = dict(labels or {"app": name})
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main"}]}},
    }
    ready = replicas if ready is None else ready
    status = {"replicas": replicas, "readyReplicas": ready, "observedGeneration": 1}
    objects = [
        an_object(
            "apps/v1", kind, name, namespace, labels=labels, annotations=annotations, spec=spec, status=status
        )
    ]
    owner = (kind, name)
    if kind == "Deployment":
        owner = ("ReplicaSet", f"{name}-6d5f")
        objects.append(
            an_object(
                "apps/v1",
                *owner,
                namespace,
                labels=labels,
                owner=("Deployment", name),
                spec=spec,
                status=status,
            )
        )
    objects += [
        a_pod(f"{owner[1]}-{number}", namespace, labels=labels, owner=owner, ready=number < ready)
        for number in range(replicas)
    ]
    return objects


def a_budget(
    name: str,
    namespace: str = "shop",
    *,
    min_available: int | str | None = None,
    max_unavailable: int | str | None = None,
    selector: Mapping[str, Any] | None = None,
    match: Mapping[str, str] | None = None,
    unhealthy: str = "",
    status: Mapping[str, int] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Obj:
    """A budget over `app: NAME` unless `selector` (whole) or `match` (labels) says otherwise.

    `status` is what the controller wrote; without it the controller has not seen the budget yet.
    """
    spec: Obj = {
        "selector": dict(selector) if selector is not None else {"matchLabels": dict(match or {"app": name})}
    }
    if min_available is not None:
        spec["minAvailable"] = min_available
    if max_unavailable is not None:
        spec["maxUnavailable"] = max_unavailable
    if unhealthy:
        spec["unhealthyPodEvictionPolicy"] = unhealthy
    budget = an_object(
        "policy/v1", "PodDisruptionBudget", name, namespace, annotations=annotations, spec=spec
    )
    if status is not None:
        budget["status"] = {"observedGeneration": 1, **status}
    return budget


def a_service(
    name: str, namespace: str = "shop", *, selector: Mapping[str, str] | None = None, **spec: Any
) -> Obj:
    return an_object(
        "v1", "Service", name, namespace, spec={"type": "ClusterIP", "selector": dict(selector or {}), **spec}
    )


def endpoints_of(service: str, namespace: str = "shop", *, ready: Iterable[bool | None] = (True,)) -> Obj:
    """An EndpointSlice of a Service, with one endpoint for each value of `ready` (None: not said)."""
    return an_object(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        f"{service}-x1",
        namespace,
        labels={"kubernetes.io/service-name": service},
        addressType="IPv4",
        endpoints=[
            {"addresses": [f"10.0.0.{number}"], "conditions": {} if each is None else {"ready": each}}
            for number, each in enumerate(ready, start=1)
        ],
    )


def a_webhook(
    name: str,
    *,
    service: tuple[str, str] | None = ("shop", "hook"),
    url: str = "",
    failure_policy: str = "Fail",
    resources: Iterable[str] = ("pods",),
    scope: str = "*",
    namespace_selector: Mapping[str, Any] | None = None,
    object_selector: Mapping[str, Any] | None = None,
    kind: str = "ValidatingWebhookConfiguration",
    annotations: Mapping[str, str] | None = None,
) -> Obj:
    """A configuration with one webhook; `service` is (namespace, name)."""
    client: Obj = {"url": url} if url else {}
    if service and not url:
        client["service"] = {"namespace": service[0], "name": service[1]}
    hook: Obj = {
        "name": f"{name}.example.org",
        "clientConfig": client,
        "failurePolicy": failure_policy,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "rules": [
            {
                "operations": ["CREATE"],
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "resources": list(resources),
                "scope": scope,
            }
        ],
    }
    if namespace_selector is not None:
        hook["namespaceSelector"] = dict(namespace_selector)
    if object_selector is not None:
        hook["objectSelector"] = dict(object_selector)
    return an_object("admissionregistration.k8s.io/v1", kind, name, annotations=annotations, webhooks=[hook])


def an_api_service(
    name: str,
    *,
    available: bool | None = True,
    service: tuple[str, str] | None = ("shop", "api"),
    reason: str = "",
) -> Obj:
    """`name` is "v1beta1.metrics.k8s.io"; `service=None` is answered by the API server itself."""
    version, _, group = name.partition(".")
    spec: Obj = {"group": group, "version": version}
    if service:
        spec["service"] = {"namespace": service[0], "name": service[1]}
    status: Obj = {}
    if available is not None:
        status = {
            "conditions": [
                {"type": "Available", "status": str(available), "reason": reason, "message": reason}
            ]
        }
    return an_object("apiregistration.k8s.io/v1", "APIService", name, spec=spec, status=status)


def refs(*objects: Obj) -> set[tuple[str, str]]:
    """(kind, name) of each, to compare with a finding's objects."""
    return {(str(obj["kind"]), str(obj["metadata"]["name"])) for obj in objects}


def group_kind(obj: Obj) -> GroupKind:
    return GroupVersionKind.of_object(obj).group_kind
