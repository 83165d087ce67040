"""What a rehearsal needs: the performers of a real upgrade, pointed at the twin, and Helm."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.charts import HelmBinary, HelmClient
from seatrial.cluster.version import Version
from seatrial.cluster_runs import Performer
from seatrial.plan import Event, Plan
from seatrial.rehearsal import RehearsalTools
from seatrial.rehearsal.run import Told, TwinConnection
from seatrial.rehearsal.seed_releases import InstalledChart
from seatrial.wiring.applying import cluster_performer


def rehearsal_tools(
    helm: HelmBinary, environment: Mapping[str, str], told: Told | None = None
) -> RehearsalTools:
    """`helm` as `applying.helm_for` finds it for the plan."""

    def client(twin: TwinConnection) -> HelmClient:
        return HelmClient(
            binary=helm,
            kubeconfig=twin.kubeconfig,
            context=twin.context,
            clock=twin.clock,
            run_dir=twin.folder,
            environment=environment,
        )

    def make_performer(plan: Plan, twin: TwinConnection) -> Performer:
        return cluster_performer(
            plan,
            read=twin.read,
            write=twin.write,
            provider=twin.provider,
            helm=client(twin),
            clock=twin.clock,
        )

    async def render_installed(chart: InstalledChart, plan: Plan, twin: TwinConnection) -> str:
        return await client(twin).template(
            chart.chart,
            chart.values,
            release=chart.release,
            namespace=chart.namespace,
            kube_version=Version.parse(plan.from_version),
        )

    def hear(event: Event) -> None:
        if told is not None:
            told(event)

    return RehearsalTools(make_performer=make_performer, render_installed=render_installed, told=hear)
