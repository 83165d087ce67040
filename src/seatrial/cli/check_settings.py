"""What a fleet file decides about the checks of one cluster, which is known by its context."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.checks.settings import DEFAULT_SETTINGS, CheckSettings
from seatrial.clock import WallClock
from seatrial.wiring.check_settings import check_settings

if TYPE_CHECKING:
    from seatrial.fleet.model import Fleet


def read_fleet_of(file: Path | None) -> Fleet | None:
    """The fleet file, where one was named."""
    if file is None:
        return None
    from seatrial.fleet.load import read_fleet

    return read_fleet(file)


def settings_for(fleet: Fleet | None, context: str) -> CheckSettings:
    """For the cluster of that context (or name); without one for files and strangers."""
    if fleet is None:
        return DEFAULT_SETTINGS
    known = (each for each in fleet.clusters if context and context in (each.context or each.name, each.name))
    return check_settings(fleet, next(known, None), WallClock().now().date())
