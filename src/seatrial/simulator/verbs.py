"""The API's verbs with their real semantics, in process: the server, controllers and the provider call these.

Every method raises `status.ApiError` with the API server's own code and message. Objects come in and
go out as dicts in the version that the call asks for (the storage version when it asks for none).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.simulator import deleting, patching, writing
from seatrial.simulator.admission import NAMESPACES
from seatrial.simulator.call import Call, DeleteOptions
from seatrial.simulator.conversion import convert
from seatrial.simulator.machinery import Machinery
from seatrial.simulator.selecting import by_fields, by_labels
from seatrial.simulator.status import ApiError, not_found
from seatrial.simulator.store import Event, ObjectStore, ResourceKey, decode, encode
from seatrial.simulator.surface import Surface

PatchKind = Literal["json", "merge", "strategic", "apply"]
PODS = ResourceKey("", "pods")


class Verbs:
    """`seed` makes uids and generated names repeatable; `admit_eviction` raises 429 for a pod that stays."""

    def __init__(
        self,
        store: ObjectStore,
        clock: SimulatedClock,
        surface: Callable[[], Surface],
        *,
        seed: str,
        admit_eviction: Callable[[Obj], None],
    ) -> None:
        self.machinery = Machinery(store, clock, surface, seed=seed)
        self.store = store
        self._admit_eviction = admit_eviction
        store.subscribe(self._instance_gone)

    # reading
    def get(self, key: ResourceKey, namespace: str, name: str, call: Call | None = None) -> Obj:
        """A fresh dict; 404 when absent. (`store.peek` is cheaper for reading only.)"""
        obj = self.store.get(key, namespace, name)
        if obj is None:
            raise not_found(key, name)
        if call is not None and call.version:
            return convert(obj, self.machinery.served(key, call.version))
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
            if field_match is not None and not field_match.body(record.body):
                continue
            found.append(decode(record.body))
        return found

    # writing
    def create(self, key: ResourceKey, obj: Obj, call: Call | None = None) -> Obj:
        """metadata.namespace says where; name, defaults, uid, creationTimestamp and generation are set."""
        return writing.create(self.machinery, key, decode(encode(obj)), call or Call())

    def restore(self, key: ResourceKey, obj: Obj) -> Obj:
        """Store an object as it was in another cluster: uid, owners, timestamps and status stay."""
        return writing.restore(self.machinery, key, decode(encode(obj)))

    def update(self, key: ResourceKey, obj: Obj, call: Call | None = None, *, subresource: str = "") -> Obj:
        """409 when obj's resourceVersion is stale; without one it overwrites.

        subresource "status" changes only status.
        """
        return writing.update(self.machinery, key, decode(encode(obj)), call or Call(), subresource)

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
        return writing.update(self.machinery, key, obj, call or Call(), subresource)

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
            self.machinery,
            key,
            namespace,
            name,
            patch,
            kind,
            call or Call(),
            subresource=subresource,
            force=force,
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
        return deleting.delete(
            self.machinery, key, namespace, name, options or DeleteOptions(), call or Call()
        )

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
        conditions.append(
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": self.machinery.now()}
        )
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
        self.machinery.definitions.reload()
        for key in self.store.stored_keys():
            storage = self.machinery.surface().storage(key)
            first = next(self.store.records(key), None)
            if storage is None or first is None:
                continue
            if self.store.shared(first).get("apiVersion") != storage.gvr.api_version:
                self.store.rewrite(key, lambda obj, to=storage: convert(obj, to))  # type: ignore[misc]

    def _instance_gone(self, event: Event) -> None:
        """The last instance of a definition that is being deleted lets it go."""
        if event.type == "DELETED" and event.key.group:
            deleting.finish_definition(self.machinery, str(event.key))
