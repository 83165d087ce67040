"""What durable state can do, whatever database holds it.

A stream is a fixed document (a rollout's snapshot of its strategy; a run needs none) and the
append-only journal of what happened to it. One worker at a time advances a stream: `claim` hands out
a fence number, and each append proves that its writer still holds the newest one. Requests of people
(pause, retry, cancel) need no fence: they are always welcome, from any process.

Events are opaque bytes here, each beside the number of its format: the packages that write them know
how to read old ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from seatrial.errors import Conflict, PermanentError, Unreachable


class Store(Protocol):
    async def save_plan(self, digest: str, document: bytes) -> None:
        """Keep a plan file under its digest; saving it again changes nothing."""

    async def plan(self, digest: str) -> bytes:
        """The plan file; raise `NotFound`."""

    async def save_input(self, digest: str, content: bytes) -> None:
        """Keep what a rollout needs besides its document, a chart; saving it again changes nothing."""

    async def input(self, digest: str) -> bytes:
        """Raise `NotFound`."""

    async def create(self, stream: NewStream, *, newest: str | None = None) -> Stream:
        """Begin a stream; raise `Conflict` when the id is taken.

        `newest` is the id of the newest stream of its kind that the caller has seen (empty for none): raise
        `Overtaken` when another was begun since, by whatever process.
        """

    async def stream(self, stream_id: str) -> Stream:
        """Raise `NotFound` for an unknown id."""

    async def streams(
        self,
        *,
        kind: StreamKind | None = None,
        parent: str | None = None,
        subject: str | None = None,
        plan_digest: str | None = None,
        state: str | None = None,
    ) -> tuple[Stream, ...]:
        """Those that match every argument given, oldest first."""

    async def claim(self, stream_id: str, worker: str) -> int:
        """Become the one who advances it: a new fence number, which outdates every older one."""

    async def append(
        self,
        stream_id: str,
        fence: int,
        events: Sequence[bytes],
        *,
        expected_seq: int,
        format: int,
        state: str | None = None,
    ) -> int:
        """Add events in one transaction and return the sequence number of the last.

        `state` is a word for lists, kept beside the stream. Raise `Fenced` when somebody claimed the
        stream since, `OutOfDate` when it has events after `expected_seq`: read those first.
        """

    async def request(self, stream_id: str, event: bytes, *, format: int) -> int:
        """Add a person's request, whoever advances the stream."""

    async def events(self, stream_id: str, *, after: int = 0) -> tuple[Entry, ...]:
        """Entries with a sequence number above `after`, in order and without a gap.

        Raise `BadFormat` naming the entry that is missing or damaged.
        """

    async def stop(self, stop: Stop) -> None:
        """Order the fleet-wide stop: nothing new starts until it is lifted."""

    async def stopped(self) -> Stop | None:
        """The stop in force, if any."""

    async def lift_stop(self, *, by: str, at: datetime) -> None:
        """Lift every stop in force; none in force is fine."""

    async def close(self) -> None: ...


class StreamKind(StrEnum):
    CLUSTER_RUN = "cluster-run"
    ROLLOUT = "rollout"
    CLUSTER_ORDER = "cluster-order"
    """One cluster's turn in a rollout, handed to whichever worker takes it."""
    PREDICTION = "prediction"
    """What a rehearsal said of a plan: a document, and a journal that stays empty."""
    FIXES = "fixes"
    """What `seatrial fix` changed on one cluster."""


@dataclass(frozen=True, slots=True)
class NewStream:
    id: str
    kind: StreamKind
    created_at: datetime
    subject: str = ""
    """The cluster or fleet that it is about."""
    parent: str = ""
    """The rollout that a cluster run belongs to."""
    plan_digest: str = ""
    document: bytes = b""
    """Fixed for ever: a rollout runs on its own snapshot of the strategy."""


@dataclass(frozen=True, slots=True)
class Stream:
    id: str
    kind: StreamKind
    created_at: datetime
    subject: str
    parent: str
    plan_digest: str
    document: bytes
    fence: int
    worker: str
    """Who claimed it last."""
    state: str
    """The word that the last append gave."""
    last_seq: int


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int
    format: int
    event: bytes


@dataclass(frozen=True, slots=True)
class Stop:
    by: str
    at: datetime
    why: str


class Fenced(Conflict):
    """Somebody else advances this stream now: stop, and write nothing more."""

    def __init__(self, stream_id: str, worker: str) -> None:
        super().__init__(
            f"{worker or 'another process'} has taken over.",
            where=stream_id,
            next_step="Nothing more was done here; look at its status with the process that runs now.",
        )


class StateAway(Unreachable):
    """The state cannot be read or written now; nothing is known to be lost: wait, then ask again."""


class StateUnusable(PermanentError):
    """The state cannot be written until a person does something: the disk is full, the file read-only."""


class OutOfDate(Conflict):
    """The stream has events that the writer has not read."""

    def __init__(self, stream_id: str, expected: int, found: int) -> None:
        super().__init__(
            f"the journal is at entry {found}, not at {expected}.",
            where=stream_id,
            next_step="Read the new entries and decide again.",
        )


class Overtaken(Conflict):
    """Another stream of the kind was begun since the caller looked: look at it, then decide again."""

    def __init__(self, newest: str) -> None:
        super().__init__(f"{newest} was begun meanwhile.", next_step="Look at it, then try again.")


STATE_FAILURES = (Fenced, StateAway, StateUnusable)
"""They say nothing about the cluster: its run is not failed but unfinished, and goes on from its journal."""


def already_exists(stream_id: str) -> Conflict:
    return Conflict("it exists already.", where=stream_id, next_step="Choose another name, or go on with it.")
