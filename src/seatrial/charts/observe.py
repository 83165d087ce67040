"""Looks at a cluster for what a release brought: the wait that we do instead of Helm, one look at a time."""

from __future__ import annotations

from seatrial.charts.reader import Reader
from seatrial.charts.readiness import WATCHED_KINDS, NotReady, readiness
from seatrial.cluster.helm_release import ReleaseRecord
from seatrial.cluster.objects import GroupVersionResource, Obj, ObjectRef
from seatrial.errors import NotFound

_PODS = GroupVersionResource("", "v1", "pods")
_RESOURCES = {
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "ReplicaSet": "replicasets",
    "ReplicationController": "replicationcontrollers",
    "Job": "jobs",
    "Pod": "pods",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "CustomResourceDefinition": "customresourcedefinitions",
    "APIService": "apiservices",
}
_CLUSTER_WIDE = frozenset({"CustomResourceDefinition", "APIService"})


async def observe_release(record: ReleaseRecord, reader: Reader) -> tuple[NotReady, ...]:
    """What of this revision is not ready now; empty when all of it is.

    Pods are read only when something is not ready, to say why.
    """
    live: list[Obj] = []
    missing: list[ObjectRef] = []
    for ref in watched(record):
        group, _, version = ref.api_version.rpartition("/")
        try:
            live.append(
                await reader.get(
                    GroupVersionResource(group, version, _RESOURCES[ref.kind]), ref.name, ref.namespace
                )
            )
        except NotFound:
            missing.append(ref)
    first_look = readiness(live, missing=missing)
    if not first_look:
        return ()
    namespaces = sorted({each.ref.namespace for each in first_look if each.ref.namespace})
    pods = [pod for namespace in namespaces for pod in await reader.list_objects(_PODS, namespace)]
    return readiness(live, pods=pods, missing=missing)


def watched(record: ReleaseRecord) -> tuple[ObjectRef, ...]:
    """Those of the revision's objects that can be unready, each with its namespace."""
    found = []
    for ref in record.objects:
        if (ref.api_version.rpartition("/")[0], ref.kind) in WATCHED_KINDS:
            namespace = "" if ref.kind in _CLUSTER_WIDE else ref.namespace or record.namespace
            found.append(ref._replace(namespace=namespace))
    return tuple(found)
