"""A pod's seccomp or AppArmor profile stands in an annotation, which is not read any more or soon not.

**What.** Pod templates with `seccomp.security.alpha.kubernetes.io/…` annotations, ignored since 1.27, or
with `container.apparmor.security.beta.kubernetes.io/…` annotations, deprecated since 1.30, where the
fields of the security context do not say the same.

**Why.** Nothing fails: the pod simply runs without the profile that somebody meant it to have. Policies
that demand the field reject it instead. For AppArmor the API server still copies the annotation into the
field when it makes a pod; the plan of KEP-24 is to stop that.

**How to fix.** Set `securityContext.seccompProfile` or `securityContext.appArmorProfile`, of the pod or
of the container, and drop the annotation. For files `--fix-plan` writes that; AppArmor only for targets whose
oldest nodes know the field. It leaves seccomp's `unconfined` to a person: the Pod Security levels refuse it.

**Source.** KEP-135; KEP-24, Removing annotation support; kubernetes.io/docs/tutorials/security/apparmor.
"""

from __future__ import annotations

from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.templates import READS, Template, pod_templates
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Severity

_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"


@check(
    id="pod-security-annotation",
    title="A pod's confinement stands in an annotation that is not read",
    reads=READS,
    in_files=True,
)
def pod_security_annotation(check: Check, context: Context) -> Found:
    kinds = (
        ("seccomp-annotations-ignored", _lacks_seccomp_field, Severity.WARNING, "seccompProfile"),
        ("app-armor-annotations-deprecated", _lacks_app_armor_field, Severity.INFO, "appArmorProfile"),
    )
    for id, lacks, severity, field in kinds:
        point = turning_point(id)
        found = [template for template in pod_templates(context) if lacks(template)]
        if found and point.reached_by(context.target):
            yield check.finding(
                severity,
                f"{counted(len(found), 'workload')} with a profile by annotation only; since {point.minor}"
                f" {point.what}.",
                objects=[template.ref for template in found],
                owner=next((owner for template in found if (owner := template.owner)), None),
                fix=f"Set securityContext.{field} in the pod template and drop the annotation.",
                source=point.source,
            )


def _lacks_seccomp_field(template: Template) -> bool:
    annotations = template.metadata.annotations
    if not annotations or template.spec.security_context.seccomp_profile is not None:
        return False
    named = {
        key.removeprefix(_SECCOMP_CONTAINER) for key in annotations if key.startswith(_SECCOMP_CONTAINER)
    }
    containers = (*template.spec.init_containers, *template.spec.containers)
    return any(
        each.security_context.seccomp_profile is None
        for each in containers
        if _SECCOMP_POD in annotations or each.name in named
    )


def _lacks_app_armor_field(template: Template) -> bool:
    annotations = template.metadata.annotations
    if not annotations or template.spec.security_context.app_armor_profile is not None:
        return False
    return any(
        each.security_context.app_armor_profile is None
        for each in (*template.spec.init_containers, *template.spec.containers)
        if f"{_APP_ARMOR}{each.name}" in annotations
    )
