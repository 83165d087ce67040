"""The one way to ask for the time or to wait: a Protocol that every part takes as an argument.

Nothing outside this package calls `time`, `datetime.now` or `asyncio.sleep`, so that a rehearsal
can run the same code under the simulation's time.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, timezone-aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean something."""

    async def sleep(self, seconds: float, *, deadline: bool = False) -> None:
        """Return after `seconds` of this clock's time (zero or less: at the next turn).

        `deadline` marks the end of somebody's patience: a simulated clock does not reach it before
        a subprocess that polls the cluster (see `poll_window`) has looked once more.
        """

    def hold(self, why: str) -> AbstractContextManager[None]:
        """Keep a simulated clock still while something outside the event loop is under way.

        Wrap each request in flight, each thread and each subprocess. On the wall clock it does
        nothing. `why` is shown when a simulation cannot advance.
        """

    def poll_window(self, why: str) -> AbstractContextManager[None]:
        """Like `hold`, for a subprocess that itself waits for the cluster (`helm --wait`).

        While one is open a simulated clock pops one event at a time, and only after the
        subprocess had the chance to look (see `SimulatedClock.polled`).
        """
