"""What a provider would say of a cluster whose provider nobody could ask: read off the labels of its nodes.

What files of its command line say stands over that.

Good enough to rehearse, never to upgrade: sizes are what is there now, and how many nodes the provider
adds at a time is its default of one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import msgspec

from seatrial.catalog import releases
from seatrial.cluster.models import Node
from seatrial.cluster.provider_state import NodeGroup, ProviderState
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Version
from seatrial.errors import BadInput
from seatrial.providers.simulated import FLAVOURS

_ZONE = "topology.kubernetes.io/zone"
_ARCHITECTURE = "kubernetes.io/arch"


def with_provider(snapshot: Snapshot) -> Snapshot:
    """The snapshot with a derived provider where it has none, or a part of one; else unchanged."""
    if snapshot.provider and snapshot.provider.complete:
        return snapshot
    return replace(snapshot, provider=derive_provider(snapshot))


def derive_provider(snapshot: Snapshot) -> ProviderState:
    derived, told = _by_labels(snapshot), snapshot.provider
    if told is None:
        return derived
    groups = {each.name: each for each in (*derived.node_groups, *told.node_groups)}
    return msgspec.structs.replace(
        told,
        node_groups=tuple(groups[name] for name in sorted(groups)),
        available_versions=derived.available_versions,  # EKS and others name minors alone
        complete=True,
    )


def _by_labels(snapshot: Snapshot) -> ProviderState:
    version = Version.parse(snapshot.meta.server_version)
    kind, label = next(
        (
            (kind, each.node_group_label)
            for kind, each in FLAVOURS.items()
            if any(each.node_group_label in node.labels for node in snapshot.read(Node))
        ),
        ("simulated", ""),
    )
    groups: dict[str, list[Node]] = defaultdict(list)
    for node in snapshot.read(Node):
        if label and label in node.labels:
            groups[node.labels[label]].append(node)
    return ProviderState(
        kind=kind,
        version=str(version),
        node_groups=tuple(_group(name, nodes, version) for name, nodes in sorted(groups.items())),
        available_versions=tuple(str(found) for found in _offered(version)),
    )


def _group(name: str, nodes: list[Node], control_plane: Version) -> NodeGroup:
    versions = [found for node in nodes if (found := _version(node.status.node_info.kubelet_version))]
    zones = sorted({node.labels[_ZONE] for node in nodes if _ZONE in node.labels})
    return NodeGroup(
        name=name,
        version=str(min(versions, default=control_plane)),
        size=len(nodes),
        min_size=len(nodes),
        max_size=len(nodes) + 1,
        zones=tuple(zones),
        architecture=next(
            (node.labels[_ARCHITECTURE] for node in nodes if _ARCHITECTURE in node.labels), "amd64"
        ),
    )


def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except BadInput:
        return None


def _offered(current: Version) -> list[Version]:
    """The newest known patches of this minor and of the next."""
    known = (releases().get(line) for line in (current.line, current.line.plus(1)))
    patches = [release.latest_patch for release in known if release and release.latest_patch]
    return [patch for patch in patches if patch > current]
