"""Whether a new node comes before an old one is drained: then nobody's pod waits for room.

EKS managed node groups launch nodes first (user guide, "Understand each phase of node updates"); GKE's
default is maxSurge 1 (docs, "Node upgrade strategies"); AKS's is 10% (docs, "Customize node surge upgrade").
Karpenter brings the replacement up before it drains (docs, "Disruption").
"""

from __future__ import annotations

from enum import IntEnum

from seatrial.checks.check import Context
from seatrial.cluster.models import Deployment, Node
from seatrial.cluster.node_groups import membership
from seatrial.cluster.snapshot import Snapshot

_AUTOSCALERS = ("cluster-autoscaler", "karpenter")
_SURGE_BY_DEFAULT = frozenset({"eks", "gke", "aks", "karpenter"})


class Replacement(IntEnum):
    """The lower the worse."""

    NONE = 0
    """Nothing that we see would bring one."""
    LIKELY = 1
    """The service's default, or an autoscaler: if quota, addresses and its own limits let it."""
    FIRST = 2
    """The provider's settings say so."""


class Replacements:
    """Looked up once for a cluster."""

    def __init__(self, context: Context) -> None:
        provider = context.snapshot.provider
        self._groups = {group.name: group for group in provider.node_groups} if provider else {}
        declared = provider is not None and provider.autoscaler is not None and provider.autoscaler.enabled
        self._autoscaled = declared or context.snapshot.once(_runs_autoscaler)

    def of(self, node: Node) -> Replacement:
        manager, name = membership(node.labels)
        group = self._groups.get(name)
        if group is not None and group.max_surge > 0:
            return Replacement.FIRST
        if self._autoscaled or (group is None and manager in _SURGE_BY_DEFAULT):
            return Replacement.LIKELY
        return Replacement.NONE


def _runs_autoscaler(snapshot: Snapshot) -> bool:
    return any(map(scales_nodes, snapshot.read(Deployment)))


def scales_nodes(deployment: Deployment) -> bool:
    """Whether it runs a known autoscaler of nodes, by its images."""
    if deployment.spec.replicas == 0:
        return False
    images = (container.image for container in deployment.spec.template.spec.containers)
    return any(
        any(part in _AUTOSCALERS for part in image.partition("@")[0].rsplit(":", 1)[0].split("/"))
        for image in images
    )
