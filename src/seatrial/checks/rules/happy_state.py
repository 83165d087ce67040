"""State is kept in the cluster; better avoided.

**What.** Workloads that run a database, a queue or another store, by their images, outside of Kubernetes'
and the provider's own namespaces.

**Why.** A database here makes each node's replacement a risk to data, and its backup and restore your own
work.

**How to fix.** A managed database, cache or queue outside of the cluster. A team that decides otherwise
says so in its fleet file, with a reason.

**Source.** The policy of a four-person startup that keeps Kubernetes boring (docs/happy-path.md).
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.catalog.happy_path import Thing
from seatrial.catalog.software import stateful_software
from seatrial.checks import templates
from seatrial.checks.check import Check, Context, Found, Profile, check
from seatrial.checks.happy_path import happy_findings, is_ours
from seatrial.checks.images import parse_image
from seatrial.checks.templates import pod_templates
from seatrial.cluster.objects import ObjectRef


@check(
    id="happy-state",
    title="State is kept in the cluster",
    reads=templates.READS,
    in_files=True,
    profile=Profile.HAPPY_PATH,
)
def happy_state(check: Check, context: Context) -> Found:
    return happy_findings(check, context, Thing.STATE, _stores(context), "workload")


def _stores(context: Context) -> Iterator[tuple[ObjectRef, str]]:
    for template in pod_templates(context):
        if template.workload.API.kind in ("Job", "CronJob") or not is_ours(template.workload.metadata):
            continue  # those run a client: a dump, a migration
        images = (parse_image(each.image) for each in template.spec.containers)
        software = next((found for each in images if (found := stateful_software(each.repository))), "")
        if software:
            yield template.ref, f"{template.ref} runs {software}"
