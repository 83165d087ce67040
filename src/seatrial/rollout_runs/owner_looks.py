"""Looks from time to time at what parked clusters wait for: no slot, no waiting task, only a look when due.

When the next look is due is kept in memory only: whoever takes the rollout over looks at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from seatrial.clock import Clock
from seatrial.cluster_runs.pauses import look_pause
from seatrial.errors import SeatrialError
from seatrial.rollout_runs.orders import ClusterOrder, OwnerLooker
from seatrial.store import Fenced

_AT_ONCE = 10  # looks: each is a few requests to one cluster


class OwnerLooks:
    """`wake` is called when a look has ended."""

    def __init__(self, clock: Clock, look: OwnerLooker | None, wake: Callable[[], None]) -> None:
        self._clock = clock
        self._look = look
        self._wake = wake
        self._due: dict[str, datetime] = {}
        self._tasks: dict[str, asyncio.Task[bool]] = {}

    def found(self, waiting: Mapping[str, datetime], order: Callable[[str], ClusterOrder]) -> Iterator[str]:
        """Clusters (of `waiting`, each with since when) that can go on; begins the looks that are due."""
        now = self._clock.now()
        for name in [name for name in self._due if name not in waiting]:
            del self._due[name]
        for name in [name for name, task in self._tasks.items() if task.done()]:
            can_go_on = self._tasks.pop(name).result()
            if name in waiting:
                self._due[name] = now + look_pause(waiting[name], now)
                if can_go_on:
                    yield name
        for name, since in waiting.items():
            # it was looked at when it was parked; after a restart nobody knows, so now
            first = now if now - since > look_pause(since, since) else since + look_pause(since, since)
            if self._due.setdefault(name, first) > now or name in self._tasks:
                continue
            if self._look is None:
                self._due[name] = now + look_pause(since, now)
                yield name
            elif len(self._tasks) < _AT_ONCE:
                self._begin(name, self._look, order(name))

    def pause(self, longest: float) -> float:
        """Seconds until a look is due, `longest` at most."""
        idle = [due for name, due in self._due.items() if name not in self._tasks]
        if not idle or len(self._tasks) >= _AT_ONCE:
            return longest
        return max(0.0, min(longest, (min(idle) - self._clock.now()).total_seconds()))

    async def stop(self, names: tuple[str, ...] | None = None) -> None:
        """End the looks at these clusters, or all of them."""
        ended = [task for name, task in self._tasks.items() if names is None or name in names]
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        self._tasks = {name: task for name, task in self._tasks.items() if task not in ended}

    def _begin(self, name: str, look: OwnerLooker, order: ClusterOrder) -> None:
        async def once() -> bool:
            try:
                return await look(order)
            except Fenced:
                raise
            except SeatrialError:
                return False  # a cluster that cannot be reached is looked at again

        task = asyncio.create_task(once(), name=f"look at {name}")
        task.add_done_callback(lambda _: self._wake())
        self._tasks[name] = task
