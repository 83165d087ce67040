"""A thousand clusters without a cluster: each is its provider's operations, and they are lines in a file.

The rules and durations are the simulated provider's own; an operation is over when its time has come,
whether anybody looks or not. Since the file is all there is, operations go on while the process that
started them is dead, and the next process finds them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from seatrial.catalog import releases
from seatrial.clock import Clock
from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.cluster.provider_state import NodeGroup, ProviderState
from seatrial.cluster.release_state import Deployed, ReleaseState
from seatrial.cluster.version import Minor, Version
from seatrial.cluster_runs import Performer
from seatrial.errors import NotFound
from seatrial.fleet.chart_info import ChartInfo
from seatrial.fleet.resolve import ResolvedComponent, ResolvedTarget
from seatrial.plan import Plan, PlannedComponent
from seatrial.plan.facts import budgets_value
from seatrial.plan.inputs import ComponentInput, PlanInputs
from seatrial.plan.making import make_plan
from seatrial.providers.protocol import Capabilities, Operation, OperationState
from seatrial.providers.simulated import flavour
from seatrial.providers.simulated.refusals import (
    CONTROL_PLANE,
    refuse_busy,
    refuse_control_plane,
    refuse_node_group,
)
from seatrial.rollout.document import Rollout, RolloutCluster, RolloutStage, with_target
from seatrial.rollout.events import Health
from seatrial.rollout_runs.orders import ClusterOrder, HealthResult
from seatrial.rollout_runs.upgrades import Blocked, NothingToDo
from seatrial.wiring.performing import ClusterPerformer

FROM, TO = Version(1, 33, 4), releases().of(Minor(1, 34)).latest_patch or Version(1, 34)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GROUPS = ("default", "memory")
_FLAVOURS = ("eks", "gke", "aks", "kapsule")
_DRAIN = 60.0  # seconds that a node's pods take to leave
_LABEL = "node.seatrial.dev/pool"
_Look = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ModelledCluster:
    """What one cluster is, and how long its provider and Helm take."""

    name: str
    kind: str
    sizes: tuple[int, ...]
    """Nodes of each group."""
    pace: float
    """How much slower or faster than the modelled provider this one is."""
    chart: float
    """Seconds that Helm takes, with its hooks."""

    def seconds(self, target: str) -> float:
        timings = flavour(self.kind).timings
        if target == CONTROL_PLANE:
            return timings.control_plane * self.pace
        node = timings.node_boot + _DRAIN + timings.node_removal
        return self.sizes[GROUPS.index(target.removeprefix("node-group/"))] * node * self.pace

    @property
    def critical_path(self) -> float:
        """Seconds from the first operation to the end of the last, with nobody losing a moment."""
        targets = (CONTROL_PLANE, *(f"node-group/{name}" for name in GROUPS))
        return self.chart + sum(map(self.seconds, targets))


def modelled_clusters(count: int, *, chart: float = 45.0, seed: int = 7) -> dict[str, ModelledCluster]:
    random = Random(seed)
    names = [f"cluster-{number:04d}" for number in range(count)]
    return {
        name: ModelledCluster(
            name=name,
            kind=random.choice(_FLAVOURS),
            sizes=(random.randint(2, 10), random.randint(1, 4)),
            pace=random.uniform(0.8, 1.5),
            chart=chart,
        )
        for name in names
    }


def rollout_of(clusters: Mapping[str, ModelledCluster], stages: tuple[RolloutStage, ...]) -> Rollout:
    def member(name: str) -> RolloutCluster:
        target = ResolvedTarget(
            cluster=name,
            context=name,
            provider="simulated",
            release="spring",
            kubernetes="1.34",
            components=(_CHART,),
        )
        undigested = RolloutCluster(name=name, tier="test", version="1.33", revision="", target=target)
        return with_target(undigested, target)

    return Rollout(
        id="many",
        fleet="many",
        release="spring",
        kubernetes="1.34",
        strategy="waves",
        stages=stages,
        clusters=tuple(member(name) for stage in stages for name in stage.clusters),
        created_at=START,
        created_by="bench",
    )


class OperationsFile:
    """Every operation ever started and every chart installed, one line each, by cluster."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
        self._lines: dict[str, list[tuple[str, str, float]]] = {}
        for line in path.read_text().splitlines():
            cluster, what, token, at = line.split()
            self._lines.setdefault(cluster, []).append((what, token, float(at)))

    def of(self, cluster: str) -> list[tuple[str, str, float]]:
        """What, token and when, oldest first."""
        return self._lines.setdefault(cluster, [])

    def add(self, cluster: str, what: str, token: str, at: float) -> None:
        os.write(self._handle, f"{cluster} {what} {token} {at!r}\n".encode())  # one write: all or nothing
        self.of(cluster).append((what, token, at))

    def started_twice(self) -> int:
        """Operations on a target that had one before: each needs exactly one."""
        targets = [[what for what, _, _ in lines] for lines in self._lines.values()]
        return sum(len(each) - len(set(each)) for each in targets)

    def count(self) -> int:
        return sum(map(len, self._lines.values()))


