"""What roles allow, and whom."""

from typing import ClassVar

import msgspec

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind


class PolicyRuleOfRole(Part, frozen=True):
    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = msgspec.field(default=(), name="nonResourceURLs")


class ClusterRole(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("rbac.authorization.k8s.io", "v1", "ClusterRole")
    PLURAL: ClassVar = "clusterroles"

    rules: tuple[PolicyRuleOfRole, ...] = ()


class Role(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("rbac.authorization.k8s.io", "v1", "Role")
    PLURAL: ClassVar = "roles"

    rules: tuple[PolicyRuleOfRole, ...] = ()


class RoleRef(Part, frozen=True):
    kind: str = ""
    name: str = ""


class Subject(Part, frozen=True):
    kind: str = ""
    """ "User", "Group" or "ServiceAccount"."""
    name: str = ""
    namespace: str = ""

    def __str__(self) -> str:
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {name}"


class ClusterRoleBinding(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding")
    PLURAL: ClassVar = "clusterrolebindings"

    role_ref: RoleRef = RoleRef()
    subjects: tuple[Subject, ...] = ()


class RoleBinding(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("rbac.authorization.k8s.io", "v1", "RoleBinding")
    PLURAL: ClassVar = "rolebindings"

    role_ref: RoleRef = RoleRef()
    subjects: tuple[Subject, ...] = ()
