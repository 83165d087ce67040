"""What every controller is given: the store to read, the verbs to write, the clock and the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers import kinds
from seatrial.simulator.faults import NoPodFaults, PodFaults
from seatrial.simulator.status import ApiError
from seatrial.simulator.store import AlreadyStored, ObjectStore, Record, ResourceKey
from seatrial.simulator.verbs import Verbs
from seatrial.simulator.workload_model import WorkloadModel


@dataclass(frozen=True, slots=True)
class Plane:
    """One cluster as its controllers see it."""

    store: ObjectStore
    verbs: Verbs
    clock: SimulatedClock
    model: WorkloadModel
    faults: PodFaults = NoPodFaults()  # noqa: RUF009  # stateless

    def now(self) -> str:
        """The present moment as the API writes it."""
        return rfc3339(self.clock.now())

    def age(self, timestamp: str | None) -> float:
        """Seconds since a timestamp of an object; 0 when it has none."""
        return (self.clock.now() - parse_time(timestamp)).total_seconds() if timestamp else 0.0

    def owned(self, owner_uid: str, key: ResourceKey) -> list[Obj]:
        """The objects of one resource that `owner_uid` controls, by name. Shared: do not change them."""
        found = [self.store.shared(r) for r in self.store.owned_by(owner_uid) if r.key == key]
        return sorted(
            (o for o in found if controller_uid(o) == owner_uid), key=lambda o: str(o["metadata"]["name"])
        )

    def owner_record(self, obj: Obj) -> Record | None:
        """The stored object that controls `obj`."""
        uid = controller_uid(obj)
        return self.store.by_uid(uid) if uid else None

    def write_status(self, key: ResourceKey, obj: Obj, status: Mapping[str, Any]) -> None:
        """Replace the status if it differs (straight into the store: nothing of it needs admission)."""
        current = self.store.get(key, obj["metadata"].get("namespace") or "", obj["metadata"]["name"])
        if current is None or current["metadata"]["uid"] != obj["metadata"]["uid"]:
            return
        wanted = {name: value for name, value in status.items() if value is not None}
        if current.get("status") != wanted:
            current["status"] = wanted
            self.store.update(key, current)

    def warn(self, key: ResourceKey, kind: str, obj: Obj, reason: str, message: str) -> None:
        """Record a Warning Event on the object; the same again only raises its count.

        Normal events are left out: a fleet of 10,000 pods would keep 40,000 of them.
        """
        meta = obj["metadata"]
        namespace = meta.get("namespace") or "default"
        name = f"{meta['name']}.{_short_hash(meta['uid'] + reason + message)}"
        known = self.store.get(kinds.EVENTS, namespace, name)
        if known is not None:
            known["count"] = int(known.get("count") or 1) + 1
            known["lastTimestamp"] = self.now()
            self.store.update(kinds.EVENTS, known)
            return
        event: Obj = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": {
                "apiVersion": f"{key.group}/v1" if key.group else "v1",
                "kind": kind,
                "namespace": meta.get("namespace") or "",
                "name": meta["name"],
                "uid": meta["uid"],
            },
            "reason": reason,
            "message": message,
            "type": "Warning",
            "source": {"component": "seatrial-simulator"},
            "count": 1,
            "firstTimestamp": self.now(),
            "lastTimestamp": self.now(),
        }
        try:
            self.verbs.create(kinds.EVENTS, event)
        except (ApiError, AlreadyStored):
            return  # the namespace is going away: nobody will read it


def rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def controller_of(obj: Obj) -> Mapping[str, Any] | None:
    """The owner reference with `controller: true`."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return dict(reference)
    return None


def controller_uid(obj: Obj) -> str:
    reference = controller_of(obj)
    return str(reference["uid"]) if reference else ""


def owner_reference(owner: Obj, api_version: str, kind: str) -> dict[str, Any]:
    """The reference that a controller puts on what it creates."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def being_deleted(obj: Obj) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))


def _short_hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
