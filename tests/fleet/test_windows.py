"""When work may start, through the hours that daylight saving skips and repeats."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rollout.random_windows import reads_inside

from seatrial.errors import BadInput
from seatrial.fleet.windows import (
    DAYS,
    MIDNIGHT,
    Day,
    Maintenance,
    MaintenanceExclusion,
    MaintenanceWindow,
    is_open,
    next_opening,
    write_maintenance,
    write_moment,
)

ZONES = (
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "America/Havana",  # changes at midnight
    "Africa/Casablanca",  # goes back for Ramadan
    "Africa/Cairo",  # skips midnight
    "Australia/Lord_Howe",  # changes by half an hour
    "Asia/Kathmandu",
)
NIGHTS = MaintenanceWindow(days=("tue", "thu"), opens=22 * 60, closes=4 * 60)
YEAR_END = MaintenanceExclusion(first=date(2026, 12, 18), last=date(2027, 1, 4), why="year end")
CAREFUL = Maintenance(zone="Europe/Paris", windows=(NIGHTS,), exclusions=(YEAR_END,))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def between(opens: int, closes: int, zone: str = "Europe/Paris", days: tuple[Day, ...] = DAYS) -> Maintenance:
    return Maintenance(zone=zone, windows=(MaintenanceWindow(days=days, opens=opens, closes=closes),))


def opened(maintenance: Maintenance, start: str, hours: int) -> list[str]:
    """Each minute's change, as "HH:MM open" in UTC."""
    said, before = [], is_open([maintenance], utc(start))
    for number in range(hours * 60):
        moment = utc(start) + timedelta(minutes=number)
        now = is_open([maintenance], moment)
        if now is not before:
            said.append(f"{moment:%H:%M} {'opens' if now else 'closes'}")
        before = now
    return said


def test_a_window_that_crosses_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    assert not is_open([CAREFUL], utc("2026-03-03T20:59:59"))  # a Tuesday
    assert is_open([CAREFUL], utc("2026-03-03T21:00"))
    assert is_open([CAREFUL], utc("2026-03-04T02:59:59"))
    assert not is_open([CAREFUL], utc("2026-03-04T03:00"))
    assert next_opening([CAREFUL], utc("2026-03-04T03:00")) == utc("2026-03-05T21:00")


def test_a_whole_day_ends_at_midnight() -> None:
    sundays = between(0, MIDNIGHT, days=("sun",))
    assert opened(sundays, "2026-03-07T12:00", 48) == ["23:00 opens", "23:00 closes"]


@pytest.mark.parametrize(
    ("opens", "closes", "changes"),
    [
        ("01:30", "04:00", ["00:30 opens", "02:00 closes"]),
        ("02:30", "04:00", ["01:00 opens", "02:00 closes"]),  # skipped: it opens as the clock changes
        ("01:00", "02:30", ["00:00 opens", "01:00 closes"]),  # skipped: it closes as the clock changes
        ("02:00", "03:00", []),  # that hour does not exist
    ],
)
def test_in_the_hour_that_is_skipped(opens: str, closes: str, changes: list[str]) -> None:
    assert opened(between(minutes(opens), minutes(closes)), "2026-03-28T23:30", 6) == changes


@pytest.mark.parametrize(
    ("opens", "closes", "changes"),
    [
        ("01:00", "04:00", ["23:00 opens", "03:00 closes"]),
        ("02:30", "04:00", ["01:30 opens", "03:00 closes"]),  # the second 02:30
        ("01:00", "02:30", ["23:00 opens", "00:30 closes"]),  # the first 02:30
        ("02:15", "02:45", ["01:15 opens", "01:45 closes"]),  # both the second time
    ],
)
def test_in_the_hour_that_happens_twice(opens: str, closes: str, changes: list[str]) -> None:
    assert opened(between(minutes(opens), minutes(closes)), "2026-10-24T22:30", 6) == changes


def minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def test_nothing_starts_on_an_excluded_day_also_in_a_window_that_opened_before() -> None:
    freeze = MaintenanceExclusion(first=date(2026, 3, 4), last=date(2026, 3, 5), why="sale")
    of = Maintenance(zone="Europe/Paris", windows=(NIGHTS,), exclusions=(freeze,))
    assert opened(of, "2026-03-03T12:00", 72) == [
        *("21:00 opens", "23:00 closes"),  # Tuesday until midnight
        *("23:00 opens", "03:00 closes"),  # the night that Thursday began
    ]
    assert next_opening([of], utc("2026-03-04T00:00")) == utc("2026-03-05T23:00")


