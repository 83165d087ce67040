"""The chart of a deployed release does not allow the target's version.

**What.** `kubeVersion` of the chart that each deployed release was made from, held against the newest
patch of the target that we know, by the rules that Helm uses.

**Why.** Once the cluster runs the target, Helm refuses to install or upgrade with this version of the
chart, and so do Flux and Argo CD, which render with it. What runs goes on running, which is why this
warns and does not block: nothing in a cluster proves that this version will be applied again (a chart
among the files will, and blocks). But a hotfix of the values, at night, is then no longer possible. Often
the bound is also the authors' word that they did not try the new minor.

**How to fix.** Move to a version of the chart whose kubeVersion allows the target before the cluster is
upgraded. Many charts write an upper bound without a reason: ask, or override it knowingly
(`helm template --kube-version` does not help an upgrade; a patched chart does).

**Source.** helm.sh/docs/topics/charts (The kubeVersion Field); Helm's record of the release.
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.wording import qualified
from seatrial.cluster.constraints import kube_version_allows
from seatrial.cluster.findings import Evidence, Severity
from seatrial.cluster.helm_release import ChartName, ReleaseRecord
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.ownership import Owner, OwnerKind
from seatrial.cluster.release_state import deployed
from seatrial.cluster.version import Version


@check(
    id="chart-excludes-target",
    title="A deployed chart does not allow the target",
    reads=(Section.CLUSTER, Section.RELEASES),
)
def chart_excludes_target(check: Check, context: Context) -> Found:
    target = _newest_patch(context)
    current = context.snapshot.meta.version
    found: dict[ChartName, list[ReleaseRecord]] = {}
    for release in deployed(context.snapshot.releases):
        if not kube_version_allows(release.chart.kube_version, target):
            found.setdefault(release.chart, []).append(release)
    for chart, releases in found.items():
        names = ", ".join(qualified(each.namespace, each.name) for each in releases)
        already = not kube_version_allows(chart.kube_version, current)
        now = f" It does not allow {current} either, which runs now." if already else ""
        yield check.finding(
            Severity.WARNING,
            f"Helm will refuse chart {chart.name} {chart.version} on Kubernetes {target}: its kubeVersion is"
            f" {chart.kube_version!r}. Installed as {names}.{now}",
            objects=[
                ObjectRef(
                    "v1", each.storage, each.namespace, f"sh.helm.release.v1.{each.name}.v{each.revision}"
                )
                for each in releases
            ],
            evidence=Evidence.WILL_BE_APPLIED_AGAIN,
            owners=[Owner(OwnerKind.HELM, each.name, each.namespace) for each in releases],
            fix=f"Upgrade to a version of {chart.name} that allows {context.target} first.",
            source=f"kubeVersion of {chart.name} {chart.version}",
        )


def _newest_patch(context: Context) -> Version:
    release = context.known_releases.get(context.target)
    if release is not None and release.latest_patch is not None:
        return release.latest_patch
    return Version(*context.target)
