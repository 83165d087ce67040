"""Durations as people write them in files and flags: 45s, 30m, 12h, 3d, 1d12h.

Whole numbers of seconds only, so that what was written is exactly what is waited.
"""

from __future__ import annotations

import re
from datetime import timedelta

from seatrial.errors import BadInput

DURATION_PATTERN = r"^(?=\d)(\d{1,6}w)?(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m)?(\d{1,9}s)?$"
_DURATION = re.compile(
    r"(?=\d)(?:(?P<weeks>\d{1,6})w)?(?:(?P<days>\d{1,6})d)?(?:(?P<hours>\d{1,6})h)?"
    r"(?:(?P<minutes>\d{1,6})m)?(?:(?P<seconds>\d{1,9})s)?",
    re.ASCII,
)


def parse_duration(text: str) -> timedelta:
    """Read "30m" or "1d12h"; raise `BadInput` otherwise."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise BadInput(f"{text!r} is not a duration.", next_step="Write it as 45s, 30m, 12h, 3d or 1d12h.")
    return timedelta(**{unit: int(number) for unit, number in found.groupdict().items() if number})


def write_duration(time: timedelta) -> str:
    """The shortest text that `parse_duration` reads back as `time`, to the second: "1d12h"."""
    left = int(time.total_seconds())
    parts = []
    for letter, seconds in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"