def test_exclusions_alone_leave_any_other_time() -> None:
    of = Maintenance(zone="Europe/Paris", exclusions=(YEAR_END,))
    assert next_opening([of], utc("2026-12-17T12:00")) == utc("2026-12-17T12:00")
    assert next_opening([of], utc("2026-12-20T12:00")) == utc("2027-01-04T23:00")


def test_the_next_opening_of_several_is_when_all_are_open() -> None:
    weekdays = between(9 * 60, 23 * 60, zone="America/New_York", days=("wed", "thu"))
    assert next_opening([CAREFUL, weekdays], utc("2026-03-02T00:00")) == utc("2026-03-05T21:00")
    assert next_opening([CAREFUL, weekdays], utc("2026-12-18T00:00")) == utc("2027-01-07T21:00")


def test_windows_without_common_time_never_open() -> None:
    mondays, tuesdays = between(60, 120, days=("mon",)), between(60, 120, days=("tue",))
    assert next_opening([mondays, tuesdays], utc("2026-03-02T00:00")) is None


def test_no_windows_are_always_open() -> None:
    assert is_open([], utc("2026-03-02T00:00"))
    assert next_opening([], utc("2026-03-02T00:00")) == utc("2026-03-02T00:00")


def test_a_zone_that_the_machine_does_not_know_is_said_in_words() -> None:
    with pytest.raises(BadInput, match=r"does not know the time zone 'Mars/Base'.*tzdata"):
        is_open([between(0, 60, zone="Mars/Base")], utc("2026-03-02T00:00"))


def test_how_they_are_written() -> None:
    assert write_maintenance(CAREFUL) == (
        "tue, thu 22:00-04:00 Europe/Paris, not 2026-12-18 to 2027-01-04 (year end)"
    )
    assert write_maintenance(between(0, MIDNIGHT)) == "every day 00:00-24:00 Europe/Paris"
    assert write_moment(utc("2026-03-03T21:00"), "Europe/Paris") == (
        "Tue 2026-03-03 22:00 Europe/Paris (21:00 UTC)"
    )
    assert write_moment(utc("2026-03-03T23:30"), "Europe/Paris") == (
        "Wed 2026-03-04 00:30 Europe/Paris (2026-03-03 23:30 UTC)"
    )


windows = st.builds(
    MaintenanceWindow,
    days=st.sets(st.sampled_from(DAYS), min_size=1).map(lambda days: tuple(d for d in DAYS if d in days)),
    opens=st.integers(0, 95).map(lambda quarter: quarter * 15),
    closes=st.integers(0, 95).map(lambda quarter: quarter * 15),
)
exclusions = st.builds(
    lambda first, days: MaintenanceExclusion(first=first, last=first + timedelta(days=days), why="w"),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.integers(0, 40),
)
maintenances = st.builds(
    lambda zone, windows, exclusions: Maintenance(
        zone=zone, windows=tuple(windows), exclusions=tuple(exclusions)
    ),
    st.sampled_from(ZONES),
    st.lists(windows, min_size=1, max_size=3),
    st.lists(exclusions, max_size=2),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def changes_near(zone: str, now: datetime) -> bool:
    offsets = {
        (now + timedelta(hours=hours)).astimezone(ZoneInfo(zone)).utcoffset() for hours in range(-50, 51)
    }
    return len(offsets) > 1


@settings(max_examples=300, deadline=None)
@given(maintenances, moments)
def test_open_means_that_the_wall_clock_reads_a_time_inside(of: Maintenance, now: datetime) -> None:
    if is_open([of], now):
        assert reads_inside(of, now)
    elif not changes_near(of.zone, now):
        assert not reads_inside(of, now)


@settings(max_examples=150, deadline=None)
@given(maintenances, moments)
def test_the_next_opening_is_open_and_nothing_before_it_is(of: Maintenance, now: datetime) -> None:
    opening = next_opening([of], now)
    assert opening is not None
    assert opening >= now
    assert is_open([of], opening)
    gap = (opening - now) / 50
    assert not any(is_open([of], now + number * gap) for number in range(50) if now + number * gap < opening)
