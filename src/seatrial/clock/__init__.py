"""Time, as an argument: the wall's for real clusters, the simulation's for twins and demos."""

from seatrial.clock.protocol import Clock
from seatrial.clock.simulated import SimulatedClock
from seatrial.clock.wall import WallClock

__all__ = ["Clock", "SimulatedClock", "WallClock"]
