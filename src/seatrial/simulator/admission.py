"""What the API server's built-in admission adds to an object before it is stored.

Namespaces that must exist, service accounts and priorities of pods, selectors of jobs, addresses of
services: everything here looks at other objects, which defaults never do.
"""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.status import ApiError, forbidden, not_found
from seatrial.simulator.store import ObjectStore, ResourceKey

NAMESPACES = ResourceKey("", "namespaces")
_SERVICES = ResourceKey("", "services")
_PRIORITIES = ResourceKey("scheduling.k8s.io", "priorityclasses")
_STORAGE_CLASSES = ResourceKey("storage.k8s.io", "storageclasses")
_SYSTEM_PRIORITIES = {"system-cluster-critical": 2000000000, "system-node-critical": 2000001000}
_NODE_TROUBLE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def require_namespace(store: ObjectStore, key: ResourceKey, namespace: str, name: str) -> None:
    """404 for a namespace that is not there, 403 for one that is being deleted."""
    found = store.peek(NAMESPACES, "", namespace)
    if found is None:
        raise not_found(NAMESPACES, namespace)
    if found["metadata"].get("deletionTimestamp"):
        error = forbidden(
            key,
            name,
            f"unable to create new content in namespace {namespace} because it is being terminated",
        )
        error.details["causes"] = [
            {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
        ]
        raise error


def admit(store: ObjectStore, key: ResourceKey, obj: Obj, old: Obj | None) -> None:
    """Complete a new or changed object in place, or refuse it."""
    match str(key):
        case "pods" if old is None:
            _pod(store, obj)
        case "jobs.batch" if old is None:
            _job(obj)
        case "services":
            _service(store, obj, old)
        case "secrets":
            _fold_string_data(obj)
        case "persistentvolumeclaims" if old is None:
            _claim(store, obj)
        case _:
            pass


def _pod(store: ObjectStore, pod: Obj) -> None:
    spec = pod.setdefault("spec", {})
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", spec["serviceAccountName"])
    _priority(store, spec)
    tolerations = spec.setdefault("tolerations", [])
    for key in _NODE_TROUBLE:
        if not any(
            not t.get("key") or (t.get("key") == key and t.get("effect") in (None, "", "NoExecute"))
            for t in tolerations
        ):
            tolerations.append(
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            )
    status = pod.setdefault("status", {})
    status.setdefault("phase", "Pending")
    status["qosClass"] = _quality_of_service(spec)


def _priority(store: ObjectStore, spec: dict[str, Any]) -> None:
    name = spec.get("priorityClassName")
    found: Obj | None = None
    if name:
        found = store.peek(_PRIORITIES, "", name)
        if found is None and name not in _SYSTEM_PRIORITIES:
            raise ApiError(
                403,
                f"pods is forbidden: no PriorityClass with name {name} was found",
                details={"kind": "pods"},
            )
    else:
        found = next((c for c in store.peek_list(_PRIORITIES) if c.get("globalDefault")), None)
        if found is not None:
            spec["priorityClassName"] = found["metadata"]["name"]
    spec["priority"] = found["value"] if found is not None else _SYSTEM_PRIORITIES.get(name or "", 0)
    policy = (found or {}).get("preemptionPolicy") or "PreemptLowerPriority"
    spec.setdefault("preemptionPolicy", policy)


def _quality_of_service(spec: dict[str, Any]) -> str:
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    resources = [container.get("resources") or {} for container in containers]
    if not any((r.get("requests") or r.get("limits")) for r in resources):
        return "BestEffort"
    for one in resources:
        limits, requests = one.get("limits") or {}, one.get("requests") or {}
        if any(name not in limits or limits[name] != requests.get(name, limits[name]) for name in _MEASURED):
            return "Burstable"
    return "Guaranteed"


_MEASURED = ("cpu", "memory")


def _job(job: Obj) -> None:
    spec = job.setdefault("spec", {})
    if spec.get("manualSelector"):
        return
    uid, name = job["metadata"]["uid"], job["metadata"]["name"]
    labels = spec.setdefault("template", {}).setdefault("metadata", {}).setdefault("labels", {})
    for prefix in ("batch.kubernetes.io/", ""):
        labels.setdefault(f"{prefix}controller-uid", uid)
        labels.setdefault(f"{prefix}job-name", name)
    spec.setdefault("selector", {}).setdefault("matchLabels", {})["batch.kubernetes.io/controller-uid"] = uid


def _fold_string_data(secret: Obj) -> None:
    import base64

    text = secret.pop("stringData", None)
    if text:
        data = secret.setdefault("data", {})
        data |= {name: base64.b64encode(str(value).encode()).decode() for name, value in text.items()}


def _claim(store: ObjectStore, claim: Obj) -> None:
    spec = claim.setdefault("spec", {})
    finalizers = claim["metadata"].setdefault("finalizers", [])
    if "kubernetes.io/pvc-protection" not in finalizers:
        finalizers.append("kubernetes.io/pvc-protection")
    if spec.get("storageClassName") is None:
        for found in store.peek_list(_STORAGE_CLASSES):
            if (found["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true":
                spec["storageClassName"] = found["metadata"]["name"]
                return


# services
def _service(store: ObjectStore, service: Obj, old: Obj | None) -> None:
    spec = service.setdefault("spec", {})
    before = (old or {}).get("spec") or {}
    if spec.get("type") == "ExternalName":
        for name in ("clusterIP", "clusterIPs"):
            spec.pop(name, None)
        return
    if not spec.get("clusterIP"):
        spec["clusterIP"] = before.get("clusterIP") or _free_address(store)
    spec["clusterIPs"] = [spec["clusterIP"]]
    if spec.get("type") not in ("NodePort", "LoadBalancer"):
        for port in spec.get("ports") or ():
            port.pop("nodePort", None)
        return
    kept = {(p.get("port"), p.get("protocol")): p.get("nodePort") for p in before.get("ports") or ()}
    wanting = [port for port in spec.get("ports") or () if not port.get("nodePort")]
    for port in wanting:
        port["nodePort"] = kept.get((port.get("port"), port.get("protocol")))
    taken = _ports_in_use(store) if any(not port["nodePort"] for port in wanting) else set()
    for port in wanting:
        if not port["nodePort"]:
            port["nodePort"] = next(number for number in range(30000, 32768) if number not in taken)
            taken.add(port["nodePort"])


def _free_address(store: ObjectStore) -> str:
    taken = {(s.get("spec") or {}).get("clusterIP") for s in store.peek_list(_SERVICES)}
    for number in range(10, 1 << 16):
        address = f"10.96.{number >> 8}.{number & 255}"
        if address not in taken:
            return address
    raise ApiError(500, "failed to allocate a serviceIP: range is full")


def _ports_in_use(store: ObjectStore) -> set[int]:
    return {
        port["nodePort"]
        for service in store.peek_list(_SERVICES)
        for port in (service.get("spec") or {}).get("ports") or ()
        if port.get("nodePort")
    }
