"""Random maintenance windows, and whether a wall clock reads a time inside: by the calendar alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from seatrial.fleet.windows import DAYS, Maintenance, MaintenanceExclusion, MaintenanceWindow

CHANGES = (
    datetime.fromisoformat("2026-03-08T03:00Z"),  # New York, and Havana an hour before
    datetime.fromisoformat("2026-03-28T21:00Z"),  # Paris
    datetime.fromisoformat("2026-04-04T11:00Z"),  # Lord Howe, by half an hour
    datetime.fromisoformat("2026-10-24T21:00Z"),  # Paris, back
    datetime.fromisoformat("2026-11-01T00:00Z"),  # Havana and New York, back
)
"""A few hours before clocks change."""
ZONES = ("Europe/Paris", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")


def reads_inside(maintenance: Maintenance, now: datetime) -> bool:
    """Shares no arithmetic with the product: what the clock on the wall shows is compared, nothing else."""
    local = now.astimezone(ZoneInfo(maintenance.zone)).replace(tzinfo=None)
    if any(each.first <= local.date() <= each.last for each in maintenance.exclusions):
        return False
    for window in maintenance.windows:
        for back in (0, 1):
            day = local.date() - timedelta(days=back)
            opens = datetime.combine(day, datetime.min.time()) + timedelta(minutes=window.opens)
            closes = opens + timedelta(minutes=(window.closes - window.opens) % 1440 or 1440)
            if DAYS[day.weekday()] in window.days and opens <= local < closes:
                return True
    return not maintenance.windows


OFTEN = ((120, 45), (180, 60), (360, 240))
ONCE_A_DAY = ((1440, 1380),)


@st.composite
def random_windows(
    draw: st.DrawFn, rhythms: tuple[tuple[int, int], ...], start: datetime = CHANGES[0]
) -> Maintenance:
    """Windows that open every so many minutes for so many, and perhaps a day on which none does."""
    every, minutes = draw(st.sampled_from(rhythms))
    first = draw(st.integers(0, every // 15 - 1)) * 15
    day = start.date() + timedelta(days=draw(st.integers(0, 1)))
    return Maintenance(
        zone=draw(st.sampled_from(ZONES)),
        windows=tuple(
            MaintenanceWindow(days=DAYS, opens=opens, closes=(opens + minutes) % 1440)
            for opens in range(first, 1440, every)
        ),
        exclusions=(MaintenanceExclusion(first=day, last=day, why="sale"),) if draw(st.booleans()) else (),
    )
