"""Endpoints and EndpointSlices of every Service that selects pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.kinds import ENDPOINT_SLICES, ENDPOINTS, NODES, PODS, SERVICES
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted, owner_reference
from seatrial.simulator.controllers.pods import is_finished, is_ready
from seatrial.simulator.matching import map_matches
from seatrial.simulator.store import ResourceKey

_PER_SLICE = 100  # endpoints, as the real controller's --max-endpoints-per-slice
_MANAGED = "endpoints.kubernetes.io/managed-by"
_ZONE = "topology.kubernetes.io/zone"


class ServiceEndpoints:
    watches: Sequence[ResourceKey] = (SERVICES, PODS)

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def concerns(self, change: Change) -> Iterable[Key]:
        namespace = change.obj["metadata"]["namespace"]
        if change.key == SERVICES:
            return ((namespace, change.obj["metadata"]["name"]),)
        if not _is_news(change):
            return ()
        return [
            (namespace, service["metadata"]["name"])
            for service in self._plane.store.peek_list(SERVICES, namespace)
            if (selector := service["spec"].get("selector"))
            and any(map_matches(selector, pod["metadata"].get("labels")) for pod in change.states)
        ]

    def reconcile(self, namespace: str, name: str) -> float | None:
        service = self._plane.store.peek(SERVICES, namespace, name)
        if service is None:
            self._forget(namespace, name)
            return None
        selector = service["spec"].get("selector")
        if not selector or being_deleted(service) or service["spec"].get("type") == "ExternalName":
            return None
        pods = [
            self._plane.store.shared(record)
            for record in self._plane.store.records(PODS, namespace)
            if map_matches(selector, record.labels)
        ]
        pods = [pod for pod in pods if (pod.get("status") or {}).get("podIP") and not is_finished(pod)]
        self._write_endpoints(service, pods)
        self._write_slices(service, pods)
        return None

    def _write_endpoints(self, service: Obj, pods: Sequence[Obj]) -> None:
        always = bool(service["spec"].get("publishNotReadyAddresses"))
        by_ports: dict[tuple[tuple[str, int, str], ...], dict[str, list[Obj]]] = {}
        for pod in pods:
            if being_deleted(pod) and not always:
                continue
            ports = tuple((p["name"], p["port"], p["protocol"]) for p in _ports(service, pod))
            subset = by_ports.setdefault(ports, {"addresses": [], "notReadyAddresses": []})
            subset["addresses" if always or is_ready(pod) else "notReadyAddresses"].append(_address(pod))
        subsets = [
            {
                **{kind: found for kind, found in addresses.items() if found},
                "ports": [
                    {**({"name": n} if n else {}), "port": port, "protocol": p} for n, port, p in ports
                ],
            }
            for ports, addresses in by_ports.items()
        ]
        meta = service["metadata"]
        self._put(
            ENDPOINTS,
            {
                "apiVersion": "v1",
                "kind": "Endpoints",
                "metadata": {
                    "name": meta["name"],
                    "namespace": meta["namespace"],
                    "labels": {
                        **(meta.get("labels") or {}),
                        _MANAGED: "endpoint-controller",
                    },
                },
                "subsets": subsets,
            },
        )

    def _write_slices(self, service: Obj, pods: Sequence[Obj]) -> None:
        meta = service["metadata"]
        groups: dict[tuple[Any, ...], list[Obj]] = {}
        for pod in pods:
            ports = tuple(tuple(p.items()) for p in _ports(service, pod))
            groups.setdefault(ports, []).append(self._endpoint(pod))
        chunks = [
            (ports, endpoints[at : at + _PER_SLICE])
            for ports, endpoints in groups.items()
            for at in range(0, len(endpoints), _PER_SLICE)
        ] or [((), [])]
        wanted = set()
        for number, (ports, endpoints) in enumerate(chunks):
            name = f"{meta['name']}-{_suffix(meta['uid'], number)}"
            wanted.add(name)
            self._put(
                ENDPOINT_SLICES,
                {
                    "apiVersion": "discovery.k8s.io/v1",
                    "kind": "EndpointSlice",
                    "metadata": {
                        "name": name,
                        "namespace": meta["namespace"],
                        "labels": {
                            **(meta.get("labels") or {}),
                            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                            "kubernetes.io/service-name": meta["name"],
                        },
                        "ownerReferences": [owner_reference(service, "v1", "Service")],
                    },
                    "addressType": "IPv4",
                    "endpoints": endpoints,
                    "ports": [dict(port) for port in ports],
                },
            )
        for record in self._plane.store.owned_by(meta["uid"]):
            if record.key == ENDPOINT_SLICES and record.name not in wanted:
                self._plane.verbs.delete(ENDPOINT_SLICES, record.namespace, record.name)

    def _endpoint(self, pod: Obj) -> Obj:
        ready = is_ready(pod)
        node_name = pod["spec"].get("nodeName")
        endpoint: Obj = {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {
                "ready": ready and not being_deleted(pod),
                "serving": ready,
                "terminating": being_deleted(pod),
            },
            "nodeName": node_name,
            "targetRef": _reference(pod),
        }
        node = self._plane.store.raw(NODES, "", node_name or "")
        if node is not None and node.labels.get(_ZONE):
            endpoint["zone"] = node.labels[_ZONE]
        return endpoint

    def _put(self, key: ResourceKey, wanted: Obj) -> None:
        meta = wanted["metadata"]
        if self._plane.store.raw(key, meta["namespace"], meta["name"]) is None:
            self._plane.verbs.create(key, wanted)
            return
        content = {k: v for k, v in wanted.items() if k not in ("apiVersion", "kind", "metadata")}
        known = self._plane.store.peek(key, meta["namespace"], meta["name"]) or {}
        labelled = known["metadata"].get("labels") == meta["labels"]
        if labelled and all(known.get(name) == value for name, value in content.items()):
            return

        def change(obj: Obj) -> None:
            obj.update(content)
            obj["metadata"]["labels"] = meta["labels"]

        self._plane.verbs.modify(key, meta["namespace"], meta["name"], change)

    def _forget(self, namespace: str, name: str) -> None:
        """Endpoints have no owner; the slices are the garbage collector's."""
        known = self._plane.store.peek(ENDPOINTS, namespace, name)
        if known is not None and _MANAGED in (known["metadata"].get("labels") or {}):
            self._plane.verbs.delete(ENDPOINTS, namespace, name)


