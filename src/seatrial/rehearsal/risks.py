"""What got through on the twin but only just: drains near the provider's limit, pods that may stop slowly.

A twin knows how long pods took once, not how long they will take. So what used most of the time that
somebody grants is named, and so is a pod whose own grace period is longer than the provider waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from seatrial.cluster.objects import Obj
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import NODES, PODS
from seatrial.simulator.controllers.pods import is_active
from seatrial.simulator.store import Event as Change
from seatrial.simulator.store import decode
from seatrial.simulator.workload_model import workload_name

_CLOSE = 0.5  # of the time granted: half of it leaves room for pods that take twice as long
_USUAL_GRACE = 30.0  # Kubernetes' default


@dataclass(slots=True)
class DrainRisks:
    """Watches one node group's replacement; `limit` is what the provider grants each node, None: no limit."""

    cluster: SimulatedCluster
    label: str
    limit: float | None
    _since: dict[str, float] = field(default_factory=dict, init=False)
    _longest: tuple[float, str] = field(default=(0.0, ""), init=False)

    def changed(self, change: Change) -> None:
        if change.key != NODES or change.previous is None:
            return
        if change.type == "DELETED":
            began = self._since.pop(change.name, None)
            if began is not None:
                self._longest = max(self._longest, (self.cluster.clock.monotonic() - began, change.name))
        elif _is_cordoned(change.obj()) and not _is_cordoned(decode(change.previous)):
            self._since[change.name] = self.cluster.clock.monotonic()

    def slow_to_stop(self, group: str) -> Iterator[str]:
        """Asked before the group's nodes go: pods that may outlast the provider's patience."""
        if self.limit is None:
            return
        slow: dict[str, float] = {}
        nodes = {
            node["metadata"]["name"]
            for node in self.cluster.store.peek_list(NODES)
            if (node["metadata"].get("labels") or {}).get(self.label) == group
        }
        for pod in self.cluster.store.peek_list(PODS):
            spec = pod.get("spec") or {}
            grace = float(spec.get("terminationGracePeriodSeconds") or _USUAL_GRACE)
            if grace >= self.limit and spec.get("nodeName") in nodes and is_active(pod):
                slow[f"{pod['metadata']['namespace']}/{workload_name(pod)}"] = grace
        for workload, grace in slow.items():
            yield (
                f"pods of {workload} may take {_minutes(grace)} to stop (their grace period), and the"
                f" provider drains a node for {_minutes(self.limit)}"
            )

    def close_drain(self) -> Iterator[str]:
        """Asked when the group is done: the drain that came nearest to the limit."""
        took, node = self._longest
        self._longest = (0.0, "")
        if self.limit is not None and took > self.limit * _CLOSE:
            granted = _minutes(self.limit)
            yield f"draining node {node} took {_minutes(took)} of the {granted} that the provider grants"


def close_to_timeout(took: float, timeout: float) -> Iterator[str]:
    if took > timeout * _CLOSE:
        yield f"it took {_minutes(took)} of the {_minutes(timeout)} after which it is given up"


def _is_cordoned(node: Obj) -> bool:
    return bool((node.get("spec") or {}).get("unschedulable"))


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes"
