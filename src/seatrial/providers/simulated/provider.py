"""A managed service played on a simulated cluster: asynchronous operations, refusals, drains."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field

import msgspec

from seatrial.catalog import releases
from seatrial.cluster.objects import Obj
from seatrial.cluster.provider_state import NodeGroup, ProviderState
from seatrial.cluster.version import Version
from seatrial.errors import NotFound
from seatrial.providers.protocol import Capabilities, Operation, OperationState, QuotaExceeded, Refused
from seatrial.providers.simulated.faults import FaultPlan
from seatrial.providers.simulated.flavours import Flavour
from seatrial.providers.simulated.refusals import (
    CONTROL_PLANE,
    refuse_busy,
    refuse_control_plane,
    refuse_node_group,
)
from seatrial.providers.simulated.rolling import Rolling, RollingFailed
from seatrial.providers.simulated.whims import Regular, Whims, name_of, zone_of, zones_for_a_node
from seatrial.simulator.call import Call
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import NODES
from seatrial.simulator.nodes import make_node

_log = logging.getLogger(__name__)
_Work = Callable[[str], Awaitable[None]]
_CALL = Call(user="system:simulated-provider", manager="simulated-provider")


@dataclass(slots=True)
class _Group:
    """A node group as the provider keeps it."""

    state: NodeGroup
    made: int = 0
    seen: dict[str, str] = field(default_factory=dict)
    """Every node that there ever was, and its zone."""


class SimulatedProvider:
    """`Provider` over a `SimulatedCluster`; operations run as tasks on the cluster's clock."""

    def __init__(
        self,
        cluster: SimulatedCluster,
        flavour: Flavour,
        version: Version,
        groups: Iterable[NodeGroup] = (),
        *,
        faults: FaultPlan | None = None,
        whims: Whims | None = None,
    ) -> None:
        self._cluster = cluster
        self._flavour = flavour
        self._version = cluster.version = version
        self._groups = {group.name: _Group(group) for group in groups}
        self._faults = faults or FaultPlan()
        self._whims = whims or Regular()
        self._operations: dict[str, Operation] = {}
        self._by_token: dict[str, str] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._serial = itertools.count(1)
        self.starts: list[tuple[str, str]] = []
        """(target, version) of every operation that was really started: what tests count."""

    def create_nodes(self) -> None:
        """Fill every group with ready nodes at its version, as a cluster that already runs has them."""
        for group in self._groups.values():
            for _ in range(group.state.size - len(self._nodes(group.state.name))):
                self._add_node(group, Version.parse(group.state.version), group.state.image)

    @property
    def capabilities(self) -> Capabilities:
        return self._flavour.capabilities

    async def state(self) -> ProviderState:
        running = tuple(o.id for o in self._operations.values() if o.state == OperationState.RUNNING)
        busy = {o.target for o in self._operations.values() if o.state == OperationState.RUNNING}
        return ProviderState(
            kind=self.capabilities.kind,
            version=str(self._version),
            status="updating" if CONTROL_PLANE in busy else "active",
            node_groups=tuple(
                msgspec.structs.replace(
                    group.state,
                    status="updating" if f"node-group/{name}" in busy else group.state.status,
                )
                for name, group in self._groups.items()
            ),
            available_versions=tuple(map(str, await self.available_versions())),
            running_operations=running,
        )

    async def available_versions(self) -> tuple[Version, ...]:
        """The newest known patch of this minor and of the next."""
        found = []
        for minor in (self._version.line, self._version.line.plus(1)):
            release = releases().get(minor)
            if release is not None:
                patch = release.latest_patch or Version(*minor)
                if patch > self._version:
                    found.append(patch)
        return tuple(found)

    async def start_control_plane_upgrade(self, to: Version, *, token: str) -> Operation:
        if known := self._repeated(token):
            return known
        refuse_busy(CONTROL_PLANE, self._operations.values(), self._cluster.name)
        groups = [group.state for group in self._groups.values()]
        refuse_control_plane(to, self._version, groups, self.capabilities, self._cluster.name)

        async def upgrade(operation: str) -> None:
            await self._upgrade_control_plane(to)

        return self._start(CONTROL_PLANE, "upgrade", to, token, upgrade)

    async def start_node_group_upgrade(
        self, node_group: str, to: Version, *, image: str = "", token: str
    ) -> Operation:
        if known := self._repeated(token):
            return known
        group = self._group(node_group)
        target = f"node-group/{node_group}"
        refuse_busy(target, self._operations.values(), self._cluster.name)
        refuse_node_group(to, group.state, self._version, self._cluster.name)
        image = image or _image_for(self.capabilities.kind, to)
        kind = "node-image" if str(to) == group.state.version else "upgrade"

        async def roll(operation: str) -> None:
            await self._roll(operation, group, to, image)

        return self._start(target, kind, to, token, roll, total=group.state.size)

    async def operation(self, operation_id: str) -> Operation:
        found = self._operations.get(operation_id)
        if found is None:
            raise NotFound(
                f"the provider knows no operation {operation_id!r}.",
                where=self._cluster.name,
                next_step="List the operations of the cluster and look for the one meant.",
            )
        return found

    async def operations(self) -> tuple[Operation, ...]:
        return tuple(reversed(self._operations.values()))

    async def cancel(self, operation_id: str) -> Operation:
        found = await self.operation(operation_id)
        kind = found.target.partition("/")[0]
        if kind not in self._flavour.cancellable:
            raise Refused(
                f"{self.capabilities.kind} cannot cancel an upgrade of {found.target}.",
                where=self._cluster.name,
                next_step="Wait for it to end; then decide.",
            )
        if found.state == OperationState.RUNNING:
            self._tasks[operation_id].cancel()
            await asyncio.wait([self._tasks[operation_id]])
        return self._operations[operation_id]

    def _start(
        self, target: str, kind: str, to: Version, token: str, work: _Work, *, total: int = 0
    ) -> Operation:
        if refusal := self._faults.strike(target, 0, starting=True):
            refused = QuotaExceeded if "quota" in refusal.lower() else Refused
            raise refused(
                refusal,
                where=f"{self._cluster.name}: {target}",
                next_step="Ask the provider why, then retry.",
            )
        number = next(self._serial)
        operation = Operation(
            id=f"{self.capabilities.kind}-{self._cluster.name}-{number}",
            target=target,
            kind=kind,
            state=OperationState.RUNNING,
            detail=f"to {to}",
            started_at=self._cluster.clock.now().timestamp(),
            nodes_total=total,
        )
        self._operations[operation.id] = operation
        self._by_token[token] = operation.id
        self.starts.append((target, str(to)))
        self._tasks[operation.id] = asyncio.get_running_loop().create_task(
            self._carry_out(operation.id, work, to), name=operation.id
        )
        return operation

    async def _carry_out(self, operation: str, work: _Work, to: Version) -> None:
        try:
            await work(operation)
        except RollingFailed as failure:
            self._finish(operation, OperationState.FAILED, str(failure))
        except asyncio.CancelledError:
            self._finish(operation, OperationState.CANCELLED, "cancelled on request")
        except Exception as error:
            # an operation that ends without a word would be waited for until somebody gives up
            self._finish(operation, OperationState.FAILED, f"internal error: {type(error).__name__}")
            _log.exception("a simulated operation ended by a bug")
        else:
            self._finish(operation, OperationState.SUCCEEDED, f"at {to}")

    def _finish(self, operation: str, state: OperationState, detail: str) -> None:
        self._update(operation, state=state, detail=detail, finished_at=self._cluster.clock.now().timestamp())

    def _update(self, operation: str, **changes: object) -> None:
        self._operations[operation] = msgspec.structs.replace(self._operations[operation], **changes)

    async def _upgrade_control_plane(self, to: Version) -> None:
        await self._cluster.clock.sleep(self._flavour.timings.control_plane)
        if detail := self._faults.strike(CONTROL_PLANE, 0):
            raise RollingFailed(detail)
        self._version = to
        self._cluster.set_version(to)

    async def _roll(self, operation: str, group: _Group, to: Version, image: str) -> None:
        kubelet = f"v{to}"

        def is_current(node: Obj) -> bool:
            info = (node.get("status") or {}).get("nodeInfo") or {}
            return info.get("kubeletVersion") == kubelet and info.get("osImage") == image

        rolling = Rolling(
            cluster=self._cluster,
            flavour=self._flavour,
            group=group.state,
            is_current=is_current,
            add_node=lambda leaving: self._add_node(
                group, to, image, boot=self._flavour.timings.node_boot, leaving=leaving
            ),
            progress=lambda done: self._update(operation, nodes_done=done),
            strike=lambda done: self._faults.strike(f"node-group/{group.state.name}", done),
            whims=self._whims,
        )
        group.seen |= {name_of(node): zone_of(node) for node in self._nodes(group.state.name)}
        try:
            await rolling.run()
        except RollingFailed as failure:
            group.state = msgspec.structs.replace(group.state, status="degraded", health=(str(failure),))
            raise
        group.state = msgspec.structs.replace(
            group.state, version=str(to), image=image, status="active", health=()
        )

    def _nodes(self, group: str) -> list[Obj]:
        return self._cluster.verbs.list(NODES, labels=f"{self._flavour.node_group_label}={group}")

    def _add_node(
        self,
        group: _Group,
        version: Version,
        image: str,
        *,
        boot: float = 0.0,
        leaving: Collection[str] = (),
    ) -> str:
        name = self._new_name(group)
        staying = [each for each in self._nodes(group.state.name) if name_of(each) not in leaving]
        left = [group.seen[each] for each in leaving if each in group.seen]
        zone = self._whims.zone(zones_for_a_node(staying, group.state.zones or ("zone-a",), left))
        node = make_node(
            name,
            version,
            provider=self.capabilities.kind,
            pool=group.state.name,
            zone=zone,
            arch=group.state.architecture,
            image=image or _image_for(self.capabilities.kind, version),
            created=self._cluster.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            ready=not boot,
        )
        if siblings := self._nodes(group.state.name):
            _resemble(node, siblings[0])
        self._cluster.verbs.create(NODES, node, _CALL)
        if boot:
            self._cluster.clock.call_later(boot, lambda: self._make_ready(name))
        return name

    def _new_name(self, group: _Group) -> str:
        """Never one that was in use before: a pod pinned to a machine must not find it again."""
        group.seen |= {name_of(node): zone_of(node) for node in self._cluster.verbs.list(NODES)}
        while (name := f"{group.state.name}-{group.made + 1:03d}") in group.seen:
            group.made += 1
        group.made += 1
        return name

    def _make_ready(self, name: str) -> None:
        def change(node: Obj) -> None:
            for condition in node["status"]["conditions"]:
                if condition["type"] == "Ready":
                    condition.update(status="True", reason="KubeletReady")

        self._cluster.verbs.modify(NODES, "", name, change, _CALL, subresource="status")

    def _group(self, name: str) -> _Group:
        found = self._groups.get(name)
        if found is None:
            raise NotFound(
                f"there is no node group {name!r}.",
                where=self._cluster.name,
                next_step=f"It has: {', '.join(self._groups) or 'none'}.",
            )
        return found

    def _repeated(self, token: str) -> Operation | None:
        if not self.capabilities.idempotency_tokens or token not in self._by_token:
            return None
        return self._operations[self._by_token[token]]


def _resemble(node: Obj, sibling: Obj) -> None:
    """Machines of one group are alike: size, labels and taints come from a node that is there."""
    for part in ("capacity", "allocatable"):
        node["status"][part] = dict(sibling["status"].get(part) or node["status"][part])
    own = node["metadata"]["labels"]
    node["metadata"]["labels"] = {**sibling["metadata"].get("labels", {}), **own}
    taints = [
        taint
        for taint in (sibling.get("spec") or {}).get("taints") or ()
        if not str(taint.get("key", "")).startswith("node.kubernetes.io/")
    ]
    if taints:
        node["spec"]["taints"] = taints


def _image_for(kind: str, version: Version) -> str:
    """The node image's name that this provider would give a version, where none is asked for."""
    return f"{kind}-node-{version}"
