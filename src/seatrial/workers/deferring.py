"""Starts clusters by handing them to whichever worker is free, and hears how they ended."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Protocol

from seatrial.clock import Clock
from seatrial.rollout_runs.orders import ClusterEnd, ClusterOrder
from seatrial.store import StateAway, Store, StreamKind
from seatrial.workers.orders import answer_of, place

_LOOK_EVERY = 1.0  # seconds between looks for answers
_ENSURE_EVERY = 10  # looks between two checks that each order still has a job


class EnsureJob(Protocol):
    async def __call__(self, run_id: str) -> None:
        """Have a worker carry out the order; may be asked again at any time. May raise `StateAway`."""


class DeferredUpgrades:
    """`ClusterStarter` over orders and jobs; one look serves all clusters that it waits for."""

    def __init__(self, store: Store, ensure: EnsureJob, clock: Clock) -> None:
        self._store = store
        self._ensure = ensure
        self._clock = clock
        self._waiting: dict[str, asyncio.Future[ClusterEnd]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def __call__(self, order: ClusterOrder) -> ClusterEnd:
        name = await place(self._store, order, self._clock)
        found = await answer_of(self._store, name)
        if found is not None:
            return found
        await self._have_it_done(name)
        self._waiting[name] = asyncio.get_running_loop().create_future()
        try:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look(order.rollout), name="look for answers")
            return await self._waiting[name]
        finally:
            del self._waiting[name]
            if not self._waiting and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _look(self, rollout: str) -> None:
        looks = 0
        try:
            while True:
                await self._clock.sleep(_LOOK_EVERY)
                looks += 1
                await self._take_answers(rollout, ensure=looks % _ENSURE_EVERY == 0)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(error)

    async def _take_answers(self, rollout: str, *, ensure: bool) -> None:
        asked = list(self._waiting)  # whoever comes while we look is not in what we see
        unanswered = await self._store.streams(kind=StreamKind.CLUSTER_ORDER, parent=rollout, state="")
        open_ones = {stream.id for stream in unanswered}
        for run_id in asked:
            if run_id in open_ones:
                if ensure:
                    await self._have_it_done(run_id)
                continue
            result = await answer_of(self._store, run_id)
            waiting = self._waiting.get(run_id)
            if result is not None and waiting is not None and not waiting.done():
                waiting.set_result(result)

    async def _have_it_done(self, run_id: str) -> None:
        with suppress(StateAway):  # asked again with one of the next looks
            await self._ensure(run_id)
