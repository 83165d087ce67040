"""The twin before against the twin after: versions, nodes, readiness, images, objects gone and added.

Read straight from the twin's store, before the first step and after the last: a rehearsal owns its twin.
What an owner makes anew, events and what is rewritten all the time are left out of the lists of objects;
a pod without an owner is in them, for nobody brings it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seatrial.cluster.metrics import ApiMetrics
from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor
from seatrial.rehearsal.report import Comparison, ImageChange, NodeVersions, Readiness, ReadinessChange
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import (
    DAEMON_SETS,
    DEPLOYMENTS,
    NODES,
    PODS,
    STATEFUL_SETS,
)
from seatrial.simulator.controllers.pods import condition, is_finished, is_ready
from seatrial.simulator.store import ResourceKey

_WORKLOADS = ((DEPLOYMENTS, "deployment"), (STATEFUL_SETS, "statefulset"), (DAEMON_SETS, "daemonset"))
_CHURN = frozenset(
    {
        "nodes",
        "events",
        "replicasets",
        "controllerrevisions",
        "endpoints",
        "endpointslices",
        "leases",
    }
)
_HELM_RECORD = "sh.helm.release.v1."


@dataclass(frozen=True, slots=True)
class TwinState:
    """One look at the twin."""

    control_plane: str
    nodes: tuple[NodeVersions, ...]
    readiness: Mapping[str, Readiness]
    images: Mapping[tuple[str, str], str]
    objects: frozenset[str]
    unserved: frozenset[str]
    pending: Mapping[str, str]


def look_at(cluster: SimulatedCluster, control_plane: str) -> TwinState:
    store = cluster.store
    return TwinState(
        control_plane=control_plane,
        nodes=_node_versions(store.peek_list(NODES)),
        readiness={each.workload: each for each in _readiness(cluster)},
        images=dict(_images(cluster)),
        objects=frozenset(_objects(cluster)),
        unserved=frozenset(
            f"{store.count(key)} {key}" for key in store.stored_keys() if cluster.surface.storage(key) is None
        ),
        pending=dict(_pending(store.peek_list(PODS))),
    )


def compare(before: TwinState, after: TwinState, metrics: ApiMetrics | None, target: Minor) -> Comparison:
    return Comparison(
        control_plane=(before.control_plane, after.control_plane),
        nodes_before=before.nodes,
        nodes_after=after.nodes,
        unready_before=tuple(sorted(name for name, each in before.readiness.items() if not each.is_ready)),
        readiness=tuple(_readiness_changes(before.readiness, after.readiness)),
        images=tuple(_image_changes(before.images, after.images)),
        gone=tuple(sorted(before.objects - after.objects)),
        added=tuple(sorted(after.objects - before.objects)),
        no_longer_served=tuple(sorted(after.unserved - before.unserved)),
        deprecated_requests=tuple(_deprecated(metrics, target)),
        pending_pods=tuple(
            f"{pod}: {why}" for pod, why in sorted(after.pending.items()) if pod not in before.pending
        ),
    )


def _node_versions(nodes: Iterable[Obj]) -> tuple[NodeVersions, ...]:
    total: Counter[str] = Counter()
    ready: Counter[str] = Counter()
    for node in nodes:
        version = str(((node.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion") or "unknown")
        total[version] += 1
        ready[version] += is_ready(node)
    return tuple(
        NodeVersions(version=version, nodes=count, ready=ready[version])
        for version, count in sorted(total.items())
    )


def _readiness(cluster: SimulatedCluster) -> Iterable[Readiness]:
    for key, kind in _WORKLOADS:
        for obj in cluster.store.peek_list(key):
            status, spec = obj.get("status") or {}, obj.get("spec") or {}
            if key == DAEMON_SETS:
                ready, wanted = status.get("numberReady"), status.get("desiredNumberScheduled")
            else:
                ready, wanted = status.get("readyReplicas"), spec.get("replicas", 1)
            yield Readiness(workload=_name(obj, kind), ready=int(ready or 0), wanted=int(wanted or 0))


def _images(cluster: SimulatedCluster) -> Iterable[tuple[tuple[str, str], str]]:
    for key, kind in _WORKLOADS:
        for obj in cluster.store.peek_list(key):
            template = ((obj.get("spec") or {}).get("template") or {}).get("spec") or {}
            for container in (*(template.get("initContainers") or ()), *(template.get("containers") or ())):
                yield (_name(obj, kind), str(container.get("name"))), str(container.get("image") or "")


def _objects(cluster: SimulatedCluster) -> Iterable[str]:
    for key in cluster.store.stored_keys():
        if key.resource in _CHURN:
            continue
        for record in cluster.store.records(key):
            if not record.owners and not record.name.startswith(_HELM_RECORD):
                yield _object_name(key, record.namespace, record.name)


def _pending(pods: Iterable[Obj]) -> Iterable[tuple[str, str]]:
    for pod in pods:
        if is_finished(pod) or (pod.get("spec") or {}).get("nodeName"):
            continue
        why = str((condition(pod, "PodScheduled") or {}).get("message") or "not scheduled")
        yield f"{pod['metadata'].get('namespace')}/{pod['metadata']['name']}", why


def _readiness_changes(
    before: Mapping[str, Readiness], after: Mapping[str, Readiness]
) -> Iterable[ReadinessChange]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        was_ready = old is None or old.is_ready
        now_ready = new is None or new.is_ready
        if _said(old) != _said(new) and not (was_ready and now_ready and old and new):
            yield ReadinessChange(
                workload=name, before=_said(old), after=_said(new), worse=was_ready and not now_ready
            )


def _said(found: Readiness | None) -> str:
    return f"{found.ready} of {found.wanted}" if found else "absent"


def _image_changes(
    before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str]
) -> Iterable[ImageChange]:
    for key in sorted(before.keys() & after.keys()):
        if before[key] != after[key]:
            workload, container = key
            yield ImageChange(workload=workload, container=container, before=before[key], after=after[key])


def _deprecated(metrics: ApiMetrics | None, target: Minor) -> Iterable[str]:
    for request in metrics.requests if metrics else ():
        removed = Minor.parse(request.removed_release) if request.removed_release else None
        state = f"gone in {removed}" if removed and target >= removed else "deprecated"
        yield f"{request.gvr.api_version} {request.resource}: {state}"


def _name(obj: Obj, kind: str) -> str:
    return f"{obj['metadata'].get('namespace')}/{kind}/{obj['metadata']['name']}"


def _object_name(key: ResourceKey, namespace: str, name: str) -> str:
    return f"{key} {namespace}/{name}" if namespace else f"{key} {name}"
