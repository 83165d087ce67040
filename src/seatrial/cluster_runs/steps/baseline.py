"""The health of a cluster as it was before, and what of it is worse now.

Only trouble is recorded, by workload and not by pod: pods come and go, and autoscalers change counts.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from seatrial.cluster.objects import GroupVersionResource, Obj, ObjectRef
from seatrial.cluster_runs.ports import Reading
from seatrial.cluster_runs.steps.verify_nodes import NODES, is_ready

_WORKLOADS = (
    (GroupVersionResource("apps", "v1", "deployments"), "Deployment"),
    (GroupVersionResource("apps", "v1", "statefulsets"), "StatefulSet"),
    (GroupVersionResource("apps", "v1", "daemonsets"), "DaemonSet"),
)


class Baseline(msgspec.Struct, frozen=True):
    unready: tuple[str, ...] = ()
    """Workloads that lacked ready pods: "shop/deployment/web"."""
    nodes_not_ready: int = 0

    def encode(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def decode(cls, text: str) -> Baseline:
        return msgspec.json.decode(text, type=cls)


async def observe_baseline(reading: Reading) -> tuple[Baseline, dict[str, str]]:
    """The health now, and for each unready workload the reason."""
    reasons: dict[str, str] = {}
    for gvr, kind in _WORKLOADS:
        reasons |= dict(unready_workloads(await reading.list_objects(gvr), kind))
    nodes = await reading.list_objects(NODES)
    return Baseline(tuple(sorted(reasons)), sum(not is_ready(node) for node in nodes)), reasons


def unready_workloads(objects: Iterable[Obj], kind: str) -> Iterable[tuple[str, str]]:
    """Workloads with fewer ready pods than wanted, each with how many."""
    for obj in objects:
        status, spec = obj.get("status") or {}, obj.get("spec") or {}
        if kind == "DaemonSet":
            wanted, ready = status.get("desiredNumberScheduled") or 0, status.get("numberReady") or 0
        else:
            wanted, ready = spec.get("replicas", 1), status.get("readyReplicas") or 0
        if ready < wanted:
            ref = ObjectRef.of({**obj, "kind": kind})
            yield str(ref), f"{ref} has {ready} of {wanted} pods ready"
