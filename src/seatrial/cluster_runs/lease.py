"""One writer at a time on a cluster, whoever started it: a Lease in it, the only state that we keep there.

Whether a holder is alive is judged by what the API server shows: as long as the Lease's resource version
moves, somebody renews it. No clocks are compared. A Lease that did not move for its whole duration, by
our own count of seconds, is stale; it is taken over only after `leftovers` looked at what its holder left.
Two processes never both succeed: every write names the resource version that it replaces.

It may be kept in another namespace, where that is what one is granted. Two writers who were told different
ones would miss each other, so whoever has acquired it looks for one elsewhere, and lets go if it is in use.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from seatrial.clock import Clock
from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.errors import BadInput, Conflict, Forbidden, NotFound, SeatrialError, TemporaryError

LEASES = GroupVersionResource("coordination.k8s.io", "v1", "leases")
NAME = "seatrial"
NAMESPACE = "kube-system"
NAMESPACE_VARIABLE = "SEATRIAL_LEASE_NAMESPACE"
"""Names another namespace, for everybody who upgrades the cluster."""
RUN, WORKER, SINCE, LEFT = (f"seatrial.dev/{key}" for key in ("run", "worker", "since", "left"))
"""Annotations: the run, who carries it out, since when, and what of it is still to be put back (JSON)."""
_DURATION = 60.0  # seconds without a renewal after which a Lease is stale
_RENEW_EVERY = 15.0
_LOOK_EVERY = 5.0


class LeaseApi(Protocol):
    """`seatrial.kube.WriteClient` and its reader, on one connection."""

    async def get(self, gvr: GroupVersionResource, name: str, namespace: str = "") -> Obj: ...

    async def create(self, gvr: GroupVersionResource, obj: Obj, namespace: str = "") -> Obj: ...

    async def replace(self, gvr: GroupVersionResource, obj: Obj) -> Obj: ...

    async def everywhere(self, gvr: GroupVersionResource, name: str) -> list[Obj]:
        """Those of this name in every namespace."""


class LeaseHeld(Conflict):
    """Another writer is at work on the cluster."""

    since: datetime | None = None
    """When that one took the Lease, by the holder's own clock."""


class LeaseLost(Conflict):
    """Another writer has taken over, or the cluster did not answer for too long: nothing new is begun."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who held a Lease, and what they noted there."""

    worker: str
    run: str
    since: str
    left: str = ""

    @classmethod
    def of(cls, lease: Obj) -> Holder:
        spec, said = lease.get("spec") or {}, (lease.get("metadata") or {}).get("annotations") or {}
        worker = str(spec.get("holderIdentity") or said.get(WORKER) or "somebody")
        return cls(worker, str(said.get(RUN, "")), str(said.get(SINCE, "")), str(said.get(LEFT, "")))

    def __str__(self) -> str:
        what = f" with run {self.run}" if self.run else ""
        return f"{self.worker}{what}" + (f", since {self.since}" if self.since else "")


Leftovers = Callable[[Holder], Awaitable[None]]
"""Looks at what a dead holder left, and puts it back; raises when a person has to do it."""


