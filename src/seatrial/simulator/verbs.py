"""The API's verbs with their real semantics, in process: controllers, the simulated provider and the server call these.

Signatures first (being filled in); every method raises `status.ApiError` with the API's own code and message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.simulator.call import Call, DeleteOptions
from seatrial.simulator.store import ObjectStore, ResourceKey
from seatrial.simulator.surface import Surface

PatchKind = Literal["json", "merge", "strategic", "apply"]


class Verbs:
    def __init__(
        self,
        store: ObjectStore,
        clock: SimulatedClock,
        surface: Callable[[], Surface],
        *,
        seed: str,
        admit_eviction: Callable[[Obj], None],
    ) -> None:
        raise NotImplementedError

    def get(self, key: ResourceKey, namespace: str, name: str, call: Call | None = None) -> Obj:
        """A fresh dict; 404 when absent. (`store.peek` is cheaper for reading only.)"""
        raise NotImplementedError

    def list(
        self, key: ResourceKey, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> list[Obj]:
        raise NotImplementedError

    def create(self, key: ResourceKey, obj: Obj, call: Call | None = None) -> Obj:
        """metadata.namespace says where; generateName, defaults, uid, creationTimestamp, generation are set."""
        raise NotImplementedError

    def update(
        self, key: ResourceKey, obj: Obj, call: Call | None = None, *, subresource: str = ""
    ) -> Obj:
        """409 when obj's resourceVersion is stale; without one it overwrites. subresource "status" touches only status."""
        raise NotImplementedError

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
        raise NotImplementedError

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
        raise NotImplementedError

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
        grace_period_seconds=0. Dependents are the garbage collector's. A Namespace gets phase Terminating and
        spec.finalizers ["kubernetes"]: the namespace controller empties it and calls `finalize_namespace`.
        """
        raise NotImplementedError

    def evict(self, namespace: str, name: str, options: DeleteOptions | None = None, call: Call | None = None) -> Obj:
        """Ask the budgets (429 when refused), then delete the pod."""
        raise NotImplementedError

    def bind(self, namespace: str, name: str, node: str) -> Obj:
        """Set spec.nodeName and the PodScheduled condition, as the pods/binding subresource does."""
        raise NotImplementedError

    def finalize_namespace(self, name: str) -> None:
        """Take "kubernetes" from spec.finalizers and remove the namespace when nothing else holds it."""
        raise NotImplementedError

    def ensure_namespace(self, name: str) -> None:
        raise NotImplementedError

    def reload_definitions(self) -> None:
        """Register every stored CRD with the surface (after an upgrade made a new one)."""
        raise NotImplementedError
