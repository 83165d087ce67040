"""A small chart of a Deployment, installed by real Helm before the capture."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.rehearsal.worlds import Capture, capture
from tests.tools import helm

from seatrial.charts import HelmBinary, HelmClient, read_chart
from seatrial.cluster.constraints import SemVer
from seatrial.cluster.snapshot import Snapshot
from seatrial.plan import PlannedComponent, RollBackChart, Step, UpgradeChart, WaitForChart
from seatrial.providers.simulated import SimulatedProvider
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer

HELM = HelmBinary(helm("4"), SemVer(4, 0, 0))
HELM_3 = HelmBinary(helm("3"), SemVer(3, 17, 1))
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
        - {name: app, image: "IMAGE", readinessProbe: {httpGet: {path: /, port: 80}}}
"""


def write_chart(folder: Path, version: str, image: str, *, extra: str = "") -> Path:
    chart = folder / f"app-{version}"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: app\nversion: {version}\n")
    (chart / "values.yaml").write_text("replicas: 2\n")
    (chart / "templates" / "deployment.yaml").write_text(_DEPLOYMENT.replace("IMAGE", image))
    if extra:
        (chart / "templates" / "extra.yaml").write_text(extra)
    return chart


def installed(chart: Path) -> Capture:
    """Install `chart` as release `app` in namespace default, then capture."""

    async def install(cluster: SimulatedCluster, provider: SimulatedProvider) -> Snapshot:
        server = SimulatorServer(cluster.clock)
        server.add(cluster)
        await server.start()
        with tempfile.TemporaryDirectory() as folder:
            kubeconfig = Path(folder) / "kubeconfig"
            write_kubeconfig(kubeconfig, server.endpoints())
            client = HelmClient(HELM, kubeconfig, cluster.name, cluster.clock, Path(folder), {})
            await client.install_or_upgrade(
                "app", chart, namespace="default", values=(), wait=False, hooks=False, patience=60
            )
        await server.stop()
        await cluster.clock.sleep(600)
        return await capture(cluster, provider)

    return install


def component(chart: Path) -> PlannedComponent:
    digest = read_chart(chart).digest
    return PlannedComponent(
        name="app", release="app", namespace="default", chart=str(chart), chart_digest=digest
    )


def chart_steps(chart: Path, *, before: str = "1.0.0", to: str = "2.0.0") -> tuple[Step, ...]:
    named = {"component": "app", "release": "app", "namespace": "default"}
    digest = read_chart(chart).digest
    up, wait, back = "chart/app/upgrade", "chart/app/wait", "chart/app/roll-back"
    return (
        Step(
            id=up,
            title=up,
            action=UpgradeChart(**named, from_version=before, to_version=to, chart_digest=digest),
            after=("preflight",),
        ),
        Step(id=wait, title=wait, action=WaitForChart(**named, upgrade_step=up), after=(up,), timeout=900),
        Step(
            id=back,
            title=back,
            action=RollBackChart(**named, upgrade_step=up, wait_step=wait),
            after=(wait,),
            always=True,
        ),
    )
