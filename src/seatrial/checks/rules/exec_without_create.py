"""Somebody may exec into pods by `get` alone, which the target refuses.

**What.** Users, groups and service accounts whose roles allow `get` but not `create` on pods/exec,
pods/attach or pods/portforward, all their bindings taken together, where the upgrade passes 1.35. Roles
that name these subresources count, `*` does not: who may read everything was never meant to exec.

**Why.** Over WebSockets, which kubectl speaks since 1.31, exec is an HTTP GET, so `get` was enough. From
1.35 on the API server also asks for `create`, as it always did over SPDY: pipelines and people who
exec, attach or forward ports get 403 from the day of the upgrade.

**How to fix.** Add the verb `create` to the rule, or take `get` away if nobody was meant to exec.

**Source.** kubernetes/kubernetes issue 133515 and pull request 134577; feature gate
AuthorizePodWebsocketUpgradeCreatePermission (beta, on since 1.35), which can put it off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, check
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from seatrial.cluster.models.roles import PolicyRuleOfRole, RoleRef, Subject
from seatrial.cluster.ownership import owner_of

_EXEC = ("pods/exec", "pods/attach", "pods/portforward")
_MOST_NAMED = 5

AnyRole = ClusterRole | Role


class _Grant(NamedTuple):
    subject: Subject
    namespace: str  # empty: everywhere
    role: AnyRole


@check(
    id="exec-without-create",
    title="Exec by get alone is refused from 1.35 on",
    reads=(ClusterRole, ClusterRoleBinding, Role, RoleBinding),
)
def exec_without_create(check: Check, context: Context) -> Found:
    point = turning_point("exec-needs-create")
    if not point.reached_by(context.target) or point.reached_by(context.snapshot.meta.minor):
        return
    grants = tuple(_grants(context))
    creators = {
        (grant.subject, grant.namespace, what)
        for grant in grants
        for what in _EXEC
        if _allows(grant.role, what, "create")
    }
    refused: dict[tuple[str, str], tuple[AnyRole, set[str], set[Subject]]] = {}
    for subject, namespace, role in grants:
        for what in _EXEC:
            if not _names(role, what) or not _allows(role, what, "get"):
                continue
            if creators & {(subject, namespace, what), (subject, "", what)}:
                continue
            _, subresources, subjects = refused.setdefault((role.namespace, role.name), (role, set(), set()))
            subresources.add(what)
            subjects.add(subject)
    for role, subresources, subjects in refused.values():
        named = ", ".join(sorted(map(str, subjects))[:_MOST_NAMED])
        more = f" and {len(subjects) - _MOST_NAMED} more" if len(subjects) > _MOST_NAMED else ""
        yield check.finding(
            Severity.WARNING,
            f"{role.ref} allows get, but not create, on {', '.join(sorted(subresources))} to {named}{more}:"
            f" from {point.minor} on that is refused.",
            objects=[role.ref],
            owner=owner_of(role.metadata),
            fix="Add the verb create to the rule, if they are meant to.",
            source=point.source,
        )


def _grants(context: Context) -> Iterator[_Grant]:
    """Who holds which role where, for roles that name one of the subresources or allow to create them."""
    relevant: dict[tuple[str, str, str], AnyRole] = {}
    roles: tuple[AnyRole, ...] = (*context.read(ClusterRole), *context.read(Role))
    for role in roles:
        if any(_allows(role, what, verb) for what in _EXEC for verb in ("get", "create")):
            relevant[role.API.kind, role.namespace, role.name] = role
    for bound in context.read(ClusterRoleBinding):
        yield from _of(bound.role_ref, bound.subjects, "", relevant)
    for local in context.read(RoleBinding):
        yield from _of(local.role_ref, local.subjects, local.namespace, relevant)


def _of(
    ref: RoleRef,
    subjects: tuple[Subject, ...],
    namespace: str,
    roles: dict[tuple[str, str, str], AnyRole],
) -> Iterator[_Grant]:
    role = roles.get((ref.kind, namespace if ref.kind == "Role" else "", ref.name))
    if role is not None:
        yield from (_Grant(subject, namespace, role) for subject in subjects)


def _names(role: AnyRole, what: str) -> bool:
    return any(what in rule.resources for rule in role.rules)


def _allows(role: AnyRole, what: str, verb: str) -> bool:
    return any(_rule_allows(rule, what, verb) for rule in role.rules)


def _rule_allows(rule: PolicyRuleOfRole, what: str, verb: str) -> bool:
    subresource = what.partition("/")[2]
    return (
        bool({"", "*"} & set(rule.api_groups))
        and bool({what, "*", f"*/{subresource}"} & set(rule.resources))
        and bool({verb, "*"} & set(rule.verbs))
    )
