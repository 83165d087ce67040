"""Clusters that were captured for rehearsals: made by the simulator, trouble planted in objects only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import msgspec
from msgspec.structs import replace as replace_step
from tests.plan.builders import T0, node_group, plan, step
from tests.simulator.controllers.clusters import deployment

from seatrial.clock import SimulatedClock
from seatrial.cluster.helm_release import read_releases
from seatrial.cluster.models import KINDS
from seatrial.cluster.objects import GroupKind, GroupVersionResource, Obj
from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.snapshot import ResourceList, Snapshot, SnapshotMeta
from seatrial.cluster.version import Minor, Version
from seatrial.plan import Plan, PlannedComponent, Preflight, Step, UpgradeControlPlane, VerifyCluster
from seatrial.providers.simulated import SimulatedProvider, flavour
from seatrial.rehearsal import RehearsalReport, RehearsalTools, rehearse
from seatrial.rehearsal.run import TwinConnection
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers import default_controllers
from seatrial.simulator.controllers.kinds import DEPLOYMENTS, NAMESPACES, POD_DISRUPTION_BUDGETS
from seatrial.simulator.eviction import admit_eviction
from seatrial.simulator.faults import ActiveFaults, FaultPlan
from seatrial.wiring.performing import ClusterPerformer

FROM, TO = "1.33.4", "1.34.2"
Change = Callable[[SimulatedCluster], None]
Capture = Callable[[SimulatedCluster, SimulatedProvider], Awaitable[Snapshot]]


def a_cluster(
    *changes: Change,
    kind: str = "eks",
    faults: FaultPlan | None = None,
    captured: Capture | None = None,
    version: str = FROM,
    rest: float = 600,
    **group: Any,
) -> Snapshot:
    """A cluster of two nodes in one node group, captured `rest` seconds after `changes`."""
    clock = SimulatedClock(T0)
    cluster = SimulatedCluster(
        "harbour",
        Minor.parse(version),
        clock,
        controllers=default_controllers(),
        faults=ActiveFaults(clock, faults),
        admit_eviction=admit_eviction,
    )
    state = {"name": "default", "version": version, "size": 2, "min_size": 1, "max_size": 4, **group}
    provider = SimulatedProvider(cluster, flavour(kind), Version.parse(version), [NodeGroup(**state)])

    async def live() -> Snapshot:
        cluster.start()
        provider.create_nodes()
        for change in changes:
            change(cluster)
        await clock.sleep(rest)
        return await (captured or capture)(cluster, provider)

    try:
        return clock.run(live())
    finally:
        cluster.stop()


async def capture(cluster: SimulatedCluster, provider: SimulatedProvider) -> Snapshot:
    """What `capture.from_live` would read, straight from the store."""
    lists: list[ResourceList] = []
    for key in cluster.store.stored_keys():
        served = cluster.surface.storage(key)
        if served is None or key.resource in ("events", "endpoints", "leases"):
            continue
        items = tuple(record.body for record in cluster.store.records(key))
        lists.append(ResourceList(served.gvr, served.kind, served.namespaced, items))
    read = {each.group_kind for each in lists}
    for kind in KINDS:
        if kind.group_kind() not in read:
            gvr = GroupVersionResource(kind.API.group, kind.API.version, kind.PLURAL)
            lists.append(ResourceList(gvr, kind.API.kind, True, ()))
    secrets = [msgspec.json.decode(item) for each in lists if each.kind == "Secret" for item in each.items]
    releases, broken = read_releases(secrets)
    return Snapshot(
        meta=SnapshotMeta(
            cluster="harbour",
            uid=str(cluster.store.peek(NAMESPACES, "", "kube-system")["metadata"]["uid"]),  # type: ignore[index]
            server_version=f"v{(await provider.state()).version}",
            captured_at=cluster.clock.now(),
            seatrial="0.1.0",
        ),
        resources=tuple(lists),
        releases=releases,
        broken_releases=broken,
        provider=await provider.state(),
    )


def an_app(name: str = "web", replicas: int = 2, **spec: Any) -> Change:
    return lambda cluster: _create(cluster, DEPLOYMENTS, deployment(name, replicas, **spec))


def a_budget(name: str = "web", **limits: Any) -> Change:
    budget: Obj = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": name}}, **limits},
    }
    return lambda cluster: _create(cluster, POD_DISRUPTION_BUDGETS, budget)


def _create(cluster: SimulatedCluster, key: Any, obj: Obj) -> None:
    cluster.verbs.create(key, obj)


def an_upgrade(snapshot: Snapshot, *more: Step, components: tuple[PlannedComponent, ...] = ()) -> Plan:
    """Control plane, then the node group, then a look."""
    last = next((each.id for each in reversed(more) if not each.always), "preflight")
    return plan(
        step("preflight", Preflight()),
        *more,
        step("control-plane", UpgradeControlPlane(from_version=FROM, to_version=TO), last),
        *(replace_step(each, timeout=4 * 3600.0) for each in node_group("default", "control-plane")),
        step("verify", VerifyCluster(), "node-group/default/verify", timeout=1200.0),
        cluster="harbour",
        cluster_uid=snapshot.meta.uid,
        components=components,
    )


class NoCharts:
    """`Charts` of a cluster without any."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is not expected")


def without_helm(plan: Plan, twin: TwinConnection) -> ClusterPerformer:
    return ClusterPerformer(plan, twin.read, twin.write, twin.provider, NoCharts())


def rehearsed(snapshot: Snapshot, *more: Step) -> RehearsalReport:
    return rehearse(snapshot, an_upgrade(snapshot, *more), RehearsalTools(without_helm))


def without(snapshot: Snapshot, kind: str) -> Snapshot:
    """The same capture without any object of one kind."""
    kept = tuple(each for each in snapshot.resources if each.kind != kind)
    return replace(snapshot, resources=kept)


def pods_of(snapshot: Snapshot, app: str) -> list[Obj]:
    pods = snapshot.objects(GroupKind("", "Pod"))
    return [pod for pod in pods if pod["metadata"]["labels"].get("app") == app]


def outcomes(report: RehearsalReport) -> dict[str, str]:
    return {each.id: each.outcome.value for each in report.steps}
