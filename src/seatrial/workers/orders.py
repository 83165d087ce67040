"""A cluster's turn in a rollout as a stream of its own: what is asked, and once it is over, the answer.

The rollout's process writes the order, whichever worker takes it claims the stream and writes the one
entry that ends it. So of two workers that believe they have it, only the later one can answer.
"""

from __future__ import annotations

import msgspec

from seatrial.clock import Clock
from seatrial.errors import BadFormat, Conflict, NewerFormat
from seatrial.rollout.events import Outcome
from seatrial.rollout_runs.orders import ClusterOrder, ClusterResult
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


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    outcome: Outcome
    detail: str = ""
    step: str = ""
    undo: tuple[str, ...] = ()


async def place(store: Store, order: ClusterOrder, clock: Clock) -> None:
    """Write the order down; the same one again changes nothing."""
    placed = PlacedOrder(
        rollout=order.rollout,
        cluster=order.target.cluster,
        run_id=order.run_id,
        attempt=order.attempt,
        revision=order.revision,
    )
    try:
        await store.create(
            NewStream(
                id=order.run_id,
                kind=StreamKind.CLUSTER_ORDER,
                created_at=clock.now(),
                subject=order.target.cluster,
                parent=order.rollout,
                document=msgspec.json.encode(placed),
            )
        )
    except Conflict:
        if read_order((await store.stream(order.run_id)).document, order.run_id) != placed:
            raise


async def answer_of(store: Store, run_id: str) -> ClusterResult | None:
    """How it ended; None while it is under way."""
    for entry in await store.events(run_id):
        if entry.format > ORDER_FORMAT:
            raise NewerFormat("cluster order", entry.format, ORDER_FORMAT, where=run_id)
        try:
            said = msgspec.json.decode(entry.event, type=_Answer)
        except msgspec.MsgspecError as error:
            raise BadFormat(f"its answer cannot be read: {error}.", where=run_id) from None
        return ClusterResult(said.outcome, said.detail, said.step, said.undo)
    return None


async def write_answer(store: Store, run_id: str, fence: int, result: ClusterResult) -> None:
    """Raise `Fenced` when another worker has the order by now."""
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
