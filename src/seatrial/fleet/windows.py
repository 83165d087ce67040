"""When work may start on a cluster: windows of the week in local time, and days on which nothing starts.

Plain values that a rollout keeps, and functions of the time. Where daylight saving makes an hour happen
twice or not at all, a moment counts as inside only if the wall clock reads so: in a repeated hour a window
opens the second time and closes the first, in a skipped one it does both at the moment of the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from seatrial.errors import BadInput

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 24 * 60
"""Minutes: as a window's end, the end of its day."""

_AHEAD = timedelta(days=400)  # every hour of the week, with either time of the year
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_WEEKS = 15  # days: the next week too, since daylight saving may swallow a short window


class MaintenanceWindow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    days: tuple[Day, ...]
    """On which it opens; one that crosses midnight closes on the day after."""
    opens: int
    """Minutes after midnight by the wall clock."""
    closes: int

    @property
    def minutes(self) -> int:
        return (self.closes - self.opens) % MIDNIGHT or MIDNIGHT


class MaintenanceExclusion(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whole days by the wall clock, both included."""

    first: date
    last: date
    why: str


class Maintenance(msgspec.Struct, frozen=True, kw_only=True, rename="camel", cache_hash=True):
    zone: str
    windows: tuple[MaintenanceWindow, ...] = ()
    """Any time that is not excluded when there are none."""
    exclusions: tuple[MaintenanceExclusion, ...] = ()


def is_open(all_of: Iterable[Maintenance], now: datetime) -> bool:
    """Whether every one of them lets work start now."""
    minute = now.replace(second=0, microsecond=0)  # within one, nothing opens or closes
    return all(_is_open(each, minute) for each in all_of)


def next_opening(all_of: Sequence[Maintenance], now: datetime) -> datetime | None:
    """The first moment from now at which all are open, in UTC; None when they have no time in common."""
    last = max((_midnight(m, e.last + _DAY) for m in all_of for e in m.exclusions), default=now)
    moment = now.astimezone(UTC)
    while moment <= max(now, last) + _AHEAD:
        if is_open(all_of, moment):
            return moment
        found = [_next_opening(each, moment) for each in all_of]
        later = [each for each in found if each is not None]
        if len(later) < len(found):
            return None
        moment = max(later)
    return None


def has_common_time(one: Maintenance, other: Maintenance) -> bool:
    """Whether their windows ever meet, exclusions aside: those end."""
    both = [msgspec.structs.replace(each, exclusions=()) for each in (one, other)]
    return next_opening(both, _SOME_DAY) is not None


def excluded(maintenance: Maintenance, now: datetime) -> MaintenanceExclusion | None:
    """The exclusion that is in force."""
    today = now.astimezone(zone_of(maintenance.zone)).date()
    return next((each for each in maintenance.exclusions if each.first <= today <= each.last), None)


def zone_of(name: str) -> ZoneInfo:
    """The time zone; raise `BadInput` where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadInput(
            f"this machine does not know the time zone {name!r}.",
            next_step="Install its time zone data: the package tzdata, of the system or of Python.",
        ) from None


def write_maintenance(maintenance: Maintenance) -> str:
    """ "tue, thu 22:00-04:00 Europe/Paris, not 2026-12-18 to 2027-01-04 (year end)"."""
    windows = [
        f"{_write_days(each.days)} {write_minutes(each.opens)}-{write_minutes(each.closes)}"
        for each in maintenance.windows
    ]
    said = f"{' and '.join(windows) or 'any time'} {maintenance.zone}"
    for each in maintenance.exclusions:
        said += f", not {write_days_of(each)} ({each.why})"
    return said


def write_moment(moment: datetime, zone: str) -> str:
    """ "Tue 2026-03-03 22:00 Europe/Paris (21:00 UTC)"."""
    local, utc = moment.astimezone(zone_of(zone)), moment.astimezone(UTC)
    of_utc = f"{utc:%H:%M}" if utc.date() == local.date() else f"{utc:%Y-%m-%d %H:%M}"
    return f"{local:%a %Y-%m-%d %H:%M} {zone} ({of_utc} UTC)"


def write_minutes(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def write_days_of(exclusion: MaintenanceExclusion) -> str:
    if exclusion.first == exclusion.last:
        return exclusion.first.isoformat()
    return f"{exclusion.first} to {exclusion.last}"


def _write_days(days: tuple[Day, ...]) -> str:
    return "every day" if set(days) == set(DAYS) else ", ".join(day for day in DAYS if day in days)


_DAY = timedelta(days=1)


@lru_cache(maxsize=4096)  # a rollout asks for hundreds of clusters that share a few
def _is_open(maintenance: Maintenance, now: datetime) -> bool:
    if excluded(maintenance, now):
        return False
    if not maintenance.windows:
        return True
    today = now.astimezone(zone_of(maintenance.zone)).date()
    return any(
        opens <= now < closes
        for day in (today - _DAY, today)
        for opens, closes in _intervals(maintenance, day)
    )


def _next_opening(maintenance: Maintenance, now: datetime) -> datetime | None:
    """Only an opening or the end of an exclusion can be the moment."""
    if _is_open(maintenance, now):
        return now
    today = now.astimezone(zone_of(maintenance.zone)).date()
    ends = sorted(each.last + _DAY for each in maintenance.exclusions if each.last >= today)
    for start in (today, *ends):
        for number in range(-1, _WEEKS):
            days = (start + number * _DAY, start + (number + 1) * _DAY)  # where clocks change, order may too
            moments = {opens for day in days for opens, _ in _intervals(maintenance, day)}
            moments |= {_midnight(maintenance, day) for day in days if day in ends}
            later = sorted(each for each in moments if each > now)
            found = next((each for each in later if _is_open(maintenance, each)), None)
            if found:
                return found
    return None


def _intervals(maintenance: Maintenance, day: date) -> Iterator[tuple[datetime, datetime]]:
    """When the windows that open on this day are open; empty ones among them."""
    name = DAYS[day.weekday()]
    for window in maintenance.windows:
        if name in window.days:
            yield _interval(maintenance.zone, day, window.opens, window.minutes)


@lru_cache(maxsize=4096)
def _interval(zone: str, day: date, opens: int, minutes: int) -> tuple[datetime, datetime]:
    opening = _moments(zone, day, opens)[-1]
    closings = _moments(zone, day, opens + minutes)
    return opening, next((each for each in closings if each > opening), opening)


def _midnight(maintenance: Maintenance, day: date) -> datetime:
    return _moments(maintenance.zone, day, 0)[-1]


def _moments(zone: str, day: date, minutes: int) -> tuple[datetime, ...]:
    """When the wall clock reads so, in UTC: once, twice, or for a skipped time the moment of the change."""
    days, minutes = divmod(minutes, MIDNIGHT)
    of, naive = zone_of(zone), datetime.combine(day + days * _DAY, time(minutes // 60, minutes % 60))
    first, second = (naive.replace(tzinfo=of, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return (first,)
    if first < second:
        return first, second
    before = second.astimezone(of).utcoffset()  # skipped: the change lies between these two
    while first - second > timedelta(seconds=1):
        middle = second + (first - second) / 2
        if middle.astimezone(of).utcoffset() == before:
            second = middle
        else:
            first = middle
    return ((second + timedelta(seconds=1)).replace(microsecond=0),)
