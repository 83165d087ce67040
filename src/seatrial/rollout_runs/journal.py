"""One rollout in the store: its document, its events, and the right to add to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from seatrial.errors import BadInput, NotFound
from seatrial.fleet.problems import did_you_mean
from seatrial.rollout.decide import decide_next
from seatrial.rollout.decisions import FinishRollout, FinishStage
from seatrial.rollout.document import Rollout, decode_rollout, digest, encode_rollout
from seatrial.rollout.events import (
    EVENT_FORMAT,
    Event,
    Request,
    RolloutFinished,
    RolloutStarted,
    StageFinished,
    decode_event,
    encode_event,
)
from seatrial.rollout.permit import check_request
from seatrial.rollout.state import RolloutState, fold
from seatrial.store import NewStream, OutOfDate, Store, StreamKind


async def create_rollout(store: Store, rollout: Rollout, *, newest: str | None = None) -> RolloutJournal:
    """Keep a new rollout; nothing starts yet.

    Raises `Overtaken` when another was made since `newest` was the newest one.
    """
    await store.create(
        NewStream(
            id=rollout.id,
            kind=StreamKind.ROLLOUT,
            created_at=rollout.created_at,
            subject=rollout.fleet,
            document=encode_rollout(rollout),
        ),
        newest=newest,
    )
    journal = RolloutJournal(store, rollout)
    await journal.claim(rollout.created_by)
    await journal.append(RolloutStarted(at=rollout.created_at, digest=digest(rollout), by=rollout.created_by))
    return journal


async def open_rollout(store: Store, rollout_id: str) -> RolloutJournal:
    """The rollout with its events read; raise `NotFound`, naming what there is."""
    known = [stream.id for stream in await store.streams(kind=StreamKind.ROLLOUT)]
    if rollout_id not in known:
        raise NotFound(
            f"there is no rollout {rollout_id!r}{did_you_mean(rollout_id, known)}",
            next_step="`seatrial rollout list` shows them."
            if known
            else "`seatrial rollout start` begins one; --state names where they are kept.",
        )
    stream = await store.stream(rollout_id)
    journal = RolloutJournal(store, decode_rollout(stream.document, where=rollout_id))
    await journal.refresh()
    return journal


async def send_request(journal: RolloutJournal, request: Request) -> None:
    """Write down what a person asks, if it makes sense now; raise `BadInput` otherwise."""
    await journal.refresh()
    check_request(journal.state, request, request.at)
    await journal.request(request)


async def settle(journal: RolloutJournal, worker: str, now: datetime) -> None:
    """Journal what follows without any cluster being touched: a stage or the rollout is finished."""
    await journal.refresh()
    while True:
        match decide_next(journal.state, now):
            case FinishStage(stage, detail):
                event: Event = StageFinished(at=now, stage=stage, detail=detail)
            case FinishRollout(succeeded, detail):
                event = RolloutFinished(at=now, succeeded=succeeded, detail=detail)
            case _:
                return
        await journal.claim(worker)
        await journal.append(event)


class RolloutJournal:
    """Reads for everybody; `append` only for who claimed it last."""

    def __init__(self, store: Store, rollout: Rollout) -> None:
        self.store = store
        self.rollout = rollout
        self.state: RolloutState = fold(rollout, ())
        self._seq = 0
        self._fence = 0

    async def refresh(self) -> None:
        """Read what others have added."""
        for entry in await self.store.events(self.rollout.id, after=self._seq):
            self.state.apply(decode_event(entry.event, where=f"{self.rollout.id}, entry {entry.seq}"))
            self._seq = entry.seq

    async def claim(self, worker: str) -> None:
        """Become the one who advances it: whoever did so before can add nothing more."""
        self._fence = await self.store.claim(self.rollout.id, worker)
        await self.refresh()

    async def append(self, *events: Event) -> bool:
        """Add events; False when somebody's request came first: decide again. Raise `Fenced`."""
        try:
            await self._append(events)
        except OutOfDate:
            await self.refresh()
            return False
        return True

    async def insist(self, *events: Event) -> None:
        """Add what has happened, whatever was requested meanwhile."""
        while not await self.append(*events):
            pass

    async def _append(self, events: Sequence[Event]) -> None:
        if not self._fence:
            raise BadInput("this rollout is open for reading only.", where=self.rollout.id)
        seq = await self.store.append(
            self.rollout.id,
            self._fence,
            [encode_event(event) for event in events],
            expected_seq=self._seq,
            format=EVENT_FORMAT,
            state="finished" if isinstance(events[-1], RolloutFinished) else "unfinished",
        )
        self._seq = seq
        for event in events:
            self.state.apply(event)

    async def request(self, request: Request) -> None:
        """Add a person's request, whoever advances the rollout."""
        await self.store.request(self.rollout.id, encode_event(request), format=EVENT_FORMAT)
        await self.refresh()
