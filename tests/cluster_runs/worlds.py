"""One cluster to upgrade, with everything that a run of the small plan needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.cluster_runs.fakes import FakeCharts, FakeKube, FakeProvider, Fuse
from tests.plan import builders
from tests.plan.builders import T0

from seatrial.clock import SimulatedClock
from seatrial.cluster.release_state import Deployed
from seatrial.cluster_runs import ClusterRun, begin_run, read_journal
from seatrial.errors import SeatrialError
from seatrial.plan import Done, Event, Plan, PlannedComponent, Stuck, WaitUntil
from seatrial.store import Store
from seatrial.store.memory import MemoryStore
from seatrial.wiring.performing import ClusterPerformer

RUN_ID = "run-1"


def small_plan() -> Plan:
    return builders.plan(
        *builders.small_upgrade().steps,
        cluster_uid="uid-kube-system",
        components=(
            PlannedComponent(
                name="ingress", release="ingress", namespace="infra", chart="ingress.tgz", chart_digest="d"
            ),
        ),
    )


@dataclass
class World:
    """Outlives its runs, as a cluster outlives the processes that upgrade it."""

    plan: Plan = field(default_factory=small_plan)
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    fuse: Fuse = field(default_factory=Fuse)
    store: Store = field(default_factory=MemoryStore)
    tokens: bool = False

    def __post_init__(self) -> None:
        self.kube = FakeKube(self.fuse)
        self.provider = FakeProvider(self.clock, self.fuse, self.kube, tokens=self.tokens)
        self.charts = FakeCharts(self.fuse)
        self.charts.install("ingress", "1.0.0", to="2.0.0")
        self.kube.add("namespaces", "kube-system")
        self.kube.add("deployments", "web", "shop", spec={"replicas": 1}, status={"readyReplicas": 2})
        self.kube.add(
            "deployments",
            "cluster-autoscaler",
            "kube-system",
            spec={"replicas": 2},
            status={"replicas": 2, "readyReplicas": 2},
        )
        node = self.kube.add(
            "nodes",
            "default-1",
            status={
                "nodeInfo": {"kubeletVersion": "v1.33.4"},
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        )
        node["metadata"]["labels"] = {"eks.amazonaws.com/nodegroup": "default"}

    async def begin(self) -> None:
        await begin_run(self.store, self.plan, RUN_ID, at=T0)

    def run(self, store: Store | None = None) -> ClusterRun:
        performer = ClusterPerformer(self.plan, self.kube, self.kube, self.provider, self.charts)
        return ClusterRun(
            run_id=RUN_ID,
            plan=self.plan,
            store=store or self.store,
            performer=performer,
            clock=self.clock,
            worker="test",
            by="ann",
        )

    async def journal(self) -> Sequence[Event]:
        return await read_journal(self.store, RUN_ID)

    def end_state(self) -> dict[str, Any]:
        """What an upgrade leaves behind, without what may differ between lucky and unlucky runs."""
        ingress = self.charts.releases["ingress"]
        return {
            "control plane": self.provider.version,
            "groups": self.provider.groups,
            "ingress": ingress.version if isinstance(ingress, Deployed) else ingress,
            "web": self.kube.objects["deployments", "shop", "web"]["spec"],
            "autoscaler": self.kube.objects["deployments", "kube-system", "cluster-autoscaler"]["spec"],
        }


UPGRADED = {
    "control plane": "1.34.2",
    "groups": {"default": "1.34.2"},
    "ingress": "2.0.0",
    "web": {"replicas": 1},
    "autoscaler": {"replicas": 2},
}

__all__ = ["RUN_ID", "UPGRADED", "Done", "SeatrialError", "Stuck", "WaitUntil", "World"]
