"""What a fleet file decides about the checks of one cluster, which is known by its context."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from seatrial.checks.settings import DEFAULT_SETTINGS, CheckSettings
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.fleet.model import Fleet


def read_fleet_of(file: Path | None) -> Fleet | None:
    """The fleet file, where one was named."""
    if file is None:
        return None
    from seatrial.fleet.load import read_fleet

    return read_fleet(file)


def settings_for(fleet: Fleet | None, context: str, image_platforms: Path | None = None) -> CheckSettings:
    """For the cluster of that context (or name); without one for files and strangers."""
    settings = DEFAULT_SETTINGS if fleet is None else _decided(fleet, context)
    settings = replace(settings, raises_bugs=bool(os.environ.get("SEATRIAL_TRACEBACK")))
    if image_platforms is None:
        return settings
    from seatrial.cluster.image_platforms import parse_image_platforms

    try:
        text = image_platforms.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BadInput(
            f"the list of images' platforms cannot be read: {reason}.",
            where=str(image_platforms),
            next_step="Name a text file with an image and its platforms on each line.",
        ) from None
    return replace(settings, image_platforms=parse_image_platforms(text, str(image_platforms)))


def _decided(fleet: Fleet, context: str) -> CheckSettings:
    from seatrial.clock import WallClock
    from seatrial.wiring.check_settings import check_settings

    known = (each for each in fleet.clusters if context and context in (each.context or each.name, each.name))
    return check_settings(fleet, next(known, None), WallClock().now().date())
