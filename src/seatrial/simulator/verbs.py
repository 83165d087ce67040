"""The API's verbs with their real semantics, in process: the server, controllers and the provider call these.

Every method raises `status.ApiError` with the API server's own code and message. Objects come in and
go out as dicts in the version that the call asks for (the storage version when it asks for none).
"""

from __future__ import annotations

import builtins
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.simulator import deleting, patching, writing
from seatrial.simulator.admission import NAMESPACES
from seatrial.simulator.call import Call, DeleteOptions
from seatrial.simulator.conversion import convert
from seatrial.simulator.definitions import Definitions
from seatrial.simulator.selecting import by_fields, by_labels
from seatrial.simulator.status import ApiError, not_found
from seatrial.simulator.store import ObjectStore, ResourceKey, decode, encode
from seatrial.simulator.surface import Served, Surface

PatchKind = Literal["json", "merge", "strategic", "apply"]
PODS = ResourceKey("", "pods")


class Verbs:
    """`seed` makes uids and generated names repeatable; `admit_eviction` raises 429 for a pod that must stay."""

    def __init__(
        self,
        store: ObjectStore,
        clock: SimulatedClock,
        surface: Callable[[], Surface],
        *,
        seed: str,
        admit_eviction: Callable[[Obj], None],
    ) -> None:
        self.store = store
        self.definitions = Definitions(store, surface)
        self._clock = clock
        self._surface = surface
        self._random = random.Random(seed)  # noqa: S311 - names, not secrets
        self._admit_eviction = admit_eviction

    # reading
    def get(self, key: ResourceKey, namespace: str, name: str, call: Call | None = None) -> Obj:
        """A fresh dict; 404 when absent. (`store.peek` is cheaper for reading only.)"""
        obj = self.store.get(key, namespace, name)
        if obj is None:
            raise not_found(key, name)
        if call is not None and call.version:
            return convert(obj, self.served(key, call.version))
        return obj

    def list(
        self, key: ResourceKey, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> list[Obj]:
        """Fresh dicts in order of namespace and name."""
        wanted, field_match = by_labels(labels), by_fields(key, fields)
        found = []
        for record in self.store.records(key, namespace):
            if wanted is not None and not wanted(record.labels):
                continue
            if field_match is not None and not field_match(self.store.shared(record)):
                continue
            found.append(decode(record.body))
        return found

    # writing
    def create(self, key: ResourceKey, obj: Obj, call: Call | None = None) -> Obj:
        """metadata.namespace says where; generateName, defaults, uid, creationTimestamp, generation are set."""
        return writing.create(self, key, decode(encode(obj)), call or Call())

    def restore(self, key: ResourceKey, obj: Obj) -> Obj:
        """Store an object as it was in another cluster: uid, owners, timestamps and status stay."""
        return writing.restore(self, key, decode(encode(obj)))

    def update(self, key: ResourceKey, obj: Obj, call: Call | None = None, *, subresource: str = "") -> Obj:
        """409 when obj's resourceVersion is stale; without one it overwrites.

        subresource "status" changes only status.
        """
        return writing.update(self, key, decode(encode(obj)), call or Call(), subresource)

    def modify(
        self,
        key: ResourceKey,
        namespace: str,
        name: str,
        change: Callable[[Obj], None],
        call: Call | None = None,
        *,
        subresource: str = "",
    ) -> Obj | None:
        """Read, let `change` edit the dict in place, write back; None when the object is gone."""
        obj = self.store.get(key, namespace, name)
        if obj is None:
            return None
        change(obj)
        return writing.update(self, key, obj, call or Call(), subresource)

    def patch(
        self,
        key: ResourceKey,
        namespace: str,
        name: str,
        patch: Any,
        kind: PatchKind = "merge",
        call: Call | None = None,
        *,
        subresource: str = "",
        force: bool = False,
    ) -> Obj:
        """One of the four kinds; "apply" is server-side apply, which creates what is not there."""
        return patching.patch(
            self, key, namespace, name, patch, kind, call or Call(), subresource=subresource, force=force
        )

    # deleting
    def delete(
        self,
        key: ResourceKey,
        namespace: str,
        name: str,
        options: DeleteOptions | None = None,
        call: Call | None = None,
    ) -> Obj:
        """Remove it, or mark it (deletionTimestamp) while finalizers or a pod's grace period hold it.

        A pod on a node with a grace period is only marked: the kubelet's controller deletes it again with
        grace_period_seconds=0. Dependents are the garbage collector's. A Namespace gets phase Terminating
        and keeps spec.finalizers: the namespace controller empties it and calls `finalize_namespace`.
        """
        return deleting.delete(self, key, namespace, name, options or DeleteOptions(), call or Call())

    def delete_collection(
        self,
        key: ResourceKey,
        namespace: str | None = None,
        options: DeleteOptions | None = None,
        call: Call | None = None,
        *,
        labels: str = "",
        fields: str = "",
    ) -> builtins.list[Obj]:
        """Delete whatever the selectors select; returns what it was."""
        chosen = self.list(key, namespace, labels=labels, fields=fields)
        for obj in chosen:
            meta = obj["metadata"]
            self.delete(key, meta.get("namespace") or "", meta["name"], options, call)
        return chosen

    def evict(
        self, namespace: str, name: str, options: DeleteOptions | None = None, call: Call | None = None
    ) -> Obj:
        """Ask the budgets (429 when refused), then delete the pod."""
        pod = self.get(PODS, namespace, name)
        if not pod["metadata"].get("deletionTimestamp") and not (call is not None and call.dry_run):
            self._admit_eviction(pod)
        return self.delete(PODS, namespace, name, options, call)

    def bind(self, namespace: str, name: str, node: str) -> Obj:
        """Set spec.nodeName and the PodScheduled condition, as the pods/binding subresource does."""
        pod = self.get(PODS, namespace, name)
        bound = pod["spec"].get("nodeName")
        if bound:
            raise ApiError(
                409,
                f'Operation cannot be fulfilled on pods/binding "{name}": pod {name} is already assigned'
                f' to node "{bound}"',
                details={"name": name, "kind": "pods/binding"},
            )
        pod["spec"]["nodeName"] = node
        conditions = pod.setdefault("status", {}).setdefault("conditions", [])
        conditions[:] = [c for c in conditions if c.get("type") != "PodScheduled"]
        conditions.append({"type": "PodScheduled", "status": "True", "lastTransitionTime": self.now()})
        return self.store.update(PODS, pod)

    # namespaces
    def finalize_namespace(self, name: str) -> None:
        """Take "kubernetes" from spec.finalizers; the namespace goes when nothing else holds it."""

        def change(namespace: Obj) -> None:
            finalizers = namespace.get("spec", {}).get("finalizers") or []
            namespace.setdefault("spec", {})["finalizers"] = [f for f in finalizers if f != "kubernetes"]

        self.modify(NAMESPACES, "", name, change, subresource="finalize")

    def ensure_namespace(self, name: str) -> None:
        if self.store.raw(NAMESPACES, "", name) is None:
            self.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def reload_definitions(self) -> None:
        """Fit CRDs and stored objects to the present surface (an upgrade made a new one)."""
        self.definitions.reload()
        for key in self.store.stored_keys():
            storage = self._surface().storage(key)
            first = next(self.store.records(key), None)
            if storage is None or first is None:
                continue
            if self.store.shared(first).get("apiVersion") != storage.gvr.api_version:
                self.store.rewrite(key, lambda obj, to=storage: convert(obj, to))  # type: ignore[misc]

    # what the verbs' own modules share
    def served(self, key: ResourceKey, api_version: str = "") -> Served:
        """The version to read or write in; 404 as for a path that is not served."""
        surface = self._surface()
        found = surface.version_of(key, api_version) if api_version else surface.storage(key)
        if found is None:
            raise ApiError(404, "the server could not find the requested resource")
        return found

    def storage(self, key: ResourceKey) -> Served:
        return self.served(key)

    def instant(self) -> datetime:
        return self._clock.now()

    def now(self) -> str:
        """The clock's time as objects write it."""
        return self.later(0)

    def later(self, seconds: float) -> str:
        moment = self._clock.now() + timedelta(seconds=seconds)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def new_uid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def generate_name(self, prefix: str) -> str:
        return prefix + "".join(self._random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
