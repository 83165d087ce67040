"""Aggregated APIs: whether the Service behind each APIService can answer, as the API server reports it.

Only the endpoints are looked at. Whether the process behind them answers is not modelled: a captured
cluster's own verdict that it does not is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.kinds import API_SERVICES, ENDPOINT_SLICES, SERVICES
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted
from seatrial.simulator.store import ResourceKey

_SERVICE_NAME = "kubernetes.io/service-name"
_UNANSWERED = "FailedDiscoveryCheck"


class ApiServices:
    """Sets the condition Available with the reasons of kube-aggregator's availability controller."""

    watches: Sequence[ResourceKey] = (API_SERVICES, SERVICES, ENDPOINT_SLICES)

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def concerns(self, change: Change) -> Iterable[Key]:
        meta = change.obj["metadata"]
        if change.key == API_SERVICES:
            return () if change.deleted else (("", meta["name"]),)
        if change.key == SERVICES:
            service = meta["name"]
        else:
            service = (meta.get("labels") or {}).get(_SERVICE_NAME)
        return [
            ("", api["metadata"]["name"])
            for api in self._plane.store.peek_list(API_SERVICES)
            if _service_of(api) == (meta["namespace"], service)
        ]

    def reconcile(self, namespace: str, name: str) -> float | None:
        api = self._plane.store.peek(API_SERVICES, "", name)
        if api is None or being_deleted(api):
            return None
        known = _available(api)
        if known.get("reason") == _UNANSWERED:
            return None
        status, reason, message = self._judge(api)
        if (known.get("status"), known.get("reason"), known.get("message")) == (status, reason, message):
            return None
        same = known.get("status") == status
        condition = {
            "type": "Available",
            "status": status,
            "reason": reason,
            "message": message,
            "lastTransitionTime": known["lastTransitionTime"] if same else self._plane.now(),
        }
        others = [each for each in _conditions(api) if each["type"] != "Available"]
        content = {**(api.get("status") or {}), "conditions": [*others, condition]}
        self._plane.write_status(API_SERVICES, api, content)
        return None

    def _judge(self, api: Obj) -> tuple[str, str, str]:
        found = _service_of(api)
        if found is None:
            return "True", "Local", "Local APIServices are always available"
        namespace, name = found
        service = self._plane.store.peek(SERVICES, namespace, name)
        if service is None:
            return "False", "ServiceNotFound", f'service/{name} in "{namespace}" is not present'
        if service["spec"].get("type") == "ExternalName":
            return _PASSED
        wanted = api["spec"]["service"].get("port") or 443
        ports = [each for each in service["spec"].get("ports") or () if each["port"] == wanted]
        if not ports:
            return (
                "False",
                "ServicePortError",
                f'service/{name} in "{namespace}" is not listening on port {wanted}',
            )
        port = ports[0].get("name") or ""
        slices = [
            each
            for each in self._plane.store.peek_list(ENDPOINT_SLICES, namespace)
            if (each["metadata"].get("labels") or {}).get(_SERVICE_NAME) == name
        ]
        if any(_answers(each, port) for each in slices):
            return _PASSED
        return (
            "False",
            "MissingEndpoints",
            f'endpoints for service/{name} in "{namespace}" have no addresses with port name "{port}"',
        )


_PASSED = "True", "Passed", "all checks passed"


def _answers(found: Obj, port: str) -> bool:
    if all((each.get("name") or "") != port for each in found.get("ports") or ()):
        return False
    return any((each.get("conditions") or {}).get("ready") for each in found.get("endpoints") or ())


def _service_of(api: Obj) -> tuple[str, str] | None:
    service = api["spec"].get("service")
    return (service.get("namespace") or "", service.get("name") or "") if service else None


def _conditions(api: Obj) -> list[dict[str, Any]]:
    return list((api.get("status") or {}).get("conditions") or ())


def _available(api: Obj) -> dict[str, Any]:
    return next((each for each in _conditions(api) if each["type"] == "Available"), {})