@dataclass(slots=True)
class ClusterLease:
    """One run's right to change the cluster."""

    api: LeaseApi
    clock: Clock
    run: str
    worker: str
    leftovers: Leftovers
    namespace: str = NAMESPACE
    _lease: Obj = field(default_factory=dict, init=False)
    _renewed: float = field(default=0.0, init=False)
    _left: str = field(default="", init=False)
    _lost: str = field(default="", init=False)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[ClusterLease]:
        """Acquire, renew meanwhile, release at the end; raise `LeaseHeld` when another writer is at work."""
        await self._acquire()
        try:
            await self._refuse_elsewhere()
        except BaseException:
            await asyncio.shield(self._release())
            raise
        renewing = asyncio.ensure_future(self._renew())
        try:
            yield self
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            await asyncio.shield(self._release())

    async def confirm(self) -> None:
        """Before each new step: prove by a write that it is ours; raise `LeaseLost` when it is not.

        A cluster that does not answer is borne with until the Lease would be stale.
        """
        with suppress(TemporaryError):
            await self._write(holder=self.worker)
        self._check()

    def _check(self) -> None:
        if not self._lost and self.clock.monotonic() - self._renewed > _DURATION:
            self._lost = f"it could not be renewed for {_DURATION:.0f} seconds"
        if self._lost:
            raise LeaseLost(
                f"the Lease {self.namespace}/{NAME} is lost: {self._lost}. Nothing new was begun.",
                next_step="Look who works on the cluster; the same command goes on once they are done.",
            )

    async def note_left(self, left: str) -> None:
        """Keep in the cluster what has to be put back, before it is changed; JSON, empty for nothing."""
        if left == self._left:
            return
        self._left = left
        await self._write(holder=self.worker)
        self._check()

    async def _acquire(self) -> None:
        seen, unmoved_since = "", self.clock.monotonic()
        while True:
            try:
                found = await self.api.get(LEASES, NAME, self.namespace)
            except NotFound:
                try:
                    if await self._try(self.api.create(LEASES, self._new(), self.namespace)):
                        return
                except NotFound:
                    raise _no_namespace(self.namespace) from None
                continue
            except Forbidden as error:
                raise _forbidden(error, self.namespace) from error
            holder = Holder.of(found)
            identity = (found.get("spec") or {}).get("holderIdentity") or ""
            if not identity or holder.run == self.run:
                # free, or an earlier process of this very run: the store's fence has ended that one
                if holder.left and holder.run != self.run:
                    raise _unfinished(holder, self.namespace)
                if holder.run == self.run:
                    self._left = holder.left
                if await self._try(self.api.replace(LEASES, self._taken(found))):
                    return
                continue
            version = str(found["metadata"].get("resourceVersion") or "")
            now = self.clock.monotonic()
            if seen and version != seen:
                raise _at_work(holder, self.namespace)
            if not seen:
                seen, unmoved_since = version, now
            patience = float((found.get("spec") or {}).get("leaseDurationSeconds") or _DURATION)
            if now - unmoved_since > patience:
                await self.leftovers(holder)
                if await self._try(self.api.replace(LEASES, self._taken(found))):
                    return
                seen = ""
                continue
            await self.clock.sleep(_LOOK_EVERY)

    async def _refuse_elsewhere(self) -> None:
        """Raise `LeaseHeld` for a Lease in another namespace that is held, or says what is to be put back."""
        try:
            found = await self.api.everywhere(LEASES, NAME)
        except Forbidden:
            found = await self._usual()
        for lease in found:
            namespace = str(lease["metadata"].get("namespace") or "")
            holder = Holder.of(lease)
            used = bool((lease.get("spec") or {}).get("holderIdentity")) or bool(holder.left)
            if used and namespace != self.namespace and holder.run != self.run:
                raise _elsewhere(holder, namespace, self.namespace)

    async def _usual(self) -> list[Obj]:
        """At least the one where most have it, for whoever may not list them all."""
        try:
            return [await self.api.get(LEASES, NAME, NAMESPACE)]
        except (Forbidden, NotFound):
            return []

    async def _renew(self) -> None:
        while not self._lost:
            await self.clock.sleep(_RENEW_EVERY)
            try:
                await self._write(holder=self.worker)
            except SeatrialError:
                continue  # `confirm` sees how long ago the last one was

    async def _release(self) -> None:
        if self._lost:
            return
        try:
            await self._write(holder="")
        except SeatrialError:
            return  # it goes stale by itself

    async def _write(self, *, holder: str) -> None:
        async with self._writing:
            if self._lost:
                return
            wanted = self._with(self._lease, holder)
            try:
                self._lease = await self.api.replace(LEASES, wanted)
            except (Conflict, NotFound):
                await self._look_again(wanted, holder)
            self._renewed = self.clock.monotonic()

    async def _look_again(self, wanted: Obj, holder: str) -> None:
        """Our answer may have been lost on the way, or somebody labelled it; a foreign holder ends it."""
        try:
            found = await self.api.get(LEASES, NAME, self.namespace)
        except NotFound:
            self._lease = await self.api.create(LEASES, self._new(), self.namespace)
            return
        now = Holder.of(found)
        last = ((found.get("metadata") or {}).get("annotations") or {}).get(WORKER)
        if (now.run, last) != (self.run, self.worker):
            self._lost = f"{now} holds it now"
            return
        self._lease = await self.api.replace(LEASES, self._with(found, holder))

    async def _try(self, write: Awaitable[Obj]) -> bool:
        try:
            self._lease = await write
        except Forbidden as error:
            raise _forbidden(error, self.namespace) from error
        except Conflict:
            return False
        self._renewed = self.clock.monotonic()
        return True

    def _new(self) -> Obj:
        bare: Obj = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": NAME, "namespace": self.namespace},
        }
        return self._taken(bare)

    def _taken(self, lease: Obj) -> Obj:
        spec = lease.get("spec") or {}
        turns = int(spec.get("leaseTransitions") or 0) + bool(spec)
        now = _micro_time(self.clock.now())
        taken = {**lease, "spec": {**spec, "acquireTime": now, "leaseTransitions": turns}}
        annotations = {**((lease.get("metadata") or {}).get("annotations") or {}), SINCE: now}
        return self._with(
            {**taken, "metadata": {**lease["metadata"], "annotations": annotations}}, self.worker
        )

    def _with(self, lease: Obj, holder: str) -> Obj:
        """The Lease as we want it now; what others wrote into it stays."""
        metadata: dict[str, Any] = dict(lease["metadata"])
        annotations = dict(metadata.get("annotations") or {})
        annotations |= {RUN: self.run, WORKER: self.worker, LEFT: self._left}
        if not self._left:
            del annotations[LEFT]
        metadata["annotations"] = annotations
        spec = {
            **(lease.get("spec") or {}),
            "holderIdentity": holder,
            "leaseDurationSeconds": int(_DURATION),
            "renewTime": _micro_time(self.clock.now()),
        }
        return {**lease, "metadata": metadata, "spec": spec}


