"""The answers to "what does this rollout do next?": what to carry out, or what it waits for and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class StartClusters:
    stage: str
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoOnWith:
    """These runs waited for somebody who is done now: they go on, as slots allow."""

    stage: str
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GiveUp:
    """These runs wait for somebody and are not wanted any more: what they hold is put back."""

    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemindOwners:
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitForOwners:
    """All that is left waits for somebody else."""

    clusters: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class NeedsAcceptance:
    """All that is left are plans that differ from what was approved."""

    clusters: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class ObserveClusters:
    """Look whether these upgraded clusters are still healthy: the soak is over."""

    stage: str
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FinishStage:
    stage: str
    detail: str


@dataclass(frozen=True, slots=True)
class FinishRollout:
    succeeded: bool
    detail: str


@dataclass(frozen=True, slots=True)
class WaitForRuns:
    clusters: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class WaitUntil:
    time: datetime
    why: str


@dataclass(frozen=True, slots=True)
class WaitForWindow:
    """All that is left waits until work on it may start; these clusters hold no slot."""

    stage: str
    clusters: tuple[str, ...]
    time: datetime | None
    """When the first of them may start; None when that is never."""
    why: str


@dataclass(frozen=True, slots=True)
class NeedsApproval:
    stage: str
    why: str


class PauseCause(StrEnum):
    PERSON = "person"
    BUDGET = "budget"
    CANARY = "canary"
    INCONCLUSIVE = "inconclusive"
    NO_EVIDENCE = "no-evidence"


@dataclass(frozen=True, slots=True)
class OnHold:
    """Paused: nothing new starts until a person acts."""

    cause: PauseCause
    why: str
    clusters: tuple[str, ...] = ()
    """Those that a person has to decide about."""


@dataclass(frozen=True, slots=True)
class FleetStopped:
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Done:
    succeeded: bool
    detail: str


Decision = (
    StartClusters
    | GoOnWith
    | GiveUp
    | RemindOwners
    | WaitForOwners
    | NeedsAcceptance
    | ObserveClusters
    | FinishStage
    | FinishRollout
    | WaitForRuns
    | WaitUntil
    | WaitForWindow
    | NeedsApproval
    | OnHold
    | FleetStopped
    | Done
)
