"""An operator runs; better avoided.

**What.** Workloads whose service account may watch kinds that Kubernetes itself does not define, outside
of Kubernetes' and the provider's own namespaces: controllers of custom resources.

**Why.** Software that changes the cluster by itself has its own releases to follow and its own rights to
match, and acts while you upgrade.

**How to fix.** The managed service of your provider, or a Deployment that people can read. A team that
decides otherwise says so in its fleet file, with a reason. `seatrial complexity` prints what each costs.

**Source.** The policy of a four-person startup that keeps Kubernetes boring (docs/happy-path.md).
"""

from __future__ import annotations

from seatrial.catalog.happy_path import Thing
from seatrial.checks import service_accounts, templates
from seatrial.checks.check import Check, Context, Found, Profile, check
from seatrial.checks.happy_path import happy_findings, is_ours
from seatrial.checks.service_accounts import Grant, grants
from seatrial.checks.templates import pod_templates


@check(
    id="happy-operator",
    title="Operators run in the cluster",
    reads=(*templates.READS, *service_accounts.READS),
    in_files=True,
    profile=Profile.HAPPY_PATH,
)
def happy_operator(check: Check, context: Context) -> Found:
    granted = grants(context.snapshot)
    used = []
    for template in pod_templates(context):
        account = template.spec.service_account_name or "default"
        watched = _watched(context, granted.get((template.namespace, account), ()))
        if watched and is_ours(template.workload.metadata):
            used.append((template.ref, f"{template.ref} watches {', '.join(watched[:3])}"))
    return happy_findings(check, context, Thing.OPERATORS, used, "workload")


def _watched(context: Context, granted: tuple[Grant, ...]) -> list[str]:
    """Groups of custom resources that it may watch; "everything" for all groups."""
    groups = {
        group
        for grant in granted
        for rule in grant.rules
        if {"watch", "*"} & set(rule.verbs)
        for group in rule.api_groups
        if not context.apis.is_builtin(group)
    }
    return ["everything"] if "*" in groups else sorted(groups)
