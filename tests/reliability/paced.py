"""The wall's clock, walking faster: processes that share a pace and an origin agree on the time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class PacedClock:
    """`Clock`; `origin` is this machine's `time.monotonic()` at the moment that `start` names."""

    origin: float
    start: float
    """Seconds since the epoch."""
    pace: float
    """Seconds of this clock per second of the wall."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.start, UTC) + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self.origin) * self.pace

    async def sleep(self, seconds: float, *, deadline: bool = False) -> None:
        await asyncio.sleep(max(0.0, seconds) / self.pace)

    @contextmanager
    def hold(self, why: str) -> Iterator[None]:
        yield

    @contextmanager
    def poll_window(self, why: str) -> Iterator[None]:
        yield
