"""One event heap that owns time for a simulation: the engine, the provider and the simulator share it.

Time stands still while anything can still happen at the present moment: a task that can run, a
request in flight, a subprocess. Only when the event loop is about to go to sleep with nothing held
does the clock jump to the next event. So an idle hour costs nothing, and a slow laptop does not
change the outcome. The moment "about to go to sleep" is seen in the loop's selector, the one place
asyncio visits exactly then.

With a `pace` (simulated seconds per wall second) the clock walks instead of jumping: for a demo that
people watch, or a simulator that kubectl talks to.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import selectors
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from seatrial.errors import SeatrialError

T = TypeVar("T")
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_POLL_CHANCE = 0.02  # wall seconds that a waiting subprocess gets to look before the next event
_WINDOW_PACE = 60.0  # simulated seconds per wall second at most, while such a subprocess runs
_STALL_AFTER = 30.0  # wall seconds without I/O, events or holds before a simulation is called stalled


class SimulationStalled(SeatrialError):
    """Every task waits for something that no event will bring."""


class Timer:
    """A handle on a scheduled callback; `cancel` makes it never run."""

    __slots__ = ("callback", "cancelled", "deadline", "when")

    def __init__(self, when: float, callback: Callable[[], None], *, deadline: bool) -> None:
        self.when = when
        self.callback = callback
        self.deadline = deadline
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class SimulatedClock:
    """`Clock` over an event heap; run the program with `run`, or its loop with `new_event_loop`."""

    def __init__(self, start: datetime = _EPOCH, *, pace: float | None = None) -> None:
        self._start = start
        self._elapsed = 0.0
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._holds: Counter[str] = Counter()
        self._windows = 0
        self._polled = True
        self._poll_wait_since: float | None = None
        self._stepped = 0.0  # wall: when the window opened or the last event within it ran
        self._pace = pace
        self._anchor = (time.monotonic(), 0.0)

    # Clock
    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        if self._pace is None or self._holds:
            return self._elapsed
        wall, elapsed = self._anchor
        reached = elapsed + (time.monotonic() - wall) * self._pace
        due = self._next_due()
        # never past an event that has not run yet
        self._elapsed = max(self._elapsed, reached if due is None else min(reached, due))
        return self._elapsed

    async def sleep(self, seconds: float, *, deadline: bool = False) -> None:
        woken = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        timer = self.call_later(seconds, wake, deadline=deadline)
        try:
            await woken
        finally:
            timer.cancel()

    @contextmanager
    def hold(self, why: str) -> Iterator[None]:
        if not self._holds:
            self._elapsed = self.monotonic()
        self._holds[why] += 1
        try:
            yield
        finally:
            self._holds[why] -= 1
            if not self._holds[why]:
                del self._holds[why]
            if not self._holds:
                self._anchor = (time.monotonic(), self._elapsed)

    @contextmanager
    def poll_window(self, why: str) -> Iterator[None]:
        if not self._windows:
            self._stepped = time.monotonic()
        self._windows += 1
        self._polled = False
        try:
            yield
        finally:
            self._windows -= 1

    # the heap
    def call_later(self, seconds: float, callback: Callable[[], None], *, deadline: bool = False) -> Timer:
        """Run `callback` after `seconds` of simulated time; keep the handle to cancel it."""
        timer = Timer(self.monotonic() + max(0.0, seconds), callback, deadline=deadline)
        heapq.heappush(self._heap, (timer.when, next(self._order), timer))
        return timer

    def polled(self) -> None:
        """A client outside this process has just looked (the simulator's server says so)."""
        self._polled = True

    @property
    def held_by(self) -> Mapping[str, int]:
        """What keeps time still at present, with counts."""
        return dict(self._holds)

    def set_pace(self, pace: float | None) -> None:
        """Walk at `pace` simulated seconds per wall second from now on; None jumps."""
        self._elapsed = self.monotonic()
        self._anchor = (time.monotonic(), self._elapsed)
        self._pace = pace

    # the loop
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """An event loop that lets this clock advance whenever it would go to sleep."""
        return asyncio.SelectorEventLoop(_AdvancingSelector(self))

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` to its end under this clock, in a new event loop."""
        with asyncio.Runner(loop_factory=self.new_event_loop) as runner:
            return runner.run(main)

    def _next_due(self) -> float | None:
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def _wall_seconds_to_next(self) -> float | None:
        """How long the loop may really sleep: 0 when an event is due, None when nothing is."""
        due = self._next_due()
        if due is None or self._holds:
            return None
        wait = 0.0
        if self._windows:
            # The subprocess also computes between its looks; days must not pass meanwhile.
            wait = (due - self._elapsed) / _WINDOW_PACE - (time.monotonic() - self._stepped)
        if self._windows and not self._polled:
            since = self._poll_wait_since
            if since is None:
                self._poll_wait_since = since = time.monotonic()
            left = since + _POLL_CHANCE - time.monotonic()
            if left > 0 or self._heap[0][2].deadline:
                return max(wait, left, _POLL_CHANCE)
        if self._pace is not None:
            wall, elapsed = self._anchor
            wait = max(wait, (due - elapsed) / self._pace - (time.monotonic() - wall))
        return max(0.0, wait)

    def _pop(self) -> None:
        due, _, timer = heapq.heappop(self._heap)
        self._elapsed = max(self._elapsed, due)
        self._polled = not self._windows
        self._poll_wait_since = None
        self._stepped = time.monotonic()
        if not timer.cancelled:
            timer.callback()

    def _stalled(self) -> bool:
        return not (self._holds or self._windows or self._pace) and self._next_due() is None


class _AdvancingSelector(selectors.DefaultSelector):
    """The platform's selector; when nothing is ready it pops the clock's next event."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        pause = self._clock._wall_seconds_to_next()
        if pause is None and self._clock._stalled() and (timeout is None or timeout > _STALL_AFTER):
            ready = super().select(_STALL_AFTER)
            if not ready:
                raise SimulationStalled(
                    "the simulation waits for something that no event will bring.",
                    next_step="This is a bug in Seatrial: please report it with the command that you ran.",
                )
            return ready
        if pause is None:
            return super().select(timeout)
        if pause > 0:
            ready = super().select(pause if timeout is None else min(pause, timeout))
            if ready or self._clock._wall_seconds_to_next() != 0.0:
                return ready
        self._clock._pop()
        return ready
