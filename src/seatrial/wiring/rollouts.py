"""What a rollout over live clusters needs: how each is planned, upgraded, and looked at while it soaks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.charts import HelmBinary
from seatrial.clock import Clock
from seatrial.cluster.version import Version
from seatrial.cluster_runs import Performer, read_journal
from seatrial.cluster_runs.cluster_run import LeaseMaker
from seatrial.cluster_runs.steps.baseline import Baseline, observe_baseline
from seatrial.cluster_runs.steps.preflight import BASELINE
from seatrial.errors import SeatrialError
from seatrial.kube import ReadClient
from seatrial.plan import Plan, Preflight, fold, read_plan
from seatrial.plan.making import changes_nothing, version_differs
from seatrial.rehearsal import rehearse
from seatrial.rehearsal.predicting import prediction_of
from seatrial.rollout.events import Health
from seatrial.rollout_runs.orders import ClusterOrder, HealthResult
from seatrial.rollout_runs.upgrades import NothingToDo
from seatrial.store import Store
from seatrial.wiring.applying import helm_for, live_performer
from seatrial.wiring.capturing import capture_live
from seatrial.wiring.leasing import end_others, live_lease
from seatrial.wiring.planning import PlanRequest, plan_live
from seatrial.wiring.reaching import Reach, find_reach
from seatrial.wiring.rehearsing import rehearsal_tools
from seatrial.wiring.scoring import keep_prediction


@dataclass(frozen=True, slots=True)
class LiveClusters:
    """`ClusterPreparer` and `HealthObserver` by kubeconfig contexts."""

    kubeconfig: Path | None
    clock: Clock
    environment: Mapping[str, str] = field(repr=False)
    home: Path | None = None
    store: Store | None = None
    """Where runs are journaled: what a cluster's health was before, and where predictions are kept."""
    helm: HelmBinary | None = None
    """The one to use; without it, whatever is found when a cluster's turn comes."""
    handoffs: Path | None = None
    """The folder for what is written down for others; without it nothing is written."""

    async def plan(self, order: ClusterOrder) -> Plan | NothingToDo:
        request = PlanRequest(
            to=order.target.kubernetes,
            by=order.by,
            fleet_target=order.target,
            believed=order.believed,
            permitted_fixes=order.fixes,
        )
        reach = self._reach(order)
        await end_others(order.target.components, reach, self.clock, order.run_id, f"rollout {order.rollout}")
        plan = (await plan_live(reach, self.clock, request)).plan
        if changes_nothing(plan) and not plan.hops_left:
            said = f"already at {plan.to_version}, nothing was changed"
            return NothingToDo("; ".join(filter(None, [said, version_differs(plan)])))
        return plan

    async def free(self, order: ClusterOrder) -> bool:
        try:
            await self._end_others(order)
        except SeatrialError:
            return False
        return True

    async def _end_others(self, order: ClusterOrder) -> None:
        name = f"rollout {order.rollout}"
        await end_others(order.target.components, self._reach(order), self.clock, order.run_id, name)

    async def performer(self, order: ClusterOrder, plan: Plan) -> Performer:
        return await live_performer(plan, self._reach(order), self.clock, self.helm, handoffs=self.handoffs)

    def lease(self, order: ClusterOrder, plan: Plan) -> LeaseMaker:
        return live_lease(plan.components, self._reach(order), self.clock)

    async def rehearse(self, order: ClusterOrder, plan: Plan) -> str:
        """On a twin of the cluster as it is now, in a thread with a clock of its own."""
        reach = self._reach(order)
        snapshot = await capture_live(reach, self.clock)
        with self.clock.hold(f"rehearsal of {order.target.cluster}"):
            helm = self.helm or await helm_for(plan, self.environment)
            tools = rehearsal_tools(helm, self.environment)
            report = await asyncio.to_thread(rehearse, snapshot, plan, tools)
        if self.store is not None:  # so that `accuracy` can set it beside what then happens
            await keep_prediction(self.store, prediction_of(report, plan, at=self.clock.now()))
        return "; ".join(
            f"the rehearsal predicts that it fails: {step.title}: {step.detail}" for step in report.failed
        )

    async def __call__(self, order: ClusterOrder) -> HealthResult:
        """Healthy: at the target, and nothing is broken that worked before the upgrade."""
        try:
            async with self._reach(order).connected(self.clock) as session:
                reading = ReadClient(session)
                version = await reading.version()
                now, reasons = await observe_baseline(reading)
        except SeatrialError as error:
            return HealthResult(Health.INCONCLUSIVE, f"it could not be looked at: {error}")
        if version.line < Version.parse(order.target.kubernetes).line:
            return HealthResult(Health.UNHEALTHY, f"it runs {version} again.")
        before = await self._before(order)
        worse = [reasons[workload] for workload in now.unready if workload not in before.unready]
        if now.nodes_not_ready > before.nodes_not_ready:
            worse.append(f"{now.nodes_not_ready} nodes are not Ready")
        if worse:
            return HealthResult(Health.UNHEALTHY, "; ".join(worse[:5]))
        return HealthResult(Health.HEALTHY)

    async def _before(self, order: ClusterOrder) -> Baseline:
        """Of this order's first hop; nothing unready where it is not known, which errs to caution."""
        if self.store is None:
            return Baseline()
        for stream in await self.store.streams(parent=order.rollout, subject=order.target.cluster):
            if stream.id.startswith(f"{order.run_id}."):
                plan = read_plan(await self.store.plan(stream.plan_digest), where=stream.id)
                progress = fold(plan, await read_journal(self.store, stream.id))
                for step in plan.steps:
                    noted = progress.steps[step.id].notes.get(BASELINE)
                    if isinstance(step.action, Preflight) and noted:
                        return Baseline.decode(noted)
        return Baseline()

    def _reach(self, order: ClusterOrder) -> Reach:
        return find_reach(self.kubeconfig, order.target.context, environment=self.environment, home=self.home)


def cluster_preparer(
    kubeconfig: Path | None,
    clock: Clock,
    environment: Mapping[str, str],
    store: Store,
    helm: HelmBinary | None = None,
    *,
    handoffs: Path | None = None,
) -> LiveClusters:
    return LiveClusters(kubeconfig, clock, environment, Path.home(), store, helm=helm, handoffs=handoffs)


def cluster_observer(
    kubeconfig: Path | None, clock: Clock, environment: Mapping[str, str], store: Store
) -> LiveClusters:
    return LiveClusters(kubeconfig, clock, environment, Path.home(), store)