def _at_work(holder: Holder, namespace: str) -> LeaseHeld:
    return _since(
        holder,
        f"{holder} is at work on this cluster.",
        where=f"Lease {namespace}/{NAME}",
        next_step="Wait for it to end, or stop it where it runs.",
    )


def _unfinished(holder: Holder, namespace: str) -> LeaseHeld:
    """It ended in order, but waits or is stuck: what it holds is part of what it means to go on with."""
    return _since(
        holder,
        f"run {holder.run} of {holder.worker} is not finished here and holds something back.",
        where=f"Lease {namespace}/{NAME}",
        next_step="Go on with it or cancel it where it was started. If that state is lost: see annotation"
        f" {LEFT} of the Lease for what to put back, then delete the Lease.",
    )


def _elsewhere(holder: Holder, namespace: str, ours: str) -> LeaseHeld:
    return _since(
        holder,
        f"{holder} keeps the Lease of this cluster in namespace {namespace}, not in {ours}.",
        where=f"Lease {namespace}/{NAME}",
        next_step=f"Give all who upgrade this cluster the same {NAMESPACE_VARIABLE}. If nobody is at work"
        f" there: see annotation {LEFT} for what to put back, then delete that Lease.",
    )


def _since(holder: Holder, what: str, *, where: str, next_step: str) -> LeaseHeld:
    held = LeaseHeld(what, where=where, next_step=next_step)
    with suppress(ValueError):
        held.since = datetime.fromisoformat(holder.since).astimezone(UTC)
    return held


def _no_namespace(namespace: str) -> BadInput:
    return BadInput(
        f"there is no namespace {namespace} for the Lease that keeps two writers apart.",
        next_step=f"Make it, or correct {NAMESPACE_VARIABLE}.",
    )


def _micro_time(now: datetime) -> str:
    """As the API's MicroTime is written."""
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _forbidden(error: Forbidden, namespace: str) -> Forbidden:
    return Forbidden(
        f"the Lease that keeps two writers apart may not be used: {error.what}",
        where=f"Lease {namespace}/{NAME}",
        next_step=f"Grant get, create and update on leases.coordination.k8s.io in {namespace}.",
    )
