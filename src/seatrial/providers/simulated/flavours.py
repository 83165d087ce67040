"""How the managed services differ, as figures and flags with their sources.

A simulated cluster imitates one of them: what it refuses, how long it drains, whether a start can
be repeated under the same token, how its nodes are labelled.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.errors import BadInput
from seatrial.providers.protocol import Capabilities


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of the simulation's clock that the provider's own machinery takes. Modelled, not promised."""

    control_plane: float
    node_boot: float
    node_removal: float = 20.0
    drain_retry: float = 5.0


@dataclass(frozen=True, slots=True)
class Flavour:
    capabilities: Capabilities
    timings: Timings
    node_group_label: str
    cancellable: frozenset[str]
    """Kinds of target ("control-plane", "node-group") whose running upgrade can be cancelled."""
    eviction_failure: str
    """How the service calls a drain that ran out of time."""


FLAVOURS = {
    # drain: 15 minutes a node, then the update fails unless forced
    # (EKS user guide, "Understand each phase of node updates"); clientRequestToken on every start.
    "eks": Flavour(
        Capabilities(
            kind="eks",
            idempotency_tokens=True,
            drain_limit=900.0,
            forces_after_drain_limit=False,
            node_image_upgrades=True,
            control_plane_rollback=True,
            max_node_group_skew=3,
        ),
        Timings(control_plane=540.0, node_boot=75.0),
        node_group_label="eks.amazonaws.com/nodegroup",
        cancellable=frozenset(),
        eviction_failure="PodEvictionFailure",
    ),
    # drain: budgets and grace periods are honoured for up to an hour, then pods are removed
    # (GKE docs, "Standard cluster upgrades", surge upgrades).
    "gke": Flavour(
        Capabilities(
            kind="gke",
            idempotency_tokens=False,
            drain_limit=3600.0,
            forces_after_drain_limit=True,
            node_image_upgrades=True,
            control_plane_rollback=False,
            max_node_group_skew=2,
        ),
        Timings(control_plane=480.0, node_boot=60.0),
        node_group_label="cloud.google.com/gke-nodepool",
        cancellable=frozenset({"node-group"}),
        eviction_failure="NODE_DRAIN_TIMEOUT",
    ),
    # drainTimeoutInMinutes: 30 when not set; past it the upgrade fails
    # (AKS API, AgentPoolUpgradeSettings).
    "aks": Flavour(
        Capabilities(
            kind="aks",
            idempotency_tokens=False,
            drain_limit=1800.0,
            forces_after_drain_limit=False,
            node_image_upgrades=True,
            control_plane_rollback=False,
            max_node_group_skew=2,
        ),
        Timings(control_plane=600.0, node_boot=90.0),
        node_group_label="kubernetes.azure.com/agentpool",
        cancellable=frozenset({"control-plane", "node-group"}),
        eviction_failure="UpgradeFailed: drain timeout",
    ),
    # Kapsule publishes max_unavailable and max_surge of a pool's upgrade policy, and no drain limit.
    "kapsule": Flavour(
        Capabilities(
            kind="kapsule",
            idempotency_tokens=False,
            drain_limit=None,
            forces_after_drain_limit=False,
            node_image_upgrades=False,
            control_plane_rollback=False,
            max_node_group_skew=2,
        ),
        Timings(control_plane=300.0, node_boot=120.0),
        node_group_label="k8s.scaleway.com/pool-name",
        cancellable=frozenset(),
        eviction_failure="drain failed",
    ),
}


def flavour(kind: str) -> Flavour:
    found = FLAVOURS.get(kind)
    if found is None:
        raise BadInput(
            f"there is no simulated provider {kind!r}.", next_step=f"Choose one of: {', '.join(FLAVOURS)}."
        )
    return found
