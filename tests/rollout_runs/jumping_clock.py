"""A simulated clock whose time of day may jump, as that of a laptop that slept or of a machine set right."""

from __future__ import annotations

from datetime import datetime, timedelta

from seatrial.clock import SimulatedClock


class JumpingClock(SimulatedClock):
    """`monotonic` and `sleep` know nothing of the jumps, as on Linux."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead

    def jump(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)
