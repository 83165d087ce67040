"""Helm installs one's own code; better avoided.

**What.** Helm releases of charts that are neither well-known infrastructure nor in the stack of the fleet
file, outside of Kubernetes' and the provider's own namespaces.

**Why.** Templates of text around files that differ in a few values, and a record in the cluster that gets
stuck when an operation dies or an API goes.

**How to fix.** Plain manifests, or Kustomize, applied with kubectl from Git. A chart that is
infrastructure belongs into the stack of the fleet file; a team that decides otherwise says so there, with
a reason.

**Source.** The policy of a four-person startup that keeps Kubernetes boring (docs/happy-path.md).
"""

from __future__ import annotations

from seatrial.catalog.happy_path import Thing
from seatrial.catalog.providers import is_system_namespace
from seatrial.catalog.software import is_known_chart
from seatrial.checks.check import Check, Context, Found, Profile, Section, check
from seatrial.checks.happy_path import happy_findings
from seatrial.checks.wording import qualified
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.release_state import deployed


@check(
    id="happy-helm-own-code",
    title="Helm installs one's own code",
    reads=(Section.RELEASES,),
    profile=Profile.HAPPY_PATH,
)
def happy_helm_own_code(check: Check, context: Context) -> Found:
    used = []
    for release in deployed(context.snapshot.releases):
        chart = release.chart.name
        if is_system_namespace(release.namespace) or is_known_chart(chart):
            continue
        if chart not in context.settings.infrastructure_charts:
            ref = ObjectRef("v1", "Release", release.namespace, release.name)
            used.append((ref, f"{qualified(release.namespace, release.name)} of chart {chart}"))
    return happy_findings(check, context, Thing.HELM_OWN_CODE, used, "release")