def _is_news(change: Change) -> bool:
    """Most changes of a pod (bound, another condition) mean nothing to a Service."""
    if change.before is None or change.deleted:
        return bool((change.obj.get("status") or {}).get("podIP"))
    return _summary(change.obj) != _summary(change.before)


def _summary(pod: Obj) -> tuple[Any, ...]:
    address = (pod.get("status") or {}).get("podIP")
    labels = pod["metadata"].get("labels")
    return address, is_ready(pod), being_deleted(pod), is_finished(pod), labels


def _ports(service: Obj, pod: Obj) -> list[dict[str, Any]]:
    found = []
    for port in service["spec"].get("ports") or ():
        protocol = port.get("protocol") or "TCP"
        number = _target(port, pod, protocol)
        if number is not None:
            found.append({"name": port.get("name") or "", "port": number, "protocol": protocol})
    return found


def _target(port: Mapping[str, Any], pod: Obj, protocol: str) -> int | None:
    target = port.get("targetPort") or port["port"]
    if isinstance(target, int):
        return target
    for container in pod["spec"].get("containers") or ():
        for offered in container.get("ports") or ():
            if offered.get("name") == target and (offered.get("protocol") or "TCP") == protocol:
                return int(offered["containerPort"])
    return None


def _address(pod: Obj) -> Obj:
    return {
        "ip": pod["status"]["podIP"],
        "nodeName": pod["spec"].get("nodeName"),
        "targetRef": _reference(pod),
    }


def _reference(pod: Obj) -> Obj:
    meta = pod["metadata"]
    return {"kind": "Pod", "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]}


def _suffix(uid: str, number: int) -> str:
    return blake2b(f"{uid}/{number}".encode(), digest_size=3).hexdigest()[:5]