@dataclass(frozen=True, slots=True)
class ModelledProvider:
    """`Provider` whose operations are arithmetic."""

    cluster: ModelledCluster
    file: OperationsFile
    clock: Clock
    looked: _Look

    @property
    def capabilities(self) -> Capabilities:
        return flavour(self.cluster.kind).capabilities

    async def state(self) -> ProviderState:
        done, running = self._done(), [each for each in self._all() if each.state is OperationState.RUNNING]
        return ProviderState(
            kind=self.cluster.kind,
            version=str(TO if CONTROL_PLANE in done else FROM),
            node_groups=tuple(self._group(name) for name in GROUPS),
            available_versions=(str(TO),),
            running_operations=tuple(each.id for each in running),
        )

    async def available_versions(self) -> tuple[Version, ...]:
        return (TO,)

    async def start_control_plane_upgrade(self, to: Version, *, token: str) -> Operation:
        refuse_busy(CONTROL_PLANE, self._all(), self.cluster.name)
        groups = [self._group(name) for name in GROUPS]
        refuse_control_plane(to, FROM, groups, self.capabilities, self.cluster.name)
        return self._start(CONTROL_PLANE, token)

    async def start_node_group_upgrade(
        self, node_group: str, to: Version, *, image: str = "", token: str
    ) -> Operation:
        target = f"node-group/{node_group}"
        refuse_busy(target, self._all(), self.cluster.name)
        at = TO if CONTROL_PLANE in self._done() else FROM
        refuse_node_group(to, self._group(node_group), at, self.cluster.name)
        return self._start(target, token)

    async def operation(self, operation_id: str) -> Operation:
        self.looked(self.cluster.name)
        for each in self._all():
            if each.id == operation_id:
                return each
        raise NotFound("no such operation.", where=operation_id)

    async def operations(self) -> tuple[Operation, ...]:
        self.looked(self.cluster.name)
        return tuple(reversed(self._all()))

    async def cancel(self, operation_id: str) -> Operation:
        raise NotImplementedError

    def nodes(self) -> list[Obj]:
        return [
            _node(f"{self.cluster.name}-{group}-{number}", group, self._group(group).version)
            for group, size in zip(GROUPS, self.cluster.sizes, strict=True)
            for number in range(size)
        ]

    def _start(self, target: str, token: str) -> Operation:
        self.file.add(self.cluster.name, target, token, self.clock.now().timestamp())
        return self._all()[-1]

    def _all(self) -> list[Operation]:
        now = self.clock.now().timestamp()
        return [
            self._operation(f"{self.cluster.name}/{number}", what, at, now)
            for number, (what, _, at) in enumerate(self.file.of(self.cluster.name))
            if not what.startswith("chart/")
        ]

    def _operation(self, name: str, target: str, at: float, now: float) -> Operation:
        takes = self.cluster.seconds(target)
        over = now >= at + takes - 1e-6  # a sleep may end a float's last digit early
        nodes = 0 if target == CONTROL_PLANE else self._group_size(target)
        return Operation(
            id=name,
            target=target,
            kind="upgrade",
            state=OperationState.SUCCEEDED if over else OperationState.RUNNING,
            detail=f"to {TO}",
            started_at=at,
            finished_at=at + takes if over else None,
            nodes_done=min(nodes, int(nodes * (now - at) / takes)),
            nodes_total=nodes,
        )

    def _done(self) -> set[str]:
        return {each.target for each in self._all() if each.state is OperationState.SUCCEEDED}

    def _group(self, name: str) -> NodeGroup:
        version = TO if f"node-group/{name}" in self._done() else FROM
        size = self._group_size(f"node-group/{name}")
        return NodeGroup(name=name, version=str(version), size=size, min_size=1, max_size=size + 3)

    def _group_size(self, target: str) -> int:
        return self.cluster.sizes[GROUPS.index(target.removeprefix("node-group/"))]


