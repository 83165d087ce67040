"""Rolls the release across the demo's fleet, with an operator who does what people do: look, retry, approve.

The rollout itself is driven as `seatrial rollout start` drives it. The operator acts only through the
journal, as the commands of another terminal would, and decides nothing that was not asked of a person.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from seatrial.charts import HelmBinary
from seatrial.clock import SimulatedClock
from seatrial.demo.files import DemoFiles
from seatrial.demo.narration import Narrator
from seatrial.fleet.durations import write_duration
from seatrial.fleet.load import read_fleet
from seatrial.rehearsal import RehearsalReport
from seatrial.rollout.document import Rollout, new_rollout
from seatrial.rollout.events import ClusterRetried, Event, Request, StageApproved, decode_event
from seatrial.rollout.state import UNSUCCESSFUL
from seatrial.rollout.status import RolloutPhase, RolloutStatus, StagePhase
from seatrial.rollout_runs.driver import driving
from seatrial.rollout_runs.inputs import freeze_inputs
from seatrial.rollout_runs.journal import create_rollout, open_rollout, send_request
from seatrial.rollout_runs.run import RolloutRun
from seatrial.rollout_runs.stop import FleetStop
from seatrial.rollout_runs.upgrades import ClusterUpgrades
from seatrial.store import Store
from seatrial.store.sql import open_store
from seatrial.wiring.rollouts import cluster_observer, cluster_preparer

OPERATOR = "the demo's operator"
_DRIVER = "seatrial demo"
_LOOKS_EVERY = 600.0  # simulated seconds between looks at requests; those of this process wake it at once
_TAKES_A_LOOK = timedelta(minutes=20)  # what the operator needs to understand a failure
_MOST_RETRIES = 2


@dataclass(frozen=True, slots=True)
class Rolled:
    rollout: Rollout
    status: RolloutStatus
    halts: tuple[RolloutStatus, ...]
    """Each time that a failure stopped the rollout until somebody decided."""
    events: tuple[Event, ...]


async def roll_out(
    files: DemoFiles,
    release: str,
    strategy: str,
    *,
    clock: SimulatedClock,
    helm: HelmBinary,
    environment: Mapping[str, str],
    narrator: Narrator,
    rehearsals: Mapping[str, RehearsalReport] | None = None,
) -> Rolled:
    """Start the rollout and see it to its end; `rehearsals` are what the operator remembers, by cluster."""
    rollout = new_rollout(
        read_fleet(files.fleet),
        release,
        strategy,
        rollout_id=f"{release}-{secrets.token_hex(2)}",
        at=clock.now(),
        by=OPERATOR,
        base=files.folder,
    )
    inputs = files.state / "inputs"
    rollout = freeze_inputs(rollout, inputs)
    store = open_store(files.state / "seatrial.db")
    try:
        narrator.command(
            f"seatrial rollout start --fleet {files.fleet} --release {release} --strategy {strategy}"
            f" --kubeconfig {files.kubeconfig} --state {files.state}"
        )
        journal = await create_rollout(store, rollout)
        moved = asyncio.Event()
        run = RolloutRun(
            journal,
            clock=clock,
            worker=_DRIVER,
            start_cluster=ClusterUpgrades(
                store, clock, _DRIVER, cluster_preparer(files.kubeconfig, clock, environment, store, helm)
            ),
            observe_cluster=cluster_observer(files.kubeconfig, clock, environment, store),
            stop=FleetStop(files.state, store),
            inputs=inputs,
            poll=_LOOKS_EVERY,
            on_change=moved.set,
        )
        operator = _Operator(store, files.state, rollout.id, clock, run, narrator, rehearsals or {})
        with driving(files.state / "locks", rollout.id, _DRIVER):
            status = await operator.watch(moved)
        events = [decode_event(entry.event) for entry in await store.events(rollout.id)]
        return Rolled(rollout, status, tuple(operator.halts), tuple(events))
    finally:
        await store.close()


class _Operator:
    def __init__(
        self,
        store: Store,
        state: Path,
        rollout_id: str,
        clock: SimulatedClock,
        run: RolloutRun,
        narrator: Narrator,
        rehearsals: Mapping[str, RehearsalReport],
    ) -> None:
        self._rehearsals = rehearsals
        self._store = store
        self._state = state
        self._rollout_id = rollout_id
        self._clock = clock
        self._run = run
        self._narrator = narrator
        self.halts: list[RolloutStatus] = []
        self._dealt_with: set[tuple[str, int]] = set()

    async def watch(self, moved: asyncio.Event) -> RolloutStatus:
        """Until the rollout has ended, or needs more than this operator does."""
        running = asyncio.create_task(self._run.run())
        try:
            while not running.done():
                waiting = asyncio.create_task(moved.wait())
                await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                moved.clear()
                status = self._run.status()
                self._narrator.moved(status)
                if not await self._attend(status):
                    return status
            status = running.result()
            self._narrator.moved(status)
            return status
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(running, return_exceptions=True)

    async def _attend(self, status: RolloutStatus) -> bool:
        """Do what the rollout waits for a person to do; False for what a demo's operator cannot."""
        match status.phase:
            case RolloutPhase.PAUSED:
                return await self._look_into(status)
            case RolloutPhase.NEEDS_APPROVAL:
                await self._approve(status)
        return True

    async def _look_into(self, status: RolloutStatus) -> bool:
        failed = [cluster for cluster in status.clusters if cluster.phase in UNSUCCESSFUL]
        attempts = {(cluster.name, cluster.attempt) for cluster in failed}
        if attempts and attempts <= self._dealt_with:
            return True  # the rollout has yet to read what was asked of it
        self._dealt_with |= attempts
        self._narrator.halted(status)
        self.halts.append(status)
        if not failed or any(cluster.attempt >= _MOST_RETRIES for cluster in failed):
            return False
        for cluster in failed:
            remembered = self._rehearsals.get(cluster.name)
            if remembered is not None and not remembered.failed:
                self._narrator.say(
                    f"  {cluster.name}'s rehearsal predicted no failure: what only the provider knows is in"
                    " no snapshot. Nothing else was started."
                )
        await self._clock.sleep(_TAKES_A_LOOK.total_seconds())
        for cluster in failed:
            why = (
                f"looked into it for {write_duration(_TAKES_A_LOOK)}: nothing of ours is wrong, trying again"
            )
            self._narrator.command(f'seatrial rollout retry {self._rollout_id} {cluster.name} --why "{why}"')
            await self._ask(ClusterRetried(at=self._clock.now(), cluster=cluster.name, by=OPERATOR, why=why))
        return True

    async def _approve(self, status: RolloutStatus) -> None:
        stage = next(stage for stage in status.stages if stage.phase is StagePhase.NEEDS_APPROVAL)
        if (stage.name, 0) in self._dealt_with:
            return
        self._dealt_with.add((stage.name, 0))
        self._narrator.halted(status)
        done = [each.name for each in status.stages if each.phase is StagePhase.FINISHED]
        why = f"{' and '.join(done)} upgraded, soaked and healthy"
        self._narrator.command(
            f'seatrial rollout approve {self._rollout_id} {stage.name} --why "{why}" --state {self._state}'
        )
        await self._ask(
            StageApproved(at=self._clock.now(), stage=stage.name, digest=status.digest, by=OPERATOR, why=why)
        )

    async def _ask(self, request: Request) -> None:
        await send_request(await open_rollout(self._store, self._rollout_id), request)
        self._run.wake()
