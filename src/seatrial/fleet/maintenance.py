"""Maintenance windows and exclusions as a person writes them in the fleet file."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from seatrial.fleet.problems import did_you_mean
from seatrial.fleet.windows import (
    DAYS,
    Day,
    Maintenance,
    MaintenanceExclusion,
    MaintenanceWindow,
)
from seatrial.fleet.written import Text, Written

SHORTEST = 30
"""Minutes: a cluster has to be read, planned and perhaps rehearsed before its upgrade begins."""
LONGEST_EXCLUSION = 366
"""Days: what is left alone for longer belongs out of the strategy's scope."""

_TIME = r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$"
_DATE = r"^\d{4}-\d\d-\d\d$"


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"there is no time zone {name!r}{_near(name)}")
    return name


def _near(name: str) -> str:
    said = did_you_mean(name, sorted(_zones()))
    return said if "did you mean" in said else "; write one such as Europe/Paris or UTC"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _time(text: str) -> str:
    if not re.fullmatch(_TIME, text):
        raise ValueError(f"{text!r} is not a time of day; write it as 08:30")
    return text


def _date(text: str) -> str:
    try:
        if not re.fullmatch(_DATE, text) or not 2000 <= date.fromisoformat(text).year < 2200:
            raise ValueError
    except ValueError:
        raise ValueError(f"{text!r} is not a date; write it as 2026-12-18") from None
    return text


Zone = Annotated[str, AfterValidator(_zone)]
TimeOfDay = Annotated[str, AfterValidator(_time), Field(json_schema_extra={"pattern": _TIME})]
Date = Annotated[str, AfterValidator(_date), Field(json_schema_extra={"pattern": _DATE})]


class WindowSpec(Written):
    """A time of the week. It may cross midnight: `22:00` to `04:00` closes on the day after."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)] = DAYS
    """On which it opens; every day by default."""
    from_: TimeOfDay
    to: TimeOfDay
    """The first moment at which nothing starts any more; `24:00` is the end of the day."""

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if self.from_ == "24:00":
            raise ValueError("from: 24:00 is the end of a day; write 00:00 of the day after")
        if self.from_ == self.to:
            raise ValueError(
                f"from and to are both {self.to}; for whole days write from: '00:00' and to: '24:00'"
            )
        minutes = self.value.minutes
        if minutes < SHORTEST:
            raise ValueError(
                f"{self.from_} to {self.to} are {minutes} minutes; clusters need at least {SHORTEST} to start"
            )
        return self

    @property
    def value(self) -> MaintenanceWindow:
        return MaintenanceWindow(
            days=tuple(day for day in DAYS if day in self.days),
            opens=_minutes(self.from_),
            closes=_minutes(self.to),
        )


class ExclusionSpec(Written):
    """Days on which nothing starts, whatever the windows say."""

    from_: Date
    until: Date
    """The last of these days: it is still excluded."""
    why: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = (date.fromisoformat(self.until) - date.fromisoformat(self.from_)).days + 1
        if days < 1:
            raise ValueError(f"until {self.until} is before from {self.from_}")
        if days > LONGEST_EXCLUSION:
            raise ValueError(f"{days} days are longer than a year; leave it out with the strategy's scope")
        return self

    @property
    def value(self) -> MaintenanceExclusion:
        return MaintenanceExclusion(
            first=date.fromisoformat(self.from_), last=date.fromisoformat(self.until), why=self.why
        )


class MaintenanceSpec(Written):
    """When clusters may be started: in one of the windows, but on no excluded day."""

    zone: Zone
    """A time zone by its IANA name, such as Europe/Paris."""
    windows: tuple[WindowSpec, ...] = ()
    """Any time when there are none."""
    exclusions: tuple[ExclusionSpec, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.windows and not self.exclusions:
            raise ValueError("it has neither windows nor exclusions")
        return self

    @property
    def value(self) -> Maintenance:
        return Maintenance(
            zone=self.zone,
            windows=tuple(each.value for each in self.windows),
            exclusions=tuple(each.value for each in self.exclusions),
        )


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
