"""Services of type LoadBalancer: a cloud that gives each one an address after a while."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seatrial.simulator.controllers.kinds import SERVICES
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted
from seatrial.simulator.store import ResourceKey

PROVISIONED_AFTER = 5.0  # seconds; real clouds take from seconds to minutes


class LoadBalancers:
    watches: Sequence[ResourceKey] = (SERVICES,)

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._asked: dict[str, float] = {}
        self._given = 0

    def concerns(self, change: Change) -> Iterable[Key]:
        meta = change.obj["metadata"]
        if change.deleted:
            self._asked.pop(meta["uid"], None)
            return ()
        return ((meta["namespace"], meta["name"]),)

    def reconcile(self, namespace: str, name: str) -> float | None:
        service = self._plane.store.peek(SERVICES, namespace, name)
        if service is None or being_deleted(service):
            return None
        status = service.get("status") or {}
        given = (status.get("loadBalancer") or {}).get("ingress")
        # a class names another controller than the cloud's; without it nobody answers
        wanted = service["spec"].get("type") == "LoadBalancer" and not service["spec"].get(
            "loadBalancerClass"
        )
        if not wanted:
            if given and service["spec"].get("type") != "LoadBalancer":
                self._plane.write_status(SERVICES, service, {**status, "loadBalancer": {}})
            return None
        if given:
            return None
        uid, now = service["metadata"]["uid"], self._plane.clock.monotonic()
        left = self._asked.setdefault(uid, now) + PROVISIONED_AFTER - now
        if left > 1e-6:
            return left
        del self._asked[uid]
        address = service["spec"].get("loadBalancerIP") or self._next_address()
        ingress = [{"ip": address, "ipMode": "VIP"}]
        self._plane.write_status(SERVICES, service, {**status, "loadBalancer": {"ingress": ingress}})
        return None

    def _next_address(self) -> str:
        """From the range that RFC 5737 keeps for documentation."""
        self._given += 1
        return f"203.0.113.{self._given % 254 + 1}"
