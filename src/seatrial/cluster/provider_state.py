"""What the provider of a managed cluster says about it: control plane, node groups, health."""

from __future__ import annotations

import msgspec


class NodeGroup(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """EKS managed node group, GKE node pool, AKS agent pool, Kapsule pool."""

    name: str
    version: str
    """Kubernetes version of its nodes, such as "1.33.5"."""
    image: str = ""
    size: int
    min_size: int
    max_size: int
    zones: tuple[str, ...] = ()
    architecture: str = "amd64"
    max_surge: int = 1
    """Extra nodes during an upgrade; 0 drains before it replaces."""
    max_unavailable: int = 0
    status: str = "active"
    """ "active", "updating" or "degraded"."""
    health: tuple[str, ...] = ()
    """What the provider complains about, in its words."""


class Autoscaler(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who adds and removes nodes by itself."""

    kind: str
    """ "cluster-autoscaler", "karpenter" or "managed" (the provider runs it out of sight)."""
    namespace: str = ""
    deployment: str = ""
    enabled: bool = True


class ProviderState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    kind: str
    """ "eks", "gke", "aks", "kapsule" or "simulated"."""
    version: str
    """Control-plane version, such as "1.33.5"."""
    status: str = "active"
    node_groups: tuple[NodeGroup, ...] = ()
    available_versions: tuple[str, ...] = ()
    running_operations: tuple[str, ...] = ()
    autoscaler: Autoscaler | None = None
    """None: nobody scales nodes, as far as the provider tells."""

    def node_group(self, name: str) -> NodeGroup | None:
        return next((group for group in self.node_groups if group.name == name), None)
