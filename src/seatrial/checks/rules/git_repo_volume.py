"""A pod mounts a gitRepo volume, which kubelets refuse.

**What.** Pod templates with a volume of the type gitRepo.

**Why.** Since 1.33 kubelets do not mount it unless a feature gate allows it; since 1.36 the gate is locked
and nothing allows it. The API still takes the object, so the pod is made, and then waits for its volume
for ever.

**How to fix.** Clone in an init container into an emptyDir that the other containers mount.

**Source.** KEP-5040, Remove gitRepo volume driver.
"""

from __future__ import annotations

from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.templates import READS, Template, pod_templates
from seatrial.cluster.findings import Severity


@check(
    id="git-repo-volume",
    title="A gitRepo volume will not be mounted",
    reads=READS,
    in_files=True,
)
def git_repo_volume(check: Check, context: Context) -> Found:
    off, locked = turning_point("git-repo-off"), turning_point("git-repo-locked")
    if not off.reached_by(context.target):
        return
    point = locked if locked.reached_by(context.target) else off
    for template in pod_templates(context):
        volumes = [volume.name for volume in template.spec.volumes if volume.git_repo is not None]
        if volumes:
            yield check.finding(
                _severity(template, surely=point is locked),
                f"{template.ref}: on Kubernetes {context.target} {point.what}."
                f" Its pods would wait for ever for {', '.join(volumes)}.",
                objects=[template.ref],
                owner=template.owner,
                fix="Clone in an init container into an emptyDir volume, and mount that.",
                source=point.source,
            )


def _severity(template: Template, *, surely: bool) -> Severity:
    runs = template.replicas > 0 or template.kind in ("DaemonSet", "CronJob")
    return Severity.BLOCKER if surely and runs else Severity.WARNING
