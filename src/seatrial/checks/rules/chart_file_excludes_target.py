"""A chart among the files does not allow the target.

**What.** Charts in the given folders and archives whose Chart.yaml has a `kubeVersion` that the target is
not part of.

**Why.** Helm refuses to install and to upgrade such a chart on the target: what runs goes on running, and
the next deployment fails. That includes the one that would mend something after the upgrade.

**How to fix.** Move to a version of the chart whose kubeVersion allows the target before the cluster is
upgraded. A pattern without `-0` (`<1.33`) also excludes builds such as v1.32.3-eks-1; for a chart of one's
own, write the range as `>=1.29.0-0`.

**Source.** helm.sh/docs/topics/charts (The kubeVersion Field); the Chart.yaml itself.
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.cluster.constraints import kube_version_allows
from seatrial.cluster.findings import Evidence, Severity
from seatrial.cluster.manifests import CHART
from seatrial.cluster.ownership import Owner, OwnerKind
from seatrial.cluster.version import Version
from seatrial.errors import BadInput


@check(
    id="chart-file-excludes-target",
    title="A chart does not allow the target",
    reads=(Section.MANIFESTS,),
)
def chart_file_excludes_target(check: Check, context: Context) -> Found:
    for chart in context.manifests:
        wanted = chart.document.get("kubeVersion") if chart.gvk == CHART else None
        if not isinstance(wanted, str):
            continue
        version = str(chart.document.get("version") or "")
        try:
            allowed = kube_version_allows(wanted, Version(*context.target, 0))
        except BadInput:
            yield check.incomplete(
                chart.location,
                f"kubeVersion {wanted!r} of chart {chart.name} is no range of versions.",
                next_step="Write it as Helm reads it: >=1.29.0-0.",
                location=chart.location,
            )
            continue
        if not allowed:
            yield check.finding(
                Severity.BLOCKER,
                f"Helm refuses chart {chart.name} {version} on Kubernetes {context.target}: its kubeVersion"
                f" is {wanted!r}.",
                evidence=Evidence.WILL_BE_APPLIED_AGAIN,
                owner=Owner(OwnerKind.FILE, chart.file),
                fix=f"Use a version of {chart.name} that allows {context.target}.",
                source=f"kubeVersion of {chart.name} {version}",
                location=chart.location,
            )
