"""A clock whose sleeps take no time and are written down."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class InstantClock:
    def __init__(self) -> None:
        self.start = datetime(2026, 1, 1, tzinfo=UTC)
        self.elapsed = 0.0
        self.slept: list[float] = []
        self.held: list[str] = []
        self.open_holds = 0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float, *, deadline: bool = False) -> None:
        assert not self.open_holds, "slept while holding the clock: a simulation would stand still forever"
        self.slept.append(seconds)
        self.elapsed += seconds
        await asyncio.sleep(0)

    @contextmanager
    def hold(self, why: str) -> Iterator[None]:
        self.held.append(why)
        self.open_holds += 1
        try:
            yield
        finally:
            self.open_holds -= 1

    @contextmanager
    def poll_window(self, why: str) -> Iterator[None]:
        yield
