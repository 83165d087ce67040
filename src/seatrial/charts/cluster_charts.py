"""One cluster's releases as its upgrade needs them: observed through the API, changed by Helm.

Every change first makes sure that chart and values are still those that the plan was reviewed with.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seatrial.charts.crds import apply_crds
from seatrial.charts.helm_client import HelmClient
from seatrial.charts.observe import observe_release
from seatrial.charts.read_chart import read_chart, read_crds
from seatrial.charts.reader import Applier, Reader
from seatrial.charts.releases import release_records
from seatrial.charts.values_files import read_values, values_digest
from seatrial.clock import Clock
from seatrial.cluster.release_state import ReleaseState, release_state
from seatrial.errors import Conflict
from seatrial.fleet.chart_info import ChartInfo
from seatrial.plan import PlannedComponent


@dataclass(frozen=True, slots=True)
class ClusterCharts:
    reader: Reader
    applier: Applier
    helm: HelmClient
    clock: Clock
    folder: Path
    """What relative paths of charts and values are relative to."""

    async def state(self, release: str, namespace: str) -> ReleaseState:
        return release_state(await release_records(self.reader, release, namespace))

    async def not_ready(self, release: str, namespace: str) -> tuple[str, ...]:
        """What the latest revision brought that is not ready, and why, one sentence each."""
        records = await release_records(self.reader, release, namespace)
        if not records:
            return (f"release {namespace}/{release} is not installed",)
        return tuple(str(each) for each in await observe_release(records[-1], self.reader))

    async def apply_crds(self, component: PlannedComponent) -> tuple[str, ...]:
        """Apply the chart's CRDs, wait until they are established, and return their names."""
        self._reviewed_chart(component)
        crds = read_crds(self.folder / component.chart)
        return await apply_crds(crds, self.reader, self.applier, self.clock)

    async def upgrade(self, component: PlannedComponent, *, wait: bool, patience: float) -> int:
        """Have Helm install or upgrade; return the new revision."""
        info = self._reviewed_chart(component)
        values = read_values(self.folder / path for path in component.values)
        if component.values_digest and values_digest(values) != component.values_digest:
            raise _changed(component, "its values files")
        applied = await self.helm.install_or_upgrade(
            component.release,
            self.folder / component.chart,
            namespace=component.namespace,
            values=values,
            wait=wait,
            hooks=bool(info.hooks) or await self._had_hooks(component.release, component.namespace),
            patience=patience,
        )
        return applied.revision

    async def roll_back(self, release: str, namespace: str, revision: int, *, patience: float) -> None:
        hooks = await self._had_hooks(release, namespace)
        await self.helm.rollback(release, revision, namespace=namespace, hooks=hooks, patience=patience)

    async def uninstall(self, release: str, namespace: str, *, patience: float) -> None:
        hooks = await self._had_hooks(release, namespace)
        await self.helm.uninstall(release, namespace=namespace, hooks=hooks, patience=patience)

    async def _had_hooks(self, release: str, namespace: str) -> bool:
        """Whether any kept revision has hooks, so that Helm may wait for a Job of one."""
        return any(record.hooks for record in await release_records(self.reader, release, namespace))

    def _reviewed_chart(self, component: PlannedComponent) -> ChartInfo:
        info = read_chart(self.folder / component.chart)
        if component.chart_digest and info.digest != component.chart_digest:
            raise _changed(component, f"its chart {info.name} {info.version}")
        return info


def _changed(component: PlannedComponent, what: str) -> Conflict:
    return Conflict(
        f"{what} changed since the plan was made.",
        where=f"component {component.name}",
        next_step="Make a new plan and review it.",
    )
