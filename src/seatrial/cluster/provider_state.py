"""What the provider of a managed cluster says about it: control plane, node groups, health."""

from __future__ import annotations

import msgspec

from seatrial.cluster.objects import GroupVersionResource


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
    own_image: bool = False
    """The image is built by its owner: the provider has no newer one to offer."""
    template_version: str = ""
    """Of the launch template or instance template that the group uses; empty where nobody told."""
    newest_template_version: str = ""
    """The newest that there is of it."""
    subnets: tuple[str, ...] = ()
    """Names of the subnets that its nodes take their addresses from."""


class Subnet(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A subnet, or a range of addresses that nodes or pods are given from."""

    name: str
    free_addresses: int
    zone: str = ""
    for_control_plane: bool = False
    """The control plane puts its own network interfaces there."""


class PodRange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A range that is cut into one block of pod addresses for each node (GKE; kubeadm's pod subnet)."""

    cidr: str
    block_prefix: int
    """Prefix length of a node's block: 24 in "10.4.0.0/14, /24 a node"."""
    node_groups: tuple[str, ...] = ()
    """Those that it serves; empty: all."""


class Quota(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A limit of the account or region."""

    name: str
    """In the provider's words: "CPUs in europe-west1"."""
    counts: str
    """What one node takes of it: "cpu" (its cores), "nodes" (one), "addresses" (one) or "disk-gib"."""
    used: float
    limit: float
    node_groups: tuple[str, ...] = ()
    """Those that draw on it; empty: all."""

    @property
    def left(self) -> float:
        return self.limit - self.used


class Autoscaler(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who adds and removes nodes by itself."""

    kind: str
    """ "cluster-autoscaler", "karpenter" or "managed" (the provider runs it out of sight)."""
    namespace: str = ""
    deployment: str = ""
    enabled: bool = True


class InsightClient(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody whom the provider saw calling an API."""

    user_agent: str
    requests: int = 0
    """In the provider's window (30 days on EKS); 0 where it does not say."""
    last_request: str = ""
    """RFC 3339."""


class Insight(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the provider itself found out about the upgrade: an EKS upgrade insight, a GKE recommendation.

    EKS: DescribeInsight of category UPGRADE_READINESS, one of ours for each of its deprecationDetails (`api`
    is its `usage`, `removed_in` its stopServingVersion). GKE: an insight of google.container.DiagnosisInsight
    whose subtype is DEPRECATION_K8S_…, one of ours for each API.
    """

    kind: str
    """ "deprecated-api", or the provider's word for anything else."""
    name: str
    status: str = "unknown"
    """ "passing", "warning", "error" or "unknown"."""
    description: str = ""
    api: str = ""
    """The URL path of what is asked for: "/apis/policy/v1beta1/podsecuritypolicies"."""
    replacement: str = ""
    """The URL path of what replaces it."""
    removed_in: str = ""
    """The minor that stops to serve it."""
    refreshed: str = ""
    """RFC 3339: when the provider last looked; empty where it does not say."""
    clients: tuple[InsightClient, ...] = ()

    @property
    def gvr(self) -> GroupVersionResource | None:
        """What is asked for; None where it is no path of a resource."""
        parts = self.api.strip("/").split("/")
        if parts[0] == "apis" and len(parts) >= 4:
            group, version, *path = parts[1:]
        elif parts[0] == "api" and len(parts) >= 3:
            group, version, *path = "", *parts[1:]
        else:
            return None
        inside = path[0] == "namespaces" and len(path) > 2
        return GroupVersionResource(group, version, path[2] if inside else path[0])


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
    insights: tuple[Insight, ...] | None = None
    """None: it has none, or they were not asked for."""
    subnets: tuple[Subnet, ...] = ()
    pod_ranges: tuple[PodRange, ...] = ()
    quotas: tuple[Quota, ...] = ()
    support: str = ""
    """ "standard" or "extended": how long the provider lets this cluster stay; empty where it did not say."""
    complete: bool = True
    """False: put together from files of its command line, so what is empty may only not have been in them."""

    def node_group(self, name: str) -> NodeGroup | None:
        return next((group for group in self.node_groups if group.name == name), None)
