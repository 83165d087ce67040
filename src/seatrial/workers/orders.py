"""A cluster's turn in a rollout as a stream of its own: what is asked, and once it is over, the answer.

The rollout's process writes the order, whichever worker takes it claims the stream and writes the one
entry that ends it. So of two workers that believe they have it, only the later one can answer.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from seatrial.clock import Clock
from seatrial.errors import BadFormat, Conflict, NewerFormat
from seatrial.rollout.events import Outcome
from seatrial.rollout_runs.orders import ClusterEnd, ClusterOrder, ClusterOutside, ClusterResult, ClusterWaits
from seatrial.store import NewStream, Store, StreamKind

ORDER_FORMAT = 1
ANSWERED = "answered"
"""The stream's state once the result is there; empty before."""


class PlacedOrder(msgspec.Struct, frozen=True, rename="camel"):
    """What is kept of a `ClusterOrder`: the rest is in the rollout's document."""

    rollout: str
    cluster: str
    run_id: str
    attempt: int
    revision: str
    format: int = ORDER_FORMAT
    turn: int = 0
    accepted: tuple[str, ...] = ()
    rehearse: bool = False
    give_up: bool = False


class _Wait(msgspec.Struct, frozen=True):
    owner: str
    what: str
    since: datetime


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    outcome: Outcome
    detail: str = ""
    step: str = ""
    undo: tuple[str, ...] = ()
    waits: _Wait | None = None
    """The run is parked; the outcome then means nothing."""
    outside: tuple[str, ...] = ()
    """The plan is not what was approved; the outcome then means nothing."""


def order_id(run_id: str, turn: int) -> str:
    """A run that was parked and goes on is asked for anew."""
    return f"{run_id}~{turn}" if turn else run_id


async def place(store: Store, order: ClusterOrder, clock: Clock) -> str:
    """Write the order down and return its id; the same one again changes nothing."""
    name = order_id(order.run_id, order.turn)
    placed = PlacedOrder(
        rollout=order.rollout,
        cluster=order.target.cluster,
        run_id=order.run_id,
        attempt=order.attempt,
        revision=order.revision,
        turn=order.turn,
        accepted=tuple(sorted(order.accepted)),
        rehearse=order.rehearse,
        give_up=order.give_up,
    )
    try:
        await store.create(
            NewStream(
                id=name,
                kind=StreamKind.CLUSTER_ORDER,
                created_at=clock.now(),
                subject=order.target.cluster,
                parent=order.rollout,
                document=msgspec.json.encode(placed),
            )
        )
    except Conflict:
        found = read_order((await store.stream(name)).document, name)
        if (found.rollout, found.cluster, found.run_id) != (placed.rollout, placed.cluster, placed.run_id):
            raise  # else what was asked first stands, whatever people decided since
    return name


async def answer_of(store: Store, run_id: str) -> ClusterEnd | None:
    """How it ended; None while it is under way."""
    for entry in await store.events(run_id):
        if entry.format > ORDER_FORMAT:
            raise NewerFormat("cluster order", entry.format, ORDER_FORMAT, where=run_id)
        try:
            said = msgspec.json.decode(entry.event, type=_Answer)
        except msgspec.MsgspecError as error:
            raise BadFormat(f"its answer cannot be read: {error}.", where=run_id) from None
        if said.waits is not None:
            return ClusterWaits(said.waits.owner, said.waits.what, said.waits.since)
        if said.outside:
            return ClusterOutside(said.outside)
        return ClusterResult(said.outcome, said.detail, said.step, said.undo)
    return None


async def write_answer(store: Store, run_id: str, fence: int, result: ClusterEnd) -> None:
    """Raise `Fenced` when another worker has the order by now."""
    match result:
        case ClusterWaits(owner, what, since):
            said = _Answer(outcome=Outcome.BLOCKED, waits=_Wait(owner, what, since))
        case ClusterOutside(differences):
            said = _Answer(outcome=Outcome.BLOCKED, outside=differences)
        case ClusterResult():
            said = _Answer(outcome=result.outcome, detail=result.detail, step=result.step, undo=result.undo)
    await store.append(
        run_id, fence, [msgspec.json.encode(said)], expected_seq=0, format=ORDER_FORMAT, state=ANSWERED
    )


def read_order(document: bytes, run_id: str) -> PlacedOrder:
    try:
        placed = msgspec.json.decode(document, type=PlacedOrder)
    except msgspec.MsgspecError as error:
        raise BadFormat(f"this order cannot be read: {error}.", where=run_id) from None
    if placed.format > ORDER_FORMAT:
        raise NewerFormat("cluster order", placed.format, ORDER_FORMAT, where=run_id)
    return placed
