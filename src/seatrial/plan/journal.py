"""What happened in one cluster's run, as events in order: the only state that a run has.

Intent before each external call, the provider's operation id as soon as it is known, the result
last. `next_action` reads nothing but the plan, these events and the time.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from seatrial.errors import BadFormat, NewerFormat

JOURNAL_FORMAT = 2
"""2 added `StepParked` and `OwnerReminded`."""


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    ALREADY_DONE = "already-done"
    FAILED = "failed"


class _Event(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="event", tag=lambda name: name
):
    at: datetime


class RunStarted(_Event, frozen=True, kw_only=True):
    plan_digest: str
    by: str


class StepIntended(_Event, frozen=True, kw_only=True):
    step: str
    attempt: int


class OperationStarted(_Event, frozen=True, kw_only=True):
    """The provider (or Helm) accepted; `operation` finds it again after a crash."""

    step: str
    attempt: int
    operation: str


class StepNoted(_Event, frozen=True, kw_only=True):
    """Something to keep: a replica count before a hold, a baseline, a release revision."""

    step: str
    key: str
    value: str


class StepDeferred(_Event, frozen=True, kw_only=True):
    """A temporary failure: the same attempt goes on at `until`, with the operation that it knows."""

    step: str
    attempt: int
    until: datetime
    why: str


class StepParked(_Event, frozen=True, kw_only=True):
    """It waits for somebody else: nobody is at work on it until the next look, at `look_at`."""

    step: str
    attempt: int
    since: datetime
    """When the waiting began, however often it was looked at."""
    owner: str
    """Whom it waits for, in words: "terraform", "the customer"."""
    what: str
    """What they have to do."""
    look_at: datetime


class OwnerReminded(_Event, frozen=True, kw_only=True):
    """Whoever a step waits for was reminded once more."""

    step: str
    owner: str
    what: str
    since: datetime


class StepFinished(_Event, frozen=True, kw_only=True):
    step: str
    attempt: int
    outcome: Outcome
    detail: str = ""


class PauseRequested(_Event, frozen=True, kw_only=True):
    by: str
    why: str = ""


class ResumeRequested(_Event, frozen=True, kw_only=True):
    by: str


class RetryRequested(_Event, frozen=True, kw_only=True):
    by: str


class SkipRequested(_Event, frozen=True, kw_only=True):
    step: str
    by: str
    why: str


class CancelRequested(_Event, frozen=True, kw_only=True):
    by: str
    why: str = ""


class RunFinished(_Event, frozen=True, kw_only=True):
    succeeded: bool
    detail: str = ""


Event = (
    RunStarted
    | StepIntended
    | OperationStarted
    | StepNoted
    | StepDeferred
    | StepParked
    | OwnerReminded
    | StepFinished
    | PauseRequested
    | ResumeRequested
    | RetryRequested
    | SkipRequested
    | CancelRequested
    | RunFinished
)


def encode_event(event: Event) -> bytes:
    """One line of JSON, as the store keeps it beside `JOURNAL_FORMAT`."""
    return msgspec.json.encode(event)


def decode_event(line: bytes, *, format: int = JOURNAL_FORMAT, where: str = "") -> Event:
    """Read an event of this format or an older one; raise `NewerFormat` or `BadFormat`."""
    if format > JOURNAL_FORMAT:
        raise NewerFormat("journal", format, JOURNAL_FORMAT, where=where)
    try:
        return _DECODER.decode(line)
    except msgspec.MsgspecError as error:
        raise BadFormat(
            f"an entry of the journal cannot be read ({error}).",
            where=where,
            next_step="Restore the state file from a backup; nothing was started.",
        ) from error


_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
