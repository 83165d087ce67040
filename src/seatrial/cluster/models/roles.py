"""What roles allow across the cluster."""

from __future__ import annotations

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
