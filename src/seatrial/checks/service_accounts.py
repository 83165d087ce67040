"""What roles grant to the service accounts that workloads run as."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from seatrial.cluster.models import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from seatrial.cluster.models.roles import PolicyRuleOfRole
from seatrial.cluster.snapshot import Snapshot

READS = (Role, ClusterRole, RoleBinding, ClusterRoleBinding)
Account = tuple[str, str]
"""Namespace and name."""


class Grant(msgspec.Struct, frozen=True):
    role: str
    """As a person says it: "ClusterRole view"."""
    rules: tuple[PolicyRuleOfRole, ...]
    """Empty where the role is not there."""


def grants(snapshot: Snapshot) -> Mapping[Account, tuple[Grant, ...]]:
    """By service account; what is granted to whole groups of them is left out."""
    rules: dict[tuple[str, str, str], tuple[PolicyRuleOfRole, ...]] = {
        ("ClusterRole", "", each.name): each.rules for each in snapshot.read(ClusterRole)
    }
    for role in snapshot.read(Role):
        rules["Role", role.namespace, role.name] = role.rules
    found: dict[Account, list[Grant]] = {}
    for binding in bindings(snapshot):
        role_ref = binding.role_ref
        namespace = binding.namespace if role_ref.kind == "Role" else ""
        grant = Grant(
            f"{role_ref.kind} {role_ref.name}", rules.get((role_ref.kind, namespace, role_ref.name), ())
        )
        for subject in binding.subjects:
            if subject.kind == "ServiceAccount":
                account = (subject.namespace or binding.namespace, subject.name)
                found.setdefault(account, []).append(grant)
    return {account: tuple(granted) for account, granted in found.items()}


def bindings(snapshot: Snapshot) -> tuple[ClusterRoleBinding | RoleBinding, ...]:
    return (*snapshot.read(ClusterRoleBinding), *snapshot.read(RoleBinding))
