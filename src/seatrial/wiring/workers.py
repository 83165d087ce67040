"""What a worker needs for live clusters: the shared state, the jobs, and how clusters are reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

from seatrial.clock import Clock
from seatrial.errors import SeatrialError
from seatrial.rollout_runs.orders import ClusterOutside, ClusterWaits
from seatrial.rollout_runs.stop import FleetStop
from seatrial.rollout_runs.upgrades import ClusterUpgrades
from seatrial.store import StateAway, Store
from seatrial.store.location import PostgresAddress
from seatrial.store.patient import Outage, PatientStore
from seatrial.store.postgres import open_postgres
from seatrial.wiring.rollouts import cluster_observer, cluster_preparer
from seatrial.workers.deferring import DeferredUpgrades
from seatrial.workers.jobs import Workplace, carry_out_order, drive_rollout
from seatrial.workers.queue import JobKind, JobQueue
from seatrial.workers.worker import Worker

_ROLLOUTS_AT_ONCE = 100  # each mostly waits
_TRY_AGAIN = 3.0  # seconds, while the database is away at the start


async def run_worker(
    address: PostgresAddress,
    *,
    kubeconfig: Path | None,
    clock: Clock,
    environment: Mapping[str, str],
    name: str,
    folder: Path,
    clusters: int,
    say: Callable[[str], None],
    beside: Callable[[Store], AbstractAsyncContextManager[None]],
) -> None:
    """Work until cancelled; a database that is away, also at the start, is waited for.

    `beside` is open as long as there is work; it gets the state as it is, which does not wait.
    """
    outage = Outage(clock, say)
    store, queue = await _opened(address, clock, outage)
    try:
        patient = PatientStore(store, clock, outage)
        place = Workplace(patient, clock, name, folder)
        preparer = cluster_preparer(kubeconfig, clock, environment, patient, handoffs=folder / "handoffs")
        stop = FleetStop(folder, patient)
        upgrades = ClusterUpgrades(patient, clock, name, preparer, preparer.lease, stop, preparer.free)
        observer = cluster_observer(kubeconfig, clock, environment, patient)

        async def rollout(subject: str) -> None:
            starter = DeferredUpgrades(patient, partial(queue.ensure, JobKind.CLUSTER), clock)
            await drive_rollout(subject, place, starter, observer, upgrades.look)

        async def cluster(subject: str) -> None:
            result = await carry_out_order(subject, place, upgrades)
            if isinstance(result, ClusterWaits):
                say(f"cluster {subject}: waiting for {result.owner}")
            elif isinstance(result, ClusterOutside):
                say(f"cluster {subject}: its plan is not what was approved")
            elif result is not None:
                detail = f": {result.detail}" if result.detail else ""
                say(f"cluster {subject}: {result.outcome}{detail}")

        say(f"{name} takes part at {address.shown}, with up to {clusters} clusters at a time.")
        worker = Worker(
            queue,
            patient,
            clock,
            performers={JobKind.ROLLOUT: rollout, JobKind.CLUSTER: cluster},
            at_once={JobKind.ROLLOUT: _ROLLOUTS_AT_ONCE, JobKind.CLUSTER: clusters},
            outage=outage,
            say=say,
        )
        async with beside(store):
            await worker.run()
    finally:
        await queue.close()
        await store.close()


async def open_queue(address: PostgresAddress) -> JobQueue:
    """The jobs beside the state, their tables made where they are missing."""
    queue = JobQueue(address)
    try:
        await queue.prepare()
    except SeatrialError:
        await queue.close()
        raise
    return queue


async def _opened(address: PostgresAddress, clock: Clock, outage: Outage) -> tuple[Store, JobQueue]:
    while True:
        try:
            store = await open_postgres(address)
            try:
                queue = await open_queue(address)
            except BaseException:
                await store.close()
                raise
        except StateAway as error:
            outage.failed(error)
            await clock.sleep(_TRY_AGAIN)
        else:
            outage.answered()
            return store, queue
