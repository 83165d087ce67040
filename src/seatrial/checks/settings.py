"""What a team decides about its checks, in the fleet file or by flags."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from seatrial.checks.decisions import Decision
from seatrial.checks.waivers import Waiver


class CheckSettings(msgspec.Struct, frozen=True):
    owner_labels: tuple[str, ...] = ("team", "owner", "customer")
    """Labels, of an object or else its namespace, that name whom to ask."""
    waivers: tuple[Waiver, ...] = ()
    """Those that concern what is checked."""
    happy_path: tuple[Decision, ...] = ()
    """What the team decided otherwise than the happy path."""
    infrastructure_charts: frozenset[str] = frozenset()
    """Names of charts that are nobody's own code: the fleet's stack."""
    today: date = date.min
    """The day by which waivers run out."""
    raises_bugs: bool = False
    """An exception that a check does not handle ends the run, for whoever looks for its cause."""
    image_platforms: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    """For which architectures images have builds, as their registry says, by the image as it is written."""


DEFAULT_SETTINGS = CheckSettings()
