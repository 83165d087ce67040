"""The wall's clock, for real clusters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


class WallClock:
    """`Clock` on the machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float, *, deadline: bool = False) -> None:
        await asyncio.sleep(max(0.0, seconds))

    @contextmanager
    def hold(self, why: str) -> Iterator[None]:
        yield

    @contextmanager
    def poll_window(self, why: str) -> Iterator[None]:
        yield
