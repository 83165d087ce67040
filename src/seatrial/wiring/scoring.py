"""Keeps predictions beside the journals of runs, and reads both for the score."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime

from seatrial.accuracy import Outcome, Prediction, outcome_of, read_prediction, write_prediction
from seatrial.cluster_runs import read_journal
from seatrial.errors import Conflict
from seatrial.plan import read_plan
from seatrial.store import NewStream, Store, StreamKind


async def keep_prediction(store: Store, prediction: Prediction) -> None:
    """Keeping the same one again changes nothing."""
    document = write_prediction(prediction)
    with suppress(Conflict):
        await store.create(
            NewStream(
                id=f"prediction-{hashlib.sha256(document).hexdigest()[:24]}",
                kind=StreamKind.PREDICTION,
                created_at=prediction.made_at,
                subject=prediction.cluster,
                plan_digest=prediction.plan_digest,
                document=document,
            )
        )


async def predictions_in(store: Store, *, since: datetime | None = None) -> tuple[Prediction, ...]:
    streams = await store.streams(kind=StreamKind.PREDICTION)
    return tuple(
        read_prediction(each.document, where=each.id)
        for each in streams
        if since is None or each.created_at >= since
    )


async def outcomes_in(store: Store, *, since: datetime | None = None) -> tuple[Outcome, ...]:
    """Of every run that ended or failed, by its own journal."""
    found = []
    for stream in await store.streams(kind=StreamKind.CLUSTER_RUN):
        if since is not None and stream.created_at < since:
            continue
        plan = read_plan(await store.plan(stream.plan_digest), where=stream.id)
        outcome = outcome_of(stream.id, plan, await read_journal(store, stream.id))
        if outcome is not None:
            found.append(outcome)
    return tuple(found)
