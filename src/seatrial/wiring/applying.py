"""Performs steps on a live cluster: connects for each step, and hangs up after it.

A run may wait for days between two steps; a connection kept meanwhile would only go stale.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.charts import ClusterCharts, HelmBinary, HelmClient, find_helm
from seatrial.clock import Clock
from seatrial.cluster.constraints import SemVer
from seatrial.cluster_runs import StepContext, StepResult
from seatrial.cluster_runs.ports import Handoffs, NothingWritten
from seatrial.handoffs import WrittenHandoffs
from seatrial.kube import ReadClient, WriteClient
from seatrial.plan import Fact, Plan, Step
from seatrial.providers.protocol import Provider
from seatrial.wiring.performing import ClusterPerformer
from seatrial.wiring.providers import provider_for
from seatrial.wiring.reaching import Reach, file_for_helm


@dataclass(frozen=True, slots=True)
class LivePerformer:
    """`Performer` that reaches its cluster anew for each step."""

    plan: Plan
    reach: Reach
    clock: Clock
    helm: HelmBinary
    handoffs: Handoffs = field(default_factory=NothingWritten)

    async def perform(self, step: Step, context: StepContext) -> StepResult:
        async with self._connected() as performer:
            return await performer.perform(step, context)

    async def observe(self, fact: Fact) -> str:
        async with self._connected() as performer:
            return await performer.observe(fact)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClusterPerformer]:
        async with self.reach.connected(self.clock) as session:
            provider = await provider_for(session, self.plan.provider)
            with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:  # made with mode 0700
                yield cluster_performer(
                    self.plan,
                    read=ReadClient(session),
                    write=WriteClient(session),
                    provider=provider,
                    helm=HelmClient(
                        binary=self.helm,
                        kubeconfig=file_for_helm(self.reach),
                        context=self.reach.context,
                        clock=self.clock,
                        run_dir=Path(folder),
                        environment=self.reach.environment,
                    ),
                    clock=self.clock,
                    handoffs=self.handoffs,
                )


def cluster_performer(
    plan: Plan,
    *,
    read: ReadClient,
    write: WriteClient,
    provider: Provider,
    helm: HelmClient,
    clock: Clock,
    handoffs: Handoffs | None = None,
) -> ClusterPerformer:
    """What performs a plan, for a live cluster and for a twin alike; on a twin nothing is handed off."""
    charts = ClusterCharts(reader=read, applier=write, helm=helm, clock=clock, folder=Path())
    return ClusterPerformer(
        plan=plan,
        reading=read,
        writing=write,
        provider=provider,
        charts=charts,
        handoffs=handoffs or NothingWritten(),
    )


async def live_performer(
    plan: Plan,
    reach: Reach,
    clock: Clock,
    helm: HelmBinary | None = None,
    *,
    handoffs: Path | None = None,
) -> LivePerformer:
    """Raise what is missing before anything is touched, such as a helm for a plan with charts.

    Without `helm` one is looked for. `handoffs` is the folder for what is written down for others.
    """
    file_for_helm(reach)
    if helm is None:
        with clock.hold("looking for helm"):
            helm = await helm_for(plan, reach.environment)
    if handoffs is None:
        return LivePerformer(plan, reach, clock, helm)
    return LivePerformer(plan, reach, clock, helm, WrittenHandoffs(handoffs, clock, reach.environment))


async def helm_for(plan: Plan, environment: Mapping[str, str]) -> HelmBinary:
    """The helm in use; a plan without charts needs none, and then none is looked for."""
    if not plan.components:
        return HelmBinary(Path("helm"), SemVer(0))
    return await find_helm(environment=environment, folder=Path.cwd())
