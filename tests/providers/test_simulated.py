"""The simulated provider keeps the contract in every flavour, and drains as its service does."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from tests.providers.contract import FROM, TO, Play, ProviderContract, Stage, finished

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.version import Minor
from seatrial.providers.protocol import Operation, OperationState, Refused
from seatrial.providers.simulated import FLAVOURS, FaultPlan, ProviderFault, SimulatedProvider, flavour
from seatrial.providers.simulated.whims import Whims, Whimsical
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.default import default_controllers
from seatrial.simulator.controllers.kinds import DEPLOYMENTS, NODES, POD_DISRUPTION_BUDGETS, PODS
from seatrial.simulator.eviction import admit_eviction

Story = Callable[[Stage], Awaitable[None]]


class World:
    """One simulated cluster with a provider of the flavour asked for."""

    def __init__(
        self,
        kind: str,
        faults: list[ProviderFault] | None = None,
        *,
        surge: int = 1,
        whims: Whims | None = None,
        zones: tuple[str, ...] = ("eu-west-1a", "eu-west-1b"),
    ) -> None:
        self.clock = SimulatedClock()
        self.cluster = SimulatedCluster(
            "harbour",
            Minor(FROM.major, FROM.minor),
            self.clock,
            controllers=default_controllers(),
            admit_eviction=admit_eviction,
        )
        group = NodeGroup(
            name="default",
            version=str(FROM),
            size=2,
            min_size=1,
            max_size=4,
            zones=zones,
            max_surge=surge,
        )
        self.group = group
        self.provider = SimulatedProvider(
            self.cluster, flavour(kind), FROM, [group], faults=FaultPlan(faults), whims=whims
        )

    def open_zone(self, zone: str) -> None:
        """The group may have nodes there too, from now on."""
        self.group = msgspec.structs.replace(self.group, zones=(zone, *self.group.zones))

    def provider_again(self, kind: str = "gke") -> SimulatedProvider:
        return SimulatedProvider(self.cluster, flavour(kind), FROM, [self.group])

    def play(self, story: Story) -> None:
        async def main() -> None:
            self.cluster.start()
            self.provider.create_nodes()
            stage = Stage(self.provider, self.clock, lambda: len(self.provider.starts))
            await self.clock.sleep(30)
            await story(stage)
            self.cluster.stop()

        self.clock.run(main())

    def add_web(self, replicas: int, *, min_available: int) -> None:
        labels = {"app": "web"}
        deployment: Obj = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "web", "image": "web:1"}]},
                },
            },
        }
        budget: Obj = {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"minAvailable": min_available, "selector": {"matchLabels": labels}},
        }
        self.cluster.verbs.create(DEPLOYMENTS, deployment)
        self.cluster.verbs.create(POD_DISRUPTION_BUDGETS, budget)


@pytest.mark.parametrize("kind", FLAVOURS)
class TestSimulatedProvider(ProviderContract):
    @pytest.fixture
    def play(self, kind: str) -> Play:
        return World(kind).play


def is_ready(node: Obj) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])


async def upgrade_nodes(stage: Stage) -> Operation:
    await finished(stage, await stage.provider.start_control_plane_upgrade(TO, token="cp"))
    return await finished(stage, await stage.provider.start_node_group_upgrade("default", TO, token="ng"))


@pytest.mark.parametrize("surge", [0, 1])
def test_new_nodes_come_in_the_zones_of_the_old_ones_and_no_name_is_used_again(surge: int) -> None:
    world = World("gke", surge=surge, zones=("eu-west-1b", "eu-west-1c"))

    async def story(stage: Stage) -> None:
        before = _places(world)
        world.open_zone("eu-west-1a")
        # as on a twin: a provider that did not make these nodes
        stage = Stage(world.provider_again(), stage.clock, stage.starts)
        assert (await upgrade_nodes(stage)).state == OperationState.SUCCEEDED
        after = _places(world)
        assert sorted(after.values()) == sorted(before.values())
        assert not after.keys() & before.keys()

    world.play(story)


def _places(world: World) -> dict[str, str]:
    """The zone of each node."""
    nodes = world.cluster.verbs.list(NODES)
    return {n["metadata"]["name"]: n["metadata"]["labels"]["topology.kubernetes.io/zone"] for n in nodes}


def test_a_whimsical_provider_replaces_all_the_same() -> None:
    world = World("eks", whims=Whimsical(random.Random(7)))

    async def story(stage: Stage) -> None:
        world.add_web(3, min_available=2)
        await stage.clock.sleep(120)
        assert (await upgrade_nodes(stage)).state == OperationState.SUCCEEDED

    world.play(story)


def test_every_node_is_replaced_and_pods_move() -> None:
    world = World("eks")

    async def story(stage: Stage) -> None:
        world.add_web(3, min_available=2)
        await stage.clock.sleep(120)
        assert (await upgrade_nodes(stage)).state == OperationState.SUCCEEDED
        await stage.clock.sleep(120)
        nodes = world.cluster.verbs.list(NODES)
        assert [n["status"]["nodeInfo"]["kubeletVersion"] for n in nodes] == [f"v{TO}"] * 2
        assert not any(n["spec"].get("unschedulable") for n in nodes)
        pods = world.cluster.verbs.list(PODS, "default")
        assert [p["status"]["phase"] for p in pods] == ["Running"] * 3

    world.play(story)


def test_a_budget_without_room_fails_the_drain_after_the_service_s_limit_and_is_named() -> None:
    world = World("eks")

    async def story(stage: Stage) -> None:
        world.add_web(2, min_available=2)
        await stage.clock.sleep(120)
        ended = await upgrade_nodes(stage)
        assert ended.state == OperationState.FAILED
        assert "PodEvictionFailure" in ended.detail
        assert "default/web-" in ended.detail
        assert "disruption budget web" in ended.detail
        assert ended.finished_at is not None
        assert ended.finished_at - ended.started_at >= 900
        nodes = world.cluster.verbs.list(NODES)
        assert not any(n["spec"].get("unschedulable") for n in nodes), "nothing stays cordoned"
        group = (await stage.provider.state()).node_group("default")
        assert group is not None
        assert (group.status, group.version) == ("degraded", str(FROM))

    world.play(story)


def test_a_service_that_forces_goes_on_past_its_limit() -> None:
    world = World("gke")

    async def story(stage: Stage) -> None:
        world.add_web(2, min_available=2)
        await stage.clock.sleep(120)
        ended = await upgrade_nodes(stage)
        assert ended.state == OperationState.SUCCEEDED
        assert ended.finished_at is not None
        assert ended.finished_at - ended.started_at >= 3600

    world.play(story)


def test_a_fault_strikes_as_often_as_it_says_and_a_second_try_finishes_the_rest() -> None:
    fault = ProviderFault(
        target="node-group/default", detail="InsufficientInstanceCapacity: none left", after_nodes=1
    )
    world = World("eks", [fault])

    async def story(stage: Stage) -> None:
        ended = await upgrade_nodes(stage)
        assert (ended.state, ended.nodes_done) == (OperationState.FAILED, 1)
        assert ended.detail == "InsufficientInstanceCapacity: none left"
        again = await stage.provider.start_node_group_upgrade("default", TO, token="second")
        assert (await finished(stage, again)).state == OperationState.SUCCEEDED
        versions = [n["status"]["nodeInfo"]["kubeletVersion"] for n in world.cluster.verbs.list(NODES)]
        assert versions == [f"v{TO}"] * 2

    world.play(story)


def test_a_group_without_surge_drains_before_it_replaces() -> None:
    world = World("kapsule", surge=0)
    counts: list[int] = []

    async def story(stage: Stage) -> None:
        await finished(stage, await stage.provider.start_control_plane_upgrade(TO, token="cp"))
        operation = await stage.provider.start_node_group_upgrade("default", TO, token="ng")
        while (await stage.provider.operation(operation.id)).state == OperationState.RUNNING:
            counts.append(len([n for n in world.cluster.verbs.list(NODES) if is_ready(n)]))
            await stage.clock.sleep(5)
        assert max(counts) == 2
        assert min(counts) == 1

    world.play(story)


def test_cancelling_is_refused_where_the_service_cannot() -> None:
    world = World("eks")

    async def story(stage: Stage) -> None:
        operation = await stage.provider.start_control_plane_upgrade(TO, token="cp")
        with pytest.raises(Refused, match="cannot cancel"):
            await stage.provider.cancel(operation.id)

    world.play(story)


def test_a_node_pool_upgrade_can_be_cancelled_on_gke() -> None:
    world = World("gke")

    async def story(stage: Stage) -> None:
        await finished(stage, await stage.provider.start_control_plane_upgrade(TO, token="cp"))
        operation = await stage.provider.start_node_group_upgrade("default", TO, token="ng")
        await stage.clock.sleep(10)
        assert (await stage.provider.cancel(operation.id)).state == OperationState.CANCELLED

    world.play(story)


def test_a_bug_in_the_provider_ends_the_operation_instead_of_leaving_it_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World("eks")

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    async def story(stage: Stage) -> None:
        await finished(stage, await stage.provider.start_control_plane_upgrade(TO, token="cp"))
        monkeypatch.setattr("seatrial.providers.simulated.provider.make_node", broken)
        ended = await finished(
            stage, await stage.provider.start_node_group_upgrade("default", TO, token="ng")
        )
        assert (ended.state, ended.detail) == (OperationState.FAILED, "internal error: ZeroDivisionError")

    world.play(story)
