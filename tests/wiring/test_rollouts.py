"""One cluster of a rollout, over a served simulated cluster: planned just in time, upgraded, then watched."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from seatrial.clock import SimulatedClock
from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.version import Version
from seatrial.fleet.resolve import ResolvedTarget
from seatrial.providers.simulated import SimulatedProvider, flavour
from seatrial.providers.simulated.http_api import answer
from seatrial.providers.wire import PREFIX
from seatrial.rollout.events import Health, Outcome
from seatrial.rollout_runs.orders import ClusterOrder, ClusterOutside, ClusterResult, ClusterWaits
from seatrial.rollout_runs.upgrades import ClusterUpgrades
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.default import default_cluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer
from seatrial.simulator.store import ResourceKey
from seatrial.store.memory import MemoryStore
from seatrial.wiring.rollouts import LiveClusters
from seatrial.wiring.scoring import predictions_in

DEPLOYMENTS = ResourceKey("apps", "deployments")
BUDGETS = ResourceKey("policy", "poddisruptionbudgets")


@dataclass(frozen=True, slots=True)
class Stage:
    clock: SimulatedClock
    cluster: SimulatedCluster
    provider: SimulatedProvider
    clusters: LiveClusters
    upgrades: ClusterUpgrades

    def deploy(self, name: str, *, image: str = "example.com/web:1", replicas: int = 1, **spec: Any) -> None:
        labels = {"app": name}
        template = {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "main", "image": image}], **spec},
        }
        self.cluster.verbs.create(
            DEPLOYMENTS,
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "namespace": "default"},
                "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
            },
        )

    def protect(self, name: str) -> None:
        """A budget that never lets a pod of a single replica go."""
        self.cluster.verbs.create(
            BUDGETS,
            {
                "apiVersion": "policy/v1",
                "kind": "PodDisruptionBudget",
                "metadata": {"name": name, "namespace": "default"},
                "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": name}}},
            },
        )

    async def upgrade(self, **changes: Any) -> ClusterResult:
        result = await self.upgrades(order(**changes))
        assert isinstance(result, ClusterResult), result
        return result


def order(**changes: Any) -> ClusterOrder:
    target = ResolvedTarget(
        cluster="blue", context="blue", provider="simulated", release="spring", kubernetes="1.36"
    )
    fields: dict[str, Any] = {
        "rollout": "r-1",
        "run_id": "r-1.blue.1",
        "attempt": 1,
        "target": target,
        "revision": "d",
        "fixes": (),
        "by": "ann",
        "report": lambda progress: None,
    }
    return ClusterOrder(**{**fields, **changes})


def on_stage(tmp_path: Path, story: Callable[[Stage], Awaitable[None]]) -> None:
    clock = SimulatedClock(datetime(2026, 9, 1, tzinfo=UTC))  # a day on which EKS offers the target

    async def main() -> None:
        server, version = SimulatorServer(clock), Version(1, 35, 1)
        cluster = default_cluster("blue", version.line, clock)
        group = NodeGroup(name="default", version=str(version), size=2, min_size=1, max_size=4)
        provider = SimulatedProvider(cluster, flavour("eks"), version, [group])
        provider.create_nodes()
        await server.start()
        cluster.start()
        try:
            server.add(cluster, extensions={PREFIX: partial(answer, provider)})
            write_kubeconfig(tmp_path / "kubeconfig", server.endpoints())
            await clock.sleep(120)
            store = MemoryStore()
            clusters = LiveClusters(tmp_path / "kubeconfig", clock, {}, tmp_path, store)
            upgrades = ClusterUpgrades(store, clock, "test", clusters)
            await story(Stage(clock, cluster, provider, clusters, upgrades))
        finally:
            cluster.stop()
            await server.stop()

    clock.run(main())


def test_a_cluster_is_upgraded_once_and_then_there_is_nothing_to_do(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.deploy("web", replicas=2)
        await stage.clock.sleep(60)
        assert (await stage.upgrade()).outcome is Outcome.SUCCEEDED
        assert [target for target, _ in stage.provider.starts] == ["control-plane", "node-group/default"]
        again = await stage.upgrade(run_id="r-2.blue.1", rollout="r-2")
        assert again.outcome is Outcome.SUCCEEDED
        assert again.detail == f"already at {stage.cluster.version}, nothing was changed"
        assert len(stage.provider.starts) == 2

    on_stage(tmp_path, story)


def test_a_fleet_file_that_names_another_version_is_told_so(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        said = "the fleet file says that blue runs 1.34; it runs 1."
        ended = await stage.upgrade(believed="1.34")
        assert ended.outcome is Outcome.SUCCEEDED
        assert ended.detail == f"upgraded and verified; as it began, {said}35."
        again = await stage.upgrade(run_id="r-2.blue.1", rollout="r-2", believed="1.34")
        assert again.detail == f"already at {stage.cluster.version}, nothing was changed; {said}36."

    on_stage(tmp_path, story)


def test_a_budget_that_never_lets_go_blocks_before_anything_is_touched(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.deploy("db")
        stage.protect("db")
        await stage.clock.sleep(60)
        result = await stage.upgrades(order())
        assert isinstance(result, ClusterOutside)
        assert all("a blocker: " in each and "default/db" in each for each in result.differences)
        assert stage.provider.starts == []

    on_stage(tmp_path, story)


def test_a_permitted_fix_lets_the_drain_through_and_is_put_back(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.deploy("db")
        stage.protect("db")
        await stage.clock.sleep(60)
        result = await stage.upgrade(fixes=("budget-never-allows",))
        assert result.outcome is Outcome.SUCCEEDED, result
        assert len(stage.provider.starts) == 2
        assert stage.cluster.verbs.get(DEPLOYMENTS, "default", "db")["spec"]["replicas"] == 1

    on_stage(tmp_path, story)


def test_a_soaking_cluster_is_healthy_until_something_breaks_that_worked_before(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.deploy("sick", nodeSelector={"no-such": "node"})
        await stage.clock.sleep(60)
        assert (await stage.upgrade()).outcome is Outcome.SUCCEEDED
        assert (await stage.clusters(order())).health is Health.HEALTHY
        stage.deploy("web", nodeSelector={"no-such": "node"})
        await stage.clock.sleep(60)
        found = await stage.clusters(order())
        assert (found.health, found.detail) == (
            Health.UNHEALTHY,
            "default/deployment/web has 0 of 1 pods ready",
        )

    on_stage(tmp_path, story)


def test_a_cluster_that_cannot_be_looked_at_is_inconclusive(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        nowhere = order(
            target=ResolvedTarget(
                cluster="gone", context="gone", provider="simulated", release="spring", kubernetes="1.36"
            )
        )
        assert (await stage.clusters(nowhere)).health is Health.INCONCLUSIVE

    on_stage(tmp_path, story)


def test_a_predicted_failure_pauses_the_cluster_before_anything_is_touched(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.deploy("db")
        stage.protect("db")
        await stage.clock.sleep(60)
        found = await stage.upgrades(order(rehearse=True, outside=lambda plan: ()))
        assert isinstance(found, ClusterOutside)
        assert found.differences[0].startswith("the rehearsal predicts that it fails: ")
        assert stage.clusters.store is not None
        [kept] = await predictions_in(stage.clusters.store)
        assert kept.cluster == order().target.cluster
        assert stage.provider.starts == []

    on_stage(tmp_path, story)


def test_a_laptop_and_a_server_exclude_each_other_on_one_cluster(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.deploy("web", replicas=2)
        await stage.clock.sleep(60)

        def writer(name: str) -> ClusterUpgrades:
            return ClusterUpgrades(MemoryStore(), stage.clock, name, stage.clusters, stage.clusters.lease)

        server = asyncio.ensure_future(writer("server")(order()))
        await stage.clock.sleep(120)
        refused = await writer("laptop")(order(run_id="r-2.blue.1", rollout="r-2"))
        assert isinstance(refused, ClusterWaits)
        assert "server with run r-1.blue.1.1, since " in refused.what
        ended = await server
        assert isinstance(ended, ClusterResult)
        assert ended.outcome is Outcome.SUCCEEDED
        lease = stage.cluster.verbs.get(
            ResourceKey("coordination.k8s.io", "leases"), "kube-system", "seatrial"
        )
        assert lease["spec"]["holderIdentity"] == ""

    on_stage(tmp_path, story)
