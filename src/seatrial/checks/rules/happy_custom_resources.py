"""Custom resource definitions are there; better avoided.

**What.** CustomResourceDefinitions that neither Kubernetes nor the provider brought.

**Why.** Each is an API with versions of its own, that must be upgraded in the right order and cannot be
taken back; its objects outlive the software that understood them.

**How to fix.** A Deployment with a ConfigMap, made by the same files as the rest. A team that decides
otherwise says so in its fleet file, with a reason. `seatrial complexity` prints what each costs.

**Source.** The policy of a four-person startup that keeps Kubernetes boring (docs/happy-path.md).
"""

from __future__ import annotations

from seatrial.catalog.happy_path import Thing
from seatrial.catalog.providers import is_provider_crd
from seatrial.checks.check import Check, Context, Found, Profile, check
from seatrial.checks.happy_path import happy_findings
from seatrial.cluster.models import CustomResourceDefinition


@check(
    id="happy-custom-resources",
    title="Custom resource definitions are there",
    reads=(CustomResourceDefinition,),
    in_files=True,
    profile=Profile.HAPPY_PATH,
)
def happy_custom_resources(check: Check, context: Context) -> Found:
    used = [
        (each.ref, each.spec.group)
        for each in context.read(CustomResourceDefinition)
        if not is_provider_crd(each.name)
    ]
    return happy_findings(check, context, Thing.CRDS, used, "definition")
