"""Which step is performed by what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from seatrial.cluster.version import Version
from seatrial.cluster_runs.facts import observe_fact
from seatrial.cluster_runs.performing import StepContext, StepResult
from seatrial.cluster_runs.ports import Charts, Handoffs, NothingWritten, Reading, Writing
from seatrial.cluster_runs.steps.autoscaler import hold_autoscaler, release_autoscaler
from seatrial.cluster_runs.steps.await_nodes import nodes_are_at
from seatrial.cluster_runs.steps.await_owner import await_owner
from seatrial.cluster_runs.steps.charts import roll_back_chart, upgrade_chart
from seatrial.cluster_runs.steps.control_plane import control_plane_is_at, upgrade_control_plane
from seatrial.cluster_runs.steps.crds import apply_crds
from seatrial.cluster_runs.steps.fixes import apply_fix, revert_fix
from seatrial.cluster_runs.steps.node_group import node_group_is_at, upgrade_node_group
from seatrial.cluster_runs.steps.owned_chart import chart_is_at, owned_not_ready
from seatrial.cluster_runs.steps.preflight import preflight
from seatrial.cluster_runs.steps.verify_cluster import verify_cluster
from seatrial.cluster_runs.steps.verify_nodes import verify_node_group
from seatrial.cluster_runs.steps.wait_for_chart import wait_for_chart
from seatrial.plan import (
    ApplyCrds,
    ApplyFix,
    AwaitNodes,
    Fact,
    HoldAutoscaler,
    Ownership,
    Plan,
    Preflight,
    ReleaseAutoscaler,
    RevertFix,
    RollBackChart,
    Step,
    UpgradeChart,
    UpgradeControlPlane,
    UpgradeNodeGroup,
    VerifyCluster,
    VerifyNodeGroup,
    WaitForChart,
)
from seatrial.providers.protocol import Provider


@dataclass(frozen=True, slots=True)
class ClusterPerformer:
    """`Performer` for one cluster, real or simulated."""

    plan: Plan
    reading: Reading
    writing: Writing
    provider: Provider
    charts: Charts
    handoffs: Handoffs = field(default_factory=NothingWritten)

    async def observe(self, fact: Fact) -> str:
        return await observe_fact(fact, self.plan, self.reading, self.provider, self.charts)

    async def perform(self, step: Step, context: StepContext) -> StepResult:
        if step.ownership is not Ownership.DIRECT:
            return await self._leave_to_owner(step, context)
        match step.action:
            case Preflight():
                return await preflight(context, self.reading, self.provider)
            case ApplyFix() as action:
                return await apply_fix(action, context, self.reading, self.writing)
            case RevertFix() as action:
                return await revert_fix(action, context, self.reading, self.writing)
            case ApplyCrds() as action:
                return await apply_crds(action, context, self.charts)
            case UpgradeChart() as action:
                return await upgrade_chart(action, context, self.charts)
            case WaitForChart() as chart:
                return await wait_for_chart(chart, context, lambda: self._not_ready(chart))
            case RollBackChart() as action:
                return await roll_back_chart(action, context, self.charts)
            case HoldAutoscaler() as action:
                return await hold_autoscaler(action, context, self.reading, self.writing)
            case ReleaseAutoscaler() as action:
                return await release_autoscaler(action, context, self.reading, self.writing)
            case UpgradeControlPlane() as action:
                return await upgrade_control_plane(action, context, self.provider)
            case UpgradeNodeGroup() as action:
                return await upgrade_node_group(action, context, self.provider)
            case VerifyNodeGroup() as action:
                return await verify_node_group(action, context, self.reading, self.provider)
            case AwaitNodes():
                return await self._leave_to_owner(step, context)
            case VerifyCluster():
                return await verify_cluster(context, self.reading)
            case action:
                assert_never(action)

    async def _leave_to_owner(self, step: Step, context: StepContext) -> StepResult:
        """For a handoff and for what we only observe: look until it is done, and touch nothing."""
        return await await_owner(context, self.handoffs, lambda: self._is_done(step))

    async def _is_done(self, step: Step) -> bool:
        match step.action:
            case UpgradeControlPlane(to_version=version):
                return await control_plane_is_at(Version.parse(version), self.provider)
            case UpgradeNodeGroup() as group:
                return await node_group_is_at(group, self.provider)
            case UpgradeChart() as chart:
                return await chart_is_at(chart, self.reading, self.charts)
            case AwaitNodes() as nodes:
                return await nodes_are_at(nodes, self.reading)
            case action:
                raise AssertionError(f"{type(action).__name__} is never left to an owner")

    async def _not_ready(self, action: WaitForChart) -> tuple[str, ...]:
        if self.plan.step(action.upgrade_step).ownership is Ownership.DIRECT:
            return await self.charts.not_ready(action.release, action.namespace)
        return await owned_not_ready(action, self.reading, self.charts)
