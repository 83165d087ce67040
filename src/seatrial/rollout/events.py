"""What happened in a rollout, as events in order: the only state that it has.

What a person asks for (approve, pause, skip …) is an event too, with who and why.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from seatrial.errors import BadFormat
from seatrial.rollout.document import refuse_newer_format

EVENT_FORMAT = 2
"""2 added envelopes, and clusters that wait for somebody else."""


class Outcome(StrEnum):
    """How one cluster's run ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    BLOCKED = "blocked"
    """Refused or unreachable before anything was changed."""
    CANCELLED = "cancelled"


class Health(StrEnum):
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    INCONCLUSIVE = "inconclusive"


class _Event(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="event", tag=lambda name: name
):
    format: int = EVENT_FORMAT
    at: datetime


class Envelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an approval covers, in words; the digest binds all of it exactly."""

    release: str
    kubernetes: str
    strategy: str
    fixes: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()


class RolloutStarted(_Event, frozen=True, kw_only=True):
    digest: str
    by: str


class StageApproved(_Event, frozen=True, kw_only=True):
    """Binds a person to the digest that they saw, until a time."""

    stage: str
    digest: str
    by: str
    why: str = ""
    until: datetime | None = None
    envelope: Envelope | None = None


class ClusterRunStarted(_Event, frozen=True, kw_only=True):
    """Journaled before anything is done: a run without an end is continued, never begun again."""

    cluster: str
    attempt: int
    run_id: str
    revision: str


class ClusterRunFinished(_Event, frozen=True, kw_only=True):
    cluster: str
    attempt: int
    revision: str
    """What was verified on the cluster; only the rollout's own revision counts as evidence."""
    outcome: Outcome
    detail: str = ""
    step: str = ""
    """The step at which it failed."""
    undo: tuple[str, ...] = ()
    """Commands that take back what was done, without Seatrial."""


class ClusterParked(_Event, frozen=True, kw_only=True):
    """Its run waits for somebody else, holds no slot, and is looked at from time to time."""

    cluster: str
    attempt: int
    since: datetime
    owner: str
    """Whom it waits for."""
    what: str
    """What they have to do."""


class ClusterReady(_Event, frozen=True, kw_only=True):
    """A look found that what it waited for is done: it goes on when a slot is free."""

    cluster: str
    attempt: int


class ClusterResumed(_Event, frozen=True, kw_only=True):
    """The parked run goes on, under its own id."""

    cluster: str
    attempt: int


class OwnerReminded(_Event, frozen=True, kw_only=True):
    """Whoever a cluster waits for was reminded once more."""

    cluster: str
    owner: str
    what: str
    since: datetime


class ClusterLeftEnvelope(_Event, frozen=True, kw_only=True):
    """Its plan, made just in time, is not what was approved: nothing was changed."""

    cluster: str
    attempt: int
    differences: tuple[str, ...]


class ClusterObserved(_Event, frozen=True, kw_only=True):
    """A look at an upgraded cluster at the end of the soak."""

    cluster: str
    revision: str
    health: Health
    detail: str = ""


class StageFinished(_Event, frozen=True, kw_only=True):
    stage: str
    detail: str = ""


class Paused(_Event, frozen=True, kw_only=True):
    by: str
    why: str = ""


class Resumed(_Event, frozen=True, kw_only=True):
    by: str
    why: str = ""


class ClusterRetried(_Event, frozen=True, kw_only=True):
    cluster: str
    by: str
    why: str = ""


class ClusterSkipped(_Event, frozen=True, kw_only=True):
    cluster: str
    by: str
    why: str
    until: datetime | None = None
    """When the skip ends, if its stage is still under way then; None: for this rollout."""


class DifferencesAccepted(_Event, frozen=True, kw_only=True):
    """A person approves one cluster's plan although it differs from what was approved, in exactly this."""

    cluster: str
    differences: tuple[str, ...]
    by: str
    why: str
    until: datetime | None = None


class ClusterHeld(_Event, frozen=True, kw_only=True):
    """A person says that a cluster has to wait for somebody: a customer's answer, a freeze of theirs."""

    cluster: str
    owner: str
    what: str
    by: str


class ClusterReleased(_Event, frozen=True, kw_only=True):
    cluster: str
    by: str
    why: str = ""


class Cancelled(_Event, frozen=True, kw_only=True):
    by: str
    why: str


class Stopped(_Event, frozen=True, kw_only=True):
    """The fleet-wide stop was seen."""

    by: str
    why: str


class StopLifted(_Event, frozen=True, kw_only=True):
    by: str = ""
    why: str = ""


class RolloutFinished(_Event, frozen=True, kw_only=True):
    succeeded: bool
    detail: str = ""


Request = (
    StageApproved
    | Paused
    | Resumed
    | ClusterRetried
    | ClusterSkipped
    | DifferencesAccepted
    | ClusterHeld
    | ClusterReleased
    | Cancelled
)
"""What a person may ask of a rollout that runs."""

Event = (
    RolloutStarted
    | StageApproved
    | ClusterRunStarted
    | ClusterRunFinished
    | ClusterParked
    | ClusterReady
    | ClusterResumed
    | OwnerReminded
    | ClusterLeftEnvelope
    | ClusterObserved
    | StageFinished
    | Paused
    | Resumed
    | ClusterRetried
    | ClusterSkipped
    | DifferencesAccepted
    | ClusterHeld
    | ClusterReleased
    | Cancelled
    | Stopped
    | StopLifted
    | RolloutFinished
)


def encode_event(event: Event) -> bytes:
    return msgspec.json.encode(event)


def decode_event(data: bytes, *, where: str = "") -> Event:
    """Read what `encode_event` wrote; raise `NewerFormat` or `BadFormat`."""
    refuse_newer_format(data, "rollout event", EVENT_FORMAT, where)
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise BadFormat(
            f"this rollout event cannot be read: {error}.",
            where=where,
            next_step="Restore the state from a backup.",
        ) from None


_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
