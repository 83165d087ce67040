"""What a rollout's status holds: the five questions answered, for the whole and for each cluster.

What is happening, why is it waiting, what comes next and when, what would stop it, how to undo it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from seatrial.rollout.incidents import Incident
from seatrial.rollout.state import Phase


class RolloutPhase(StrEnum):
    RUNNING = "running"
    SOAKING = "soaking"
    NEEDS_APPROVAL = "needs approval"
    WAITING_FOR_CUSTOMER = "waiting for customer"
    WAITING_FOR_WINDOW = "waiting for window"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StagePhase(StrEnum):
    PENDING = "pending"
    NEEDS_APPROVAL = "needs approval"
    RUNNING = "running"
    SOAKING = "soaking"
    WAITING_FOR_CUSTOMER = "waiting for customer"
    WAITING_FOR_WINDOW = "waiting for window"
    PAUSED = "paused"
    FINISHED = "finished"


class ClusterProgress(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far one cluster's run is, as its own journal says."""

    step: str = ""
    done: int = 0
    total: int = 0
    detail: str = ""


class ClusterStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    stage: str
    tier: str
    phase: Phase
    attempt: int
    since: datetime | None
    happening: str
    waiting: str = ""
    next: str = ""
    would_stop: str = ""
    undo: tuple[str, ...] = ()
    from_version: str
    to_version: str
    progress: ClusterProgress = ClusterProgress()
    waiting_for: str = ""
    """Whom it waits for, when that is somebody else."""
    waiting_since: datetime | None = None
    reminders: int = 0
    differences: tuple[str, ...] = ()
    """In what its plan is not what was approved."""
    window_opens: datetime | None = None
    """When it may start, where only its maintenance window holds it back."""


class StageStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    phase: StagePhase
    clusters: tuple[str, ...]
    counts: dict[Phase, int]
    max_concurrent: int
    max_failures: int
    soak_until: datetime | None = None
    approved_by: str = ""
    approved_until: datetime | None = None


class RolloutStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    format: int = 1
    id: str
    fleet: str
    release: str
    kubernetes: str
    strategy: str
    digest: str
    phase: RolloutPhase
    now: datetime
    started_at: datetime | None
    started_by: str
    happening: str
    waiting: str
    next: str
    next_at: datetime | None = None
    would_stop: tuple[str, ...]
    undo: tuple[str, ...]
    still_running: tuple[str, ...]
    stages: tuple[StageStatus, ...]
    clusters: tuple[ClusterStatus, ...]
    incidents: tuple[Incident, ...]
    left_out: tuple[str, ...] = ()
