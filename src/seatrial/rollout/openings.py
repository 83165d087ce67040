"""When clusters may start by their maintenance windows, and how that is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from seatrial.fleet.windows import (
    Maintenance,
    excluded,
    is_open,
    next_opening,
    write_days_of,
    write_moment,
)
from seatrial.rollout.state import ClusterState


@dataclass(frozen=True, slots=True)
class Opening:
    time: datetime | None
    """None: its windows and its stage's never meet."""
    why: str


def may_start(cluster: ClusterState, now: datetime) -> bool:
    return is_open(cluster.windows, now)


def opening(cluster: ClusterState, now: datetime) -> Opening:
    """When it may start next."""
    return _opening(cluster.windows, now)


def first_opening(clusters: Iterable[ClusterState], now: datetime) -> Opening:
    """When the first of them may start."""
    clusters = tuple(clusters)
    found = {windows: _opening(windows, now) for windows in dict.fromkeys(each.windows for each in clusters)}
    first = min(found, key=lambda windows: (found[windows].time is None, found[windows].time or now))
    names = [each.name for each in clusters if each.windows == first]
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    said = f"{shown}: {found[first].why}"
    others = len(clusters) - len(names)
    return Opening(found[first].time, f"{said}; {others} more later" if others else said)


def _opening(windows: tuple[Maintenance, ...], now: datetime) -> Opening:
    time = _next_opening(windows, now.replace(minute=0, second=0, microsecond=0))
    if time is not None and time < now:  # a window of this hour has closed again
        time = _next_opening(windows, now.replace(second=0, microsecond=0))
    if time is None:
        return Opening(None, "its window and its stage's have no time in common")
    said = f"its window opens {write_moment(time, windows[-1].zone)}"
    for each in windows:
        found = excluded(each, now)
        if found:
            return Opening(time, f"{found.why} ({write_days_of(found)}); {said}")
    return Opening(time, said)


_next_opening = lru_cache(maxsize=512)(next_opening)  # the loop asks every two seconds, and waits for hours
