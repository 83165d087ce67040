"""What a team decides about its checks, in the fleet file or by flags."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from seatrial.checks.waivers import Waiver


@dataclass(frozen=True, slots=True)
class CheckSettings:
    owner_labels: tuple[str, ...] = ("team", "owner", "customer")
    """Labels, of an object or else its namespace, that name whom to ask."""
    waivers: tuple[Waiver, ...] = ()
    """Those that concern what is checked."""
    today: date = date.min
    """The day by which waivers run out."""


DEFAULT_SETTINGS = CheckSettings()
