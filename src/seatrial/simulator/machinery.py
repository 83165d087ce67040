"""What every verb works on: the store, what is served, the time, and repeatable names and uids."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from seatrial.clock import SimulatedClock
from seatrial.simulator.definitions import Definitions
from seatrial.simulator.status import ApiError
from seatrial.simulator.store import ObjectStore, ResourceKey
from seatrial.simulator.surface import Served, Surface


class Machinery:
    """`surface` is asked each time, since an upgrade replaces it; `seed` makes names and uids repeatable."""

    def __init__(
        self, store: ObjectStore, clock: SimulatedClock, surface: Callable[[], Surface], *, seed: str
    ) -> None:
        self.store = store
        self.surface = surface
        self.definitions = Definitions(store, surface)
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - names, not secrets

    def served(self, key: ResourceKey, api_version: str = "") -> Served:
        """The version to read or write in, by default the storage version; 404 as for an unknown path."""
        surface = self.surface()
        found = surface.version_of(key, api_version) if api_version else surface.storage(key)
        if found is None:
            raise ApiError(404, "the server could not find the requested resource")
        return found

    def instant(self) -> datetime:
        return self._clock.now()

    def now(self) -> str:
        """The clock's time as objects write it."""
        return self.later(0)

    def later(self, seconds: float) -> str:
        moment = self._clock.now() + timedelta(seconds=seconds)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def new_uid(self) -> str:
        """One that nothing here has: a twin is filled with objects whose uids came from an equal seed."""
        while self.store.by_uid(uid := str(uuid.UUID(int=self._random.getrandbits(128), version=4))):
            pass
        return uid

    def generate_name(self, prefix: str) -> str:
        return prefix + "".join(self._random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
