"""How long to wait between two looks: short at first, for most changes are quick, then longer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

_FIRST, _GROWTH = 1.0, 1.5
_FIRST_LOOK, _LONGEST_LOOK = 15.0, 600.0  # seconds


def pauses(longest: float) -> Iterator[float]:
    """Seconds, without an end: 1, 1.5, 2.2 … up to `longest`."""
    pause = _FIRST
    while True:
        yield pause
        pause = min(pause * _GROWTH, longest)


def look_pause(since: datetime, now: datetime) -> timedelta:
    """Until the next look at what somebody else has to do: a tenth of the wait, 15 s to 10 minutes."""
    waited = (now - since).total_seconds()
    return timedelta(seconds=min(_LONGEST_LOOK, max(_FIRST_LOOK, waited / 10)))
