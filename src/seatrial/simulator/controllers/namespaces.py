"""Namespaces: what every one gets when made, and its emptying when deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from seatrial.simulator.call import DeleteOptions
from seatrial.simulator.controllers.kinds import CONFIG_MAPS, EVENTS, NAMESPACES, PODS, SERVICE_ACCOUNTS
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted
from seatrial.simulator.store import ResourceKey

_ROOT_CA = "kube-root-ca.crt"
_LOOK_AGAIN = 1.0  # seconds, while something with a finalizer is still there


class Namespaces:
    watches: Sequence[ResourceKey] = (NAMESPACES, SERVICE_ACCOUNTS, CONFIG_MAPS)

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def concerns(self, change: Change) -> Iterable[Key]:
        meta = change.obj["metadata"]
        if change.key == NAMESPACES:
            return () if change.deleted else (("", meta["name"]),)
        is_basic = meta["name"] in ("default", _ROOT_CA)
        return (("", meta["namespace"]),) if change.deleted and is_basic else ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        found = self._plane.store.peek(NAMESPACES, "", name)
        if found is None:
            return None
        if being_deleted(found):
            return self._empty(name)
        self._ensure(SERVICE_ACCOUNTS, "ServiceAccount", name, "default", {})
        ca = {"data": {"ca.crt": ""}}
        self._ensure(CONFIG_MAPS, "ConfigMap", name, _ROOT_CA, ca)
        return None

    def _ensure(
        self, key: ResourceKey, kind: str, namespace: str, name: str, content: Mapping[str, object]
    ) -> None:
        if self._plane.store.raw(key, namespace, name) is None:
            meta = {"name": name, "namespace": namespace}
            self._plane.verbs.create(key, {"apiVersion": "v1", "kind": kind, "metadata": meta, **content})

    def _empty(self, name: str) -> float | None:
        """Delete everything in it; when nothing is left, let it go."""
        left = 0
        # events last: what goes away may still write one
        for key in sorted(self._plane.store.stored_keys(), key=lambda k: (k == EVENTS, k)):
            for record in list(self._plane.store.records(key, name)):
                if not record.namespace:
                    continue
                if not being_deleted(self._plane.store.shared(record)):
                    # pods keep their grace period, as in a real cluster
                    options = None if key == PODS else DeleteOptions(propagation="Background")
                    self._plane.verbs.delete(key, name, record.name, options)
                left += self._plane.store.raw(key, name, record.name) is not None
        if left:
            return _LOOK_AGAIN
        self._plane.verbs.finalize_namespace(name)
        return None
