"""Roles are given beyond what a deployment itself needs; with care.

**What.** RoleBindings and ClusterRoleBindings to people, groups and service accounts that are neither
Kubernetes' nor the provider's own.

**Why.** Each grant is one more thing to know when a client is refused after an upgrade, and one more way
in. A Deployment that serves requests needs none.

**How to fix.** Give people their provider's roles, and give workloads none: most never call the
Kubernetes API. A team that decides otherwise says so in its fleet file, with a reason.

**Source.** The policy of a four-person startup that keeps Kubernetes boring (docs/happy-path.md).
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.catalog.happy_path import Thing
from seatrial.catalog.providers import is_system_namespace
from seatrial.checks.check import Check, Context, Found, Profile, check
from seatrial.checks.happy_path import happy_findings, is_ours
from seatrial.checks.service_accounts import bindings
from seatrial.cluster.models import ClusterRoleBinding, RoleBinding
from seatrial.cluster.models.roles import Subject
from seatrial.cluster.objects import ObjectRef


@check(
    id="happy-roles",
    title="Roles are given beyond what a deployment needs",
    reads=(RoleBinding, ClusterRoleBinding),
    in_files=True,
    profile=Profile.HAPPY_PATH,
)
def happy_roles(check: Check, context: Context) -> Found:
    return happy_findings(check, context, Thing.ROLES, _given(context), "binding")


def _given(context: Context) -> Iterator[tuple[ObjectRef, str]]:
    for binding in bindings(context.snapshot):
        ours = [each for each in binding.subjects if not _is_of_the_system(each, binding.namespace)]
        if ours and is_ours(binding.metadata):
            yield binding.ref, f"{ours[0]} gets {binding.role_ref.kind} {binding.role_ref.name}"


def _is_of_the_system(subject: Subject, namespace: str) -> bool:
    if subject.kind == "ServiceAccount":
        return is_system_namespace(subject.namespace or namespace)
    return subject.name.startswith("system:")
