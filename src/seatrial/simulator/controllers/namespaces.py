"""Namespaces: what every one gets when made, and its emptying when deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from seatrial.cluster.objects import Obj
from seatrial.simulator.call import DeleteOptions
from seatrial.simulator.controllers.kinds import CONFIG_MAPS, EVENTS, NAMESPACES, PODS, SERVICE_ACCOUNTS
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted
from seatrial.simulator.controllers.pods import with_condition
from seatrial.simulator.store import ResourceKey

_ROOT_CA = "kube-root-ca.crt"
_BASIC = (SERVICE_ACCOUNTS, CONFIG_MAPS)


class Namespaces:
    """Told of every resource: whatever goes may be the last thing that held its namespace."""

    watches: Sequence[ResourceKey] | None = None

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._terminating: set[str] = set()

    def concerns(self, change: Change) -> Iterable[Key]:
        if change.key == NAMESPACES:
            name = change.obj["metadata"]["name"]
            if change.deleted:
                self._terminating.discard(name)
                return ()
            if being_deleted(change.obj):
                self._terminating.add(name)
            return (("", name),)
        if not change.deleted:
            return ()
        meta = change.obj["metadata"]
        namespace = meta.get("namespace") or ""
        is_basic = change.key in _BASIC and meta["name"] in ("default", _ROOT_CA)
        return (("", namespace),) if namespace in self._terminating or is_basic else ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        found = self._plane.store.peek(NAMESPACES, "", name)
        if found is None:
            return None
        if being_deleted(found):
            self._empty(found)
            return None
        self._ensure(SERVICE_ACCOUNTS, "ServiceAccount", name, "default", {})
        self._ensure(CONFIG_MAPS, "ConfigMap", name, _ROOT_CA, {"data": {"ca.crt": ""}})
        return None

    def _ensure(
        self, key: ResourceKey, kind: str, namespace: str, name: str, content: Mapping[str, object]
    ) -> None:
        if self._plane.store.raw(key, namespace, name) is None:
            meta = {"name": name, "namespace": namespace}
            self._plane.verbs.create(key, {"apiVersion": "v1", "kind": kind, "metadata": meta, **content})

    def _empty(self, namespace: Obj) -> None:
        """Delete everything in it; when nothing is left, let it go. Each thing that goes brings us back."""
        name = namespace["metadata"]["name"]
        left: Counter[str] = Counter()
        finalizers: Counter[str] = Counter()
        # events last: what goes away may still write one
        for key in sorted(self._plane.store.stored_keys(), key=lambda k: (k == EVENTS, k)):
            for record in list(self._plane.store.records(key, name)):
                if not record.namespace:
                    continue
                if not being_deleted(self._plane.store.shared(record)):
                    # pods keep their grace period, as in a real cluster
                    options = None if key == PODS else DeleteOptions(propagation="Background")
                    self._plane.verbs.delete(key, name, record.name, options)
                remaining = self._plane.store.peek(key, name, record.name)
                if remaining is not None:
                    left[str(key)] += 1
                    finalizers.update(remaining["metadata"].get("finalizers") or ())
        if left:
            self._report(namespace, left, finalizers)
        else:
            self._plane.verbs.finalize_namespace(name)

    def _report(self, namespace: Obj, left: Counter[str], finalizers: Counter[str]) -> None:
        """The conditions by which people find out what a namespace that will not go waits for."""
        status = dict(namespace.get("status") or {})
        conditions = list(status.get("conditions") or ())
        listed = ", ".join(f"{kind} has {n} resource instances" for kind, n in sorted(left.items()))
        now = self._plane.now()
        conditions = with_condition(
            conditions,
            "NamespaceContentRemaining",
            "True",
            now,
            "SomeResourcesRemain",
            f"Some resources are remaining: {listed}",
        )
        held = ", ".join(f"{name} in {n} resource instances" for name, n in sorted(finalizers.items()))
        conditions = with_condition(
            conditions,
            "NamespaceFinalizersRemaining",
            "True" if held else "False",
            now,
            "SomeFinalizersRemain" if held else "ContentHasNoFinalizers",
            f"Some content in the namespace has finalizers remaining: {held}" if held else "",
        )
        self._plane.write_status(NAMESPACES, namespace, {**status, "conditions": conditions})
