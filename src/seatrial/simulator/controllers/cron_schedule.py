"""When a CronJob is due: the five cron fields, and the shorthands that Kubernetes accepts.

Source of the rules: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax.
Written here because this is all of it; cron libraries bring seconds, hashes and time-zone stacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from seatrial.errors import BadInput

_SHORTHANDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_HORIZON = 366 * 5  # days: 29 February comes within them


@dataclass(frozen=True, slots=True)
class CronSchedule:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Both day fields are restricted: then a match of one is enough."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first due minute after `moment`, in its own time zone; None when there is none."""
        start = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        day = start.replace(hour=0, minute=0)
        for _ in range(_HORIZON):
            if day.month in self.months and self._is_due_on(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        due = day.replace(hour=hour, minute=minute)
                        if due >= start:
                            return due
            day += timedelta(days=1)
        return None

    def _is_due_on(self, day: datetime) -> bool:
        by_date = day.day in self.days
        by_weekday = (day.weekday() + 1) % 7 in self.weekdays
        return (by_date or by_weekday) if self.either_day else (by_date and by_weekday)


@lru_cache(maxsize=1024)
def parse_schedule(text: str) -> CronSchedule:
    """Raise `BadInput` for text that is no schedule."""
    fields = _SHORTHANDS.get(text.strip().lower(), text).split()
    if len(fields) != 5:
        raise BadInput(f"{text!r} is not a cron schedule.", next_step="Write five fields: 30 2 * * 1-5.")
    minute, hour, day, month, weekday = fields
    weekdays = frozenset(d % 7 for d in _field(weekday, 0, 7, _DAYS, text))
    return CronSchedule(
        minutes=_field(minute, 0, 59, (), text),
        hours=_field(hour, 0, 23, (), text),
        days=_field(day, 1, 31, (), text),
        months=_field(month, 1, 12, _MONTHS, text),
        weekdays=weekdays,
        either_day=day[0] not in "*?" and weekday[0] not in "*?",
    )


def _field(text: str, low: int, high: int, names: tuple[str, ...], whole: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step_text = part.partition("/")
        first, dash, last = span.partition("-")
        step = _number(step_text, low, (), whole) if step_text else 1
        if span in ("*", "?"):
            begin, end = low, high
        else:
            begin = _number(first, low, names, whole)
            # "5/15" means from 5 to the end in steps
            end = _number(last, low, names, whole) if dash else (high if step_text else begin)
        if step < 1 or not low <= begin <= end <= high:
            raise BadInput(f"{part!r} in the schedule {whole!r} is out of range.")
        found.update(range(begin, end + 1, step))
    return frozenset(found)


def _number(text: str, low: int, names: tuple[str, ...], whole: str) -> int:
    if text.isdigit():
        return int(text)
    if text.lower() in names:
        return names.index(text.lower()) + (low if names is _MONTHS else 0)
    raise BadInput(f"{text!r} in the schedule {whole!r} is not a number.")
