"""How long to wait between two looks: short at first, for most changes are quick, then longer."""

from __future__ import annotations

from collections.abc import Iterator

_FIRST, _GROWTH = 1.0, 1.5


def pauses(longest: float) -> Iterator[float]:
    """Seconds, without an end: 1, 1.5, 2.2 … up to `longest`."""
    pause = _FIRST
    while True:
        yield pause
        pause = min(pause * _GROWTH, longest)
