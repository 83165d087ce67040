"""An autoscaler of nodes that does not go with the target.

**What.** cluster-autoscaler whose minor is not the target's, and Karpenter (AWS) whose own code refuses the
target, by the tags of their images. Versions that Seatrial does not know, and other builds, are left out.

**Why.** cluster-autoscaler simulates the scheduler of its own minor and is tested only with that; two minors
apart it misjudges. Karpenter checks the version of the API server: one that it does not know gives errors
instead of nodes, some versions end at start. Then nothing brings the nodes that a drain waits for.

**How to fix.** Karpenter: upgrade it before the control plane. cluster-autoscaler: right after the control
plane, to the target's minor.

**Source.** kubernetes/autoscaler, cluster-autoscaler/README "Releases"; karpenter.sh/docs/upgrading/
compatibility and MaxK8sVersion in the code of each tag (Seatrial's facts, karpenter-versions.tsv).
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.catalog.karpenter import first_karpenter_for, karpenter_line, karpenter_lines
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.images import Image, parse_image
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import Deployment
from seatrial.cluster.ownership import owner_of
from seatrial.cluster.version import Version
from seatrial.errors import BadInput


@check(
    id="autoscaler-incompatible",
    title="The autoscaler of nodes does not go with the target",
    reads=(Deployment,),
    uses_facts=True,
    in_files=True,
)
def autoscaler_incompatible(check: Check, context: Context) -> Found:
    for deployment in context.read(Deployment):
        if deployment.spec.replicas == 0:
            continue
        for container in deployment.spec.template.spec.containers:
            image = parse_image(container.image)
            version = _version(image)
            if version is None:
                continue
            if image.repository.rpartition("/")[2].removesuffix("-amd64") == "cluster-autoscaler":
                yield from _cluster_autoscaler(check, context, deployment, version)
            elif image.is_build_of("karpenter/controller") and not image.is_build_of(
                "aks/karpenter/controller"
            ):
                yield from _karpenter(check, context, deployment, version)


def _cluster_autoscaler(
    check: Check, context: Context, deployment: Deployment, version: Version
) -> Iterator[Finding]:
    apart = abs(context.target.minor - version.minor)
    if version.major == 1 and version.minor >= 12 and apart > 0:  # older ones have numbers of their own
        yield check.finding(
            Severity.WARNING if apart > 1 else Severity.INFO,
            f"cluster-autoscaler {version} simulates the scheduler of {version.line}; the target is"
            f" {context.target}.",
            objects=[deployment.ref],
            owner=owner_of(deployment.metadata),
            fix=f"Upgrade it to {context.target} with the control plane.",
            source="kubernetes/autoscaler, cluster-autoscaler/README, Releases",
        )


def _karpenter(check: Check, context: Context, deployment: Deployment, version: Version) -> Iterator[Finding]:
    line = karpenter_line(version)
    if line is None or context.target <= line.newest:
        return
    first = first_karpenter_for(context.target)
    if line is karpenter_lines()[-1]:
        # a newer one than any that we know may know more; and so may this one's later patches
        yield check.finding(
            Severity.INFO,
            f"Karpenter {version}: the newest that Seatrial knows accepts Kubernetes up to {line.newest}, not"
            f" {context.target}.",
            objects=[deployment.ref],
            owner=owner_of(deployment.metadata),
            fix=f"Look at Karpenter's matrix for a version that lists {context.target}.",
            source=line.source,
        )
        return
    yield check.finding(
        Severity.WARNING,
        f"Karpenter {version} accepts Kubernetes up to {line.newest}; the target is {context.target}.",
        objects=[deployment.ref],
        owner=owner_of(deployment.metadata),
        fix=f"Upgrade Karpenter to {first} or newer before the control plane."
        if first
        else f"Look for a Karpenter that lists {context.target}; the newest that we know does not.",
        source=line.source,
    )


def _version(image: Image) -> Version | None:
    try:
        return Version.parse(image.tag)
    except BadInput:
        return None
