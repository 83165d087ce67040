"""What a rollout asks of whoever runs one cluster's upgrade, and what it gets back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from seatrial.fleet.resolve import ResolvedTarget
from seatrial.rollout.events import Health, Outcome
from seatrial.rollout.status import ClusterProgress


@dataclass(frozen=True, slots=True)
class ClusterOrder:
    """Upgrade this cluster to this target; the same order again means: go on where it was."""

    rollout: str
    run_id: str
    """Names the run for good: a crashed process's successor passes the same one."""
    attempt: int
    target: ResolvedTarget
    revision: str
    fixes: tuple[str, ...]
    """Checks whose safe fixes the rollout's approval permits."""
    by: str
    report: Callable[[ClusterProgress], None]
    """Tell how far it is, as often as it is worth saying."""


@dataclass(frozen=True, slots=True)
class ClusterResult:
    outcome: Outcome
    detail: str = ""
    step: str = ""
    """The step at which it failed."""
    undo: tuple[str, ...] = ()
    """Commands that take back what was done, without Seatrial."""


@dataclass(frozen=True, slots=True)
class HealthResult:
    health: Health
    detail: str = ""


class ClusterStarter(Protocol):
    async def __call__(self, order: ClusterOrder) -> ClusterResult:
        """Capture, check, plan and run one cluster just in time, to its end.

        `BLOCKED` is for whatever kept it from changing anything: blockers found, a cluster that does
        not answer. Called again with the same `run_id` it goes on with that run. A `SeatrialError` that
        is raised counts as a failure of this cluster alone.
        """


class HealthObserver(Protocol):
    async def __call__(self, order: ClusterOrder) -> HealthResult:
        """Look whether an upgraded cluster still is as its verification left it."""
