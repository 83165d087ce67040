"""How long ago something was when the cluster was read."""

from __future__ import annotations

from datetime import datetime, timedelta

from seatrial.checks.check import Context


def moment(timestamp: str) -> datetime | None:
    """A time as the API writes it; None for an empty or a broken one."""
    try:
        found = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return found if found.tzinfo else None


def age(context: Context, timestamp: str) -> timedelta | None:
    """None when the object does not say."""
    then = moment(timestamp)
    return None if then is None else context.now - then


def is_older(context: Context, timestamp: str, than: timedelta) -> bool:
    passed = age(context, timestamp)
    return passed is not None and passed > than


def spelled(duration: timedelta) -> str:
    """ "40 minutes", "3 hours", "12 days"."""
    minutes = int(duration.total_seconds() // 60)
    for unit, size in (("day", 24 * 60), ("hour", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}s"
    return f"{minutes} minutes"
