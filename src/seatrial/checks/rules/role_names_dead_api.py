"""A role grants rights on an API that the target no longer has.

**What.** Rules of Roles and ClusterRoles all of whose groups and resources Kubernetes once had and the
target has not. What the upgrade takes away warns; what is gone already is told in one notice. Groups that
Kubernetes never had belong to add-ons and are left alone, and so are the roles that Kubernetes makes itself.

**Why.** Such a rule silently grants nothing. Whoever relied on it asks for the successor next, and gets 403,
because the successor's group is not in the rule.

**How to fix.** Name the group of the replacement in the rule beside the old one before the upgrade, and
drop the old one after it.

**Source.** kubernetes.io/docs/reference/access-authn-authz/rbac (rules match names as text); Seatrial's facts
(`seatrial facts api`).
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.dead_names import Fate, fate_of, spelled
from seatrial.checks.wording import named, qualified
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import ClusterRole, Role
from seatrial.cluster.ownership import owner_of

_MADE_BY_KUBERNETES = "kubernetes.io/bootstrapping"


@check(
    id="role-names-dead-api",
    title="A role's rule will grant nothing",
    reads=(ClusterRole, Role),
    uses_facts=True,
    in_files=True,
)
def role_names_dead_api(check: Check, context: Context) -> Found:
    dying: dict[str, list[ClusterRole | Role]] = {}
    dead: dict[str, list[ClusterRole | Role]] = {}
    roles: tuple[ClusterRole | Role, ...] = (*context.read(ClusterRole), *context.read(Role))
    for role in roles:
        if _MADE_BY_KUBERNETES in role.labels:
            continue
        for rule in role.rules:
            fate = fate_of(context, rule.api_groups, ("*",), rule.resources)
            if fate is not Fate.ALIVE:
                by_name = dying if fate is Fate.DIES else dead
                by_name.setdefault(spelled(rule.api_groups, rule.resources), []).append(role)
    for name, found in dying.items():
        owners = {owner for role in found if (owner := owner_of(role.metadata))}
        yield check.finding(
            Severity.WARNING,
            f"{named(_name(role) for role in found)}: rights on {name}, which"
            f" {context.target} does not have.",
            objects=[role.ref for role in found],
            owner=owners.pop() if len(owners) == 1 else None,
            fix="Name the replacement's group in the rule as well, before the upgrade.",
            source=f"API lifecycle facts of {context.apis.gathered}",
        )
    if dead:
        yield check.finding(
            Severity.INFO,
            f"{named(_name(role) for found in dead.values() for role in found)}: rules on"
            f" {'; '.join(sorted(dead))} grant nothing: Kubernetes {context.target} has none of it.",
            title="Rules of roles grant nothing",
            objects=[role.ref for found in dead.values() for role in found],
            fix="Remove the rules.",
            source=f"API lifecycle facts of {context.apis.gathered}",
        )


def _name(role: ClusterRole | Role) -> str:
    return f"{role.ref.kind} {qualified(role.namespace, role.name)}"
