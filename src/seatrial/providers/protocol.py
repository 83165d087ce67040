"""What EKS, GKE, AKS and Kapsule have in common when a cluster is upgraded.

All four start an upgrade asynchronously and hand back an operation with an id that can be asked
about later; all refuse skipped minors and a second operation on a busy resource; all replace nodes
by surge, cordon and drain, and give up (or force) when a budget blocks the drain past their limit.
Where they differ (limits, patch and node-image upgrades, tokens that make a start idempotent) the
provider says so in `Capabilities`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.version import Version
from seatrial.errors import SeatrialError


class OperationState(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An asynchronous change that the provider carries out."""

    id: str
    target: str
    """ "control-plane" or "node-group/NAME"."""
    kind: str
    """ "upgrade", "node-image" or "scale"."""
    state: OperationState
    detail: str = ""
    """Where it is, or why it failed, in the provider's words: a failed drain names pod and budget."""
    started_at: float = 0.0
    """Seconds since the epoch."""
    finished_at: float | None = None
    nodes_done: int = 0
    nodes_total: int = 0


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    """eks, gke, aks, kapsule or simulated."""
    idempotency_tokens: bool
    """A start that carries the same token twice starts one operation (EKS clientRequestToken)."""
    drain_limit: float | None
    """Seconds after which a blocked drain ends; None waits for ever."""
    forces_after_drain_limit: bool
    """True: pods are deleted past the limit (GKE); False: the operation fails (EKS, AKS)."""
    node_image_upgrades: bool
    control_plane_rollback: bool
    max_node_group_skew: int
    """Minors that node groups may lag behind the control plane."""


class Refused(SeatrialError):
    """The provider will not start this: skipped minor, unknown version, quota. Asking again will not help."""


class QuotaExceeded(Refused):
    """Nothing starts before whoever owns the account raises a limit; the same start may then succeed."""


class Busy(SeatrialError):
    """Another operation holds the resource; `operation_id` is it, where the provider says."""

    def __init__(self, what: str, *, where: str = "", next_step: str = "", operation_id: str = "") -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.operation_id = operation_id


class Provider(Protocol):
    """One cluster's managed control plane and node groups."""

    @property
    def capabilities(self) -> Capabilities:
        """What this provider can do; constant."""

    async def state(self) -> ProviderState:
        """Control plane, node groups and health, as the provider reports them now."""

    async def available_versions(self) -> tuple[Version, ...]:
        """Versions that the control plane may go to from where it is."""

    async def start_control_plane_upgrade(self, to: Version, *, token: str) -> Operation:
        """Start it; raise `Refused` or `Busy`. `token` makes the start idempotent where supported."""

    async def start_node_group_upgrade(
        self, node_group: str, to: Version, *, image: str = "", token: str
    ) -> Operation:
        """Start replacing the group's nodes; the same version with a newer image is a node-image upgrade."""

    async def operation(self, operation_id: str) -> Operation:
        """Look one operation up; raise `NotFound` for an unknown id."""

    async def operations(self) -> tuple[Operation, ...]:
        """Operations that run or ended lately, newest first: to find one whose id was lost in a crash."""

    async def cancel(self, operation_id: str) -> Operation:
        """Ask the provider to stop; raise `Refused` where it cannot (most control planes)."""
