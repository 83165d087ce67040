"""A workload talks to the control plane; with care.

**What.** Workloads whose service account is bound to a role, outside of Kubernetes' and the provider's
own namespaces.

**Why.** They break when an API that they call goes, and they wait whenever the control plane is being
upgraded.

**How to fix.** A CronJob or a queue for what shall be started; configuration in ConfigMaps that the pod
mounts. A team that decides otherwise says so in its fleet file, with a reason.

**Source.** The policy of a four-person startup that keeps Kubernetes boring (docs/happy-path.md).
"""

from __future__ import annotations

from seatrial.catalog.happy_path import Thing
from seatrial.checks import service_accounts, templates
from seatrial.checks.check import Check, Context, Found, Profile, check
from seatrial.checks.happy_path import happy_findings, is_ours
from seatrial.checks.service_accounts import grants
from seatrial.checks.templates import pod_templates


@check(
    id="happy-control-plane-client",
    title="Workloads talk to the control plane",
    reads=(*templates.READS, *service_accounts.READS),
    in_files=True,
    profile=Profile.HAPPY_PATH,
)
def happy_control_plane_client(check: Check, context: Context) -> Found:
    granted = grants(context.snapshot)
    used = []
    for template in pod_templates(context):
        account = template.spec.service_account_name or "default"
        found = granted.get((template.namespace, account))
        if found and is_ours(template.workload.metadata):
            used.append((template.ref, f"{template.ref} as {account} has {found[0].role}"))
    return happy_findings(check, context, Thing.CONTROL_PLANE_CLIENTS, used, "workload")
