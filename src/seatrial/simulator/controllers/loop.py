"""Runs a cluster's reconcilers: what changed goes into a queue, the queue empties on the clock's events.

One subscription serves all of them. Nothing polls: a cluster in which nothing changes has no timer
but those that a reconciler asked for (the next CronJob, a progress deadline).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Protocol

from seatrial.clock.simulated import Timer
from seatrial.cluster.objects import Obj
from seatrial.errors import SeatrialError
from seatrial.simulator.controllers.plane import Plane
from seatrial.simulator.store import Event, EventType, ResourceKey, decode

_log = logging.getLogger(__name__)

Key = tuple[str, str]
"""Namespace and name of the object to look at; the namespace is empty for cluster-wide ones."""

LATENCY = 0.02  # seconds from a change to the controllers' look at it
_BATCH = 256  # keys handled before other things of the same moment get their turn
_RETRIES = 15  # as in kube-controller-manager; after that only a new change helps
_FIRST_RETRY = 0.1
_LAST_RETRY = 60.0


class Change:
    """A store event with its objects decoded once, and only if somebody looks. Shared: do not change."""

    def __init__(
        self,
        type_: EventType,
        key: ResourceKey,
        body: bytes,
        previous: bytes | None,
        *,
        initial: bool = False,
    ) -> None:
        self.type = type_
        self.key = key
        self.initial = initial  # it was there when the controllers started
        self._body = body
        self._previous = previous

    @cached_property
    def obj(self) -> Obj:
        return decode(self._body)

    @cached_property
    def before(self) -> Obj | None:
        return decode(self._previous) if self._previous is not None else None

    @property
    def added(self) -> bool:
        return self.type == "ADDED"

    @property
    def deleted(self) -> bool:
        return self.type == "DELETED"

    @property
    def states(self) -> tuple[Obj, ...]:
        """The object now and, if it was modified, before: whom it concerns may have changed."""
        return (self.obj,) if self.before is None or self.deleted else (self.obj, self.before)


class Reconciler(Protocol):
    """One controller's logic."""

    @property
    def watches(self) -> Sequence[ResourceKey] | None:
        """The resources whose changes it is told of; None for all."""

    def concerns(self, change: Change) -> Iterable[Key]:
        """Which keys need a look because of this change."""

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Move one object towards what it should be; seconds until it needs another look by itself."""


class ControlLoop:
    """`hooks.Controller` that runs all reconcilers of one cluster, in the order given."""

    def __init__(self, plane: Plane, reconcilers: Sequence[Reconciler]) -> None:
        self._plane = plane
        self._reconcilers = tuple(reconcilers)
        self._watchers: dict[ResourceKey, tuple[int, ...]] = {}
        self._queue: dict[tuple[int, Key], None] = {}
        self._later: dict[tuple[int, Key], Timer] = {}
        self._failures: dict[tuple[int, Key], int] = {}
        self._tick: Timer | None = None
        self._started = False

    def start(self) -> None:
        """Subscribe, then look at everything that is there already."""
        self._started = True
        self._stop_listening = self._plane.store.subscribe(self._heard)
        for key in self._plane.store.stored_keys():
            for record in list(self._plane.store.records(key)):
                self._dispatch(Change("ADDED", key, record.body, None, initial=True))

    def stop(self) -> None:
        if not self._started:
            return
        self._started = False
        self._stop_listening()
        for timer in (self._tick, *self._later.values()):
            if timer is not None:
                timer.cancel()
        self._tick = None
        self._later.clear()
        self._queue.clear()
        self._failures.clear()

    @property
    def idle(self) -> bool:
        """Nothing to do now (things may be due later)."""
        return not self._queue

    def _heard(self, event: Event) -> None:
        self._dispatch(Change(event.type, event.key, event.body, event.previous))

    def _watchers_of(self, key: ResourceKey) -> tuple[int, ...]:
        found = self._watchers.get(key)
        if found is None:
            numbered = enumerate(self._reconcilers)
            found = tuple(n for n, r in numbered if r.watches is None or key in r.watches)
            self._watchers[key] = found
        return found

    def _dispatch(self, change: Change) -> None:
        for number in self._watchers_of(change.key):
            try:
                keys = tuple(self._reconcilers[number].concerns(change))
            except Exception:
                self._log_bug(number, "a change of", change.key, change.obj["metadata"].get("name"))
                continue
            for key in keys:
                self._failures.pop((number, key), None)
                self._enqueue((number, key))

    def _enqueue(self, item: tuple[int, Key]) -> None:
        self._queue[item] = None
        if self._tick is None:
            self._tick = self._plane.clock.call_later(LATENCY, self._drain)

    def _drain(self) -> None:
        """Handle what was queued before this moment; what that causes comes `LATENCY` later."""
        self._tick = None
        due = list(self._queue)[:_BATCH]
        for item in due:
            del self._queue[item]
        left = bool(self._queue)
        if left:
            self._tick = self._plane.clock.call_later(0, self._drain)
        for item in due:
            if self._started:
                self._run(item)

    def _run(self, item: tuple[int, Key]) -> None:
        number, (namespace, name) = item
        timer = self._later.pop(item, None)
        if timer is not None:
            timer.cancel()
        try:
            after = self._reconcilers[number].reconcile(namespace, name)
        except SeatrialError:
            after = self._retry_after(item)
        except Exception:
            # One object that no API server would have let in must not end the whole simulation.
            self._log_bug(number, namespace, name)
            after = None
        else:
            self._failures.pop(item, None)
        if after is not None:
            self._later[item] = self._plane.clock.call_later(after, lambda: self._due(item))

    def _log_bug(self, number: int, *what: object) -> None:
        controller = type(self._reconcilers[number]).__name__
        _log.exception("controller %s could not handle %s", controller, " ".join(map(str, what)))

    def _due(self, item: tuple[int, Key]) -> None:
        self._later.pop(item, None)
        self._enqueue(item)

    def _retry_after(self, item: tuple[int, Key]) -> float | None:
        failures = self._failures[item] = self._failures.get(item, 0) + 1
        if failures > _RETRIES:
            return None
        return min(_LAST_RETRY, _FIRST_RETRY * 2.0 ** (failures - 1))
