"""Keeps the picture of what runs where, which scheduling, daemon sets and the kubelet model read.

Runs first in the control loop, so that every other controller sees a change already counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.kinds import NODES, PODS
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.pods import is_finished
from seatrial.simulator.scheduling import ClusterLoad, needs_of
from seatrial.simulator.store import ResourceKey


class Loads:
    watches: Sequence[ResourceKey] = (NODES, PODS)

    def __init__(self) -> None:
        self.load = ClusterLoad()
        self._bound: dict[str, dict[Key, None]] = {}

    def on_node(self, name: str) -> list[Key]:
        """The pods that name the node, finished ones included."""
        return list(self._bound.get(name, ()))

    def nodes_with_pods(self) -> list[str]:
        return list(self._bound)

    def concerns(self, change: Change) -> Iterable[Key]:
        if change.key == NODES:
            if change.deleted:
                self.load.drop_node(change.obj["metadata"]["name"])
            else:
                self.load.put_node(change.obj)
        else:
            self._count(change.obj, gone=change.deleted)
        return ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        return None

    def _count(self, pod: Obj, *, gone: bool) -> None:
        node = (pod.get("spec") or {}).get("nodeName")
        if not node:
            return
        meta = pod["metadata"]
        key = (meta["namespace"], meta["name"])
        if gone:
            self._bound.get(node, {}).pop(key, None)
            if not self._bound.get(node, True):
                del self._bound[node]
        else:
            self._bound.setdefault(node, {})[key] = None
        if gone or is_finished(pod):
            self.load.drop_pod(meta["uid"])
        elif not self.load.holds(meta["uid"]):
            self.load.put_pod(needs_of(pod), node)