@dataclass(frozen=True, slots=True)
class ModelledObjects:
    """`Reading` and `Writing`: the nodes, one workload, and what tells clusters apart."""

    provider: ModelledProvider

    async def version(self) -> Version:
        return Version.parse((await self.provider.state()).version)

    async def get(self, gvr: GroupVersionResource, name: str, namespace: str = "") -> Obj:
        if gvr.resource != "namespaces":
            raise NotFound("no such object.", where=name)
        return {"metadata": {"name": name, "uid": f"uid-{self.provider.cluster.name}"}}

    async def list_objects(
        self, gvr: GroupVersionResource, namespace: str | None = None, *, label_selector: str = ""
    ) -> list[Obj]:
        if gvr.resource == "nodes":
            return self.provider.nodes()
        if gvr.resource == "deployments":
            metadata = {"name": "web", "namespace": "shop"}
            return [{"metadata": metadata, "spec": {"replicas": 2}, "status": {"readyReplicas": 2}}]
        return []

    async def patch(self, *_: Any, **__: Any) -> Obj:
        raise NotImplementedError

    async def scale(self, *_: Any) -> Obj:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ModelledCharts:
    """`Charts` with one release, whose upgrade takes the cluster's time."""

    cluster: ModelledCluster
    file: OperationsFile
    clock: Clock

    async def state(self, release: str, namespace: str) -> ReleaseState:
        done = sum(what == f"chart/{release}" for what, _, _ in self.file.of(self.cluster.name))
        return Deployed("2.0.0" if done else "1.0.0", 1 + done)

    async def not_ready(self, release: str, namespace: str) -> tuple[str, ...]:
        return ()

    async def upgrade(self, component: PlannedComponent, *, wait: bool, patience: float) -> int:
        await self.clock.sleep(self.cluster.chart)
        self.file.add(self.cluster.name, f"chart/{component.release}", "-", self.clock.now().timestamp())
        return 2

    async def apply_crds(self, component: PlannedComponent) -> tuple[str, ...]:
        return ()

    async def roll_back(self, release: str, namespace: str, revision: int, *, patience: float) -> None:
        raise NotImplementedError

    async def uninstall(self, release: str, namespace: str, *, patience: float) -> None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ModelledFleet:
    """`ClusterPreparer` and `HealthObserver`; `looked` hears each question about operations."""

    clusters: Mapping[str, ModelledCluster]
    file: OperationsFile
    clock: Clock
    looked: _Look = field(default=lambda name: None)

    async def plan(self, order: ClusterOrder) -> Plan | NothingToDo | Blocked:
        provider = self._provider(order)
        return make_plan(
            PlanInputs(
                cluster=order.target.cluster,
                cluster_uid=f"uid-{order.target.cluster}",
                provider=await provider.state(),
                target=order.target.kubernetes,
                release=order.target.release,
                now=self.clock.now(),
                by=order.by,
                components=(_INGRESS,),
                budgets=budgets_value([], []),
            )
        )

    async def performer(self, order: ClusterOrder, plan: Plan) -> Performer:
        provider = self._provider(order)
        objects = ModelledObjects(provider)
        charts = ModelledCharts(provider.cluster, self.file, self.clock)
        return ClusterPerformer(plan, objects, objects, provider, charts)

    async def rehearse(self, order: ClusterOrder, plan: Plan) -> str:
        return ""

    async def __call__(self, order: ClusterOrder) -> HealthResult:
        return HealthResult(Health.HEALTHY)

    def _provider(self, order: ClusterOrder) -> ModelledProvider:
        return ModelledProvider(self.clusters[order.target.cluster], self.file, self.clock, self.looked)


_CHART = ResolvedComponent(name="ingress", namespace="platform", release="ingress", chart="charts/ingress")
_INGRESS = ComponentInput(
    name="ingress",
    release="ingress",
    namespace="platform",
    chart="charts/ingress",
    installed="1.0.0",
    info=ChartInfo(name="ingress", version="2.0.0", digest="sha256:0"),
)


def _node(name: str, group: str, version: str) -> Obj:
    return {
        "metadata": {"name": name, "labels": {_LABEL: group}},
        "status": {
            "nodeInfo": {"kubeletVersion": f"v{version}"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
