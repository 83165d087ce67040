"""A small chart in two versions, for the samples that upgrade one: the old is installed by real Helm."""

from __future__ import annotations

from pathlib import Path

from benchmarks.accuracy.objects import NAMESPACE
from seatrial.fleet.resolve import ResolvedComponent, ResolvedTarget

RELEASE, OLD, NEW = "gateway", "1.0.0", "2.0.0"
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway}
spec:
  replicas: 2
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
        - {name: app, image: "gateway:VERSION", readinessProbe: {httpGet: {path: /, port: 80}}}
"""
TIGHT_BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: gateway}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: gateway}}}
"""
GONE_API = """\
apiVersion: flowcontrol.apiserver.k8s.io/v1beta3
kind: FlowSchema
metadata: {name: gateway}
spec: {priorityLevelConfiguration: {name: exempt}}
"""


def write_chart(folder: Path, version: str, extra: str = "") -> Path:
    chart = folder / f"{RELEASE}-{version}"
    templates = chart / "templates"
    templates.mkdir(parents=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {RELEASE}\nversion: {version}\n")
    (templates / "deployment.yaml").write_text(_DEPLOYMENT.replace("VERSION", version))
    if extra:
        (templates / "extra.yaml").write_text(extra)
    return chart


def target(cluster: str, provider: str, to: str, chart: Path) -> ResolvedTarget:
    """What a fleet file would say: that minor, and the new chart."""
    component = ResolvedComponent(
        name=RELEASE, namespace=NAMESPACE, release=RELEASE, chart=str(chart), changes=True
    )
    return ResolvedTarget(
        cluster=cluster,
        context=cluster,
        provider=provider,
        release="generated",
        kubernetes=to,
        components=(component,),
    )
