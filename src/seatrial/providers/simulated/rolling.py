"""Replaces a node group's nodes the way managed services do: surge, cordon, drain, remove.

The nodes and pods are the simulated cluster's, evictions go through its budgets, and everything
takes time on its clock. A budget that leaves no room therefore blocks here exactly as it would there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from seatrial.cluster.objects import Obj
from seatrial.cluster.provider_state import NodeGroup
from seatrial.providers.simulated.flavours import Flavour
from seatrial.providers.simulated.whims import Regular, Whims
from seatrial.simulator.call import Call, DeleteOptions
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import NODES, PODS
from seatrial.simulator.status import ApiError

_READY_POLL = 5.0
_BOOT_LIMIT = 900.0


class RollingFailed(Exception):
    """The replacement stopped; the message is in the provider's words."""


@dataclass(slots=True)
class Rolling:
    """One node group's replacement. `progress` is told how many nodes are done; `strike` may fail it."""

    cluster: SimulatedCluster
    flavour: Flavour
    group: NodeGroup
    is_current: Callable[[Obj], bool]
    """Whether a node already is what the upgrade wants."""
    add_node: Callable[[Collection[str]], str]
    """Makes a node; told which ones it replaces, for the zones to stay as they were."""
    progress: Callable[[int], None]
    strike: Callable[[int], str]
    whims: Whims = field(default_factory=Regular)

    async def run(self) -> None:
        replaced = sum(map(self.is_current, self._nodes()))
        batch = max(1, self.group.max_surge, self.group.max_unavailable)
        while outdated := [node for node in self._nodes() if not self.is_current(node)]:
            self._fail_if_struck(replaced)
            chosen = self.whims.order(outdated)[:batch]
            leaving = [node["metadata"]["name"] for node in chosen]
            await self._surge(leaving)
            for node in leaving:
                await self._retire(node)
                replaced += 1
                self.progress(min(replaced, self.group.size))
        await self._fill_up()
        self._fail_if_struck(replaced)

    def _nodes(self) -> list[Obj]:
        label = f"{self.flavour.node_group_label}={self.group.name}"
        nodes = self.cluster.verbs.list(NODES, labels=label)
        return sorted(nodes, key=lambda node: node["metadata"]["name"])

    def _fail_if_struck(self, replaced: int) -> None:
        if detail := self.strike(replaced):
            raise RollingFailed(detail)

    async def _surge(self, leaving: Collection[str]) -> None:
        """Bring up a new node for each that is about to leave, within the group's surge."""
        current = sum(map(self.is_current, self._nodes()))
        room = self.group.size + self.group.max_surge - len(self._nodes())
        wanted = max(0, min(len(leaving), room, self.group.size - current))
        fresh = [self.add_node(leaving) for _ in range(wanted)]
        await self._until_ready(fresh)

    async def _fill_up(self, left: Collection[str] = ()) -> None:
        missing = self.group.size - len(self._nodes())
        await self._until_ready([self.add_node(left) for _ in range(max(0, missing))])

    async def _until_ready(self, names: list[str]) -> None:
        deadline = self.cluster.clock.monotonic() + _BOOT_LIMIT
        waiting = set(names)
        while waiting:
            ready = {node["metadata"]["name"] for node in self._nodes() if _is_ready(node)}
            waiting -= ready
            if not waiting:
                return
            if self.cluster.clock.monotonic() > deadline:
                raise RollingFailed(f"NodeCreationFailure: {', '.join(sorted(waiting))} never became ready")
            await self.cluster.clock.sleep(_READY_POLL)

    async def _retire(self, node: str) -> None:
        self._cordon(node, True)
        try:
            await self._drain(node)
        except RollingFailed:
            self._cordon(node, False)
            raise
        await self.cluster.clock.sleep(self.flavour.timings.node_removal)
        _ignore_gone(lambda: self.cluster.verbs.delete(NODES, "", node, call=_CALL))
        if self.group.max_surge == 0:
            await self._fill_up((node,))

    def _cordon(self, node: str, on: bool) -> None:
        def change(obj: Obj) -> None:
            obj.setdefault("spec", {})["unschedulable"] = on

        self.cluster.verbs.modify(NODES, "", node, change, call=_CALL)

    async def _drain(self, node: str) -> None:
        clock = self.cluster.clock
        limit = self.flavour.capabilities.drain_limit
        began = clock.monotonic()
        while pods := self._pods_to_move(node):
            refusals = [refusal for pod in pods if (refusal := self._evict(pod))]
            if limit is not None and clock.monotonic() - began >= limit:
                if not self.flavour.capabilities.forces_after_drain_limit:
                    why = refusals[0] if refusals else f"{_name(pods[0])} did not stop"
                    raise RollingFailed(
                        f"{self.flavour.eviction_failure}: node {node} was not drained in {limit / 60:.0f} "
                        f"minutes; {why}"
                    )
                for pod in pods:
                    self._remove(pod)
            await clock.sleep(self.flavour.timings.drain_retry)

    def _pods_to_move(self, node: str) -> list[Obj]:
        pods = self.cluster.verbs.list(PODS, fields=f"spec.nodeName={node}")
        return self.whims.order([pod for pod in pods if not _stays(pod)])

    def _evict(self, pod: Obj) -> str:
        """Ask for the eviction; the refusal in words, or nothing."""
        meta = pod["metadata"]
        if meta.get("deletionTimestamp"):
            return ""
        try:
            self.cluster.verbs.evict(meta["namespace"], meta["name"], call=_CALL)
        except ApiError as refusal:
            if refusal.code == 404:
                return ""
            causes = "; ".join(str(cause.get("message", "")) for cause in refusal.details.get("causes", ()))
            return f"eviction of pod {_name(pod)} is refused: {causes or refusal.message}"
        return ""

    def _remove(self, pod: Obj) -> None:
        meta = pod["metadata"]
        options = DeleteOptions(grace_period_seconds=0)
        _ignore_gone(
            lambda: self.cluster.verbs.delete(PODS, meta["namespace"], meta["name"], options, call=_CALL)
        )


_CALL = Call(user="system:simulated-provider", manager="simulated-provider")


def _ignore_gone(action: Callable[[], object]) -> None:
    try:
        action()
    except ApiError as error:
        if error.code != 404:
            raise


def _name(pod: Obj) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _is_ready(node: Obj) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or ()
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def _stays(pod: Obj) -> bool:
    """DaemonSet and mirror pods go with their node; finished pods block nothing."""
    meta = pod["metadata"]
    owned_by_daemon_set = any(o.get("kind") == "DaemonSet" for o in meta.get("ownerReferences") or ())
    mirror = "kubernetes.io/config.mirror" in (meta.get("annotations") or {})
    finished = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return owned_by_daemon_set or mirror or finished
