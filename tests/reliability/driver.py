"""A process that has everything imported and forks a driving process for each line that it reads.

Each life is a process of its own that runs the product's code over the real store, and really dies by
SIGKILL; only the imports, which take a second, are not made anew each time.

In: a line of JSON (`Job`). Out: "pid N", then "ended STATUS", negative for a signal.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from pathlib import Path

import aiohttp  # noqa: F401  imported once, before any fork
import msgspec
import sqlalchemy.dialects.sqlite  # noqa: F401
from tests.reliability.paced import PacedClock
from tests.reliability.points import Points, mortal

from seatrial.charts import HelmBinary
from seatrial.clock import Clock
from seatrial.cluster.constraints import SemVer
from seatrial.errors import NotFound
from seatrial.fleet.load import read_fleet
from seatrial.rollout.document import new_rollout
from seatrial.rollout.status import RolloutPhase, RolloutStatus
from seatrial.rollout_runs.driver import driving
from seatrial.rollout_runs.inputs import freeze_inputs
from seatrial.rollout_runs.journal import RolloutJournal, create_rollout, open_rollout
from seatrial.rollout_runs.run import RolloutRun
from seatrial.rollout_runs.stop import FleetStop
from seatrial.rollout_runs.upgrades import ClusterUpgrades
from seatrial.store import Store
from seatrial.store.location import PostgresAddress
from seatrial.store.postgres import open_postgres
from seatrial.store.sql import open_store
from seatrial.wiring.rollouts import LiveClusters

ROLLOUT_ID = "spring-1"
_NOT_ALONE = (RolloutPhase.PAUSED, RolloutPhase.NEEDS_APPROVAL, RolloutPhase.WAITING_FOR_CUSTOMER)
_ENDED_WELL, _ENDED_BADLY, _BROKE = 0, 2, 3


class Job(msgspec.Struct, frozen=True, kw_only=True):
    folder: str
    database: str = ""
    """URL of a PostgreSQL; SQLite in the folder without."""
    origin: float
    start: float
    pace: float
    helm: str
    helm_version: str
    die_at: str = ""
    """Label of a point."""
    machine: bool = False
    """What it has started dies with it."""


async def drive(job: Job) -> int:
    folder = Path(job.folder)
    points = Points(folder, job.die_at, machine=job.machine)
    clock = PacedClock(job.origin, job.start, job.pace)
    inner: Store
    if job.database:
        inner = await open_postgres(PostgresAddress(job.database, "postgres of the tests"))
    else:
        inner = open_store(folder / "state" / "seatrial.db")
    store = mortal(inner, points)
    worker, inputs = f"process {os.getpid()}", folder / "state" / "inputs"
    helm = HelmBinary(Path(job.helm), SemVer.parse(job.helm_version))
    clusters = LiveClusters(folder / "kubeconfig", clock, dict(os.environ), folder, store, helm)

    def heard() -> None:
        """Nobody is there to decide: a rollout that waits for a person has not ended as it should."""
        status = run.status()
        if status.phase in _NOT_ALONE:
            _tell(status)
            os._exit(_ENDED_BADLY)

    with driving(folder / "state" / "locks", ROLLOUT_ID, worker):
        run = RolloutRun(
            await _journal(store, clock, folder, inputs),
            clock=clock,
            worker=worker,
            start_cluster=ClusterUpgrades(store, clock, worker, clusters),
            observe_cluster=clusters,
            stop=FleetStop(folder / "state", store),
            inputs=inputs,
            on_change=heard,
        )
        status = await run.run()
    if status.phase is RolloutPhase.SUCCEEDED:
        return _ENDED_WELL
    _tell(status)
    return _ENDED_BADLY


async def _journal(store: Store, clock: Clock, folder: Path, inputs: Path) -> RolloutJournal:
    """As `rollout start` does when it is typed again: the unfinished one, or a new one."""
    try:
        return await open_rollout(store, ROLLOUT_ID)
    except NotFound:
        fleet = read_fleet(folder / "fleet.yaml")
        made = new_rollout(
            fleet, "spring", "careful", rollout_id=ROLLOUT_ID, at=clock.now(), by="ann", base=folder
        )
        return await create_rollout(store, freeze_inputs(made, inputs))


def live(job: Job) -> int:
    """One life, in a process of its own."""
    with (Path(job.folder) / "said").open("ab", buffering=0) as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    try:
        return asyncio.run(drive(job))
    except BaseException:
        traceback.print_exc()
        return _BROKE
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def main() -> None:
    for line in sys.stdin.buffer:
        job = msgspec.json.decode(line, type=Job)
        pid = os.fork()
        if not pid:
            os._exit(live(job))
        _say(f"pid {pid}")
        _, status = os.waitpid(pid, 0)
        _say(f"ended {os.waitstatus_to_exitcode(status)}")


def _tell(status: RolloutStatus) -> None:
    _say(msgspec.json.format(msgspec.json.encode(status)).decode())


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
