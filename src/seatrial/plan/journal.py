"""What happened in one cluster's run, as events in order: the only state that a run has.

Intent before each external call, the provider's operation id as soon as it is known, the result
last. `next_action` reads nothing but the plan, these events and the time.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

JOURNAL_FORMAT = 1


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    ALREADY_DONE = "already-done"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    SKIPPED = "skipped"


class _Event(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="event", tag=lambda name: name
):
    at: datetime


class RunStarted(_Event):
    plan_digest: str
    by: str


class StepIntended(_Event):
    step: str
    attempt: int


class OperationStarted(_Event):
    """The provider (or Helm) accepted; `operation` finds it again after a crash."""

    step: str
    attempt: int
    operation: str


class StepNoted(_Event):
    """Something to keep: a replica count before a hold, a baseline, a release revision."""

    step: str
    key: str
    value: str


class StepFinished(_Event):
    step: str
    attempt: int
    outcome: Outcome
    detail: str = ""


class PauseRequested(_Event):
    by: str
    why: str = ""


class ResumeRequested(_Event):
    by: str


class RetryRequested(_Event):
    by: str


class SkipRequested(_Event):
    step: str
    by: str
    why: str


class CancelRequested(_Event):
    by: str
    why: str = ""


class RunFinished(_Event):
    succeeded: bool
    detail: str = ""


Event = (
    RunStarted
    | StepIntended
    | OperationStarted
    | StepNoted
    | StepFinished
    | PauseRequested
    | ResumeRequested
    | RetryRequested
    | SkipRequested
    | CancelRequested
    | RunFinished
)
