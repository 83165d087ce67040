"""What a rollout asks of whoever runs one cluster's upgrade, and what it gets back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from seatrial.fleet.resolve import ResolvedTarget
from seatrial.plan import Plan
from seatrial.plan.making import blockers_of
from seatrial.rollout.events import Health, Outcome
from seatrial.rollout.status import ClusterProgress


def blockers(plan: Plan) -> tuple[str, ...]:
    return tuple(f"a blocker: {found.message}" for found in blockers_of(plan))


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
    outside: Callable[[Plan], tuple[str, ...]] = blockers
    """In what a plan made just in time is not what was approved."""
    accepted: frozenset[str] = frozenset()
    """Differences that a person accepted."""
    rehearse: bool = False
    """Rehearse the plan before it is carried out."""
    turn: int = 0
    """How often the run was parked and taken up again."""
    give_up: bool = False
    """Do not go on: put back what the run holds, and end it."""
    believed: str = ""
    """The minor that the fleet file said it runs; empty where we may have changed that already."""


@dataclass(frozen=True, slots=True)
class ClusterResult:
    outcome: Outcome
    detail: str = ""
    step: str = ""
    """The step at which it failed."""
    undo: tuple[str, ...] = ()
    """Commands that take back what was done, without Seatrial."""


@dataclass(frozen=True, slots=True)
class ClusterWaits:
    """Its run is parked until somebody else has acted."""

    owner: str
    what: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ClusterOutside:
    """Its plan is not what was approved; nothing was changed."""

    differences: tuple[str, ...]


ClusterEnd = ClusterResult | ClusterWaits | ClusterOutside


@dataclass(frozen=True, slots=True)
class HealthResult:
    health: Health
    detail: str = ""


class ClusterStarter(Protocol):
    async def __call__(self, order: ClusterOrder) -> ClusterEnd:
        """Capture, check, plan and run one cluster just in time, to its end.

        `BLOCKED` is for whatever kept it from changing anything: blockers found, a cluster that does
        not answer. Called again with the same `run_id` it goes on with that run. A `SeatrialError` that
        is raised counts as a failure of this cluster alone.
        """


class OwnerLooker(Protocol):
    async def __call__(self, order: ClusterOrder) -> bool:
        """Look once at what a parked run waits for, starting nothing; True when it can go on."""


class HealthObserver(Protocol):
    async def __call__(self, order: ClusterOrder) -> HealthResult:
        """Look whether an upgraded cluster still is as its verification left it."""
