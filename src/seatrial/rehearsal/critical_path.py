"""Which steps decided how long it took: from the last end backwards, each time to what ended just before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from seatrial.rehearsal.report import StepReport


def critical_path(steps: Iterable[StepReport]) -> tuple[str, ...]:
    """Ids in order of time; steps that took no time are left out."""
    left = [
        (step.ended, step.started, step.id)
        for step in steps
        if step.started is not None and step.ended is not None and step.ended > step.started
    ]
    path: list[str] = []
    limit: datetime | None = None
    while before := [step for step in left if limit is None or step[0] <= limit]:
        last = max(before)
        path.append(last[2])
        limit = last[1]
    return tuple(reversed(path))
