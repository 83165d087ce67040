"""What a worker does with a job: drive a rollout, or carry out one cluster's turn in it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from seatrial.clock import Clock
from seatrial.errors import SeatrialError
from seatrial.rollout.document import Rollout, decode_rollout
from seatrial.rollout.envelope import differences
from seatrial.rollout.events import Outcome
from seatrial.rollout.status import ClusterProgress
from seatrial.rollout_runs.inputs import check_inputs, target_in
from seatrial.rollout_runs.journal import open_rollout
from seatrial.rollout_runs.orders import (
    ClusterEnd,
    ClusterOrder,
    ClusterResult,
    ClusterStarter,
    HealthObserver,
    OwnerLooker,
)
from seatrial.rollout_runs.run import RolloutRun
from seatrial.rollout_runs.stop import FleetStop
from seatrial.store import STATE_FAILURES, Store, StreamKind
from seatrial.workers.charts import fetch_charts
from seatrial.workers.orders import ANSWERED, PlacedOrder, read_order, write_answer

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Workplace:
    """What both kinds of jobs are done with."""

    store: Store
    clock: Clock
    worker: str
    """This process, for whoever finds it in its way."""
    folder: Path
    """On this machine: charts, and a file STOP that stops this worker."""

    @property
    def inputs(self) -> Path:
        return self.folder / "inputs"


async def drive_rollout(
    rollout_id: str,
    place: Workplace,
    starter: ClusterStarter,
    observer: HealthObserver,
    looker: OwnerLooker | None = None,
) -> None:
    """Drive it to its end; raise `Fenced` when another worker takes over."""
    journal = await open_rollout(place.store, rollout_id)
    if journal.state.finished:
        return
    for cluster in journal.rollout.clusters:
        await fetch_charts(place.store, cluster, place.inputs)
    await RolloutRun(
        journal,
        clock=place.clock,
        worker=place.worker,
        start_cluster=starter,
        observe_cluster=observer,
        look_at_owner=looker,
        stop=FleetStop(place.folder, place.store),
        inputs=place.inputs,
    ).run()


async def carry_out_order(run_id: str, place: Workplace, starter: ClusterStarter) -> ClusterEnd | None:
    """Run the cluster to its end and answer; None when the order has its answer already.

    Raise `Fenced` when another worker has taken the order over. Whatever else goes wrong is the answer:
    it stays with this cluster.
    """
    stream = await place.store.stream(run_id)
    if stream.state == ANSWERED:
        return None
    fence = await place.store.claim(run_id, place.worker)
    placed = read_order(stream.document, run_id)
    rollout = decode_rollout((await place.store.stream(placed.rollout)).document, where=placed.rollout)
    try:
        result: ClusterEnd = await _upgrade(placed, rollout, place, starter)
    except STATE_FAILURES:
        raise
    except SeatrialError as error:
        result = ClusterResult(Outcome.FAILED, str(error))
    except Exception as error:
        _log.debug("order %s", run_id, exc_info=True)
        result = ClusterResult(Outcome.FAILED, f"Seatrial has a bug: {type(error).__name__}.")
    await write_answer(place.store, run_id, fence, result)
    return result


async def _upgrade(
    placed: PlacedOrder, rollout: Rollout, place: Workplace, starter: ClusterStarter
) -> ClusterEnd:
    cluster = rollout.cluster(placed.cluster)
    await fetch_charts(place.store, cluster, place.inputs)
    if not await _begun(placed, place.store):
        try:
            check_inputs(cluster, place.inputs)
        except SeatrialError as error:
            return ClusterResult(Outcome.BLOCKED, str(error))
    return await starter(
        ClusterOrder(
            rollout=rollout.id,
            run_id=placed.run_id,
            attempt=placed.attempt,
            target=target_in(cluster, place.inputs),
            revision=placed.revision,
            fixes=rollout.fixes,
            by=rollout.created_by,
            report=_report_nothing,
            outside=lambda plan: tuple(
                each for each in differences(rollout, placed.cluster, plan) if each not in placed.accepted
            ),
            accepted=frozenset(placed.accepted),
            rehearse=placed.rehearse,
            turn=placed.turn,
            give_up=placed.give_up,
            believed=cluster.version if placed.attempt == 1 else "",
        )
    )


async def _begun(placed: PlacedOrder, store: Store) -> bool:
    """Whether a worker before this one began to change the cluster."""
    runs = await store.streams(kind=StreamKind.CLUSTER_RUN, parent=placed.rollout, subject=placed.cluster)
    return any(run.id.startswith(f"{placed.run_id}.") for run in runs)


def _report_nothing(progress: ClusterProgress) -> None:
    """Whoever asks for the progress reads it from the run's journal."""
