"""What a rehearsal is made with: the performers of live upgrades and a real Helm, pointed at the twin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath

from seatrial.charts import HelmBinary, HelmClient, read_chart
from seatrial.charts.values_files import read_values
from seatrial.cluster.version import Version
from seatrial.errors import SeatrialError
from seatrial.fleet.model import Fleet
from seatrial.fleet.resolve import find_cluster
from seatrial.plan import Plan
from seatrial.rehearsal import RehearsalTools
from seatrial.rehearsal.run import Told, TwinConnection, tell_nobody
from seatrial.rehearsal.seed_releases import InstalledChart
from seatrial.wiring.applying import cluster_performer
from seatrial.wiring.performing import ClusterPerformer


def rehearsal_tools(
    helm: HelmBinary, environment: Mapping[str, str], told: Told = tell_nobody
) -> RehearsalTools:
    """`environment` is this process's, for what Helm itself needs of it."""

    def client(twin: TwinConnection) -> HelmClient:
        return HelmClient(
            binary=helm,
            kubeconfig=twin.kubeconfig,
            context=twin.context,
            clock=twin.clock,
            run_dir=twin.folder,
            environment=environment,
        )

    def make_performer(plan: Plan, twin: TwinConnection) -> ClusterPerformer:
        return cluster_performer(
            plan,
            read=twin.read,
            write=twin.write,
            provider=twin.provider,
            helm=client(twin),
            clock=twin.clock,
        )

    async def render(chart: InstalledChart, plan: Plan, twin: TwinConnection) -> str:
        return await client(twin).template(
            chart.chart,
            chart.values,
            release=chart.release,
            namespace=chart.namespace,
            kube_version=Version.parse(plan.from_version),
        )

    return RehearsalTools(make_performer, render, told)


def installed_charts(fleet: Fleet, cluster: str, base: PurePath) -> tuple[InstalledChart, ...]:
    """The stack's own charts and values, before any release changes them; unreadable ones are left out."""
    spec = find_cluster(fleet, cluster)
    found = []
    for component in fleet.stack:
        chart = Path(base / component.chart)
        values = (*component.values, *spec.values.get(component.name, ()))
        try:
            found.append(
                InstalledChart(
                    namespace=component.namespace,
                    release=component.release or component.name,
                    version=read_chart(chart).version,
                    chart=chart,
                    values=tuple(read_values(str(base / path) for path in values)),
                )
            )
        except SeatrialError:
            continue
    return tuple(found)
